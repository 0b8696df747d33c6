"""One look for all figures, whatever the user's matplotlibrc says."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLE: dict[str, Any] = {
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": 12,
    "axes.linewidth": 0.9,
    "pdf.fonttype": 42,  # TrueType: journals refuse Type 3
    "svg.hashsalt": "feebly",  # the same ids each time
}


@contextmanager
def own_style() -> Iterator[None]:
    """matplotlib's own defaults and ours."""
    from matplotlib import style

    with style.context(["default", STYLE]):
        yield


def figure_file(figure: Figure, file_format: str, title: str, subject: str = "", dpi: int = 200) -> bytes:
    """A figure as the content of a file (png, pdf, svg); the same figure gives the same bytes."""
    metadata: dict[str, dict[str, str | None]] = {
        "png": {"Title": title, "Description": subject, "Software": None},
        "pdf": {"Title": title, "Subject": subject, "CreationDate": None, "Producer": None, "Creator": None},
        "svg": {"Title": title, "Description": subject, "Date": None, "Creator": None},
    }
    memory = io.BytesIO()
    with own_style():
        figure.savefig(memory, format=file_format, dpi=dpi, metadata=metadata[file_format])
    return memory.getvalue()

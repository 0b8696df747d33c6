"""Text files of numbers: comments, a header of names, then one row of numbers per line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from feebly.core.errors import DataError
from feebly.core.interfaces import FloatArray

_LARGEST_BYTES = 1 << 30


def read_columns(
    path: str | Path, headers: Sequence[tuple[str, ...]], what: str = "a number"
) -> tuple[dict[str, FloatArray], list[int]]:
    """Columns by name, and the line of each row; names separated by commas are one of ``headers``.

    what: a row holds, for messages. Raises DataError with the line of a fault.
    """
    path = Path(path)
    rows = _lines(path)
    known = {",".join(header): header for header in headers}
    place, first = rows[0] if rows else (1, "")
    header = known.get(first.replace(" ", ""))
    if header is None:
        raise DataError(f"{path}:{place}: expected the header {' or '.join(known)}, then {what} per line")
    table = [_row(path, line, text, len(header), what) for line, text in rows[1:]]
    columns = np.array(table, float).reshape(len(table), len(header)).T
    return dict(zip(header, columns, strict=True)), [line for line, _ in rows[1:]]


def _lines(path: Path) -> list[tuple[int, str]]:
    """Lines with their number, without comments and empty ones."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise DataError(f"{path}: larger than 1 GiB; expected {path.name} to be a list of numbers")
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: no text at byte {error.start}; expected UTF-8") from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
    lines = [(k, line.strip()) for k, line in enumerate(text.splitlines(), 1)]
    return [(k, line) for k, line in lines if line and not line.startswith("#")]


def _row(path: Path, line: int, text: str, size: int, what: str) -> list[float]:
    cells = [cell.strip() for cell in text.split(",")]
    try:
        values = [float(cell) for cell in cells]
    except ValueError:
        raise DataError(f"{path}:{line}: {text!r}: expected {what}") from None
    if len(values) != size or not all(map(math.isfinite, values)):
        raise DataError(f"{path}:{line}: {text}: expected {what}")
    return values

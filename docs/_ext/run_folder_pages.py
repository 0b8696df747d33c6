"""Files of a run folder, from a small run."""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markdown import code, page, table

FILES = {
    "result.json": "inputs with origin and digest, counts, backgrounds, limits, summary, versions",
    "contours.csv": "closed pieces of every contour; the first point equals the last",
    "grid.h5": "yields by final state and by production mode, Monte Carlo error, limits and CLs on the grid",
    "plot.png": "the figure",
    "plot.pdf": "the figure, for papers",
    "report.html": "the result as one page, which needs nothing beside itself and opens offline",
    "refs.bib": "BibTeX of the papers, data and programs that the run used, each with what it was used for",
}


def run_folder() -> str:
    """The files and what is in them."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = _small_run(Path(scratch))
        names = sorted(path.name for path in folder.iterdir())
        if set(names) != set(FILES):
            raise ValueError(
                f"docs/_ext/run_folder_pages.py explains {set(FILES)}, a run writes {set(names)}"
            )
        return page(
            "The run folder",
            "`feebly run` writes a folder, whole or not at all. `result.json` holds the SHA-256 of the other "
            "files but `report.html`, which is made from it; all but these two (date, timings) are the same "
            "bytes for the same choices on one machine. Keys may be added to `result.json` within a schema "
            "version: a reader passes over those that it does not know. The lists below are of a run with "
            "one final state and one production mode.",
            table(("file", "content"), ((code(name), FILES[name]) for name in names)),
            "## grid.h5",
            table(("dataset", "shape", "unit", "meaning"), _datasets(folder / "grid.h5")),
            "Attributes of the file: " + ", ".join(map(code, _attributes(folder / "grid.h5"))) + ".",
            "## contours.csv",
            _first_lines(folder / "contours.csv"),
            "`kind` is `observed` or `expected`; `expected-2s` to `expected+2s` with bands; `discovery-3s` "
            "and `discovery-5s` for a projection. `piece` numbers separate islands. Lines that begin with "
            "`#` say how the limit was made.",
            "## result.json",
            table(("key", "content"), _keys(json.loads((folder / "result.json").read_text()))),
        )


def _small_run(scratch: Path) -> Path:
    import feebly

    logging.getLogger("fontTools").setLevel(logging.WARNING)  # Sphinx would print each glyph of the figure
    result = feebly.run(
        "dark-photon",
        channels=["mumu"],
        production=["brems"],
        mass=(0.25, 0.5, 12),
        coupling=(1e-7, 1e-5, 12),
        precision=0.3,
        cache_dir=scratch / "cache",
    )
    return feebly.write_run(result, scratch / "run")


def _first_lines(path: Path) -> str:
    """The comments, the names of the columns and the first two points."""
    lines = path.read_text(encoding="utf-8").splitlines()
    names = next(k for k, line in enumerate(lines) if not line.startswith("#"))
    return "```text\n" + "\n".join(lines[: names + 3]) + "\n...\n```"


def _datasets(path: Path) -> list[tuple[str, str, str, str]]:
    import h5py

    rows: list[tuple[str, str, str, str]] = []

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            axes = " x ".join(["masses", "couplings"][: item.ndim]) if item.ndim < 3 else str(item.shape)
            axes = "couplings" if name == "coupling" else axes
            rows.append((code(name), axes, str(item.attrs["unit"]), str(item.attrs["meaning"])))

    with h5py.File(path) as file:
        file.visititems(visit)
    return rows


def _attributes(path: Path) -> list[str]:
    import h5py

    with h5py.File(path) as file:
        return sorted(file.attrs)


def _keys(content: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in content.items():
        yield code(key), _shown(value)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "table: " + ", ".join(map(code, value))
    if isinstance(value, list):
        inside = value[0] if value and isinstance(value[0], dict) else {}
        return "list" + (" of tables: " + ", ".join(map(code, inside)) if inside else "")
    return "text" if isinstance(value, str) else "number"

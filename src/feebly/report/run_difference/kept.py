"""All that a run folder keeps, read for a comparison; files that are not what feebly wrote are told."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from feebly.core.errors import DataError
from feebly.limits.results import ContourPiece
from feebly.report.contour_table import read_contours
from feebly.report.run_folder import repeat_digest
from feebly.report.saved_grid import read_saved_grid
from feebly.report.saved_run import read_result
from feebly.workflow.named_files import without_folders

CONTOURS, GRID, RESULT = "contours.csv", "grid.h5", "result.json"


@dataclass(frozen=True, eq=False)
class KeptRun:
    """A run folder in memory.

    name: for messages. content: of ``result.json``, folders of files cut off. contours, grid (datasets by
    name): None where the file is missing or cannot be read. damaged: those of the three that are not what
    feebly wrote, by the SHA-256 in ``result.json``. missing: those that are not there.
    """

    name: str
    content: Mapping[str, Any]
    contours: tuple[ContourPiece, ...] | None
    grid: Mapping[str, NDArray[Any]] | None
    damaged: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def setting(self) -> Mapping[str, Any]:
        """What was asked for, as ``result.json`` has it."""
        return self.content.get("setting", {})


def read_kept(folder: str | Path, name: str | None = None) -> KeptRun:
    """Read a run folder; ``name`` is what messages call it. Raises `DataError` where it is none."""
    folder = Path(folder)
    content = read_result(folder)
    recorded = content.get("files", {})
    now = {file: _sha256(folder / file) for file in (CONTOURS, GRID) if file in recorded}
    missing = tuple(file for file, sha256 in now.items() if sha256 is None)
    damaged = [file for file, sha256 in now.items() if sha256 not in (None, recorded[file])]
    grid = None if GRID in (*damaged, *missing) or GRID not in now else read_saved_grid(folder).arrays
    is_there = CONTOURS in now and CONTOURS not in missing
    contours = _pieces(folder / CONTOURS, CONTOURS in damaged) if is_there else None
    if "repeat" in content and content["repeat"].get("sha256") != repeat_digest(content):
        damaged.append(RESULT)
    return KeptRun(name or str(folder), without_folders(content), contours, grid, tuple(damaged), missing)


def _sha256(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error


def _pieces(path: Path, damaged: bool) -> tuple[ContourPiece, ...] | None:
    try:
        return read_contours(path)
    except DataError:
        if damaged:  # told as such
            return None
        raise

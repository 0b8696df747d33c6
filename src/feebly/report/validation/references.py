"""Where references lie, and how their files are read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import groupby
from math import isfinite
from pathlib import Path

import numpy as np

from feebly.core.errors import ConfigError, DataError
from feebly.core.interfaces import FloatArray

VARIABLE = "FEEBLY_REFERENCE"


def reference_folder(reference_dir: str | Path | None = None) -> Path | None:
    """Folder of references: the argument, else $FEEBLY_REFERENCE, else tests/reference of a source checkout.

    None where there is none. ConfigError for a folder that was named and is not there.
    """
    named = reference_dir or os.environ.get(VARIABLE)
    if named:
        if not Path(named).is_dir():
            raise ConfigError(f"folder of references {str(named)!r}: not a folder; correct ${VARIABLE}")
        return Path(named)
    checkout = Path(__file__).resolve().parents[4]
    folder = checkout / "tests" / "reference"
    return folder if folder.is_dir() and (checkout / "pyproject.toml").is_file() else None


def find_reference(folder: Path | None, *parts: str) -> Path | None:
    """The file ``parts`` below the folder, None if it is not there."""
    path = folder.joinpath(*parts) if folder else None
    return path if path and path.is_file() else None


def why_missing(folder: Path | None, name: str) -> str:
    """The reason of a skipped row."""
    if folder is None:
        return f"no folder of references ({name}); name one in ${VARIABLE}"
    return f"{name} is not in the folder of references; name another in ${VARIABLE}"


def read_columns(path: Path, columns: int) -> FloatArray:
    """Numbers of a text file, (rows, columns); separated by blanks or commas, # and a heading are skipped."""
    rows = [row for row in _rows(path, columns) if row]
    if not rows:
        raise DataError(f"{path}: no numbers in it")
    return np.array(rows)


def read_curves(path: Path) -> list[FloatArray]:
    """Curves of a file of two columns, (points, 2) each: a blank line ends one."""
    found = [np.array(list(rows)) for filled, rows in groupby(_rows(path, 2), key=bool) if filled]
    if not found:
        raise DataError(f"{path}: no numbers in it")
    return found


def _rows(path: Path, columns: int) -> Iterator[list[float]]:
    """Numbers of each line, none for a blank line; # and a heading are skipped."""
    heading = True
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        fields = line.split("#")[0].replace(",", " ").split()
        if not line.strip():
            yield []
        if not fields or (heading and not _is_number(fields[0])):
            continue
        if len(fields) != columns or not all(map(_is_number, fields)):
            raise DataError(f"{path}:{number} {line.strip()!r}: expected {columns} numbers")
        heading = False
        yield [float(field) for field in fields]


def _is_number(text: str) -> bool:
    try:
        return isfinite(float(text))
    except ValueError:
        return False

"""Lifetime and branching ratios of a particle as a table against its mass, read from a user's CSV file.

The first column is ``mass_gev``. Then either ``ctau_m`` and ``br_TAG`` for each final state, or
``width_TAG_gev`` for each final state. Lines that start with ``#`` are comments.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from feebly.core.constants import HBARC_GEV_M
from feebly.core.errors import ConfigError
from feebly.core.interfaces import FloatArray

BoolArray = NDArray[np.bool_]
_MASS, _CTAU, _RATIO, _WIDTH = "mass_gev", "ctau_m", "br_", ("width_", "_gev")
_SUM_TOLERANCE = 1e-6  # of branching ratios that were rounded when they were written
_FORMATS = "mass_gev,ctau_m,br_TAG,... or mass_gev,width_TAG_gev,..."


@dataclass(frozen=True, eq=False)
class DecayTable:
    """Total width [GeV] and branching ratios at increasing masses [GeV], for one value of the coupling.

    The width is interpolated linearly in ln Γ against ln m, a branching ratio linearly against ln m.
    """

    mass_gev: FloatArray
    width_gev: FloatArray
    ratios: Mapping[str, FloatArray]

    def total_width_gev(self, mass_gev: FloatArray) -> FloatArray:
        """Γ [GeV] at masses inside the table."""
        return np.exp(np.interp(np.log(mass_gev), np.log(self.mass_gev), np.log(self.width_gev)))

    def branching_ratio(self, channel: str, mass_gev: FloatArray) -> FloatArray:
        """BR of a column at masses inside the table."""
        return np.interp(np.log(mass_gev), np.log(self.mass_gev), self.ratios[channel])

    def opening_gev(self, channel: str) -> float:
        """Largest mass of the table below which the branching ratio is zero; its first mass if there is none.

        The last mass for a column of zeros.
        """
        above = np.flatnonzero(self.ratios[channel] > 0)
        first = int(above[0]) if above.size else self.mass_gev.size
        return float(self.mass_gev[max(first - 1, 0)])


def read_decay_table(path: str | Path) -> DecayTable:
    """The table of a CSV file; ConfigError with file, line, value and what was expected."""
    path = Path(path)
    columns, lines = _read(path, _check_names)
    mass = columns.pop(_MASS)
    if _CTAU in columns:
        return _of_ratios(path, lines, mass, columns)
    return _of_widths(path, lines, mass, columns)


def read_columns(path: str | Path, expected: tuple[str, ...]) -> tuple[FloatArray, ...]:
    """Columns of a CSV file with these names, the first of them ``mass_gev``; values zero or positive."""
    path = Path(path)

    def check(path: Path, line: int, names: list[str]) -> None:
        if tuple(names) != expected:
            given = ",".join(names)
            raise ConfigError(
                f'{path}:{line}: names of the columns = "{given}": expected {",".join(expected)}'
            )

    columns, lines = _read(path, check)
    for name, values in columns.items():
        _refuse(path, lines, name, values, values >= 0, "zero or a positive number")
    return tuple(columns.values())


def _of_ratios(path: Path, lines: list[int], mass: FloatArray, columns: dict[str, FloatArray]) -> DecayTable:
    ctau = columns.pop(_CTAU)
    _refuse(path, lines, _CTAU, ctau, ctau > 0, "a positive length in metres")
    for name, ratio in columns.items():
        _refuse(path, lines, name, ratio, (ratio >= 0) & (ratio <= 1), "a number between 0 and 1")
    total = np.sum(list(columns.values()), axis=0)
    _refuse(path, lines, "sum of the br_ columns", total, total <= 1 + _SUM_TOLERANCE, "at most 1")
    ratios = {name.removeprefix(_RATIO): ratio for name, ratio in columns.items()}
    return DecayTable(mass, HBARC_GEV_M / ctau, ratios)


def _of_widths(path: Path, lines: list[int], mass: FloatArray, columns: dict[str, FloatArray]) -> DecayTable:
    for name, width in columns.items():
        _refuse(path, lines, name, width, width >= 0, "a width in GeV, zero or positive")
    total = np.sum(list(columns.values()), axis=0)
    _refuse(path, lines, "sum of the width_ columns", total, total > 0, "a positive total width")
    prefix, suffix = _WIDTH
    ratios = {
        name.removeprefix(prefix).removesuffix(suffix): width / total for name, width in columns.items()
    }
    return DecayTable(mass, total, ratios)


def _read(
    path: Path, check_names: Callable[[Path, int, list[str]], None]
) -> tuple[dict[str, FloatArray], list[int]]:
    """Columns by name, masses in rising order, and the line of the file that each row stands on."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text at byte {error.start}; save it as UTF-8") from error
    numbered = _cells(text)
    start, names = next(numbered, (1, []))
    check_names(path, start, names)
    rows, lines = [], []
    for line, cells in numbered:
        if len(cells) != len(names):
            raise ConfigError(
                f"{path}:{line}: {len(cells)} columns, expected {len(names)}: {','.join(names)}"
            )
        rows.append([_number(path, line, name, cell) for name, cell in zip(names, cells, strict=True)])
        lines.append(line)
    if len(rows) < 2:
        raise ConfigError(f"{path}: {len(rows)} rows of numbers; expected at least 2 masses")
    columns = dict(zip(names, np.array(rows).T, strict=True))
    mass = columns[_MASS]
    _refuse(path, lines, _MASS, mass, mass > 0, "a positive number")
    _refuse(path, lines[1:], _MASS, mass[1:], np.diff(mass) > 0, "masses in rising order")
    return columns, lines


def _cells(text: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and stripped cells of each line that is neither empty nor a comment."""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, [cell.strip() for cell in next(csv.reader([line]))]


def _check_names(path: Path, line: int, names: list[str]) -> None:
    given = ",".join(names)
    prefix, suffix = _WIDTH
    rest = names[1:]
    ratios = _CTAU in rest and all(n == _CTAU or (n.startswith(_RATIO) and n != _RATIO) for n in rest)
    widths = all(n.startswith(prefix) and n.endswith(suffix) and len(n) > len(prefix + suffix) for n in rest)
    if names[:1] != [_MASS] or len(rest) < (2 if _CTAU in rest else 1) or not (ratios or widths):
        raise ConfigError(f'{path}:{line}: names of the columns = "{given}": expected {_FORMATS}')
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ConfigError(f"{path}:{line}: column {twice!r} stands twice; keep one")


def _number(path: Path, line: int, name: str, cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ConfigError(f'{path}:{line}: {name} = "{cell}": expected a number')
    return value


def _refuse(
    path: Path, lines: list[int], name: str, values: FloatArray, good: BoolArray, expected: str
) -> None:
    if not np.all(good):
        row = int(np.argmin(good))
        raise ConfigError(f"{path}:{lines[row]}: {name} = {values[row]:g}: expected {expected}")

"""Width tables as text: lines ``# key: value``, columns of numbers, one row for each mass and width."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from feebly.core.constants import HBARC_GEV_M
from feebly.core.errors import DataError, DomainError, did_you_mean
from feebly.core.interfaces import FloatArray
from feebly.limits.width_table import TableReference, WidthTable

LARGEST_BYTES = 50_000_000
_KEY = re.compile(r"#\s*([A-Za-z][\w ,>-]*?):\s*(.*)")
_EVENTS = {"events": False, "yield": False, "acceptance_x_efficiency": True}
"""Column of the values: whether they are per produced particle."""
_WIDTHS: Mapping[str, Callable[[FloatArray], FloatArray]] = {
    "width_gev": lambda value: value,
    "width_mev": lambda value: value * 1e-3,
    "ctau_m": lambda value: HBARC_GEV_M / value,
    "ctau_mm": lambda value: HBARC_GEV_M / (value * 1e-3),
}
_MASSES: Mapping[str, float] = {"mass_gev": 1.0, "mass_mev": 1e-3}


@dataclass(frozen=True, slots=True)
class Rows:
    """A text file: header, names of the columns (none in ``.dat``), cells with the line of each row."""

    path: Path
    header: Mapping[str, str]
    names: tuple[str, ...]
    lines: tuple[int, ...]
    cells: tuple[Sequence[str], ...]

    def column(self, name: str) -> FloatArray:
        """Numbers of a column; DataError (file:line) for a cell that is none."""
        place = self.names.index(name)
        values = np.empty(len(self.cells))
        for k, row in enumerate(self.cells):
            try:
                values[k] = float(row[place])
            except ValueError:
                raise DataError(
                    f'{self.path}:{self.lines[k]}: {name} = "{row[place]}": expected a number'
                ) from None
        return values


def read_rows(path: Path, separator: str | None, names: tuple[str, ...] = ()) -> Rows:
    """Header, and cells of every line that is neither empty nor a comment.

    separator: None for blanks. names: of the columns; without them the first row has them. DataError
    (file, line) for an unreadable or huge file, and for rows of different length.
    """
    header: dict[str, str] = {}
    lines, cells = [], []
    for number, line in enumerate(_text(path).splitlines(), 1):
        if line.lstrip().startswith("#"):
            if match := _KEY.fullmatch(line.strip()):
                header[match[1].lower()] = match[2].strip()
        elif line.strip():
            row = line.split() if separator is None else next(csv.reader([line]))
            lines.append(number)
            cells.append([cell.strip() for cell in row])
    if not names:
        if not cells:
            raise DataError(f"{path}: no rows; expected a line with the names of the columns and rows below")
        names, lines, cells = tuple(cells[0]), lines[1:], cells[1:]
    for number, row in zip(lines, cells, strict=True):
        if len(row) != len(names):
            raise DataError(f"{path}:{number}: {len(row)} columns, expected {len(names)}: {' '.join(names)}")
    return Rows(path, header, tuple(names), tuple(lines), tuple(cells))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise DataError(f"{path}: more than {LARGEST_BYTES / 1e6:g} MB; expected a table N(m, width)")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text at byte {error.start}; save it as UTF-8") from error


def width_table(rows: Rows, reference: TableReference | None = None) -> WidthTable:
    """The table of a file; reference: what its numbers are for, where the header does not say it.

    DataError (file, line) for wrong columns, unsorted axes, holes, and values that cannot be.
    """
    rows = _signal_region(rows)
    mass_name, width_name, value_name = (
        _one_of(rows, "masses", _MASSES),
        _one_of(rows, "widths or lifetimes", _WIDTHS),
        _one_of(rows, "events", _EVENTS),
    )
    mass = _positive(rows, mass_name) * _MASSES[mass_name]
    width = _WIDTHS[width_name](_positive(rows, width_name))
    values = rows.column(value_name)
    _refuse(rows, value_name, values, (values >= 0) & np.isfinite(values), "zero or a positive number")
    if reference is None:
        reference = reference_of(rows, absolute=_EVENTS[value_name])
    axes, table = _grid(rows, mass_name, width_name, mass, width, values)
    try:
        return WidthTable(reference, *axes, table)
    except DomainError as error:
        raise DataError(f"{rows.path}: {error}") from None


def _signal_region(rows: Rows) -> Rows:
    """Of a table with the column ``region`` the rows of its first one, the signal region."""
    if "region" not in rows.names or not rows.cells:
        return rows
    place = rows.names.index("region")
    first = rows.cells[0][place]
    kept = [k for k, row in enumerate(rows.cells) if row[place] == first]
    return Rows(
        rows.path,
        rows.header,
        rows.names,
        tuple(rows.lines[k] for k in kept),
        tuple(rows.cells[k] for k in kept),
    )


def _one_of(rows: Rows, what: str, known: Mapping[str, object]) -> str:
    found = [name for name in rows.names if name in known]
    if len(found) != 1:
        near = next((hint for name in rows.names if (hint := did_you_mean(name, known))), "")
        raise DataError(
            f"{rows.path}: columns {', '.join(rows.names)}: expected one of {', '.join(known)} for the {what}"
            f"{near}"
        )
    return found[0]


def _positive(rows: Rows, name: str) -> FloatArray:
    values = rows.column(name)
    _refuse(rows, name, values, (values > 0) & np.isfinite(values), "a positive number")
    return values


def _refuse(rows: Rows, name: str, values: FloatArray, good: np.ndarray, expected: str) -> None:
    if not np.all(good):
        k = int(np.argmin(good))
        raise DataError(f"{rows.path}:{rows.lines[k]}: {name} = {values[k]:g}: expected {expected}")


def _grid(
    rows: Rows, mass_name: str, width_name: str, mass: FloatArray, width: FloatArray, values: FloatArray
) -> tuple[tuple[FloatArray, FloatArray], FloatArray]:
    """Axes (M,), (W,), both rising, and values (M, W): every mass with the same widths, masses in order."""
    if not len(mass):
        raise DataError(f"{rows.path}: no rows of numbers; expected one for each mass and width")
    _refuse(rows, mass_name, mass, np.append(True, np.diff(mass) >= 0), "masses in rising order")
    masses, counts = np.unique(mass, return_counts=True)
    n = int(counts[0])
    if not np.all(counts == n):
        k = int(np.argmax(counts != n))
        raise DataError(
            f"{rows.path}: {counts[k]} rows at {mass_name} = {masses[k]:g}: expected {n} as at the first mass"
        )
    widths = width.reshape(-1, n)
    repeated = np.isclose(widths, widths[0], rtol=1e-9, atol=0).all(axis=1)
    if not repeated.all():
        k = int(np.argmin(repeated)) * n
        raise DataError(
            f"{rows.path}:{rows.lines[k]}: {width_name} differs from that of the first mass: expected the "
            "same at every mass"
        )
    falling = bool(n > 1 and widths[0, 0] > widths[0, -1])  # a lifetime that rises
    order = slice(None, None, -1) if falling else slice(None)
    axis = widths[0, order]
    rises = np.append(True, np.diff(axis) > 0)
    if not rises.all():
        raise DataError(f"{rows.path}: {width_name} at the first mass: expected all different and in order")
    return (masses, axis), values.reshape(-1, n)[:, order]


def reference_of(rows: Rows, absolute: bool) -> TableReference:
    """What the header says; DataError with the missing key.

    absolute: the values are per produced particle, and need neither POT nor coupling.
    """
    header = rows.header
    for key in ("production", "final state", *(() if absolute else ("model", "reference coupling", "pot"))):
        if not header.get(key):
            raise DataError(
                f"{rows.path}: no line '# {key}: ...': expected model, production, final state, reference "
                "coupling and POT in the header, or a card that says them (see the page on recasting)"
            )
    if float(header.get("branching ratio", 1)) != 1:
        raise DataError(f"{rows.path}: branching ratio {header['branching ratio']}: expected 1")
    efficiency = header.get("contained") or header.get("response set", "")
    try:
        return TableReference(
            header.get("model", ""),
            header["production"],
            header["final state"],
            1.0 if absolute else _number(rows.path, header, "reference coupling"),
            None if absolute else _number(rows.path, header, "pot"),
            header.get("preset", ""),
            header.get("reference coupling", "").rpartition("=")[0].strip(),
            efficiency,
            header.get("source", ""),
        )
    except DomainError as error:
        raise DataError(f"{rows.path}: {error}") from None


def _number(path: Path, header: Mapping[str, str], key: str) -> float:
    """A number, also behind the name of a coupling: ``epsilon = 1``."""
    text = header[key].rpartition("=")[2].strip()
    try:
        return float(text)
    except ValueError:
        raise DataError(f'{path}: {key} = "{header[key]}": expected a number') from None

"""Points of a limit in the text formats found in the wild; units and conventions are declared, never guessed.

Columns apart by blanks, commas or semicolons (then a decimal comma is a point), comments behind ``#``, ``%``,
``!`` or ``//``, one line of names above the numbers, pieces apart by blank lines; mass with lower and upper
coupling; CSV of WebPlotDigitizer with several data sets side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from feebly.core.errors import ConfigError, unknown
from feebly.core.interfaces import FloatArray
from feebly.publish.limit_files.text_lines import MAX_POINTS, number

LAYOUTS = ("mass,coupling", "coupling,mass", "piece,mass,coupling", "mass,lower,upper")
"""What the columns are; further columns are left out with ``_``, e.g. ``mass,_,coupling``."""

_COMMENTS = ("#", "%", "!", "//")
_ROLES = ("piece", "mass", "coupling", "lower", "upper", "_")

Piece = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    cells: tuple[str, ...]


def read_points(
    text: str, name: str, columns: str | None = None, data_set: str | None = None
) -> tuple[Piece, ...]:
    """Masses and couplings of each piece, as they are written.

    columns: as ``LAYOUTS`` (default: ``mass,coupling`` for two columns, anything else must be said).
    data_set: name of one of the data sets of WebPlotDigitizer. With lower and upper coupling, each piece
    becomes a closed curve: along the lower edge, back along the upper one. Raises ConfigError (one line).
    """
    blocks = [block for block in _blocks(text, name) if block]
    if not blocks:
        raise ConfigError(f"{name}: no numbers; expected a table of masses and couplings")
    if _is_side_by_side(blocks[0]):
        blocks = [_data_set(blocks, name, data_set)]
    elif data_set is not None:
        raise ConfigError(
            f"{name}: --dataset {data_set!r}: the file has one table, without names of data sets"
        )
    blocks = _without_names(blocks, name)
    roles = _roles(columns, blocks[0][0], name)
    pieces = [piece for block in blocks for piece in _pieces(block, roles, name)]
    return tuple(pieces)


def _blocks(text: str, name: str) -> Iterator[list[_Line]]:
    """Lines with numbers or names, in blocks apart by blank lines; comments end no block."""
    block: list[_Line] = []
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(lines) > MAX_POINTS:
        raise ConfigError(f"{name}: {len(lines)} lines; expected {MAX_POINTS} points at most")
    for i, line in enumerate(lines, 1):
        stripped = line.strip()
        if stripped.startswith(_COMMENTS):
            continue
        if stripped:
            block.append(_Line(i, _cells(stripped)))
        elif block:
            yield block
            block = []
    yield block


def _cells(line: str) -> tuple[str, ...]:
    """Cells of a line; between semicolons a comma is a decimal point."""
    for mark in ("#", "%"):
        line = line.split(mark)[0].rstrip()
    if ";" in line:
        return tuple(cell.strip().replace(",", ".") for cell in line.split(";"))
    if "," in line:
        return tuple(cell.strip().strip('"') for cell in line.split(","))
    return tuple(line.split())


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


# --- names above the numbers --------------------------------------------------------------------------


def _is_side_by_side(block: Sequence[_Line]) -> bool:
    """Names of data sets in every second cell, then X, Y for each: an export of WebPlotDigitizer."""
    if len(block) < 2 or len(block[0].cells) < 2 or len(block[0].cells) % 2:
        return False
    names, axes = block[0].cells, [cell.lower() for cell in block[1].cells]
    every_second_empty = not any(names[1::2]) and all(names[::2])
    return every_second_empty and axes == ["x", "y"] * (len(names) // 2)


def _data_set(blocks: Sequence[Sequence[_Line]], name: str, wanted: str | None) -> list[_Line]:
    """The two columns of one data set; those of shorter ones end with empty cells."""
    lines = [line for block in blocks for line in block]
    names = lines[0].cells[::2]
    if wanted is None and len(names) > 1:
        raise ConfigError(
            f"{name}: {len(names)} data sets side by side; choose one with --dataset: {', '.join(names)}"
        )
    if wanted is not None and wanted not in names:
        raise unknown(f"data set of {name}", wanted, names)
    at = 2 * names.index(wanted or names[0])
    columns = [_Line(line.number, line.cells[at : at + 2]) for line in lines[2:]]
    filled = [line for line in columns if any(line.cells)]
    if not filled:
        raise ConfigError(f"{name}: the data set {names[at // 2]!r} has no points")
    return filled


def _without_names(blocks: Sequence[Sequence[_Line]], name: str) -> list[list[_Line]]:
    """The blocks without one line of names above the first numbers."""
    first = blocks[0][0]
    names_only = not any(map(_is_number, first.cells))
    rest = [list(blocks[0][1:] if names_only else blocks[0]), *map(list, blocks[1:])]
    kept = [block for block in rest if block]
    if not kept:
        raise ConfigError(f"{name}:{first.number}: names without numbers; expected a table below")
    return kept


# --- numbers ------------------------------------------------------------------------------------------


def _roles(columns: str | None, first: _Line, name: str) -> tuple[str, ...]:
    if columns is None:
        if len(first.cells) == 2:
            return ("mass", "coupling")
        expected = "two columns" if len(first.cells) < 2 else f"--columns such as {LAYOUTS[-1]}"
        raise ConfigError(f"{name}:{first.number}: {len(first.cells)} columns; expected {expected}")
    roles = tuple(role.strip() for role in columns.split(","))
    for role in roles:
        if role not in _ROLES:
            raise unknown("column", role, _ROLES)
    named = sorted(role for role in roles if role != "_")
    if named not in [sorted(layout.split(",")) for layout in LAYOUTS]:
        raise ConfigError(f'--columns "{columns}": expected one of {"; ".join(LAYOUTS)}, in any order')
    return roles


def _pieces(block: Sequence[_Line], roles: tuple[str, ...], name: str) -> Iterator[Piece]:
    table = {role: np.array(column) for role, column in zip(roles, _columns(block, roles, name), strict=True)}
    mass = table["mass"]
    if "lower" in table:
        yield _between(mass, table["lower"], table["upper"], f"{name}:{block[0].number}")
        return
    starts = np.flatnonzero(np.diff(table.get("piece", np.zeros(mass.size)))) + 1
    yield from zip(np.split(mass, starts), np.split(table["coupling"], starts), strict=True)


def _columns(block: Sequence[_Line], roles: tuple[str, ...], name: str) -> list[list[float]]:
    columns: list[list[float]] = [[] for _ in roles]
    for line in block:
        if len(line.cells) != len(roles):
            raise ConfigError(
                f"{name}:{line.number}: {len(line.cells)} columns; expected {len(roles)} ({','.join(roles)})"
            )
        for role, cell, column in zip(roles, line.cells, columns, strict=True):
            column.append(0.0 if role == "_" else number(cell, f"{name}:{line.number}"))
    return columns


def _between(mass: FloatArray, lower: FloatArray, upper: FloatArray, place: str) -> Piece:
    """Closed curve from a lower and an upper edge."""
    if not (np.diff(mass) > 0).all():
        raise ConfigError(
            f"{place}: masses with lower and upper edges must rise; pieces are apart by blank lines"
        )
    if not (lower <= upper).all():
        bad = float(mass[np.flatnonzero(lower > upper)[0]])
        raise ConfigError(f"{place}: lower above upper at mass {bad:g}; expected mass,lower,upper")
    return (
        np.concatenate([mass, mass[::-1], mass[:1]]),
        np.concatenate([lower, upper[::-1], lower[:1]]),
    )

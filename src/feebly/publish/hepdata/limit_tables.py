"""Limits in the tables of others: the four layouts in use, read into `PublishedLimit`.

``points``: mass against coupling in the order of the curve. ``index``: the same with both as dependent
columns of a running index. ``grid``: a value on all pairs of mass and coupling and the level that it crosses.
``edges``: lower and upper coupling against mass. Each linear or log10, in any unit of mass, with the coupling
or its square, with several pieces and several curves (observed, expected, bands) in one table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from feebly.core.interfaces import FloatArray
from feebly.core.provenance import Origin
from feebly.publish.hepdata.column_meaning import MASS_UNITS, Meaning, confidence_level, unit_name
from feebly.publish.hepdata.limit_pieces import (
    LAYOUTS,
    READERS,
    Layout,
    Pieces,
    layout_of,
    limit_meanings,
    unreadable,
)
from feebly.publish.hepdata.tables import Table, number
from feebly.publish.limit_files.couplings import coupling_named
from feebly.publish.limit_files.published_limit import LimitKind, LimitPiece, PublishedLimit, Region

__all__ = ["LAYOUTS", "Layout", "Reading", "limits_of"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What is said beside the table, where it does not say it itself.

    mass_unit: of a mass without unit. coupling: name of the coupling (``epsilon^2``), also in the place of
    what the header says. cl: confidence level. level: value at which a grid is crossed. close: join the ends
    of an open contour by a straight line.
    """

    mass_unit: str = ""
    coupling: str = ""
    cl: float | None = None
    level: float | None = None
    close: bool = False


def limits_of(
    table: Table, reading: Reading | None = None, source: str = "HEPData"
) -> tuple[PublishedLimit, ...]:
    """Every curve of a table: observed, expected and bands as limits of their own.

    source: where the numbers are from. Raises ConfigError (one line) where mass, coupling, unit or
    confidence level cannot be told, or values cannot be those of a limit.
    """
    given = reading or Reading()
    table.require_equal_lengths()
    found = tuple(_completed(each, given, table) for each in limit_meanings(table))
    layout = layout_of(table, found)
    pieces_by_kind = READERS[layout](table, found, given.level, given.cl)
    if not pieces_by_kind:
        raise unreadable(table, "no points in it")
    cl = given.cl if given.cl is not None else confidence_level(table)
    if cl is None:
        raise unreadable(table, "no confidence level in qualifiers, headers, description; give it: --cl 0.90")
    limits = []
    for (kind, coupling), pieces in pieces_by_kind.items():
        ends_met, region = _region(pieces, given, table)
        limits.append(
            PublishedLimit(
                coupling=coupling,
                kind=cast(LimitKind, kind),
                cl=cl,
                pieces=tuple(LimitPiece(mass, values) for mass, values in ends_met),
                region=region,
                origin=Origin("published", source),
                read_as=_read_as(found, layout),
                **_described(table),
            )
        )
    return tuple(limits)


def _completed(each: Meaning, given: Reading, table: Table) -> Meaning:
    """With unit and coupling from the reading; refused where they are still missing."""
    if each.role == "mass":
        if given.mass_unit and not each.column.units:
            each = replace(each, factor=MASS_UNITS.get(unit_name(given.mass_unit)))
        if each.factor is None:
            said = f"unit {each.column.units!r}" if each.column.units else "no unit"
            raise unreadable(
                table, f"{each.column.name!r} has {said}; expected GeV, MeV, ...: --mass-unit MeV"
            )
    if each.role == "coupling":
        name = given.coupling or each.coupling
        if not name:
            raise unreadable(
                table, f"{each.column.name!r} does not say which coupling it is; say it: --coupling epsilon"
            )
        coupling_named(name)
        if each.factor is None:
            raise unreadable(table, f"{each.column.name!r} has unit {each.column.units!r}; expected GeV^-1")
        each = replace(each, coupling=name)
    return each


def _region(pieces: Pieces, given: Reading, table: Table) -> tuple[Pieces, Region]:
    """What the curves mean: closed ones enclose, a function of the mass excludes what is above it."""
    closed = [_is_closed(*piece) for piece in pieces]
    if all(closed):
        return pieces, "inside"
    if given.close:
        return [
            piece if done else _joined(*piece) for piece, done in zip(pieces, closed, strict=True)
        ], "inside"
    if not any(closed) and all(_is_function(mass) for mass, _ in pieces):
        return pieces, "above"
    number = closed.index(False)
    raise unreadable(
        table, f"piece {number} is an open contour: its last point is not its first; join them: --close"
    )


def _is_closed(mass: FloatArray, coupling: FloatArray) -> bool:
    return bool(mass.size > 3 and mass[0] == mass[-1] and coupling[0] == coupling[-1])


def _joined(mass: FloatArray, coupling: FloatArray) -> tuple[FloatArray, FloatArray]:
    return np.append(mass, mass[0]), np.append(coupling, coupling[0])


def _is_function(mass: FloatArray) -> bool:
    step = np.diff(mass)
    return bool(mass.size > 1 and ((step >= 0).all() or (step <= 0).all()))


def _described(table: Table) -> dict[str, Any]:
    """What the qualifiers say of the limit."""
    said = {name: str(qualifier.value) for name, qualifier in table.qualifiers.items()}
    pot = table.qualifiers.get("pot") or table.qualifiers.get("protons on target")
    protons = number(pot.value) if pot else np.nan
    states = said.get("channel", said.get("final states", ""))
    return {
        "label": said.get("experiment", "") or table.name or "HEPData",
        "experiment": said.get("experiment", ""),
        "model": said.get("model", ""),
        "final_states": tuple(part.strip() for part in states.split(",") if part.strip()),
        "pot": protons if np.isfinite(protons) else None,
        "statistic": said.get("limit convention", ""),
        "figure": table.location or table.name,
    }


def _read_as(found: Iterable[Meaning], layout: Layout) -> str:
    parts = [f"layout {layout}"]
    for each in found:
        if each.role in ("mass", "coupling"):
            scale = "log10, " if each.log10 else ""
            parts.append(f"{each.column.name}: {scale}{each.column.units or 'no unit'}")
    return "; ".join(parts)

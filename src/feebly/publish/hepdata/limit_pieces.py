"""Curves in the rows of a table: which rows belong together, in each of the four layouts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from feebly.core.errors import ConfigError
from feebly.core.interfaces import FloatArray
from feebly.publish.hepdata.column_meaning import Meaning, confidence_level, kind_of, meanings
from feebly.publish.hepdata.grids import closed_regions
from feebly.publish.hepdata.tables import Table, is_number

Layout = Literal["points", "index", "grid", "edges"]
LAYOUTS: tuple[Layout, ...] = ("points", "index", "grid", "edges")

Pieces = list[tuple[FloatArray, FloatArray]]
"""Masses and couplings of each piece."""

Found = dict[tuple[str, str], Pieces]
"""Pieces by kind (observed, ...) and name of the coupling."""


def one_of(found: Iterable[Meaning], role: str) -> Meaning | None:
    """The first column of a role."""
    return next((each for each in found if each.role == role), None)


def layout_of(table: Table, found: tuple[Meaning, ...]) -> Layout:
    """Which of the four layouts a table has; ConfigError where it is none."""
    masses = [each for each in found if each.role == "mass"]
    couplings = [each for each in found if each.role == "coupling"]
    if len(masses) != 1:
        raise unreadable(table, f"{len(masses)} columns of a mass; expected one")
    if masses[0].independent and any(each.independent for each in couplings):
        return "grid"
    if not couplings:
        raise unreadable(table, "no column of a coupling; expected epsilon, sin(theta), ... in a header")
    if {each.side for each in couplings} >= {"lower", "upper"}:
        return "edges"
    return "points" if masses[0].independent else "index"


def limit_meanings(table: Table) -> tuple[Meaning, ...]:
    """The meaning of each column of a limit: a lifetime is its coupling where it has no other."""
    found = meanings(table)
    if one_of(found, "coupling"):
        return found
    return tuple(
        replace(each, role="coupling", coupling="ctau-m") if each.role == "lifetime" else each
        for each in found
    )


def unreadable(table: Table, what: str) -> ConfigError:
    """The error about a table."""
    return ConfigError(f"table {table.name!r}: {what}")


def _curves(table: Table, found: tuple[Meaning, ...], level: float | None, cl: float | None) -> Found:
    """Layouts ``points`` and ``index``."""
    mass = one_of(found, "mass")
    assert mass is not None
    result: Found = {}
    for coupling in (each for each in found if each.role == "coupling"):
        for kind, piece, rows in groups(table, found, coupling):
            m, c = mass.values[rows], coupling.values[rows]
            for part in runs(np.isfinite(m) & np.isfinite(c)):
                parts = [(m[part], c[part])] if piece is not None else loops(m[part], c[part])
                result.setdefault((kind, coupling.coupling), []).extend(parts)
    return result


def _edges(table: Table, found: tuple[Meaning, ...], level: float | None, cl: float | None) -> Found:
    """Layout ``edges``: up the lower edge and back along the upper one."""
    mass = one_of(found, "mass")
    assert mass is not None
    result: Found = {}
    couplings = [each for each in found if each.role == "coupling"]
    for lower in (each for each in couplings if each.side == "lower"):
        upper = next((each for each in couplings if each.side == "upper" and each.kind == lower.kind), None)
        if upper is None:
            raise unreadable(table, f"{lower.column.name!r} has no upper edge beside it")
        for kind, _, rows in groups(table, found, lower):
            m, low, up = mass.values[rows], lower.values[rows], upper.values[rows]
            for part in runs(np.isfinite(m) & np.isfinite(low) & np.isfinite(up)):
                piece = _around(m[part], low[part], up[part])
                result.setdefault((kind, lower.coupling), []).append(piece)
    return result


def _around(mass: FloatArray, low: FloatArray, up: FloatArray) -> tuple[FloatArray, FloatArray]:
    points = np.column_stack([np.concatenate([mass, mass[::-1]]), np.concatenate([low, up[::-1]])])
    points = np.concatenate([points, points[:1]])
    keep = np.append(True, (np.diff(points, axis=0) != 0).any(axis=1))
    return points[keep, 0], points[keep, 1]


def groups(
    table: Table, found: tuple[Meaning, ...], values: Meaning
) -> list[tuple[str, Any, NDArray[np.intp]]]:
    """(kind, piece, rows) of each piece in the order of the table; piece None where no column names it."""
    piece, curve = one_of(found, "piece"), one_of(found, "curve")
    own = values.kind or _stated_kind(table, values)
    keys: dict[tuple[str, Any], list[int]] = {}
    for row in range(table.rows):
        kind = own
        if curve is not None:
            kind = kind_of(str(curve.column.values[row])) or own
        keys.setdefault((kind, None if piece is None else piece.column.values[row]), []).append(row)
    return [(kind, number, np.array(rows)) for (kind, number), rows in keys.items()]


def _stated_kind(table: Table, values: Meaning) -> str:
    """From the qualifiers of the column, else the name of the table; ``observed`` where nothing is said."""
    for qualifier in values.column.qualifiers:
        if qualifier.name.lower() in ("limit", "kind", "type", "exclusion type", "curve"):
            kind = kind_of(str(qualifier.value))
            if kind:
                return kind
    return kind_of(table.name) or "observed"


def runs(there: NDArray[np.bool_]) -> list[slice]:
    """Rows between missing ones."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], there, [False]]).astype(int)))
    return [slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def loops(mass: FloatArray, coupling: FloatArray) -> Pieces:
    """A list of closed curves one after the other, cut where each is back at its first point."""
    points = np.column_stack([mass, coupling])
    cuts, start = [0], 0
    for row in range(1, len(points)):
        if row - start >= 3 and (points[row] == points[start]).all():
            start = row + 1
            cuts.append(start)
    if cuts[-1] < len(points):
        cuts.append(len(points))
    return [(mass[a:b], coupling[a:b]) for a, b in pairwise(cuts)]


def _grid(table: Table, found: tuple[Meaning, ...], level: float | None, cl: float | None) -> Found:
    mass = next(each for each in found if each.role == "mass")
    coupling = next(each for each in found if each.role == "coupling" and each.independent)
    crossed = [each for each in found if not each.independent and each.role in ("cls", "ratio")]
    if not crossed and level is not None:
        crossed = [each for each in found if not each.independent][:1]
    if not crossed:
        raise unreadable(
            table, "no column of CLs or of the signal over its limit; say what is crossed: --level 2.3"
        )
    nodes = [np.unique(each.values, return_inverse=True) for each in (mass, coupling)]
    (masses, i), (couplings, j) = nodes
    for nodes_of_axis in (masses, couplings):
        if not (np.isfinite(nodes_of_axis) & (nodes_of_axis > 0)).all():
            raise unreadable(table, "a mass or coupling of the grid is not a positive number")
    result: Found = {}
    for each in crossed:
        values = np.full((masses.size, couplings.size), np.nan)
        values[i.reshape(-1), j.reshape(-1)] = each.values
        level = level if level is not None else _level(table, each, cl)
        curves = closed_regions(masses, couplings, values, level, below=each.role == "cls")
        kind = each.kind or _stated_kind(table, each)
        result.setdefault((kind, coupling.coupling), []).extend((c[:, 0], c[:, 1]) for c in curves)
    empty = [kind for (kind, _), pieces in result.items() if not pieces]
    if empty:
        raise unreadable(table, f"nothing is excluded by {empty[0]}: no value of the grid crosses the level")
    return result


def _level(table: Table, column: Meaning, cl: float | None) -> float:
    for qualifier in column.column.qualifiers:
        if qualifier.name.strip().lower() in ("contour level", "level") and is_number(qualifier.value):
            return float(qualifier.value)
    if column.role == "ratio":
        return 1.0
    cl = cl if cl is not None else confidence_level(table)
    if cl is None:
        raise unreadable(table, "CLs without confidence level; give it: --cl 0.90")
    return 1 - cl


READERS: Mapping[Layout, Callable[[Table, tuple[Meaning, ...], float | None, float | None], Found]] = {
    "points": _curves,
    "index": _curves,
    "grid": _grid,
    "edges": _edges,
}

"""Grids of a table: numbers on all pairs of two axes, and the region where they cross a level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from feebly.core.errors import ConfigError
from feebly.core.interfaces import FloatArray
from feebly.publish.hepdata.column_meaning import Meaning, Role, meanings
from feebly.publish.hepdata.tables import Qualifier, Table

_NOTHING = 3.0  # |ln(value/level)| beyond which a node only says on which side it is


@dataclass(frozen=True, eq=False)
class GridAxis:
    """One axis: name of its column, unit, role (mass, lifetime, width, coupling, other), values (n,) rising.

    values: linear, in GeV for a mass or width, in metres for a lifetime, in 1/GeV for a coupling that has a
    dimension. coupling: its name where the role is coupling.
    """

    name: str
    role: Role
    unit: str
    values: FloatArray
    coupling: str = ""


@dataclass(frozen=True, eq=False)
class NumericGrid:
    """A table on a full grid of its axes.

    values: by column name, with the shape of the axes, NaN where the table has none. qualifiers: of the
    whole table, by name in small letters; those of one column (its production or final state) in
    ``column_qualifiers``.
    """

    name: str
    axes: tuple[GridAxis, ...]
    values: Mapping[str, FloatArray]
    units: Mapping[str, str]
    qualifiers: Mapping[str, Qualifier]
    column_qualifiers: Mapping[str, Mapping[str, Qualifier]]


def grid_of(table: Table) -> NumericGrid:
    """The grid of a table whose independent columns are its axes.

    Raises ConfigError (one line) where an axis has no unit or no numbers, or rows of the grid are missing or
    there twice.
    """
    table.require_equal_lengths()
    found = meanings(table)
    axes = [each for each in found if each.independent]
    if not axes:
        raise ConfigError(f"table {table.name!r} has no independent columns: it is no grid")
    places = [np.unique(_finite(axis, table), return_inverse=True) for axis in axes]
    shape = tuple(values.size for values, _ in places)
    index = np.ravel_multi_index([inverse.reshape(-1) for _, inverse in places], shape)
    if np.unique(index).size != index.size:
        raise ConfigError(f"table {table.name!r}: the same point of the grid is there twice")
    if index.size != np.prod(shape):
        size = " x ".join(map(str, shape))
        raise ConfigError(f"table {table.name!r} has {index.size} rows: expected all points of {size}")
    values: dict[str, FloatArray] = {}
    for each in found[len(axes) :]:
        flat = np.full(index.size, np.nan)
        flat[index] = each.values
        name = each.column.name
        if name in values:
            raise ConfigError(f"table {table.name!r} has two columns {name!r}; expected different names")
        values[name] = flat.reshape(shape)
    return NumericGrid(
        table.name,
        tuple(
            GridAxis(axis.column.name, axis.role, axis.column.units, nodes, axis.coupling)
            for axis, (nodes, _) in zip(axes, places, strict=True)
        ),
        values,
        {column.name: column.units for column in table.dependent},
        table.qualifiers,
        {c.name: {q.name.strip().lower(): q for q in c.qualifiers} for c in table.dependent},
    )


def _finite(axis: Meaning, table: Table) -> FloatArray:
    if axis.factor is None:
        raise ConfigError(
            f"table {table.name!r}: {axis.column.name!r} in {axis.column.units or 'no unit'!r}: expected "
            "a known unit, such as GeV or MeV"
        )
    values = axis.values
    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values))[0])
        raise ConfigError(f"table {table.name!r} row {row + 1}: {axis.column.name!r} is not a number")
    return values


def closed_regions(
    mass_gev: FloatArray, coupling: FloatArray, values: FloatArray, level: float, below: bool = False
) -> list[FloatArray]:
    """Closed curves (n, 2) of mass and coupling around the region above ``level`` (below: under it).

    Straight lines in the logarithms of mass, coupling and value between the nodes; a region that meets the
    border of the grid is closed along it; the border of a hole is a curve of its own. values (M, C); nodes
    without a number belong to no region.
    """
    from contourpy import FillType, contour_generator

    with np.errstate(divide="ignore", invalid="ignore"):
        f = np.log(np.asarray(values, float) / level) * (-1.0 if below else 1.0)
    f = np.clip(np.nan_to_num(f, nan=-_NOTHING, posinf=_NOTHING, neginf=-_NOTHING), -_NOTHING, _NOTHING)
    generator = contour_generator(
        np.log(mass_gev), np.log(coupling), f.T, name="serial", fill_type=FillType.OuterOffset
    )
    curves = []
    for points, offsets in zip(*generator.filled(0.0, np.inf), strict=True):
        for start, stop in pairwise(offsets):
            curve = np.exp(points[start:stop])
            curve[-1] = curve[0]
            curves.append(curve)
    return [curve for curve in curves if len(curve) > 3]

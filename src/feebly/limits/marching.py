"""Where F = ln(N / s_up) changes its sign on a lattice: closed curves from edge to edge of its cells.

Marching squares give the topology: islands, holes, and curves closed along the border of the lattice. Every
vertex lies on an edge between a node inside and a node outside, and is moved along it to the root of F. So
curves are closed and cannot cross.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from feebly.core.interfaces import FloatArray
from feebly.limits.lattice import Lattice, LogYield
from feebly.limits.polyline import Polyline
from feebly.limits.roots import IntArray, Start, vector_roots

BoolArray = NDArray[np.bool_]
_FAR = 20.0  # |F| above which a node tells nothing about the slope at the limit
_HALVINGS = 12  # of an edge, to the root of the cubic through four nodes


@dataclass(frozen=True, eq=False)
class _Edges:
    """Closed curve through edges of the lattice; arrays over its vertices, the first not repeated.

    column, row: lower node of the edge. along_mass: the edge runs along the mass (else along the coupling).
    free: F has its root on the edge (else the vertex is a corner of the lattice). open_edge: part of the
    curve is the border of the lattice.
    """

    kind: str
    column: IntArray
    row: IntArray
    along_mass: BoolArray
    free: BoolArray
    open_edge: bool


def curves_on_lattice(
    lattice: Lattice, fields: Mapping[str, FloatArray], log_yield: LogYield
) -> list[Polyline]:
    """The curves of all kinds, inside on their left; fields: F on the lattice by kind."""
    found = [edges for kind, f in fields.items() for edges in _marching_squares(lattice, kind, f)]
    if not found:
        return []
    t = _on_the_limit(lattice, found, fields, log_yield)
    parts = np.split(t, np.cumsum([edges.free.sum() for edges in found])[:-1])
    return [
        _polyline(lattice, edges, fields[edges.kind], part) for edges, part in zip(found, parts, strict=True)
    ]


def _marching_squares(lattice: Lattice, kind: str, f: FloatArray) -> list[_Edges]:
    from contourpy import LineType, contour_generator

    # the position on an edge is found later; away from the nodes it cannot be mistaken for another edge
    z = np.copysign(np.clip(np.abs(f), 0.1, 1.0), f)
    padded = np.pad(z, 1, constant_values=-1.0)
    generator = contour_generator(z=padded.T, name="serial", line_type=LineType.Separate)
    lines = cast("list[FloatArray]", generator.lines(0.0))
    curves = (_edges(lattice, kind, line[:-1, 0] - 1, line[:-1, 1] - 1) for line in lines)
    return [curve for curve in curves if curve.row.size >= 3]


def _edges(lattice: Lattice, kind: str, u: FloatArray, v: FloatArray) -> _Edges:
    """From positions (u, v) counted in columns and rows; those outside are moved to the border."""
    last_column, last_row = lattice.mass_gev.size - 1, lattice.coupling.size - 1
    along_mass = np.abs(u - np.round(u)) > np.abs(v - np.round(v))
    column = np.where(along_mass, np.floor(u), np.round(u)).astype(int)
    row = np.where(along_mass, np.round(v), np.floor(v)).astype(int)
    free = np.where(along_mass, (u > 0) & (u < last_column), (v > 0) & (v < last_row))
    column, row = np.clip(column, 0, last_column), np.clip(row, 0, last_row)
    corner = np.isin(column, (0, last_column)) & np.isin(row, (0, last_row))
    open_edge = not bool(free.all())
    # the line along the border needs its corners only, the step at a jump its two ends
    across_jump = free & along_mass & np.append(lattice.jumps, False)[column]
    twice = ~free & ~np.roll(free, 1) & (column == np.roll(column, 1)) & (row == np.roll(row, 1))
    keep = ~across_jump & (free | (corner & ~twice))
    return _Edges(kind, column[keep], row[keep], along_mass[keep], free[keep], open_edge)


def _on_the_limit(
    lattice: Lattice, curves: list[_Edges], fields: Mapping[str, FloatArray], log_yield: LogYield
) -> FloatArray:
    """Where on its edge, from 0 to 1, each free vertex of all curves has its root; all in one go."""
    x, y = lattice.ln_mass, lattice.ln_coupling
    column, row, along_mass = (
        np.concatenate([getattr(curve, name)[curve.free] for curve in curves])
        for name in ("column", "row", "along_mass")
    )
    next_column, next_row = column + along_mass, row + ~along_mass
    four = [
        _four_nodes(lattice, fields[c.kind], c.column[c.free], c.row[c.free], c.along_mass[c.free])
        for c in curves
    ]
    places, values = (np.concatenate(part, axis=1) for part in zip(*four, strict=True))
    level = lattice.log_yield[column, row] - values[1]
    x_low, y_low = x[column], y[row]
    dx, dy = x[next_column] - x_low, y[next_row] - y_low
    mass_range = lattice.mass_gev[[0, -1]]

    def f_at(t: FloatArray, k: IntArray) -> FloatArray:
        mass = np.clip(np.exp(x_low[k] + t * dx[k]), *mass_range)
        return np.asarray(log_yield(mass, np.exp(y_low[k] + t * dy[k])) - level[k])

    return vector_roots(f_at, values[1], values[2], _cubic_root(places, values))


def _four_nodes(
    lattice: Lattice, f: FloatArray, column: IntArray, row: IntArray, along_mass: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Places t, 0 and 1 at the ends of the edge, and F at the nodes before, at and after it: (4, n).

    At the border the nearest node stands for the missing one, a little off.
    """
    x, y = lattice.ln_mass, lattice.ln_coupling
    steps = np.arange(-1, 3)[:, None]
    columns = np.clip(column + steps * along_mass, 0, x.size - 1)
    rows = np.clip(row + steps * ~along_mass, 0, y.size - 1)
    place = np.where(along_mass, x[columns], y[rows])
    t = (place - place[1]) / (place[2] - place[1])
    t[0], t[3] = np.where(t[0] < 0, t[0], -1.0), np.where(t[3] > 1, t[3], 2.0)
    return t, f[columns, rows]


def _cubic_root(t: FloatArray, f: FloatArray) -> Start:
    """Root on (0, 1) of the cubic through four points, and the slope there; the chord's where it is odd."""
    chord = f[2] - f[1]
    first = (f[1:] - f[:-1]) / (t[1:] - t[:-1])
    second = (first[1:] - first[:-1]) / (t[2:] - t[:-2])
    third = (second[1] - second[0]) / (t[3] - t[0])
    smooth = np.all(np.abs(f) < _FAR, axis=0)
    c2, c3 = np.where(smooth, second[0], 0.0), np.where(smooth, third, 0.0)

    def value(s: FloatArray) -> FloatArray:
        # Newton's form through the nodes 1, 2, 0, 3: the ends of the edge come out exactly
        return np.asarray(f[1] + s * chord + s * (s - 1) * (c2 + c3 * (s - t[0])))

    low, high = np.zeros_like(chord), np.ones_like(chord)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        before = value(middle) * f[1] > 0
        low, high = np.where(before, middle, low), np.where(before, high, middle)
    root = low - value(low) * (high - low) / (value(high) - value(low))
    slope = (value(high) - value(low)) / (high - low)
    return Start(root, np.where(slope * chord > 0, slope, chord))


def _polyline(lattice: Lattice, edges: _Edges, f: FloatArray, t: FloatArray) -> Polyline:
    x, y = lattice.ln_mass, lattice.ln_coupling
    column, row, along_mass, free = edges.column, edges.row, edges.along_mass, edges.free
    ln_mass, ln_coupling = x[column], y[row]
    mass, coupling = lattice.mass_gev[column], lattice.coupling[row]
    on_row, on_column = free & along_mass, free & ~along_mass
    ln_mass[on_row] += (t * (x[np.minimum(column + 1, x.size - 1)] - x[column])[free])[along_mass[free]]
    ln_coupling[on_column] += (t * (y[np.minimum(row + 1, y.size - 1)] - y[row])[free])[~along_mass[free]]
    mass[on_row], coupling[on_column] = np.exp(ln_mass[on_row]), np.exp(ln_coupling[on_column])
    cell, gradient = _cells(lattice, edges, f)
    inside = f[column, row] > 0
    near_column, near_row = column + (on_row & ~inside), row + (on_column & ~inside)
    level = lattice.log_yield[near_column, near_row] - f[near_column, near_row]
    return Polyline(
        edges.kind,
        mass,
        coupling,
        ln_mass,
        ln_coupling,
        level,
        _corners(lattice, edges),
        cell,
        gradient,
        line=np.full((column.size, 3), np.nan),
        upright=np.zeros(column.size, bool),
        open_edge=edges.open_edge,
    )


def _corners(lattice: Lattice, edges: _Edges) -> BoolArray:
    """Vertices at which a curve may turn sharply: on the border and on either side of a jump."""
    beside = np.append(lattice.jumps, True) | np.insert(lattice.jumps, 0, True)
    at_column = ~edges.along_mass & beside[edges.column]
    at_row = edges.along_mass & np.isin(edges.row, (0, lattice.coupling.size - 1))
    return np.asarray(~edges.free | at_column | at_row)


def _cells(lattice: Lattice, edges: _Edges, f: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Cell of each chord (x0, x1, y0, y1) in the logarithms, NaN for those along the border or a jump.

    And the mean gradient of F in it, by ln mass and by ln coupling.
    """
    x, y = lattice.ln_mass, lattice.ln_coupling
    column, row, along_mass = edges.column, edges.row, edges.along_mass
    i, i_off = _between(column, along_mass)
    j, j_off = _between(row, ~along_mass)
    usable = edges.free & np.roll(edges.free, -1) & ~i_off & ~j_off
    usable &= (i < x.size - 1) & (j < y.size - 1) & ~np.append(lattice.jumps, True)[i]
    i, j = np.where(usable, i, 0), np.where(usable, j, 0)
    cell = np.stack([x[i], x[i + 1], y[j], y[j + 1]], axis=1)
    near = np.clip(f, -_FAR, _FAR)
    along_x = (near[i + 1, j] - near[i, j] + near[i + 1, j + 1] - near[i, j + 1]) / (x[i + 1] - x[i]) / 2
    along_y = (near[i, j + 1] - near[i, j] + near[i + 1, j + 1] - near[i + 1, j]) / (y[j + 1] - y[j]) / 2
    cell[~usable] = np.nan
    return cell, np.stack([along_x, along_y], axis=1)


def _between(index: IntArray, inner: BoolArray) -> tuple[IntArray, BoolArray]:
    """Cell along one axis of the chord from each vertex to the next, and where there is no such cell.

    inner: the vertex lies between ``index`` and the next one, else on ``index``.
    """
    after, inner_after = np.roll(index, -1), np.roll(inner, -1)
    cell = np.where(inner, index, np.where(inner_after, after, np.minimum(index, after)))
    wrong = np.zeros(index.size, bool)
    for own, within in ((index, inner), (after, inner_after)):
        wrong |= np.where(within, own != cell, (own != cell) & (own != cell + 1))
    wrong |= ~inner & ~inner_after & (index == after)
    return cell, wrong

"""Exclusion contours: closed curves on which the yield is the limit, F = ln(N / s_up) = 0.

Marching squares on a lattice of masses and couplings give the topology: islands, holes, and curves closed
along the edge of the grid. Every vertex lies on an edge of the lattice between a node inside and a node
outside; it is moved along this edge to the root of F, so that curves stay closed and cannot cross. Columns
and rows are added where a curve is not straight, at its tips, and where an island or a hole may hide
between the nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from feebly.core.interfaces import FloatArray
from feebly.limits.lattice import LOG_NOTHING, Lattice, LogYield, Remembered
from feebly.limits.results import ContourPiece

Limit = Callable[[FloatArray], FloatArray]
"""s_up [events] of masses [GeV]; NaN where nothing is open."""

MASS_TOLERANCE = 1e-4
"""Relative precision of the curve in mass, where it runs along the coupling (tips, resonances)."""

COUPLING_TOLERANCE = 2e-3
"""Relative precision of the curve in coupling, where it runs along the mass."""

ROOT_TOLERANCE = 1e-7
"""|F| at a vertex."""

_SECANT_STEPS = 6  # a smooth function is there by then
_BRACKET = 1e-5  # of a lattice edge: far below the tolerances of mass and coupling
_MAX_PASSES = 8
_MAX_PARTS = 8  # of one chord in one pass
_SAFETY = 2.0  # of the estimated distance between arc and chord
_HIDDEN = 0.5  # depth in F of islands and holes that are looked for between the nodes

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Curve:
    """Closed curve through edges of the lattice; arrays over its n vertices, the first not repeated.

    column, row: lower node of the edge. along_mass: the edge runs along the mass (else along the coupling).
    free: F has its root on the edge (else the vertex is a corner of the lattice).
    ln_mass, ln_coupling: where the vertex is. open_edge: part of the curve is the border of the lattice.
    """

    kind: str
    column: IntArray
    row: IntArray
    along_mass: BoolArray
    free: BoolArray
    ln_mass: FloatArray
    ln_coupling: FloatArray
    open_edge: bool

    def piece(self, number: int, lattice: Lattice) -> ContourPiece:
        along_mass = self.free & self.along_mass
        mass = np.where(along_mass, np.exp(self.ln_mass), lattice.mass_gev[self.column])
        along_coupling = self.free & ~self.along_mass
        coupling = np.where(along_coupling, np.exp(self.ln_coupling), lattice.coupling[self.row])
        closed = np.append(mass, mass[0]), np.append(coupling, coupling[0])
        return ContourPiece(self.kind, number, *closed, open_edge=self.open_edge)


def find_contours(
    lattice: Lattice, limits: Mapping[str, Limit], log_yield: LogYield
) -> tuple[Lattice, tuple[ContourPiece, ...]]:
    """Pieces of each kind, numbered from 0 by rising mass, and the lattice that they were found on.

    lattice: must have a column on both sides of each mass where a limit jumps (`lattice.both_sides`), and
    steps below which N is smooth.
    """
    at_points = Remembered(log_yield)
    limits = {kind: _remembered(limit) for kind, limit in limits.items()}
    for _ in range(_MAX_PASSES):
        fields = _fields(lattice, limits)
        curves = _curves(lattice, fields, at_points, steps=1)
        finer = lattice.refined(*_refinements(lattice, curves, fields), log_yield)
        if finer is lattice:
            break
        lattice = finer
    return lattice, _numbered(lattice, _curves(lattice, _fields(lattice, limits), at_points, steps=40))


def edges_at(pieces: Iterable[ContourPiece], mass_gev: float) -> tuple[tuple[float, float], ...]:
    """Excluded couplings (low, up) at one mass, rising: the curves are straight in the logarithms.

    pieces: of one kind. A point is inside where an odd number of crossings lies below it: a curve inside
    another one is a hole.
    """
    x, crossings = np.log(mass_gev), []
    for piece in pieces:
        u, v = np.log(piece.mass_gev), np.log(piece.coupling)
        # a vertex on the line counts once; the right end of a curve is seen from its left
        left = u < x if x >= u.max() else u <= x
        k = np.flatnonzero(left[:-1] != left[1:])
        crossings.extend(np.exp(v[k] + (x - u[k]) / (u[k + 1] - u[k]) * (v[k + 1] - v[k])))
    crossings.sort()
    return tuple((float(low), float(up)) for low, up in zip(crossings[::2], crossings[1::2], strict=True))


def excess(lattice: Lattice, limit: Limit) -> FloatArray:
    """F = ln(N / s_up) on the lattice; far below zero where there is no signal or no limit."""
    with np.errstate(invalid="ignore"):
        f = lattice.log_yield - np.log(limit(lattice.mass_gev))[:, None]
    return np.where(np.isfinite(f), f, LOG_NOTHING)


def _remembered(limit: Limit) -> Limit:
    """A limit that is asked for a mass once."""
    kept = Remembered(lambda mass, _: limit(mass))
    return lambda mass_gev: kept(mass_gev, np.zeros_like(mass_gev))


def _fields(lattice: Lattice, limits: Mapping[str, Limit]) -> dict[str, FloatArray]:
    return {kind: excess(lattice, limit) for kind, limit in limits.items()}


def _curves(
    lattice: Lattice, fields: Mapping[str, FloatArray], log_yield: LogYield, steps: int
) -> list[Curve]:
    curves = [curve for kind, f in fields.items() for curve in _marching_squares(lattice, kind, f)]
    return _on_the_limit(lattice, curves, fields, log_yield, steps) if curves else []


def _marching_squares(lattice: Lattice, kind: str, f: FloatArray) -> list[Curve]:
    """Curves with their vertices in the middle of lattice edges."""
    from contourpy import LineType, contour_generator

    # the position on an edge is found later; away from the nodes it cannot be mistaken for another edge
    z = np.copysign(np.clip(np.abs(f), 0.1, 1.0), f)
    padded = np.pad(z, 1, constant_values=-1.0)
    generator = contour_generator(z=padded.T, name="serial", line_type=LineType.Separate)
    lines = cast("list[FloatArray]", generator.lines(0.0))
    curves = (_curve(lattice, kind, line[:-1, 0] - 1, line[:-1, 1] - 1) for line in lines)
    return [curve for curve in curves if curve.row.size >= 3]


def _curve(lattice: Lattice, kind: str, u: FloatArray, v: FloatArray) -> Curve:
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
    column, row, along_mass, free = column[keep], row[keep], along_mass[keep], free[keep]
    x, y = lattice.ln_mass[column], lattice.ln_coupling[row]
    return Curve(kind, column, row, along_mass, free, x, y, open_edge)


def _on_the_limit(
    lattice: Lattice,
    curves: list[Curve],
    fields: Mapping[str, FloatArray],
    log_yield: LogYield,
    steps: int,
) -> list[Curve]:
    """The curves with each free vertex moved to the root of F on its edge, all in one go."""
    x, y = lattice.ln_mass, lattice.ln_coupling
    column, row, along_mass = (
        np.concatenate([getattr(curve, name)[curve.free] for curve in curves])
        for name in ("column", "row", "along_mass")
    )
    next_column, next_row = column + along_mass, row + ~along_mass
    kinds = [(curve.column[curve.free], curve.row[curve.free], fields[curve.kind]) for curve in curves]
    f_low = np.concatenate([f[i, j] for i, j, f in kinds])
    level = lattice.log_yield[column, row] - f_low
    x_low, y_low = x[column], y[row]
    dx, dy = x[next_column] - x_low, y[next_row] - y_low
    mass_range = lattice.mass_gev[[0, -1]]

    def f_at(t: FloatArray, k: IntArray) -> FloatArray:
        mass = np.clip(np.exp(x_low[k] + t * dx[k]), *mass_range)
        return np.asarray(log_yield(mass, np.exp(y_low[k] + t * dy[k])) - level[k])

    t = vector_roots(f_at, f_low, lattice.log_yield[next_column, next_row] - level, steps)
    result, start = [], 0
    for curve in curves:
        ln_mass, ln_coupling = curve.ln_mass.copy(), curve.ln_coupling.copy()
        part = slice(start, start := start + int(curve.free.sum()))
        ln_mass[curve.free], ln_coupling[curve.free] = (x_low + t * dx)[part], (y_low + t * dy)[part]
        result.append(replace(curve, ln_mass=ln_mass, ln_coupling=ln_coupling))
    return result


def vector_roots(
    f: Callable[[FloatArray, IntArray], FloatArray], f_at_0: FloatArray, f_at_1: FloatArray, steps: int
) -> FloatArray:
    """Roots on (0, 1) of many functions that change sign there.

    f(t, k): values of the functions k at t. False position with the factor of Anderson and Björck (BIT 13
    (1973) 253), then bisection for what jumps over zero; with few steps the result is an estimate.
    """
    a, b = np.zeros_like(f_at_0), np.ones_like(f_at_1)
    f_a, f_b = np.clip(f_at_0, -3, 3), np.clip(f_at_1, -3, 3)
    active = np.arange(a.size)
    for step in range(steps):
        if not active.size:
            break
        t = (_secant(a, b, f_a, f_b) if step < _SECANT_STEPS else (a + b) / 2)[active]
        f_t = np.clip(f(t, active), -3, 3)
        flipped = f_t * f_b[active] < 0
        a[active] = np.where(flipped, b[active], a[active])
        shrink = 1 - f_t / f_b[active]
        kept = f_a[active] * np.where(shrink > 0, shrink, 0.5)
        f_a[active] = np.where(flipped, f_b[active], kept)
        b[active], f_b[active] = t, f_t
        active = active[(np.abs(f_t) > ROOT_TOLERANCE) & (np.abs(b - a)[active] > _BRACKET)]
    done = np.abs(f_b) <= ROOT_TOLERANCE
    return np.where(done, b, _secant(a, b, f_a, f_b))


def _secant(a: FloatArray, b: FloatArray, f_a: FloatArray, f_b: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore", divide="ignore"):
        t = b - f_b * (b - a) / (f_b - f_a)
    return np.where(np.isfinite(t), t, (a + b) / 2)


def _refinements(
    lattice: Lattice, curves: list[Curve], fields: Mapping[str, FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """ln m and ln coupling of the columns and rows that are missing."""
    parts = [look(lattice, curve) for curve in curves for look in (_bends, _tips)]
    parts += [_hidden(lattice, sign * f) for f in fields.values() for sign in (1, -1)]
    return np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts])


def _corners(lattice: Lattice, curve: Curve) -> BoolArray:
    """Vertices at which a curve may turn sharply: on the border and on either side of a jump."""
    beside = np.append(lattice.jumps, True) | np.insert(lattice.jumps, 0, True)
    at_column = ~curve.along_mass & beside[curve.column]
    at_row = curve.along_mass & np.isin(curve.row, (0, lattice.coupling.size - 1))
    return ~curve.free | at_column | at_row


def _bends(lattice: Lattice, curve: Curve) -> tuple[FloatArray, FloatArray]:
    """Cuts of each chord that is too far from the arc, in ln m or in ln coupling, whichever it runs along."""
    x, y = curve.ln_mass / MASS_TOLERANCE, curve.ln_coupling / COUPLING_TOLERANCE
    dx, dy = np.roll(x, -1) - x, np.roll(y, -1) - y  # from each vertex to the next
    length = np.hypot(dx, dy)
    dx0, dy0, length0 = np.roll(dx, 1), np.roll(dy, 1), np.roll(length, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        # curvature of the circle through three points
        curvature = 2 * np.abs(dx0 * dy - dy0 * dx) / (length0 * length * np.hypot(dx0 + dx, dy0 + dy))
    curvature = np.where(_corners(lattice, curve), 0.0, np.nan_to_num(curvature, posinf=0.0))
    sag = np.maximum(curvature, np.roll(curvature, -1)) * length**2 / 8
    parts = np.minimum(np.ceil(np.sqrt(sag * _SAFETY)), _MAX_PARTS).astype(int)
    wide = np.abs(dx) >= np.abs(dy)
    return (
        _between(curve.ln_mass, np.where(wide, parts, 1)),
        _between(curve.ln_coupling, np.where(wide, 1, parts)),
    )


def _between(ends: FloatArray, parts: IntArray) -> FloatArray:
    """Points that cut each chord of a closed curve in equal parts; none where ``parts`` is 0 or 1."""
    inner = np.maximum(parts - 1, 0)
    chord = np.repeat(np.arange(ends.size), inner)
    k = np.arange(chord.size) - np.repeat(np.cumsum(inner) - inner, inner) + 1
    return np.asarray(ends[chord] + (np.roll(ends, -1) - ends)[chord] * k / parts[chord])


def _tips(lattice: Lattice, curve: Curve) -> tuple[FloatArray, FloatArray]:
    """The coupling of each closing mass, where the parabola through three vertices goes further out."""
    x, y = curve.ln_mass, curve.ln_coupling
    (x0, y0), (x2, y2) = (np.roll(x, 1), np.roll(y, 1)), (np.roll(x, -1), np.roll(y, -1))
    tip = ((x - x0) * (x - x2) > 0) & ~_corners(lattice, curve)
    with np.errstate(invalid="ignore", divide="ignore"):
        shift, gain = _vertex(y0 - y, y2 - y, x0 - x, x2 - x)
    further = tip & (np.abs(gain) > MASS_TOLERANCE / 10)
    return np.empty(0), (y + shift)[further]


def _hidden(lattice: Lattice, f: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Where a local maximum of F, below zero on the nodes, may be above zero between them."""
    x, y = lattice.ln_mass, lattice.ln_coupling
    near = np.argwhere((f < 0) & (f > -_HIDDEN))
    i, j = near[(near > 0).all(axis=1) & (near < np.array(f.shape) - 1).all(axis=1)].T
    here = f[i, j]
    highest = np.ones(i.size, bool)
    for di in (-1, 0, 1):
        for dj in (-1, 0, 1):
            highest &= f[i + di, j + dj] <= here
    i, j, here = i[highest], j[highest], here[highest]
    with np.errstate(invalid="ignore", divide="ignore"):
        dx, gain_x = _vertex(x[i - 1] - x[i], x[i + 1] - x[i], f[i - 1, j] - here, f[i + 1, j] - here)
        dy, gain_y = _vertex(y[j - 1] - y[j], y[j + 1] - y[j], f[i, j - 1] - here, f[i, j + 1] - here)
    # columns on either side of a jump show no parabola
    usable = ~(lattice.jumps[i - 1] | lattice.jumps[i])
    gain_x, dx = np.where(usable, gain_x, 0.0), np.where(usable, dx, 0.0)
    found = here + gain_x + gain_y > 0
    return (x[i] + dx)[found], (y[j] + dy)[found]


def _vertex(s0: FloatArray, s2: FloatArray, g0: FloatArray, g2: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Position and height of the vertex of the parabola through (s0, g0), (0, 0) and (s2, g2)."""
    curvature = (g0 / s0 - g2 / s2) / (s0 - s2)
    slope = g0 / s0 - curvature * s0
    shift = np.clip(-slope / (2 * curvature), np.minimum(s0, s2), np.maximum(s0, s2))
    return np.nan_to_num(shift), np.nan_to_num(slope * shift + curvature * shift**2)


def _numbered(lattice: Lattice, curves: list[Curve]) -> tuple[ContourPiece, ...]:
    """Pieces of each kind in order of their lowest mass, then coupling."""
    pieces = []
    for kind in dict.fromkeys(curve.kind for curve in curves):
        of_kind = [curve for curve in curves if curve.kind == kind]
        of_kind.sort(key=lambda curve: (float(curve.ln_mass.min()), float(curve.ln_coupling.min())))
        pieces += [curve.piece(number, lattice) for number, curve in enumerate(of_kind)]
    return tuple(pieces)

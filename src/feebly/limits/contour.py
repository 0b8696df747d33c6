"""Exclusion contours: closed curves on which the yield is the limit, F = ln(N / s_up) = 0.

The signs of F on a lattice of masses and couplings give the topology (``marching``); columns and rows are
added where an island or a hole may hide between the nodes. Then each curve is straightened by itself
(``polyline``): a resonance makes a curve bend in a few places, and a finer lattice would be finer everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from feebly.core.interfaces import FloatArray
from feebly.limits.arcs import parabola
from feebly.limits.lattice import LOG_NOTHING, Lattice, LogYield, Remembered
from feebly.limits.marching import curves_on_lattice
from feebly.limits.polyline import Missing, Polyline, on_the_limit, straightened
from feebly.limits.results import ContourPiece

Limit = Callable[[FloatArray], FloatArray]
"""s_up [events] of masses [GeV]; NaN where nothing is open."""

_MAX_PASSES = 8
_HIDDEN = 0.5  # depth in F of islands and holes that are looked for between the nodes


def find_contours(
    lattice: Lattice, limits: Mapping[str, Limit], log_yield: LogYield
) -> tuple[Lattice, tuple[ContourPiece, ...]]:
    """Pieces of each kind, numbered from 0 by rising mass, and the lattice that they were found on.

    lattice: must have a column on both sides of each mass where a limit jumps (`lattice.both_sides`), and
    steps below which N is smooth.
    """
    at_points = Remembered(log_yield)
    for left in reversed(range(_MAX_PASSES)):
        fields = {kind: excess(lattice, limit) for kind, limit in limits.items()}
        finer = lattice.refined(*_hidden(lattice, fields.values()), log_yield) if left else lattice
        if finer is lattice:
            on_lattice = curves_on_lattice(lattice, fields, at_points)
            curves, missing = straightened(on_lattice, at_points, stop_early=bool(left))
            finer = lattice.refined(*missing, log_yield) if left else lattice
            if finer is lattice:
                curves = straightened(curves, at_points)[0]
                break
        lattice = finer
    return lattice, _numbered(on_the_limit(curves, at_points))


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


def _hidden(lattice: Lattice, fields: Iterable[FloatArray]) -> Missing:
    """Columns and rows on which an island or a hole may lie that no node shows."""
    found = [_peaks(lattice, sign * f) for f in fields for sign in (1, -1)]
    return np.concatenate([x for x, _ in found]), np.concatenate([y for _, y in found])


def _peaks(lattice: Lattice, f: FloatArray) -> tuple[FloatArray, FloatArray]:
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
    dx, gain_x = parabola(x[i - 1] - x[i], x[i + 1] - x[i], f[i - 1, j] - here, f[i + 1, j] - here)
    dy, gain_y = parabola(y[j - 1] - y[j], y[j + 1] - y[j], f[i, j - 1] - here, f[i, j + 1] - here)
    # columns on either side of a jump show no parabola
    usable = ~(lattice.jumps[i - 1] | lattice.jumps[i])
    gain_x, dx = np.where(usable, gain_x, 0.0), np.where(usable, dx, 0.0)
    found = here + gain_x + gain_y > 0
    return (x[i] + dx)[found], (y[j] + dy)[found]


def _numbered(curves: Sequence[Polyline]) -> tuple[ContourPiece, ...]:
    """Pieces of each kind in order of their lowest mass, then coupling."""
    pieces = []
    for kind in dict.fromkeys(curve.kind for curve in curves):
        of_kind = [curve for curve in curves if curve.kind == kind]
        of_kind.sort(key=lambda curve: (float(curve.ln_mass.min()), float(curve.ln_coupling.min())))
        pieces += [curve.piece(number) for number, curve in enumerate(of_kind)]
    return tuple(pieces)

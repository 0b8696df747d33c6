"""A contour as a closed polyline, straightened: points are added until no arc is far from its chord.

Each chord has its cell: a rectangle with the curve inside and both ends of the chord on its border. A line
across the cell, between the two ends, meets the curve once: there a point is added, and the line cuts the
cell in two. So points are added where one curve bends, and nowhere else, and chords of cells that do not
overlap cannot cross. Where F has the same sign on both ends of such a line the curve is not what the lattice
made it out to be (a neck, a second arc): that line is given back as a column or row that the lattice lacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feebly.core.interfaces import FloatArray
from feebly.limits.arcs import Arcs, tips
from feebly.limits.lattice import LogYield
from feebly.limits.results import ContourPiece
from feebly.limits.roots import PRECISE, IntArray, Start, vector_roots

BoolArray = NDArray[np.bool_]

_MAX_PASSES = 5
_NEARLY = 3e-4  # of a line: where a vertex may be while others are added
_LEAST_SLOPE = 0.05  # of F across a cell


@dataclass(frozen=True, eq=False)
class Polyline:
    """Closed curve, inside on its left; arrays over its n vertices, the first not repeated.

    mass_gev, coupling, ln_mass, ln_coupling: where the vertex is. level: ln N on the limit there. corner: the
    curve may turn sharply. cell: (n, 4), x0, x1, y0, y1 of the chord to the next vertex, in the logarithms;
    NaN where it is straight by construction. gradient: (n, 2), of F there, about. line: (n, 3), ends of the
    line through a cell on which the vertex was added, along the coupling where ``upright`` and else along the
    mass, and the slope of F along it; NaN for those of the lattice. open_edge: part of the curve is the
    border of the lattice.
    """

    kind: str
    mass_gev: FloatArray
    coupling: FloatArray
    ln_mass: FloatArray
    ln_coupling: FloatArray
    level: FloatArray
    corner: BoolArray
    cell: FloatArray
    gradient: FloatArray
    line: FloatArray
    upright: BoolArray
    open_edge: bool

    def piece(self, number: int) -> ContourPiece:
        mass, coupling = (np.append(values, values[0]) for values in (self.mass_gev, self.coupling))
        return ContourPiece(self.kind, number, mass, coupling, open_edge=self.open_edge)


@dataclass(frozen=True, eq=False)
class _Lines:
    """Lines across the cells of chords, in order along the curve; arrays over the lines.

    chord: its first vertex, or the vertex on the line. upright: the line runs along the coupling (else along
    the mass). at: its ln m or ln coupling. low, high: its ends. start: where on it, from 0 to 1, the curve is
    expected. level: ln N on the limit.
    """

    chord: IntArray
    upright: BoolArray
    at: FloatArray
    low: FloatArray
    high: FloatArray
    start: Start
    level: FloatArray


Missing = tuple[FloatArray, FloatArray]
"""ln m and ln coupling of columns and rows that a lattice lacks."""


def straightened(
    curves: Sequence[Polyline], log_yield: LogYield, stop_early: bool = False
) -> tuple[list[Polyline], Missing]:
    """The curves with points where they bend, to the tolerances of mass and coupling, and what is missing.

    stop_early: as soon as something is missing. Points are a little off the limit: see `on_the_limit`.
    """
    curves, missing = list(curves), [(np.empty(0), np.empty(0))]
    for _ in range(_MAX_PASSES):
        cuts = [_cuts(curve) for curve in curves]
        if not any(each.chord.size for each in cuts):
            break
        for number, (curve, each, t) in enumerate(
            zip(curves, cuts, _roots(cuts, log_yield, _NEARLY), strict=True)
        ):
            lost = np.isnan(t)
            missing.append((each.at[lost & each.upright], each.at[lost & ~each.upright]))
            curves[number] = _with_points(curve, each, t, ~lost)
        if stop_early and any(x.size + y.size for x, y in missing):
            break
    return curves, tuple(np.concatenate(part) for part in zip(*missing, strict=True))  # type: ignore[return-value]


def on_the_limit(curves: Sequence[Polyline], log_yield: LogYield) -> list[Polyline]:
    """The curves with each point that was added moved along its line to the root of F."""
    lines = [_added(curve) for curve in curves]
    found = _roots(lines, log_yield, PRECISE)
    return [_moved(*each) for each in zip(curves, lines, found, strict=True)]


def _cuts(curve: Polyline) -> _Lines:
    """Of each chord whose arc is too far from it, or that goes further out than its ends."""
    arcs = Arcs.of(curve.ln_mass, curve.ln_coupling, curve.corner)
    usable = ~np.isnan(curve.cell[:, 0])
    inner = np.where(usable, arcs.cuts(), 0)
    tip, tip_share = tips(curve.ln_mass, curve.ln_coupling, curve.corner, usable)
    inner[tip] = 0  # cut at the tip, and seen again after it
    bent = np.repeat(np.arange(inner.size), inner)
    number = np.arange(bent.size) - np.repeat(np.cumsum(inner) - inner, inner) + 1  # along its chord
    chord, share = np.append(bent, tip), np.append(number / (inner[bent] + 1), tip_share)
    upright = np.append(arcs.wide[bent], np.zeros(tip.size, bool))
    order = np.lexsort((share, chord))
    chord, share, upright = chord[order], share[order], upright[order]
    return _placed(curve, chord, share, upright, arcs.aside(chord, share, upright))


def _placed(
    curve: Polyline, chord: IntArray, share: FloatArray, upright: BoolArray, aside: FloatArray
) -> _Lines:
    """Lines at shares of chords; aside: of the curve from the chord, along the line."""
    after = (chord + 1) % curve.ln_mass.size
    dx, dy = (values[after] - values[chord] for values in (curve.ln_mass, curve.ln_coupling))
    x, y = curve.ln_mass[chord] + share * dx, curve.ln_coupling[chord] + share * dy
    low, high = _ends(curve.cell[chord], upright)
    # inside is on the left: up where the curve goes to larger masses, down in mass where it goes up
    sign = np.where(upright, np.sign(dx), -np.sign(dy))
    steep = np.where(upright, curve.gradient[chord, 1], curve.gradient[chord, 0]) * (high - low) * sign
    slope = sign * np.maximum(np.nan_to_num(steep), _LEAST_SLOPE)
    start = Start((np.where(upright, y, x) + aside - low) / (high - low), slope)
    return _Lines(chord, upright, np.where(upright, x, y), low, high, start, curve.level[chord])


def _ends(cell: FloatArray, upright: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Of a line across each cell."""
    x0, x1, y0, y1 = cell.T
    return np.where(upright, y0, x0), np.where(upright, y1, x1)


def _added(curve: Polyline) -> _Lines:
    """The lines on which vertices were added."""
    k = np.flatnonzero(~np.isnan(curve.line[:, 0]))
    upright, (low, high, slope) = curve.upright[k], curve.line[k].T
    x, y = curve.ln_mass[k], curve.ln_coupling[k]
    start = Start((np.where(upright, y, x) - low) / (high - low), slope)
    return _Lines(k, upright, np.where(upright, x, y), low, high, start, curve.level[k])


def _roots(lines: Sequence[_Lines], log_yield: LogYield, error: float) -> list[FloatArray]:
    """Where on its line, from 0 to 1, F has its root; of all curves in one go."""
    if not lines:
        return []
    level, upright, at, low, high = (
        np.concatenate([getattr(each, name) for each in lines])
        for name in ("level", "upright", "at", "low", "high")
    )
    start = Start(*(np.concatenate([getattr(each.start, name) for each in lines]) for name in ("t", "slope")))

    def f_at(t: FloatArray, k: IntArray) -> FloatArray:
        along = low[k] + t * (high - low)[k]
        x, y = np.where(upright[k], at[k], along), np.where(upright[k], along, at[k])
        return np.asarray(log_yield(np.exp(x), np.exp(y)) - level[k])

    ends = np.copysign(1.0, start.slope)
    t = vector_roots(f_at, -ends, ends, start, error)
    return np.split(t, np.cumsum([each.chord.size for each in lines])[:-1])


def _with_points(curve: Polyline, cuts: _Lines, t: FloatArray, kept: BoolArray) -> Polyline:
    """The curve with a vertex on each line that is kept, and the cells cut there."""
    chord, upright, at, low, high = (
        getattr(cuts, name)[kept] for name in ("chord", "upright", "at", "low", "high")
    )
    line = np.stack([low, high, cuts.start.slope[kept]], axis=1)
    along = low + t[kept] * (high - low)
    ln_mass, ln_coupling = np.where(upright, at, along), np.where(upright, along, at)

    def inserted(values: NDArray[Any], new: NDArray[Any]) -> NDArray[Any]:
        return np.insert(values, chord + 1, new, axis=0)

    own = chord + 1 + np.arange(chord.size)  # of the new vertices
    cells = inserted(curve.cell, curve.cell[chord])
    rises = np.where(upright, ln_mass - curve.ln_mass[chord], ln_coupling - curve.ln_coupling[chord]) > 0
    lower = np.where(upright, 0, 2)
    cells[own, lower + ~rises] = at
    cells[own - 1, lower + rises] = at
    return replace(
        curve,
        mass_gev=inserted(curve.mass_gev, np.exp(ln_mass)),
        coupling=inserted(curve.coupling, np.exp(ln_coupling)),
        ln_mass=inserted(curve.ln_mass, ln_mass),
        ln_coupling=inserted(curve.ln_coupling, ln_coupling),
        level=inserted(curve.level, curve.level[chord]),
        corner=inserted(curve.corner, np.zeros(chord.size, bool)),
        cell=cells,
        gradient=inserted(curve.gradient, curve.gradient[chord]),
        line=inserted(curve.line, line),
        upright=inserted(curve.upright, upright),
    )


def _moved(curve: Polyline, lines: _Lines, t: FloatArray) -> Polyline:
    """The curve with vertices moved along their lines."""
    k, upright, along = lines.chord, lines.upright, lines.low + t * (lines.high - lines.low)
    x, y = curve.ln_mass.copy(), curve.ln_coupling.copy()
    mass, coupling = curve.mass_gev.copy(), curve.coupling.copy()
    x[k], y[k] = np.where(upright, x[k], along), np.where(upright, along, y[k])
    mass[k], coupling[k] = np.exp(x[k]), np.exp(y[k])
    return replace(curve, ln_mass=x, ln_coupling=y, mass_gev=mass, coupling=coupling)

"""How far a closed curve through given points is from its chords, and where it goes further out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feebly.core.interfaces import FloatArray
from feebly.limits.lattice import SPACING
from feebly.limits.roots import IntArray

BoolArray = NDArray[np.bool_]

MASS_TOLERANCE = 1e-4
"""Relative precision of the curve in mass, where it runs along the coupling (tips, resonances)."""

COUPLING_TOLERANCE = 2e-3
"""Relative precision of the curve in coupling, where it runs along the mass."""

_MAX_PARTS = 8  # of one chord in one pass
_SAFETY = 2.0  # of the estimated distance between arc and chord


@dataclass(frozen=True, eq=False)
class Arcs:
    """Each chord in units of the tolerances: its two sides and length, and the curvature at its first vertex.

    bend: of the circle through the vertex and its neighbours, positive where the curve turns left.
    """

    dx: FloatArray
    dy: FloatArray
    length: FloatArray
    bend: FloatArray

    @classmethod
    def of(cls, ln_mass: FloatArray, ln_coupling: FloatArray, corner: BoolArray) -> Arcs:
        """corner: the curve may turn sharply there."""
        x, y = ln_mass / MASS_TOLERANCE, ln_coupling / COUPLING_TOLERANCE
        dx, dy = np.roll(x, -1) - x, np.roll(y, -1) - y
        length = np.hypot(dx, dy)
        dx0, dy0, length0 = np.roll(dx, 1), np.roll(dy, 1), np.roll(length, 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            bend = 2 * (dx0 * dy - dy0 * dx) / (length0 * length * np.hypot(dx0 + dx, dy0 + dy))
        bend = np.where(corner, 0.0, np.nan_to_num(bend, posinf=0.0, neginf=0.0))
        return cls(dx, dy, length, bend)

    @property
    def wide(self) -> BoolArray:
        """Chords that run along the mass: they are cut by upright lines."""
        return np.asarray(np.abs(self.dx) >= np.abs(self.dy))

    def cuts(self) -> IntArray:
        """How many points bring each arc to its chord, as far as there is room for them."""
        sag = np.maximum(np.abs(self.bend), np.abs(np.roll(self.bend, -1))) * self.length**2 / 8
        sides = np.where(self.wide, np.abs(self.dx) * MASS_TOLERANCE, np.abs(self.dy) * COUPLING_TOLERANCE)
        parts = np.minimum(np.ceil(np.sqrt(sag * _SAFETY)), _MAX_PARTS)
        return np.maximum(np.minimum(parts, np.floor(sides / SPACING / 2)).astype(np.int64) - 1, 0)

    def aside(self, chord: IntArray, share: FloatArray, upright: BoolArray) -> FloatArray:
        """Of the arc from the chord, at shares of it, along the line; on the right where it turns left."""
        bend = self.bend[chord] + np.roll(self.bend, -1)[chord]
        distance = 0.25 * bend * share * (1 - share) * self.length[chord] ** 3
        with np.errstate(divide="ignore", invalid="ignore"):
            up = -distance / self.dx[chord] * COUPLING_TOLERANCE
            right = distance / self.dy[chord] * MASS_TOLERANCE
        return np.where(upright, up, right)


def tips(
    ln_mass: FloatArray, ln_coupling: FloatArray, corner: BoolArray, usable: BoolArray
) -> tuple[IntArray, FloatArray]:
    """Chords, and shares of their coupling, at which a curve closes further out in mass than its vertices.

    From the parabola through the vertex that is furthest out and its neighbours. usable: chords to be cut.
    """
    x, y = ln_mass, ln_coupling
    (x0, y0), (x2, y2) = (np.roll(x, 1), np.roll(y, 1)), (np.roll(x, -1), np.roll(y, -1))
    tip = np.flatnonzero(((x - x0) * (x - x2) > 0) & ~corner)
    shift, gain = parabola(y0[tip] - y[tip], y2[tip] - y[tip], x0[tip] - x[tip], x2[tip] - x[tip])
    ahead = shift * (y2 - y)[tip] > 0
    chord = np.where(ahead, tip, tip - 1) % x.size
    height = np.roll(y, -1)[chord] - y[chord]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = ((y[tip] + shift) - y[chord]) / height
    room = np.minimum(share, 1 - share) * np.abs(height) > SPACING
    further = (np.abs(gain) > MASS_TOLERANCE / 10) & room & usable[chord]
    chord, first = np.unique(chord[further], return_index=True)
    return chord, share[further][first]


def parabola(s0: FloatArray, s2: FloatArray, g0: FloatArray, g2: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Position and height of the vertex of the parabola through (s0, g0), (0, 0) and (s2, g2)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        curvature = (g0 / s0 - g2 / s2) / (s0 - s2)
        slope = g0 / s0 - curvature * s0
        shift = np.clip(-slope / (2 * curvature), np.minimum(s0, s2), np.maximum(s0, s2))
    return np.nan_to_num(shift), np.nan_to_num(slope * shift + curvature * shift**2)

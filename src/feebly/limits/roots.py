"""Roots of many functions at once, each between two points where it has opposite signs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feebly.core.interfaces import FloatArray

IntArray = NDArray[np.int64]
Functions = Callable[[FloatArray, IntArray], FloatArray]
"""f(t, k): values of the functions k at t."""

ROOT_TOLERANCE = 1e-7
"""|f| at a root."""

PRECISE = 1e-6
"""Error of t where a function is smooth, from its last two slopes."""

_JUMP = 1e-5  # width of the bracket to which a jump over zero is found, if not asked for less
_STEPS = 6  # a smooth function is there by then
_LARGEST = 30.0  # values further from zero tell no more
_BEYOND = 1.3  # step over the root that a slope predicts, so that it lies between two near points
_SECTIONS = 16  # of a bracket in one call: a call costs more than a few points


@dataclass(frozen=True, eq=False)
class Start:
    """Where roots are expected, and about what slope the functions have there."""

    t: FloatArray
    slope: FloatArray


def vector_roots(
    f: Functions, f_at_0: FloatArray, f_at_1: FloatArray, start: Start | None = None, error: float = PRECISE
) -> FloatArray:
    """Roots on (0, 1) of many functions that change sign there; NaN for those that do not.

    f_at_0, f_at_1: of opposite signs; their sizes are guides. error: of t that will do. Secants inside the
    bracket, with the factor of Anderson and Björck (BIT 13 (1973) 253) where they leave it, then sections for
    what jumps over zero.
    """
    search = _Search(f_at_0, f_at_1, start)
    active = np.arange(f_at_0.size)
    for _ in range(_STEPS + 2 * (start is not None)):
        if not active.size:
            break
        t = search.next[active]
        active = active[~search.learn(active, t, f(t, active), error)]
    search.next[active] = _sectioned(f, search, active, max(error, _JUMP))
    return search.next


class _Search:
    """Brackets of all functions, and the next point of each."""

    def __init__(self, f_at_0: FloatArray, f_at_1: FloatArray, start: Start | None) -> None:
        # b: the point seen last, before: the one before; a: the other end, with f_a lowered if it stays long
        self.a, self.b = np.zeros_like(f_at_0), np.ones_like(f_at_1)
        self.before = self.a.copy()
        self.f_a, self.f_b = _clipped(f_at_0), _clipped(f_at_1)
        self.slope = _slope(self.a, self.b, self.f_a, self.f_b)
        self.next, self._beyond = _root(self.b, self.f_b, self.f_b - self.f_a), 1.0
        if start is not None:
            self.slope, self._beyond = start.slope.copy(), _BEYOND
            self.next = np.where((start.t > 0) & (start.t < 1), start.t, 0.5)
            self.before = self.next.copy()

    def learn(self, k: IntArray, t: FloatArray, value: FloatArray, error: float) -> NDArray[np.bool_]:
        """Take the values of the functions k at t; where this is the end, ``next`` is the root."""
        value, first = _clipped(value), self._beyond != 1.0
        slope, old = self.slope[k], self.slope[k]
        if not first:
            slope = _slope(self.b[k], t, self.f_b[k], value)
        flipped = value * self.f_b[k] < 0
        shrink = np.clip(1 - value / self.f_b[k], 0.0, None)
        kept = self.f_a[k] * np.where(first | (shrink == 0), 1.0 if first else 0.5, shrink)
        self.a[k], self.f_a[k] = np.where(flipped, self.b[k], self.a[k]), np.where(flipped, self.f_b[k], kept)
        root = _root(t, value, slope)
        inside = (root > np.minimum(self.a[k], t)) & (root < np.maximum(self.a[k], t))
        with np.errstate(invalid="ignore", divide="ignore"):
            # f'' / 2 f' from the change of the slope, times the distances from both points of the secant
            bend = (1 - old / slope) / (t - self.before[k])
            wrong = np.abs(bend * (root - t) * (root - self.b[k]))
        there, near = np.abs(value) <= ROOT_TOLERANCE, inside & (wrong < error) & (not first)
        if not first:
            self.before[k] = self.b[k]
        self.b[k], self.f_b[k], self.slope[k] = t, value, slope
        beyond = t + self._beyond * (root - t)
        inside &= (beyond > np.minimum(self.a[k], t)) & (beyond < np.maximum(self.a[k], t))
        chord = t - value * (t - self.a[k]) / (value - self.f_a[k])
        step = np.where(inside, beyond, (self.a[k] + t) / 2 if first else chord)
        self.next[k] = np.where(there, t, np.where(near, root, step))
        self._beyond = 1.0
        return np.asarray(there | near)


def _slope(t0: FloatArray, t1: FloatArray, f0: FloatArray, f1: FloatArray) -> FloatArray:
    """NaN where a value only says that it is large."""
    told = (np.abs(f0) < _LARGEST) & (np.abs(f1) < _LARGEST)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(told, (f1 - f0) / (t1 - t0), np.nan)


def _root(t: FloatArray, value: FloatArray, slope: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(t - value / slope)


def _sectioned(f: Functions, search: _Search, k: IntArray, width: float) -> FloatArray:
    """Middle of a bracket of the functions k in which they change sign; NaN where they do not."""
    low, high, sign = search.a[k], search.b[k], np.sign(search.f_b[k])
    active = np.arange(k.size)
    while active.size:
        t = low[active] + (high - low)[active] * np.arange(_SECTIONS + 1)[:, None] / _SECTIONS
        values = f(t.ravel(), np.tile(k[active], _SECTIONS + 1)).reshape(t.shape)
        beyond = values * sign[active] > 0  # on the side of b
        last, each = np.argmax(beyond, axis=0), np.arange(active.size)
        lost = beyond[0] | ~beyond.any(axis=0)
        low[active], high[active] = t[last - 1, each], t[last, each]
        low[active[lost]] = np.nan
        active = active[np.abs(high - low)[active] > width]
    return np.asarray((low + high) / 2)


def _clipped(values: FloatArray) -> FloatArray:
    return np.clip(values, -_LARGEST, _LARGEST)

"""The unified construction of Feldman and Cousins (physics/9711021) on a list of outcomes.

For each signal the outcomes are accepted in the order of R = P(outcome | s) / P(outcome | s_best),
s_best >= 0 the best fit to the outcome, until their probability reaches CL (Sec. IV B). The interval of the
observed outcome is the hull of the signals that accept it: those where the outcomes with a larger R have less
than CL together. Outcomes may be one count, the counts of several regions, or toys with their weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feebly.core.interfaces import FloatArray
from feebly.statistics.intervals.strength_curves import Curves

TIE = 1e-9
"""Relative difference of R below which two outcomes precede neither the other: rounding."""

_STEPS = 2_000  # of the scan; fewer for many outcomes, but not below:
_LEAST_STEPS = 600
_SCANNED = 10_000_000  # outcomes x steps
_FINE = 32  # parts of a step of the scan, as often as:
_ZOOMS = 3
_ELEMENTS = 1 << 18  # outcomes x signals of one block: it stays in the cache


@dataclass(frozen=True, slots=True)
class Ends:
    """Ends of an interval of the signal [events], the length to which they are found, what is left out.

    missing: the probability of outcomes that are not in the list, at either end, and the remainder of the
    series of those that are.
    """

    lower: float
    upper: float
    s_error: float
    missing: float


@dataclass(frozen=True, eq=False)
class Acceptance:
    """Curves of all outcomes, the observed one first, and P of each at its best fit.

    weights: how many outcomes each stands for; None where every outcome is listed once. best_x: best fit to
    the observed outcome, sqrt(events).
    """

    curves: Curves
    best: FloatArray
    best_x: float
    cl: float
    weights: FloatArray | None = None

    def before(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Probability of the outcomes that precede the observed one, and of all that are listed, at x."""
        parts = [self._before(block) for block in np.array_split(x, self._blocks(x.size))]
        before, total = (np.concatenate(values) for values in zip(*parts, strict=True))
        return (before, total) if self.weights is None else (before / total, total)

    def ends(self, x_max: float) -> Ends | None:
        """The interval, looked for up to x_max; None where it comes near to x_max.

        Slivers of the acceptance narrower than a step of the scan are not seen.
        """
        steps = int(np.clip(_SCANNED // self.best.size, _LEAST_STEPS, _STEPS))
        x = np.union1d(np.linspace(0.0, x_max, steps + 1), [min(self.best_x, x_max)])
        accepted = np.flatnonzero(self.before(x)[0] < self.cl)
        first, last = int(accepted[0]), int(accepted[-1])
        if x[last] > 0.97 * x_max:
            return None
        upper, missing = self._zoomed(x[last], x[last + 1])
        lower, below = (0.0, missing) if first == 0 else self._zoomed(x[first], x[first - 1])
        step = x_max / steps / _FINE**_ZOOMS
        left_out = max(missing, below, 0.0) + self.curves.remainder(self.weights)
        return Ends(lower**2, upper**2, 2 * upper * step + step**2, left_out)

    def _zoomed(self, inside: float, outside: float) -> tuple[float, float]:
        """Last accepted x on the way from one that is to one that is not; probability not listed there."""
        missing = 0.0
        for _ in range(_ZOOMS):
            way = np.linspace(inside, outside, _FINE + 1)
            before, total = self.before(way)
            missing = float(np.max(1 - total))
            step = int(np.flatnonzero(before < self.cl)[-1])
            inside, outside = way[step], way[min(step + 1, _FINE)]
        return float(inside), missing

    def _before(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        probability = self.curves.at(x)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = probability / self.best[:, None]
            precedes = ratio > ratio[0] * (1 + TIE)
        if self.weights is not None:
            probability *= self.weights[:, None]
        return (probability * precedes).sum(axis=0), probability.sum(axis=0)

    def _blocks(self, size: int) -> int:
        return int(np.clip(size * self.best.size // _ELEMENTS, 1, size))

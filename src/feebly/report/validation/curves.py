"""Closed curves in (mass, coupling): where they cross a mass, and how much of their areas is common.

Everything is in ln(mass), ln(coupling): segments are straight there and areas are counted there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from feebly.core.interfaces import FloatArray

Curve = tuple[FloatArray, FloatArray]
"""Masses [GeV] and couplings of the points of one closed curve; the last point is joined to the first."""


def crossings(curves: Sequence[Curve], mass_gev: float) -> FloatArray:
    """Couplings at which closed curves cross a mass, in rising order: always an even number of them."""
    x0 = np.log(mass_gev)
    found = [np.zeros(0)]
    for mass, coupling in curves:
        x, y = np.log(mass), np.log(coupling)
        x2, y2 = np.roll(x, -1), np.roll(y, -1)
        # half-open segments: a point of the curve on the line counts once per branch
        (on,) = np.nonzero((x <= x0) != (x2 <= x0))
        share = (x0 - x[on]) / (x2[on] - x[on])
        found.append(y[on] + share * (y2[on] - y[on]))
    return np.exp(np.sort(np.concatenate(found)))


def edges_at(curves: Sequence[Curve], mass_gev: float) -> tuple[float, float] | None:
    """Smallest and largest coupling of the area at a mass; None where it has none."""
    found = crossings(curves, mass_gev)
    return (float(found[0]), float(found[-1])) if found.size else None


def overlap(
    first: Sequence[Curve],
    second: Sequence[Curve],
    mass_range_gev: tuple[float, float] | None = None,
    columns: int = 800,
) -> float:
    """Intersection over union of the areas inside closed curves in ln(mass) x ln(coupling); even-odd rule.

    Exact in the coupling, midpoint rule in ``columns`` of ln(mass) over the given masses or all of them.
    """
    low, high = mass_range_gev or _mass_range([*first, *second])
    edges = np.linspace(np.log(low), np.log(high), columns + 1)
    common = total = 0.0
    for mass in np.exp((edges[1:] + edges[:-1]) / 2):
        a, b = np.log(crossings(first, mass)), np.log(crossings(second, mass))
        both = _common_length(a, b)
        common += both
        total += _length(a) + _length(b) - both
    return common / total if total > 0 else 0.0


def _mass_range(curves: Sequence[Curve]) -> tuple[float, float]:
    masses = np.concatenate([mass for mass, _ in curves])
    return float(masses.min()), float(masses.max())


def _length(ends: FloatArray) -> float:
    """Length of the intervals (ends[0], ends[1]), (ends[2], ends[3]), ..."""
    return float(np.sum(ends[1::2] - ends[::2]))


def _common_length(a: FloatArray, b: FloatArray) -> float:
    """Length that two sets of disjoint intervals share."""
    start = np.maximum(a[::2, None], b[None, ::2])
    stop = np.minimum(a[1::2, None], b[None, 1::2])
    return float(np.sum(np.maximum(stop - start, 0.0)))

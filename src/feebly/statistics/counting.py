"""Counts under a background that is marginalised: all their probabilities, and their quantiles."""

from __future__ import annotations

import math

import numpy as np

from feebly.core.interfaces import FloatArray
from feebly.statistics.backgrounds import Averaged, Background, CountDistribution, as_background

SIGMAS = (-2.0, -1.0, 0.0, 1.0, 2.0)
"""Positions of the usual bands in standard deviations of a normal."""

_NEGLIGIBLE = 1e-15  # probability of the counts that are not listed one by one
_TIE = 1e-9  # relative difference below which two probabilities count as equal


def not_more_probable(probabilities: FloatArray, observed: float, beyond: float) -> float:
    """Sum of the probabilities that do not exceed ``observed``, plus ``beyond``: the rest, not listed."""
    rare = probabilities[probabilities <= observed * (1 + _TIE)].sum() + beyond
    return float(min(rare, 1.0))


def count_quantiles(background: float | Background, sigmas: tuple[float, ...] = SIGMAS) -> tuple[int, ...]:
    """Smallest n with P(N <= n | b) >= Phi(z) for each z of ``sigmas``: the discrete quantiles of the count.

    For b below about 0.02 all of -2 .. +2 sigma are n = 0: a band made of them is degenerate.
    """
    # no count beyond the largest quantile is needed: the tail of a projected background can be very long
    beyond = max(_normal_cumulative(-max(sigmas)), _NEGLIGIBLE)
    counts = distribution_of_all_counts(as_background(background), negligible=beyond)
    return tuple(_quantile(counts, z) for z in sigmas)


def _quantile(counts: CountDistribution, z: float) -> int:
    """Smallest n with P(N <= n) >= Phi(z), told from the side whose probability keeps its digits."""
    if z < 0:
        return int(np.argmax(counts.cumulative >= _normal_cumulative(z)))
    return int(np.argmax(counts.tail[1:] <= max(_normal_cumulative(-z), _NEGLIGIBLE)))


def _normal_cumulative(z: float) -> float:
    return math.erfc(-z / math.sqrt(2)) / 2


def distribution_of_all_counts(
    background: Background, at_least: int = 0, negligible: float = _NEGLIGIBLE
) -> CountDistribution:
    """Distribution of the count up to a ``negligible`` P(N >= n_max), with n_max > ``at_least``."""
    n_max = max(at_least + 1, int(2 * background.mean) + 16)
    if isinstance(background, Averaged):  # its tail alone costs next to nothing
        while background.last_tail(n_max) > negligible:
            n_max *= 2
    while (counts := background.counts(n_max)).tail[-1] > negligible:
        n_max *= 2
    return counts

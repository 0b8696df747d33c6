"""Posterior probability of the signal with a flat prior in s >= 0.

The posterior of s is proportional to E[P(n | kappa s + b)] over the nuisances b and kappa. Its integral
above s is E[P(N <= n | kappa s + b) / kappa], as the integral of x^n e^-x / n! above x is P(N <= n | x).
Over the same at s = 0 this is CLs of ``cls-counting``, for any b, with each kappa weighted by 1 / kappa.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.interfaces import FloatArray
from feebly.statistics.backgrounds import signal_plus_background_cumulative


def probability_above(
    signal: ArrayLike, background_cumulative: FloatArray, signal_error: float = 0.0
) -> FloatArray:
    """P(true signal > signal | n), same shape as ``signal`` [events].

    background_cumulative: P(N_b <= k), k = 0 .. n. signal_error: standard deviation of kappa, log-normal with
    mean 1. Weighted by 1 / kappa a log-normal of width sigma is the same, shifted by exp(-sigma^2) =
    1 / (1 + signal_error^2): the limit is that of ``cls-counting`` times 1 + signal_error^2.
    """
    shifted = np.asarray(signal, dtype=float) / (1 + signal_error**2)
    ratio = background_cumulative / background_cumulative[-1]
    return signal_plus_background_cumulative(shifted, ratio, signal_error)

"""CLs with the profile likelihood ratio q-tilde of a counting experiment with an auxiliary measurement.

Model: n ~ Poisson(s + b) and a ~ Normal(b, sigma), s >= 0, b >= 0; the auxiliary measurement a fluctuates
from repetition to repetition. Test statistic: q-tilde_mu of Cowan, Cranmer, Gross and Vitells (1007.1727),
Eq. (16); as in the LHC convention its distributions are taken at the value of b fitted to the observed data,
for s and for s = 0. Nothing asymptotic: n is enumerated, and since q-tilde never falls with a, each n
contributes one normal tail probability.

At n >= 1 the limit does not tend to that of a known b when sigma tends to 0: however small, the fluctuation
of a splits the outcomes with n = n_obs into more and less signal-like halves (3.26 against 3.87 at n = 1).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.interfaces import FloatArray
from feebly.statistics.backgrounds import poisson_pmf

_TIE = 1e-13  # relative: at n = 0 q-tilde is the same for every a, and equal must count as equal
_BISECTIONS = 44  # of 18 sigma: 1e-12 sigma
_REACH = 9.0  # the auxiliary measurement is within 9 sigma of b but for 2e-19


def fitted_background(n: ArrayLike, a: ArrayLike, s: ArrayLike, sigma: float) -> FloatArray:
    """b >= 0 that maximises the likelihood of (n, a) at fixed signal s; all in events, shapes broadcast."""
    mean, _ = stationary_mean(n, a, s, sigma)
    return np.asarray(np.maximum(mean - np.asarray(s, dtype=float), 0.0))


def stationary_mean(
    n: ArrayLike, a: ArrayLike, s: ArrayLike, sigma: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """x = s + b at the maximum of the likelihood over all b, and the root of the quadratic equation of x."""
    n, a, s, sigma = (np.asarray(value, dtype=float) for value in (n, a, s, sigma))
    # dlnL/db = n/x - 1 + (a - b)/sigma^2 = 0 with x = s + b: x^2 - c x - n sigma^2 = 0
    c = s + a - sigma**2
    root = np.hypot(c, 2 * np.sqrt(n) * sigma)
    with np.errstate(divide="ignore", invalid="ignore"):
        x = np.where(c >= 0, (c + root) / 2, 2 * n * sigma**2 / (root - c))
    return np.asarray(np.nan_to_num(x)), root


def q_tilde(n: ArrayLike, a: ArrayLike, s: float, sigma: float) -> FloatArray:
    """q-tilde of the signal s for the data (n, a), Eq. (16) of 1007.1727; shapes broadcast.

    Written in the difference of the two fitted means, not as a difference of two likelihoods: it keeps its
    digits for signals far below one event. At n = 0 it is 2 s for every a.
    """
    from scipy.special import xlog1py

    n, a = (np.asarray(value, dtype=float) for value in (n, a))
    free, null = np.maximum(a, 0.0), stationary_mean(n, a, 0.0, sigma)
    # the best fit is b = a, s = n - a inside the boundaries, else s = 0
    inside = n > free
    s_best, mean_best = np.where(inside, n - free, 0.0), np.where(inside, n, null[0])
    mean, root = stationary_mean(n, a, s, sigma)
    with np.errstate(divide="ignore", invalid="ignore"):
        # from x^2 - c x = n sigma^2 at s and at 0, where the fit at s is not b = 0
        from_null = np.where(mean >= s, s * (mean + null[0]) / (root + null[1]), s - null[0])
        shift = np.where(inside, np.maximum(mean, s) - n, from_null)
        b_shift, b_sum = shift - (s - s_best), np.maximum(mean - s, 0.0) + mean_best - s_best
        q = 2 * (shift - xlog1py(n, shift / mean_best)) + b_shift * (b_sum - 2 * a) / sigma**2
    return np.where(s_best >= s, 0.0, np.maximum(q, 0.0))


def numerical_error(sigma: float) -> float:
    """Bound on the absolute error of CLs for sigma [events].

    Of the tolerance of ties: q-tilde changes by some sigma (in events) for one standard deviation of a.
    """
    return min(1e-9 + 1e-12 / sigma, 1.0)


def profile_cls(s: float, n_observed: int, a_observed: float, sigma: float) -> float:
    """CLs(s) = P(q >= q_obs | s, b_s) / P(q >= q_obs | 0, b_0) with b_s, b_0 fitted to the observed data.

    s: signal in events; a_observed +- sigma: measured background (sigma > 0).
    """
    q_observed = float(q_tilde(n_observed, a_observed, s, sigma))
    if q_observed == 0:
        return 1.0

    def tail(s_true: float) -> float:
        b_true = float(fitted_background(n_observed, a_observed, s_true, sigma))
        return _tail_probability(q_observed, s, sigma, s_true, b_true)

    return tail(s) / tail(0.0)


def _tail_probability(q_observed: float, s: float, sigma: float, s_true: float, b_true: float) -> float:
    """P(q_s >= q_obs) for n ~ Poisson(s_true + b_true), a ~ Normal(b_true, sigma)."""
    from scipy.special import ndtr

    mean = s_true + b_true
    threshold = q_observed * (1 - _TIE)
    n = np.arange(int(mean + 9 * math.sqrt(mean) + 20) + 1.0)
    low = np.full(n.size, b_true - _REACH * sigma)
    high = np.full(n.size, b_true + _REACH * sigma)
    never = q_tilde(n, high, s, sigma) < threshold
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        inside = q_tilde(n, middle, s, sigma) >= threshold
        low, high = np.where(inside, low, middle), np.where(inside, middle, high)
    probability = np.where(never, 0.0, ndtr((b_true - high) / sigma))
    return float(poisson_pmf(n.size - 1, mean) @ probability)

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

NUMERICAL_ERROR = 1e-9
"""Absolute error of CLs: the tolerance of ties; bisection and cut sums are below 1e-12."""

_TIE = 1e-10  # relative: at n = 0 q-tilde is the same for every a, and equal must count as equal
_BISECTIONS = 44  # of 18 sigma: 1e-12 sigma
_REACH = 9.0  # the auxiliary measurement is within 9 sigma of b but for 2e-19


def fitted_background(n: ArrayLike, a: ArrayLike, s: ArrayLike, sigma: float) -> FloatArray:
    """b >= 0 that maximises the likelihood of (n, a) at fixed signal s; all in events, shapes broadcast."""
    n, a, s = (np.asarray(value, dtype=float) for value in (n, a, s))
    # dlnL/db = n/x - 1 + (a - b)/sigma^2 = 0 with x = s + b: x^2 - c x - n sigma^2 = 0
    c = s + a - sigma**2
    root = np.hypot(c, 2 * np.sqrt(n) * sigma)
    with np.errstate(divide="ignore", invalid="ignore"):
        x = np.where(c >= 0, (c + root) / 2, 2 * n * sigma**2 / (root - c))
    return np.asarray(np.maximum(np.nan_to_num(x) - s, 0.0))


def q_tilde(n: ArrayLike, a: ArrayLike, s: float, sigma: float) -> FloatArray:
    """q-tilde of the signal s for the data (n, a), Eq. (16) of 1007.1727; shapes broadcast."""
    n, a = (np.asarray(value, dtype=float) for value in (n, a))
    fitted = fitted_background(n, a, s, sigma)
    # inside the boundaries the best fit is b = a, s = n - a
    b_free = np.maximum(a, 0.0)
    b_best = np.where(n > b_free, b_free, fitted_background(n, a, 0.0, sigma))
    s_best = np.maximum(n - b_free, 0.0)
    q = 2 * (_log_likelihood(n, a, s_best, b_best, sigma) - _log_likelihood(n, a, s, fitted, sigma))
    return np.where(s_best >= s, 0.0, np.maximum(q, 0.0))


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


def _log_likelihood(n: FloatArray, a: FloatArray, s: ArrayLike, b: FloatArray, sigma: float) -> FloatArray:
    from scipy.special import xlogy

    mean = np.asarray(s) + b
    return np.asarray(xlogy(n, mean) - mean - ((a - b) / sigma) ** 2 / 2)

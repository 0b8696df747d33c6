"""Unified intervals of Feldman and Cousins (physics/9711021): two-sided, ordered by the likelihood ratio.

For each signal s the counts are accepted in the order of R(n) = P(n | s + b) / P(n | s_best + b), with
s_best >= 0 the best fit to n, until their probability reaches CL (Sec. IV B). The interval of an observed n
is the hull of the signals that accept it. With b known its ends are closed forms and roots: ln R(n) - ln R(k)
is linear in ln(s + b), so that the counts that precede n change at known signals.

An uncertain b and the error of the signal are averaged over in P(n | s) and in the best fit, as in
Conrad, Botner, Hallgren and Perez de los Heros (hep-ex/0202013); then the signals are scanned.

The ends are the raw ones: as the paper notes, an upper end can rise a little with b (there it was "forced to
be a non-increasing function of b", Sec. IV B). The lengths of such steps are those between the counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.statistics.backgrounds import (
    Background,
    Fixed,
    poisson_pmf,
    signal_plus_background_cumulative,
)
from feebly.statistics.intervals.strength_curves import (
    NODES,
    PANEL,
    Curves,
    Probability,
    Rows,
    matrix_product,
)
from feebly.statistics.intervals.unified_scan import Acceptance
from feebly.statistics.quadrature import ACCURACY, lognormal_width, unit_lognormal_nodes

NAME = "feldman-cousins"

_ROOT_RTOL = 1e-12
_MAX_COUNTS = 4_000
_MAX_TERMS = 20_000_000_000  # multiplications: some ten seconds
_EXPONENTIAL = 8  # multiplications in the time of one
_NEVER = 1e-17  # probability of a count of the background
_SMALLEST_MEAN = 1e-14  # below it there is no event


@dataclass(frozen=True, slots=True)
class Ends:
    """Ends of an interval of the signal [events], their numerical error and that of the probability."""

    lower: float
    upper: float
    s_error: float
    probability_error: float


def unified_interval(n: int, background: Background, cl: float, signal_error: float) -> Ends:
    """Interval of the signal for n observed events; arguments as checked by ``confidence_interval``."""
    if isinstance(background, Fixed) and signal_error == 0:
        mean = float(background.mean)
        lower, upper = lower_mean(n, mean, cl) - mean, upper_mean(n, mean, cl) - mean
        return Ends(lower, upper, s_error=_ROOT_RTOL * (upper + mean), probability_error=0.0)
    return scanned_interval(n, background, cl, signal_error)


# --- b known ------------------------------------------------------------------------------------------


def upper_mean(n: int, b: float, cl: float) -> float:
    """Largest s + b that accepts n.

    Above the mean at which R(n) = R(k) the counts n + 1 .. k precede n. On each such segment the probability
    outside them, P(N <= n) + P(N > k), falls and then rises again with the mean: the largest mean that still
    has 1 - CL outside is the end of a segment or a root on its first half.
    """
    from scipy.special import gammainc, gammaincc, gammaln

    k = np.arange(n + 1.0, int(math.e * _largest_mean(n, b, cl)) + n + 4)
    edges = _equal_ratio_means(n, k, b)
    left, right, k = edges[:-1], edges[1:], k[:-1]

    def outside(mean: ArrayLike, k: FloatArray) -> FloatArray:
        return np.asarray(gammaincc(n + 1.0, mean) + gammainc(k + 1.0, mean))

    if not (at_right := outside(right, k) > 1 - cl).any() and not (outside(left, k) > 1 - cl).any():
        return float(edges[0])
    last = int(np.flatnonzero(at_right | (outside(left, k) > 1 - cl))[-1])
    if at_right[last]:
        return float(right[last])
    # the probability between is largest where P(n) = P(k)
    turning = np.exp((gammaln(k[last] + 1.0) - gammaln(n + 1.0)) / (k[last] - n))
    stop = min(max(turning, left[last]), right[last])
    return _root(lambda mean: float(outside(mean, k[last])) - (1 - cl), left[last], stop)


def lower_mean(n: int, b: float, cl: float) -> float:
    """Smallest s + b that accepts n; b itself where s = 0 does. Below it the counts k .. n - 1 precede n."""
    from scipy.special import gammainc, gammaincc, gammaln

    if n <= b or gammainc(n, b) > 1 - cl:
        return b
    k = np.arange(float(n))
    right = _equal_ratio_means(n, k, b)
    left = np.concatenate([[b], right[:-1]])

    def outside(mean: ArrayLike, k: FloatArray) -> FloatArray:
        below = np.where(k > 0, gammaincc(np.maximum(k, 1.0), mean), 0.0)
        return np.asarray(gammainc(float(n), mean) + below)

    at_left, at_right = outside(left, k) > 1 - cl, outside(right, k) > 1 - cl
    if not (at_left | at_right).any():
        return float(right[-1])
    first = int(np.argmax(at_left | at_right))
    if at_left[first]:
        return float(left[first])
    turning = np.exp((gammaln(n) - gammaln(k[first])) / (n - k[first])) if k[first] > 0 else 0.0
    start = min(max(turning, left[first]), right[first])
    return _root(lambda mean: float(outside(mean, k[first])) - (1 - cl), start, right[first])


def _equal_ratio_means(n: int, k: FloatArray, b: float) -> FloatArray:
    """s + b with R(k) = R(n): ln R(n) = n ln(s + b) - (s + b) - h(n), h(n) = n ln m - m, m = max(n, b)."""
    difference = _log_best(k, b) - _log_best(np.array(n), b)
    means = np.maximum(np.exp(difference / (k - n)), b)
    return np.where(np.maximum(k, n) <= b, b, means)  # counts below b are equal at s = 0, rounding aside


def _log_best(n: FloatArray, b: float) -> FloatArray:
    from scipy.special import xlogy

    best = np.maximum(n, b)
    return np.asarray(xlogy(n, best) - best)


def _largest_mean(n: int, b: float, cl: float) -> float:
    """A mean that no interval of n reaches: both tails are below R(n) (Chernoff), 2 R(n) = 1 - CL there."""
    from scipy.special import xlogy

    target = float(_log_best(np.array(n), b)) + math.log((1 - cl) / 2)
    high = max(float(n), b) + 1.0
    while xlogy(n, high) - high > target:
        high *= 2
    return high


def _root(f: Callable[[float], float], low: float, high: float) -> float:
    from scipy.optimize import brentq

    return float(low if low >= high else brentq(f, low, high, xtol=1e-300, rtol=_ROOT_RTOL))


# --- b or the signal uncertain ------------------------------------------------------------------------


def scanned_interval(n: int, background: Background, cl: float, signal_error: float) -> Ends:
    """The interval by ``unified_scan``: P(N = k | s) of all counts that matter, as curves in sqrt(s)."""
    x_max = math.sqrt(_reach(n, background, cl, signal_error))
    while True:
        counts = _listed_counts(n, background, x_max, signal_error)
        probability = _marginal_pmf(background, counts, signal_error)
        curves = Curves.of(probability, counts.size, x_max)
        best_x, best = curves.peaks(probability)
        found = Acceptance(curves, best, float(best_x[0]), cl).ends(x_max)
        if found is not None:
            return Ends(found.lower, found.upper, found.s_error, ACCURACY + found.missing)
        x_max *= 1.2


def _listed_counts(n: int, background: Background, x_max: float, signal_error: float) -> Rows:
    """0, 1, 2 .. as far as there is probability, the observed count first."""
    spread = math.exp(4 * lognormal_width(signal_error))
    mean = 2 * background.mean + x_max**2 * spread
    size = n + int(mean + 8 * math.sqrt(mean) + 20)
    signals = NODES * (math.sqrt(size) / PANEL + 1)  # the best fits go to x^2 = size
    terms = _terms(signal_error, size - 1) + len(_background_pmf(background, size - 1))
    if size > _MAX_COUNTS or size * signals * terms > _MAX_TERMS:
        raise DomainError(
            f"n = {n}, b = {background.mean:g}, signal_error = {signal_error:g}: counts up to {size}, "
            f"of {terms} terms each, are too many to enumerate; use 'cls-counting', or a smaller error"
        )
    return np.concatenate([[n], np.delete(np.arange(size), n)])


def _marginal_pmf(background: Background, counts: Rows, signal_error: float) -> Probability:
    """P(N = k | s = x^2) of the counts, k down and x across."""
    most = counts.size - 1
    pmf, signal = _background_pmf(background, most), _signal_pmf(most, signal_error)

    def probability(x: FloatArray, rows: Rows) -> FloatArray:
        of_signal = signal(x**2)
        result = np.zeros(of_signal.shape)
        for k, p in enumerate(pmf):
            result[k:] += p * of_signal[: counts.size - k]
        return result[counts[rows]]

    return probability


def _background_pmf(background: Background, most: int) -> FloatArray:
    """P(N_b = k) from k = 0 to the last that is more than rounding."""
    pmf = background.counts(most).pmf
    return np.asarray(pmf[: 1 + int(np.flatnonzero(pmf > _NEVER)[-1])])


def _signal_pmf(most: int, error: float) -> Callable[[FloatArray], FloatArray]:
    """E[P(N = k | kappa s)], k = 0 .. most, of s (J,); shape (most + 1, J).

    At nodes of kappa, or with a table on a grid of ln(kappa s) where that is less work.
    """
    kappas, weights = unit_lognormal_nodes(error, most)

    def at_nodes(s: FloatArray) -> FloatArray:
        pairs = zip(kappas, weights, strict=True)
        return np.asarray(sum(weight * poisson_pmf(most, kappa * s) for kappa, weight in pairs))

    if _terms(error, most) == _EXPONENTIAL * kappas.size:
        return at_nodes
    log_mean, width = _log_means(error, most), lognormal_width(error)
    table = poisson_pmf(most, np.exp(log_mean))

    def on_grid(s: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore"):
            z = (log_mean[:, None] - np.log(s) + width**2 / 2) / width
        density = np.exp(-(z**2) / 2) * (log_mean[1] - log_mean[0]) / (width * math.sqrt(2 * math.pi))
        result = matrix_product(table, density.T)
        below = s < math.sqrt(_SMALLEST_MEAN)  # what lies below the grid; what lies above has more counts
        result[0] += np.where(below, 1 - density.sum(axis=0), 0.0)
        return result

    return on_grid


def _terms(error: float, most: int) -> int:
    """Multiplications behind one probability of the signal: with the table, or at nodes."""
    at_nodes = _EXPONENTIAL * len(unit_lognormal_nodes(error, most)[0])
    return at_nodes if error == 0 else min(at_nodes, _log_means(error, most).size)


def _log_means(error: float, most: int) -> FloatArray:
    """Grid of ln(kappa s) as fine as that of ``unit_lognormal_nodes``, from no event to above ``most``."""
    kappas, _ = unit_lognormal_nodes(error, most)
    high = math.log(most + 12 * math.sqrt(most) + 80)
    return np.arange(math.log(_SMALLEST_MEAN), high, math.log(kappas[1] / kappas[0]))


def _reach(n: int, background: Background, cl: float, signal_error: float) -> float:
    """A signal beyond which n is not accepted: P(N <= n) has fallen to a hundredth of 1 - CL."""
    below = background.counts(n).cumulative
    s_max = n + 5.0
    while float(signal_plus_background_cumulative(s_max, below, signal_error)) > (1 - cl) / 100:
        s_max *= 1.25
    return s_max

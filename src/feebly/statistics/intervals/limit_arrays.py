"""Limits for arrays of counts and backgrounds at once: the same numbers as ``upper_limit``, vectorised."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.statistics.backgrounds import Background, as_background, poisson_pmf
from feebly.statistics.checks import require_confidence_level
from feebly.statistics.intervals.limits import require_convention, upper_limit
from feebly.statistics.quadrature import unit_lognormal_nodes
from feebly.statistics.signal_errors import SignalError, total_signal_error

ROOT_RTOL = 1e-12
"""Relative precision of the limits."""

_MAX_STEPS = 200  # of the solver: bisections alone would need 60
_VECTORISED = ("cls-counting", "classical", "bayesian-flat")

LogTail = Callable[[FloatArray, NDArray[np.intp]], tuple[FloatArray, FloatArray]]
"""ln P and d ln P / ds of signals s for the elements k."""


def upper_limits(
    n: ArrayLike,
    b: ArrayLike,
    sigma_b: ArrayLike | None = None,
    cl: float = 0.90,
    convention: str = "cls-counting",
    signal_error: SignalError = 0.0,
) -> FloatArray:
    """s_up [events] of arrays of counts n and backgrounds b +- sigma_b; all shapes broadcast.

    Other arguments and errors as in ``upper_limit``. Where b is known, ``cls-counting``, ``classical`` (0
    where its interval is empty) and ``bayesian-flat`` are solved for all elements together, else for all
    counts of each background together; the other conventions one by one, each distinct (n, b, sigma_b) once.
    """
    cl, error = require_confidence_level(cl), total_signal_error(signal_error)
    counts, means, sigmas = np.broadcast_arrays(n, b, 0.0 if sigma_b is None else sigma_b)
    _require(np.issubdtype(counts.dtype, np.integer) and bool((counts >= 0).all()), "n", counts)
    _require(bool(((means >= 0) & np.isfinite(means)).all()), "b", means)
    _require(bool(((sigmas >= 0) & np.isfinite(sigmas)).all()), "sigma_b", sigmas)
    vectorised = require_convention(convention) in _VECTORISED
    if vectorised and not sigmas.any():
        flat = _known_backgrounds(counts.ravel(), means.ravel().astype(float), cl, convention, error)
        return flat.reshape(counts.shape)
    result = np.empty(counts.shape)
    for mean, sigma in np.unique(np.stack([means.ravel(), sigmas.ravel()], axis=1), axis=0).tolist():
        here = (means == mean) & (sigmas == sigma)
        background = as_background(mean, sigma if sigma > 0 else None)
        distinct, index = np.unique(counts[here], return_inverse=True)
        if vectorised:
            limits = limits_of_counts(distinct, background, cl, convention, error)
        else:
            found = (upper_limit(int(k), background, None, cl, convention, error) for k in distinct)
            limits = np.array([limit.s_up for limit in found])
        result[here] = limits[index.reshape(-1)]
    return result


def _require(good: bool, name: str, values: FloatArray) -> None:
    if not good:
        kind = "whole numbers" if name == "n" else "finite numbers"
        raise DomainError(f"{name} = {np.array2string(values, threshold=6)}: expected {kind} >= 0")


def _known_backgrounds(
    n: NDArray[np.int64], b: FloatArray, cl: float, convention: str, error: float
) -> FloatArray:
    from scipy.special import gammaincc, gammaln, xlogy

    with np.errstate(divide="ignore"):
        at_zero = np.log(gammaincc(n + 1.0, b))
    kappas, weights = unit_lognormal_nodes(error, int(n.max(initial=0)))

    def log_tail(s: FloatArray, k: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
        tail, slope = np.zeros(s.shape), np.zeros(s.shape)
        for kappa, weight in zip(kappas, weights, strict=True):
            mean = kappa * s + b[k]
            tail += weight * gammaincc(n[k] + 1.0, mean)
            slope -= weight * kappa * np.exp(xlogy(n[k], mean) - mean - gammaln(n[k] + 1.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(tail), slope / tail

    return _solved(log_tail, at_zero, n, b, cl, convention, error)


def limits_of_counts(
    n: NDArray[np.int64], background: Background, cl: float, convention: str, error: float
) -> FloatArray:
    """s_up of all counts n (K,) with one background; for the conventions that count, as checked above."""
    listed = background.counts(int(n.max(initial=0)))
    size = listed.pmf.size
    lag = n[:, None] - np.arange(size)
    below = np.where(lag >= 0, listed.cumulative[lag], 0.0)
    equal = np.where(lag >= 0, listed.pmf[lag], 0.0)
    kappas, weights = unit_lognormal_nodes(error, size - 1)

    def log_tail(s: FloatArray, k: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
        # P = sum_j P(N_s = j | kappa s) P(N_b <= n - j), dP/ds = -sum_j kappa P(N_s = j) P(N_b = n - j)
        signal = poisson_pmf(size - 1, np.multiply.outer(s, kappas))
        tail = ((signal @ weights).T * below[k]).sum(axis=1)
        slope = -((signal @ (weights * kappas)).T * equal[k]).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(tail), slope / tail

    with np.errstate(divide="ignore"):
        at_zero = np.log(listed.cumulative[n])
    return _solved(log_tail, at_zero, n, np.full(n.size, background.mean), cl, convention, error)


def _solved(
    log_tail: LogTail,
    at_zero: FloatArray,
    n: NDArray[np.int64],
    b: FloatArray,
    cl: float,
    convention: str,
    error: float,
) -> FloatArray:
    """Limits from ln P(N <= n | s + b), whose value without signal is ``at_zero``."""
    if not np.isfinite(at_zero).all():
        worst = int(np.argmin(at_zero))
        raise DomainError(
            f"n = {n[worst]} with background {b[worst]:g}: P(N <= n | b) is below the smallest number; "
            "check n and b"
        )
    target = np.log1p(-cl) + (0.0 if convention == "classical" else at_zero)
    target = np.broadcast_to(target, at_zero.shape)
    solved = np.zeros(n.shape)
    open_ones = np.flatnonzero(at_zero > target)
    solved[open_ones] = falling_roots(log_tail, target, open_ones, start=np.asarray(n + 3.0, float))
    # as in bayesian.probability_above: the log-normal weighted by 1 / kappa
    return solved * (1 + error**2) if convention == "bayesian-flat" else solved


def falling_roots(
    log_tail: LogTail, target: FloatArray, elements: NDArray[np.intp], start: FloatArray
) -> FloatArray:
    """s > 0 with ln P(s) = target for each element; Newton steps, halving where they leave the bracket.

    ln P is concave where the signal is certain: Newton then comes from above and never leaves.
    """
    low, high = np.zeros(elements.size), start[elements].astype(float)
    goal = target[elements]
    while (short := log_tail(high, elements)[0] > goal).any():
        low, high = np.where(short, high, low), np.where(short, 2 * high, high)
    s, active = (low + high) / 2, np.arange(elements.size)
    for _ in range(_MAX_STEPS):
        if not active.size:
            return s
        value, slope = log_tail(s[active], elements[active])
        above = value > goal[active]
        low[active] = np.where(above, s[active], low[active])
        high[active] = np.where(above, high[active], s[active])
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = s[active] - (value - goal[active]) / slope
        inside = (newton >= low[active]) & (newton <= high[active])
        following = np.where(inside, newton, (low[active] + high[active]) / 2)
        moved = np.abs(following - s[active]) > ROOT_RTOL * following
        s[active] = following
        active = active[moved]
    raise DomainError("upper limits: no convergence; please report n, b and cl")

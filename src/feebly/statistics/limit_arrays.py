"""Limits for arrays of counts and backgrounds at once: the same numbers as ``upper_limit``, vectorised."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.statistics.checks import require_confidence_level
from feebly.statistics.limits import require_convention, upper_limit
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
    where its interval is empty) and ``bayesian-flat`` are solved for all elements together; otherwise each
    distinct (n, b, sigma_b) is solved once.
    """
    cl, error = require_confidence_level(cl), total_signal_error(signal_error)
    counts, means, sigmas = np.broadcast_arrays(n, b, 0.0 if sigma_b is None else sigma_b)
    _require(np.issubdtype(counts.dtype, np.integer) and bool((counts >= 0).all()), "n", counts)
    _require(bool(((means >= 0) & np.isfinite(means)).all()), "b", means)
    _require(bool(((sigmas >= 0) & np.isfinite(sigmas)).all()), "sigma_b", sigmas)
    if require_convention(convention) in _VECTORISED and not sigmas.any():
        flat = _known_backgrounds(counts.ravel(), means.ravel().astype(float), cl, convention, error)
        return flat.reshape(counts.shape)
    rows, index = np.unique(
        np.stack([counts.ravel(), means.ravel(), sigmas.ravel()], axis=1), axis=0, return_inverse=True
    )
    limits = [
        upper_limit(int(k), mean, sigma if sigma > 0 else None, cl, convention, error).s_up
        for k, mean, sigma in rows.tolist()
    ]
    return np.array(limits, float)[index.reshape(-1)].reshape(counts.shape)


def _require(good: bool, name: str, values: FloatArray) -> None:
    if not good:
        kind = "whole numbers" if name == "n" else "finite numbers"
        raise DomainError(f"{name} = {np.array2string(values, threshold=6)}: expected {kind} >= 0")


def _known_backgrounds(
    n: NDArray[np.int64], b: FloatArray, cl: float, convention: str, error: float
) -> FloatArray:
    from scipy.special import gammaincc, gammaln, xlogy

    target = np.full(b.shape, np.log1p(-cl))
    with np.errstate(divide="ignore"):
        at_zero = np.log(gammaincc(n + 1.0, b))
    if not np.isfinite(at_zero).all():
        worst = int(np.argmin(at_zero))
        raise DomainError(
            f"n = {n[worst]} with background {b[worst]:g}: P(N <= n | b) is below the smallest number; "
            "check n and b"
        )
    if convention != "classical":
        target = target + at_zero
    kappas, weights = unit_lognormal_nodes(error, int(n.max(initial=0)))

    def log_tail(s: FloatArray, k: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
        tail, slope = np.zeros(s.shape), np.zeros(s.shape)
        for kappa, weight in zip(kappas, weights, strict=True):
            mean = kappa * s + b[k]
            tail += weight * gammaincc(n[k] + 1.0, mean)
            slope -= weight * kappa * np.exp(xlogy(n[k], mean) - mean - gammaln(n[k] + 1.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(tail), slope / tail

    solved = np.zeros(b.shape)
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

"""Upper limits on the signal in a counting experiment by CLs, in a convention that the result names.

CLs(s) = P(data at least as background-like | s + b) / P(same | b), A. L. Read, J. Phys. G 28 (2002) 2693.
- ``cls-counting``: "as background-like" is N <= n, b marginalised in numerator and denominator.
- ``cls-profile``: q-tilde with a fluctuating auxiliary measurement of b (``profile.py``).
All numbers are in events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.errors import ConfigError, DomainError, unknown
from feebly.core.interfaces import FloatArray
from feebly.statistics import profile, quadrature
from feebly.statistics.backgrounds import (
    Background,
    Fixed,
    TruncatedGaussian,
    as_background,
    signal_plus_background_cumulative,
)
from feebly.statistics.checks import require_confidence_level, require_count, require_signal_error
from feebly.statistics.counting import count_quantiles

_SOLVER_RTOL = 1e-12


@dataclass(frozen=True, slots=True)
class Limit:
    """Upper limit on the expected signal.

    s_up: limit on the signal [events] at confidence level cl. n: observed (or assumed) count.
    background_mean: central expected background [events]. signal_error: relative standard deviation of
    the log-normal signal nuisance. cls_error: bound on the numerical error of CLs(s_up) - (1 - cl).
    """

    s_up: float
    n: int
    background_mean: float
    cl: float
    convention: str
    signal_error: float
    cls_error: float

    def __float__(self) -> float:
        return self.s_up


@dataclass(frozen=True, slots=True)
class ClsCurve:
    """CLs as a function of the signal [events] for one observed count, and its numerical error."""

    value: Callable[[ArrayLike], FloatArray]
    numerical_error: float


def upper_limit(
    n: int,
    b: float | Background,
    sigma_b: float | None = None,
    cl: float = 0.90,
    convention: str = "cls-counting",
    signal_error: float = 0.0,
) -> Limit:
    """Upper limit on the signal for n observed events.

    b: background, a number of events or an object of ``backgrounds``; sigma_b: its standard deviation when
    b is a number (truncated Gaussian). signal_error: relative standard deviation of the signal, log-normal
    with mean 1. Raises DomainError for impossible numbers, ConfigError for a wrong cl or convention.
    """
    n, cl = require_count("n", n), require_confidence_level(cl)
    background = as_background(b, sigma_b)
    curve = cls_curve(n, background, convention, signal_error)
    s_up = _solve(curve.value, 1 - cl, start=n + 1.0)
    residual = abs(float(curve.value(s_up)) - (1 - cl))
    return Limit(
        s_up, n, float(background.mean), cl, convention, signal_error, curve.numerical_error + residual
    )


def expected_limit(
    b: float | Background,
    sigma_b: float | None = None,
    cl: float = 0.90,
    convention: str = "cls-counting",
    signal_error: float = 0.0,
) -> Limit:
    """Limit at the median count under the background alone; arguments as in ``upper_limit``."""
    background = as_background(b, sigma_b)
    (median,) = count_quantiles(background, sigmas=(0.0,))
    return upper_limit(median, background, None, cl, convention, signal_error)


def cls_value(
    n: int,
    signal: ArrayLike,
    b: float | Background,
    signal_error: float = 0.0,
    convention: str = "cls-counting",
) -> FloatArray:
    """CLs of each signal [events] of an array of any shape; arguments as in ``upper_limit``.

    A point is excluded at confidence level cl where CLs < 1 - cl.
    """
    return cls_curve(require_count("n", n), as_background(b), convention, signal_error).value(signal)


def cls_curve(n: int, background: Background, convention: str, signal_error: float = 0.0) -> ClsCurve:
    """CLs against the signal in the named convention; raises ConfigError for an unknown one."""
    if convention not in CONVENTIONS:
        raise unknown("convention", convention, CONVENTIONS)
    return CONVENTIONS[convention](n, background, require_signal_error(signal_error))


def _counting_curve(n: int, background: Background, signal_error: float) -> ClsCurve:
    """P(N <= n | kappa s + b) / P(N <= n | b); at n = 0 it is E[exp(-kappa s)] whatever b is."""
    below = background.counts(n).cumulative
    if below[n] == 0:
        raise DomainError(
            f"n = {n} with background {background.mean:g}: P(N <= n | b) is below the smallest number; "
            "check n and b"
        )
    ratio = below / below[n]
    exact = isinstance(background, Fixed) and signal_error == 0
    return ClsCurve(
        lambda s: signal_plus_background_cumulative(s, ratio, signal_error),
        numerical_error=0.0 if exact else quadrature.ACCURACY,
    )


def _profile_curve(n: int, background: Background, signal_error: float) -> ClsCurve:
    if signal_error:
        raise ConfigError(
            f"signal_error = {signal_error:g} with convention 'cls-profile': expected 0; use 'cls-counting'"
        )
    if not isinstance(background, Fixed | TruncatedGaussian):
        raise ConfigError(
            f"background {type(background).__name__} with convention 'cls-profile': expected a number b, "
            "with or without sigma_b; use 'cls-counting'"
        )
    b, sigma = background.mean, getattr(background, "sigma", 0.0)
    if sigma == 0:
        return _profile_curve_without_auxiliary(n, background)
    curve = np.vectorize(lambda s: profile.profile_cls(float(s), n, b, sigma), otypes=[float])
    return ClsCurve(curve, profile.NUMERICAL_ERROR)


def _profile_curve_without_auxiliary(n: int, background: Background) -> ClsCurve:
    """With b known exactly q-tilde falls with N until N = s + b: the order of the counts, else q_obs = 0."""
    counting = _counting_curve(n, background, 0.0)
    return ClsCurve(
        lambda s: np.where(np.asarray(s) + background.mean <= n, 1.0, counting.value(s)),
        counting.numerical_error,
    )


CONVENTIONS: Mapping[str, Callable[[int, Background, float], ClsCurve]] = {
    "cls-counting": _counting_curve,
    "cls-profile": _profile_curve,
}
"""Each limit convention that solves CLs(s) = 1 - cl."""


def _solve(cls: Callable[[ArrayLike], FloatArray], target: float, start: float) -> float:
    """The signal where a falling CLs curve, 1 at s = 0, meets the target."""
    from scipy.optimize import brentq

    high = start
    while float(cls(high)) > target:
        high *= 2
    return float(brentq(lambda s: float(cls(s)) - target, 0.0, high, xtol=1e-300, rtol=_SOLVER_RTOL))

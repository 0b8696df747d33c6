"""Limits on the signal in a counting experiment, in a convention that the result names.

The conventions are those of ``conventions.py`` (one-sided) and ``feldman_cousins.py`` (two-sided). All
numbers are in events.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from numpy.typing import ArrayLike

from feebly.core.errors import ConfigError, DomainError, unknown
from feebly.core.interfaces import FloatArray
from feebly.statistics.backgrounds import Background, as_background
from feebly.statistics.checks import require_confidence_level, require_count
from feebly.statistics.counting import count_quantiles
from feebly.statistics.intervals import feldman_cousins
from feebly.statistics.intervals.conventions import CONVENTIONS, TAIL_CURVES, TailCurve
from feebly.statistics.signal_errors import SignalError, total_signal_error

_SOLVER_RTOL = 1e-12
_LARGEST_SIGNAL = 1e12  # events: no count of this package comes near
_SLOPE_STEP = 1e-3  # of s_up, for the error of s_up


@dataclass(frozen=True, slots=True)
class Limit:
    """Upper limit on the expected signal.

    s_up: limit on the signal [events] at confidence level cl. n: observed (or assumed) count.
    background_mean: central expected background [events]. signal_error: relative standard deviation of
    the log-normal signal nuisance. cls_error: bound on the numerical error of the probability (CLs, or that
    of the convention) at s_up; s_error: of s_up itself [events]. empty: no signal at all is in the interval
    (``classical`` with fewer events than b); s_up is 0 then.
    """

    s_up: float
    n: int
    background_mean: float
    cl: float
    convention: str
    signal_error: float
    cls_error: float
    s_error: float = 0.0
    empty: bool = False

    def __float__(self) -> float:
        return self.s_up


@dataclass(frozen=True, slots=True)
class ConfidenceInterval:
    """Interval lower .. upper of the expected signal [events]; s_error: numerical error of the ends [events].

    The other fields are those of ``Limit``. lower is 0 in a one-sided convention.
    """

    lower: float
    upper: float
    n: int
    background_mean: float
    cl: float
    convention: str
    signal_error: float
    s_error: float
    empty: bool = False


def upper_limit(
    n: int,
    b: float | Background,
    sigma_b: float | None = None,
    cl: float = 0.90,
    convention: str = "cls-counting",
    signal_error: SignalError = 0.0,
) -> Limit:
    """Upper limit on the signal for n observed events; the upper end where the convention is two-sided.

    b: background, a number of events or an object of ``backgrounds``; sigma_b: its standard deviation when
    b is a number (truncated Gaussian). signal_error: relative standard deviation of the signal, log-normal
    with mean 1, or one by name for independent parts. convention: one of ``CONVENTIONS``. Raises DomainError
    for impossible numbers, ConfigError for a wrong cl or convention.
    """
    n, cl, error = require_count("n", n), require_confidence_level(cl), total_signal_error(signal_error)
    background = as_background(b, sigma_b)
    if require_convention(convention) == feldman_cousins.NAME:
        ends = feldman_cousins.unified_interval(n, background, cl, error)
        return Limit(
            ends.upper,
            n,
            float(background.mean),
            cl,
            convention,
            error,
            ends.probability_error,
            ends.s_error,
        )
    curve = tail_curve(n, background, convention, error)
    s_up = _solve(curve.value, 1 - cl, start=n + 1.0)
    if s_up is None:
        return Limit(0.0, n, float(background.mean), cl, convention, error, curve.numerical_error, empty=True)
    cls_error = curve.numerical_error + abs(float(curve.value(s_up)) - (1 - cl))
    s_error = cls_error / _slope(curve.value, s_up) + _SOLVER_RTOL * s_up
    return Limit(s_up, n, float(background.mean), cl, convention, error, cls_error, s_error)


def confidence_interval(
    n: int,
    b: float | Background,
    sigma_b: float | None = None,
    cl: float = 0.90,
    convention: str = feldman_cousins.NAME,
    signal_error: SignalError = 0.0,
) -> ConfidenceInterval:
    """Interval of the signal, two-sided for ``feldman-cousins``; arguments as in ``upper_limit``.

    Feldman-Cousins ends are the raw ones of the enumeration, which may rise a little with b. An uncertain b
    and the error of the signal are averaged over in the probabilities and in the best fits.
    """
    if convention != feldman_cousins.NAME:
        limit = upper_limit(n, b, sigma_b, cl, convention, signal_error)
        lower, upper, s_error, empty = 0.0, limit.s_up, limit.s_error, limit.empty
    else:
        require_count("n", n), require_confidence_level(cl)
        ends = feldman_cousins.unified_interval(
            n, as_background(b, sigma_b), cl, total_signal_error(signal_error)
        )
        lower, upper, s_error, empty = ends.lower, ends.upper, ends.s_error, False
    mean, error = float(as_background(b, sigma_b).mean), total_signal_error(signal_error)
    return ConfidenceInterval(lower, upper, n, mean, cl, convention, error, s_error, empty)


def expected_limit(
    b: float | Background,
    sigma_b: float | None = None,
    cl: float = 0.90,
    convention: str = "cls-counting",
    signal_error: SignalError = 0.0,
) -> Limit:
    """Limit at the median count under the background alone; arguments as in ``upper_limit``."""
    background = as_background(b, sigma_b)
    (median,) = count_quantiles(background, sigmas=(0.0,))
    return upper_limit(median, background, None, cl, convention, signal_error)


def cls_value(
    n: int,
    signal: ArrayLike,
    b: float | Background,
    signal_error: SignalError = 0.0,
    convention: str = "cls-counting",
) -> FloatArray:
    """CLs of each signal [events] of an array of any shape; arguments as in ``upper_limit``.

    For ``classical`` it is CL_s+b, for ``bayesian-flat`` the posterior probability above the signal. A point
    is excluded at confidence level cl where the value is below 1 - cl. Feldman-Cousins has no such number.
    """
    curve = tail_curve(require_count("n", n), as_background(b), convention, total_signal_error(signal_error))
    return curve.value(signal)


def tail_curve(n: int, background: Background, convention: str, signal_error: float = 0.0) -> TailCurve:
    """The falling probability of a convention; ConfigError for an unknown one and for Feldman-Cousins."""
    if require_convention(convention) not in TAIL_CURVES:
        raise ConfigError(
            f"convention {convention!r} has no CLs: expected one of {', '.join(TAIL_CURVES)}; compare the "
            "signal with the ends of its interval"
        )
    return TAIL_CURVES[convention](n, background, signal_error)


def require_convention(convention: str) -> str:
    """The name, if it is one of ``CONVENTIONS``; ConfigError otherwise."""
    if convention not in CONVENTIONS:
        raise unknown("convention", convention, CONVENTIONS)
    return convention


def _slope(value: Callable[[ArrayLike], FloatArray], s: float) -> float:
    """-d value / ds at s, from a difference of the two sides."""
    low, high = s * (1 - _SLOPE_STEP), s * (1 + _SLOPE_STEP)
    return (float(value(low)) - float(value(high))) / (high - low)


def _solve(value: Callable[[ArrayLike], FloatArray], target: float, start: float) -> float | None:
    """The signal where a falling probability meets the target; None where it is below at s = 0 already."""
    from scipy.optimize import brentq

    if float(value(0.0)) < target:
        return None
    high = start
    while float(value(high)) > target:
        high *= 2
        if high > _LARGEST_SIGNAL:
            raise DomainError(f"no limit below {_LARGEST_SIGNAL:g} events: check n, b and the errors")
    return float(brentq(lambda s: float(value(s)) - target, 0.0, high, xtol=1e-300, rtol=_SOLVER_RTOL))

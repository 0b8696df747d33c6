"""Measured signal of a counting experiment: n - b and its likelihood interval."""

from __future__ import annotations

import math

from feebly.core.errors import DomainError
from feebly.statistics.checks import require_count, require_non_negative, require_positive
from feebly.statistics.proportions import StatedInterval


def likelihood_interval(n: int, b: float) -> tuple[float, StatedInterval]:
    """Most likely signal s >= 0 [events] and where -2 ln L rises by less than 1: 68% for large counts.

    -2 ln L(s) / L(n - b) = 2 (x - n - n ln(x / n)) with x = s + b, solved for x by the two branches of the
    Lambert function. Raises DomainError for n = 0, where it is no interval.
    """
    from scipy.special import lambertw

    count, background = require_count("n", n), require_non_negative("b", b)
    if count == 0:
        raise DomainError("n = 0: expected an event; use an upper limit")
    if count < background:
        raise DomainError(f"n = {n} below b = {b:g}: expected an excess; use an upper limit")
    # x - n ln x = n - n ln n + 1/2: x = -n W(-exp(-1 - 1 / (2 n)))
    argument = -math.exp(-1 - 1 / (2 * count))
    low, high = (-count * float(lambertw(argument, branch).real) for branch in (0, -1))
    return count - background, StatedInterval(max(low - background, 0.0), high - background, "68%")


def profile_interval(n: int, b: float, sigma_b: float) -> tuple[float, StatedInterval]:
    """As ``likelihood_interval``, with b known to sigma_b > 0 (normal) and profiled at each signal.

    The best b at s has n/(s + b) - 1 = (b - b_0)/sigma^2, a quadratic equation.
    """
    from scipy.optimize import brentq

    signal, fixed = likelihood_interval(n, b)
    variance = require_positive("sigma_b", sigma_b) ** 2

    def rise(s: float) -> float:
        half = (b - s - variance) / 2
        best = half + math.sqrt(half**2 + variance * (n - s) + b * s)
        x = s + best
        return 2 * (x - n - n * math.log(x / n)) + (best - b) ** 2 / variance - 1

    width = fixed.upper - signal + sigma_b
    upper = float(brentq(rise, signal, signal + 3 * width))
    lower = float(brentq(rise, 0.0, signal)) if rise(0.0) > 0 else 0.0
    return signal, StatedInterval(lower, upper, "68%")

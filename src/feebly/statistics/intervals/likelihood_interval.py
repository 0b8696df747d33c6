"""Measured signal of a counting experiment with a known background: n - b and its likelihood interval."""

from __future__ import annotations

import math

from feebly.core.errors import DomainError
from feebly.statistics.checks import require_count, require_non_negative
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

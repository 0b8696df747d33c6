"""Relative uncertainty of a signal: one log-normal factor with mean 1, from named parts."""

from __future__ import annotations

import math
from collections.abc import Mapping

from feebly.core.errors import DomainError
from feebly.statistics.checks import require_signal_error

SignalError = float | Mapping[str, float]
"""Relative standard deviation, or one for each named independent part: {"pot": 0.2, "efficiency": 0.05}."""


def total_signal_error(error: SignalError) -> float:
    """Relative standard deviation of the product of all parts.

    The product of independent log-normal factors with mean 1 is one, and its second moment is the product of
    theirs: 1 + e^2 = (1 + e_1^2) (1 + e_2^2) ... Raises DomainError, with the name of the part.
    """
    if not isinstance(error, Mapping):
        return require_signal_error(error)
    for name, part in error.items():
        try:
            require_signal_error(part)
        except DomainError as refused:
            raise DomainError(f"{name}: {refused}") from None
    return require_signal_error(
        math.sqrt(math.expm1(math.fsum(math.log1p(part**2) for part in error.values())))
    )

"""One-line errors for numbers that a user typed: each names the place, the value and what was expected."""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Iterable
from typing import SupportsIndex

from feebly.core.errors import ConfigError, DomainError

MOST_COUNTS = 1_000_000
"""Largest count of a distribution that is listed."""

MOST_TERMS = 200_000_000
"""Counts times nodes of one average: some seconds."""


def require_non_negative(place: str, value: float) -> float:
    """The value, if it is a finite number >= 0."""
    return _require(place, value, "a finite number >= 0", lowest_allowed=0.0)


def require_positive(place: str, value: float) -> float:
    """The value, if it is a finite number > 0."""
    return _require(place, value, "a finite number > 0", lowest_allowed=math.nextafter(0.0, 1.0))


def require_count(place: str, n: SupportsIndex) -> int:
    """The number of events, if it is an integer >= 0."""
    try:
        count = operator.index(n)
    except TypeError:
        raise DomainError(f"{place} = {n!r}: expected an integer number of events") from None
    if isinstance(n, bool) or count < 0:
        raise DomainError(f"{place} = {n!r}: expected an integer number of events >= 0")
    return count


def require_listable(largest: float, nodes: int = 1) -> None:
    """DomainError where so many counts, each an average over so many nodes, are too many to list."""
    if largest > MOST_COUNTS or (largest + 1) * nodes > MOST_TERMS:
        most = min(MOST_COUNTS, MOST_TERMS // nodes)
        raise DomainError(
            f"counts up to {largest:.6g} would be listed one by one: expected at most {most} for this "
            "background; check n, b and its error"
        )


def require_signal_error(signal_error: float) -> float:
    """The relative uncertainty of a signal, if it is a fraction between 0 and 1."""
    if not _is_number(signal_error) or not 0 <= signal_error <= 1:
        raise DomainError(f"signal_error = {signal_error!r}: expected a fraction, 0 to 1, such as 0.20")
    return float(signal_error)


def require_confidence_level(cl: float) -> float:
    """The confidence level, if it is a fraction between 0 and 1."""
    if not _is_number(cl) or not 0 < cl < 1:
        percent = f"; did you mean {cl / 100:g}?" if _is_number(cl) and 1 < cl < 100 else ""
        raise ConfigError(f"cl = {cl!r}: expected a fraction between 0 and 1, such as 0.90{percent}")
    return float(cl)


def _require(place: str, value: float, expected: str, lowest_allowed: float) -> float:
    if not _is_number(value) or not lowest_allowed <= value < math.inf:
        raise DomainError(f"{place} = {value!r}: expected {expected}")
    return float(value)


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def repeated(names: Iterable[str]) -> str | None:
    """The first name that stands twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None

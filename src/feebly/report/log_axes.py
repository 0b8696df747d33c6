"""Logarithmic axes whose labels are enough to read a value, on many decades and on a part of one."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor, log10
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axis import Axis

_WHOLE = tuple(range(1, 10))
_MOST_POWERS = 10  # labels next to each other on one axis


def log_ticks(low: float, high: float) -> list[float]:
    """Values to label: powers of ten if there are three of them, else multiples, else equal steps between."""
    powers = multiples(low, high, (1,))
    if len(powers) >= 3:
        return powers[:: ceil(len(powers) / _MOST_POWERS)]
    for factors in ((1, 3), (1, 2, 5), _WHOLE):
        ticks = multiples(low, high, factors)
        if len(ticks) >= 3:
            return ticks
    return _even(low, high)


def _even(low: float, high: float) -> list[float]:
    """Multiples of the largest step 1, 2 or 5 times a power of ten that gives three of them."""
    exponent = ceil(log10(high - low))
    for power in range(exponent, exponent - 3, -1):
        for factor in (5, 2, 1):
            step = float(f"{factor}e{power}")
            first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
            if last - first >= 2:
                return [float(f"{i * factor}e{power}") for i in range(first, last + 1)]
    raise AssertionError("a step a thousand times smaller than the range fits")


def multiples(low: float, high: float, factors: tuple[float, ...]) -> list[float]:
    """Products of the factors with powers of ten between two values, these included."""
    exponents = range(floor(log10(low)) - 1, ceil(log10(high)) + 1)
    values = (float(f"{factor}e{exponent}") for exponent in exponents for factor in factors)
    return [value for value in values if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]


def set_log_ticks(axis: Axis, shown: tuple[float, float], label: Callable[[float], str]) -> None:
    """Labelled ticks at `log_ticks` of the shown range, small ones at all multiples of powers of ten."""
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullFormatter

    labelled = log_ticks(*shown)
    axis.set_major_locator(FixedLocator(labelled))
    axis.set_major_formatter(FixedFormatter([label(value) for value in labelled]))
    axis.set_minor_locator(FixedLocator(multiples(*shown, _WHOLE)))
    axis.set_minor_formatter(NullFormatter())

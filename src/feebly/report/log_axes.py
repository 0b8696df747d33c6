"""Logarithmic axes whose labels are enough to read a value, on many decades and on a part of one."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor, log10
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axis import Axis

_FINER = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01)  # steps of the factor before a power of ten, on small ranges
_WHOLE = tuple(range(1, 10))


def log_ticks(low: float, high: float) -> list[float]:
    """Values to label: the powers of ten if there are three of them, else with more multiples between."""
    ticks: list[float] = []
    for factors in ((1,), (1, 3), (1, 2, 5), _WHOLE, *map(_steps, _FINER)):
        ticks = multiples(low, high, factors)
        if len(ticks) >= 3:
            break
    return ticks


def multiples(low: float, high: float, factors: tuple[float, ...]) -> list[float]:
    """Products of the factors with powers of ten between two values, these included."""
    exponents = range(floor(log10(low)) - 1, ceil(log10(high)) + 1)
    values = (float(f"{factor}e{exponent}") for exponent in exponents for factor in factors)
    return [value for value in values if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]


def _steps(step: float) -> tuple[float, ...]:
    return tuple(round(1 + step * i, 2) for i in range(round(9 / step)))


def set_log_ticks(axis: Axis, shown: tuple[float, float], label: Callable[[float], str]) -> None:
    """Labelled ticks at `log_ticks` of the shown range, small ones at all multiples of powers of ten."""
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullFormatter

    labelled = log_ticks(*shown)
    axis.set_major_locator(FixedLocator(labelled))
    axis.set_major_formatter(FixedFormatter([label(value) for value in labelled]))
    axis.set_minor_locator(FixedLocator(multiples(*shown, _WHOLE)))
    axis.set_minor_formatter(NullFormatter())

"""Text of an option to a number, range or list; the error says place, value, expectation and mend."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import NamedTuple, NoReturn, TypeVar

from feebly.core.errors import ConfigError

DEFAULT_POINTS = 100
MAX_POINTS = 10_000
"""Largest number of points on one axis of a grid: more is a slip of the finger."""

_RANGE = "MIN:MAX:N such as 0.05:0.7:60"
_NUMBER_AND_UNIT = re.compile(r"([+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?)[\s A-Za-z%]*")
_POWER_OF_TEN = re.compile(r"(?:([\d.]+)\s*[x*×]\s*)?10(?:\^|\*\*)([+-]?\d+)")


T = TypeVar("T")


class Range(NamedTuple):
    """Ends and number of points of a logarithmic axis."""

    low: float
    high: float
    n: int


def given(parse: Callable[[str, str], T], text: str | None, option: str) -> T | None:
    """The parsed text of an option, None when the option was not given."""
    return None if text is None else parse(text, option)


def number(text: str, option: str) -> float:
    """A finite number such as 0.9 or 1.4e17."""
    try:
        value = float(text)
    except ValueError:
        _refuse(option, text, "a number", _number_in(text))
    if not math.isfinite(value):
        _refuse(option, text, "a finite number")
    return value


def whole_number(text: str, option: str, at_least: int = 0) -> int:
    """A whole number not below ``at_least``."""
    expected = f"a whole number, {at_least} or more"
    try:
        value = int(text)
    except ValueError:
        _refuse(option, text, expected)
    if value < at_least:
        _refuse(option, text, expected)
    return value


def positive(text: str, option: str) -> int:
    """A whole number, 1 or more."""
    return whole_number(text, option, at_least=1)


def value_range(text: str, option: str) -> Range:
    """MIN:MAX:N with 0 < MIN < MAX, or MIN:MAX with `DEFAULT_POINTS`."""
    if text.count(":") not in (1, 2):
        _refuse(option, text, _RANGE)
    low, high, *points = text.split(":")
    start, end = number(low, option), number(high, option)
    if min(start, end) <= 0:
        _refuse(option, text, "numbers above 0: the steps are logarithmic")
    if start >= end:
        _refuse(option, text, "MIN below MAX", ":".join([high, low, *points]) if start > end else "")
    n = whole_number(points[0], f"{option} N", at_least=2) if points else DEFAULT_POINTS
    if n > MAX_POINTS:
        _refuse(option, text, f"at most {MAX_POINTS} points")
    return Range(start, end, n)


def points(text: str, option: str) -> tuple[float, ...]:
    """One number, a comma list, or MIN:MAX:N with logarithmic steps."""
    if ":" not in text:
        return tuple(number(part, option) for part in names(text, option))
    low, high, n = value_range(text, option)
    step = math.log(high / low) / (n - 1)
    return (*(low * math.exp(step * i) for i in range(n - 1)), high)


def steps(text: str, option: str) -> tuple[float, ...]:
    """MIN:MAX:STEP with equal steps, both ends among them."""
    if text.count(":") != 2:
        _refuse(option, text, "MIN:MAX:STEP such as 207:350:0.5")
    low, high, step = (number(part, option) for part in text.split(":"))
    if not (high > low and step > 0):
        _refuse(option, text, "MIN below MAX and a STEP above 0")
    n = round((high - low) / step)
    if n > MAX_POINTS:
        _refuse(option, text, f"at most {MAX_POINTS} steps")
    if not math.isclose(low + n * step, high, rel_tol=1e-9):
        _refuse(option, text, "a whole number of steps from MIN to MAX")
    return (*(low + i * step for i in range(n)), high)


def curve(text: str, option: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """``X=Y,X=Y`` with rising X as two rows, or one number that holds everywhere."""
    if "=" not in text:
        return (0.0,), (number(text, option),)
    pairs = [entry.partition("=") for entry in names(text, option)]
    if not all(mark for _, mark, _ in pairs):
        _refuse(option, text, "X=Y,X=Y such as 207=2.1,350=0.2")
    x, y = (tuple(number(pair[side], option) for pair in pairs) for side in (0, 2))
    if list(x) != sorted(set(x)):
        _refuse(option, text, "rising X")
    return x, y


def names(text: str, option: str) -> tuple[str, ...]:
    """A comma list of names, each once, in order."""
    found = [name.strip() for name in text.split(",")]
    if not all(found):
        _refuse(option, text, "names separated by commas")
    return tuple(dict.fromkeys(found))


def response_sets(text: str, option: str) -> dict[str, str] | str:
    """``mumu=2303,ee=2312``, or one name for every final state."""
    if "=" not in text:
        return text
    pairs = [entry.partition("=") for entry in names(text, option)]
    if not all(channel and name and "=" not in name for channel, _, name in pairs):
        _refuse(option, text, "NAME or CHANNEL=NAME,CHANNEL=NAME such as mumu=2303,ee=2312")
    chosen = {channel.strip(): name.strip() for channel, _, name in pairs}
    if len(chosen) < len(pairs):
        _refuse(option, text, "each channel once")
    return chosen


def named_numbers(
    text: str, option: str, expected: str = "NAME=X,NAME=X, each name once"
) -> dict[str, float]:
    """``pot=0.2,efficiency=0.05`` as {"pot": 0.2, "efficiency": 0.05}; expected: words of the refusal."""
    pairs = [part.partition("=") for part in names(text, option)]
    if not all(name.strip() and equals for name, equals, _ in pairs):
        _refuse(option, text, expected)
    parts = {name.strip(): number(value, option) for name, _, value in pairs}
    if len(parts) < len(pairs):
        _refuse(option, text, expected)
    return parts


def _number_in(text: str) -> str:
    """The number that was probably meant: without its unit, with a decimal point, 10^18 as 1e18."""
    text = text.strip()
    if power := _POWER_OF_TEN.fullmatch(text):
        return f"{power[1] or 1}e{int(power[2])}"
    found = _NUMBER_AND_UNIT.fullmatch(text)
    return found[1].replace(",", ".") if found else ""


def _refuse(option: str, text: str, expected: str, mend: str = "") -> NoReturn:
    meant = f"; did you mean {mend}?" if mend else ""
    raise ConfigError(f'{option} "{text}": expected {expected}{meant}') from None

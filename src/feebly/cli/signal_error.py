"""The error of a signal on the command line: one number, or named independent parts."""

from __future__ import annotations

from feebly.cli import values


def signal_error(text: str, option: str) -> float | dict[str, float]:
    """``0.2``, or ``pot=0.2,efficiency=0.05`` as {"pot": 0.2, "efficiency": 0.05}."""
    if "=" not in text:
        return values.number(text, option)
    expected = "a number, or NAME=X,NAME=X such as pot=0.2,efficiency=0.05"
    return values.named_numbers(text, option, expected)

"""Errors that a user can cause. Each message says place, value, what was expected, and the mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class FeeblyError(Exception):
    """Base of all errors that end a command with one line instead of a traceback."""

    exit_code = 3


class ConfigError(FeeblyError):
    """A name, key or value given by the user (option or file) is not usable."""


class DomainError(FeeblyError):
    """A physical quantity lies outside the range where a formula or table is valid."""


class DataError(FeeblyError):
    """A table or file that the result depends on is missing, damaged or unreadable."""


class BlindedError(FeeblyError):
    """What was asked for needs data that are blinded."""

    exit_code = 4


class NotConvergedError(FeeblyError):
    """A cell that decides the limit did not reach its asked precision."""

    exit_code = 5


def did_you_mean(value: str, known: Iterable[str]) -> str:
    """``"; did you mean 'mumu'?"`` or an empty string when nothing known is near."""
    near = difflib.get_close_matches(value, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""


def unknown(kind: str, value: str, known: Iterable[str]) -> ConfigError:
    """The error for an unknown name: what it was, what is known, and the nearest known one."""
    names = list(known)
    return ConfigError(
        f"unknown {kind} {value!r}; known: {', '.join(names)}{did_you_mean(str(value), names)}"
    )

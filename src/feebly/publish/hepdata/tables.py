"""A HEPData record in memory: tables of independent and dependent columns, as the data files have them.

Values stay what the file has: numbers, or text such as ``"-"`` for a missing one. What is wrong with them is
the business of ``lint``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from feebly.core.errors import ConfigError
from feebly.core.interfaces import FloatArray

MISSING = "-"
"""Stands for a value that there is not, as HEPData asks for."""

_EMPTY = (MISSING, "")


@dataclass(frozen=True, slots=True)
class Qualifier:
    """What holds for a whole column: confidence level, model, beam energy."""

    name: str
    value: Any
    units: str = ""


@dataclass(frozen=True, slots=True)
class ErrorBar:
    """Differences from the value, signed as in the file: ``minus`` is usually negative."""

    plus: Any
    minus: Any
    label: str = ""
    symmetric: bool = False


@dataclass(frozen=True, eq=False)
class Column:
    """One variable: header, values by row, and for a dependent one qualifiers and errors by row.

    A bin without central value has the middle of its edges as value.
    """

    name: str
    values: tuple[Any, ...]
    units: str = ""
    qualifiers: tuple[Qualifier, ...] = ()
    errors: tuple[tuple[ErrorBar, ...], ...] = ()

    @cached_property
    def numbers(self) -> FloatArray:
        """The values as numbers; NaN where there is none."""
        found = np.array([number(value) for value in self.values], float)
        found.setflags(write=False)
        return found

    @property
    def is_numeric(self) -> bool:
        """Whether every value is a number or missing, one number at least."""
        kinds = [value for value in self.values if value not in _EMPTY]
        return bool(kinds) and all(is_number(value) for value in kinds)

    @property
    def error_rows(self) -> Iterator[tuple[int, ErrorBar]]:
        """Every error bar with its row."""
        for row, bars in enumerate(self.errors):
            for bar in bars:
                yield row, bar


def is_number(value: Any) -> bool:
    """Whether YAML read a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def number(value: Any) -> float:
    """The value as a float; NaN for text, also for text that looks like a number."""
    if not is_number(value):
        return math.nan
    try:
        return float(value)
    except OverflowError:  # a whole number beyond 1e308
        return math.inf if value > 0 else -math.inf


@dataclass(frozen=True, eq=False)
class Table:
    """One data table with what ``submission.yaml`` says about it.

    place: file of the numbers, for messages. resources: locations of its files (figures).
    """

    name: str
    independent: tuple[Column, ...]
    dependent: tuple[Column, ...]
    description: str = ""
    keywords: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    data_file: str = ""
    location: str = ""
    resources: tuple[tuple[str, str], ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """Independent columns, then dependent ones."""
        return (*self.independent, *self.dependent)

    @property
    def rows(self) -> int:
        """Length of the first column."""
        return len(self.columns[0].values) if self.columns else 0

    def require_equal_lengths(self) -> None:
        """ConfigError where the columns differ in their number of rows."""
        lengths = {column.name: len(column.values) for column in self.columns}
        if len(set(lengths.values())) > 1:
            said = ", ".join(f"{name!r} has {n}" for name, n in lengths.items())
            raise ConfigError(f"table {self.name!r}: columns of unequal length: {said}")

    @property
    def qualifiers(self) -> dict[str, Qualifier]:
        """The qualifiers of all columns by name in small letters; of equal names the first."""
        found: dict[str, Qualifier] = {}
        for column in self.dependent:
            for qualifier in column.qualifiers:
                found.setdefault(qualifier.name.strip().lower(), qualifier)
        return found


@dataclass(frozen=True, slots=True)
class Resource:
    """A file or address that belongs to the whole record; type ``HistFactory`` for a statistical model."""

    location: str
    description: str
    type: str = ""


@dataclass(frozen=True, eq=False)
class Submission:
    """A record: its tables, and the files that they come in.

    source: archive, folder or file, for messages. files: size in bytes of each file by name. images: first
    bytes of the PNG files by name. is_record: false for a lone data table, which has no ``submission.yaml``.
    """

    source: str
    tables: tuple[Table, ...]
    comment: str = ""
    resources: tuple[Resource, ...] = ()
    files: Mapping[str, int] = field(default_factory=dict)
    images: Mapping[str, bytes] = field(default_factory=dict)
    is_record: bool = True

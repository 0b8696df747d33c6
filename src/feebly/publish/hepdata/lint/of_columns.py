"""Rules about the values of one column: are they numbers, in their domain, with units and errors."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import numpy as np

from feebly.publish.hepdata.column_meaning import Meaning, confidence_level
from feebly.publish.hepdata.lint.findings import Fault, TableView
from feebly.publish.hepdata.tables import MISSING, Column, is_number, number
from feebly.publish.limit_files.couplings import COUPLINGS

_INFINITE = re.compile(r"[+-]?\.?(nan|inf|infinity)", re.IGNORECASE)
_LOWEST_LOG = -40.0  # of a coupling that somebody gives as log10


def not_a_number(view: TableView) -> Iterator[Fault]:
    """NaN or an infinite value, also as a word; in errors too."""
    for column in view.table.columns:
        bad = [k for k, value in enumerate(column.values) if _is_not_finite(value)]
        bad += [k for k, bar in column.error_rows if any(map(_is_not_finite, (bar.plus, bar.minus)))]
        if bad:
            value = column.values[bad[0]]
            mend = f"leave them out, or write '{MISSING}'"
            yield view.place(column, bad[0]), f"{value} in {len(bad)} rows; {mend}"


def number_as_text(view: TableView) -> Iterator[Fault]:
    """A number in quotes, with a comma, or ``1e-5`` without the point that YAML wants."""
    for column in view.table.columns:
        bad = [k for k, value in enumerate(column.values) if _looks_like_number(value)]
        if bad:
            value = column.values[bad[0]]
            mend = f"write {float(value.replace(',', '.'))!r}"
            yield view.place(column, bad[0]), f"the text {value!r} in {len(bad)} rows is a number; {mend}"


def text_among_numbers(view: TableView) -> Iterator[Fault]:
    """Words in a column of numbers."""
    for column in view.table.columns:
        numbers = sum(is_number(value) for value in column.values)
        for k, value in enumerate(column.values):
            is_word = isinstance(value, str) and value not in (MISSING, "") and not _is_not_finite(value)
            if numbers and is_word and not _looks_like_number(value):
                mend = f"expected '{MISSING}' for none"
                yield view.place(column, k), f"the text {value!r} among numbers; {mend}"
                break


def unequal_lengths(view: TableView) -> Iterator[Fault]:
    """Columns with different numbers of rows."""
    if not view.has_equal_lengths:
        lengths = ", ".join(f"{column.name!r} {len(column.values)}" for column in view.table.columns)
        yield view.place(), f"columns of unequal length: {lengths}"


def missing_units(view: TableView) -> Iterator[Fault]:
    """A mass, width, lifetime or coupling with a dimension that has no unit."""
    for each in view.meanings:
        if each.factor is None and not _says_unit(each.column):
            yield view.place(each.column), f"no units; expected {_example(each)}"


def unknown_units(view: TableView) -> Iterator[Fault]:
    """A unit that is none, such as Gev or GEVC."""
    for each in view.meanings:
        if each.factor is None and _says_unit(each.column):
            yield view.place(each.column), f"units {each.column.units!r}; expected {_example(each)}"


def missing_cl(view: TableView) -> Iterator[Fault]:
    """A limit without its confidence level."""
    limits = [
        each
        for each in view.meanings
        if not each.independent
        and (each.role in ("coupling", "cls", "ratio") or re.search(r"\blimit\b", each.column.name.lower()))
    ]
    if limits and confidence_level(view.table) is None:
        yield view.place(limits[0].column), "no confidence level; add the qualifier CL"


def unlikely_cl(view: TableView) -> Iterator[Fault]:
    """A confidence level that is none: 9, 0.09 or 900."""
    level = confidence_level(view.table)
    if level is not None and not 0.5 <= level < 1:
        yield view.place(), f"confidence level {level:g}; expected 0.5 to 1, such as 0.90"


def unnamed_coupling(view: TableView) -> Iterator[Fault]:
    """A coupling whose header and qualifiers do not say which: epsilon or its square?"""
    for each in view.of_role("coupling"):
        named = any("coupling" in name for name in view.table.qualifiers)
        if not each.coupling and not named:
            mend = "name it (epsilon, epsilon^2, sin(theta), ...) or add the qualifier 'coupling convention'"
            yield view.place(each.column), f"does not say which coupling it is; {mend}"


def negative_coupling(view: TableView) -> Iterator[Fault]:
    """A coupling that is zero or below on a linear axis, others are not."""
    for each in view.of_role("coupling", "lifetime", "width"):
        values = each.column.numbers
        bad = np.flatnonzero(values <= 0)
        if not each.log10 and bad.size and not _all_negative(values):
            row = int(bad[0])
            yield view.place(each.column, row), f"{values[row]:g}; expected a positive number"


def negative_mass(view: TableView) -> Iterator[Fault]:
    """A mass below zero on a linear axis."""
    for each in view.of_role("mass"):
        values = each.column.numbers
        bad = np.flatnonzero(values < 0)
        if not each.log10 and bad.size:
            mend = "is it log10(mass)? say so in the header"
            yield view.place(each.column, int(bad[0])), f"{values[bad[0]]:g}; a mass is not negative: {mend}"


def log10_as_linear(view: TableView) -> Iterator[Fault]:
    """log10 of a coupling under a header that says the coupling: every value is negative."""
    for each in view.of_role("coupling"):
        values = each.column.numbers
        if not each.log10 and _all_negative(values) and np.nanmin(values) > _LOWEST_LOG:
            low, high = np.nanmin(values), np.nanmax(values)
            yield (
                view.place(each.column),
                f"values from {low:g} to {high:g}: log10 of the coupling? call it log10({each.column.name})",
            )


def linear_as_log10(view: TableView) -> Iterator[Fault]:
    """Couplings under a header that says log10: all between 0 and 1, as no logarithm of a coupling is."""
    for each in view.of_role("coupling"):
        values = each.column.numbers[np.isfinite(each.column.numbers)]
        if each.log10 and values.size and (values > 0).all() and (values < 1).all():
            mend = "leave log10 out of the header"
            yield view.place(each.column), f"values near {values[0]:g}: no log10; {mend}"


def coupling_range(view: TableView) -> Iterator[Fault]:
    """A mixing, sine or branching ratio above one."""
    for each in view.of_role("coupling"):
        largest = COUPLINGS[each.coupling].largest if each.coupling in COUPLINGS else math.inf
        bad = np.flatnonzero(each.values > largest)
        if bad.size and not (each.log10 and (each.column.numbers > 0).all()):
            row = int(bad[0])
            yield (
                view.place(each.column, row),
                f"{each.coupling} = {each.values[row]:g}; it is at most {largest:g}",
            )


def probability_range(view: TableView) -> Iterator[Fault]:
    """CLs, an acceptance or an efficiency outside 0 to 1."""
    for each in view.of_role("cls", "probability"):
        if re.search(r"%|percent", f"{each.column.units} {each.column.name}".lower()):
            continue
        values = each.column.numbers
        bad = np.flatnonzero((values < 0) | (values > 1 + 1e-9))
        if bad.size and not each.log10:
            yield view.place(each.column, int(bad[0])), f"{values[bad[0]]:g}; expected 0 to 1"


def negative_events(view: TableView) -> Iterator[Fault]:
    """Fewer events than none."""
    for each in view.of_role("events", "ratio"):
        bad = np.flatnonzero(each.column.numbers < 0)
        if bad.size and not each.log10:
            yield view.place(each.column, int(bad[0])), f"{each.column.numbers[bad[0]]:g}; expected 0 or more"


def negative_error(view: TableView) -> Iterator[Fault]:
    """An error of negative size, or plus and minus exchanged."""
    for column in view.table.columns:
        for row, bar in column.error_rows:
            plus, minus = number(bar.plus), number(bar.minus)
            if plus < 0 and (bar.symmetric or minus > 0):
                what = "symerror" if bar.symmetric else "asymerror plus"
                yield view.place(column, row), f"{what} {plus:g}; expected a positive size"
                break


def error_of_missing(view: TableView) -> Iterator[Fault]:
    """An error of a value that there is not."""
    for column in view.table.columns:
        for row, _ in column.error_rows:
            if row < len(column.values) and column.values[row] in (MISSING, ""):
                yield view.place(column, row), f"'{column.values[row]}' with an error; leave the error out"
                break


# --- words --------------------------------------------------------------------------------------------


def _is_not_finite(value: object) -> bool:
    if isinstance(value, str):
        return bool(_INFINITE.fullmatch(value.strip()))
    return is_number(value) and not math.isfinite(number(value))


def _looks_like_number(value: object) -> bool:
    if not isinstance(value, str) or _is_not_finite(value):
        return False
    try:
        float(value.replace(",", "."))
    except ValueError:
        return False
    return True


def _says_unit(column: Column) -> bool:
    return bool(column.units.strip()) or bool(re.search(r"\[[^\]]+\]", column.name))


def _example(each: Meaning) -> str:
    return {"mass": "GeV, MeV, ...", "width": "GeV, MeV, ...", "lifetime": "m, mm, ns, ..."}.get(
        each.role, "GeV^-1"
    )


def _all_negative(values: np.ndarray) -> bool:
    known = values[np.isfinite(values)]
    return bool(known.size and (known < 0).all())

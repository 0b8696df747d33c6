"""The comparison of two runs as a short table, and as a dict for JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from feebly.report.run_difference.comparison import RunDifference, ordered_shifts
from feebly.report.run_difference.difference import Difference
from feebly.report.run_difference.shifts import Shift

_MOST_ROWS, _MOST_FACETS = 20, 5


def difference_text(found: RunDifference) -> str:
    """What moved as a table of factors B/A, then the causes; one line for equal runs."""
    return "\n".join([*_moved_lines(found), *_cause_lines(found)]) + "\n"


def difference_dict(found: RunDifference) -> dict[str, Any]:
    """The same with all numbers: shifts as ln(B/A)."""
    return {
        "a": found.a.name,
        "b": found.b.name,
        "equal": found.is_equal,
        "unequal_parts": list(found.unequal),
        "moved": {
            "shifts": [_shift(each) for each in ordered_shifts(found.moves)],
            "notes": list(found.moves.notes),
        },
        "causes": [_difference(each) for each in found.causes],
        "candidates": [_difference(each) for each in found.candidates],
        "unexplained": list(found.unexplained),
        "other_differences": [_difference(each) for each in found.others],
    }


def _shift(shift: Shift) -> dict[str, Any]:
    return {
        "what": shift.what,
        "median_ln": shift.median,
        "largest_ln": shift.largest,
        "at_mass_gev": shift.mass_gev,
    }


def _difference(each: Difference) -> dict[str, str]:
    return {"name": each.name, "a": each.change[0], "b": each.change[1]}


def _moved_lines(found: RunDifference) -> Iterator[str]:
    if found.is_equal and not found.moves.notes:
        yield "nothing moved: contours, yields, limits and summary are the same bits"
        return
    if not found.moves.shifts and not found.moves.notes:
        yield f"no contour, yield or limit moved; different: {', '.join(found.unequal)}"
    shifts = ordered_shifts(found.moves)
    if shifts:
        rows = [("B / A", "median", "largest", "at GeV"), *map(_row, shifts[:_MOST_ROWS])]
        widths = [max(len(row[i]) for row in rows) for i in range(4)]
        for name, *cells in rows:
            right = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
            yield "  ".join([name.ljust(widths[0]), *right])
        if len(shifts) > _MOST_ROWS:
            yield f"and {len(shifts) - _MOST_ROWS} more: --json has all"
    yield from found.moves.notes


def _row(shift: Shift) -> tuple[str, str, str, str]:
    return shift.what, _factor(shift.median), _factor(shift.largest), f"{shift.mass_gev:.4g}"


def _factor(log: float) -> str:
    """A factor; its distance from 1 where it rounds to 1."""
    if not np.isfinite(log):
        return "appears" if log > 0 else "vanishes"
    if log == 0.0:
        return "1"
    if abs(log) < 5e-4:
        return f"1{np.expm1(log):+.1g}"
    return f"{np.exp(log):.4g}"


def _cause_lines(found: RunDifference) -> Iterator[str]:
    for each in found.causes:
        yield f"cause: {each.text}"
    if found.candidates:
        yield "candidates, one or several of them:"
        yield from (f"  {each.text}" for each in found.candidates)
    if found.unexplained:
        shown = [facet.replace(":", " ") for facet in found.unexplained[:_MOST_FACETS]]
        more = len(found.unexplained) - len(shown)
        what = ", ".join(shown) + (f" and {more} more" if more else "")
        yield f"no recorded difference can have moved so much: {what}"
    if found.others:
        yield f"different without effect: {'; '.join(each.text for each in found.others)}"

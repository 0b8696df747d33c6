"""Rules about rows: repeated ones, grids with holes or in disorder, heat maps that HEPData cannot draw."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

import numpy as np

from feebly.publish.hepdata.lint.findings import Fault, TableView
from feebly.publish.hepdata.thinning import MOST_ROWS


def duplicated_rows(view: TableView) -> Iterator[Fault]:
    """The same row twice; the last point of a closed curve, equal to its first, is none."""
    if not view.has_equal_lengths or not view.table.columns:
        return
    rows = list(zip(*(column.values for column in view.table.columns), strict=True))
    if view.is_grid:
        rows = [row[: len(view.table.independent)] for row in rows]
    elif all(isinstance(value, str) for value in rows[0]) if rows else True:
        return
    seen: dict[Hashable, int] = {}
    closing = _closing_rows(view)
    for number, row in enumerate(rows):
        if row in seen and number not in closing:
            yield view.place(row=number), f"the same as row {seen[row] + 1}; leave one of them out"
            return
        seen.setdefault(row, number)


def _closing_rows(view: TableView) -> set[int]:
    """Rows that close a curve."""
    from feebly.publish.hepdata.lint.curves import curves_of

    return {int(curve.rows[-1]) for curve in curves_of(view)}


def incomplete_grid(view: TableView) -> Iterator[Fault]:
    """A grid in which the value of some pair is missing altogether."""
    if not view.is_grid or not view.has_equal_lengths:
        return
    sizes = [np.unique(column.numbers).size for column in view.table.independent]
    points = len(set(zip(*(column.values for column in view.table.independent), strict=True)))
    if points < np.prod(sizes):
        size = " x ".join(map(str, sizes))
        mend = "expected all of them, '-' where there is no value"
        yield view.place(), f"{points} points of a grid of {size}; {mend}"


def disordered_grid(view: TableView) -> Iterator[Fault]:
    """An axis whose values jump back and forth: one of them is mistyped, or lines are exchanged."""
    if not view.is_grid or not view.has_equal_lengths:
        return
    for column in view.table.independent:
        nodes = np.array(list(dict.fromkeys(column.numbers.tolist())))
        steps = np.diff(nodes)
        if nodes.size > 2 and not ((steps > 0).all() or (steps < 0).all()):
            side = np.sign(np.median(np.sign(steps))) or 1.0
            at = int(np.flatnonzero(np.sign(steps) != side)[0])
            after = f"{nodes[at]:g} is followed by {nodes[at + 1]:g}"
            yield view.place(column), f"{after}; expected an axis that only rises or falls"


def too_many_rows(view: TableView) -> Iterator[Fault]:
    """A heat map that HEPData does not draw."""
    if view.is_grid and view.table.rows > MOST_ROWS:
        rows = view.table.rows
        yield view.place(), f"{rows} rows of a heat map; expected at most {MOST_ROWS}, e.g. 70 x 70"

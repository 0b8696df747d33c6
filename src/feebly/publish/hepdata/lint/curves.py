"""The curves of a table as the rules see them: as they stand, nothing cut, joined or left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from feebly.core.errors import ConfigError
from feebly.core.interfaces import FloatArray
from feebly.publish.hepdata.limit_pieces import Layout, groups, layout_of, limit_meanings, one_of, runs
from feebly.publish.hepdata.lint.findings import TableView
from feebly.publish.hepdata.tables import Column


@dataclass(frozen=True, eq=False)
class Curve:
    """Rows of one curve with their masses and couplings (linear, GeV); ``piece`` as the table numbers it."""

    column: Column
    kind: str
    piece: object
    rows: NDArray[np.intp]
    mass: FloatArray
    coupling: FloatArray

    @property
    def log_points(self) -> FloatArray:
        """Points (n, 2) in the logarithms to base 10."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log10(np.column_stack([self.mass, self.coupling]))

    @property
    def is_closed(self) -> bool:
        same = self.mass[0] == self.mass[-1] and self.coupling[0] == self.coupling[-1]
        return bool(self.mass.size > 3 and same)

    @property
    def is_function(self) -> bool:
        """Whether the mass only rises or only falls: a limit against mass, no contour."""
        steps = np.diff(self.mass)
        return bool((steps >= 0).all() or (steps <= 0).all())


def limit_layout(view: TableView) -> Layout | None:
    """The layout of a limit; None for a table that is none."""
    try:
        layout = layout_of(view.table, limit_meanings(view.table))
    except ConfigError:
        return None
    return layout if view.has_equal_lengths else None


@lru_cache(maxsize=8)  # several rules ask for the same table
def curves_of(view: TableView) -> tuple[Curve, ...]:
    """The curves of the layouts ``points`` and ``index``; none for other tables."""
    return tuple(_curves(view))


def _curves(view: TableView) -> Iterator[Curve]:
    if limit_layout(view) not in ("points", "index"):
        return
    found = limit_meanings(view.table)
    mass = one_of(found, "mass")
    assert mass is not None
    for coupling in (each for each in found if each.role == "coupling"):
        for kind, piece, rows in groups(view.table, found, coupling):
            m, c = mass.values[rows], coupling.values[rows]
            can_be_drawn = (m >= 0) & (c > 0)
            for part in runs(np.isfinite(m) & np.isfinite(c)):
                kept = np.arange(len(rows))[part][can_be_drawn[part]]
                if kept.size:
                    yield Curve(coupling.column, kind, piece, rows[kept], m[kept], c[kept])

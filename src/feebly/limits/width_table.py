"""Tables of events against mass and total width, and yields of any model that is made and decays that way.

A published N(m, Γ) is for one production, one final state and branching ratio 1. Between its knots ln N is a
line in m and in ln Γ; outside it there is no number, and where a corner of the cell is zero it is zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import HBARC_GEV_M
from feebly.core.errors import ConfigError, DataError, DomainError
from feebly.core.interfaces import FloatArray

Axis = Literal["mass", "width"]


@dataclass(frozen=True, slots=True)
class TableReference:
    """What the numbers of a table are for.

    model, production: the mode of a shipped model that makes the particle; preset: its physics ("" unknown).
    coupling, coupling_name: of that model. pot: protons on target; None: events per produced particle, the
    rate is not in the table. contained: what the numbers contain beside it, such as an efficiency. source:
    where from.
    """

    model: str
    production: str
    final_state: str
    coupling: float
    pot: float | None
    preset: str = ""
    coupling_name: str = ""
    contained: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.coupling < np.inf:
            raise DomainError(f"reference coupling = {self.coupling:g}: expected a positive number")
        if self.pot is not None and not 0 < self.pot < np.inf:
            raise DomainError(f"POT = {self.pot:g}: expected a positive number of protons, e.g. 1.4e17")

    @property
    def name(self) -> str:
        """``production/final state``."""
        return f"{self.production}/{self.final_state}"


@dataclass(frozen=True, eq=False)
class WidthTable:
    """Values (M, W) at masses (M,) [GeV] and total widths (W,) [GeV], both rising; for branching ratio 1.

    Values are events for ``reference.pot``, or events per produced particle. DomainError for axes that do not
    rise or are not positive, and for values that are negative or no numbers.
    """

    reference: TableReference
    mass_gev: FloatArray
    width_gev: FloatArray
    values: FloatArray

    def __post_init__(self) -> None:
        name = self.reference.name
        for what, axis in (("masses", self.mass_gev), ("widths", self.width_gev)):
            if axis.size < 2 or not (axis[0] > 0 and np.isfinite(axis[-1]) and np.all(np.diff(axis) > 0)):
                raise DomainError(f"{name}: {what}: expected at least two, positive and rising")
        if self.values.shape != (self.mass_gev.size, self.width_gev.size):
            raise DomainError(f"{name}: {self.values.shape} values: expected one for each mass and width")
        if not np.all((self.values >= 0) & np.isfinite(self.values)):
            raise DomainError(f"{name}: expected numbers of events, zero or positive")

    @property
    def mass_range_gev(self) -> tuple[float, float]:
        """First and last mass."""
        return float(self.mass_gev[0]), float(self.mass_gev[-1])

    @property
    def width_range_gev(self) -> tuple[float, float]:
        """First and last width."""
        return float(self.width_gev[0]), float(self.width_gev[-1])

    @cached_property
    def _log_values(self) -> FloatArray:
        with np.errstate(divide="ignore"):
            return np.log(self.values)

    def __call__(self, mass_gev: ArrayLike, width_gev: ArrayLike) -> FloatArray:
        """Value at masses and widths that broadcast; DomainError outside the table."""
        mass, width = np.broadcast_arrays(np.asarray(mass_gev, float), np.asarray(width_gev, float))
        self.require_inside(mass, width)
        i, t = _cell(self.mass_gev, mass)
        j, u = _cell(np.log(self.width_gev), np.log(width))
        result = np.zeros(mass.shape)
        for rows, along in ((i, 1 - t), (i + 1, t)):
            for columns, across in ((j, 1 - u), (j + 1, u)):
                weight = along * across
                with np.errstate(invalid="ignore"):
                    result += np.where(weight > 0, weight * self._log_values[rows, columns], 0.0)
        return np.exp(result)

    def require_inside(self, mass_gev: ArrayLike, width_gev: ArrayLike) -> None:
        """DomainError where a mass or a width is outside the table."""
        for what, asked, (low, high) in (
            ("mass", np.asarray(mass_gev, float), self.mass_range_gev),
            ("width", np.asarray(width_gev, float), self.width_range_gev),
        ):
            outside = asked[(asked < low) | (asked > high)]
            if outside.size:
                raise DomainError(
                    f"{what} {float(outside.flat[0]):g} GeV is outside the table of {self.reference.name}, "
                    f"{low:g}-{high:g} GeV; nothing is extrapolated"
                )

    def coarse(self, axis: Axis) -> WidthTable:
        """The table without every other knot of an axis (the ends stay)."""
        size = self.mass_gev.size if axis == "mass" else self.width_gev.size
        kept = np.union1d(np.arange(0, size, 2), [size - 1])
        if axis == "mass":
            return replace(self, mass_gev=self.mass_gev[kept], values=self.values[kept])
        return replace(self, width_gev=self.width_gev[kept], values=self.values[:, kept])


def _cell(knots: FloatArray, x: FloatArray) -> tuple[np.ndarray, FloatArray]:
    """Index of the knot below each x, and the position between it and the next, 0 to 1."""
    index = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, knots.size - 2)
    return index, np.clip((x - knots[index]) / (knots[index + 1] - knots[index]), 0.0, 1.0)


@dataclass(frozen=True, eq=False)
class WidthTables:
    """Tables by (production, final state) as a ``YieldSource``: zero outside, which the caller must tell.

    left_out: pairs without a table that count as zero, told as well. The production channels beside it give
    rates relative to the reference of each table.
    """

    tables: Mapping[tuple[str, str], WidthTable]
    left_out: frozenset[tuple[str, str]] = frozenset()

    def __post_init__(self) -> None:
        if not self.tables:
            raise ConfigError("tables: expected at least one of N(m, width)")
        low, high = self.width_range_gev
        if low >= high:
            raise DataError("the tables have no width in common: their ends do not overlap")

    def table(self, production: str, final_state: str) -> WidthTable:
        """The table of one channel; DataError when there is none."""
        if (production, final_state) not in self.tables:
            raise DataError(f"no table of {production} -> {final_state}")
        return self.tables[production, final_state]

    @property
    def width_range_gev(self) -> tuple[float, float]:
        """Widths that all tables have."""
        ranges = [table.width_range_gev for table in self.tables.values()]
        return max(low for low, _ in ranges), min(high for _, high in ranges)

    def mass_range_gev(self, production: str) -> tuple[float, float]:
        """Masses for which any table of a production has numbers."""
        ranges = [t.mass_range_gev for (mode, _), t in self.tables.items() if mode == production]
        return min(low for low, _ in ranges), max(high for _, high in ranges)

    def expected_events(
        self, production: str, final_state: str, mass_gev: ArrayLike, ctau_m: ArrayLike
    ) -> FloatArray:
        """Events per POT for the rate of the reference; per produced particle where the table is that."""
        mass, ctau = np.broadcast_arrays(np.asarray(mass_gev, float), np.asarray(ctau_m, float))
        if (production, final_state) in self.left_out:
            return np.zeros(mass.shape)
        table, width = self.table(production, final_state), HBARC_GEV_M / ctau
        (first, last), (low, high) = table.mass_range_gev, self.width_range_gev
        inside = (mass >= first) & (mass <= last) & (width >= low) & (width <= high)
        result = np.zeros(mass.shape)
        result[inside] = table(mass[inside], width[inside]) / (table.reference.pot or 1.0)
        return result

    def relative_error(
        self, production: str, final_state: str, mass_gev: ArrayLike, ctau_m: ArrayLike
    ) -> FloatArray:
        """Zero: a table does not say its error (``coarse`` tells that of the interpolation)."""
        return np.zeros(np.broadcast_shapes(np.shape(mass_gev), np.shape(ctau_m)))

    def coarse(self, axis: Axis) -> WidthTables:
        """All tables without every other knot of an axis."""
        return replace(self, tables={key: table.coarse(axis) for key, table in self.tables.items()})

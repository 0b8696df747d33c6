"""Several searches for an invisible X as one: at each mass the one that is expected to see most."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feebly.core.errors import ConfigError, DomainError
from feebly.core.interfaces import FloatArray
from feebly.kaon.invisible import InvisiblePoint, InvisibleSearch, load_invisible_search

SEARCHES = ("pi-x-2016-22", "pi0-invisible")
"""The searches that together cover 0 to 260 MeV."""

_TOUCH_GEV = 1e-6  # ranges that are no further apart have no gap between them


@dataclass(frozen=True, eq=False)
class InvisibleScan:
    """Searches with different names on one experiment."""

    searches: tuple[InvisibleSearch, ...]

    def __post_init__(self) -> None:
        names = [search.name for search in self.searches]
        if not names or len(set(names)) < len(names):
            raise ConfigError(f"invisible searches {', '.join(names) or 'none'}: expected each once")

    @property
    def title(self) -> str:
        """Titles of the searches."""
        return "; ".join(search.file.title for search in self.searches)

    @property
    def default_masses_gev(self) -> FloatArray:
        """Those of all searches."""
        return np.unique(np.concatenate([search.default_masses_gev for search in self.searches]))

    @property
    def ranges_gev(self) -> tuple[tuple[float, float], ...]:
        """Masses that some search looks for, ranges that touch as one."""
        merged: list[tuple[float, float]] = []
        for low, high in sorted(pair for search in self.searches for pair in search.file.masses_gev):
            if merged and low <= merged[-1][1] + _TOUCH_GEV:
                merged[-1] = merged[-1][0], max(high, merged[-1][1])
            else:
                merged.append((low, high))
        return tuple(merged)

    def pieces(self, mass_gev: FloatArray, drawn: NDArray[np.bool_] | None = None) -> list[NDArray[np.intp]]:
        """Indices of rising masses that belong together: no curve is joined across a gap.

        drawn: masses that have a value; a mass without one parts its neighbours.
        """
        kept = np.ones(mass_gev.size, bool) if drawn is None else drawn
        of = np.full(mass_gev.size, -1)
        for k, (low, high) in enumerate(self.ranges_gev):
            of[(mass_gev >= low - _TOUCH_GEV) & (mass_gev <= high + _TOUCH_GEV) & kept] = k
        ends = np.flatnonzero(np.diff(of)) + 1
        return [part for part in np.split(np.arange(mass_gev.size), ends) if part.size and of[part[0]] >= 0]

    def point(self, mass_gev: float, cl: float = 0.90) -> InvisiblePoint:
        """One mass in the search with the smallest expected limit there; DomainError where none looks."""
        found = [search for search in self.searches if search.covers(mass_gev)] or list(self.searches[:1])
        if len(self.searches) > 1 and not found[0].covers(mass_gev):
            known = " or ".join(f"{1e3 * low:g}-{1e3 * high:g}" for low, high in self.ranges_gev)
            raise DomainError(
                f"mass {1e3 * mass_gev:g} MeV: no search looks for it; expected a mass in {known} MeV"
            )
        return min((search.point(mass_gev) for search in found), key=lambda point: point.expected_limit(cl))

    def points(
        self, masses_gev: Sequence[float], cl: float = 0.90, progress: Callable[[int], None] | None = None
    ) -> tuple[InvisiblePoint, ...]:
        """`point` of each mass; progress is told how many are done."""
        found = []
        for k, mass in enumerate(masses_gev):
            if progress is not None:
                progress(k)
            found.append(self.point(float(mass), cl))
        return tuple(found)

    def search(self, point: InvisiblePoint) -> InvisibleSearch:
        """The search that a point is of."""
        return next(search for search in self.searches if search.name == point.search)


def load_invisible_scan(
    names: Sequence[str] = SEARCHES, experiment: str = "na62-kaon", seed: int = 1
) -> InvisibleScan:
    """Searches by name or file on a kaon experiment. Raises `ConfigError` with file and line."""
    return InvisibleScan(tuple(load_invisible_search(name, experiment, seed) for name in names))

"""Small tables of a result that the text and ``result.json`` share: edges at round masses, limits."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import numpy as np

from feebly.limits.results import Grid
from feebly.workflow.result import Interval, RunResult

KINDS = ("observed", "expected")


@dataclass(frozen=True, slots=True)
class Edges:
    """Intervals of the coupling inside the observed and the expected contour at one mass."""

    mass_gev: float
    observed: tuple[Interval, ...]
    expected: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class LimitRange:
    """Neighbouring masses with the same open final states and counts, hence with the same limits.

    mass_gev: first and last mass of the grid. open: final states with signal. observed: counts of the open
    ones (None for a projection). s_up_observed, s_up_expected: limits on the total signal [events];
    None where there is none.
    """

    mass_gev: Interval
    open: tuple[str, ...]
    observed: dict[str, int] | None
    s_up_observed: float | None
    s_up_expected: float | None


def edge_table(result: RunResult) -> tuple[Edges, ...]:
    """Edges at the round masses (1, 1.5, 2, 3, 5, 7 times a power of ten) where something is excluded."""
    rows = (
        Edges(mass, *(result.excluded_couplings(mass, kind) for kind in KINDS))
        for mass in round_masses_gev(*result.mass_range_gev[:2])
    )
    return tuple(row for row in rows if row.observed or row.expected)


def round_masses_gev(low: float, high: float) -> tuple[float, ...]:
    """Masses 1, 1.5, 2, 3, 5, 7 times a power of ten from low to high, both included."""
    exponents = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    masses = (float(f"{factor}e{n}") for n in exponents for factor in (1, 1.5, 2, 3, 5, 7))
    return tuple(mass for mass in masses if low <= mass <= high)


def limit_ranges(grid: Grid) -> tuple[LimitRange, ...]:
    """The limits of a grid, masses with the same ones joined."""
    single = (_at_one_mass(grid, i) for i in range(len(grid.mass_gev)))
    ranges = []
    for _, group in groupby(
        single, key=lambda row: (row.open, row.observed, row.s_up_observed, row.s_up_expected)
    ):
        rows = list(group)
        first, last = rows[0], rows[-1]
        span = (first.mass_gev[0], last.mass_gev[1])
        ranges.append(LimitRange(span, first.open, first.observed, first.s_up_observed, first.s_up_expected))
    return tuple(ranges)


def _at_one_mass(grid: Grid, i: int) -> LimitRange:
    mass = float(grid.mass_gev[i])
    is_open = tuple(tag for tag, events in grid.yields.items() if np.any(events[i] > 0))
    return LimitRange(
        (mass, mass),
        is_open,
        None if grid.observed is None else {tag: int(grid.observed[tag][i]) for tag in is_open},
        None if grid.s_up_observed is None else _finite(grid.s_up_observed[i]),
        _finite(grid.s_up_expected[i]),
    )


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None

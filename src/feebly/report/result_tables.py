"""Small tables of a result, for ``result.json``: edges at round masses, limits."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from feebly.limits.discovery import DISCOVERY_KINDS, POWER, SIDES, discovery_by_mass
from feebly.limits.observation import Observation
from feebly.limits.results import Grid
from feebly.statistics.regions.ordering import TOTAL_COUNT
from feebly.workflow.choices import shipped_model
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
    """A range of masses with the same open final states and counts, hence with the same limits.

    mass_gev: its ends. open: final states above threshold. observed: their counts (None for a projection).
    s_up_observed, s_up_expected: limits on the total signal [events]; None where there is none. s_up_bands:
    of the expected bands by kind. s_discovery: total signal
    that a projection discovers, by kind.
    """

    mass_gev: Interval
    open: tuple[str, ...]
    observed: dict[str, int] | None
    s_up_observed: float | None
    s_up_expected: float | None
    s_up_bands: dict[str, float | None]
    s_discovery: dict[str, float | None]


def discovery_facts(result: RunResult) -> dict[str, Any] | None:
    """How the discovery contours were made; None where there are none."""
    if not result.scan.grid.s_discovery:
        return None
    return {"kinds": dict(DISCOVERY_KINDS), "sides": SIDES, "power": POWER}


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


def limit_ranges(result: RunResult) -> tuple[LimitRange, ...]:
    """The limits between the masses where a region opens or an event enters or leaves its window.

    They are the limits of the run, also where the window of an event lies between two masses of the grid.
    With the likelihood ratio they depend on the yields too: those at the grid mass nearest to the middle of
    the range, None where no mass of the grid lies in it.
    """
    model = result.particle or shipped_model(result.model, result.preset)
    seen = Observation(
        result.analysis,
        model,
        result.channels,
        result.cl,
        result.convention,
        result.signal_error,
        result.ordering,
        result.bands,
    )
    low, high, _ = result.mass_range_gev
    bounds = [low, *(jump for jump in seen.jumps_gev() if low < jump < high), high]
    grid = None if result.ordering == TOTAL_COUNT else result.scan.grid
    return tuple(_limits_between(seen, grid, float(a), float(b)) for a, b in pairwise(bounds))


def _limits_between(seen: Observation, grid: Grid | None, low: float, high: float) -> LimitRange:
    mass = np.array([np.sqrt(low * high)])
    is_open = tuple(tag for tag in seen.final_states if seen.open_at(tag, mass)[0])
    counts, observed, expected = seen.counts(mass), seen.s_up_observed(mass), seen.s_up_expected(mass)
    if grid is not None:
        nearest = np.argmin(np.abs(np.log(grid.mass_gev / mass)))
        inside = low <= grid.mass_gev[nearest] <= high
        expected = grid.s_up_expected[[nearest]] if inside else np.array([np.nan])
        if grid.s_up_observed is not None:
            observed = grid.s_up_observed[[nearest]] if inside else np.array([np.nan])
    return LimitRange(
        (low, high),
        is_open,
        None if counts is None else {tag: int(counts[tag][0]) for tag in is_open},
        None if observed is None else _finite(observed[0]),
        _finite(expected[0]),
        {kind: _finite(seen.s_up_band(kind, mass)[0]) for kind in seen.bands.kinds},
        {kind: _finite(reach(mass)[0]) for kind, reach in discovery_by_mass(seen).items()},
    )


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None

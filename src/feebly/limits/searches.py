"""Where the contours of a scan run: the field on which each is looked for, and its limits.

With the total count s_up depends on the mass alone: all kinds share the field ln N. With the likelihood ratio
it depends on the cell: each kind has its own field ln(N / s_up), and the limit is one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import partial

import numpy as np

from feebly.core.interfaces import FloatArray
from feebly.limits.contour import Limit
from feebly.limits.discovery import discovery_by_mass
from feebly.limits.expected_bands import BAND_KINDS
from feebly.limits.lattice import LOG_NOTHING, LogYield
from feebly.limits.observation import Observation
from feebly.limits.ratio_limits import (
    Yields,
    counting_band_limits,
    expected_limits,
    full_band_limits,
    no_event_probability,
    normal_probability,
    observed_limits,
    ratio_cls,
)
from feebly.limits.signal import Breakdown, EventSource
from feebly.statistics.regions.ordering import TOTAL_COUNT

_CellLimits = Callable[[FloatArray, Yields], FloatArray]


@dataclass(frozen=True, eq=False)
class Search:
    """Contours on field(mass, coupling) = ln limit(mass), by kind.

    same: further kinds whose limit is that of a kind of ``limits`` at every mass.
    """

    field: LogYield
    limits: Mapping[str, Limit]
    same: Mapping[str, str] = dataclass_field(default_factory=dict)


def contour_searches(signal: EventSource, observation: Observation) -> tuple[Search, ...]:
    """All contours of a scan; the first kind of the first one is what the run is about."""

    def log_yield(masses: FloatArray, couplings: FloatArray) -> FloatArray:
        return log_events(total_at(signal, masses, couplings))

    if observation.ordering == TOTAL_COUNT:
        limits, same = _distinct(limits_by_mass(observation) | bands_by_mass(observation), observation)
        return (Search(log_yield, limits | discovery_by_mass(observation), same),)

    def one(mass_gev: FloatArray) -> FloatArray:
        return np.where(np.isnan(observation.s_up_expected(mass_gev)), np.nan, 1.0)

    same = {kind: "expected" for kind in observation.bands.kinds if _is_median(observation, kind)}
    return tuple(
        Search(_log_ratio(signal, observation, limit), {kind: one}, same if kind == "expected" else {})
        for kind, limit in _cell_limits(observation).items()
        if kind not in same
    )


def limits_on_grid(
    observation: Observation, mass_gev: FloatArray, events: Breakdown
) -> dict[str, FloatArray]:
    """s_up (M,) by kind, bands too; with the likelihood ratio where the yield is nearest to it."""
    if observation.ordering == TOTAL_COUNT:
        by_mass = limits_by_mass(observation) | bands_by_mass(observation)
        return {kind: limit(mass_gev) for kind, limit in by_mass.items()}
    yields, total = events.by_final_state(), events.total()
    result = {}
    for kind, limit in _cell_limits(observation).items():
        s_up = limit(mass_gev, yields)
        with np.errstate(divide="ignore"):
            distance = np.abs(np.log(total) - np.log(s_up))
        nearest = np.argmin(np.nan_to_num(distance, nan=np.inf), axis=1)
        result[kind] = np.take_along_axis(s_up, nearest[:, None], axis=1)[:, 0]
    return result


def cls_on_grid(observation: Observation, mass_gev: FloatArray, events: Breakdown) -> FloatArray | None:
    """CLs of the observed counts (M, C); None for a projection."""
    if observation.ordering == TOTAL_COUNT or not observation.has_counts:
        return observation.cls(mass_gev, events.total())
    return ratio_cls(observation, mass_gev, events.by_final_state())


def limits_by_mass(observation: Observation) -> dict[str, Limit]:
    """s_up of the total count against mass for each kind of contour."""

    def observed(mass_gev: FloatArray) -> FloatArray:
        s_up = observation.s_up_observed(mass_gev)
        assert s_up is not None
        return s_up

    limits: dict[str, Limit] = {"observed": observed} if observation.has_counts else {}
    return limits | {"expected": observation.s_up_expected}


def bands_by_mass(observation: Observation) -> dict[str, Limit]:
    """s_up of the total count against mass for each kind of expected band."""
    return {kind: partial(observation.s_up_band, kind) for kind in observation.bands.kinds}


def _distinct(
    limits: Mapping[str, Limit], observation: Observation
) -> tuple[dict[str, Limit], dict[str, str]]:
    """Limits of which no two agree at every mass, and for each other kind one that it agrees with.

    Limits are constant between the jumps: one mass in each range tells.
    """
    masses = observation.ranges_gev()
    distinct: dict[str, Limit] = {}
    same: dict[str, str] = {}
    values: dict[str, FloatArray] = {}
    for kind, limit in limits.items():
        s_up = limit(masses)
        twin = next((k for k, other in values.items() if np.array_equal(s_up, other, equal_nan=True)), None)
        if twin is None or kind not in BAND_KINDS:
            distinct[kind], values[kind] = limit, s_up
        else:
            same[kind] = twin
    return distinct, same


def yields_at(signal: EventSource, masses: FloatArray, couplings: FloatArray) -> Breakdown:
    """Events at points (n,) with (n,), or on a lattice (M, 1) with (1, C)."""
    if masses.ndim == 1:
        return signal.at_points(masses, couplings)
    return signal.on_grid(masses[:, 0], couplings[0])


def total_at(signal: EventSource, masses: FloatArray, couplings: FloatArray) -> FloatArray:
    """Events of all channels together, as ``yields_at``."""
    if masses.ndim == 1:
        return signal.total_at_points(masses, couplings)
    return signal.total_on_grid(masses[:, 0], couplings[0])


def log_events(events: FloatArray) -> FloatArray:
    """ln N, not below the stand-in for no signal."""
    return np.asarray(np.log(np.maximum(events, np.exp(LOG_NOTHING))))


def _cell_limits(observation: Observation) -> dict[str, _CellLimits]:
    limits = {"observed": partial(observed_limits, observation)} if observation.has_counts else {}
    bands = (
        full_band_limits(observation)
        if observation.bands.bands == "full"
        else partial(counting_band_limits, observation)
    )
    return limits | {
        "expected": partial(expected_limits, observation),
        **{kind: partial(bands, kind) for kind in observation.bands.kinds},
    }


def _is_median(observation: Observation, kind: str) -> bool:
    """Whether the limit of a counting band is that of the median in every cell: no event at both, ever."""
    if observation.bands.bands != "counting":
        return False
    highest = max(normal_probability(kind), 0.5)
    return all(
        no_event_probability(observation, hypothesis) >= highest
        for hypothesis in observation.hypotheses(observation.ranges_gev())[0]
        if hypothesis.final_states
    )


def _log_ratio(signal: EventSource, observation: Observation, limit: _CellLimits) -> LogYield:
    def field(masses: FloatArray, couplings: FloatArray) -> FloatArray:
        events = yields_at(signal, masses, couplings)
        s_up = limit(masses.reshape(-1), events.by_final_state())
        ratio = log_events(events.total()) - np.log(s_up)
        return np.maximum(np.nan_to_num(ratio, nan=LOG_NOTHING), LOG_NOTHING)

    return field

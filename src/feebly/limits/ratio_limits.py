"""Limits with the likelihood ratio of the regions, where s_up depends on how the signal is shared.

Each cell (mass, coupling) has its own yields s_r and with them its own order of the outcomes; the limit is
computed for all cells at once, exactly, nothing is interpolated in the shares. Where no event was seen
(or, for the expected limit and counting bands, none is the quantile) no order matters and s_up is that of the
total count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.limits.expected_bands import BAND_KINDS
from feebly.limits.observation import Hypothesis, Observation
from feebly.statistics.regions.joint_cells import cls_of_cells, expected_limits_on_cells, limits_on_cells
from feebly.statistics.regions.model import CountingModel, Nuisance, Region
from feebly.statistics.regions.ordering import LIKELIHOOD_RATIO
from feebly.statistics.regions.thrown_limits import NEGLIGIBLE, thrown_limits_on_cells

FAR = 1e3
"""A yield this far from n + b + 1 is on a known side of the limit: s_up of the total count stands there."""

Yields = Mapping[str, FloatArray]
"""Events by final state; the first axis is the mass."""

_CellLimits = Callable[[CountingModel, FloatArray], FloatArray]


def observed_limits(observation: Observation, mass_gev: ArrayLike, yields: Yields) -> FloatArray:
    """s_up [events] of the observed counts at each cell, shape of the yields; NaN where all is closed.

    ValueError for a projection.
    """

    def on_cells(model: CountingModel, shares: FloatArray) -> FloatArray:
        return limits_on_cells(model, shares, observation.cl, observation.convention, LIKELIHOOD_RATIO)

    by_mass = observation.s_up_observed(mass_gev)
    if by_mass is None:
        raise ValueError("a projection has no observed limit")
    return _on_cells(observation, mass_gev, yields, by_mass, lambda h: bool(h.observed), on_cells)


def expected_limits(observation: Observation, mass_gev: ArrayLike, yields: Yields) -> FloatArray:
    """As observed, at the median outcome under the background alone."""
    return _quantile_limits(observation, mass_gev, yields, observation.s_up_expected(mass_gev), 0.5)


def counting_band_limits(
    observation: Observation, kind: str, mass_gev: ArrayLike, yields: Yields
) -> FloatArray:
    """As expected, at the quantile of a kind of ``BAND_KINDS`` of the outcome."""
    by_mass = observation.s_up_band(kind, mass_gev)
    return _quantile_limits(observation, mass_gev, yields, by_mass, normal_probability(kind))


def full_band_limits(observation: Observation) -> Callable[[str, ArrayLike, Yields], FloatArray]:
    """The same of the limit with the signal thrown too, as a function of kind, masses and yields.

    The quantiles of all kinds come from the same limits of the outcomes: they are remembered between calls.
    """
    known: dict[tuple[CountingModel, bytes], FloatArray] = {}
    probabilities = [normal_probability(kind) for kind in BAND_KINDS]

    def at_all_kinds(model: CountingModel, shares: FloatArray) -> FloatArray:
        key = model, hashlib.sha256(shares.tobytes()).digest()
        if key not in known:
            known[key] = thrown_limits_on_cells(
                model,
                shares,
                probabilities,
                observation.bands.thrown_error,
                observation.cl,
                observation.convention,
            )
        return known[key]

    def limits(kind: str, mass_gev: ArrayLike, yields: Yields) -> FloatArray:
        place = list(BAND_KINDS).index(kind)
        return _on_cells(
            observation,
            mass_gev,
            yields,
            observation.s_up_band(kind, mass_gev),
            lambda hypothesis: no_event_probability(observation, hypothesis) < 1 - NEGLIGIBLE,
            lambda model, shares: at_all_kinds(model, shares)[place],
        )

    return limits


def no_event_probability(observation: Observation, hypothesis: Hypothesis) -> float:
    """P(no event at all | b)."""
    return float(observation.background(hypothesis.final_states).counts(1).pmf[0])


@lru_cache
def normal_probability(kind: str) -> float:
    """P(z <= that of a kind of ``BAND_KINDS``) of a normal."""
    from scipy.special import ndtr

    return float(ndtr(BAND_KINDS[kind]))


def _quantile_limits(
    observation: Observation, mass_gev: ArrayLike, yields: Yields, by_mass: FloatArray, probability: float
) -> FloatArray:
    """At a quantile of the outcome; by_mass: those of the total count."""

    def on_cells(model: CountingModel, shares: FloatArray) -> FloatArray:
        choices = observation.cl, observation.convention, LIKELIHOOD_RATIO
        return expected_limits_on_cells(model, shares, probability, *choices)

    def matters(hypothesis: Hypothesis) -> bool:
        return no_event_probability(observation, hypothesis) < probability

    return _on_cells(observation, mass_gev, yields, by_mass, matters, on_cells)


def ratio_cls(observation: Observation, mass_gev: ArrayLike, yields: Yields) -> FloatArray:
    """CLs of the observed counts at each cell, shape of the yields; 1 where all is closed."""
    result = np.ones(next(iter(yields.values())).shape)
    found, index = observation.hypotheses(mass_gev)
    for k, hypothesis in enumerate(found):
        if hypothesis.final_states:
            rows = index == k
            signals = np.stack([yields[tag][rows] for tag in hypothesis.final_states])
            model = counting_model(observation, hypothesis)
            result[rows] = cls_of_cells(model, signals, observation.convention, LIKELIHOOD_RATIO)
    return result


def counting_model(observation: Observation, hypothesis: Hypothesis) -> CountingModel:
    """The open signal regions at one mass; the uncertainty of the signal is common to them."""
    error = observation.signal_error
    common = (Nuisance("signal", error),) if error else ()
    counts = hypothesis.counts or (None,) * len(hypothesis.final_states)
    return CountingModel(
        tuple(
            Region(tag, n, observation.region(tag).background.density, signal_nuisances=common)
            for tag, n in zip(hypothesis.final_states, counts, strict=True)
        )
    )


def _on_cells(
    observation: Observation,
    mass_gev: ArrayLike,
    yields: Yields,
    by_mass: FloatArray,
    order_matters: Callable[[Hypothesis], bool],
    on_cells: _CellLimits,
) -> FloatArray:
    total = np.asarray(sum(yields.values()))
    result = np.broadcast_to(by_mass.reshape(-1, *(1,) * (total.ndim - 1)), total.shape).copy()
    hypotheses, index = observation.hypotheses(mass_gev)
    for k, hypothesis in enumerate(hypotheses):
        if len(hypothesis.final_states) > 1 and order_matters(hypothesis):
            model = counting_model(observation, hypothesis)
            scale = (hypothesis.observed or 0) + float(model.background_means.sum()) + 1
            near = (total > scale / FAR) & (total < scale * FAR)
            cells = near & (index == k).reshape(-1, *(1,) * (total.ndim - 1))
            if not cells.any():
                continue
            shares = np.stack([yields[tag][cells] for tag in hypothesis.final_states]) / total[cells]
            found = on_cells(model, shares)
            if not found.all():
                raise DomainError(
                    f"convention {observation.convention!r} with b = {model.background_means.sum():.3g}: the "
                    "interval is empty, every signal would be excluded; choose 'cls-counting'"
                )
            result[cells] = found
    return result

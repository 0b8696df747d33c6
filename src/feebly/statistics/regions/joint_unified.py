"""Unified intervals of Feldman and Cousins (physics/9711021) on the signal strength of several regions.

For each mu the outcomes (n_1 .. n_R) are accepted in the order of P(n | mu) / P(n | mu_best), mu_best >= 0
the best fit to the outcome, until their probability reaches CL (Sec. IV B; for several counts Sec. V). The
interval is the hull of the mu that accept the observed outcome, but for slivers narrower than one step of the
scan. Nuisances are averaged over in the probabilities and in the best fits, as in hep-ex/0202013.

A region without signal that shares no nuisance with others says nothing about mu and is left out. The least
signal in it changes the interval by a step: all outcomes that differ in its count alone have the same ratio
before, and are ordered by that count after, so that the sum stops nearer to CL. That is no rounding: the
interval with the tie is the longer one, the limit of a vanishing signal does not depend on how it vanishes.

Outcomes too many to enumerate are drawn, under signals from none to the largest that is looked at, and stand
for as many as their probability asks for; nuisances too many to integrate are taken at points of a Sobol
sequence. Independent repetitions of both give the error.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.statistics.intervals.strength_curves import NODES, PANEL, Curves
from feebly.statistics.intervals.unified_scan import Acceptance, Ends
from feebly.statistics.quadrature import ACCURACY
from feebly.statistics.regions.model import CountingModel
from feebly.statistics.regions.nuisances import Marginal, TooManyError, marginal
from feebly.statistics.regions.outcome_tables import Halves, RegionTables
from feebly.statistics.regions.outcomes import IntArray, counts_probability
from feebly.statistics.regions.toys import DEFAULT_TOYS, philox, sampled_nodes

NAME = "feldman-cousins"

Progress = Callable[[int, int, str], None]
"""Called with (done, total, text)."""

REPETITIONS = 8
"""Independent sets of toys, whose spread is the error."""

_MOST_PRODUCTS = 20_000_000_000  # of an enumeration: some ten seconds
_NODES_OF_TOYS = 128  # of the common nuisances
_TOY_STEP = 0.3  # in sqrt(mu S), between the signals under which toys are drawn
_TOY_STREAM = 2
_FAR = 1e-3  # likelihood ratio of the observed counts, over 1 - CL, where the scan ends
_WIDER = 1.2


@dataclass(frozen=True, slots=True)
class JointEnds:
    """Ends of the interval of mu, the length to which they are found, and the errors of probability.

    method: "enumeration" or "toys". mc_error: standard deviation of the accepted probability, mu_error: of
    the ends, the larger one; both zero without toys.
    """

    lower: float
    upper: float
    mu_step: float
    probability_error: float
    method: str = "enumeration"
    mc_error: float = 0.0
    mu_error: float = 0.0


def unified_interval(
    model: CountingModel,
    cl: float,
    method: str = "auto",
    toys: int = DEFAULT_TOYS,
    seed: int = 1,
    progress: Progress = lambda done, total, text: None,
) -> JointEnds:
    """The interval for the observed counts.

    method: "enumeration" (TooManyError where it is out of reach), "toys", or "auto": toys in that case.
    """
    model = without_idle_regions(model)
    if method != "toys":
        try:
            return _enumerated(model, cl, progress)
        except TooManyError:
            if method == "enumeration":
                raise
    return _by_toys(model, cl, toys, seed, progress)


def without_idle_regions(model: CountingModel) -> CountingModel:
    """The regions with signal, and those that share the nuisances of their background with one of them."""

    def names(r: int) -> set[str]:
        region = model.regions[r]
        signal = region.signal_nuisances if region.signal > 0 else ()
        return {nuisance.name for nuisance in (*signal, *region.background_nuisances) if nuisance.sigma > 0}

    kept = {r for r, region in enumerate(model.regions) if region.signal > 0}
    while True:
        known = set().union(*(names(r) for r in kept))
        more = {r for r in range(len(model.regions)) if r not in kept and names(r) & known}
        if not more:
            return CountingModel(tuple(model.regions[r] for r in sorted(kept)))
        kept |= more


# --- enumeration --------------------------------------------------------------------------------------


def _enumerated(model: CountingModel, cl: float, progress: Progress) -> JointEnds:
    scale, observed = float(model.signals.sum()), np.array(model.observed)
    x_max = _reach(model, marginal(model, int(observed.sum())), cl)
    while True:
        tables = _tables(model, x_max, None)
        halves = Halves.of(tables, tables.probable(observed, x_max))
        panels = math.ceil(x_max / PANEL) + 1
        if halves.products * NODES * panels > _MOST_PRODUCTS:
            raise TooManyError(
                f"{len(observed)} regions with convention {NAME!r}: {halves.size} outcomes at "
                f"{tables.averages.weights.size} nodes are too many to enumerate; use method 'toys'"
            )
        told = _Told(halves, x_max, progress)
        curves = Curves.of(told.probability, halves.size, x_max)
        best_x, best = curves.peaks(told.probability)
        found = Acceptance(curves, best, float(best_x[0]), cl).ends(x_max)
        if found is not None:
            break
        x_max *= _WIDER
    error = ACCURACY + found.missing + tables.remainder()
    return JointEnds(found.lower / scale, found.upper / scale, found.s_error / scale, error)


@dataclass(frozen=True, eq=False)
class _Told:
    """The probabilities of all outcomes, and how far along x they are."""

    halves: Halves
    x_max: float
    progress: Progress

    def probability(self, x: FloatArray, rows: np.ndarray) -> FloatArray:
        self.progress(int(50 * min(float(x.max()) / self.x_max, 1.9)), 100, "outcomes of all regions")
        return self.halves.probability(x, rows)


def _tables(model: CountingModel, x_max: float, seed: int | None) -> RegionTables:
    """Tables of the regions; common nuisances at points of a seed where a product of nodes is too large."""
    observed, scale = np.array(model.observed), float(model.signals.sum())
    return RegionTables.of(_averages(model, x_max**2, seed), model.signals / scale, observed, x_max)


def _averages(model: CountingModel, signal: float, seed: int | None) -> Marginal:
    mean = 2 * model.background_means.sum() + signal
    counts = int(sum(model.observed) + mean + 8 * math.sqrt(mean) + 20)
    if seed is None:
        return marginal(model, counts)
    try:
        averages = marginal(model, counts)
    except TooManyError:
        averages = None
    if averages is not None and averages.weights.size <= _NODES_OF_TOYS:
        return averages
    return marginal(model, counts, sampled_nodes(model, _NODES_OF_TOYS, seed))


def _reach(model: CountingModel, averages: Marginal, cl: float) -> float:
    """sqrt(mu S) where the likelihood ratio of the observed counts is far below 1 - CL."""
    scale = model.signals.sum()
    mu = (sum(model.observed) + 1.0) / scale * np.append(0.0, 1.2 ** np.arange(-20, 60))
    likelihood = counts_probability(averages, np.multiply.outer(model.signals, mu), model.observed)
    best = int(np.argmax(likelihood))
    if likelihood[best] == 0:
        raise DomainError(
            "probability of the observed counts is below the smallest number: check the counts and the "
            "backgrounds"
        )
    far = np.flatnonzero(likelihood[best:] < _FAR * (1 - cl) * likelihood[best])
    return math.sqrt(scale * float(mu[best + far[0]] if far.size else mu[-1]))


# --- toys ---------------------------------------------------------------------------------------------


def _by_toys(model: CountingModel, cl: float, toys: int, seed: int, progress: Progress) -> JointEnds:
    """Mean and spread of the ends of independent sets of toys."""
    scale = float(model.signals.sum())
    ends, before = [], []
    for i in range(REPETITIONS):
        progress(i, REPETITIONS, "toys of all regions")
        acceptance, found = _repetition(model, cl, math.ceil(toys / REPETITIONS), seed, i)
        ends.append(found)
        before.append(float(acceptance.before(np.sqrt([ends[0].upper]))[0][0]))
    lower, upper = (
        [end / scale for end in side] for side in zip(*((e.lower, e.upper) for e in ends), strict=True)
    )
    deviation = [float(np.std(values, ddof=1)) / math.sqrt(REPETITIONS) for values in (lower, upper, before)]
    return JointEnds(
        float(np.mean(lower)),
        float(np.mean(upper)),
        max(found.s_error for found in ends) / scale,
        ACCURACY,
        "toys",
        mc_error=deviation[2],
        mu_error=max(deviation[:2]),
    )


def _repetition(model: CountingModel, cl: float, toys: int, seed: int, i: int) -> tuple[Acceptance, Ends]:
    """One set of toys, and its interval."""
    sobol = REPETITIONS * seed + i
    x_max = _reach(model, _averages(model, 0.0, sobol), cl)
    while True:
        tables = _tables(model, x_max, sobol)
        x_drawn = np.linspace(0.0, x_max, math.ceil(x_max / _TOY_STEP) + 1)
        drawn = _drawn(tables, x_drawn, toys, philox(seed, _TOY_STREAM + i))
        listed, counts = _distinct(drawn, np.array(model.observed))
        halves = Halves.of(tables, listed)
        curves = Curves.of(halves.probability, halves.size, x_max)
        best_x, best = curves.peaks(halves.probability)
        # drawn with the mean over x_drawn of their probabilities
        weights = counts / (toys * np.mean(curves.at(x_drawn), axis=1))
        acceptance = Acceptance(curves, best, float(best_x[0]), cl, weights)
        found = acceptance.ends(x_max)
        if found is not None:
            return acceptance, found
        x_max *= _WIDER


def _drawn(tables: RegionTables, x: FloatArray, toys: int, rng: np.random.Generator) -> IntArray:
    """Counts (T, R), each under one of x and one node of the common nuisances."""
    weights = tables.averages.weights
    column = rng.choice(weights.size, toys, p=weights) * x.size + rng.integers(x.size, size=toys)
    drawn = np.empty((toys, len(tables.shares)), dtype=np.int64)
    for r, low in enumerate(tables.lowest):
        table = tables.table(r, x)
        cumulative = np.cumsum(np.broadcast_to(table, (len(table), weights.size, x.size)), axis=0)
        columns = (cumulative / cumulative[-1]).reshape(len(table), -1).T
        flat = (columns + np.arange(len(columns))[:, None]).ravel()  # one rising row for all columns
        place = np.searchsorted(flat, rng.random(toys) + column) - column * len(table)
        drawn[:, r] = low + np.clip(place, 0, len(table) - 1)
    return drawn


def _distinct(drawn: IntArray, observed: IntArray) -> tuple[IntArray, IntArray]:
    """Distinct outcomes and how often each was drawn, the observed one first (also where it was not)."""
    listed, counts = np.unique(drawn, axis=0, return_counts=True)
    same = np.all(listed == observed, axis=1)
    return (
        np.concatenate([observed[None], listed[~same]]),
        np.concatenate([[counts[same].sum()], counts[~same]]),
    )

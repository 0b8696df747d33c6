"""Adaptive Monte Carlo of one task: a channel at a few neighbouring masses, for all lifetimes at once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from feebly.core.block import BLOCK
from feebly.core.interfaces import FloatArray
from feebly.engine.histogram import MOMENTS, TAU_BINS
from feebly.engine.opening import opening_mass_gev
from feebly.engine.runner import Runner, per_event
from feebly.engine.setup import ChannelSetup
from feebly.engine.training import (
    TOLERANCE,
    Map,
    first_long_map,
    first_map,
    reached,
    times_as_many,
    train,
    train_longer,
    weights_of,
)

# Part of the key of every table: raise it with any change here that changes the samples.
SAMPLER_VERSION = 5
# A batch is at most twice what is there: early errors are estimated from few events.
_FIRST_BATCH, _GROWTH = 96, 2
# Most blocks with a map that was trained for a short while, and with one that was trained longer.
_SHORT_BLOCKS, _MAX_BLOCKS = 1024, 10_000
_OUT_OF_REACH = 3  # times as many blocks as are allowed: early estimates are rarely off by more
_NEAR = 2.0  # masses below this many openings are on the way down to it
_FEW = 100  # effective events: fewer show no map the way


@dataclass(frozen=True)
class MassSample:
    """Moments of the proper decay length of the selected events at one mass, per generated event.

    histogram: (regions, TAU_BINS, MOMENTS). precision: reached relative MC error of the signal region where
    it was asked (maximum, long lifetime, 1e-2 and 1e-4 of the maximum). effective_events: (sum w)^2/sum w^2
    in the long-lifetime limit.
    """

    mass_gev: float
    histogram: FloatArray
    events: int
    precision: FloatArray
    converged: bool
    effective_events: float


def _measure(
    run: Runner, mass: float, edges: FloatArray, precision: float, least: int, most: int
) -> MassSample:
    """Batches until the asked precision or ``most`` blocks are reached, or that is clearly out of reach.

    The latter is not judged before ``least`` blocks. A mass without one accepted event has an infinite error:
    it is empty, and not converged.
    """
    sums: FloatArray = np.zeros(1)
    blocks, batch = 0, _FIRST_BATCH
    while True:
        more, _, _ = run(mass, blocks, batch, edges)
        sums, blocks = sums + more, blocks + batch
        moments = per_event(sums, blocks * BLOCK)
        error = reached(moments[0])
        needed = times_as_many(error, precision)
        converged = bool(np.all(error <= precision * TOLERANCE))
        if converged or blocks >= most or (blocks >= least and needed * blocks > _OUT_OF_REACH * most):
            break
        left = (least if blocks < least else most) - blocks
        batch = int(min(max(needed - 1.0, 0.1) * blocks, _GROWTH * blocks, left)) + 1
    w, ww = moments[0, :, 0].sum(), moments[0, :, 3].sum()
    effective = float(w * w / ww) if ww > 0.0 else 0.0
    return MassSample(mass, moments, blocks * BLOCK, error, converged, effective)


def _nothing(setup: ChannelSetup, mass: float, exact: bool) -> MassSample:
    """A mass at which nothing is drawn: none can be seen (zero is exact), or none was just above it."""
    histogram = np.zeros((len(setup.regions), TAU_BINS, MOMENTS))
    return MassSample(mass, histogram, 0, np.full(TOLERANCE.size, 0.0 if exact else np.inf), exact, 0.0)


class _Task:
    """One channel from mass to mass, with the maps trained so far.

    A map is trained for a short while. Where its measurement would take too many events, another one is
    trained for longer, the measurement begins anew, and lower masses go on from that map. Where even then no
    event is accepted on the way to the opening of the channel, none is further down.
    """

    def __init__(self, setup: ChannelSetup) -> None:
        self._setup, self._run = setup, Runner(setup)
        self._opening = opening_mass_gev(setup)
        self._short: Map | None = None
        self._long: Map | None = None
        self._seen = self._faded = False

    def sample(self, mass: float, precision: float) -> MassSample:
        """The next mass, lower than the one before."""
        if self._faded or mass <= self._opening:
            return _nothing(self._setup, mass, exact=mass <= self._opening)
        sample = self._measured(mass, precision)
        self._seen |= sample.effective_events > 0.0
        self._faded = not sample.effective_events and (self._seen or mass < _NEAR * self._opening)
        return sample

    def _measured(self, mass: float, precision: float) -> MassSample:
        if self._long is None:
            sample = self._short_sample(mass, precision)
            if sample.converged:
                return sample
            seen = self._short if sample.effective_events >= _FEW else None
            start = seen or first_long_map(self._run, self._setup, mass)
            self._long = Map(start.edges)  # it looks for its own lifetimes, among more events
        self._long = train_longer(self._run, mass, self._long, precision)
        return _measure(self._run, mass, self._long.edges, precision, _SHORT_BLOCKS, _MAX_BLOCKS)

    def _short_sample(self, mass: float, precision: float) -> MassSample:
        if self._short is None:
            self._short = first_map(self._run, self._setup, mass)
        else:
            self._short = train(self._run, mass, self._short, weights_of(self._setup))
        return _measure(self._run, mass, self._short.edges, precision, 0, _SHORT_BLOCKS)


def sample_masses(setup: ChannelSetup, masses_gev: FloatArray, precision: float) -> list[MassSample]:
    """Sample a channel at neighbouring masses, in their order; the map of one mass starts that of the next.

    The highest mass comes first: more events are accepted there than close to the opening of the channel.
    Masses up to that opening are closed and not sampled; those below an empty one are taken for empty. A
    mode of a sum is asked for less precision the smaller its share.
    """
    task, samples = _Task(setup), {}
    for mass in sorted(map(float, masses_gev), reverse=True):
        samples[mass] = task.sample(mass, precision / math.sqrt(setup.share_at(mass)))
    return [samples[mass] for mass in map(float, masses_gev)]

"""Adaptive Monte Carlo of one task: a channel at a few neighbouring masses, for all lifetimes at once."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feebly.core.block import BLOCK, RANDOM_ROWS, SCRATCH_SIZE, STRIDE
from feebly.core.interfaces import FloatArray
from feebly.core.randomness import stream_key
from feebly.engine.chain import compiled_chain
from feebly.engine.histogram import MOMENTS, TAU_BINS, coarse_laplace, laplace
from feebly.engine.importance import BINS, UNIFORM_EVENTS, refine, uniform_map
from feebly.engine.opening import opening_mass_gev
from feebly.engine.setup import ChannelSetup

# Part of the key of every table: raise it with any change here that changes the samples.
SAMPLER_VERSION = 2
# Training draws its events far from those of the measurement.
TRAINING_BLOCK = 1 << 40
TRAINING_BLOCKS, FIRST_ROUNDS, _WARM_ROUNDS = 48, 6, 3
_FIRST_BATCH, _MAX_BLOCKS = 96, 1024
_GROWTH = 2  # a batch is at most twice what is there: early errors are estimated from few events
_SHORT = (1e-2, 1e-4, 1e-6)  # short lifetimes: fractions of the largest yield
# Where the precision is asked, in units of --precision: maximum, long lifetime, 1e-2 and 1e-4 of the maximum.
_TOLERANCE = np.array([1.0, 1.0, 1.0, 3.0])
_LAMBDA_RANGE = (1e-3, 1e5, 241)  # lambda = ctau/m [m/GeV] in which the maximum is searched
_VERY_LONG = 1e8


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


# Numba fills its table of types while it compiles and loads; another thread must not look into it then.
_FIRST_CALL = threading.RLock()


class Runner:
    """Scratch and packed arguments of one channel for the compiled chain."""

    def __init__(self, setup: ChannelSetup) -> None:
        self._setup = setup
        self._key = stream_key(setup.seed, setup.production, setup.final_state.tag)
        self._scratch = np.zeros(SCRATCH_SIZE)
        self._survivors = np.zeros(BLOCK, dtype=np.int64)
        self._saved = np.zeros(RANDOM_ROWS * STRIDE)
        self._loaded = False
        with _FIRST_CALL:
            self._chain = compiled_chain(setup.sampling.kind, setup.decay_type)

    def __call__(
        self,
        mass: float,
        first_block: int,
        blocks: int,
        edges: FloatArray,
        objective: FloatArray | None = None,
        events: FloatArray | None = None,
        event_rows: NDArray[np.int64] | None = None,
        least_region: float = 1.0,
    ) -> tuple[FloatArray, FloatArray, int]:
        """Raw sums of the moments, training sums of the map, number of events stored in ``events``."""
        setup = self._setup
        histogram = np.zeros((len(setup.regions), TAU_BINS, MOMENTS))
        training = np.zeros((setup.dimensions, BINS))
        rest = (
            edges,
            UNIFORM_EVENTS,
            float(mass),
            setup.source(mass),
            setup.density,
            setup.decay_at(mass),
            setup.apparatus,
            setup.planes,
            setup.cuts,
            setup.cones,
            setup.regions,
            histogram,
            training,
            np.zeros((0, 2)) if objective is None else objective,
            np.zeros((0, 1)) if events is None else events,
            np.zeros(1, dtype=np.int64) if event_rows is None else event_rows,
            least_region,
        )
        rows = (self._scratch, self._survivors, self._saved, *self._key, first_block)
        if not self._loaded:
            with _FIRST_CALL:
                self._chain(*rows, 0, *rest)
            self._loaded = True
        stored = self._chain(*rows, blocks, *rest)
        return histogram, training, int(stored)


def per_event(sums: FloatArray, events: int) -> FloatArray:
    """Sums of w, w tau, w tau^2 over the number of events, of w^2 over its square."""
    return sums / np.array([events, events, events, float(events) ** 2])


def _lifetimes(signal: FloatArray) -> tuple[FloatArray, FloatArray]:
    """lambda and yield at the maximum, long lifetime (inf: yield is the limit of N lambda) and _SHORT."""
    grid, value = coarse_laplace(signal[:, 0], *_LAMBDA_RANGE)
    top = int(np.argmax(value))
    lam, height = [grid[top], np.inf], [value[top], signal[:, 0].sum()]
    for fraction in _SHORT:
        below = np.flatnonzero(value[: top + 1] < fraction * value[top])
        if below.size and value[below[-1]] > 0.0:
            lam.append(grid[below[-1]])
            height.append(value[below[-1]])
    return np.array(lam), np.array(height)


def _objective(signal: FloatArray) -> FloatArray:
    """Rows (lambda, norm) so that each lifetime contributes with relative weight one."""
    lam, height = _lifetimes(signal)
    finite = np.isfinite(lam)
    norm = np.where(finite, height * np.where(finite, lam, 1.0), height)
    return np.column_stack([np.where(finite, lam, 1e30), norm])


def _reached(signal: FloatArray) -> FloatArray:
    """Relative MC error at the lifetimes where a precision is asked."""
    lam, _ = _lifetimes(signal)
    lam = np.where(np.isfinite(lam), lam, _VERY_LONG)[: _TOLERANCE.size]
    value, error = laplace(signal, lam)
    relative = np.full(_TOLERANCE.size, np.inf)
    with np.errstate(invalid="ignore", divide="ignore"):
        relative[: lam.size] = np.where(value > 0.0, error / value, np.inf)
    return relative


def _train(run: Runner, mass: float, edges: FloatArray, rounds: int) -> FloatArray:
    """Refine the map on the squared integrand of several lifetimes at once."""
    guess = np.array([[1e30, 1.0]])
    for k in range(rounds):
        first = TRAINING_BLOCK + k * TRAINING_BLOCKS
        sums, training, _ = run(mass, first, TRAINING_BLOCKS, edges, guess)
        signal = per_event(sums, TRAINING_BLOCKS * BLOCK)[0]
        if not signal[:, 0].sum() > 0.0:
            return edges
        if k:
            edges = refine(edges, training)
        guess = _objective(signal)
    return edges


def _measure(run: Runner, mass: float, edges: FloatArray, precision: float) -> MassSample:
    """Batches until the asked precision, or the largest number of events, is reached.

    A mass without one accepted event has an infinite error: it is empty, and not converged.
    """
    sums: FloatArray = np.zeros(1)
    blocks, batch = 0, _FIRST_BATCH
    while True:
        more, _, _ = run(mass, blocks, batch, edges)
        sums, blocks = sums + more, blocks + batch
        moments = per_event(sums, blocks * BLOCK)
        reached = _reached(moments[0])
        converged = bool(np.all(reached <= precision * _TOLERANCE))
        if converged or blocks >= _MAX_BLOCKS:
            break
        missing = float(np.max(reached / (precision * _TOLERANCE))) ** 2 - 1.0
        batch = int(min(max(missing, 0.1) * blocks, _GROWTH * blocks, _MAX_BLOCKS - blocks)) + 1
    w, ww = moments[0, :, 0].sum(), moments[0, :, 3].sum()
    effective = float(w * w / ww) if ww > 0.0 else 0.0
    return MassSample(mass, moments, blocks * BLOCK, reached, converged, effective)


def _closed(setup: ChannelSetup, mass: float) -> MassSample:
    """A mass at which no decay can be seen: nothing is drawn, zero is exact."""
    histogram = np.zeros((len(setup.regions), TAU_BINS, MOMENTS))
    return MassSample(mass, histogram, 0, np.zeros(_TOLERANCE.size), True, 0.0)


def first_map(run: Runner, setup: ChannelSetup, mass: float) -> FloatArray:
    """Map trained from nothing at one mass; close to the opening of the channel on the way down to it.

    There hardly an event is accepted and a uniform map sees none. The way starts at twice the opening (or
    half way to where the production closes) and halves the distance at each step.
    """
    opening = opening_mass_gev(setup)
    distance, far = mass - opening, min(opening, 0.5 * (setup.mass_end_gev - opening))
    steps = math.ceil(math.log2(far / distance)) if 0.0 < distance < 0.5 * far else 0
    edges, rounds = uniform_map(setup.dimensions), FIRST_ROUNDS
    for step in (*(opening + far * 0.5**k for k in range(steps)), mass):
        edges, rounds = _train(run, step, edges, rounds), _WARM_ROUNDS
    return edges


def sample_masses(setup: ChannelSetup, masses_gev: FloatArray, precision: float) -> list[MassSample]:
    """Sample a channel at neighbouring masses, in their order; the map of one mass starts that of the next.

    The highest mass comes first: more events are accepted there than close to the opening of the channel.
    Masses up to that opening are closed and not sampled.
    """
    run, opening = Runner(setup), opening_mass_gev(setup)
    edges: FloatArray | None = None
    samples: dict[float, MassSample] = {}
    for mass in sorted(map(float, masses_gev), reverse=True):
        if mass <= opening:
            samples[mass] = _closed(setup, mass)
            continue
        edges = first_map(run, setup, mass) if edges is None else _train(run, mass, edges, _WARM_ROUNDS)
        samples[mass] = _measure(run, mass, edges, precision)
    return [samples[mass] for mass in map(float, masses_gev)]

"""The compiled chain of one channel with its scratch: blocks of events to raw sums."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from feebly.core.block import BLOCK, RANDOM_ROWS, SCRATCH_SIZE, STRIDE
from feebly.core.interfaces import FloatArray
from feebly.core.randomness import stream_key
from feebly.engine.chain import compiled_chain
from feebly.engine.histogram import MOMENTS, TAU_BINS
from feebly.engine.importance import BINS, UNIFORM_EVENTS
from feebly.engine.setup import ChannelSetup

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

"""Speed of the compiled chain: against NumPy, in events per second, and from a cold start."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from statistics import median

import numpy as np

from benchmarks.figures import Figure, vector_instructions
from benchmarks.timing import REPEATS, cpu_seconds, median_cpu_seconds, run_python
from feebly.core.block import BLOCK
from feebly.core.interfaces import FloatArray
from feebly.engine.importance import uniform_map
from feebly.engine.runner import Runner, per_event
from feebly.engine.setup import ChannelSetup
from feebly.engine.training import first_map
from feebly.workflow.choices import choose
from feebly.workflow.sampling import channel_setup

MASS_GEV, FOUR_BODY_MASS_GEV = 0.3, 1.2
EVENTS_PER_SECOND = {"AVX-512": 1.5e7, "AVX2": 8e6}
_BLOCKS = 1600  # 0.8 million events, about 50 ms
_NUMPY_EVENTS = 32 * 8192


@cache
def dimuon_channel(production: str) -> ChannelSetup:
    """Set-up of one production mode with decay to mu mu at NA62, as ``feebly run`` makes it."""
    choices = choose("dark-photon", channels=["mumu"], production=[production])
    return channel_setup(choices, choices.production[0], "mumu", seed=1)


@dataclass(frozen=True, slots=True)
class Chain:
    """The compiled chain of one channel with a trained map: ``run`` makes events."""

    runner: Runner
    edges: FloatArray
    mass_gev: float = MASS_GEV

    def run(self, blocks: int, first: int = 0) -> FloatArray:
        """Raw sums of the moments of ``blocks`` blocks."""
        return self.runner(self.mass_gev, first, blocks, self.edges)[0]


@cache
def trained_chain(production: str) -> Chain:
    """Compiled and trained: the steady state of a sampling task."""
    setup = dimuon_channel(production)
    runner = Runner(setup)
    return Chain(runner, first_map(runner, setup, MASS_GEV).edges)


def four_body_chain() -> Chain:
    """pi+ pi- 2 pi0 with four photons, from bremsstrahlung; compiled and trained."""
    choices = choose("dark-photon", channels=["2pi2pi0"], production=["brems"])
    setup = channel_setup(choices, choices.production[0], "2pi2pi0", seed=1)
    runner = Runner(setup)
    edges = first_map(runner, setup, FOUR_BODY_MASS_GEV).edges
    return Chain(runner, edges, FOUR_BODY_MASS_GEV)


def four_body_events_per_second() -> Figure:
    """Generated events per CPU second in the steady state."""
    chain = four_body_chain()
    rate = _BLOCKS * BLOCK / median_cpu_seconds(lambda: chain.run(_BLOCKS))
    note = f"brems -> pi+ pi- 2 pi0, {FOUR_BODY_MASS_GEV} GeV, trained map; {vector_instructions()}"
    return Figure("four-body with four photons", rate, "/s", 5e6, True, note)


def require_same_yield(compiled: FloatArray, numpy: FloatArray) -> None:
    """RuntimeError unless the long-lifetime yields of two samples (per event) agree within 5 sigma."""
    one, other = compiled[0].sum(axis=0), numpy[0].sum(axis=0)
    sigmas = abs(one[0] - other[0]) / np.sqrt(one[3] + other[3])
    if not sigmas < 5:
        raise RuntimeError(f"NumPy and compiled chain differ by {sigmas:.1f} sigma: nothing to compare")


def against_numpy() -> Figure:
    """Time of the NumPy chain over that of the compiled chain, for the same number of events."""
    from benchmarks.numpy_chain import numpy_chain

    chain, setup = trained_chain("brems"), dimuon_channel("brems")

    def in_numpy() -> FloatArray:
        return numpy_chain(setup, MASS_GEV, chain.edges, _NUMPY_EVENTS)

    compiled = per_event(chain.run(_BLOCKS), _BLOCKS * BLOCK)
    require_same_yield(compiled, per_event(in_numpy(), _NUMPY_EVENTS))
    ratios = [
        (cpu_seconds(in_numpy) / _NUMPY_EVENTS)
        / (cpu_seconds(lambda: chain.run(_BLOCKS)) / (_BLOCKS * BLOCK))
        for _ in range(REPEATS)
    ]
    note = f"brems -> mu mu, {MASS_GEV} GeV, trained map; same yield checked"
    return Figure("two-body chain: NumPy / block kernel", median(ratios), "x", 5.0, True, note)


def events_per_second(production: str) -> Figure:
    """Generated events per CPU second in the steady state."""
    chain, vectors = trained_chain(production), vector_instructions()
    rate = _BLOCKS * BLOCK / median_cpu_seconds(lambda: chain.run(_BLOCKS))
    reach = EVENTS_PER_SECOND.get(vectors, EVENTS_PER_SECOND["AVX2"])
    note = f"{production} -> mu mu, {MASS_GEV} GeV, trained map; {vectors}"
    return Figure(f"events/s/core, {production}", rate, "/s", reach, True, note)


def first_block() -> None:
    """All that stands between a fresh interpreter and the first block of events."""
    setup = dimuon_channel("brems")
    Runner(setup)(MASS_GEV, 0, 1, uniform_map(setup.dimensions))


def starts() -> Iterator[Figure]:
    """CPU time of a process that runs one block, with an empty and with a full cache of compiled code."""
    script = ["-c", "from benchmarks.chain import first_block; first_block()"]
    with tempfile.TemporaryDirectory() as cache_folder:
        environment = {"NUMBA_CACHE_DIR": cache_folder}
        cold = run_python(script, environment).cpu_s
        warm = median(run_python(script, environment).cpu_s for _ in range(REPEATS))
    yield Figure(
        "cold start (compile)", cold, "s", 15.0, note="CPU time of a process to its first block, once"
    )
    yield Figure("warm start", warm, "s", 2.0, note="the same with compiled code on disk")


def figures() -> Iterator[Figure]:
    """All figures of the chain."""
    yield against_numpy()
    yield events_per_second("brems")
    yield events_per_second("eta")
    yield four_body_events_per_second()
    yield from starts()

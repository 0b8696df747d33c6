"""Cost of yield tables: all lifetimes at once, and a whole table of one channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from statistics import median

import numpy as np

from benchmarks.chain import dimuon_channel
from benchmarks.figures import Figure
from benchmarks.timing import REPEATS, cpu_seconds, median_cpu_seconds
from feebly.core.constants import MUON_MASS_GEV
from feebly.core.interfaces import FloatArray
from feebly.engine.histogram import laplace
from feebly.engine.sampler import sample_masses
from feebly.engine.yields import assemble
from feebly.workflow.tables import SamplingTask, TableRequest, compute

PRECISION = 0.01
MASSES_GEV = np.geomspace(0.22, 1.9, 100)
CTAU_M = np.geomspace(1e-2, 1e5, 100)


def many_lifetimes() -> Figure:
    """Relative cost of 100 lifetimes over one, for a block of neighbouring masses.

    Sampling and transforms are timed apart: their sums differ by less than two samplings do.
    """
    masses = np.linspace(0.28, 0.35, 8)
    setup = dimuon_channel("brems")
    samples = sample_masses(setup, masses, PRECISION)
    sampling = median_cpu_seconds(lambda: sample_masses(setup, masses, PRECISION))

    def transforms(ctau_m: FloatArray) -> float:
        return median_cpu_seconds(
            lambda: [laplace(sample.histogram, ctau_m / sample.mass_gev) for sample in samples], calls=10
        )

    extra = (sampling + transforms(CTAU_M)) / (sampling + transforms(CTAU_M[50:51])) - 1
    note = f"8 masses at 1%, all regions; sampling {1e3 * sampling / masses.size:.0f} ms per mass"
    return Figure("100 lifetimes against 1", 100 * extra, "% more", 5.0, note=note)


def mass_lifetime_table(seed: int) -> FloatArray:
    """N(m, ctau) of bremsstrahlung -> mu mu at 100 masses and 100 lifetimes, from nothing."""
    setup = replace(dimuon_channel("brems"), seed=seed)
    request = TableRequest(setup, (2 * MUON_MASS_GEV, 2.0), (MASSES_GEV[0], MASSES_GEV[-1]), PRECISION)
    tasks = [[SamplingTask(setup, masses, PRECISION) for masses in part] for part in request.segments()]
    blocks = [[compute(task) for task in part] for part in tasks]
    table = assemble("brems", "mumu", request.threshold_gev, blocks)
    return table.events(MASSES_GEV[:, None], CTAU_M[None, :])


def one_table() -> Figure:
    """CPU time of a table of one smooth channel: its knots sampled, the grid interpolated."""
    mass_lifetime_table(seed=0)
    seconds = median(cpu_seconds(partial(mass_lifetime_table, seed)) for seed in range(1, REPEATS + 1))
    return Figure("100 masses x 100 lifetimes at 1%", seconds, "CPU-s", 15.0, note="brems -> mu mu")


def figures() -> Iterator[Figure]:
    """All figures of the tables."""
    yield many_lifetimes()
    yield one_table()
    yield Figure("all 61 combinations at 1%, 2 cores", None, "s", 300.0, note="minutes: make bench-channels")

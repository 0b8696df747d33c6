"""Yield tables of the asked channels: from the store where they are, sampled where they are not."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from feebly.core.interfaces import FloatArray, PrimakoffSampling
from feebly.core.tables import digest
from feebly.engine.knots import blocks, knots, segments
from feebly.engine.opening import opening_mass_gev
from feebly.engine.sampler import SAMPLER_VERSION, MassSample, sample_masses
from feebly.engine.setup import ChannelSetup
from feebly.engine.yield_tables import YieldTables
from feebly.engine.yields import assemble
from feebly.workflow.executors import run_tasks
from feebly.workflow.store import TableStore

_CUBIC = 4  # knots that it takes
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class TableRequest:
    """One channel over the range in which it is open; only segments that meet the asked masses are made.

    last_gev: mass above which the particle has no such decay, or is none of the model; knots beyond it, but
    for one, are left out. Where they lie does not depend on it: models share all blocks but their last.
    """

    setup: ChannelSetup
    open_gev: tuple[float, float]
    asked_gev: tuple[float, float]
    precision: float
    last_gev: float = math.inf

    def segments(self) -> list[list[FloatArray]]:
        """Blocks of knots of each segment that overlaps the asked masses.

        The outermost ones serve up to the ends of the channel, a little beyond their knots. Where two meet,
        the upper one serves.
        """
        low, high = self.asked_gev
        found = segments(*self.open_gev, self.opening_gev)
        ends = [self.open_gev[0], *(stop for _, stop in found[:-1]), self.open_gev[1]]
        return [
            blocks(self._wanted(knots(start, stop, self.opening_gev, self._closes_at(last))))
            for (start, stop), (first, last) in zip(found, pairwise(ends), strict=False)
            if first <= min(high, self.last_gev) and (last > low or low == ends[-1])
        ]

    def _closes_at(self, mass_gev: float) -> bool:
        """Whether the production ends the channel there, and not the model.

        By kinematics, or softly: few photons of a proton are hard enough for a heavy particle.
        """
        soft = isinstance(self.setup.sampling, PrimakoffSampling)
        return mass_gev == self.open_gev[1] and (soft or math.isfinite(self.setup.mass_end_gev))

    def _wanted(self, masses: FloatArray) -> FloatArray:
        """The masses up to the first that ``last_gev`` does not exceed; enough for a cubic."""
        return masses[: max(int(np.searchsorted(masses, self.last_gev)) + 1, _CUBIC)]

    @property
    def name(self) -> str:
        """``production/final state``."""
        return f"{self.setup.production}/{self.setup.final_state.tag}"

    @property
    def digest(self) -> str:
        """Of all that the table depends on."""
        return digest(self.setup.key() | {"precision": self.precision})

    @property
    def threshold_gev(self) -> float:
        """Sum of the daughters' masses."""
        return sum(self.setup.daughter_masses_gev)

    @cached_property
    def opening_gev(self) -> float:
        """Mass from which on something can be seen: the reference point of the interpolation in mass.

        The threshold for a channel that never opens: it keeps its masses, all of them empty.
        """
        opening = opening_mass_gev(self.setup)
        return opening if segments(*self.open_gev, opening) else self.threshold_gev


@dataclass(frozen=True)
class SamplingTask:
    """One channel at one block of masses: the unit of work, of caching and of warm starts."""

    setup: ChannelSetup
    masses_gev: FloatArray
    precision: float

    def key(self) -> dict[str, Any]:
        """All that the result depends on."""
        sampling = {"sampler": SAMPLER_VERSION, "masses_gev": self.masses_gev, "precision": self.precision}
        return self.setup.key() | sampling

    @property
    def label(self) -> str:
        return f"{self.setup.production} -> {self.setup.final_state.tag}"


def compute(task: SamplingTask) -> list[MassSample]:
    """Sample one task (module level: workers find it by name)."""
    return sample_masses(task.setup, task.masses_gev, task.precision)


@dataclass(frozen=True, eq=False)
class ObtainedTables:
    """The tables, a digest of each channel's keys, and how many blocks had to be sampled."""

    tables: YieldTables
    digests: dict[str, str]
    sampled_blocks: int


def obtain_samples(
    tasks: Sequence[SamplingTask],
    store: TableStore,
    jobs: int = 1,
    progress: Progress | None = None,
    sampled: list[int] | None = None,
) -> list[list[MassSample]]:
    """Samples of each task, from the store or made now; ``sampled`` receives the indices of those made.

    Each finished task is in the store before the next is waited for: an interrupt loses nothing.
    """
    found = {
        index: block for index, task in enumerate(tasks) if (block := store.load(task.key())) is not None
    }
    waiting = [index for index in range(len(tasks)) if index not in found]
    report = progress or (lambda done, total, text: None)
    if waiting:
        report(0, len(waiting), "sampling yields")
    # closing: an error here (disk full, interrupt) drops the waiting tasks at once, not when it is forgotten
    with closing(run_tasks(compute, [tasks[i] for i in waiting], jobs)) as finished:
        for done, (position, block) in enumerate(finished, start=1):
            index = waiting[position]
            store.save(tasks[index].key(), block)
            found[index] = block
            report(done, len(waiting), tasks[index].label)
    if sampled is not None:
        sampled.extend(waiting)
    return [found[index] for index in range(len(tasks))]


def obtain_tables(
    requests: Iterable[TableRequest],
    store: TableStore,
    jobs: int = 1,
    progress: Progress | None = None,
) -> ObtainedTables:
    """Tables of all requests, assembled from their blocks."""
    requests = [request for request in requests if request.segments()]
    tasks = [
        SamplingTask(request.setup, masses, request.precision)
        for request in requests
        for segment in request.segments()
        for masses in segment
    ]
    fresh: list[int] = []
    samples = obtain_samples(tasks, store, jobs, progress, fresh)
    remaining = iter(samples)
    tables, digests = {}, {}
    for request in requests:
        parts = [[next(remaining) for _ in segment] for segment in request.segments()]
        channel = (request.setup.production, request.setup.final_state.tag)
        tables[channel] = assemble(*channel, request.threshold_gev, parts, request.opening_gev)
        digests[request.name] = request.digest
    return ObtainedTables(YieldTables(tables), digests, len(fresh))

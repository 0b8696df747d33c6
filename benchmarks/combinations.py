"""Cost of all 61 combinations of particle, production and decay at 1%, and of a change of the model."""

from __future__ import annotations

import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.figures import Figure
from benchmarks.timing import median_cpu_seconds, run_python
from feebly.core.interfaces import FloatArray, ProductionChannel
from feebly.core.tables import digest
from feebly.engine.importance import uniform_map
from feebly.engine.sampler import MassSample, Runner
from feebly.engine.setup import ChannelSetup
from feebly.engine.yield_tables import YieldTables
from feebly.limits.observation import Observation
from feebly.limits.scan import contours_of_kind, log_spaced, scan
from feebly.workflow.choices import Choices, choose
from feebly.workflow.combinations import FURTHER, Combination, combinations
from feebly.workflow.executors import run_tasks
from feebly.workflow.run import signal_yields
from feebly.workflow.sampling import DEFAULT_PRECISION, DEFAULT_SEED, table_requests
from feebly.workflow.store import TableStore
from feebly.workflow.tables import SamplingTask, TableRequest, compute, obtain_tables

ANALYSIS = "na62-dump-all"
"""Searches every final state of the list."""
CORES = 2
_COARSE = 0.05
Channel = tuple[str, str, str]
"""Model, production mode, final state."""


@dataclass
class Workload:
    """Requests by channel, and the setting of each model; left_out: combinations without a search."""

    choices: dict[str, Choices] = field(default_factory=dict)
    requests: dict[Channel, TableRequest] = field(default_factory=dict)
    listed: list[Combination] = field(default_factory=list)
    left_out: list[Combination] = field(default_factory=list)

    @property
    def tasks(self) -> list[tuple[Channel, SamplingTask]]:
        """Blocks of masses, each with its channel."""
        return [
            (channel, SamplingTask(request.setup, masses, request.precision))
            for channel, request in self.requests.items()
            for segment in request.segments()
            for masses in segment
        ]

    @property
    def distinct(self) -> list[tuple[Channel, SamplingTask]]:
        """The same, with blocks that models share under the first of them only."""
        found: dict[str, tuple[Channel, SamplingTask]] = {}
        for channel, task in self.tasks:
            found.setdefault(digest(task.key()), (channel, task))
        return list(found.values())

    def chains(self) -> list[tuple[ChannelSetup, float]]:
        """One channel, with a mass at which it is open, for each chain that is compiled."""
        found: dict[tuple[type, type], tuple[ChannelSetup, float]] = {}
        for _, task in self.tasks:
            key = (type(task.setup.source(task.masses_gev[-1])), task.setup.decay_type)
            found.setdefault(key, (task.setup, float(task.masses_gev[-1])))
        return list(found.values())


def workload(precision: float = DEFAULT_PRECISION) -> Workload:
    """The listed combinations with the modes of each model's default preset, over its default masses."""
    work = Workload()
    for each in combinations(analysis=ANALYSIS):
        if each.listing != FURTHER:
            (work.listed if each.status == "open" else work.left_out).append(each)
    for model in dict.fromkeys(each.model for each in work.listed):
        own = [each for each in work.listed if each.model == model]
        states = tuple(dict.fromkeys(each.final_state for each in own))
        choices = work.choices[model] = choose(model, analysis=ANALYSIS, channels=states)
        wanted = {(mode, each.final_state) for each in own for mode in each.production}
        for request in table_requests(choices, choices.mass[:2], precision, DEFAULT_SEED):
            channel = (request.setup.production, request.setup.final_state.tag)
            if channel in wanted and request.segments():
                work.requests[model, *channel] = request
    return work


@dataclass(frozen=True)
class Cost:
    """CPU seconds by channel, and samples that did not converge."""

    cpu_s: Mapping[Channel, float]
    not_converged: Mapping[Channel, int]
    samples: int


def sample(work: Workload, store: TableStore, cores: int = CORES) -> Cost:
    """Sample everything and keep it."""
    tasks, number = work.distinct, 0
    seconds: defaultdict[Channel, float] = defaultdict(float)
    missed: defaultdict[Channel, int] = defaultdict(int)

    def timed(item: tuple[Channel, SamplingTask]) -> tuple[float, list[MassSample]]:
        started = time.thread_time()
        samples = compute(item[1])
        return time.thread_time() - started, samples

    for index, (spent, samples) in run_tasks(timed, tasks, cores):
        channel, task = tasks[index]
        store.save(task.key(), samples)
        seconds[channel] += spent
        missed[channel] += sum(not sample.converged for sample in samples)
        number += len(samples)
    return Cost(seconds, missed, number)


def compile_all(work: Workload) -> None:
    """One block of each chain."""
    for setup, mass in work.chains():
        Runner(setup)(mass, 0, 1, uniform_map(setup.dimensions))


def start() -> None:
    """All that stands between a fresh interpreter and a block of every chain."""
    compile_all(workload())


def starts() -> Iterator[Figure]:
    """CPU time of a process that compiles all chains, and of one that finds them on disk."""
    script = ["-c", "from benchmarks.combinations import start; start()"]
    with tempfile.TemporaryDirectory() as cache_folder:
        environment = {"NUMBA_CACHE_DIR": cache_folder}
        cold, warm = run_python(script, environment).cpu_s, run_python(script, environment).cpu_s
    yield Figure("all chains, compiled", cold, "CPU-s", note="a process to one block of each chain")
    yield Figure("all chains, from disk", warm, "CPU-s", note="the same with compiled code on disk")


def all_combinations(work: Workload, store: TableStore) -> Iterator[Figure]:
    """From no table to all of them, compiled code in memory."""
    compile_all(work)
    wall, cpu = time.perf_counter(), time.process_time()
    cost = sample(work, store)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    for line in _spent(cost):
        print(line, file=sys.stderr)
    missed = sum(cost.not_converged.values())
    note = f"{len(work.requests)} tables, {cost.samples} masses, {missed} not at 1%; {CORES} threads"
    name = f"all {len(work.listed)} combinations at 1%, {CORES} cores"
    yield Figure(f"{name}: wall", wall, "s", 300.0, note=note)
    yield Figure(f"{name}: CPU", cpu, "CPU-s", 300.0 * CORES, note="compiled code in memory, no table cached")
    for each in work.left_out:
        text = f"{each.status}: {each.model}, {each.source} -> {each.final_state}"
        yield Figure(f"left out: {each.final_state}", None, "", note=text)


def _spent(cost: Cost) -> Iterator[str]:
    """CPU seconds by model and final state, and by model and production mode."""
    for title, key in (("final state", (0, 2)), ("production", (0, 1))):
        sums: dict[tuple[str, ...], float] = defaultdict(float)
        missed: dict[tuple[str, ...], int] = defaultdict(int)
        for channel, spent in cost.cpu_s.items():
            name = tuple(channel[k] for k in key)
            sums[name] += spent
            missed[name] += cost.not_converged[channel]
        yield f"CPU-s by {title}:"
        for name, spent in sorted(sums.items(), key=lambda item: -item[1]):
            yield f"  {spent:8.1f}  {' '.join(name)}" + (
                f"  {missed[name]} not at 1%" if missed[name] else ""
            )


def errors(work: Workload, store: TableStore) -> dict[Combination, FloatArray]:
    """Relative MC error of each combination, its modes added with their rates: (masses, 3).

    At the maximum, at a long lifetime and, on the short side, at 1e-2 of the maximum.
    """
    found = {}
    for model, choices in work.choices.items():
        requests = [request for channel, request in work.requests.items() if channel[0] == model]
        tables = obtain_tables(requests, store).tables
        multiplicity = choices.multiplicities()
        for each in (each for each in work.listed if each.model == model):
            modes = [mode for mode in choices.production if (mode.tag, each.final_state) in tables.tables]
            modes = [mode for mode in modes if mode.tag in each.production]
            assert each.masses_gev is not None
            low, high = max(each.masses_gev[0], choices.mass[0]), min(each.masses_gev[1], choices.mass[1])
            masses = np.geomspace(low, high, _MASSES + 2)[1:-1]
            sums = [_sums(tables, modes, multiplicity, each.final_state, mass) for mass in masses]
            # none at all: a mixing angle that vanishes, as at the mass of the pi0
            seen = [sum_ for sum_ in sums if sum_[0].any()]
            found[each] = np.array([_at_three_lifetimes(*sum_) for sum_ in seen])
    return found


_MASSES, _CTAU_M = 12, np.geomspace(1e-6, 1e9, 301)


def _sums(
    tables: YieldTables,
    modes: Sequence[ProductionChannel],
    multiplicity: Mapping[str, float | None],
    state: str,
    mass: float,
) -> tuple[FloatArray, FloatArray]:
    """Yield and its error for every lifetime."""
    total, square = np.zeros(_CTAU_M.size), np.zeros(_CTAU_M.size)
    for mode in modes:
        low, high = mode.mass_range_gev((0.0, np.inf))
        rate = float(mode.rate(mass, 1.0, multiplicity[mode.tag])) if low < mass < high else 0.0
        if rate > 0.0:
            events = rate * tables.expected_events(mode.tag, state, mass, _CTAU_M)
            total += events
            square += (events * tables.relative_error(mode.tag, state, mass, _CTAU_M)) ** 2
    return total, np.sqrt(square)


def _at_three_lifetimes(total: FloatArray, error: FloatArray) -> tuple[float, float, float]:
    top = int(np.argmax(total))
    short = int(np.searchsorted(total[: top + 1], 1e-2 * total[top]))
    at = [top, -1, short]
    relative = error[at] / total[at]
    return float(relative[0]), float(relative[1]), float(relative[2])


def reached(work: Workload, store: TableStore) -> Iterator[Figure]:
    """Share of the masses at which the yield of a combination has the asked precision at all three."""
    found = errors(work, store)
    for each, relative in found.items():
        worst = 100 * relative.max(axis=1)
        text = f"{each.model}, {each.source} -> {each.final_state}: {np.round(worst, 2)} %"
        print(text, file=sys.stderr)
    worst = np.concatenate([relative.max(axis=1) for relative in found.values()])
    within = 100 * np.mean(worst <= 2 * DEFAULT_PRECISION)
    note = f"{worst.size} masses, all modes added; within 2%: {within:.0f}%; largest {100 * worst.max():.2g}%"
    share = 100 * float(np.mean(worst <= 1.05 * DEFAULT_PRECISION))
    yield Figure("masses of the combinations within 1%", share, "%", 100.0, larger_is_better=True, note=note)


def changes(work: Workload, store: TableStore) -> Iterator[Figure]:
    """CPU time from a change of each model to its contours, with the tables in memory.

    Of all its final states of the list with every production mode; tables that the list lacks are made with a
    coarse precision, which does not count here.
    """
    for model, choices in work.choices.items():
        every = table_requests(choices, choices.mass[:2], _COARSE, DEFAULT_SEED)
        channels = {(model, r.setup.production, r.setup.final_state.tag): r for r in every if r.segments()}
        yield from model_change(choices, [work.requests.get(*each) for each in channels.items()], store)


def model_change(choices: Choices, requests: Sequence[TableRequest], store: TableStore) -> Iterator[Figure]:
    """Contours anew, of the same preset: nothing of the last ones is kept."""
    obtained = obtain_tables(requests, store, CORES)
    axes = log_spaced("mass", choices.mass), log_spaced("coupling", choices.coupling)

    def expected() -> None:
        observation = Observation(choices.analysis, choices.model, choices.channels)
        assert contours_of_kind(signal_yields(choices, obtained), observation, *axes, "expected")

    def everything() -> None:
        observation = Observation(choices.analysis, choices.model, choices.channels)
        scan(signal_yields(choices, obtained), observation, choices.mass, choices.coupling)

    name = f"model change, {choices.model.tag}, tables cached -> contour"
    note = f"{len(requests)} tables: {len(choices.production)} modes, {', '.join(choices.channels)}"
    yield Figure(name, median_cpu_seconds(expected), "s", 0.2, note=note)
    note = "its contours of 3 and 5 sigma too, yields of every channel and their errors on 100 x 100 points"
    yield Figure("the same with everything that a run keeps", median_cpu_seconds(everything), "s", note=note)


def figures() -> Iterator[Figure]:
    """All figures of the combinations."""
    yield from starts()
    work = workload()
    with tempfile.TemporaryDirectory() as folder:
        store = TableStore(Path(folder))
        yield from all_combinations(work, store)
        yield from reached(work, store)
        yield from changes(work, store)

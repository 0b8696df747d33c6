"""Simulated events of one mass, coupling and final state: what ``feebly simulate`` does, as one function."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from feebly.core.block import BLOCK
from feebly.core.errors import ConfigError, DomainError, unknown
from feebly.core.interfaces import FloatArray
from feebly.core.randomness import stream_key
from feebly.physics.decays.channels import channel_of
from feebly.physics.production.user_file import OwnModel
from feebly.workflow.choices import DEFAULT_EXPERIMENT, Choices, choose
from feebly.workflow.event_channels import open_pools
from feebly.workflow.event_pool import ALL_REGIONS, CHUNK, EventPool, cut_names, draw_chunk
from feebly.workflow.event_sample import CutFlowStep, EventSample, ProductionShare
from feebly.workflow.event_schema import chain_rows, event_columns, event_schema, in_schema_order
from feebly.workflow.executors import available_cores, run_tasks
from feebly.workflow.notes import setting_notes, spectrum_notes
from feebly.workflow.sampling import DEFAULT_SEED
from feebly.workflow.store import Report
from feebly.workflow.tables import Progress

MOST_EVENTS = 5_000_000  # 43 columns of them are 1.7 GB; fewer where there are more columns
_MOST_NUMBERS = 43 * MOST_EVENTS
EVERY_REGION = "all"
_MOST_CHUNKS = 6_000  # of one channel: 2e8 generated events, about a minute of one core
_ROUND_CHUNKS = 128
_ENOUGH_TO_TELL = 5  # events from which on it is clear, within a factor 3, how many must be simulated


def simulate(
    model: str | Path | OwnModel,
    channel: str,
    *,
    mass_gev: float,
    coupling: float,
    n: int,
    production: Sequence[str] | None = None,
    region: str = "SR",
    weighted: bool = False,
    experiment: str | Path = DEFAULT_EXPERIMENT,
    analysis: str | Path | None = None,
    preset: str | None = None,
    spectrum: str | Path | None = None,
    response: Mapping[str, str] | str | None = None,
    pot: float | None = None,
    seed: int = DEFAULT_SEED,
    jobs: int | None = None,
    progress: Progress | None = None,
    report: Report = lambda line: None,
) -> EventSample:
    """n events of one final state with true and reconstructed quantities, made by the chain of the yields.

    region: a search region of the analysis, or ``all`` for every event inside the acceptance (all apertures
    and momentum cuts, any reconstructed vertex). production: tags (None: all of the preset); each event is of
    one of them, with the probability of its share of the expected events. spectrum: source of the meson
    spectra other than the preset's. The same seed gives the same events for any number of jobs. Errors
    (ConfigError, DomainError) are one line.
    """
    choices = choose(
        model, experiment, analysis, [channel], production, preset, response, pot, spectrum=spectrum
    )
    point = SamplePoint(channel, mass_gev, coupling, region)
    return sample_of(choices, point, n, weighted, seed, jobs, progress, report)


class SamplePoint(NamedTuple):
    """Final state, mass, coupling and region (or ``all``) of a sample."""

    channel: str
    mass_gev: float
    coupling: float
    region: str


def sample_of(
    choices: Choices,
    point: SamplePoint,
    n: int,
    weighted: bool,
    seed: int,
    jobs: int | None = None,
    progress: Progress | None = None,
    report: Report = lambda line: None,
) -> EventSample:
    """`simulate` of choices that were made, whose final states may be more than that of the point."""
    _check_number(n, point.channel)
    wanted = _region_number(choices, point.channel, point.region)
    notes = (*setting_notes(choices), *spectrum_notes(choices))
    for line in notes:
        report(line)
    pools = open_pools(choices, point.channel, point.mass_gev, point.coupling, (seed, wanted, weighted))
    counts = _fill(pools, n, jobs or available_cores(), progress or (lambda done, total, text: None))
    columns = _assemble(pools, counts, point.mass_gev)
    return _sample(choices, pools, counts, columns, point, notes)


def _check_number(n: int, channel: str) -> None:
    most = min(MOST_EVENTS, _MOST_NUMBERS // len(event_schema(channel)))
    if not 1 <= n <= most:
        raise ConfigError(f"n = {n}: expected a number of events from 1 to {most:,}")


def _region_number(choices: Choices, channel: str, region: str) -> int:
    names = [r.name for r in choices.analysis.final_state(channel).regions]
    if region == EVERY_REGION:
        return ALL_REGIONS
    if region not in names:
        raise unknown(f"region of {channel}", region, [*names, EVERY_REGION])
    return names.index(region) + 1


# --- drawing ------------------------------------------------------------------------------------------


def _fill(pools: list[EventPool], n: int, threads: int, progress: Progress) -> NDArray[np.int64]:
    """Draw until each pool holds its part of n events; returns the parts.

    Every event has a uniform number that chooses its channel by the shares of the expected events. The
    shares become better known while events are drawn, hence the parts are taken anew after each round.
    """
    for _ in run_tasks(lambda pool: pool.stream.edges, pools, threads):  # maps are trained once, in parallel
        pass
    lot = np.sort(_generator(pools, "channels").random(n))
    chunks = [1] * len(pools)
    while any(chunks):
        _draw_round(pools, chunks, threads)
        parts = _parts(pools, lot)
        progress(sum(min(pool.available, k) for pool, k in zip(pools, parts, strict=True)), n, "events")
        chunks = [_missing_chunks(pool, int(k)) for pool, k in zip(pools, parts, strict=True)]
    return parts


def _draw_round(pools: Sequence[EventPool], chunks: Sequence[int], threads: int) -> None:
    work = [(pool, task) for pool, number in zip(pools, chunks, strict=True) for task in pool.tasks(number)]
    drawn = dict(run_tasks(draw_chunk, [task for _, task in work], threads))
    for pool in pools:
        if mine := [drawn[k] for k, (owner, _) in enumerate(work) if owner is pool]:
            pool.add(mine)


def _parts(pools: Sequence[EventPool], lot: FloatArray) -> NDArray[np.int64]:
    expected = np.array([pool.expected for pool in pools])
    if not expected.sum() > 0.0:
        generated = sum(pool.generated for pool in pools)
        raise DomainError(
            f"not one of {generated:,} simulated events is in the asked region: nothing is expected there; "
            "try another --coupling or --region all"
        )
    edges = np.cumsum(expected) / expected.sum()
    last = int(np.flatnonzero(expected)[-1])
    edges[last:] = 1.0
    return np.diff(np.searchsorted(lot, edges), prepend=0)


def _missing_chunks(pool: EventPool, wanted: int) -> int:
    """Chunks that should give what is still missing; DomainError when they are too many."""
    missing, available = wanted - pool.available, pool.available
    if missing <= 0:
        return 0
    done = pool.blocks // CHUNK
    needed = math.ceil(1.1 * missing / max(available, 1) * done) + 1
    hopeless = available >= _ENOUGH_TO_TELL and done + needed > 3 * _MOST_CHUNKS
    if hopeless or done + min(needed, _ROUND_CHUNKS) > _MOST_CHUNKS:
        raise DomainError(
            f"{pool.stream.setup.production}: {available:,} of {wanted:,} events after {pool.generated:,} "
            f"simulated (accept-reject keeps {pool.efficiency:.2g}); {_MOST_CHUNKS * CHUNK * BLOCK:,} are "
            "the most: ask for fewer events, or for weighted ones"
        )
    return min(needed, _ROUND_CHUNKS, 4 * done)


def _generator(pools: Sequence[EventPool], purpose: str) -> np.random.Generator:
    setup = pools[0].stream.setup
    tags = ",".join(pool.stream.setup.production for pool in pools)
    return np.random.default_rng([*map(int, stream_key(setup.seed, tags, setup.final_state.tag, purpose))])


# --- the sample ---------------------------------------------------------------------------------------


def _assemble(
    pools: Sequence[EventPool], parts: NDArray[np.int64], mass_gev: float
) -> dict[str, NDArray[np.generic]]:
    """Columns of the schema in random order; the weights add up to the expected events."""
    rng = _generator(pools, "order")
    taken = [pool.take(int(k), rng) for pool, k in zip(pools, parts, strict=True)]
    weight = np.concatenate([w for w, _ in taken])
    weight *= sum(pool.expected for pool in pools) / weight.sum()
    table = np.concatenate([rows for _, rows in taken])
    setup = pools[0].stream.setup
    tag, cuts = setup.final_state.tag, setup.final_state.photons
    rows = dict(zip(chain_rows(tag), table.T, strict=True))
    columns = event_columns(rows, tag, mass_gev, setup.experiment.plane(cuts.plane).z_m if cuts else None)
    columns |= {"weight": weight, "production": np.repeat(np.arange(len(pools)), parts)}
    order = rng.permutation(weight.size)
    return {name: values[order] for name, values in in_schema_order(columns, tag).items()}


def _shares(pools: Sequence[EventPool], parts: NDArray[np.int64]) -> Iterator[ProductionShare]:
    for pool, events in zip(pools, parts, strict=True):
        yield ProductionShare(
            pool.stream.setup.production,
            pool.expected,
            pool.expected_error,
            pool.generated,
            int(events),
            None if pool.weighted else pool.efficiency,
        )


def _cut_flow(pools: Sequence[EventPool]) -> Iterator[CutFlowStep]:
    yield CutFlowStep("generated", sum(pool.generated for pool in pools))
    total = sum(pool.cut_flow() for pool in pools)
    for name, (simulated, expected, square) in zip(
        cut_names(pools[0].stream.setup.final_state), np.asarray(total), strict=True
    ):
        yield CutFlowStep(name, int(simulated), float(expected), float(np.sqrt(square)))


def _sample(
    choices: Choices,
    pools: Sequence[EventPool],
    parts: NDArray[np.int64],
    columns: dict[str, NDArray[np.generic]],
    point: SamplePoint,
    notes: tuple[str, ...],
) -> EventSample:
    _, mass, coupling, region = point
    state = pools[0].stream.setup.final_state
    return EventSample(
        model=choices.model.tag,
        fip_pdg=choices.model.pdg_code,
        mass_gev=float(mass),
        coupling=float(coupling),
        coupling_name=choices.model.coupling_name,
        ctau_m=float(choices.model.ctau_m(mass, coupling)),
        final_state=state.tag,
        daughters_pdg=tuple(body.pdg for body in channel_of(state.tag).bodies),
        experiment=choices.experiment.name,
        analysis=choices.analysis.name,
        preset=choices.preset.name,
        response=choices.responses[state.tag],
        pot=choices.analysis.pot,
        beam_momentum_gev=choices.experiment.beam.momentum_gev,
        seed=pools[0].stream.setup.seed,
        kind="weighted" if pools[0].weighted else "unweighted",
        region=region,
        regions=tuple(r.name for r in state.regions),
        region_shapes=tuple(r.shape for r in state.regions),
        expected=sum(pool.expected for pool in pools),
        mc_error=math.hypot(*(pool.expected_error for pool in pools)),
        shares=tuple(_shares(pools, parts)),
        cut_flow=tuple(_cut_flow(pools)),
        columns=columns,
        notes=notes,
    )

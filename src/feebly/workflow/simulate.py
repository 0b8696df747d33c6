"""Simulated events of one mass, coupling and final state: what ``feebly simulate`` does, as one function."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feebly.core.block import BLOCK
from feebly.core.errors import ConfigError, DomainError, unknown
from feebly.core.interfaces import FloatArray, ProductionChannel
from feebly.core.randomness import stream_key
from feebly.engine.events import EventStream
from feebly.engine.opening import opening_mass_gev
from feebly.limits.signal import SignalYields
from feebly.physics.decays.channels import channel_of
from feebly.physics.production.user_file import OwnModel
from feebly.workflow.choices import DEFAULT_EXPERIMENT, Choices, choose
from feebly.workflow.event_pool import ALL_REGIONS, CHUNK, EventPool, cut_names, draw_chunk
from feebly.workflow.event_sample import CutFlowStep, EventSample, ProductionShare
from feebly.workflow.event_schema import chain_rows, event_columns, event_schema, in_schema_order
from feebly.workflow.executors import available_cores, run_tasks
from feebly.workflow.notes import setting_notes, spectrum_notes
from feebly.workflow.sampling import DEFAULT_SEED, channel_setup
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
    _check_number(n, channel)
    wanted = _region_number(choices, channel, region)
    report_progress = progress or (lambda done, total, text: None)
    threads = jobs or available_cores()
    notes = (*setting_notes(choices), *spectrum_notes(choices))
    for line in notes:
        report(line)
    pools = _open_pools(choices, channel, mass_gev, coupling, (seed, wanted, weighted))
    counts = _fill(pools, n, threads, report_progress)
    columns = _assemble(pools, counts, mass_gev)
    return _sample(choices, pools, counts, columns, (mass_gev, coupling, region), notes)


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


# --- which channels, with which factor ----------------------------------------------------------------


class _OneEvent:
    """Yields of one event for every channel: what multiplies it is the factor of the channel."""

    def expected_events(
        self, production: str, final_state: str, mass_gev: ArrayLike, ctau_m: ArrayLike
    ) -> FloatArray:
        return np.ones(np.broadcast_shapes(np.shape(mass_gev), np.shape(ctau_m)))

    def relative_error(
        self, production: str, final_state: str, mass_gev: ArrayLike, ctau_m: ArrayLike
    ) -> FloatArray:
        return np.zeros(np.broadcast_shapes(np.shape(mass_gev), np.shape(ctau_m)))  # one is exact


def _open_pools(
    choices: Choices, channel: str, mass_gev: float, coupling: float, settings: tuple[int, int, bool]
) -> list[EventPool]:
    """An empty pool for each production that can be seen; DomainError when there is none."""
    seed, region, weighted = settings
    signal = SignalYields(
        choices.model,
        choices.production,
        choices.multiplicities(),
        _OneEvent(),
        choices.analysis.pot,
        {channel: choices.response(channel).efficiency},
    )
    factors = signal.at_points([mass_gev], [coupling]).by_channel()  # refuses masses and couplings
    lam = float(choices.model.ctau_m(mass_gev, coupling)) / mass_gev
    pools = []
    for mode in choices.production:
        factor = float(factors.get(f"{mode.tag}/{channel}", np.zeros(1))[0])
        setup = channel_setup(choices, mode, channel, seed)
        if factor > 0.0 and mass_gev > opening_mass_gev(setup):
            stream = EventStream(setup, mass_gev, lam, chain_rows(channel))
            pools.append(EventPool(stream, factor, region, weighted))
    if not pools:
        raise DomainError(_closed(choices.production, channel, mass_gev, signal))
    return pools


def _closed(
    production: Sequence[ProductionChannel], channel: str, mass_gev: float, signal: SignalYields
) -> str:
    ranges = [signal.open_range_gev(mode, channel) for mode in production]
    found = [(low, high) for low, high in ranges if low < high]
    lows, highs = zip(*found, strict=True) if found else ((), ())
    where = f"open at {min(lows):.4g}-{max(highs):.4g} GeV" if found else "open nowhere"
    threshold = signal.model.threshold_gev(channel)
    modes = ", ".join(mode.tag for mode in production) if len(production) < 4 else "every production mode"
    return f"{modes} -> {channel} is closed at m = {mass_gev:g} GeV (threshold {threshold:.4g} GeV); {where}"


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
    point: tuple[float, float, str],
    notes: tuple[str, ...],
) -> EventSample:
    mass, coupling, region = point
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

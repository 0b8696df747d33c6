"""From names to the exclusion: what ``feebly run`` does, as one function."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from feebly.core.errors import ConfigError
from feebly.core.interfaces import ProductionChannel
from feebly.engine.setup import ChannelSetup
from feebly.limits.observation import Observation
from feebly.limits.scan import scan
from feebly.limits.signal import SignalYields
from feebly.workflow.choices import DEFAULT_EXPERIMENT, Choices, GridRange, choose
from feebly.workflow.executors import available_cores
from feebly.workflow.inputs import input_records
from feebly.workflow.notes import sample_notes, setting_notes
from feebly.workflow.result import RunResult
from feebly.workflow.store import Report, TableStore, default_directory
from feebly.workflow.tables import ObtainedTables, Progress, TableRequest, obtain_tables

DEFAULT_PRECISION = 0.01
DEFAULT_SEED = 1


def channel_setup(choices: Choices, channel: ProductionChannel, state: str, seed: int) -> ChannelSetup:
    """Everything that the sample of one production channel and final state depends on."""
    return ChannelSetup(
        channel.tag,
        channel.sampling(),
        choices.spectrum(channel),
        choices.experiment,
        choices.analysis.final_state(state),
        choices.response(state).pair_separation,
        seed,
    )


def table_requests(
    choices: Choices, masses_gev: tuple[float, float], precision: float, seed: int
) -> list[TableRequest]:
    """One request per (production, final state) that is open somewhere in the asked masses."""
    requests = []
    for state in choices.channels:
        threshold = choices.model.threshold_gev(state)
        for channel in choices.production:
            low, high = channel.mass_range_gev(choices.model.mass_range_gev)
            setup = channel_setup(choices, channel, state, seed)
            requests.append(TableRequest(setup, (max(low, threshold), high), masses_gev, precision))
    return requests


def signal_yields(choices: Choices, obtained: ObtainedTables) -> SignalYields:
    """N(m, coupling) of the chosen model from the tables."""
    return SignalYields(
        model=choices.model,
        production_channels=choices.production,
        multiplicities=choices.multiplicities(),
        source=obtained.tables,
        pot=choices.analysis.pot,
        efficiencies={tag: choices.response(tag).efficiency for tag in choices.channels},
    )


def refuse_double_counting(choices: Choices, signal_error: float, forced: bool) -> None:
    """A calibrated efficiency contains the uncertainty of the POT already."""
    if signal_error == 0.0 or forced:
        return
    for tag in choices.channels:
        origin = choices.response(tag).origin
        if origin.kind == "calibrated":
            raise ConfigError(
                f"signal error {signal_error:g} with response set {choices.responses[tag]!r} of {tag}: its "
                "efficiency is calibrated and contains that uncertainty; use --response none, or "
                "--force-signal-error"
            )


def run(
    model: str,
    *,
    experiment: str | Path = DEFAULT_EXPERIMENT,
    analysis: str | Path | None = None,
    channels: Sequence[str] | None = None,
    production: Sequence[str] | None = None,
    preset: str | None = None,
    response: Mapping[str, str] | str | None = None,
    pot: float | None = None,
    mass: GridRange | None = None,
    coupling: GridRange | None = None,
    cl: float = 0.90,
    convention: str = "cls-counting",
    signal_error: float = 0.0,
    force_signal_error: bool = False,
    precision: float = DEFAULT_PRECISION,
    seed: int = DEFAULT_SEED,
    jobs: int | None = None,
    progress: Progress | None = None,
    report: Report = lambda line: None,
    cache_dir: str | Path | None = None,
) -> RunResult:
    """Exclusion of a model by an analysis, from the proton on target to the contour.

    model: tag or alias. experiment, analysis: names or TOML files (the analysis defaults to the one of the
    same name). channels, production: final states and production modes (default: all). preset: choices of
    physics; response: response set by final state or one for all (default: the preset's). pot: another than
    the analysis' own makes a projection. mass, coupling: (min, max, number) of the grid, GeV. cl, convention,
    signal_error: of the limit. precision: relative MC precision of the tables. jobs: threads (default:
    all cores). progress(done, total, text), report(line): called along the way. cache_dir: where yield tables
    are kept. Raises ConfigError, DomainError or DataError with one line.
    """
    started = time.perf_counter()
    choices = choose(model, experiment, analysis, channels, production, preset, response, pot, mass, coupling)
    refuse_double_counting(choices, signal_error, force_signal_error)
    observation = Observation(choices.analysis, choices.model, choices.channels, cl, convention, signal_error)
    observation.s_up_expected(np.array(choices.mass[1:2]))  # refuses cl and convention before any sampling
    store = TableStore(Path(cache_dir) if cache_dir else default_directory(), report)
    requests = table_requests(choices, choices.mass[:2], checked_precision(precision), seed)
    obtained = obtain_tables(requests, store, jobs or available_cores(), progress)
    sampled = time.perf_counter()
    result = scan(signal_yields(choices, obtained), observation, choices.mass, choices.coupling, precision)
    finished = time.perf_counter()
    return RunResult(
        model=choices.model.tag,
        coupling_name=choices.model.coupling_name,
        experiment=choices.experiment,
        analysis=choices.analysis,
        preset=choices.preset,
        responses=dict(choices.responses),
        pot=choices.analysis.pot,
        projection=not observation.has_counts,
        channels=choices.channels,
        production=tuple(channel.tag for channel in choices.production),
        cl=cl,
        convention=convention,
        signal_error=signal_error,
        precision=precision,
        seed=seed,
        mass_range_gev=choices.mass,
        coupling_range=choices.coupling,
        scan=result,
        inputs=input_records(choices),
        tables=obtained.digests,
        timings={"tables": sampled - started, "limits": finished - sampled},
        notes=(*setting_notes(choices), *sample_notes(obtained.tables, result.pieces), *result.notes),
    )


def checked_precision(precision: float) -> float:
    """A relative Monte Carlo precision between 1e-4 and 0.5; ConfigError otherwise."""
    if not 1e-4 <= precision <= 0.5:
        raise ConfigError(f"precision = {precision:g}: expected a relative error from 1e-4 to 0.5, e.g. 0.01")
    return float(precision)

"""From names to the exclusion: what ``feebly run`` does, as one function."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from feebly.core.errors import ConfigError
from feebly.limits.expected_bands import BandChoice
from feebly.limits.observation import Observation
from feebly.limits.scan import scan
from feebly.limits.searches import bands_by_mass
from feebly.limits.signal import SignalYields
from feebly.physics.decays.channels import channel_of
from feebly.physics.production.user_file import OwnModel
from feebly.statistics.regions.ordering import TOTAL_COUNT
from feebly.statistics.signal_errors import SignalError, total_signal_error
from feebly.workflow.choices import DEFAULT_EXPERIMENT, Choices, GridRange, choose
from feebly.workflow.cut_flow import with_cut_flow
from feebly.workflow.inputs import input_records
from feebly.workflow.notes import sample_notes, setting_notes
from feebly.workflow.repeat import recorded_arguments
from feebly.workflow.result import RunResult
from feebly.workflow.sampling import DEFAULT_PRECISION, DEFAULT_SEED, Sampling, table_requests
from feebly.workflow.store import Report
from feebly.workflow.tables import ObtainedTables, Progress


def signal_yields(choices: Choices, obtained: ObtainedTables) -> SignalYields:
    """N(m, coupling) of the chosen model from the tables."""
    return SignalYields(
        model=choices.model,
        production_channels=choices.production,
        multiplicities=choices.multiplicities(),
        source=obtained.tables,
        pot=choices.analysis.pot,
        efficiencies={tag: choices.response(tag).efficiency for tag in choices.channels},
        to_photons={tag: channel_of(tag).to_photons for tag in choices.channels},
        masks={tag: choices.analysis.final_state(tag).masks for tag in choices.channels},
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
    model: str | Path | OwnModel,
    *,
    experiment: str | Path = DEFAULT_EXPERIMENT,
    analysis: str | Path | None = None,
    channels: Sequence[str] | None = None,
    production: Sequence[str] | None = None,
    preset: str | None = None,
    spectrum: str | Path | None = None,
    coupling_convention: str | None = None,
    response: Mapping[str, str] | str | None = None,
    pot: float | None = None,
    background: str | None = None,
    mass: GridRange | None = None,
    coupling: GridRange | None = None,
    cl: float = 0.90,
    convention: str = "cls-counting",
    signal_error: SignalError = 0.0,
    force_signal_error: bool = False,
    ordering: str = TOTAL_COUNT,
    bands: str = "none",
    thrown_error: SignalError | None = None,
    precision: float = DEFAULT_PRECISION,
    seed: int = DEFAULT_SEED,
    cut_flow: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
    report: Report = lambda line: None,
    cache_dir: str | Path | None = None,
) -> RunResult:
    """Exclusion of a model by an analysis, from the proton on target to the contour.

    model: tag or alias, the path of a model's file, or an `OwnModel`. experiment, analysis: names or TOML
    files (the analysis defaults to the one of the same name). channels, production: final states and
    production modes (default: all). preset: choices of physics; spectrum: source of the meson spectra other
    than its own (pythia, bmpt, or an event list); coupling_convention: of an ALP's coupling (C/Lambda, 1/f,
    g_agamma; default: the preset's); response: response set by final state or one for all
    (default: the preset's). pot: another than the analysis' own makes a projection, as does background, what
    b does then: ``scale`` (with the POT, the default), ``none`` (b = 0) or ``suppress:FACTOR``. mass,
    coupling: (min, max, number) of the grid, GeV.
    cl, convention, signal_error: of the limit; ordering: of the outcomes of several regions (total-count,
    likelihood-ratio).
    bands: of the expected limit (none, counting, full); thrown_error: of the signal in full ones (default:
    that of the POT). precision: relative MC precision of the tables. cut_flow: simulate events for the
    cut-flow of each final state at its largest yield; nothing else moves. jobs: threads (default: all cores).
    progress(done, total, text), report(line): called along the way. cache_dir: where yield tables are kept.
    Raises ConfigError, DomainError or DataError with one line.
    """
    arguments = recorded_arguments(locals())  # here, where nothing but the arguments is local
    choices = choose(
        model,
        experiment,
        analysis,
        channels,
        production,
        preset,
        response,
        pot,
        mass,
        coupling,
        background,
        spectrum,
        coupling_convention,
    )
    error = total_signal_error(signal_error)
    refuse_double_counting(choices, error, force_signal_error)
    chosen = BandChoice.of(bands, thrown_error, choices.analysis.pot_relative_error)
    observation = Observation(
        choices.analysis, choices.model, choices.channels, cl, convention, error, ordering, chosen
    )
    for limit in (observation.s_up_expected, *bands_by_mass(observation).values()):
        limit(np.array(choices.mass[1:2]))  # refuses cl and convention before any sampling
    result = exclusion(choices, observation, Sampling(precision, seed, jobs, progress, report, cache_dir))
    result = replace(result, arguments=arguments)
    return with_cut_flow(result, choices, jobs, progress) if cut_flow else result


def exclusion(choices: Choices, observation: Observation, sampling: Sampling) -> RunResult:
    """Tables, then limits and contours, of choices that were checked."""
    started = time.perf_counter()
    requests = table_requests(choices, choices.mass[:2], sampling.precision, sampling.seed)
    obtained = sampling.tables(requests)
    sampled = time.perf_counter()
    signal = signal_yields(choices, obtained)
    result = scan(signal, observation, choices.mass, choices.coupling, sampling.precision)
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
        assumption=choices.assumption,
        channels=choices.channels,
        production=tuple(channel.tag for channel in choices.production),
        cl=observation.cl,
        convention=observation.convention,
        signal_error=observation.signal_error,
        ordering=observation.ordering,
        bands=observation.bands,
        precision=sampling.precision,
        seed=sampling.seed,
        mass_range_gev=choices.mass,
        coupling_range=choices.coupling,
        scan=result,
        inputs=input_records(choices),
        tables=obtained.digests,
        timings={"tables": sampled - started, "limits": finished - sampled},
        notes=(*setting_notes(choices), *sample_notes(obtained.tables, result.pieces), *result.notes),
        particle=choices.model,
        signal=signal,
        observation=observation,
    )

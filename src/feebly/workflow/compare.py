"""What each named choice of physics does to the contour: one change at a time, and the theory band."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from feebly.core.errors import ConfigError
from feebly.core.interfaces import FloatArray
from feebly.core.tables import digest
from feebly.engine.yield_tables import YieldTables
from feebly.engine.yields import ChannelTable
from feebly.limits.envelope import Member, excluded_interval, theory_band
from feebly.limits.observation import Observation
from feebly.limits.results import ContourPiece
from feebly.limits.signal import SignalYields
from feebly.physics.production.preset_files import AnyPreset, Variation
from feebly.workflow.choices import (
    DEFAULT_EXPERIMENT,
    Choices,
    choose,
    choose_production,
    choose_spectra,
    shipped_model,
)
from feebly.workflow.result import RunResult
from feebly.workflow.run import exclusion, signal_yields
from feebly.workflow.sampling import DEFAULT_PRECISION, DEFAULT_SEED, Sampling, table_requests
from feebly.workflow.store import Report
from feebly.workflow.tables import ObtainedTables, Progress

DEFAULT_MASSES_GEV = (0.05, 0.1, 0.3, 0.5, 0.7)
_STEPS = 1000  # of the progress of one variation


@dataclass(frozen=True, eq=False)
class Effect:
    """Edges of the excluded couplings with one change: (masses, 2), NaN where nothing is excluded.

    valid: masses at which the changed choice says something.
    """

    variation: Variation
    edges: FloatArray
    valid: NDArray[np.bool_]

    def shift(self, base: FloatArray) -> FloatArray:
        """Relative shift of both edges (masses, 2); NaN where there is no edge to compare."""
        return np.where(self.valid[:, None], self.edges / base - 1, np.nan)

    def size(self, base: FloatArray) -> float:
        """Largest shift in the logarithm, infinite where an exclusion appears or goes."""
        comes_or_goes = self.valid[:, None] & (np.isnan(self.edges) != np.isnan(base))
        if comes_or_goes.any():
            return float("inf")
        return float(np.nanmax(np.abs(np.log1p(self.shift(base))), initial=0.0))


@dataclass(frozen=True, eq=False)
class Comparison:
    """Base run, its edges at the named masses (masses, 2), the effects by size, and the theory band."""

    run: RunResult
    masses_gev: FloatArray
    edges: FloatArray
    effects: tuple[Effect, ...]
    band: tuple[ContourPiece, ...]

    @property
    def preset(self) -> AnyPreset:
        return self.run.preset

    @property
    def run_with_band(self) -> RunResult:
        """The base run whose contours include ``band-low`` and ``band-high``."""
        return replace(self.run, scan=replace(self.run.scan, pieces=(*self.run.scan.pieces, *self.band)))


def compare(
    model: str,
    *,
    masses: Sequence[float] = DEFAULT_MASSES_GEV,
    preset: str | None = None,
    experiment: str | Path = DEFAULT_EXPERIMENT,
    analysis: str | Path | None = None,
    channels: Sequence[str] | None = None,
    production: Sequence[str] | None = None,
    response: Mapping[str, str] | str | None = None,
    pot: float | None = None,
    spectrum: str | Path | None = None,
    cl: float = 0.90,
    convention: str = "cls-counting",
    precision: float = DEFAULT_PRECISION,
    seed: int = DEFAULT_SEED,
    jobs: int | None = None,
    progress: Progress | None = None,
    report: Report = lambda line: None,
    cache_dir: str | Path | None = None,
) -> Comparison:
    """Shift of both edges of the exclusion for each option of the preset, varied one at a time.

    masses [GeV]: where the edges are compared; the other arguments are those of `feebly.run`. The response
    sets (efficiency, pair separation) stay those of the base: a preset that was calibrated on a published
    curve would absorb part of a shift. The same random numbers serve all variations. Raises ConfigError,
    DomainError or DataError with one line.
    """
    choices = choose(
        model, experiment, analysis, channels, production, preset, response, pot, spectrum=spectrum
    )
    at = _checked(masses, choices)
    observation = Observation(choices.analysis, choices.model, choices.channels, cl, convention)
    observation.s_up_expected(at)  # refuses cl and convention before any sampling
    physics = choices.preset
    changed = [each for each in physics.variations() if _matters(each, choices, production)]
    steps = _Steps(progress, 1 + len(changed))
    sampling = Sampling(precision, seed, jobs, None, report, cache_dir)

    run = exclusion(choices, observation, replace(sampling, progress=steps.of(0, "base")))
    tables: dict[str, ChannelTable] = {}
    base = _signal(choices, sampling, tables)
    members, effects = [Member(base, 0.0)], []
    edges = excluded_interval(base, observation, at, choices.coupling)
    for k, variation in enumerate(changed, start=1):
        own = replace(sampling, progress=steps.of(k, variation.name))
        signal = _signal(_varied(choices, variation, production), own, tables)
        interval = excluded_interval(signal, observation, at, choices.coupling)
        effects.append(Effect(variation, interval, at >= variation.mass_min_gev))
        if variation.option in choices.preset.band:
            members.append(Member(signal, variation.mass_min_gev))
    band = theory_band(members, observation, choices.mass, choices.coupling) if len(members) > 1 else ()
    effects.sort(key=lambda effect: -effect.size(edges))
    return Comparison(run, at, edges, tuple(effects), band)


def _checked(masses: Sequence[float], choices: Choices) -> FloatArray:
    at = np.array(sorted(set(map(float, masses))))
    if at.size == 0:
        raise ConfigError("mass: expected at least one mass in GeV")
    choices.model.ctau_m(at, 1.0)  # refuses masses outside the model's range
    low, high, _ = choices.mass
    outside = at[(at < low) | (at > high)]
    if outside.size:
        raise ConfigError(f"mass {outside[0]:g} GeV: expected one of the scan, {low:g}-{high:g} GeV")
    return at


def _matters(variation: Variation, choices: Choices, asked: Sequence[str] | None) -> bool:
    """Whether it is about a final state of the run, and any of the asked production modes is left."""
    if variation.final_state and variation.final_state not in choices.channels:
        return False
    return asked is None or not set(asked).isdisjoint(variation.of(choices.preset).production)


def _varied(choices: Choices, variation: Variation, asked: Sequence[str] | None) -> Choices:
    """The same setting with the changed preset; of asked production modes those that it still has."""
    physics = variation.of(choices.preset)
    if asked is not None:
        asked = [tag for tag in asked if tag in physics.production]
    production = choose_production(physics, choices.experiment.beam.momentum_gev, asked)
    return replace(
        choices,
        model=shipped_model(choices.model.tag, physics),
        preset=physics,
        production=production,
        spectra=choose_spectra(production, choices.experiment, physics),
    )


def _signal(choices: Choices, sampling: Sampling, tables: dict[str, ChannelTable]) -> SignalYields:
    """Yields of the choices; tables that are there already are not read again."""
    requests = {
        digest({"setup": request.setup.key(), "masses_gev": request.segments()}): request
        for request in table_requests(choices, choices.mass[:2], sampling.precision, sampling.seed)
    }
    fresh = {key: request for key, request in requests.items() if key not in tables}
    made = sampling.tables(list(fresh.values())).tables.tables if fresh else {}
    for key, request in fresh.items():
        channel = (request.setup.production, request.setup.final_state.tag)
        if channel in made:
            tables[key] = made[channel]
    own = (tables[key] for key in requests if key in tables)
    source = YieldTables({(table.production, table.final_state): table for table in own})
    return signal_yields(choices, ObtainedTables(source, {}, 0))


@dataclass(frozen=True)
class _Steps:
    """One progress for all variations, each with the same share."""

    progress: Progress | None
    number: int

    def of(self, k: int, name: str) -> Callable[[int, int, str], None] | None:
        outer = self.progress
        if outer is None:
            return None

        def update(done: int, total: int, text: str) -> None:
            outer(k * _STEPS + done * _STEPS // max(total, 1), self.number * _STEPS, f"{name}: {text}")

        return update

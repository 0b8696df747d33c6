"""Model-independent yields: N_if(m, ctau) of one production mode and final state, at the asked masses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from feebly.core.errors import ConfigError
from feebly.core.interfaces import FloatArray
from feebly.engine.histogram import laplace
from feebly.engine.knots import BLOCK_OF_MASSES
from feebly.engine.sampler import MassSample
from feebly.engine.yields import SIGNAL
from feebly.physics.decays.channels import channel_of
from feebly.physics.models.registry import MODELS
from feebly.physics.production.families import FAMILIES
from feebly.physics.production.user_file import OwnModel, is_model_file
from feebly.workflow.choices import DEFAULT_EXPERIMENT, Choices, choose, choose_setting
from feebly.workflow.notes import spectrum_notes
from feebly.workflow.sampling import DEFAULT_PRECISION, DEFAULT_SEED, Sampling, channel_setup
from feebly.workflow.store import Report
from feebly.workflow.tables import Progress, SamplingTask

BARE_PRESET = "current"


@dataclass(frozen=True)
class YieldRows:
    """A table of yields: columns of equal length and what its numbers mean.

    Columns: mass_gev, ctau_m, region, yield (events), mc_error (standard deviation in events).
    """

    header: dict[str, Any]
    columns: dict[str, list[Any]]


def yields(
    model: str | Path | OwnModel,
    production: str,
    channel: str,
    *,
    masses: Sequence[float],
    ctau: tuple[float, float, int],
    experiment: str | Path = DEFAULT_EXPERIMENT,
    analysis: str | Path | None = None,
    preset: str | None = None,
    spectrum: str | Path | None = None,
    coupling_convention: str | None = None,
    pot: float | None = None,
    response: Mapping[str, str] | str | None = None,
    precision: float = DEFAULT_PRECISION,
    seed: int = DEFAULT_SEED,
    jobs: int | None = None,
    progress: Progress | None = None,
    report: Report = lambda line: None,
    cache_dir: str | Path | None = None,
) -> YieldRows:
    """Events in each region for branching ratio 1 at the reference coupling, for any lifetime.

    Multiply by (coupling/reference)^2 and the branching ratio, and take ctau at the coupling.
    masses [GeV]: sampled there, not interpolated. ctau: (min, max, number) in metres, log-spaced.
    preset: physics of the production (default: ``current``, untuned, where it has the mode, else the
    analysis' own, else the first of the model that has it); spectrum: source of the meson spectra other
    than its own; coupling_convention: of an ALP's coupling. The efficiency of the response set is included.
    """
    physics = preset or preset_with(model, production, experiment, analysis)
    choices = choose(
        model, experiment, analysis, [channel], [production], physics, response, pot,
        spectrum=spectrum, coupling_convention=coupling_convention,
    )  # fmt: skip
    for text in spectrum_notes(choices):
        report(text)
    asked, lifetimes = checked_masses(choices, masses, channel), checked_ctau(ctau)
    sampling = Sampling(precision, seed, jobs, progress, report, cache_dir)
    blocks = sampling.samples(_tasks(choices, channel, asked, sampling))
    samples = [sample for block in blocks for sample in block]
    empty = [f"{s.mass_gev:.4g}" for s in samples if not s.converged and not s.histogram[SIGNAL].any()]
    if empty:
        report(
            f"no simulated event of {production} -> {channel} is accepted at m = {', '.join(empty)} GeV: the "
            "yield there is small, not known to be zero"
        )
    return YieldRows(_header(choices, channel), _columns(choices, channel, samples, lifetimes))


def _tasks(choices: Choices, channel: str, masses: FloatArray, sampling: Sampling) -> list[SamplingTask]:
    (mode,) = choices.production
    setup = channel_setup(choices, mode, channel, sampling.seed)
    blocks = (masses[k : k + BLOCK_OF_MASSES] for k in range(0, masses.size, BLOCK_OF_MASSES))
    return [SamplingTask(setup, block, sampling.precision) for block in blocks]


def preset_with(
    model: str | Path | OwnModel, production: str, experiment: str | Path, analysis: str | Path | None
) -> str | None:
    """The untuned preset if it has the mode, else the analysis' own, else the model's first that has it."""
    if not isinstance(model, str) or is_model_file(model):
        return None
    family = FAMILIES[MODELS.tag(model)]
    own = choose_setting(experiment, analysis, None)[1].default_preset
    candidates = dict.fromkeys(name for name in (BARE_PRESET, own, *family.names()) if name in family.names())
    return next((name for name in candidates if production in family.load(name).production), None)


def checked_masses(choices: Choices, masses: Sequence[float], channel: str) -> FloatArray:
    """Masses at which the channel is open; ConfigError names the first that is not."""
    (mode,) = choices.production
    asked = np.array(sorted(set(map(float, masses))))
    if asked.size == 0:
        raise ConfigError("mass: expected at least one mass in GeV")
    choices.model.ctau_m(asked, 1.0)  # refuses masses outside the model's range
    low, high = mode.mass_range_gev(choices.model.mass_range_gev)
    threshold, end = choices.model.threshold_gev(channel), choices.model.mass_range_gev[1]
    # closed at the threshold and where the production ends, but not where only the model does
    outside = asked[(asked < low) | (asked <= threshold) | (asked > high) | ((asked == high) & (high < end))]
    low = max(low, threshold)
    if outside.size:
        raise ConfigError(
            f"{mode.tag} -> {channel} is closed at m = {outside[0]:g} GeV; it is open between "
            f"{low:.4g} and {high:.4g} GeV"
        )
    return asked


def checked_ctau(ctau: tuple[float, float, int]) -> FloatArray:
    low, high, n = ctau
    if not (0 < low <= high < float("inf")) or n < 1:
        raise ConfigError(f"ctau {low:g}:{high:g}:{n}: expected MIN:MAX:N in metres with 0 < MIN <= MAX")
    return np.geomspace(low, high, int(n))


def _header(choices: Choices, channel: str) -> dict[str, Any]:
    response, to_photons = choices.response(channel), channel_of(channel).to_photons
    pairs = {} if to_photons == 1 else {"pi0, eta -> gamma gamma": f"{to_photons:.5g} (included)"}
    return {
        "model": choices.model.tag,
        "production": choices.production[0].tag,
        "final state": channel,
        "reference coupling": f"{choices.model.coupling_name} = {choices.model.reference_coupling:g}",
        "branching ratio": 1,
        **pairs,
        "POT": choices.analysis.pot,
        "response set": f"{choices.responses[channel]} (efficiency {response.efficiency:g} included)",
        "preset": choices.preset.name,
        "spectrum": choices.preset.spectrum if choices.spectra else "none: bremsstrahlung",
        "experiment": choices.experiment.name,
        "units": "masses in GeV, ctau in m, yields and Monte Carlo errors in events",
    }


def _columns(
    choices: Choices, channel: str, samples: Sequence[MassSample], ctau: FloatArray
) -> dict[str, list[Any]]:
    (mode,) = choices.production
    multiplicity = choices.multiplicities()[mode.tag]
    regions = [region.name for region in choices.analysis.final_state(channel).regions]
    table: dict[str, list[Any]] = {name: [] for name in ("mass_gev", "ctau_m", "region", "yield", "mc_error")}
    for sample in samples:
        rate = float(mode.rate(sample.mass_gev, choices.model.reference_coupling, multiplicity))
        seen = choices.response(channel).efficiency * channel_of(channel).to_photons
        factor = choices.analysis.pot * rate * seen
        value, error = laplace(sample.histogram, ctau / sample.mass_gev)
        for k, region in enumerate(regions):
            table["mass_gev"] += [sample.mass_gev] * ctau.size
            table["ctau_m"] += ctau.tolist()
            table["region"] += [region] * ctau.size
            table["yield"] += (factor * value[k]).tolist()
            table["mc_error"] += (factor * error[k]).tolist()
    return table

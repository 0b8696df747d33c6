"""From the names and numbers that a user gives to checked objects; every refusal is one line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from feebly.analysis.analysis import EVERY_CHANNEL, Analysis, Response, load_analysis
from feebly.apparatus.experiment import Experiment, load_experiment
from feebly.core.errors import ConfigError, unknown
from feebly.core.interfaces import Model, ProductionChannel
from feebly.physics.models.registry import MODELS
from feebly.physics.production.families import in_convention, preset_of
from feebly.physics.production.preset_files import AnyPreset
from feebly.physics.production.user_file import OwnModel, is_model_file, load_user_model
from feebly.physics.spectra.hadron_spectrum import HadronSpectrum
from feebly.physics.spectra.library import load_spectrum, parents_of
from feebly.statistics.projection import BackgroundAssumption

GridRange = tuple[float, float, int]
DEFAULT_EXPERIMENT = "na62-dump-2021"
MOST_CELLS = 1_000_000  # 28 channels of them are 0.2 GB
_PROBES = 200  # masses at which a model is asked whether it decays so
OWN_DEFAULT = "default"  # response set of a preset that means: the analysis' own


@dataclass(frozen=True)
class Choices:
    """What one run is about, all names resolved and checked.

    assumption: what the background does in a projection; None where counts were observed.
    """

    model: Model
    experiment: Experiment
    analysis: Analysis
    preset: AnyPreset
    channels: tuple[str, ...]
    production: tuple[ProductionChannel, ...]
    spectra: Mapping[str, HadronSpectrum]
    responses: Mapping[str, str]
    mass: GridRange
    coupling: GridRange
    assumption: BackgroundAssumption | None = None

    def response(self, final_state: str) -> Response:
        """Response of a final state in the chosen set."""
        return self.analysis.response(self.responses[final_state], final_state)

    def spectrum(self, channel: ProductionChannel) -> HadronSpectrum | None:
        """Spectrum of the channel's parent; None for the beam proton."""
        return self.spectra[channel.parent] if channel.parent else None

    def multiplicities(self) -> dict[str, float | None]:
        """Parents per POT by production tag."""
        spectra = {channel.tag: self.spectrum(channel) for channel in self.production}
        return {tag: spectrum.multiplicity if spectrum else None for tag, spectrum in spectra.items()}


def shipped_model(name: str, physics: AnyPreset) -> Model:
    """The model of a tag or alias with the widths of the preset; ConfigError for an unknown one."""
    return MODELS[name](**physics.model_options)


def choose_model(
    model: str | Path | OwnModel,
    preset_name: str | Path | None,
    default: str,
    coupling_convention: str | None = None,
) -> tuple[Model, AnyPreset]:
    """The particle and its production physics: a tag or alias with a preset, a file, or an `OwnModel`.

    default: preset where none is named and the model has it. ConfigError for an unknown model or preset.
    """
    if isinstance(model, str) and not is_model_file(model):
        physics = preset_of(MODELS.tag(model), preset_name, default)
        if coupling_convention is not None:
            physics = in_convention(physics, coupling_convention)
        return shipped_model(model, physics), physics
    own = model if isinstance(model, OwnModel) else load_user_model(model)
    if preset_name is not None:
        raise ConfigError(f"preset {str(preset_name)!r}: {own.particle.tag} says itself how it is produced")
    if coupling_convention is not None:
        raise ConfigError(f"coupling convention {coupling_convention!r}: {own.particle.tag} has one only")
    return own.particle, own.physics


def choose_setting(
    experiment: str | Path,
    analysis: str | Path | None,
    pot: float | None,
    assumption: BackgroundAssumption | None = None,
) -> tuple[Experiment, Analysis]:
    """Experiment and analysis (default: the one of the same name), at ``pot`` if another than its own.

    assumption: what the background does there (default: it scales); with one the result is a projection also
    at the analysis' own POT.
    """
    if analysis is None:
        if isinstance(experiment, Path) or str(experiment).endswith(".toml"):
            raise ConfigError(f"experiment {experiment}: a file needs --analysis NAME or FILE beside it")
        analysis = experiment
    loaded = load_experiment(experiment)
    counts = load_analysis(analysis)
    counts.check_against(loaded)
    pot = counts.pot if pot is None else pot
    if pot != counts.pot or assumption is not None:
        if not 0 < pot < float("inf"):
            raise ConfigError(f"pot = {pot:g}: expected a positive number of protons, e.g. 1.4e17")
        assumed = assumption or BackgroundAssumption()
        counts = counts.projected(pot, assumed.factor(pot / counts.pot))
    return loaded, counts


def choose_channels(
    analysis: Analysis, model: Model, asked: Sequence[str] | None, of_preset: Sequence[str] = ()
) -> tuple[str, ...]:
    """Final states: the asked ones, else those of the preset.

    Where it has none, or the analysis wants all of its own: of its default ones those that the model has.
    """
    wants_all = analysis.default_channels == (EVERY_CHANNEL,)
    if asked is None and of_preset and not wants_all:
        if missing := [tag for tag in of_preset if tag not in analysis.final_states]:
            left = [tag for tag in of_preset if tag in analysis.final_states]
            mend = f"; choose: --channels {','.join(left)}" if left else ""
            raise ConfigError(
                f"{analysis.name} has no {', '.join(missing)}, final states of the preset{mend}"
            )
        asked = of_preset
    if asked is None:
        own = () if wants_all else analysis.default_channels
        default = own or tuple(analysis.final_states)
        shared = tuple(tag for tag in default if tag in model.channels)
        if wants_all:
            shared = tuple(tag for tag in shared if _decays(model, tag))
        if not shared:
            raise ConfigError(_nothing_shared(analysis, model, default))
        return shared
    if not asked:
        raise ConfigError("channels: expected at least one final state")
    for tag in asked:
        analysis.final_state(tag)
        model.threshold_gev(tag)
    return tuple(dict.fromkeys(asked))


def _decays(model: Model, state: str) -> bool:
    """Whether the particle has this decay at some mass (a benchmark may lack the coupling)."""
    low, high = model.mass_range_gev
    masses = np.geomspace(max(low, model.threshold_gev(state)), high, _PROBES)[1:]
    return bool(np.any(model.branching_ratio(state, masses) > 0))


def _nothing_shared(analysis: Analysis, model: Model, default: Sequence[str]) -> str:
    others = [tag for tag in analysis.final_states if tag in model.channels]
    if others:
        return (
            f"{model.tag} has no default final state of {analysis.name} ({', '.join(default)}); "
            f"choose others: --channels {','.join(others)}"
        )
    return (
        f"{model.tag} has no final state of {analysis.name} ({', '.join(analysis.final_states)}); "
        f"it has {', '.join(model.channels)}"
    )


def choose_production(
    physics: AnyPreset, beam_momentum_gev: float, asked: Sequence[str] | None
) -> tuple[ProductionChannel, ...]:
    """Production channels of the preset, or the asked ones among them."""
    channels = physics.production_channels(beam_momentum_gev)
    if asked is None:
        return channels
    if not asked:
        raise ConfigError("production: expected at least one channel")
    by_tag = {channel.tag: channel for channel in channels}
    for tag in asked:
        if tag not in by_tag:
            raise unknown(f"production of preset {physics.name}", tag, by_tag)
    return tuple(by_tag[tag] for tag in dict.fromkeys(asked))


def choose_spectra(
    production: Sequence[ProductionChannel], experiment: Experiment, physics: AnyPreset
) -> dict[str, HadronSpectrum]:
    """Spectrum by parent meson; ConfigError where it was made for another beam or the source lacks it."""
    source = physics.spectrum
    parents = sorted({channel.parent for channel in production if channel.parent})
    if missing := [parent for parent in parents if parent not in parents_of(source)]:
        served = [channel.tag for channel in production if channel.parent not in missing]
        mend = f"ask for what it has: --production {','.join(served)}" if served else "take another spectrum"
        raise ConfigError(f"spectrum {source} has no {', '.join(missing)}; {mend}")
    spectra = {parent: load_spectrum(parent, source, **physics.spectrum_options) for parent in parents}
    for parent, spectrum in spectra.items():
        if not math.isclose(spectrum.beam_momentum_gev, experiment.beam.momentum_gev, rel_tol=1e-3):
            raise ConfigError(
                f"the spectrum of {parent} is for {spectrum.beam_momentum_gev:g} GeV protons, those of "
                f"{experiment.name} have {experiment.beam.momentum_gev:g} GeV; use --production brems, or an "
                "event list by --spectrum"
            )
    return spectra


def choose_responses(
    analysis: Analysis, physics: AnyPreset, channels: Sequence[str], asked: Mapping[str, str] | str | None
) -> dict[str, str]:
    """Response set of each final state: asked, else the preset's; the analysis must have it."""
    asked = dict.fromkeys(channels, asked) if isinstance(asked, str) else dict(asked or {})
    for tag in asked:
        if tag not in channels:
            raise unknown("channel in response", tag, channels)
    chosen = {}
    for tag in channels:
        name = asked.get(tag) or physics.response_set(tag)
        if name == OWN_DEFAULT:
            name = analysis.default_response_of(tag)
        analysis.response(name, tag)
        chosen[tag] = name
    return chosen


def choose_range(name: str, asked: GridRange | None, default: GridRange) -> GridRange:
    """The asked range, checked, or the model's default."""
    if asked is None:
        return default
    low, high, n = asked
    if not (0 < low < high < float("inf")) or n < 2:
        raise ConfigError(
            f"{name} {low:g}:{high:g}:{n}: expected MIN:MAX:N with 0 < MIN < MAX and N of at least 2"
        )
    return low, high, int(n)


def check_cells(mass: GridRange, coupling: GridRange) -> None:
    """Refuse a stored grid that would fill the memory; contours do not depend on its size."""
    cells = mass[2] * coupling[2]
    if cells > MOST_CELLS:
        raise ConfigError(
            f"grid of {mass[2]} masses x {coupling[2]} couplings = {cells:.3g} cells: expected at most "
            f"{MOST_CELLS:.3g}; contours are as fine on 100 x 100"
        )


def choose(
    model: str | Path | OwnModel,
    experiment: str | Path = DEFAULT_EXPERIMENT,
    analysis: str | Path | None = None,
    channels: Sequence[str] | None = None,
    production: Sequence[str] | None = None,
    preset_name: str | None = None,
    response: Mapping[str, str] | str | None = None,
    pot: float | None = None,
    mass: GridRange | None = None,
    coupling: GridRange | None = None,
    background: str | None = None,
    spectrum: str | Path | None = None,
    coupling_convention: str | None = None,
) -> Choices:
    """Resolve and check all names and ranges; every refusal is a ConfigError or DomainError of one line.

    spectrum: source of the meson spectra, coupling_convention: of an ALP, in the place of the preset's.
    """
    if isinstance(model, str) and not is_model_file(model):
        MODELS.tag(model)  # an unknown model is told before anything else
    assumption = None if background is None else BackgroundAssumption.parse(background)
    apparatus, counts = choose_setting(experiment, analysis, pot, assumption)
    particle, physics = choose_model(model, preset_name, counts.default_preset, coupling_convention)
    if spectrum is not None:
        physics = physics.with_spectrum(spectrum)
    states = choose_channels(counts, particle, channels, physics.channels)
    modes = choose_production(physics, apparatus.beam.momentum_gev, production)
    mass_range = choose_range("mass", mass, particle.default_grid.mass_gev)
    particle.ctau_m(list(mass_range[:2]), 1.0)  # refuses masses outside the model's range
    coupling_range = choose_range("coupling", coupling, particle.default_grid.coupling)
    check_cells(mass_range, coupling_range)
    return Choices(
        model=particle,
        experiment=apparatus,
        analysis=counts,
        preset=physics,
        channels=states,
        production=modes,
        spectra=choose_spectra(modes, apparatus, physics),
        responses=choose_responses(counts, physics, states, response),
        mass=mass_range,
        coupling=coupling_range,
        assumption=(assumption or BackgroundAssumption()) if counts.projection_of else None,
    )

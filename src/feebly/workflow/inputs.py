"""The list of inputs of a run: each number with its origin, each table with its digest."""

from __future__ import annotations

from collections.abc import Iterator

from feebly.core.tables import digest
from feebly.workflow.choices import Choices
from feebly.workflow.result import InputRecord


def input_records(choices: Choices) -> tuple[InputRecord, ...]:
    """Everything that the result depends on and that was not derived in the run."""
    return tuple(
        record
        for part in (_setting, _spectra, _production, _preset, _responses, _counts)
        for record in part(choices)
    )


def _setting(choices: Choices) -> Iterator[InputRecord]:
    experiment, analysis = choices.experiment, choices.analysis
    apparatus, search = digest(experiment.table_key()), digest(analysis)
    for group, origin in experiment.origins.items():
        yield InputRecord(f"experiment {experiment.name}: {group}", "see experiment", origin, apparatus)
    for group, origin in analysis.origins.items():
        value = f"{analysis.pot:.4g}" if group == "pot" else "see analysis"
        yield InputRecord(f"analysis {analysis.name}: {group}", value, origin, search)


def _spectra(choices: Choices) -> Iterator[InputRecord]:
    for parent, spectrum in choices.spectra.items():
        yield InputRecord(f"spectrum of {parent}", "momentum spectrum", spectrum.origin, spectrum.digest)
        value = f"{spectrum.multiplicity:g} per POT (±{spectrum.multiplicity_relative_error:.0%})"
        yield InputRecord(f"multiplicity of {parent}", value, spectrum.multiplicity_origin)


def _production(choices: Choices) -> Iterator[InputRecord]:
    for channel in choices.production:
        yield InputRecord(f"production {channel.tag}", *channel.numbers)


def _preset(choices: Choices) -> Iterator[InputRecord]:
    physics = choices.preset
    for name, origin in physics.origin.items():
        yield InputRecord(f"preset {physics.name}: {name}", str(getattr(physics, name)), origin)
    yield InputRecord("widths", *choices.model.width_source)


def _responses(choices: Choices) -> Iterator[InputRecord]:
    for tag in choices.channels:
        response = choices.response(tag)
        separation = response.pair_separation
        cut = "" if separation.kind == "none" else f", {separation.kind} pair separation {separation.d0_m} m"
        value = f"efficiency {response.efficiency:g}{cut}"
        yield InputRecord(f"response {choices.responses[tag]} of {tag}", value, response.origin)


def _counts(choices: Choices) -> Iterator[InputRecord]:
    for tag in choices.channels:
        region = choices.analysis.final_state(tag).signal_region
        background = f"{region.background.mean:.4g} ({region.background.meaning})"
        yield InputRecord(f"background of {tag} {region.name}", background, region.background.origin)
        yield InputRecord(f"extent of {tag} {region.name}", str(region.shape), region.shape_origin)
        for event in region.events:
            value = f"{event.mass_gev:g} GeV ± {event.mass_window_gev:g} GeV"
            yield InputRecord(f"event in {tag} {region.name}", value, event.origin)

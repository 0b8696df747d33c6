"""Contours of projections: so many events of any mass, in a selection with few cuts, without background."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import exp

from feebly.analysis.analysis import NO_RESPONSE
from feebly.core.records import require_positive
from feebly.limits.observation import Observation
from feebly.limits.scan import scan
from feebly.limits.signal import SignalYields
from feebly.physics.production.families import preset_of
from feebly.physics.production.preset_files import AnyPreset
from feebly.report.validation.curves import Pieces
from feebly.report.validation.selection import OpenSelection
from feebly.workflow.choices import (
    DEFAULT_EXPERIMENT,
    Choices,
    choose,
    choose_production,
    choose_spectra,
    shipped_model,
)
from feebly.workflow.run import signal_yields
from feebly.workflow.sampling import DEFAULT_SEED, Sampling, table_requests
from feebly.workflow.tables import Progress, TableRequest

_ANALYSIS = "na62-dump-all"
"""Has every final state; its cuts are not used."""


@dataclass(frozen=True, slots=True)
class Projection:
    """A particle with a preset and changed options, seen in a selection, excluded by so many events.

    production, channels: tags, all of the preset where none are named. pot: protons on target. mass_gev,
    coupling: (min, max, number) of the grid. precision: relative MC precision of its tables.
    """

    model: str
    preset: str
    selection: OpenSelection
    channels: tuple[str, ...]
    pot: float
    events: float
    mass_gev: tuple[float, float, int]
    coupling: tuple[float, float, int]
    production: tuple[str, ...] = ()
    options: dict[str, str] = field(default_factory=dict)
    precision: float = 0.05

    def __post_init__(self) -> None:
        require_positive(self, "pot", "events", "precision")


def physics_of(model: str, preset: str, options: dict[str, str]) -> AnyPreset:
    """The named preset of a model with other options."""
    return replace(preset_of(model, preset, preset), **options)  # type: ignore[type-var]


def choices_of(projection: Projection) -> Choices:
    """All names resolved; the cuts of the selection alone, efficiency 1, no background."""
    wanted, selection = projection, projection.selection
    chosen = choose(
        wanted.model,
        DEFAULT_EXPERIMENT,
        _ANALYSIS,
        wanted.channels,
        preset_name=wanted.preset,
        response=NO_RESPONSE,
        pot=wanted.pot,
        background="none",
        mass=wanted.mass_gev,
        coupling=wanted.coupling,
    )
    states = chosen.analysis.final_states.items()
    opened = {tag: selection.final_state(state, chosen.experiment) for tag, state in states}
    physics = physics_of(wanted.model, wanted.preset, wanted.options)
    beam = chosen.experiment.beam.momentum_gev
    production = choose_production(physics, beam, wanted.production or None)
    return replace(
        chosen,
        analysis=replace(chosen.analysis, final_states=opened),
        model=shipped_model(wanted.model, physics),
        preset=physics,
        production=production,
        spectra=choose_spectra(production, chosen.experiment, physics),
    )


def projected_yields(
    projection: Projection, progress: Progress | None = None, jobs: int | None = None
) -> tuple[SignalYields, Observation]:
    """Expected events against mass and coupling, and the limit that so many events are."""
    choices, precision = choices_of(projection), projection.precision
    requests = table_requests(choices, choices.mass[:2], precision, DEFAULT_SEED)
    in_place = [_in_its_place(request, projection.selection) for request in requests]
    obtained = Sampling(precision, DEFAULT_SEED, jobs, progress).tables(in_place)
    # without events and background CLs is exp(-s): at this level so many events exclude
    cl = 1 - exp(-projection.events)
    observation = Observation(choices.analysis, choices.model, choices.channels, cl)
    return signal_yields(choices, obtained), observation


def projected_contour(
    projection: Projection, progress: Progress | None = None, jobs: int | None = None
) -> Pieces:
    """Pieces of the area in which at least so many events are expected."""
    signal, observation = projected_yields(projection, progress, jobs)
    mass, coupling = projection.mass_gev, projection.coupling
    return scan(signal, observation, mass, coupling, projection.precision).contour("expected")


def _in_its_place(request: TableRequest, selection: OpenSelection) -> TableRequest:
    setup = request.setup
    place = selection.experiment(setup.experiment, setup.final_state)
    return replace(request, setup=replace(setup, experiment=place))

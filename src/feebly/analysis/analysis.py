"""An analysis as data: POT, final states with cuts and regions, response sets."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from feebly.analysis.final_state import CalorimeterCuts, FinalState, MassMask, PhotonCuts
from feebly.analysis.regions import Region
from feebly.analysis.response import IDEAL_RESPONSE, PairSeparation, Response
from feebly.apparatus.experiment import Experiment, check_origins
from feebly.core.errors import ConfigError, unknown
from feebly.core.provenance import Origin
from feebly.core.records import decode, require_not_negative, require_positive
from feebly.core.tables import Document, load_document, shipped_names
from feebly.physics.decays.channels import CHARGED_DAUGHTERS

__all__ = [
    "EVERY_CHANNEL",
    "NO_RESPONSE",
    "Analysis",
    "CalorimeterCuts",
    "FinalState",
    "MassMask",
    "PairSeparation",
    "PhotonCuts",
    "Response",
    "analysis_names",
    "load_analysis",
]

ANALYSES_FOLDER = "analyses"
NO_RESPONSE = "none"
EVERY_CHANNEL = "all"


@dataclass(frozen=True, slots=True)
class Analysis:
    """POT, final states and response sets of one analysis of one experiment.

    ``projection_of`` names the analysis that was scaled to another POT; its regions have no observed
    counts. The response set ``none`` (efficiency 1, no separation) exists in every analysis.
    ``default_response``: set of a final state that names no ``default_response`` of its own.
    ``default_preset``: production physics of a run that names none. ``default_channels``: final states of a
    run that names none; empty: all; ``["all"]``: all, also where the preset names some.
    """

    name: str
    title: str
    experiment: str
    pot: float
    pot_relative_error: float
    final_states: dict[str, FinalState]
    origins: dict[str, Origin]
    response_sets: dict[str, dict[str, Response]] = field(default_factory=dict)
    default_response: str = NO_RESPONSE
    default_preset: str = "current"
    default_channels: tuple[str, ...] = ()
    projection_of: str | None = None

    def __post_init__(self) -> None:
        require_positive(self, "pot")
        require_not_negative(self, "pot_relative_error")
        if not self.final_states:
            raise ConfigError("final_states: expected at least one")
        if NO_RESPONSE in self.response_sets:
            raise ConfigError("response_sets.none exists in every analysis; choose another name")
        for responses in self.response_sets.values():
            for tag in responses:
                self.final_state(tag)
        for tag, state in self.final_states.items():
            self.response(self.default_response_of(tag), tag)
            expected = CHARGED_DAUGHTERS.get(tag, state.daughters)
            if state.daughters != expected:
                words = (", ".join(kinds) for kinds in (state.daughters, expected))
                raise ConfigError("final_states.{}.daughters = {}: expected {}".format(tag, *words))
        for tag in self.default_channels:
            if tag not in self.final_states and self.default_channels != (EVERY_CHANNEL,):
                raise unknown("final state in default_channels", tag, self.final_states)
        check_origins(self.origins, ("pot", "fiducial_volume", "cuts"))

    @property
    def response_names(self) -> tuple[str, ...]:
        """Names of all response sets, ``none`` last."""
        return (*self.response_sets, NO_RESPONSE)

    def final_state(self, tag: str) -> FinalState:
        """The final state of that tag; `ConfigError` for an unknown one."""
        if tag not in self.final_states:
            raise unknown("channel", tag, self.final_states)
        return self.final_states[tag]

    def default_response_of(self, final_state: str) -> str:
        """Name of the response set that serves a final state by default."""
        return self.final_state(final_state).default_response or self.default_response

    def response(self, set_name: str, final_state: str) -> Response:
        """Response of a final state in a named set; `ConfigError` when either is not there."""
        self.final_state(final_state)
        if set_name not in self.response_names:
            raise unknown(f"response set of {self.name}", set_name, self.response_names)
        if set_name == NO_RESPONSE:
            return IDEAL_RESPONSE
        if final_state not in self.response_sets[set_name]:
            others = [n for n, responses in self.response_sets.items() if final_state in responses]
            raise ConfigError(
                f"response set {set_name!r} of {self.name} has no {final_state!r}; "
                f"sets that have it: {', '.join([*others, NO_RESPONSE])}"
            )
        return self.response_sets[set_name][final_state]

    def projected(self, pot: float, background_factor: float | None = None) -> Analysis:
        """The same analysis at another POT: no observed counts, b times ``background_factor``.

        The factor is the ratio of the POT unless told otherwise.
        """
        factor = pot / self.pot if background_factor is None else background_factor
        states = {tag: _projected_state(state, factor) for tag, state in self.final_states.items()}
        origin = Origin("assumed", f"projection of {self.name} ({self.pot:g} POT), b times {factor:.4g}")
        return replace(
            self,
            pot=pot,
            final_states=states,
            origins=self.origins | {"pot": origin},
            projection_of=self.projection_of or self.name,
        )

    def check_against(self, experiment: Experiment) -> None:
        """`ConfigError` when a cut or a pair separation names a plane that the experiment lacks."""
        for state in self.final_states.values():
            for cuts in (state.calorimeter, state.photons):
                if cuts:
                    experiment.plane(cuts.plane)
        for responses in self.response_sets.values():
            for response in responses.values():
                if response.pair_separation.kind != "none":
                    experiment.plane(response.pair_separation.plane)


def _projected_state(state: FinalState, factor: float) -> FinalState:
    signal, control = (
        _projected_region(region, factor) for region in (state.signal_region, state.control_region)
    )
    assert signal is not None
    return replace(state, signal_region=signal, control_region=control, validation_regions=())


def _projected_region(region: Region | None, factor: float) -> Region | None:
    if region is None:
        return None
    return replace(region, background=region.background.scaled(factor), observed=None, events=())


@dataclass(frozen=True, slots=True)
class _Projection:
    """A file that takes another analysis to its own POT; everything else is inherited.

    ``joined``: analyses for the same POT whose final states are added, with their response. ``final_states``
    and ``response_sets``: further ones, at this POT and without observed counts. ``default_channels``: in the
    place of the inherited ones.
    """

    name: str
    title: str
    experiment: str
    projection_of: str
    pot: float
    origin: Origin
    joined: tuple[str, ...] = ()
    final_states: dict[str, FinalState] = field(default_factory=dict)
    response_sets: dict[str, dict[str, Response]] = field(default_factory=dict)
    default_channels: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        require_positive(self, "pot")
        for tag, state in self.final_states.items():
            if any(region.observed is not None for region in state.regions):
                raise ConfigError(f"final_states.{tag}: observed: expected none in a projection")


def analysis_names() -> tuple[str, ...]:
    """Names of the analyses that come with the package."""
    return shipped_names(ANALYSES_FOLDER)


def load_analysis(name_or_path: str | Path) -> Analysis:
    """A shipped analysis by name, or a TOML file by path. Raises `ConfigError` with file and line.

    A file with ``projection_of`` is that analysis at another POT: backgrounds scale with the POT, observed
    counts are dropped; it may join others and add final states.
    """
    document = load_document("analysis", ANALYSES_FOLDER, name_or_path)
    if "projection_of" in document.data:
        return _project(decode(_Projection, _with_tags(document)))
    return decode(Analysis, _with_tags(document))


def _project(projection: _Projection) -> Analysis:
    scaled = load_analysis(projection.projection_of).projected(projection.pot)
    states, sets = dict(scaled.final_states), dict(scaled.response_sets)
    for other_states, other_sets in (
        *(_to_join(name, projection.pot) for name in projection.joined),
        (projection.final_states, projection.response_sets),
    ):
        if twice := [tag for tag in other_states if tag in states]:
            raise ConfigError(f"{projection.name}: final state {twice[0]!r} is there twice")
        states |= other_states
        sets |= {name: sets.get(name, {}) | responses for name, responses in other_sets.items()}
    channels = projection.default_channels
    return replace(
        scaled,
        name=projection.name,
        title=projection.title,
        experiment=projection.experiment,
        final_states=states,
        response_sets=sets,
        default_channels=scaled.default_channels if channels is None else channels,
        origins=scaled.origins | {"pot": projection.origin},
    )


def _to_join(name: str, pot: float) -> tuple[dict[str, FinalState], dict[str, dict[str, Response]]]:
    """Final states, each with the response set that serves it, and response sets of another analysis."""
    other = load_analysis(name)
    if other.pot != pot:
        raise ConfigError(f"joined analysis {name!r} is for {other.pot:g} POT: expected {pot:g}")
    states = {
        tag: replace(state, default_response=other.default_response_of(tag))
        for tag, state in other.final_states.items()
    }
    return states, other.response_sets


def _with_tags(document: Document) -> Document:
    """Give each final state the name of its table as its tag."""
    states = document.data.get("final_states")
    if not isinstance(states, dict):
        return document
    tagged = {
        tag: {"tag": tag} | state if isinstance(state, dict) else state for tag, state in states.items()
    }
    return replace(document, data=document.data | {"final_states": tagged})

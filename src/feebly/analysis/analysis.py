"""An analysis as data: POT, final states with cuts and regions, response sets."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feebly.analysis.fiducial import FiducialVolume
from feebly.analysis.regions import Region, ValidationRegion
from feebly.apparatus.experiment import ChargedParticle, Experiment, check_origins
from feebly.core.errors import ConfigError, unknown
from feebly.core.provenance import Origin
from feebly.core.records import decode, require, require_not_negative, require_positive
from feebly.core.tables import Document, load_document, plain, shipped_names
from feebly.physics.decays.channels import TWO_BODY_DAUGHTERS

ANALYSES_FOLDER = "analyses"
NO_RESPONSE = "none"


@dataclass(frozen=True, slots=True)
class CalorimeterCuts:
    """Clusters of the tracks on a plane: r > ``r_min_m`` about (0, 0), apart by ``separation_min_m``."""

    plane: str
    r_min_m: float
    separation_min_m: float

    def __post_init__(self) -> None:
        require_not_negative(self, "r_min_m", "separation_min_m")


@dataclass(frozen=True, slots=True)
class PhotonCuts:
    """Clusters of all photons on a plane (the calorimeter): energy and r about (0, 0) above a minimum.

    ``separation_min_m``: distance of a photon's impact from those of the other photons and of the tracks.
    Act on true quantities.
    """

    plane: str
    energy_min_gev: float
    r_min_m: float
    separation_min_m: float

    def __post_init__(self) -> None:
        require_not_negative(self, "energy_min_gev", "r_min_m", "separation_min_m")


@dataclass(frozen=True, slots=True)
class FinalState:
    """Selection of a final state: its charged tracks, and its photons where it has some.

    ``daughters``: kinds of the tracks, positive and negative in turn. ``momentum_min_gev`` (each track) and
    the apertures act on true quantities; fiducial volume, closest approach of the tracks and regions on
    reconstructed ones.
    """

    tag: str
    daughters: tuple[ChargedParticle, ...]
    fiducial_volume: FiducialVolume
    momentum_min_gev: float
    track_cda_max_m: float
    signal_region: Region
    calorimeter: CalorimeterCuts | None = None
    photons: PhotonCuts | None = None
    control_region: Region | None = None
    validation_regions: tuple[ValidationRegion, ...] = ()

    def __post_init__(self) -> None:
        require_not_negative(self, "momentum_min_gev")
        require_positive(self, "track_cda_max_m")

    @property
    def regions(self) -> tuple[Region, ...]:
        """Signal region first, then the control region if there is one."""
        return (self.signal_region, self.control_region) if self.control_region else (self.signal_region,)

    def region_names(self, z_m: ArrayLike, cda_m: ArrayLike) -> NDArray[np.str_]:
        """Name of the region of each point of (Z_TAX, CDA_TAX), ``""`` outside; the signal region wins."""
        inside = [region.contains(z_m, cda_m) for region in self.regions]
        return np.select(inside, [region.name for region in self.regions], "")

    def table_key(self) -> dict[str, Any]:
        """What a table of yields depends on: volume, cuts and region shapes; no counts, names or origins."""
        cuts = ("daughters", "fiducial_volume", "momentum_min_gev", "track_cda_max_m", "calorimeter")
        shapes = [plain(region.shape) for region in self.regions]
        photons = {"photons": plain(self.photons)} if self.photons else {}
        return {name: plain(getattr(self, name)) for name in cuts} | {"regions": shapes} | photons


@dataclass(frozen=True, slots=True)
class PairSeparation:
    """Efficiency for two tracks at distance d on a plane: 1, or 1/(1 + (d0/d)^power), or (hard) d > d0."""

    kind: Literal["none", "smooth", "hard"] = "none"
    d0_m: float = 0.0
    power: float = 4.0
    plane: str = "STRAW1"

    def __post_init__(self) -> None:
        require_not_negative(self, "d0_m")
        require_positive(self, "power")
        if self.kind == "none":
            require(self.d0_m == 0, self, "d0_m", "no d0_m with kind = 'none'")
        else:
            require_positive(self, "d0_m")

    def efficiency(self, distance_m: ArrayLike) -> NDArray[np.float64]:
        """Efficiency at each distance."""
        d = np.asarray(distance_m, float)
        if self.kind == "none":
            return np.ones(d.shape)
        if self.kind == "hard":
            return np.where(d > self.d0_m, 1.0, 0.0)
        with np.errstate(divide="ignore", over="ignore"):
            return np.asarray(1 / (1 + (self.d0_m / d) ** self.power))


@dataclass(frozen=True, slots=True)
class Response:
    """Detection of one final state: ``efficiency`` (trigger, PID, selection; 0-1) and pair separation."""

    efficiency: float
    pair_separation: PairSeparation
    origin: Origin

    def __post_init__(self) -> None:
        require(0 < self.efficiency <= 1, self, "efficiency", "a number above 0 and at most 1")


IDEAL_RESPONSE = Response(1.0, PairSeparation(), Origin("assumed", "ideal detection, for theory use"))


@dataclass(frozen=True, slots=True)
class Analysis:
    """POT, final states and response sets of one analysis of one experiment.

    ``projection_of`` names the analysis that was scaled to another POT; its regions have no observed
    counts. The response set ``none`` (efficiency 1, no separation) exists in every analysis.
    ``default_preset``: production physics of a run that names none.
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
            self.response(self.default_response, tag)
            expected = TWO_BODY_DAUGHTERS.get(tag, state.daughters)
            if state.daughters != expected:
                words = (", ".join(kinds) for kinds in (state.daughters, expected))
                raise ConfigError("final_states.{}.daughters = {}: expected {}".format(tag, *words))
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
    """A file that takes another analysis to its own POT; everything else is inherited."""

    name: str
    title: str
    experiment: str
    projection_of: str
    pot: float
    origin: Origin

    def __post_init__(self) -> None:
        require_positive(self, "pot")


def analysis_names() -> tuple[str, ...]:
    """Names of the analyses that come with the package."""
    return shipped_names(ANALYSES_FOLDER)


def load_analysis(name_or_path: str | Path) -> Analysis:
    """A shipped analysis by name, or a TOML file by path. Raises `ConfigError` with file and line.

    A file with ``projection_of`` is that analysis at another POT: backgrounds scale with the POT, observed
    counts are dropped.
    """
    document = load_document("analysis", ANALYSES_FOLDER, name_or_path)
    if "projection_of" in document.data:
        return _project(decode(_Projection, document))
    return decode(Analysis, _with_tags(document))


def _project(projection: _Projection) -> Analysis:
    scaled = load_analysis(projection.projection_of).projected(projection.pot)
    return replace(
        scaled,
        name=projection.name,
        title=projection.title,
        experiment=projection.experiment,
        origins=scaled.origins | {"pot": projection.origin},
    )


def _with_tags(document: Document) -> Document:
    """Give each final state the name of its table as its tag."""
    states = document.data.get("final_states")
    if not isinstance(states, dict):
        return document
    tagged = {
        tag: {"tag": tag} | state if isinstance(state, dict) else state for tag, state in states.items()
    }
    return replace(document, data=document.data | {"final_states": tagged})

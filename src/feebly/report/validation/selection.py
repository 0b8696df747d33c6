"""Selections with few cuts, as projections for NA62 have them: no regions, no masks, no response."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from feebly.analysis.final_state import FinalState
from feebly.analysis.regions import Box
from feebly.apparatus.experiment import Experiment, Plane
from feebly.apparatus.geometry import calorimeter_of
from feebly.apparatus.shapes import Annulus
from feebly.core.records import require, require_not_negative

_ANYWHERE = Box(-1e4, 1e4, 1e4)
_FAR_M = 1e3


@dataclass(frozen=True, slots=True)
class PhotonThresholds:
    """Clusters of photons on the calorimeter: each above an energy, off the beam pipe, apart."""

    energy_min_gev: float
    r_min_m: float
    separation_min_m: float

    def __post_init__(self) -> None:
        require_not_negative(self, "energy_min_gev", "r_min_m", "separation_min_m")


@dataclass(frozen=True, slots=True)
class OpenSelection:
    """Decays at ``z_m`` [m] whose tracks have ``momentum_min_gev`` and cross all planes.

    photons: cuts in the place of the analysis' own. straw_radii_m: of the straw chambers about their beam
    hole and about the axis, in the place of the experiment's. photons_up_to: where decays to photons alone,
    which need no tracker, are seen.
    """

    z_m: tuple[float, float]
    momentum_min_gev: float
    photons: PhotonThresholds | None = None
    straw_radii_m: tuple[float, float] | None = None
    photons_up_to: Literal["volume", "calorimeter"] = "volume"

    def __post_init__(self) -> None:
        require(self.z_m[0] < self.z_m[1], self, "z_m", "two positions in order")
        require_not_negative(self, "momentum_min_gev")

    def final_state(self, state: FinalState, experiment: Experiment) -> FinalState:
        """The final state with these cuts alone."""
        z_min, z_max = self.z_m
        if self._beyond_straws(state):
            z_max = _calorimeter_z(experiment)
        cuts = self.photons
        own = state.photons
        return replace(
            state,
            momentum_min_gev=self.momentum_min_gev,
            fiducial_volume=replace(state.fiducial_volume, z_min_m=z_min, z_max_m=z_max, cones=()),
            track_cda_max_m=_FAR_M,
            signal_region=replace(state.signal_region, shape=_ANYWHERE),
            control_region=None,
            validation_regions=(),
            calorimeter=None,
            masks=(),
            photons=replace(
                own,
                energy_min_gev=cuts.energy_min_gev,
                r_min_m=cuts.r_min_m,
                separation_min_m=cuts.separation_min_m,
            )
            if own and cuts
            else own,
        )

    def experiment(self, experiment: Experiment, state: FinalState) -> Experiment:
        """The experiment in which a final state is looked for."""
        planes = tuple(map(self._plane, experiment.planes))
        found = replace(experiment, planes=planes)
        return _without_tracker(found) if self._beyond_straws(state) else found

    def _beyond_straws(self, state: FinalState) -> bool:
        return self.photons_up_to == "calorimeter" and not state.daughters

    def _plane(self, plane: Plane) -> Plane:
        if self.straw_radii_m is None or not isinstance(plane.shape, Annulus) or "STRAW" not in plane.name:
            return plane
        r_min, r_max = self.straw_radii_m
        return replace(plane, shape=replace(plane.shape, r_min_m=r_min, r_max_m=r_max))


def _calorimeter_z(experiment: Experiment) -> float:
    return experiment.plane(calorimeter_of(experiment).plane).z_m


def _without_tracker(experiment: Experiment) -> Experiment:
    """Decays up to the calorimeter: chambers and magnet, which photons do not feel, stand behind it."""
    z = _calorimeter_z(experiment)
    return replace(
        experiment,
        decay_region_z_m=(experiment.decay_region_z_m[0], z),
        tracking=replace(experiment.tracking, chambers_z_m=(z, z + 1.0)),
        magnet=replace(experiment.magnet, z_centre_m=z + 2.0),
    )

"""One channel for the engine: everything that its sample depends on, packed for the compiled chain."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from feebly.analysis.analysis import FinalState, PairSeparation
from feebly.analysis.regions import Box, RegionShape
from feebly.analysis.selection import BOX, CONE_COLUMNS, ELLIPSE, REGION_COLUMNS
from feebly.apparatus.experiment import Experiment
from feebly.apparatus.geometry import (
    Apparatus,
    Clusters,
    calorimeter_of,
    calorimeter_rows,
    pack_apparatus,
    pack_clusters,
    pack_planes,
    pack_shape,
)
from feebly.apparatus.transport import PLANE_COLUMNS, SEPARATION_HARD, SEPARATION_NONE, SEPARATION_SMOOTH
from feebly.core.block import FIRST_MAPPED
from feebly.core.errors import ConfigError
from feebly.core.interfaces import FloatArray, MesonDecaySampling, PairDecaySampling, Sampling
from feebly.core.tables import plain
from feebly.engine.chain import Acceptance, kernel_digest
from feebly.engine.groups import Conditions, kind_of
from feebly.engine.many_bodies import PARTS, Parts, PhotonAcceptance, type_of
from feebly.engine.two_tracks import TwoTracks
from feebly.physics.decays.channels import Channel, channel_of
from feebly.physics.decays.matrix_elements import MATRIX_ELEMENTS, norm
from feebly.physics.production.shares import share_of
from feebly.physics.spectra.hadron_spectrum import HadronSpectrum

TABLE_SCHEMA = 1
_SEPARATION_KINDS = {"none": SEPARATION_NONE, "smooth": SEPARATION_SMOOTH, "hard": SEPARATION_HARD}
# Polar angle of flight, decay z and angle are mapped, and some numbers of production. The azimuths about the
# two directions of flight and the interaction point are not worth a map.
_MAPPED = 3


@dataclass(frozen=True)
class ChannelSetup:
    """Production ``production`` (sampled as ``sampling``) with decay to ``final_state`` in one experiment.

    spectrum: of the parent meson, None for the beam proton. separation: pair separation of the response set.
    matrix_element: of a decay to more than two bodies (``decays.matrix_elements``). together: productions
    whose yields are added up, this one among them (``shares``); the asked precision is that of their sum.
    """

    production: str
    sampling: Sampling
    spectrum: HadronSpectrum | None
    experiment: Experiment
    final_state: FinalState
    separation: PairSeparation
    seed: int
    matrix_element: str = "flat"
    together: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.spectrum is None) != (getattr(self.sampling, "parent", None) is None):
            raise ConfigError(f"production {self.production!r}: the spectrum of its parent is missing")
        state, photons = self.final_state, self.channel.photons
        if (photons > 0) != (state.photons is not None):
            expected = f"cuts on its {photons} photons" if photons else "none: it has no photons"
            raise ConfigError(f"final_states.{state.tag}.photons: expected {expected}")
        if state.calorimeter is not None and self.channel.parts != (2, 0, 0):
            raise ConfigError(
                f"final_states.{state.tag}.calorimeter: expected none; use photons for clusters"
            )

    @property
    def channel(self) -> Channel:
        """What the particle decays to."""
        return channel_of(self.final_state.tag)

    @property
    def daughter_masses_gev(self) -> tuple[float, ...]:
        return self.channel.masses_gev

    @property
    def dimensions(self) -> int:
        """Random numbers per event that the importance map shapes."""
        mapped = PARTS[self.decay_type].mapped if self.decay_type in PARTS else 0
        return FIRST_MAPPED + mapped if mapped else _MAPPED + kind_of(self.sampling).made

    @property
    def mass_end_gev(self) -> float:
        """Mass at which the production closes by kinematics, as far as it does below the beam energy."""
        sampling = self.sampling
        if isinstance(sampling, PairDecaySampling):
            return sampling.end_gev
        if isinstance(sampling, MesonDecaySampling):
            return sampling.parent_mass_gev - sampling.recoil_mass_gev
        return math.inf

    def key(self) -> dict[str, Any]:
        """All that the sample depends on; no coupling, width, efficiency, POT or count."""
        return {
            "schema": TABLE_SCHEMA,
            "kernels": kernel_digest(self.sampling.kind, self.decay_type),
            "experiment": self.experiment.table_key(),
            "final_state": self.final_state.tag,
            "selection": self.final_state.table_key(),
            "separation": plain(self.separation),
            "production": self.production,
            "sampling": plain(self.sampling),
            "spectrum": self.spectrum.digest if self.spectrum else "beam",
            "seed": self.seed,
        } | self._further_key()

    def _further_key(self) -> dict[str, Any]:
        """What only some channels depend on."""
        matrix = {"matrix_element": self.matrix_element} if len(self.channel.bodies) > 2 else {}
        return matrix | ({"together": list(self.together)} if self.together else {})

    def share_at(self, mass_gev: float) -> float:
        """About what share of the sum ``together`` this production has; one where it is alone.

        Each production to the precision of the sum over the root of its share: errors in quadrature are then
        that of the sum, and all together take as many events as one alone.
        """
        return share_of(self.production, self.together, mass_gev)

    @cached_property
    def apparatus(self) -> Apparatus:
        return pack_apparatus(self.experiment, bool(self.channel.tracks), self.channel.photons > 0)

    @cached_property
    def planes(self) -> FloatArray:
        """Apertures of a pair of tracks, the same for both pairs of four."""
        if not self.final_state.daughters:
            return np.zeros((0, PLANE_COLUMNS))
        positive, negative = self.final_state.daughters[:2]
        rows = pack_planes(self.experiment.planes, (positive, negative))
        cuts = self.final_state.calorimeter
        if cuts is None:
            return rows
        z = self.experiment.plane(cuts.plane).z_m
        return np.vstack([rows, calorimeter_rows(z, cuts.r_min_m, cuts.separation_min_m)])

    @cached_property
    def cuts(self) -> Acceptance | PhotonAcceptance:
        state, separation = self.final_state, self.separation
        z = self.experiment.plane(separation.plane).z_m if separation.kind != "none" else 0.0
        if z >= self.experiment.magnet.z_centre_m:
            raise ConfigError(f"pair separation on {separation.plane!r}: expected a plane before the magnet")
        common = Acceptance(
            state.momentum_min_gev,
            _SEPARATION_KINDS[separation.kind],
            z,
            separation.d0_m,
            separation.power,
            state.fiducial_volume.z_min_m,
            state.fiducial_volume.z_max_m,
            state.track_cda_max_m,
        )
        if self.decay_type not in PARTS:
            return common
        return PhotonAcceptance(*common, *self._photon_cuts())

    def _photon_cuts(self) -> tuple[float, float, float, float, FloatArray, Clusters]:
        """Energy, squares of radius and separations, packed calorimeter, resolution; zeros without any."""
        cuts = self.final_state.photons
        if cuts is None:
            return 0.0, 0.0, 0.0, 0.0, np.zeros(PLANE_COLUMNS), Clusters(0.0, 0.0, 0.0, 0.0, 0.0)
        clusters = pack_clusters(self.experiment)
        if cuts.plane != calorimeter_of(self.experiment).plane:
            raise ConfigError(f"final_states.{self.final_state.tag}.photons.plane: expected the calorimeter")
        shape = pack_shape(self.experiment.plane(cuts.plane))
        squares = cuts.r_min_m**2, cuts.separation_min_m**2, cuts.from_tracks_m**2
        return cuts.energy_min_gev, *squares, shape, clusters

    @cached_property
    def cones(self) -> FloatArray:
        rows = [
            (cone.z_tip_m, math.tan(cone.half_angle_rad), cone.z_end_m)
            for cone in self.final_state.fiducial_volume.cones
        ]
        return np.array(rows, dtype=float).reshape(-1, CONE_COLUMNS)

    @cached_property
    def regions(self) -> FloatArray:
        rows = [_region_row(region.shape) for region in self.final_state.regions]
        return np.array(rows, dtype=float).reshape(-1, REGION_COLUMNS)

    @cached_property
    def density(self) -> FloatArray:
        return np.ones((1, 1)) if self.spectrum is None else np.ascontiguousarray(self.spectrum.density)

    def source(self, mass_gev: float) -> Any:
        """Numbers of the production at one mass; their type chooses the compiled stage (``groups``)."""
        conditions = Conditions(
            float(mass_gev),
            self.spectrum,
            self.experiment.beam.momentum_gev,
            self.least_energy_gev,
            self.final_state.tag,
        )
        return kind_of(self.sampling).pack(self.sampling, conditions)

    @property
    def least_energy_gev(self) -> float:
        """Energy of the particle below which its decay cannot be seen."""
        photon = self.final_state.photons.energy_min_gev if self.final_state.photons else 0.0
        return (
            len(self.final_state.daughters) * self.final_state.momentum_min_gev
            + self.channel.photons * photon
        )

    @property
    def decay(self) -> Any:
        """Numbers of the decay; their type chooses what follows it (``chain.topology_of``)."""
        masses, parts = self.daughter_masses_gev, self.channel.parts
        if parts == (2, 0, 0):
            return TwoTracks(*masses)
        return type_of(Parts(*parts))(MATRIX_ELEMENTS[self.matrix_element], 1.0, (*masses, 0.0, 0.0)[:4])

    @cached_property
    def decay_type(self) -> type:
        """Type of ``decay``."""
        return type(self.decay)

    def decay_at(self, mass_gev: float) -> Any:
        """``decay`` with the norm of its matrix element at one mass."""
        if self.decay_type not in PARTS or len(self.daughter_masses_gev) == 2:
            return self.decay
        inverse = 1.0 / norm(self.matrix_element, float(mass_gev), self.daughter_masses_gev)
        return self.decay._replace(inverse_norm=inverse)


def _region_row(shape: RegionShape) -> tuple[float, ...]:
    if isinstance(shape, Box):
        return BOX, shape.z_min_m, shape.z_max_m, shape.cda_max_m
    return ELLIPSE, shape.z_centre_m, shape.z_half_axis_m, shape.cda_half_axis_m

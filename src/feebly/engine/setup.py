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
from feebly.apparatus.geometry import Apparatus, calorimeter_rows, pack_apparatus, pack_planes
from feebly.apparatus.transport import SEPARATION_HARD, SEPARATION_NONE, SEPARATION_SMOOTH
from feebly.core.errors import ConfigError
from feebly.core.interfaces import FloatArray, MesonDecaySampling, PairDecaySampling, Sampling
from feebly.core.tables import plain
from feebly.engine.chain import Acceptance, kernel_digest
from feebly.engine.groups import Conditions, kind_of
from feebly.engine.two_tracks import TwoTracks
from feebly.physics.decays.channels import daughter_masses_gev
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
    """

    production: str
    sampling: Sampling
    spectrum: HadronSpectrum | None
    experiment: Experiment
    final_state: FinalState
    separation: PairSeparation
    seed: int

    def __post_init__(self) -> None:
        if (self.spectrum is None) != (getattr(self.sampling, "parent", None) is None):
            raise ConfigError(f"production {self.production!r}: the spectrum of its parent is missing")

    @property
    def daughter_masses_gev(self) -> tuple[float, float]:
        return daughter_masses_gev(self.final_state.tag)

    @property
    def dimensions(self) -> int:
        """Random numbers per event that the importance map shapes."""
        return _MAPPED + kind_of(self.sampling).made

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
        }

    @cached_property
    def apparatus(self) -> Apparatus:
        return pack_apparatus(self.experiment)

    @cached_property
    def planes(self) -> FloatArray:
        positive, negative = self.final_state.daughters
        rows = pack_planes(self.experiment.planes, (positive, negative))
        cuts = self.final_state.calorimeter
        if cuts is None:
            return rows
        z = self.experiment.plane(cuts.plane).z_m
        return np.vstack([rows, calorimeter_rows(z, cuts.r_min_m, cuts.separation_min_m)])

    @cached_property
    def cuts(self) -> Acceptance:
        state, separation = self.final_state, self.separation
        z = self.experiment.plane(separation.plane).z_m if separation.kind != "none" else 0.0
        if z >= self.experiment.magnet.z_centre_m:
            raise ConfigError(f"pair separation on {separation.plane!r}: expected a plane before the magnet")
        return Acceptance(
            state.momentum_min_gev,
            _SEPARATION_KINDS[separation.kind],
            z,
            separation.d0_m,
            separation.power,
            state.fiducial_volume.z_min_m,
            state.fiducial_volume.z_max_m,
            state.track_cda_max_m,
        )

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
        return 2.0 * self.final_state.momentum_min_gev

    @property
    def decay(self) -> TwoTracks:
        """Numbers of the decay; their type chooses what follows it (``chain.Topology``)."""
        return TwoTracks(*self.daughter_masses_gev)

    @property
    def decay_type(self) -> type:
        """Type of ``decay``."""
        return type(self.decay)


def _region_row(shape: RegionShape) -> tuple[float, ...]:
    if isinstance(shape, Box):
        return BOX, shape.z_min_m, shape.z_max_m, shape.cda_max_m
    return ELLIPSE, shape.z_centre_m, shape.z_half_axis_m, shape.cda_half_axis_m

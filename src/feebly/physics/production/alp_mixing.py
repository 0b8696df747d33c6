"""Axion-like particles from mixing with π0, η and η′: the ALP replaces a meson of the spectrum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.errors import ConfigError, unknown
from feebly.core.interfaces import FloatArray, MixingSampling
from feebly.core.provenance import Origin
from feebly.physics.formfactors.meson_mixing import MESON_MASS_GEV, RESONANCE_GEV
from feebly.physics.models.alp import MesonMixing
from feebly.physics.models.alp_couplings import AlpCouplings
from feebly.physics.production.mixing import MIXING_KINEMATICS

MIXED_MESONS: Mapping[str, str] = MappingProxyType({f"mixing-{meson}": meson for meson in MESON_MASS_GEV})
"""Mesons by production tag."""


@dataclass(frozen=True)
class AlpMixing:
    """Production channel in which the ALP takes the place of a π0, η or η′: N_a = |θ_aP|² N_P (2201.05170).

    tag: a key of `MIXED_MESONS`. couplings: C/Λ per unit of the scanned coupling. angles: η-η′ angle and
    basis; with gluons |θ|² changes with the basis by 4 to 30. kinematics: what the ALP takes from the meson.
    """

    tag: str
    couplings: AlpCouplings
    angles: MesonMixing
    kinematics: str = "lab-momentum"

    def __post_init__(self) -> None:
        if self.tag not in MIXED_MESONS:
            raise unknown("mixing channel", self.tag, MIXED_MESONS)
        if self.kinematics not in MIXING_KINEMATICS:
            raise unknown("mixing kinematics", self.kinematics, MIXING_KINEMATICS)

    @property
    def parent(self) -> str:
        return MIXED_MESONS[self.tag]

    def mass_range_gev(self, model_range_gev: tuple[float, float]) -> tuple[float, float]:
        """No limit of its own."""
        return model_range_gev

    def sampling(self) -> MixingSampling:
        return MixingSampling(self.parent, MESON_MASS_GEV[self.parent], self.kinematics)

    @property
    def numbers(self) -> tuple[str, Origin]:
        text = (
            f"weight |theta_a{self.parent}|^2 <= 1, kappa {self.angles.basis}, eta-eta' angle "
            f"{self.angles.eta_angle_deg:.1f} deg; none within {1e3 * RESONANCE_GEV:g} MeV of the meson; "
            f"ALP takes the {self.kinematics.replace('-', ' ')} of the meson"
        )
        return text, Origin("published", "chiral perturbation theory at leading order, 2201.05170")

    def weight(self, mass_gev: ArrayLike, coupling: ArrayLike) -> FloatArray:
        """|θ_aP|², at most one; zero within 5 MeV of the meson, where mixing is no small perturbation."""
        mass = np.asarray(mass_gev, float)
        angle = np.asarray(coupling, float) * self.angles.angle(self.parent, mass, self.couplings)
        resonant = np.abs(mass - MESON_MASS_GEV[self.parent]) < RESONANCE_GEV
        return np.where(resonant, 0.0, np.minimum(angle**2, 1.0))

    def rate(self, mass_gev: ArrayLike, coupling: ArrayLike, multiplicity: float | None = None) -> FloatArray:
        """ALPs per POT: mesons per POT × `weight`."""
        if multiplicity is None:
            raise ConfigError(f"production {self.tag!r} needs the multiplicity of its parent {self.parent!r}")
        return np.asarray(multiplicity * self.weight(mass_gev, coupling))

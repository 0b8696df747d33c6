"""Light mesons to dark photons: P -> gamma A' (pi0, eta, eta') and V -> P A' (omega, rho, phi)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import ETA_MASS_GEV, MESON_MASS_GEV, PION0_MASS_GEV, PION_MASS_GEV
from feebly.core.errors import ConfigError, unknown
from feebly.core.interfaces import FloatArray, MesonDecaySampling
from feebly.core.provenance import Origin
from feebly.physics.decays.polarisation import POLARISATIONS


@dataclass(frozen=True, slots=True)
class MesonMode:
    """A radiative decay parent -> recoil + gamma and its branching ratio; recoil mass zero is a photon."""

    parent: str
    recoil_mass_gev: float
    branching_ratio: float

    @property
    def parent_mass_gev(self) -> float:
        return MESON_MASS_GEV[self.parent]


MESON_MODES: Mapping[str, MesonMode] = MappingProxyType(
    {
        # BR(P -> gamma gamma), PDG 2024
        "pi0": MesonMode("pi0", 0.0, 0.98823),
        "eta": MesonMode("eta", 0.0, 0.3936),
        "etaprime": MesonMode("etaprime", 0.0, 0.02307),
        # BR(V -> P gamma), PDG 2024
        "omega-pi0": MesonMode("omega", PION0_MASS_GEV, 0.0835),
        "omega-eta": MesonMode("omega", ETA_MASS_GEV, 4.5e-4),
        "rho0-pi0": MesonMode("rho0", PION0_MASS_GEV, 4.7e-4),
        "rho0-eta": MesonMode("rho0", ETA_MASS_GEV, 3.0e-4),
        "rho-pi": MesonMode("rho", PION_MASS_GEV, 4.5e-4),
        "phi-eta": MesonMode("phi", ETA_MASS_GEV, 0.01301),
        "phi-pi0": MesonMode("phi", PION0_MASS_GEV, 1.32e-3),
    }
)
"""Modes by production tag; ``rho`` is rho+ and rho- together."""


def br_pseudoscalar(mass_gev: ArrayLike, parent_mass_gev: float, branching_ratio_gg: ArrayLike) -> FloatArray:
    """BR(P -> gamma A')/ε² = 2 BR(P -> gamma gamma) (1 - m²/m_P²)³; zero above m_P.

    0906.5614; point-like transition form factor.
    """
    x = (np.asarray(mass_gev, float) / parent_mass_gev) ** 2
    return np.asarray(2 * np.asarray(branching_ratio_gg) * np.maximum(1 - x, 0.0) ** 3)


def br_vector(
    mass_gev: ArrayLike,
    parent_mass_gev: float,
    recoil_mass_gev: float,
    branching_ratio_gamma: ArrayLike,
) -> FloatArray:
    """BR(V -> P A')/ε² = BR(V -> P gamma) (p_A'/p_gamma)³, the P-wave phase space; zero above m_V - m_P.

    Point-like transition form factor. (p_A'/p_gamma)² = λ(m_V², m_P², m²)/(m_V² - m_P²)².
    """
    m, big, small = np.asarray(mass_gev, float), parent_mass_gev, recoil_mass_gev
    # factored Källén function: keeps its digits at the end point
    lam = (big - small - m) * (big + small + m) * (big - small + m) * (big + small - m)
    is_open = m < big - small
    ratio2 = np.where(is_open, lam, 0.0) / (big**2 - small**2) ** 2
    return np.asarray(np.asarray(branching_ratio_gamma) * ratio2**1.5)


@dataclass(frozen=True)
class MesonDecay:
    """Production channel of one radiative decay of a light meson of the beam-target spectrum.

    tag: a key of :data:`MESON_MODES`. weight: factor on the rate (f_mes of a preset, 1 without tuning).
    polarisation: of the A', part of the sample.
    """

    tag: str
    weight: float = 1.0
    polarisation: str = "isotropic"

    def __post_init__(self) -> None:
        if self.tag not in MESON_MODES:
            raise unknown("meson decay", self.tag, MESON_MODES)
        if self.polarisation not in POLARISATIONS:
            raise unknown("polarisation", self.polarisation, POLARISATIONS)
        if not self.weight >= 0:
            raise ConfigError(f"meson weight = {self.weight:g}: expected a number >= 0")

    @property
    def mode(self) -> MesonMode:
        return MESON_MODES[self.tag]

    @property
    def parent(self) -> str:
        return self.mode.parent

    def mass_range_gev(self, model_range_gev: tuple[float, float]) -> tuple[float, float]:
        """Up to the mass difference of parent and recoil."""
        low, high = model_range_gev
        return low, min(self.mode.parent_mass_gev - self.mode.recoil_mass_gev, high)

    def sampling(self) -> MesonDecaySampling:
        mode = self.mode
        return MesonDecaySampling(
            self.parent, mode.parent_mass_gev, mode.recoil_mass_gev, polarisation=self.polarisation
        )

    @property
    def numbers(self) -> tuple[str, Origin]:
        recoil = "gamma" if self.mode.recoil_mass_gev == 0 else f"{self.mode.recoil_mass_gev:g} GeV meson"
        ratio = f"BR({self.parent} -> {recoil} gamma) = {self.mode.branching_ratio:g}"
        return ratio, Origin("published", "PDG 2024; point-like transition form factor (0906.5614)")

    def branching_ratio(self, mass_gev: ArrayLike) -> FloatArray:
        """BR(parent -> recoil A')/ε²; zero where the decay is closed."""
        mode = self.mode
        if mode.recoil_mass_gev == 0:
            return br_pseudoscalar(mass_gev, mode.parent_mass_gev, mode.branching_ratio)
        return br_vector(mass_gev, mode.parent_mass_gev, mode.recoil_mass_gev, mode.branching_ratio)

    def rate(self, mass_gev: ArrayLike, coupling: ArrayLike, multiplicity: float | None = None) -> FloatArray:
        """A' per POT: multiplicity of the parent per POT × weight × ε² × BR/ε²."""
        if multiplicity is None:
            raise ConfigError(f"production {self.tag!r} needs the multiplicity of its parent {self.parent!r}")
        epsilon = np.asarray(coupling, float)
        return np.asarray(multiplicity * self.weight * epsilon**2 * self.branching_ratio(mass_gev))

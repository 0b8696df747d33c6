"""A' from mixing with rho, omega and phi: the A' replaces a vector meson of the spectrum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import ALPHA, OMEGA_MASS_GEV, PHI_MASS_GEV, RHO_MASS_GEV
from feebly.core.errors import ConfigError, unknown
from feebly.core.interfaces import FloatArray, MixingSampling
from feebly.core.provenance import Origin
from feebly.physics.formfactors.r_tables import r_table, width_tables

MIN_MASS_GEV = 0.28
"""No mixing below: the vector mesons would have no hadronic final state."""


@dataclass(frozen=True, slots=True)
class VectorMeson:
    """Mass and width [GeV], γ-V coupling g_V (1810.01879), final states that make up R_V."""

    parent: str
    mass_gev: float
    width_gev: float
    coupling: float
    final_states: tuple[str, ...]


VECTOR_MESONS: Mapping[str, VectorMeson] = MappingProxyType(
    {
        "mixing-rho": VectorMeson("rho0", RHO_MASS_GEV, 0.1474, 5.0, ("pipi",)),
        "mixing-omega": VectorMeson("omega", OMEGA_MASS_GEV, 0.00868, 17.0, ("3pi",)),
        "mixing-phi": VectorMeson("phi", PHI_MASS_GEV, 0.004249, -12.88, ("kk", "k0k0")),
    }
)
"""Mesons by production tag; widths from PDG 2024."""


def mixing_angle_squared(
    mass_gev: ArrayLike, meson_mass_gev: float, meson_width_gev: float, coupling_g: ArrayLike
) -> FloatArray:
    """|θ_V|²/ε² of vector-meson dominance, θ_V = (ε e/g_V) m_V²/(m² - m_V² + i m_V Γ_V) (1810.01879)."""
    s, m2 = np.asarray(mass_gev, float) ** 2, meson_mass_gev**2
    pole = m2**2 / ((s - m2) ** 2 + m2 * meson_width_gev**2)
    return np.asarray(4 * np.pi * ALPHA / np.asarray(coupling_g, float) ** 2 * pole)


@dataclass(frozen=True)
class Mixing:
    """Production channel in which A' takes the place and the laboratory three-momentum of a meson V.

    N_A' = scale × ε² R_V(m) N_V with R_V = σ(e+e- -> V -> hadrons)/σ(e+e- -> mu+mu-, massless), the weight
    used by ALPINIST (2201.05170). A heuristic: with a time-like form factor in bremsstrahlung the rho and
    omega poles enter twice; presets decide.
    """

    tag: str
    scale: float = 1.0
    width_table: str = "deliver"

    def __post_init__(self) -> None:
        if self.tag not in VECTOR_MESONS:
            raise unknown("mixing channel", self.tag, VECTOR_MESONS)
        if self.width_table not in width_tables():
            raise unknown("width table", self.width_table, width_tables())
        if not self.scale >= 0:
            raise ConfigError(f"mixing scale = {self.scale:g}: expected a number >= 0")

    @property
    def parent(self) -> str:
        return VECTOR_MESONS[self.tag].parent

    def mass_range_gev(self, model_range_gev: tuple[float, float]) -> tuple[float, float]:
        """From the first mass of the tables of R_V; no upper limit of its own."""
        low, high = model_range_gev
        return max(low, MIN_MASS_GEV), high

    def sampling(self) -> MixingSampling:
        return MixingSampling(self.parent)

    @property
    def numbers(self) -> tuple[str, Origin]:
        states = " + ".join(VECTOR_MESONS[self.tag].final_states)
        weight = f"weight epsilon^2 R({states}) from {MIN_MASS_GEV:g} GeV on, table {self.width_table!r}"
        return weight, Origin("published", "weight of ALPINIST (2201.05170), R of 2201.01788")

    def weight(self, mass_gev: ArrayLike) -> FloatArray:
        """R_V(m), zero below 0.28 GeV."""
        mass = np.asarray(mass_gev, float)
        table = r_table(self.width_table)
        r = sum(table.r(channel, mass) for channel in VECTOR_MESONS[self.tag].final_states)
        return np.asarray(np.where(mass < MIN_MASS_GEV, 0.0, r))

    def rate(self, mass_gev: ArrayLike, coupling: ArrayLike, multiplicity: float | None = None) -> FloatArray:
        """A' per POT: multiplicity of V per POT × scale × ε² R_V(m)."""
        if multiplicity is None:
            raise ConfigError(f"production {self.tag!r} needs the multiplicity of its parent {self.parent!r}")
        epsilon = np.asarray(coupling, float)
        return np.asarray(multiplicity * self.scale * epsilon**2 * self.weight(mass_gev))

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
from feebly.physics.decays.polarisation import POLARISATIONS
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


MIXING_WEIGHTS = ("R", "theta")
"""Weight of the replacement: ε² R_V(m), or |θ_V|² of vector-meson dominance."""

MIXING_KINEMATICS = ("lab-momentum", "lab-energy", "cm-momentum", "cm-energy")
"""What A' takes from the meson: momentum or energy, in the laboratory or the beam-nucleon centre of mass. The
direction in that frame is the meson's."""


@dataclass(frozen=True)
class Mixing:
    """Production channel in which A' takes the place of a meson V of the spectrum.

    N_A' = scale × weight × N_V. weight ``R``: ε² R_V with R_V = σ(e+e- -> V -> hadrons)/σ(e+e- -> mu+mu-,
    massless), used by ALPINIST (2201.05170), a heuristic; ``theta``: |θ_V|² (1810.01879). With a time-like
    form factor in bremsstrahlung the rho and omega poles enter twice; presets decide. kinematics and
    polarisation are part of the sample.
    """

    tag: str
    scale: float = 1.0
    width_table: str = "deliver"
    weight_kind: str = "R"
    kinematics: str = "lab-momentum"
    polarisation: str = "isotropic"

    def __post_init__(self) -> None:
        for kind, name, known in (
            ("mixing channel", self.tag, VECTOR_MESONS),
            ("width table", self.width_table, width_tables()),
            ("mixing weight", self.weight_kind, MIXING_WEIGHTS),
            ("mixing kinematics", self.kinematics, MIXING_KINEMATICS),
            ("polarisation", self.polarisation, POLARISATIONS),
        ):
            if name not in known:
                raise unknown(kind, name, known)
        if not self.scale >= 0:
            raise ConfigError(f"mixing scale = {self.scale:g}: expected a number >= 0")

    @property
    def parent(self) -> str:
        return VECTOR_MESONS[self.tag].parent

    def mass_range_gev(self, model_range_gev: tuple[float, float]) -> tuple[float, float]:
        """From the first mass of the tables of R_V, all with ``theta``; no upper limit of its own."""
        low, high = model_range_gev
        return (max(low, MIN_MASS_GEV), high) if self.weight_kind == "R" else (low, high)

    def sampling(self) -> MixingSampling:
        mass = VECTOR_MESONS[self.tag].mass_gev
        return MixingSampling(self.parent, mass, self.kinematics, self.polarisation)

    @property
    def numbers(self) -> tuple[str, Origin]:
        meson = VECTOR_MESONS[self.tag]
        kinematics = f"A' takes the {self.kinematics.replace('-', ' ')} of the meson"
        if self.weight_kind == "theta":
            angle = f"weight |theta_V|^2, g_V = {meson.coupling:g}; {kinematics}"
            return angle, Origin("published", "vector-meson dominance, couplings of 1810.01879")
        states = " + ".join(meson.final_states)
        weight = f"weight epsilon^2 R({states}) from {MIN_MASS_GEV:g} GeV on, table {self.width_table!r}"
        origin = Origin(
            "published", f"weight of ALPINIST (2201.05170), R of {r_table(self.width_table).source}"
        )
        return f"{weight}; {kinematics}", origin

    def weight(self, mass_gev: ArrayLike) -> FloatArray:
        """R_V(m), zero below 0.28 GeV, or |θ_V|²/ε²."""
        mass = np.asarray(mass_gev, float)
        if self.weight_kind == "theta":
            v = VECTOR_MESONS[self.tag]
            return mixing_angle_squared(mass, v.mass_gev, v.width_gev, v.coupling)
        table = r_table(self.width_table)
        r = sum(table.r(channel, mass) for channel in VECTOR_MESONS[self.tag].final_states)
        return np.asarray(np.where(mass < MIN_MASS_GEV, 0.0, r))

    def rate(self, mass_gev: ArrayLike, coupling: ArrayLike, multiplicity: float | None = None) -> FloatArray:
        """A' per POT: multiplicity of V per POT × scale × ε² × `weight`."""
        if multiplicity is None:
            raise ConfigError(f"production {self.tag!r} needs the multiplicity of its parent {self.parent!r}")
        epsilon = np.asarray(coupling, float)
        return np.asarray(multiplicity * self.scale * epsilon**2 * self.weight(mass_gev))

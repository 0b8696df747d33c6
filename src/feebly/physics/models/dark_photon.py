"""Dark photon A' (PBC benchmark BC1): kinetic mixing ε, visible decays through the electromagnetic current.

L = -¼ F'² - (ε/2) F' F + ½ m² A'², hence L_int = -ε e J_em · A' up to O(ε², m²/m_Z²). Widths scale as ε².
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import ALPHA, ELECTRON_MASS_GEV, HBARC_GEV_M, MUON_MASS_GEV
from feebly.core.errors import unknown
from feebly.core.interfaces import DefaultGrid, FloatArray
from feebly.core.provenance import Origin
from feebly.physics.formfactors.r_tables import (
    HADRONIC_CHANNELS,
    THRESHOLD_GEV,
    RTable,
    r_table,
    width_tables,
)
from feebly.physics.models.domain import checked_coupling, checked_mass_gev
from feebly.physics.models.unit_widths import UnitWidths, unit_widths

LEPTON_MASS_GEV: Mapping[str, float] = {"ee": ELECTRON_MASS_GEV, "mumu": MUON_MASS_GEV}
CHANNELS = (*LEPTON_MASS_GEV, *HADRONIC_CHANNELS)


def leptonic_width_gev(mass_gev: ArrayLike, lepton_mass_gev: float) -> FloatArray:
    """Γ(A' -> l+ l-)/ε² [GeV] = (α m/3) sqrt(1 - 4r) (1 + 2r), r = m_l²/m²; zero below threshold.

    Batell, Pospelov, Ritz, 0903.0363.
    """
    m = np.asarray(mass_gev, float)
    r = (lepton_mass_gev / m) ** 2
    return np.asarray(ALPHA * m / 3 * np.sqrt(np.maximum(1 - 4 * r, 0.0)) * (1 + 2 * r))


def hadronic_width_gev(mass_gev: ArrayLike, r: ArrayLike) -> FloatArray:
    """Γ(A' -> X)/ε² [GeV] = (α m/3) R_X by the optical theorem; R_X of the *massless* normalisation."""
    return np.asarray(ALPHA * np.asarray(mass_gev, float) / 3 * np.asarray(r, float))


@dataclass(frozen=True)
class DarkPhoton:
    """Partial widths, branching ratios and lifetime of the dark photon; coupling ε, masses 2 m_e to 2 GeV.

    width_table: ``deliver`` (2201.01788) or ``own`` (form factors in closed form for pipi, 3pi, pi0gamma and
    etagamma, inclusive QCD above 1.7 GeV). The two agree within 1% below 0.6 GeV and 5% above; public tools
    differ by 15% above 1 GeV and by up to 30% on the omega and phi peaks. Masses and couplings broadcast.
    Raises DomainError for masses out of range and ConfigError for unknown channels and tables.
    """

    width_table: str = "deliver"

    def __post_init__(self) -> None:
        if self.width_table not in width_tables():
            raise unknown("width table", self.width_table, width_tables())

    @property
    def tag(self) -> str:
        return "dark-photon"

    @property
    def coupling_name(self) -> str:
        return "epsilon"

    @property
    def reference_coupling(self) -> float:
        return 1.0

    @property
    def spin_parity(self) -> str:
        """A vector."""
        return "1-"

    @property
    def pdg_code(self) -> int:
        """The gauge boson of a hidden valley (49xxxxx of the PDG numbering scheme; Pythia 8's gamma_v)."""
        return 4900022

    @property
    def mass_range_gev(self) -> tuple[float, float]:
        return (2 * ELECTRON_MASS_GEV, 2.0)

    @property
    def default_grid(self) -> DefaultGrid:
        """0.01-2 GeV × 1e-8-1e-3: holds the exclusion of a beam dump at 1e17-1e18 POT."""
        return DefaultGrid(mass_gev=(0.01, 2.0, 100), coupling=(1e-8, 1e-3, 100))

    @property
    def width_source(self) -> tuple[str, Origin]:
        table = f"hadronic widths: R table {self.width_table!r} ({r_table(self.width_table).source})"
        return self.width_table, Origin("published", table)

    @property
    def channels(self) -> tuple[str, ...]:
        """Final states; ``hadrons-other`` is what is left, so that branching ratios sum to one."""
        return CHANNELS

    @property
    def r_table(self) -> RTable:
        return r_table(self.width_table)

    def threshold_gev(self, channel: str) -> float:
        """Sum of the masses of the final state [GeV]."""
        if channel in LEPTON_MASS_GEV:
            return 2 * LEPTON_MASS_GEV[channel]
        return THRESHOLD_GEV[self._known(channel)]

    def partial_width_gev(self, channel: str, mass_gev: ArrayLike, coupling: ArrayLike) -> FloatArray:
        """Γ(A' -> channel) [GeV] at coupling ε; zero below threshold."""
        mass, epsilon = self._mass(mass_gev), checked_coupling(coupling, self.coupling_name)
        return np.asarray(self._unit_width(channel, mass) * epsilon**2)

    def total_width_gev(self, mass_gev: ArrayLike, coupling: ArrayLike) -> FloatArray:
        """Total width [GeV] at coupling ε."""
        mass, epsilon = self._mass(mass_gev), checked_coupling(coupling, self.coupling_name)
        return np.asarray(self._unit_widths(mass).total * epsilon**2)

    def branching_ratio(self, channel: str, mass_gev: ArrayLike, coupling: ArrayLike = 1.0) -> FloatArray:
        """BR(A' -> channel); does not depend on ε, which only sets the shape of the result."""
        mass, epsilon = self._mass(mass_gev), checked_coupling(coupling, self.coupling_name)
        widths = self._unit_widths(mass)
        ratio = widths.by_channel[self._known(channel)] / widths.total
        return np.broadcast_to(ratio, np.broadcast_shapes(ratio.shape, epsilon.shape)).copy()

    def ctau_m(self, mass_gev: ArrayLike, coupling: ArrayLike) -> FloatArray:
        """Proper decay length c τ = ħc/Γ [m]."""
        return np.asarray(HBARC_GEV_M / self.total_width_gev(mass_gev, coupling))

    def _known(self, channel: str) -> str:
        if channel not in CHANNELS:
            raise unknown("channel", channel, CHANNELS)
        return channel

    def _mass(self, mass_gev: ArrayLike) -> FloatArray:
        return checked_mass_gev(mass_gev, self.mass_range_gev, self.tag)

    def _unit_width(self, channel: str, mass: FloatArray) -> FloatArray:
        if channel in LEPTON_MASS_GEV:
            return leptonic_width_gev(mass, LEPTON_MASS_GEV[channel])
        return hadronic_width_gev(mass, self.r_table.r(self._known(channel), mass))

    def _all_widths(self, mass: FloatArray) -> dict[str, FloatArray]:
        return {channel: self._unit_width(channel, mass) for channel in CHANNELS}

    def _unit_widths(self, mass: FloatArray) -> UnitWidths:
        return unit_widths(self._all_widths, mass)

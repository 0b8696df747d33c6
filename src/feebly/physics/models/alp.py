"""Axion-like particle a with any mixture of couplings to B, W, gluons and fermions.

All widths scale with the square of one coupling; the mixture fixes the direction. Photons see all couplings
coherently. Hadrons below 3 GeV come from two tables whose interference is not known: they are added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import pi
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import (
    ALPHA,
    BOTTOM_MASS_GEV,
    CHARM_MASS_GEV,
    ELECTRON_MASS_GEV,
    ETAPRIME_MASS_GEV,
    HBARC_GEV_M,
    MUON_MASS_GEV,
    SIN2_THETA_W,
    TAU_MASS_GEV,
    TOP_MASS_GEV,
    W_MASS_GEV,
)
from feebly.core.errors import unknown
from feebly.core.interfaces import DefaultGrid, FloatArray
from feebly.core.kept import kept
from feebly.core.provenance import Origin
from feebly.physics.formfactors.alp_hadrons import HADRONIC_CHANNELS, THRESHOLD_GEV, HadronicWidths
from feebly.physics.formfactors.alp_width_tables import gluon_widths, quark_widths
from feebly.physics.formfactors.meson_mixing import (
    ETA_ANGLE_DEG,
    F_PI_GEV,
    MESON_MASS_GEV,
    MIXING_BASES,
    RESONANCE_GEV,
    hadronic_suppression,
    mixing_angle,
)
from feebly.physics.formfactors.triangle import (
    ComplexArray,
    pseudoscalar_boson_loop,
    pseudoscalar_fermion_loop,
)
from feebly.physics.models.alp_couplings import C_OVER_LAMBDA, AlpCouplings, couplings_per_unit
from feebly.physics.models.domain import checked_coupling, checked_mass_gev
from feebly.physics.models.unit_widths import UnitWidths, unit_widths

LEPTON_MASS_GEV: Mapping[str, float] = MappingProxyType({"ee": ELECTRON_MASS_GEV, "mumu": MUON_MASS_GEV})
CHANNELS = ("gammagamma", *LEPTON_MASS_GEV, *HADRONIC_CHANNELS)

CHIRAL_PHOTON = -1.92
"""C_γγ from C_GG below m_η′: chiral perturbation theory, 1511.02867 (at leading order -2.03)."""

_F_MESON_GEV = {"pi0": F_PI_GEV, "eta": F_PI_GEV, "etaprime": 0.073}  # to two photons, 2201.05170
_CHARGED = (  # N_c Q² and mass; light quarks are in the mixing with mesons
    (4 / 3, CHARM_MASS_GEV),
    (1 / 3, BOTTOM_MASS_GEV),
    (4 / 3, TOP_MASS_GEV),
    *((1.0, mass) for mass in (ELECTRON_MASS_GEV, MUON_MASS_GEV, TAU_MASS_GEV)),
)
_END_GEV = 5.0  # above the last B decay, as of a scalar


@dataclass(frozen=True, slots=True)
class MesonMixing:
    """Choices of the mixing with π0, η and η′: η-η′ angle [degrees], and κ of `MIXING_BASES`.

    The angles of an ALP that couples to gluons depend on κ by factors; quote a factor two on the coupling.
    """

    eta_angle_deg: float = ETA_ANGLE_DEG
    basis: str = MIXING_BASES[0]

    def angle(self, meson: str, mass_gev: ArrayLike, couplings: AlpCouplings) -> FloatArray:
        """θ_aP at C/Λ of ``couplings``, with its form factor above 1.4 GeV (1811.03474)."""
        return _angle(mass_gev, meson, self, couplings)


@kept
def _angle(mass_gev: FloatArray, meson: str, mixing: MesonMixing, couplings: AlpCouplings) -> FloatArray:
    gluon, fermion = couplings.c_gg, couplings.c_ff
    angle = mixing_angle(
        meson, mass_gev, gluon, fermion, basis=mixing.basis, eta_angle_deg=mixing.eta_angle_deg
    )
    return np.asarray(angle * hadronic_suppression(mass_gev))


@kept
def photon_coupling(mass_gev: FloatArray, couplings: AlpCouplings, mixing: MesonMixing) -> ComplexArray:
    """C_γγ^eff/Λ [GeV⁻¹]: tree, loops of fermions and W (1708.00443), gluons, mixing with mesons."""
    m = mass_gev
    total = np.full(m.shape, couplings.photon, complex)
    if couplings.c_ff:
        loops = (charge2 * pseudoscalar_fermion_loop((2 * mass / m) ** 2) for charge2, mass in _CHARGED)
        total += couplings.c_ff * sum(loops) / (16 * pi**2)
    if couplings.c_ww:
        w_loop = pseudoscalar_boson_loop((2 * W_MASS_GEV / m) ** 2)
        total += couplings.c_ww * 2 * ALPHA / (pi * SIN2_THETA_W) * w_loop
    total += couplings.c_gg * np.where(m < ETAPRIME_MASS_GEV, CHIRAL_PHOTON, 0.0)
    for meson in MESON_MASS_GEV:
        total += mixing.angle(meson, m, couplings) / (16 * pi**2 * _F_MESON_GEV[meson])
    return total


def photon_width_gev(mass_gev: ArrayLike, photon_per_gev: ArrayLike) -> FloatArray:
    """Γ(a -> γγ) [GeV] = 4π α² |C_γγ/Λ|² m³; 1708.00443."""
    m = np.asarray(mass_gev, float)
    return np.asarray(4 * pi * ALPHA**2 * np.abs(photon_per_gev) ** 2 * m**3)


def lepton_width_gev(mass_gev: ArrayLike, lepton_mass_gev: float, fermion_per_gev: float) -> FloatArray:
    """Γ(a -> ll) [GeV] = (C_ff/Λ)² m_l² m β/(8π), zero below threshold; 1708.00443."""
    m = np.asarray(mass_gev, float)
    beta = np.sqrt(np.maximum(1 - (2 * lepton_mass_gev / m) ** 2, 0.0))
    return np.asarray(fermion_per_gev**2 * lepton_mass_gev**2 * m * beta / (8 * pi))


@dataclass(frozen=True)
class Alp:
    """Partial widths, branching ratios and lifetime; coupling in GeV⁻¹, its name that of the convention.

    couplings: C/Λ per unit of the coupling. width_table: hadrons from gluons, of `gluon_widths`. Hadronic
    widths are read off figures: good to a factor two for gluons, O(1) to O(10) between authors above 1 GeV
    (2501.04525), and not to be trusted within 20 MeV of η and η′. Leptons come from C_ff only, hadrons from
    C_GG and C_ff. Masses and couplings broadcast. Raises DomainError for masses out of range, ConfigError for
    unknown names.
    """

    tag: str
    couplings: AlpCouplings
    convention: str = C_OVER_LAMBDA
    width_table: str = "aloni2018"
    mixing: MesonMixing = field(default_factory=MesonMixing)

    def __post_init__(self) -> None:
        gluon_widths(self.width_table)

    @classmethod
    def benchmark(
        cls,
        tag: str,
        convention: str = C_OVER_LAMBDA,
        width_table: str = "aloni2018",
        mixing: MesonMixing | None = None,
        couplings: AlpCouplings | None = None,
    ) -> Alp:
        """``alp-photon`` (BC9), ``alp-fermion`` (BC10) or ``alp-gluon`` (BC11) of 1901.09966.

        couplings: another direction, per unit of C/Λ, under the same tag.
        """
        direction = couplings or couplings_per_unit(tag, convention)
        return cls(tag, direction, convention, width_table, mixing or MesonMixing())

    @property
    def coupling_name(self) -> str:
        return self.convention

    @property
    def reference_coupling(self) -> float:
        """1e-6 GeV⁻¹: at 1 GeV⁻¹ an angle of mixing with a meson would be larger than one."""
        return 1e-6

    @property
    def spin_parity(self) -> str:
        """A pseudoscalar."""
        return "0-"

    @property
    def pdg_code(self) -> int:
        """The neutral CP-odd Higgs boson (A0) of the PDG numbering scheme."""
        return 36

    @property
    def mass_range_gev(self) -> tuple[float, float]:
        """From 1 MeV to the end of the hadronic tables that the couplings need (2.9 or 3 GeV), else 5 GeV."""
        return 1e-3, min([_END_GEV, *(table.end_gev for _, table in self._hadrons())])

    @property
    def jumps_gev(self) -> tuple[float, ...]:
        """Mixing changes its sign at each meson, and makes no particles in the window about it."""
        return tuple(
            meson + side for meson in MESON_MASS_GEV.values() for side in (-RESONANCE_GEV, 0.0, RESONANCE_GEV)
        )

    @property
    def default_grid(self) -> DefaultGrid:
        """2 MeV to 3 GeV or the end of the widths; the largest C/Λ from 1e-10 to 1 GeV⁻¹."""
        unit = self.couplings.largest
        return DefaultGrid((0.002, min(self.mass_range_gev[1], 3.0), 100), (1e-10 / unit, 1.0 / unit, 100))

    @property
    def width_source(self) -> tuple[str, Origin]:
        tables = self._hadrons()
        if not tables:
            return "none", Origin("derived", "photons: 1708.00443")
        sources = "; ".join(table.source for _, table in tables)
        return "+".join(table.name for _, table in tables), Origin("digitised", f"hadrons: {sources}")

    @property
    def channels(self) -> tuple[str, ...]:
        """Final states; ``hadrons-other`` is what the others leave of the hadronic width."""
        return CHANNELS

    def threshold_gev(self, channel: str) -> float:
        """Mass at which the channel opens [GeV]."""
        if channel in LEPTON_MASS_GEV:
            return 2 * LEPTON_MASS_GEV[channel]
        if channel not in CHANNELS:
            raise unknown("channel", channel, CHANNELS)
        return THRESHOLD_GEV.get(channel, 0.0)

    def partial_width_gev(self, channel: str, mass_gev: ArrayLike, coupling: ArrayLike) -> FloatArray:
        """Γ(a -> channel) [GeV]; zero below threshold."""
        mass, value = self._mass(mass_gev), checked_coupling(coupling, self.coupling_name)
        return np.asarray(self._unit_width(channel, mass) * value**2)

    def total_width_gev(self, mass_gev: ArrayLike, coupling: ArrayLike) -> FloatArray:
        """Total width [GeV]."""
        mass, value = self._mass(mass_gev), checked_coupling(coupling, self.coupling_name)
        return np.asarray(self._unit_widths(mass).total * value**2)

    def branching_ratio(self, channel: str, mass_gev: ArrayLike, coupling: ArrayLike = 1.0) -> FloatArray:
        """BR(a -> channel); does not depend on the coupling, which only sets the shape of the result."""
        mass, value = self._mass(mass_gev), checked_coupling(coupling, self.coupling_name)
        widths = self._unit_widths(mass)
        ratio = widths.by_channel[self._known(channel)] / widths.total
        return np.broadcast_to(ratio, np.broadcast_shapes(ratio.shape, value.shape)).copy()

    def ctau_m(self, mass_gev: ArrayLike, coupling: ArrayLike) -> FloatArray:
        """Proper decay length c τ = ħc/Γ [m]."""
        return np.asarray(HBARC_GEV_M / self.total_width_gev(mass_gev, coupling))

    def _mass(self, mass_gev: ArrayLike) -> FloatArray:
        return checked_mass_gev(mass_gev, self.mass_range_gev, self.tag)

    def _hadrons(self) -> list[tuple[float, HadronicWidths]]:
        """Coupling and hadronic widths of each part of the mixture that has hadrons."""
        parts = ((self.couplings.c_gg, gluon_widths(self.width_table)), (self.couplings.c_ff, quark_widths()))
        return [(coupling, table) for coupling, table in parts if coupling]

    def _unit_width(self, channel: str, mass: FloatArray) -> FloatArray:
        if channel == "gammagamma":
            return photon_width_gev(mass, photon_coupling(mass, self.couplings, self.mixing))
        if channel in LEPTON_MASS_GEV:
            return lepton_width_gev(mass, LEPTON_MASS_GEV[channel], self.couplings.c_ff)
        return self._hadronic_widths(mass)[self._known(channel)]

    def _all_widths(self, mass: FloatArray) -> dict[str, FloatArray]:
        others = ("gammagamma", *LEPTON_MASS_GEV)
        return {channel: self._unit_width(channel, mass) for channel in others} | self._hadronic_widths(mass)

    def _hadronic_widths(self, mass: FloatArray) -> dict[str, FloatArray]:
        result = {channel: np.zeros_like(mass) for channel in HADRONIC_CHANNELS}
        for coupling, table in self._hadrons():
            for channel, width in table.widths_gev3(mass).items():
                result[channel] = result[channel] + coupling**2 * width
        return result

    def _unit_widths(self, mass: FloatArray) -> UnitWidths:
        return unit_widths(self._all_widths, mass)

    def _known(self, channel: str) -> str:
        if channel not in CHANNELS:
            raise unknown("channel", channel, CHANNELS)
        return channel

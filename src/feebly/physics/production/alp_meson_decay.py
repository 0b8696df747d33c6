"""Heavy mesons and kaons to an axion-like particle: B -> X a for every kaon state X, D -> π a, K+ -> π+ a."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import pi
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import (
    B0_LIFETIME_S,
    BPLUS_LIFETIME_S,
    BPLUS_MASS_GEV,
    D0_LIFETIME_S,
    D0_MASS_GEV,
    DPLUS_LIFETIME_S,
    DPLUS_MASS_GEV,
    HBAR_GEV_S,
    KAON_MASS_GEV,
    KPLUS_LIFETIME_S,
    PION0_MASS_GEV,
    PION_MASS_GEV,
)
from feebly.core.errors import ConfigError, unknown
from feebly.core.interfaces import FloatArray, MesonDecaySampling
from feebly.core.provenance import Origin
from feebly.physics.formfactors.b_to_kaon import KAON_STATES, kaon_state
from feebly.physics.kinematics.two_body import kallen_gev4
from feebly.physics.models.alp_couplings import AlpCouplings
from feebly.physics.production.alp_flavour import (
    BC11_KBS,
    k_bs_per_gev,
    k_cu_per_gev,
    width_b_to_alp_gev3,
)

_B_LIFETIME_S = {
    "B+": BPLUS_LIFETIME_S,
    "B0": B0_LIFETIME_S,
    "B": (BPLUS_LIFETIME_S + B0_LIFETIME_S) / 2,
}


def br_b_to_alp_gev2(state: str, mass_gev: ArrayLike, parent: str = "B+") -> FloatArray:
    """BR(B -> X a)/|k_bs|² [GeV²] of ``B+``, ``B0`` or the mean of both, ``B``; zero where it is closed."""
    if parent not in _B_LIFETIME_S:
        raise unknown("B meson", parent, _B_LIFETIME_S)
    width = width_b_to_alp_gev3(state, np.asarray(mass_gev, float))
    return np.asarray(width * _B_LIFETIME_S[parent] / HBAR_GEV_S)


def pseudoscalar_width_gev(
    parent_mass_gev: float, daughter_mass_gev: float, mass_gev: ArrayLike, amplitude_gev: ArrayLike
) -> FloatArray:
    """Γ(P -> P′ a) = |A|² √λ(m_P², m_P′², m²)/(16π m_P³) [GeV]; zero where the decay is closed."""
    m = np.minimum(np.asarray(mass_gev, float), parent_mass_gev - daughter_mass_gev)
    root = np.sqrt(np.maximum(kallen_gev4(parent_mass_gev, daughter_mass_gev, m), 0.0))
    return np.asarray(np.abs(amplitude_gev) ** 2 * root / (16 * pi * parent_mass_gev**3))


@dataclass(frozen=True, slots=True)
class CharmMode:
    """D -> π a: masses [GeV], share of the isospin amplitude, lifetime [s]."""

    parent: str
    parent_mass_gev: float
    pion_mass_gev: float
    isospin: float
    lifetime_s: float


CHARM_MODES: Mapping[str, CharmMode] = MappingProxyType(
    {
        "dplus-pi": CharmMode("D+", DPLUS_MASS_GEV, PION_MASS_GEV, 1.0, DPLUS_LIFETIME_S),
        "d0-pi0": CharmMode("D0", D0_MASS_GEV, PION0_MASS_GEV, 0.5, D0_LIFETIME_S),
    }
)
"""Modes by production tag."""


def br_d_to_alp_gev2(tag: str, mass_gev: ArrayLike) -> FloatArray:
    """BR(D -> π a)/|k_cu|² [GeV²] with f0 = .612/(1 - q²/6.46 GeV²); 2201.05170. Zero where it is closed."""
    if tag not in CHARM_MODES:
        raise unknown("charm decay", tag, CHARM_MODES)
    mode, m = CHARM_MODES[tag], np.asarray(mass_gev, float)
    end = mode.parent_mass_gev - mode.pion_mass_gev
    f0 = 0.612 / (1 - np.minimum(m, end) ** 2 / 6.46)
    amplitude = 0.5 * (mode.parent_mass_gev**2 - mode.pion_mass_gev**2) * f0
    width = pseudoscalar_width_gev(mode.parent_mass_gev, mode.pion_mass_gev, m, amplitude)
    return np.asarray(mode.isospin * width * mode.lifetime_s / HBAR_GEV_S)


N8 = 1.53e-7
"""Octet coupling of non-leptonic kaon decays, 2110.10698."""


def br_kaon_to_alp(mass_gev: ArrayLike, gluon_per_gev: float, k_sd_per_gev: float = 0.0) -> FloatArray:
    """BR(K+ -> π+ a) at c_GG/f = 16π² C_GG/Λ and k_sd [GeV⁻¹], f0 = 1; 2110.10698.

    Octet only, no quark couplings: A = 4 N₈ c_GG/f (m_K² - m_π²)(m_K² - m²)/(4m_K² - m_π² - 3m²)
    - ½ (m_K² - m_π²) k_sd. Zero where it is closed.
    """
    k2, pi2, m2 = KAON_MASS_GEV**2, PION_MASS_GEV**2, np.asarray(mass_gev, float) ** 2
    octet = 4 * N8 * 16 * pi**2 * gluon_per_gev * (k2 - pi2) * (k2 - m2) / (4 * k2 - pi2 - 3 * m2)
    amplitude = octet - 0.5 * (k2 - pi2) * k_sd_per_gev
    width = pseudoscalar_width_gev(KAON_MASS_GEV, PION_MASS_GEV, mass_gev, amplitude)
    return np.asarray(width * KPLUS_LIFETIME_S / HBAR_GEV_S)


@dataclass(frozen=True)
class BToAlp:
    """Production channel B -> X a of the B+ and B0 of the beam-target spectrum, X a key of `KAON_STATES`.

    couplings: C/Λ per unit of the scanned coupling. scale_gev: the Λ at which they hold. bc11_kbs: what
    gluons add, of `BC11_KBS`.
    """

    state: str
    couplings: AlpCouplings
    scale_gev: float
    bc11_kbs: str = "fixed"

    def __post_init__(self) -> None:
        kaon_state(self.state)
        if self.bc11_kbs not in BC11_KBS:
            raise unknown("bc11_kbs", self.bc11_kbs, BC11_KBS)
        k_bs_per_gev(self.couplings, self.scale_gev, self.bc11_kbs)

    @property
    def tag(self) -> str:
        return f"b-{self.state}"

    @property
    def parent(self) -> str:
        return "B"

    @property
    def recoil_mass_gev(self) -> float:
        return kaon_state(self.state).mass_gev

    def mass_range_gev(self, model_range_gev: tuple[float, float]) -> tuple[float, float]:
        """Up to the mass difference of B and recoil."""
        low, high = model_range_gev
        return low, min(BPLUS_MASS_GEV - self.recoil_mass_gev, high)

    def sampling(self) -> MesonDecaySampling:
        return MesonDecaySampling(self.parent, BPLUS_MASS_GEV, self.recoil_mass_gev)

    @property
    def numbers(self) -> tuple[str, Origin]:
        k = k_bs_per_gev(self.couplings, self.scale_gev, self.bc11_kbs)
        text = f"BR(B -> {kaon_state(self.state).name} a), k_bs = {k:.4g} GeV^-1 per unit coupling"
        loops = f"loops of 2110.10698 from Lambda = {self.scale_gev:g} GeV"
        source = f"form factor as in 1904.10447 (10-20%); {loops}"
        if self.couplings.c_gg:
            source += f"; gluons: {BC11_KBS[self.bc11_kbs]}, not settled (factor 50 in rate)"
        return text, Origin("published", source)

    def branching_ratio(self, mass_gev: ArrayLike) -> FloatArray:
        """BR(B -> X a) at coupling one, the mean of B+ and B0; zero where the decay is closed."""
        k = k_bs_per_gev(self.couplings, self.scale_gev, self.bc11_kbs)
        return np.asarray(k**2 * br_b_to_alp_gev2(self.state, mass_gev, self.parent))

    def rate(self, mass_gev: ArrayLike, coupling: ArrayLike, multiplicity: float | None = None) -> FloatArray:
        """ALPs per POT: B+ and B0 per POT × coupling² × BR at coupling one."""
        return _rate(self.tag, self.parent, self.branching_ratio(mass_gev), coupling, multiplicity)


@dataclass(frozen=True)
class DToAlp:
    """Production channel D+ -> π+ a or D0 -> π0 a; tag: a key of `CHARM_MODES`. Loops of b and s: tiny.

    couplings, scale_gev: as of `BToAlp`.
    """

    tag: str
    couplings: AlpCouplings
    scale_gev: float

    def __post_init__(self) -> None:
        if self.tag not in CHARM_MODES:
            raise unknown("charm decay", self.tag, CHARM_MODES)
        k_cu_per_gev(self.couplings, self.scale_gev)

    @property
    def parent(self) -> str:
        return CHARM_MODES[self.tag].parent

    def mass_range_gev(self, model_range_gev: tuple[float, float]) -> tuple[float, float]:
        """Up to the mass difference of D and pion."""
        low, high = model_range_gev
        mode = CHARM_MODES[self.tag]
        return low, min(mode.parent_mass_gev - mode.pion_mass_gev, high)

    def sampling(self) -> MesonDecaySampling:
        mode = CHARM_MODES[self.tag]
        return MesonDecaySampling(self.parent, mode.parent_mass_gev, mode.pion_mass_gev)

    @property
    def numbers(self) -> tuple[str, Origin]:
        k = k_cu_per_gev(self.couplings, self.scale_gev)
        text = f"BR({self.parent} -> pi a), |k_cu| = {k:.4g} GeV^-1 per unit coupling"
        return text, Origin("derived", f"leading logarithm from Lambda = {self.scale_gev:g} GeV, 2110.10698")

    def branching_ratio(self, mass_gev: ArrayLike) -> FloatArray:
        """BR(D -> π a) at coupling one; zero where the decay is closed."""
        k = k_cu_per_gev(self.couplings, self.scale_gev)
        return np.asarray(k**2 * br_d_to_alp_gev2(self.tag, mass_gev))

    def rate(self, mass_gev: ArrayLike, coupling: ArrayLike, multiplicity: float | None = None) -> FloatArray:
        """ALPs per POT: D per POT × coupling² × BR at coupling one."""
        return _rate(self.tag, self.parent, self.branching_ratio(mass_gev), coupling, multiplicity)


def _rate(
    tag: str, parent: str, branching_ratio: FloatArray, coupling: ArrayLike, multiplicity: float | None
) -> FloatArray:
    if multiplicity is None:
        raise ConfigError(f"production {tag!r} needs the multiplicity of its parent {parent!r}")
    return np.asarray(multiplicity * np.asarray(coupling, float) ** 2 * branching_ratio)


KAON_TAGS = tuple(f"b-{state}" for state in KAON_STATES)
"""Production tags of `BToAlp`."""

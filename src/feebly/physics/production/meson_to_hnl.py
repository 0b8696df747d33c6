"""Charged mesons to a heavy neutral lepton N: M -> l N and K+ -> π0 l N, per |U_l4|²."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import pi
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import (
    ELECTRON_MASS_GEV,
    FERMI_GEV_M2,
    HBAR_GEV_S,
    KAON_MASS_GEV,
    KPLUS_LIFETIME_S,
    MUON_MASS_GEV,
    PION0_MASS_GEV,
    PION_MASS_GEV,
    V_US_KAON,
)
from feebly.core.interfaces import FloatArray
from feebly.core.provenance import Origin
from feebly.physics.kinematics.quadrature import between
from feebly.physics.kinematics.two_body import kallen_gev4

_PDG = Origin("published", "PDG 2024, particle listings")


@dataclass(frozen=True, slots=True)
class LeptonicMode:
    """M+ -> l+ ν of the Standard Model, with masses [GeV] and its branching ratio."""

    meson_mass_gev: float
    lepton_mass_gev: float
    branching_ratio: float
    origin: Origin = _PDG

    @property
    def endpoint_gev(self) -> float:
        """Largest mass of N [GeV]."""
        return self.meson_mass_gev - self.lepton_mass_gev


LEPTONIC_MODES: Mapping[str, LeptonicMode] = MappingProxyType(
    {
        "k-e": LeptonicMode(KAON_MASS_GEV, ELECTRON_MASS_GEV, 1.582e-5),
        "k-mu": LeptonicMode(KAON_MASS_GEV, MUON_MASS_GEV, 0.6356),
        "pi-e": LeptonicMode(PION_MASS_GEV, ELECTRON_MASS_GEV, 1.2327e-4),
        "pi-mu": LeptonicMode(PION_MASS_GEV, MUON_MASS_GEV, 0.999877),
    }
)
"""Leptonic decays of K+ and π+ by tag."""


def helicity_factor(mass_gev: ArrayLike, lepton_mass_gev: ArrayLike, meson_mass_gev: ArrayLike) -> FloatArray:
    """ρ_l(m_N) of BR(M -> l N) = BR(M -> l ν) ρ_l |U_l4|²: phase space and helicity, one at m_N = 0.

    ρ = [x + y - (x - y)²] √λ(1, x, y)/(x (1 - x)²), x = m_l²/m_M², y = m_N²/m_M²; Shrock, Phys. Rev. D 24
    (1981) 1232. Masses in GeV, arguments broadcast; zero above the endpoint m_M - m_l.
    """
    meson = np.asarray(meson_mass_gev, float)
    x = (np.asarray(lepton_mass_gev, float) / meson) ** 2
    y = (np.asarray(mass_gev, float) / meson) ** 2
    open_ = np.sqrt(x) + np.sqrt(y) < 1
    root = np.sqrt(np.where(open_, kallen_gev4(1.0, np.sqrt(x), np.sqrt(y)), 0.0))
    return np.asarray((x + y - (x - y) ** 2) * root / (x * (1 - x) ** 2))


def br_to_lepton(mode: LeptonicMode, mass_gev: ArrayLike) -> FloatArray:
    """BR(M -> l N)/|U_l4|², which may exceed one: the product with |U_l4|² is a branching ratio."""
    rho = helicity_factor(mass_gev, mode.lepton_mass_gev, mode.meson_mass_gev)
    return np.asarray(mode.branching_ratio * rho)


# --- K+ -> pi0 l N ------------------------------------------------------------------------------------

F_PLUS_0 = 0.970
"""f_+(0) of K -> π (1805.08567, lattice); f_0 is the same there."""
_VECTOR_POLE_GEV, _SCALAR_POLE_GEV = 0.892, 1.25
_NODES = 96


def br_kaon_to_pion_lepton(mass_gev: ArrayLike, lepton_mass_gev: float) -> FloatArray:
    """BR(K+ -> π0 l+ N)/|U_l4|², form factors with one pole; zero above m_K - m_π0 - m_l.

    τ G_F² M⁵ V_us² ½/(64π³) ∫dξ [Λ³f_+²/3 + ½Λ f_+² G λ_π + ½Λ f_0² G (1 - y_π²)²]/ξ³ with ξ = q²/M²,
    y = m/M, λ_π = λ(1, y_π², ξ), Λ = √(λ_π λ(ξ, y_N², y_l²)), G = ξ(y_N² + y_l²) - (y_N² - y_l²)²;
    1805.08567, eqs. 2.14-2.17.
    """
    m = np.asarray(mass_gev, float)[..., None]
    pion, lepton, hnl = PION0_MASS_GEV / KAON_MASS_GEV, lepton_mass_gev / KAON_MASS_GEV, m / KAON_MASS_GEV
    low, high = (lepton + hnl) ** 2, (1 - pion) ** 2
    xi, weight = between(np.minimum(low, high), high, _NODES)
    q2 = xi * KAON_MASS_GEV**2
    f_plus, f_zero = (F_PLUS_0 / (1 - q2 / pole**2) for pole in (_VECTOR_POLE_GEV, _SCALAR_POLE_GEV))
    lambda_pion = np.maximum(kallen_gev4(1.0, pion, np.sqrt(xi)), 0.0)
    big = np.sqrt(lambda_pion * np.maximum(kallen_gev4(np.sqrt(xi), hnl, lepton), 0.0))
    g = xi * (hnl**2 + lepton**2) - (hnl**2 - lepton**2) ** 2
    vector = big**3 * f_plus**2 / 3 + big * f_plus**2 * g * lambda_pion / 2
    scalar = big * f_zero**2 * g * (1 - pion**2) ** 2 / 2
    width = FERMI_GEV_M2**2 * KAON_MASS_GEV**5 * V_US_KAON**2 / (2 * 64 * pi**3)
    integral = np.sum(weight * (vector + scalar) / xi**3, axis=-1)
    return np.asarray(width * integral * KPLUS_LIFETIME_S / HBAR_GEV_S)

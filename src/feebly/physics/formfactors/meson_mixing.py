"""Mixing of an axion-like particle with π0, η and η′ in chiral perturbation theory at leading order.

Couplings: L = g_s² C_GG (a/Λ) G G̃ + (C_ff/2Λ) ∂a f̄γγ5f for every fermion alike (2201.05170); the C/Λ here are
in GeV⁻¹. The gluon coupling is turned into quark couplings κ_q by a chiral rotation with Σκ = 1; only sums of
all contributions to an amplitude do not depend on κ.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import asin, cos, degrees, pi, radians, sin, sqrt
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import (
    DOWN_MASS_GEV,
    ETA_MASS_GEV,
    ETAPRIME_MASS_GEV,
    PION0_MASS_GEV,
    STRANGE_MASS_GEV,
    UP_MASS_GEV,
)
from feebly.core.errors import unknown
from feebly.core.interfaces import FloatArray
from feebly.core.kept import kept

MESON_MASS_GEV: Mapping[str, float] = MappingProxyType(
    {"pi0": PION0_MASS_GEV, "eta": ETA_MASS_GEV, "etaprime": ETAPRIME_MASS_GEV}
)
"""The mesons that an axion-like particle mixes with."""

F_PI_GEV = 0.093
"""Decay constant of the pion; PDG 2024 has 0.0921."""

RESONANCE_GEV = 0.005
"""Half width of the windows about the mesons in which mixing is not perturbative: held at their edges."""

ETA_ANGLE_DEG = degrees(asin(-1 / 3))
"""η-η′ mixing angle of 2201.05170 and the default; -13° is another usual value (θ_aη 8% smaller)."""

QuarkMasses = tuple[float, float, float]
QUARK_MASS_GEV: QuarkMasses = (UP_MASS_GEV, DOWN_MASS_GEV, STRANGE_MASS_GEV)

_INVERSE_MASS, _UP_DOWN, _EQUAL = "inverse-mass", "up-down", "equal"
MIXING_BASES = (_INVERSE_MASS, _UP_DOWN, _EQUAL)
"""Choices of κ: proportional to 1/m_q (no mass mixing with the octet), the same without s, or 1/3 each."""


def kappa(basis: str = _INVERSE_MASS, quark_mass_gev: QuarkMasses = QUARK_MASS_GEV) -> FloatArray:
    """κ_u, κ_d, κ_s of a basis of :data:`MIXING_BASES`; their sum is one. ConfigError for an unknown one."""
    if basis not in MIXING_BASES:
        raise unknown("mixing basis", basis, MIXING_BASES)
    weight = np.ones(3) if basis == _EQUAL else 1 / np.array(quark_mass_gev)
    if basis == _UP_DOWN:
        weight[2] = 0.0
    return np.asarray(weight / weight.sum())


def flavour_content(meson: str, eta_angle_deg: float = ETA_ANGLE_DEG) -> FloatArray:
    """u, d, s entries of the meson's diagonal flavour matrix: (1, -1, 0) of the π0; η = c η₈ - s η₀."""
    if meson == "pi0":
        return np.array([1.0, -1.0, 0.0])
    c, s = cos(radians(eta_angle_deg)), sin(radians(eta_angle_deg))
    octet, singlet = (c, -s) if meson == "eta" else (s, c)
    return octet * np.array([1.0, 1.0, -2.0]) / sqrt(3) + singlet * sqrt(2 / 3) * np.ones(3)


def mixing_angle(
    meson: str,
    mass_gev: ArrayLike,
    gluon_per_gev: float,
    fermion_per_gev: float = 0.0,
    *,
    basis: str = _INVERSE_MASS,
    eta_angle_deg: float = ETA_ANGLE_DEG,
    quark_mass_gev: QuarkMasses = QUARK_MASS_GEV,
) -> FloatArray:
    """θ_aP with ``pi0``, ``eta`` or ``etaprime`` at C_GG/Λ and C_ff/Λ [GeV⁻¹]; the sign is a convention.

    F_π {½ Σ_q (κ_q/f_G + c_q/f) P_q m² - B₀ Σ_q κ_q m_q P_q/f_G}/(m² - m_P²), 2201.05170 for κ ~ 1/m_q, with
    1/f_G = 32π² C_GG/Λ, c_q/f = C_ff/Λ, P_q of `flavour_content`, B₀ = m_π²/(m_u + m_d); no isospin breaking
    between π0 and η. Held within :data:`RESONANCE_GEV` of m_P, where it is not to be trusted.
    """
    if meson not in MESON_MASS_GEV:
        raise unknown("meson", meson, MESON_MASS_GEV)
    content, k, quarks = (
        flavour_content(meson, eta_angle_deg),
        kappa(basis, quark_mass_gev),
        np.array(quark_mass_gev),
    )
    m, meson_mass = np.asarray(mass_gev, float), MESON_MASS_GEV[meson]
    per_f = 32 * pi**2 * gluon_per_gev
    kinetic = 0.5 * float(content @ (k * per_f + fermion_per_gev)) * m**2
    from_mass = PION0_MASS_GEV**2 / (quarks[0] + quarks[1]) * float(content @ (k * quarks)) * per_f
    return np.asarray(F_PI_GEV * (kinetic - from_mass) / distance_gev2(m, meson_mass))


def distance_gev2(mass_gev: ArrayLike, meson_mass_gev: float) -> FloatArray:
    """m² - m_P² [GeV²], held at its value :data:`RESONANCE_GEV` from the meson within that window."""
    m = np.asarray(mass_gev, float)
    off = np.where(m < meson_mass_gev, -1, 1) * np.maximum(np.abs(m - meson_mass_gev), RESONANCE_GEV)
    return np.asarray(off * (2 * meson_mass_gev + off))


@kept
def hadronic_suppression(mass_gev: FloatArray) -> FloatArray:
    """Form factor of the mixing: 1 below 1.4 GeV, (1.4 GeV/m)⁴ above 2 GeV, between them a cubic; 1811.03474.

    The cubic continues values and slopes at both ends.
    """
    m, low, high = mass_gev, 1.4, 2.0
    t, span = np.clip((m - low) / (high - low), 0.0, 1.0), high - low
    end, slope = (low / high) ** 4, -4 * (low / high) ** 4 / high
    cubic = 1 + t**2 * (3 - 2 * t) * (end - 1) + t**2 * (t - 1) * slope * span
    return np.asarray(np.where(m > high, (low / np.maximum(m, high)) ** 4, cubic))

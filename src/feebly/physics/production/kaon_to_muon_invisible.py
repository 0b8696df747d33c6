"""K+ -> μ+ ν X and K+ -> μ+ ν ν ν̄ by what is missing beside the muon: dΓ/dW² of W² = (p_K - p_μ)².

X is a scalar with L = g X μ̄μ, or the vector of L_μ - L_τ with L = g X_α (μ̄γ^α μ + ν̄_μ γ^α P_L ν_μ), whose
current is conserved, so that nothing grows like 1/m_X² (the models of 1902.07715). Derived here from
M = c ū(k) (1 + γ5) ... v(p), c = G_F V_us f_K/√2, with X on each lepton; k, p, q: ν, μ, X.
"""

from __future__ import annotations

from math import pi
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import (
    FERMI_GEV_M2,
    HBAR_GEV_S,
    KAON_DECAY_CONSTANT_GEV,
    KAON_MASS_GEV,
    KPLUS_LIFETIME_S,
    MUON_MASS_GEV,
    V_US_KAON,
)
from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.physics.kinematics.quadrature import between
from feebly.physics.kinematics.two_body import kallen_gev4

Spin = Literal["scalar", "vector"]

LARGEST_MISSING_MASS2_GEV2 = (KAON_MASS_GEV - MUON_MASS_GEV) ** 2
"""End of the spectrum of W², the muon at rest in that of the kaon: 388.02 MeV squared."""

_K2, _MU2 = KAON_MASS_GEV**2, MUON_MASS_GEV**2
_COSINES, _NODES = 48, 160
_COUPLING2 = (FERMI_GEV_M2 * V_US_KAON * KAON_DECAY_CONSTANT_GEV) ** 2


def scalar_element(q2_gev2: ArrayLike, w2_gev2: ArrayLike, mass_gev: ArrayLike) -> FloatArray:
    """Σ|M|²/g² of a scalar at Q² = (p + q)² and W² = (k + q)²; arguments broadcast.

    8c² [(Q⁴ - m²Q²) k·p + 2m² k·Q Q·p + 2m²Q² k·Q]/(Q² - m²)².
    """
    q2, w2, x2 = (np.asarray(v, float) for v in (q2_gev2, w2_gev2, np.square(mass_gev)))
    k_q, q_p, k_p = (_K2 - q2) / 2, (q2 + _MU2 - x2) / 2, (_K2 + x2 - q2 - w2) / 2
    bracket = q2 * (q2 - _MU2) * k_p + 2 * _MU2 * k_q * (q_p + q2)
    return np.asarray(4 * _COUPLING2 * bracket / (q2 - _MU2) ** 2)


def vector_element(q2_gev2: ArrayLike, w2_gev2: ArrayLike, mass_gev: ArrayLike) -> FloatArray:
    """Σ|M|²/g² of the vector, summed over its polarisations; arguments as in `scalar_element`.

    16c²m² {[(2Q·p - 4m²) k·Q - D k·p]/D² + [2W·p k·W - W² k·p]/W⁴ + [4p·W k·Q - 2m² k·W]/(D W²)} with
    D = Q² - m²: helicity, since the pieces without m of the two leptons cancel.
    """
    q2, w2, x2 = (np.asarray(v, float) for v in (q2_gev2, w2_gev2, np.square(mass_gev)))
    k_q, q_p, k_p = (_K2 - q2) / 2, (q2 + _MU2 - x2) / 2, (_K2 + x2 - q2 - w2) / 2
    w_p, k_w, d = (_K2 - w2 - _MU2) / 2, (w2 - x2) / 2, q2 - _MU2
    from_muon = ((2 * q_p - 4 * _MU2) * k_q - d * k_p) / d**2
    from_neutrino = (2 * w_p * k_w - w2 * k_p) / w2**2
    interference = (4 * w_p * k_q - 2 * _MU2 * k_w) / (d * w2)
    return np.asarray(8 * _COUPLING2 * _MU2 * (from_muon + from_neutrino + interference))


ELEMENTS = {"scalar": scalar_element, "vector": vector_element}


def missing_mass_spectrum_gev_m1(w2_gev2: ArrayLike, mass_gev: float, spin: Spin) -> FloatArray:
    """dΓ(K+ -> μ+ ν X)/dW²/g² [1/GeV], zero outside m_X² < W² < (m_K - m_μ)².

    1/(256π³ M³) ∫dQ² Σ|M|² (PDG, kinematics). DomainError for a mass that is not between 0 and m_K - m_μ.
    """
    require_open(mass_gev)
    w2 = np.asarray(w2_gev2, float)
    inside = (w2 > mass_gev**2) & (w2 < LARGEST_MISSING_MASS2_GEV2)
    w = np.sqrt(np.where(inside, w2, (mass_gev**2 + LARGEST_MISSING_MASS2_GEV2) / 2))[..., None]
    p_mu = np.sqrt(np.maximum(kallen_gev4(KAON_MASS_GEV, w, MUON_MASS_GEV), 0.0)) / (2 * w)
    p_x = (w**2 - mass_gev**2) / (2 * w)
    e_mu, e_x = (_K2 - w**2 - _MU2) / (2 * w), (w**2 + mass_gev**2) / (2 * w)
    cos, weight = np.polynomial.legendre.leggauss(_COSINES)
    q2 = _MU2 + mass_gev**2 + 2 * (e_mu * e_x - p_mu * p_x * cos)
    mean = np.sum(weight * ELEMENTS[spin](q2, w**2, mass_gev), axis=-1)
    density = 2 * (p_mu * p_x)[..., 0] * mean / (256 * pi**3 * KAON_MASS_GEV**3)
    return np.where(inside, density, 0.0)


def br_kplus_to_muon_invisible(mass_gev: float, spin: Spin) -> float:
    """BR(K+ -> μ+ ν X)/g²; DomainError as `missing_mass_spectrum_gev_m1`."""
    require_open(mass_gev)
    w2, weight = missing_mass_nodes(mass_gev**2)
    width = np.sum(weight * missing_mass_spectrum_gev_m1(w2, mass_gev, spin))
    return float(width * KPLUS_LIFETIME_S / HBAR_GEV_S)


def missing_mass_nodes(lowest_gev2: float) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of an integral over W² up to its end, evenly in its logarithm."""
    u, weight = between(np.log(lowest_gev2), np.log(LARGEST_MISSING_MASS2_GEV2), _NODES)
    return np.exp(u), weight * np.exp(u)


def three_neutrino_spectrum_gev_m1(w2_gev2: ArrayLike) -> FloatArray:
    """dΓ(K+ -> μ+ ν ν ν̄)/dW² [1/GeV] of the Standard Model, to leading order in m_μ; zero outside its range.

    Without m_μ in the amplitude the Z and W of the leptons and of the kaon add up to 4√2 c G_F
    [ν̄_μ γ^α P_L μ][ν̄_τ γ_α P_L ν_τ] and cancel for ν_e and ν_μ pairs, whose W couples to a light lepton.
    Σ|M|² = 512 c²G_F² (k·k_1)(p·k_2), with the phase space of massless neutrinos c²G_F² p_μ W⁴
    (M² - m² - W²)/(384π⁵M²). Chiral perturbation theory at leading order as in 1605.08077, all terms there.
    """
    w2 = np.asarray(w2_gev2, float)
    inside = (w2 > 0) & (w2 < LARGEST_MISSING_MASS2_GEV2)
    w = np.sqrt(np.where(inside, w2, 0.0))
    p_mu = np.sqrt(np.maximum(kallen_gev4(KAON_MASS_GEV, w, MUON_MASS_GEV), 0.0)) / (2 * KAON_MASS_GEV)
    constant = _COUPLING2 / 2 * FERMI_GEV_M2**2 / (384 * pi**5 * _K2)
    return np.where(inside, constant * p_mu * w2**2 * (_K2 - _MU2 - w2), 0.0)


def require_open(mass_gev: float) -> None:
    """DomainError unless 0 < m_X < m_K - m_μ."""
    if not 0 < mass_gev < KAON_MASS_GEV - MUON_MASS_GEV:
        raise DomainError(
            f"mass {1e3 * mass_gev:g} MeV: expected one between 0 and m_K - m_mu = "
            f"{1e3 * (KAON_MASS_GEV - MUON_MASS_GEV):.2f} MeV"
        )

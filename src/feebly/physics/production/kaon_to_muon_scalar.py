"""K+ -> μ+ ν X: a scalar that couples to the muon, L = g X μ̄μ, radiated by the muon."""

from __future__ import annotations

from math import pi

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
from feebly.core.interfaces import FloatArray
from feebly.physics.kinematics.quadrature import between
from feebly.physics.kinematics.two_body import kallen_gev4

_NODES = 96


def muon_scalar_spectrum_gev_m1(q2_gev2: ArrayLike, mass_gev: ArrayLike) -> FloatArray:
    """dΓ/dQ²/g² [1/GeV] of Q² = (p_μ + p_X)²; derived, compare 1902.07715. Arguments broadcast.

    1/(2M) 1/(2π) 1/(64π²) (1 - Q²/M²) √λ(Q², m², m_X²)/Q² · 4G_F²V_us²f_K²/(Q² - m²)² · ½(M² - Q²)
    · [½(m² + Q²)(Q² + m² - m_X²) + 2m²Q²], M = m_K, m = m_μ.
    """
    q2, x2 = np.asarray(q2_gev2, float), np.asarray(mass_gev, float) ** 2
    big, muon2 = KAON_MASS_GEV**2, MUON_MASS_GEV**2
    root = np.sqrt(np.maximum(kallen_gev4(np.sqrt(q2), MUON_MASS_GEV, np.sqrt(x2)), 0.0))
    space = (1 - q2 / big) * root / q2 / (2 * KAON_MASS_GEV * 2 * pi * 64 * pi**2)
    coupling = 4 * (FERMI_GEV_M2 * V_US_KAON * KAON_DECAY_CONSTANT_GEV / (q2 - muon2)) ** 2
    lepton = (muon2 + q2) * (q2 + muon2 - x2) / 2 + 2 * muon2 * q2
    return np.asarray(space * coupling * (big - q2) / 2 * lepton)


def br_kplus_to_muon_scalar(mass_gev: ArrayLike) -> FloatArray:
    """BR(K+ -> μ+ ν X)/g²; zero above m_K - m_μ, diverges as the mass goes to zero."""
    m = np.asarray(mass_gev, float)[..., None]
    low, high = (MUON_MASS_GEV + m) ** 2, KAON_MASS_GEV**2
    q2, weight = between(np.minimum(low, high), high, _NODES)
    width = np.sum(weight * muon_scalar_spectrum_gev_m1(q2, m), axis=-1)
    return np.asarray(width * KPLUS_LIFETIME_S / HBAR_GEV_S)

"""K+ -> pi+ S: the decay of a kaon to a dark scalar."""

from __future__ import annotations

from math import pi

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import (
    ABS_V_TD,
    ABS_V_TS,
    DOWN_MASS_GEV,
    HBAR_GEV_S,
    HIGGS_VEV_GEV,
    KAON_MASS_GEV,
    KPLUS_LIFETIME_S,
    PION_MASS_GEV,
    STRANGE_MASS_GEV,
    TOP_MASS_GEV,
)
from feebly.core.interfaces import FloatArray
from feebly.physics.kinematics.two_body import kallen_gev4

C_SD = 3 * STRANGE_MASS_GEV * TOP_MASS_GEV**2 * ABS_V_TS * ABS_V_TD / (16 * pi**2 * HIGGS_VEV_GEV**3)
"""|C_sd| of L = C_sd sin θ S d_L s_R + h.c., the top quark only; charm is -3 to -4% (1809.01876)."""


def br_kplus_to_pion(mass_gev: ArrayLike) -> FloatArray:
    """BR(K+ -> π+ S)/sin²θ; zero above m_K - m_π.

    Γ = |C_sd|² [½ (m_K² - m_π²)/(m_s - m_d) f_0(m²)]² √λ(m_K², m_π², m²)/(16π m_K³), 1809.01876, with
    f_0 = 0.9698 (1 + 0.0137 q²/m_π²) of K -> π l ν. Chiral terms at tree level are left out.
    """
    mass, end = np.asarray(mass_gev, float), KAON_MASS_GEV - PION_MASS_GEV
    m = np.minimum(mass, end)
    f0 = 0.9698 * (1 + 0.0137 * (m / PION_MASS_GEV) ** 2)
    density = 0.5 * (KAON_MASS_GEV**2 - PION_MASS_GEV**2) / (STRANGE_MASS_GEV - DOWN_MASS_GEV) * f0
    root = np.sqrt(np.maximum(kallen_gev4(KAON_MASS_GEV, PION_MASS_GEV, m), 0.0))
    width = (C_SD * density) ** 2 * root / (16 * pi * KAON_MASS_GEV**3)
    return np.where(mass < end, width * KPLUS_LIFETIME_S / HBAR_GEV_S, 0.0)

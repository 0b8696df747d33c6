"""B mesons to a dark scalar: B -> K S for every kaon state, or the inclusive b -> s S."""

from __future__ import annotations

from math import pi

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import (
    ABS_V_TB,
    ABS_V_TS,
    B0_LIFETIME_S,
    BOTTOM_MASS_GEV,
    BPLUS_LIFETIME_S,
    BPLUS_MASS_GEV,
    HBAR_GEV_S,
    HIGGS_VEV_GEV,
    TOP_MASS_GEV,
)
from feebly.core.errors import unknown
from feebly.core.interfaces import FloatArray
from feebly.physics.formfactors.b_to_kaon import kaon_state
from feebly.physics.kinematics.two_body import kallen_gev4

C_BS = 3 * BOTTOM_MASS_GEV * TOP_MASS_GEV**2 * ABS_V_TS * ABS_V_TB / (16 * pi**2 * HIGGS_VEV_GEV**3)
"""|C_bs| of L = C_bs sin θ S s_L b_R + h.c., the loop of a top quark and a W; 1809.01876.

With the running top mass (163 GeV) rates are 20% smaller.
"""

_LIFETIME_S = {"B+": BPLUS_LIFETIME_S, "B0": B0_LIFETIME_S, "B": (BPLUS_LIFETIME_S + B0_LIFETIME_S) / 2}

EXCLUSIVE = ("k", "kstar892", "k0star700", "k0star1430", "k1-1270", "k1-1400", "k2star1430")
"""Kaon states of the exclusive sum, 3.5 sin²θ for a light S; K*(1410) and K*(1680) would add 0.4."""


def width_b_to_kaon_gev(state: str, mass_gev: ArrayLike) -> FloatArray:
    """Γ(B -> X S)/sin²θ [GeV] = |C_bs M_X|² √λ(m_B², m_X², m²)/(16π m_B³); zero above m_B - m_X.

    state: key of `KAON_STATES`; the same for B+ and B0 (isospin).
    """
    mass, kaon = np.asarray(mass_gev, float), kaon_state(state)
    end = BPLUS_MASS_GEV - kaon.mass_gev
    m = np.minimum(mass, end)
    root = np.sqrt(np.maximum(kallen_gev4(BPLUS_MASS_GEV, kaon.mass_gev, m), 0.0))
    width = (C_BS * kaon.matrix_element_gev(m**2)) ** 2 * root / (16 * pi * BPLUS_MASS_GEV**3)
    return np.where(mass < end, width, 0.0)


def br_b_to_kaon(state: str, mass_gev: ArrayLike, parent: str = "B+") -> FloatArray:
    """BR(B -> X S)/sin²θ of ``B+``, ``B0``, or the mean of both, ``B``."""
    if parent not in _LIFETIME_S:
        raise unknown("B meson", parent, _LIFETIME_S)
    return np.asarray(width_b_to_kaon_gev(state, mass_gev) * _LIFETIME_S[parent] / HBAR_GEV_S)


def br_exclusive(mass_gev: ArrayLike, parent: str = "B+") -> FloatArray:
    """Σ_X BR(B -> X S)/sin²θ over the states of :data:`EXCLUSIVE`."""
    return np.asarray(sum(br_b_to_kaon(state, mass_gev, parent) for state in EXCLUSIVE))


def br_inclusive(mass_gev: ArrayLike) -> FloatArray:
    """BR(b -> s S)/sin²θ = 5.6 (1 - m²/m_B²)², 1710.09387: 1.6 times the exclusive sum; zero above m_B."""
    x = (np.asarray(mass_gev, float) / BPLUS_MASS_GEV) ** 2
    return np.asarray(5.6 * np.maximum(1 - x, 0.0) ** 2)

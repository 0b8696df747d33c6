"""K+ -> π+ γγ in chiral perturbation theory at fourth order: one unknown number, ĉ."""

from __future__ import annotations

from math import pi

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import ETA_MASS_GEV, KAON_MASS_GEV, PION_MASS_GEV
from feebly.core.interfaces import FloatArray

C_HAT = 1.713
"""ĉ at fourth order; NA62, 2311.01837."""

_PION, _ETA = (PION_MASS_GEV / KAON_MASS_GEV) ** 2, (ETA_MASS_GEV / KAON_MASS_GEV) ** 2


def pion_loop(x: ArrayLike) -> FloatArray:
    """F(x) = 1 - (4/x) arcsin²(√x/2), above x = 4 continued: 1 + (1/x)(ln((1 - β)/(1 + β)) + iπ)²; complex.

    β = √(1 - 4/x). Ecker, Pich, de Rafael, Nucl. Phys. B 303 (1988) 665.
    """
    x = np.asarray(x, float)
    below, beta = np.minimum(x, 4.0), np.sqrt(np.maximum(1 - 4 / np.maximum(x, 4.0), 0.0))
    above = 1 + (np.log((1 - beta) / (1 + beta)) + 1j * pi) ** 2 / np.maximum(x, 4.0)
    return np.where(x < 4, 1 - 4 / below * np.arcsin(np.sqrt(below) / 2) ** 2, above)


def amplitudes_squared(z: ArrayLike, c_hat: float = C_HAT) -> FloatArray:
    """|A|² + |C|² at z = (m_γγ/m_K)² in units of (G_8 m_K² α/π)²: loops with ĉ, and the anomaly.

    A = [(r - 1 - z) F(z/r) + (1 - r - z) F(z) + ĉ z]/(2z), r = m_π²/m_K²; C is the poles of π0 and η: Ecker,
    Pich, de Rafael, Nucl. Phys. B 303 (1988) 665. Valid above the π0, z > 0.1: its pole is K+ -> π+ π0.
    """
    z = np.asarray(z, float)
    loops = (_PION - 1 - z) * pion_loop(z / _PION) + (1 - _PION - z) * pion_loop(z) + c_hat * z
    poles = 1 - (z - (2 + _PION) / 3) / (z - _ETA)  # π0 and η; the width of the π0 is left out
    return np.asarray(np.abs(loops / (2 * z)) ** 2 + poles**2)

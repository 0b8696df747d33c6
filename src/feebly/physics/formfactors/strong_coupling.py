"""The running strong coupling."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import ALPHA_S_MZ, BOTTOM_MASS_GEV, Z_MASS_GEV
from feebly.core.interfaces import FloatArray


def alpha_s(scale_gev: ArrayLike) -> FloatArray:
    """α_s (MS-bar) at a scale above the charm mass [GeV]: two loops, five flavours above m_b, four below.

    From α_s(m_Z); PDG 2024, section 9. 0.297 at 2 GeV, 1.5% below the value of five loops.
    """
    scale = np.asarray(scale_gev, float)
    at_mb = _run(np.asarray(ALPHA_S_MZ), np.asarray(2 * math.log(BOTTOM_MASS_GEV / Z_MASS_GEV)), 5)
    above = _run(np.asarray(ALPHA_S_MZ), 2 * np.log(np.maximum(scale, BOTTOM_MASS_GEV) / Z_MASS_GEV), 5)
    below = _run(at_mb, 2 * np.log(np.minimum(scale, BOTTOM_MASS_GEV) / BOTTOM_MASS_GEV), 4)
    return np.where(scale > BOTTOM_MASS_GEV, above, below)


def _run(start: FloatArray, log_ratio: FloatArray, flavours: int) -> FloatArray:
    """Solution of dα/d ln μ² = -b0 α² - b1 α³ at ln(μ²/μ0²) from α(μ0) = start."""
    b0 = (33 - 2 * flavours) / (12 * math.pi)
    c = (153 - 19 * flavours) / (24 * math.pi**2) / b0
    inverse = 1 / start + b0 * log_ratio
    # 1/α - c ln(1/α + c) grows by b0 ln(μ²/μ0²); a fixed point, each step of which contracts by c α < 0.2
    for _ in range(30):
        inverse = 1 / start + b0 * log_ratio + c * np.log((inverse + c) / (1 / start + c))
    return np.asarray(1 / inverse)

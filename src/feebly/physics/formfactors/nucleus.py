"""Electric form factor of a nucleus."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import HBARC_GEV_M
from feebly.core.interfaces import FloatArray

_FM = 1e-15 / HBARC_GEV_M  # GeV⁻¹
SKIN_PER_GEV = 0.9 * _FM
"""Thickness s of the nuclear skin [GeV⁻¹], 0.9 fm."""

FIRST_ZERO = 4.49
"""First zero of j₁; beyond it the coherent cross section is not to be trusted."""


def helm_radius_per_gev(mass_number: float) -> float:
    """Radius R [GeV⁻¹], R² = (1.23 A^{1/3} - 0.6)² + (7/3) π² 0.52² - 5 s² fm²; Lewin and Smith 1996."""
    r2 = (1.23 * mass_number ** (1 / 3) - 0.6) ** 2 + 7 / 3 * pi**2 * 0.52**2 - 5 * 0.9**2
    return sqrt(r2) * _FM


def helm_form_factor(q2_gev2: ArrayLike, mass_number: float) -> FloatArray:
    """F(q²) = 3 j₁(qR)/(qR) exp(-q²s²/2) at momentum transfer squared [GeV²]; one at q² = 0. Helm 1956."""
    q2 = np.asarray(q2_gev2, float)
    x = np.sqrt(q2) * helm_radius_per_gev(mass_number)
    big = np.maximum(x, _SERIES)
    bessel = 3 * (np.sin(big) - big * np.cos(big)) / big**3
    return np.asarray(
        np.where(x < _SERIES, 1 - x**2 / 10 + x**4 / 280, bessel) * np.exp(-q2 * SKIN_PER_GEV**2 / 2)
    )


_SERIES = 0.03  # below, sin x - x cos x loses digits

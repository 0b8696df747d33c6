"""The centre of mass of a beam on a target at rest."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import PROTON_MASS_GEV
from feebly.core.interfaces import FloatArray


def sqrt_s_fixed_target_gev(
    beam_momentum_gev: ArrayLike,
    beam_mass_gev: float = PROTON_MASS_GEV,
    target_mass_gev: float = PROTON_MASS_GEV,
) -> FloatArray:
    """Centre-of-mass energy √s [GeV] of a beam on a particle at rest: s = m_b² + m_t² + 2 E_b m_t."""
    beam_energy = np.hypot(beam_momentum_gev, beam_mass_gev)
    return np.asarray(np.sqrt(beam_mass_gev**2 + target_mass_gev**2 + 2 * beam_energy * target_mass_gev))


def cm_boost(
    beam_momentum_gev: ArrayLike,
    beam_mass_gev: float = PROTON_MASS_GEV,
    target_mass_gev: float = PROTON_MASS_GEV,
) -> tuple[FloatArray, FloatArray]:
    """γ and βγ of the centre of mass in the laboratory (target at rest)."""
    sqrt_s = sqrt_s_fixed_target_gev(beam_momentum_gev, beam_mass_gev, target_mass_gev)
    beam_energy = np.hypot(beam_momentum_gev, beam_mass_gev)
    return (
        np.asarray((beam_energy + target_mass_gev) / sqrt_s),
        np.asarray(beam_momentum_gev, float) / sqrt_s,
    )

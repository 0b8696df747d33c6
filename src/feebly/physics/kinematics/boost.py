"""Lorentz boosts written so that nothing cancels for a fast parent."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import PROTON_MASS_GEV
from feebly.core.interfaces import FloatArray


def boost_from_rest_frame(
    momentum_gev: ArrayLike, energy_gev: ArrayLike, parent_momentum_gev: ArrayLike, parent_mass_gev: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Momentum (..., 3) and energy (...) [GeV] in the frame where the parent has ``parent_momentum_gev``.

    momentum_gev, energy_gev: daughter in the parent's rest frame, shapes (..., 3) and (...).
    p' = p + P [(P·p)/(E + M) + e]/M has no γ - 1 and no division by β², hence no cancellation for slow or
    fast parents (the general boost matrix with (γ - 1)/β² = γ²/(γ + 1) and γβ = P/M).
    """
    p, parent = np.asarray(momentum_gev, float), np.asarray(parent_momentum_gev, float)
    e, mass = np.asarray(energy_gev, float), np.asarray(parent_mass_gev, float)
    parent_energy = np.sqrt(np.sum(parent**2, axis=-1) + mass**2)
    along = np.sum(parent * p, axis=-1)  # P·p
    factor = (along / (parent_energy + mass) + e) / mass
    return p + parent * factor[..., None], np.asarray((parent_energy * e + along) / mass)


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

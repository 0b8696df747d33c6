"""The centre of mass of a beam on a target at rest."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import PROTON_MASS_GEV
from feebly.core.errors import DomainError
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


def feynman_x(
    pz_gev: ArrayLike, pt_gev: ArrayLike, mass_gev: float, beam_momentum_gev: float
) -> tuple[FloatArray, FloatArray]:
    """x_F = p_L*/√(s/4 - m²) of a particle with laboratory p_z, p_T, and its E* [GeV]; proton on proton."""
    gamma, beta_gamma = cm_boost(beam_momentum_gev)
    pz = np.asarray(pz_gev, float)
    energy = np.sqrt(pz**2 + np.square(pt_gev) + mass_gev**2)
    p_max = feynman_momentum_gev(mass_gev, beam_momentum_gev)
    # E - p_z loses digits at high momentum: p_L* from the light-cone components
    minus = (np.square(pt_gev) + mass_gev**2) / (energy + np.abs(pz))
    minus = np.where(pz >= 0, minus, energy - pz)
    plus = energy + pz
    down, up = gamma - beta_gamma, gamma + beta_gamma
    return np.asarray(0.5 * (plus * down - minus * up) / p_max), np.asarray(0.5 * (plus * down + minus * up))


def lab_from_feynman_x(
    x_f: ArrayLike, pt_gev: ArrayLike, mass_gev: float, beam_momentum_gev: float
) -> tuple[FloatArray, FloatArray]:
    """Laboratory E and p_z [GeV] of a particle with x_F = p_L*/√(s/4 - m²) and p_T; proton on proton."""
    gamma, beta_gamma = cm_boost(beam_momentum_gev)
    p_cm = np.asarray(x_f, float) * feynman_momentum_gev(mass_gev, beam_momentum_gev)
    e_cm = np.sqrt(p_cm**2 + np.square(pt_gev) + mass_gev**2)
    return np.asarray(gamma * e_cm + beta_gamma * p_cm), np.asarray(gamma * p_cm + beta_gamma * e_cm)


def feynman_momentum_gev(mass_gev: float, beam_momentum_gev: float) -> float:
    """√(s/4 - m²), the unit of x_F [GeV]: momentum of a pair of particles of this mass."""
    sqrt_s = sqrt_s_fixed_target_gev(beam_momentum_gev)
    if sqrt_s <= 2 * mass_gev:
        raise DomainError(
            f"a pair of {mass_gev:g} GeV particles is closed at √s = {float(sqrt_s):.4g} GeV "
            f"(beam of {float(beam_momentum_gev):g} GeV)"
        )
    return float(np.sqrt(sqrt_s**2 / 4 - mass_gev**2))

"""From the named choices of a sample to the numbers that the compiled production takes."""

from __future__ import annotations

import math

from feebly.core.constants import ALPHA, PROTON_MASS_GEV
from feebly.core.interfaces import BremsstrahlungSampling, FloatArray, MixingSampling
from feebly.physics.kinematics.boost import cm_boost
from feebly.physics.production.bremsstrahlung import G_SNN, sigma_pp_mb
from feebly.physics.production.kernels import Radiation, Replacement

# alpha, sum_term, z_term, first, proton_term, second, rising of `Radiation`
SPLITTING_TERMS = {
    "bb": (ALPHA, 1.0, 0.0, 2.0, 2.0, 1.0, 0.0),  # 1311.3870
    "fr21": (ALPHA, 0.0, 1.0, 1.0, 2.0, 0.0, 0.5),  # 2108.05900, quasi-real approximation
    "fr24": (ALPHA, 1.0, 0.0, 1.0, 2.0, 0.0, 0.0),  # 2409.09123, term of F1
    # 2108.05900: g^2 z [m_p^2 (2-z)^2 + pT^2]/(16 pi^2 H^2), m_p^2 (2-z)^2 + pT^2 = H + (1-z) (4 m_p^2 - m^2)
    "scalar": (G_SNN**2 / (8 * math.pi), 0.0, 1.0, 1.0, -4.0, 0.0, 0.0),
}

# of the proton after radiation: level, log_square, factor1, power1, factor2, power2
CROSS_SECTION_TERMS = {
    "total": (35.45, 0.308, 42.53, -0.458, -33.34, -0.545),  # COMPETE fit of the PDG
    "nsd": (1.76, 0.0, 19.8, 0.057, 0.0, 0.0),  # non-single-diffractive, 2409.09123
    "none": (1.0, 0.0, 0.0, 0.0, 0.0, 0.0),
}

# A heavier A' with the meson's centre-of-mass momentum is a little faster in the laboratory than the meson.
_FASTER = 1.02


def pack_radiation(sampling: BremsstrahlungSampling) -> Radiation:
    """Cuts and terms by name, those of `EVERY_SPLITTING` and `sigma_weight` in one form for all."""
    energy = math.hypot(sampling.beam_momentum_gev, PROTON_MASS_GEV)
    s_gev2 = 2 * PROTON_MASS_GEV * (energy + PROTON_MASS_GEV)
    return Radiation(
        sampling.beam_momentum_gev,
        PROTON_MASS_GEV,
        sampling.z_min,
        sampling.z_max,
        sampling.pt_max_gev,
        sampling.validity_max,
        0.0 if sampling.lambda_p_gev is None else sampling.lambda_p_gev**-2,
        *SPLITTING_TERMS[sampling.splitting],
        1.0 if sampling.sigma_weight == "none" else 1.0 / float(sigma_pp_mb(s_gev2)),
        *CROSS_SECTION_TERMS[sampling.sigma_weight],
    )


def pack_replacement(
    sampling: MixingSampling, beam_momentum_gev: float, ln_p_edges: FloatArray
) -> Replacement:
    """Frame and kept quantity by name; ln_p_edges: of the meson's spectrum, p in GeV."""
    frame, _, quantity = sampling.kinematics.partition("-")
    gamma, beta_gamma = map(float, cm_boost(beam_momentum_gev)) if frame == "cm" else (1.0, 0.0)
    wider = 0.0 if sampling.kinematics == "lab-momentum" else math.log(_FASTER)
    return Replacement(
        sampling.parent_mass_gev,
        float(quantity == "energy"),
        gamma,
        beta_gamma,
        float(ln_p_edges[0]),
        float(ln_p_edges[-1]) + wider,
    )

"""Primakoff production γ N -> a N: cross section, and the equivalent photons of a proton."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import ALPHA, HBARC_GEV_M, PROTON_MASS_GEV
from feebly.core.errors import ConfigError, unknown
from feebly.core.interfaces import FloatArray
from feebly.physics.formfactors.nucleus import FIRST_ZERO, helm_form_factor, helm_radius_per_gev

MB_PER_GEV2 = HBARC_GEV_M**2 * 1e31
"""Millibarn in one GeV⁻²."""

_NODES = 400


def largest_transfer_gev2(mass_number: float) -> float:
    """q² [GeV²] of the first zero of the form factor."""
    return float((FIRST_ZERO / helm_radius_per_gev(mass_number)) ** 2)


def least_photon_energy_gev(mass_gev: float, mass_number: float) -> float:
    """Energy [GeV] below which no photon makes an ALP: its mass, or (m²/2E)² at the zero of the form factor.

    Rounded down to a power of ten, so that neighbouring masses share their photons.
    """
    coherent = mass_gev**2 / (2 * largest_transfer_gev2(mass_number) ** 0.5)
    return float(10.0 ** np.floor(np.log10(max(mass_gev, coherent))))


def differential_cross_section(
    qt2_gev2: ArrayLike, mass_gev: ArrayLike, energy_gev: ArrayLike, charge: float, mass_number: float
) -> FloatArray:
    """dσ/dq_T²/g² [GeV⁻²] = (α Z²/8) q_T²/q⁴ F²(q²), q² = q_T² + (m²/2E)²; 1512.03069.

    g is g_aγγ [GeV⁻¹]. For a real photon of energy E >> m; the ALP takes all of its energy.
    """
    qt2 = np.asarray(qt2_gev2, float)
    q2 = qt2 + (np.asarray(mass_gev, float) ** 2 / (2 * np.asarray(energy_gev, float))) ** 2
    return np.asarray(ALPHA * charge**2 / 8 * qt2 / q2**2 * helm_form_factor(q2, mass_number) ** 2)


def cross_section(mass_gev: float, energy_gev: float, charge: float, mass_number: float) -> float:
    """σ/g² [GeV⁻² per GeV⁻²] of γ N -> a N, coherent: q² up to the first zero of the form factor."""
    least = (mass_gev**2 / (2 * energy_gev)) ** 2
    most = largest_transfer_gev2(mass_number)
    if least >= most:
        return 0.0
    node, weight = np.polynomial.legendre.leggauss(_NODES)
    span = 0.5 * np.log(most / least)
    q2 = least * np.exp(span * (node + 1))  # logarithmic: dσ/dq² peaks at q² ~ (m²/2E)²
    density = differential_cross_section(q2 - least, mass_gev, energy_gev, charge, mass_number)
    return float(span * weight @ (density * q2))


EPA_CUTS = ("et2-plus-x", "none")
"""Photons of a proton with q_T² + x² m_p² + x GeV² < 1 GeV² (2201.05170, the default), or all of them."""


def proton_photon_density(x: ArrayLike, qt2_gev2: ArrayLike, cut: str = "none") -> FloatArray:
    """d²n/(dx dq_T²) [GeV⁻²]: photons of energy fraction x in an elastic proton; cut: of `EPA_CUTS`.

    Budnev et al., Phys. Rep. 15 (1975) 181, with the dipole form factors; 0 < x < 1. The cut takes away 1% at
    x = 0.05, 22% at 0.5, and all above 0.64.
    """
    z, qt2 = np.asarray(x, float), np.asarray(qt2_gev2, float)
    if cut not in EPA_CUTS:
        raise unknown("cut on the photons of a proton", cut, EPA_CUTS)
    if np.any((z <= 0) | (z >= 1)):
        raise ConfigError("energy fraction of a photon in a proton: expected 0 < x < 1")
    proton2 = PROTON_MASS_GEV**2
    et2 = qt2 + z**2 * proton2
    q2 = et2 / (1 - z)
    electric2 = (1 + q2 / 0.71) ** -4
    magnetic2 = 7.78 * electric2  # μ_p² = 2.79²
    d = (4 * proton2 * electric2 + q2 * magnetic2) / (4 * proton2 + q2)
    density = ALPHA / (np.pi * z * et2) * (qt2 * (1 - z) * d / et2 + z**2 * magnetic2 / 2)
    return np.where((cut == "none") | (et2 + z < 1), density, 0.0)

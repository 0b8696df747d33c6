"""Meson spectra after BMPT: pions and kaons of 400 GeV protons on beryllium, others by m_T scaling.

BMPT: M. Bonesini, A. Marchionni, F. Pietropaolo, T. Tabarelli de Fatis, Eur. Phys. J. C 20 (2001) 13,
hep-ph/0101163, fitted to pions and kaons with 0 < x_F, p_T < 1 GeV at 400 and 450 GeV.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feebly.core.constants import KAON_MASS_GEV, PION0_MASS_GEV, PION_MASS_GEV, PROTON_MASS_GEV
from feebly.core.errors import unknown
from feebly.core.interfaces import FloatArray
from feebly.physics.kinematics.boost import cm_boost, sqrt_s_fixed_target_gev
from feebly.physics.spectra.quadrature import cell_means


@dataclass(frozen=True, slots=True)
class BmptParameters:
    """Parameters of E d³σ/dp³ of the positive meson, and of the ratio positive to negative.

    normalisation [mb GeV^-2]; b is B of the paper, slope its a [GeV^-1]. The ratio is
    ratio_norm (1 + ratio_sign x_R)^ratio_power.
    """

    mass_gev: float
    normalisation: float
    b: float
    alpha: float
    beta: float
    slope: float
    gamma: float
    delta: float
    ratio_norm: float
    ratio_sign: float
    ratio_power: float


PIONS = BmptParameters(PION_MASS_GEV, 62.3, 1.57, 3.45, 0.517, 6.10, 0.153, 0.478, 1.05, 1.0, 2.65)
KAONS = BmptParameters(KAON_MASS_GEV, 7.74, 0.0, 2.45, 0.444, 5.04, 0.121, 0.242, 1.15, -1.0, -3.17)

_Shape = Callable[[FloatArray, FloatArray], FloatArray]

CHARGED: Mapping[str, tuple[BmptParameters, bool]] = MappingProxyType(
    {"pi+": (PIONS, False), "pi-": (PIONS, True), "K+": (KAONS, False), "K-": (KAONS, True)}
)
"""Parameters of each measured meson, and whether it is the negative one."""


def invariant_cross_section_mb(meson: str, x_r: ArrayLike, pt_gev: ArrayLike) -> FloatArray:
    """E d³σ/dp³ [mb GeV^-2] on beryllium for ``pi+``, ``pi-``, ``K+`` or ``K-``; zero for x_R >= 1.

    A (1-x)^α (1+Bx) x^-β (1 + a'p_T + b'p_T²) e^{-a'p_T} with a' = a/x^γ, b' = a²/(2x^δ), hep-ph/0101163.
    """
    if meson not in CHARGED:
        raise unknown("BMPT meson", meson, CHARGED)
    fit, negative = CHARGED[meson]
    pt = np.asarray(pt_gev, float)
    x, inside = _inside(x_r)
    a1, b1 = fit.slope * x**-fit.gamma, 0.5 * fit.slope**2 * x**-fit.delta
    longitudinal = (1 - x) ** fit.alpha * (1 + fit.b * x) * x**-fit.beta
    value = fit.normalisation * longitudinal * (1 + a1 * pt + b1 * pt**2) * np.exp(-a1 * pt)
    if negative:
        value = value / (fit.ratio_norm * (1 + fit.ratio_sign * x) ** fit.ratio_power)
    return np.asarray(np.where(inside, value, 0.0))


def _inside(x_r: ArrayLike) -> tuple[FloatArray, NDArray[np.bool_]]:
    """x_R with values outside (0, 1) replaced by a harmless one, and where it is inside."""
    x = np.asarray(x_r, float)
    inside = (x > 0) & (x < 1)
    return np.where(inside, x, 0.5), inside


def energy_max_cm_gev(mass_gev: float, beam_momentum_gev: float) -> float:
    """Largest centre-of-mass energy [GeV] of a meson in p p -> meson p p."""
    sqrt_s = float(sqrt_s_fixed_target_gev(beam_momentum_gev))
    return (sqrt_s**2 - 4 * PROTON_MASS_GEV**2 + mass_gev**2) / (2 * sqrt_s)


def forward_cross_section_mb(meson: str, beam_momentum_gev: float = 400.0) -> float:
    """∫ d³p/E of E d³σ/dp³ [mb] over the forward hemisphere of the centre of mass, x_F > 0."""
    mass = CHARGED[meson][0].mass_gev
    return _hemisphere(lambda x, pt: invariant_cross_section_mb(meson, x, pt), mass, beam_momentum_gev)


def neutral_shape(x_r: ArrayLike, pt_gev: ArrayLike, mass_gev: float) -> FloatArray:
    """E d³σ/dp³ up to a factor of an unflavoured meson: (π+ + π-)/2 at equal transverse mass.

    p_T becomes √(p_T² + m² - m_π0²), at the same x_R (m_T scaling; exact for the π0).
    """
    pt = np.sqrt(np.square(pt_gev) + mass_gev**2 - PION0_MASS_GEV**2)
    both = invariant_cross_section_mb("pi+", x_r, pt) + invariant_cross_section_mb("pi-", x_r, pt)
    return np.asarray(0.5 * both)


def bmpt_density(
    mass_gev: float, ln_p_edges: FloatArray, pt_edges_gev: FloatArray, beam_momentum_gev: float = 400.0
) -> FloatArray:
    """d²N/(d ln p d p_T²) [GeV^-2] per meson of mass ``mass_gev``, mean in each cell; shape (ln p, p_T).

    Both hemispheres of the centre of mass hold half of the mesons each, as the fit says of the forward one.
    """
    half = _hemisphere(lambda x, pt: neutral_shape(x, pt, mass_gev), mass_gev, beam_momentum_gev)
    gamma, beta_gamma = cm_boost(beam_momentum_gev)
    energy_max = energy_max_cm_gev(mass_gev, beam_momentum_gev)

    def density(ln_p: FloatArray, pt2: FloatArray) -> FloatArray:
        p2 = np.exp(2 * ln_p)
        pz, energy = np.sqrt(np.maximum(p2 - pt2, 0.0)), np.sqrt(p2 + mass_gev**2)
        x = np.where(pt2 < p2, (gamma * energy - beta_gamma * pz) / energy_max, 1.0)
        # d³p/E = π dp_T² dp_z/E and dp_z = p² d(ln p)/p_z
        jacobian = np.pi * p2 / (energy * np.where(pt2 < p2, pz, 1.0))
        return np.asarray(neutral_shape(x, np.sqrt(pt2), mass_gev) * jacobian / (2 * half))

    return cell_means(density, ln_p_edges, pt_edges_gev**2)


def _hemisphere(shape: _Shape, mass_gev: float, beam_momentum_gev: float) -> float:
    """∫ π dp_T² dy of E d³σ/dp³ over 0 < y < y_max(p_T) in the centre of mass."""
    node, weight = np.polynomial.legendre.leggauss(96)
    unit, weight = 0.5 * (node + 1), 0.5 * weight
    energy_max = energy_max_cm_gev(mass_gev, beam_momentum_gev)
    pt_max = np.sqrt(energy_max**2 - mass_gev**2)
    pt = pt_max * unit**2  # dense at small p_T, where the mesons are
    mt = np.hypot(pt, mass_gev)
    y_max = np.arccosh(energy_max / mt)
    x = mt[:, None] * np.cosh(y_max[:, None] * unit) / energy_max
    inner = shape(x, pt[:, None]) @ weight * y_max
    return float(np.sum(weight * 2 * np.pi * pt * 2 * pt_max * unit * inner))

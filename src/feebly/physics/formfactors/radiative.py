"""e+e- -> pi0 gamma and eta gamma: vector-meson dominance with fitted phases."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import ETA_MASS_GEV, PION0_MASS_GEV, PION_MASS_GEV
from feebly.core.interfaces import FloatArray

# rho, omega, phi, excited state: mass, width [GeV], amplitude [GeV^-1], phase [degrees]
_PI0_GAMMA = (  # SND fit, 1601.08061, as used by DeLiVeR (2201.01788)
    (0.77526, 0.1491, 0.0426, -12.7),
    (0.78284, 0.00868, 0.0434, 0.0),
    (1.01952, 0.00421, 0.00303, 158.0),
    (1.45, 0.40, 0.00523, 180.0),
)
_ETA_GAMMA = (  # SND fit, hep-ex/0605109, as used by DeLiVeR (2201.01788)
    (0.77526, 0.1491, 0.0861, 0.0),
    (0.78284, 0.00868, 0.00824, 11.3),
    (1.01952, 0.00421, 0.0158, 170.0),
    (1.465, 0.40, 0.0147, 61.0),
)


def _r_meson_gamma(
    mass_gev: ArrayLike, meson_mass_gev: float, resonances: tuple[tuple[float, float, float, float], ...]
) -> FloatArray:
    """R = p³ |F|²/√s with p the photon momentum in the rest frame; zero below threshold."""
    root_s = np.asarray(mass_gev, float)
    s = root_s**2
    p = np.maximum(s - meson_mass_gev**2, 0.0) / (2 * root_s)
    amplitude = np.zeros(s.shape, complex)
    for i, (m, width, a, degrees) in enumerate(resonances):
        # only the rho, the first, is broad enough to need the running P-wave width
        above = np.maximum(s - 4 * PION_MASS_GEV**2, 0.0) / (m**2 - 4 * PION_MASS_GEV**2)
        running = m**2 / s * above**1.5 if i == 0 else 1.0
        amplitude += a * m**2 * np.exp(1j * np.radians(degrees)) / (m**2 - s - 1j * root_s * width * running)
    return np.asarray(p**3 * np.abs(amplitude) ** 2 / root_s)


def r_pi0_gamma(mass_gev: ArrayLike) -> FloatArray:
    """R(e+e- -> pi0 gamma) at √s = mass [GeV] (1601.08061); zero below m_pi0; fitted to 1.4 GeV."""
    return _r_meson_gamma(mass_gev, PION0_MASS_GEV, _PI0_GAMMA)


def r_eta_gamma(mass_gev: ArrayLike) -> FloatArray:
    """R(e+e- -> eta gamma) at √s = mass [GeV] (hep-ex/0605109); zero below m_eta; fitted to 1.4 GeV."""
    return _r_meson_gamma(mass_gev, ETA_MASS_GEV, _ETA_GAMMA)

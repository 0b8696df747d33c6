"""e+e- -> pi+pi-pi0: omega-like resonances that decay through rho pi.

Current of Czyz, Grzelinska, Kühn and Rodrigo (hep-ph/0512180) with the parameters of 1911.11147 and
2201.01788 (Herwig4DM, DeLiVeR). One pion mass of 140 MeV for all three, as in the fit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feebly.core.interfaces import FloatArray

ComplexArray = NDArray[np.complex128]

_MPI = 0.140
THRESHOLD_GEV = 3 * _MPI

# resonances in s: mass, width [GeV], coupling [GeV^-3], index of the rho in the sum H_n
_ISOSCALARS = (
    (0.7824, 0.00869, 18.20, 0),
    (1.01924, 0.00414, -0.87, 0),
    (1.375, 0.250, -0.77, 0),
    (1.631, 0.245, -1.12, 0),
    (1.01924, 0.00414, -0.72, 1),
    (1.631, 0.245, -0.59, 2),
)
RHO_GEV = (0.77609, 0.14446)
"""Mass and width of the rho of this current."""
_RHOS = (RHO_GEV, (1.465, 0.31), (1.7, 0.235))  # rho_n: mass, width [GeV]

# isospin-breaking part: omega -> pi+pi- mixing in the neutral pair only
_G_OMEGA = 1.55 / np.sqrt(2) * 12.924 * 0.266 * 0.77609**2 * 0.185
_BREAKING_RHOS = ((0.77609, 0.14446, 1.0), (1.7, 0.26, -0.1))
_BREAKING_OMEGA = (0.78259, 0.00849)

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(40)


def _narrow(s: FloatArray, m: float, width: float) -> ComplexArray:
    return np.asarray(m**2 / (m**2 - s - 1j * m * width))


def _rho(q2: FloatArray, m: float, width: float) -> ComplexArray:
    """rho propagator m²/(Q² - m² + i √Q² Γ(Q²)) with the P-wave running width."""
    phase_space = np.maximum(q2 - 4 * _MPI**2, 0.0) / (m**2 - 4 * _MPI**2)
    running = width * m**2 / q2 * phase_space**1.5
    return np.asarray(m**2 / (q2 - m**2 + 1j * np.sqrt(q2) * running))


def three_pion_current(
    s_gev2: ArrayLike, q2_plus_gev2: ArrayLike, q2_minus_gev2: ArrayLike
) -> tuple[ComplexArray, FloatArray]:
    """Amplitude F [GeV^-3] and Lorentz factor L [GeV^6] on the Dalitz plot; arguments broadcast.

    q2_plus, q2_minus: invariant masses squared of pi+pi0 and pi-pi0. |F|² L is the weight of an event in
    the (Q+², Q-²) plane; L = s |p+ × p-|² is negative outside the plot.
    """
    s, plus, minus = (np.asarray(x, float) for x in (s_gev2, q2_plus_gev2, q2_minus_gev2))
    neutral = s + 3 * _MPI**2 - plus - minus
    h = [sum(_rho(q2, *rho) for q2 in (plus, minus, neutral)) for rho in _RHOS]
    f = sum(c * _narrow(s, m, width) * h[n] for m, width, c, n in _ISOSCALARS)
    mixing = sum(a * _rho(neutral, m, width) / m**2 for m, width, a in _BREAKING_RHOS)
    f = f + _G_OMEGA * mixing * _narrow(s, *_BREAKING_OMEGA) / _BREAKING_OMEGA[0] ** 2
    lorentz = (plus * minus * neutral - _MPI**2 * (s - _MPI**2) ** 2) / 4
    return np.asarray(f), np.asarray(lorentz)


def _dalitz_nodes(s: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Q+², Q-² and weights of a Gauss-Legendre rule over the plot, in two new last axes."""
    low, high = 4 * _MPI**2, (np.sqrt(s) - _MPI) ** 2
    plus = (low + high)[:, None, None] / 2 + (high - low)[:, None, None] / 2 * _NODES[:, None]
    # limits of Q-² at fixed Q+²: energies in the pi+pi0 frame (PDG, review of kinematics)
    energy = np.sqrt(plus) / 2
    recoil = (s[:, None, None] - plus - _MPI**2) / (2 * np.sqrt(plus))
    centre = 2 * _MPI**2 + 2 * energy * recoil
    half = 2 * np.sqrt((energy**2 - _MPI**2) * np.maximum(recoil**2 - _MPI**2, 0.0))
    minus = centre + half * _NODES
    weight = (high - low)[:, None, None] / 2 * _WEIGHTS[:, None] * half * _WEIGHTS
    return plus, minus, weight


def r_three_pions(mass_gev: ArrayLike) -> FloatArray:
    """R(e+e- -> pi+pi-pi0) at √s = mass [GeV], same shape; zero below 3 m_pi = 0.420 GeV.

    R = 4π X, X = ∫∫ dQ+² dQ-² L |F|² / ((2π)³ 32 s²) (hep-ph/0512180). About 1 ms per mass: made for
    building tables. Valid to 2 GeV.
    """
    mass = np.asarray(mass_gev, float)
    result = np.zeros(mass.size)
    is_open = mass.ravel() > THRESHOLD_GEV
    s = mass.ravel()[is_open] ** 2
    plus, minus, weight = _dalitz_nodes(s)
    f, lorentz = three_pion_current(s[:, None, None], plus, minus)
    integral = np.sum(weight * lorentz * np.abs(f) ** 2, axis=(1, 2))
    result[is_open] = 4 * np.pi * integral / ((2 * np.pi) ** 3 * 32 * s**2)
    return result.reshape(mass.shape)

"""Loops of a scalar to two photons or gluons (Gunion, Haber, Kane, Dawson, Higgs Hunter's Guide, section 2).

τ = m²/(4 m_i²) of the particle i in the loop; the amplitudes tend to constants for a heavy one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

ComplexArray = NDArray[np.complex128]


def loop_function(tau: ArrayLike) -> ComplexArray:
    """f(τ) = asin²√τ for τ <= 1, else -¼ [ln((1 + √(1-1/τ))/(1 - √(1-1/τ))) - iπ]²."""
    t = np.asarray(tau, float)
    below = np.arcsin(np.sqrt(np.minimum(t, 1.0))) ** 2
    # ln((1 + v)/(1 - v)) = 2 artanh v = 2 arcosh √τ keeps its digits for v -> 1
    above = -0.25 * (2 * np.arccosh(np.sqrt(np.maximum(t, 1.0))) - 1j * np.pi) ** 2
    return np.asarray(np.where(t <= 1, below, above), complex)


def fermion_amplitude(tau: ArrayLike) -> ComplexArray:
    """A_½ = 2 [τ + (τ - 1) f]/τ²; 4/3 for a heavy fermion."""
    small = np.asarray(tau, float)
    t = np.maximum(small, _SERIES)
    exact = 2 * (t + (t - 1) * loop_function(t)) / t**2
    return np.asarray(np.where(small < _SERIES, 4 / 3 + 14 / 45 * small + 8 / 63 * small**2, exact))


def vector_amplitude(tau: ArrayLike) -> ComplexArray:
    """A_1 = -[2τ² + 3τ + 3(2τ - 1) f]/τ²; -7 for a heavy W."""
    small = np.asarray(tau, float)
    t = np.maximum(small, _SERIES)
    exact = -(2 * t**2 + 3 * t + 3 * (2 * t - 1) * loop_function(t)) / t**2
    return np.asarray(np.where(small < _SERIES, -7 - 22 / 15 * small - 76 / 105 * small**2, exact))


_SERIES = 1e-3  # below, the brackets lose digits to cancellation; the series is good to 1e-9 there


def pseudoscalar_fermion_loop(tau: ArrayLike) -> ComplexArray:
    """B₁(τ) = 1 - τ f² of an axion-like particle and τ = 4 m_f²/m² (inverse of the above); 1708.00443.

    f² is complex above threshold: the square, not the modulus squared. 1 for a light fermion, -1/(3τ) for a
    heavy one.
    """
    inverse = 1 / np.asarray(tau, float)
    x = np.maximum(inverse, _SERIES)
    heavy = -inverse / 3 - 8 / 45 * inverse**2 - 4 / 35 * inverse**3
    return np.asarray(np.where(inverse < _SERIES, heavy, 1 - loop_function(x) / x), complex)


def pseudoscalar_boson_loop(tau: ArrayLike) -> ComplexArray:
    """B₂(τ) = 1 - (τ - 1) f² of a W boson, τ = 4 m_W²/m²; 1708.00443. 2/(3τ) for a heavy one."""
    inverse = 1 / np.asarray(tau, float)
    x = np.maximum(inverse, _SERIES)
    heavy = 2 / 3 * inverse + 7 / 45 * inverse**2
    return np.asarray(np.where(inverse < _SERIES, heavy, 1 - (1 / x - 1) * loop_function(x)), complex)

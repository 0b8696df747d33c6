"""Compiled production of ALPs by photons in the field of a nucleus (see ``kernels`` for the conventions)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from feebly.core.block import MASK, NZ, U_MADE1, U_MADE2, U_MADE3, WEIGHT, E, P
from feebly.core.compiled import inlined, stage
from feebly.core.vecmath import cos_sin_turn, exp, log

_PI = 3.141592653589793


class Conversion(NamedTuple):
    """Photons and nucleus of γ N -> a N at g = 1.

    photons: d²N/(d ln k dk_T²) [GeV⁻²] on uniform cells of ln k and k_T, or with ``by_angle`` = 1.0 of ln k
    and k_T/k. strength: α Z²/8; radius, skin2 [GeV⁻¹, GeV⁻²] of the form factor; q2_max: its first zero.
    """

    photons: Any
    ln_k_min: float
    ln_k_max: float
    inverse_dlnk: float
    inverse_dv: float
    by_angle: float
    strength: float
    radius: float
    skin2: float
    q2_max: float


@inlined
def form_factor_squared(q2, radius, skin2):
    """Square of the Helm form factor at q² [GeV²]."""
    x2 = q2 * radius * radius
    x = np.sqrt(x2)
    big = x if x > 0.03 else 0.03
    bessel = 3.0 * (np.sin(big) - big * np.cos(big)) / (big * big * big)
    f = bessel if x > 0.03 else 1.0 - x2 / 10.0 + x2 * x2 / 280.0
    return f * f * exp(-q2 * skin2)


@stage
def convert_photons(s, n, mass, source, density):
    """Fill P, E, MASK and multiply WEIGHT by dN/dOmega of ALPs in units of g² GeV² per photon and GeV⁻².

    U_MADE1: ln k; U_MADE2: ln q² between (m²/2k)² and q2_max; U_MADE3: azimuth of the photon about the ALP.
    The photon is rotated off the ALP by q_T/k, as a parent is (``kernels``). MASK is 0 where there is no
    photon or the momentum transfer is too large.
    """
    c = source
    span = c.ln_k_max - c.ln_k_min
    for i in range(n):
        ln_k = c.ln_k_min + span * s[U_MADE1 + i]
        k = exp(ln_k)
        least = 0.5 * mass * mass / k
        least *= least
        possible = (k > mass) & (least < c.q2_max)
        ratio = c.q2_max / least if possible else 1.0
        range_q = log(ratio)
        q2 = least * exp(range_q * s[U_MADE2 + i])
        qt2 = q2 - least if possible else 0.0
        sin_open = np.sqrt(qt2) / k
        sin_open = sin_open if sin_open < 1.0 else 1.0
        cos_open = np.sqrt((1.0 - sin_open) * (1.0 + sin_open))
        cos_phi, sin_phi = cos_sin_turn(s[U_MADE3 + i])
        cos = s[NZ + i]
        sin = np.sqrt((1.0 - cos) * (1.0 + cos))
        cos_photon = cos_open * cos + sin_open * sin * cos_phi
        side = sin_open * sin_phi
        tilt = cos_open * sin - sin_open * cos * cos_phi
        sin_photon = np.sqrt(side * side + tilt * tilt)
        row = int((ln_k - c.ln_k_min) * c.inverse_dlnk)
        column = int(sin_photon * (1.0 if c.by_angle == 1.0 else k) * c.inverse_dv)
        inside = (row < c.photons.shape[0]) & (column < c.photons.shape[1]) & (cos_photon > 0.0) & possible
        photons = c.photons[row if inside else 0, column if inside else 0]
        # dln k dk_T^2 dphi/(2 pi) = dln k k^2 cos(theta) dOmega / pi
        # dsigma/dln q^2 = strength q_T^2/q^2 F^2
        transition = c.strength * range_q * qt2 / q2 * form_factor_squared(q2, c.radius, c.skin2)
        weight = span * photons * k * k * cos_photon / _PI * transition
        s[E + i] = k
        s[P + i] = np.sqrt(k * k - mass * mass) if possible else k
        s[MASK + i] = 1.0 if inside & (weight > 0.0) else 0.0
        s[WEIGHT + i] *= weight if inside else 0.0

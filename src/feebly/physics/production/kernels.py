"""Compiled production: from the direction of flight to the FIP momentum and its weight.

The direction (NX, NY, NZ) is chosen first, uniformly over what the detector can accept; each kernel then
multiplies WEIGHT by d^n N / dOmega ... of its process, so that the sample is exact inside that cone. U_MADE1,
U_MADE2, U_MADE3 are the uniform numbers of production.

For a decay parent -> recoil + X the parent is rotated, not the daughter: the joint measure
dOmega_parent dphi* = dOmega_X dphi' is the invariant measure of rotations, hence the Jacobian is one. No
momentum roots have to be solved and no integrable singularity appears at the edge of the decay cone.
"""

from __future__ import annotations

import math

import numpy as np

from feebly.core.block import MASK, NZ, U_MADE1, U_MADE2, U_MADE3, WEIGHT, E, P
from feebly.core.compiled import inlined, stage
from feebly.core.vecmath import cos_sin_turn, exp, log

_PI = 3.141592653589793
_LN_SCALE = math.log(28.9444)  # s_0 [GeV^2] of the COMPETE fit


@inlined
def bb_splitting(z, pt2, m, m_p, alpha):
    """w_BB(z, pT^2) at epsilon = 1 [GeV^-2], Blümlein-Brunner, arXiv:1311.3870."""
    h = pt2 + (1.0 - z) * m * m + z * z * m_p * m_p
    p_split = (1.0 + (1.0 - z) * (1.0 - z)) / z
    bracket = (
        p_split
        - 2.0 * z * (1.0 - z) * ((2.0 * m_p * m_p + m * m) / h - 2.0 * z * z * m_p**4 / (h * h))
        + 2.0 * z * (1.0 - z) * (1.0 + (1.0 - z) * (1.0 - z)) * m_p * m_p * m * m / (h * h)
        + 2.0 * z * (1.0 - z) * (1.0 - z) * m**4 / (h * h)
    )
    return alpha / (2.0 * _PI * h) * bracket


@inlined
def sigma_pp_mb(s):
    """Total proton-proton cross section [mb] at squared energy s [GeV^2] (COMPETE fit, PDG)."""
    ln_s = log(s)
    ln = ln_s - _LN_SCALE
    return 35.45 + 0.308 * ln * ln + 42.53 * exp(-0.458 * ln_s) - 33.34 * exp(-0.545 * ln_s)


@stage
def bremsstrahlung(s, n, m, beam_p, m_p, alpha, z_min, z_max, pt_max, validity_max):
    """Fill P, E, MASK and multiply WEIGHT by d2N/(dz dOmega) per interacting proton at epsilon = 1, F = 1.

    z = p_X / p_beam from U_MADE1. MASK is 0 beyond the pT cut or where H/(4 E_p^2 z (1-z)^2) exceeds
    validity_max.
    """
    beam_e = np.sqrt(beam_p * beam_p + m_p * m_p)
    s_full = 2.0 * m_p * beam_e + 2.0 * m_p * m_p
    sigma_full = sigma_pp_mb(s_full)
    for i in range(n):
        z = z_min + (z_max - z_min) * s[U_MADE1 + i]
        p = z * beam_p
        cos = s[NZ + i]
        pt2 = p * p * (1.0 - cos) * (1.0 + cos)
        h = pt2 + (1.0 - z) * m * m + z * z * m_p * m_p
        valid = (pt2 < pt_max * pt_max) & (
            h <= validity_max * 4.0 * beam_e * beam_e * z * (1.0 - z) * (1.0 - z)
        )
        sigma = sigma_pp_mb(2.0 * m_p * beam_e * (1.0 - z) + 2.0 * m_p * m_p)
        # dpT^2 dphi/(2 pi) = p^2 cos(theta) dOmega / pi
        density = bb_splitting(z, pt2, m, m_p, alpha) * sigma / sigma_full * p * p * cos / _PI
        s[P + i] = p
        s[E + i] = np.sqrt(p * p + m * m)
        s[MASK + i] = 1.0 if valid else 0.0
        s[WEIGHT + i] *= density * (z_max - z_min)


@inlined
def _spectrum_density(density, ln_p, pt, ln_p_min, inverse_dlnp, inverse_dpt):
    """d2N/(dln p dpT^2) per parent from the table; zero outside."""
    row = int((ln_p - ln_p_min) * inverse_dlnp)
    column = int(pt * inverse_dpt)
    inside = (row >= 0) & (row < density.shape[0]) & (column < density.shape[1])
    row = row if inside else 0
    column = column if inside else 0
    return density[row, column] if inside else 0.0


@stage
def meson_decay(s, n, m, m_parent, m_recoil, density, ln_p_min, ln_p_max, dlnp, dpt, e_min):
    """Fill P, E, MASK and multiply WEIGHT by the density of isotropic decays parent -> recoil + X.

    density: d2N/(dln p dpT^2) per parent [GeV^-2]; ln p of the parent from U_MADE1, cos theta* of its
    decay from U_MADE2, the azimuth from U_MADE3. MASK is 0 where the parent is outside the table or
    E < e_min.
    """
    p_star = np.sqrt(
        (m_parent - m_recoil - m)
        * (m_parent + m_recoil + m)
        * (m_parent - m_recoil + m)
        * (m_parent + m_recoil - m)
    ) / (2.0 * m_parent)
    e_star = np.sqrt(p_star * p_star + m * m)
    span = ln_p_max - ln_p_min
    for i in range(n):
        ln_p = ln_p_min + span * s[U_MADE1 + i]
        parent_p = exp(ln_p)
        gamma = np.sqrt(parent_p * parent_p + m_parent * m_parent) / m_parent
        beta_gamma = parent_p / m_parent
        c = 2.0 * s[U_MADE2 + i] - 1.0
        transverse = p_star * np.sqrt((1.0 - c) * (1.0 + c))
        longitudinal = gamma * p_star * c + beta_gamma * e_star
        p = np.sqrt(longitudinal * longitudinal + transverse * transverse)
        cos_open, sin_open = longitudinal / p, transverse / p
        cos_phi, sin_phi = cos_sin_turn(s[U_MADE3 + i])
        cos = s[NZ + i]
        sin = np.sqrt((1.0 - cos) * (1.0 + cos))
        cos_parent = cos_open * cos + sin_open * sin * cos_phi
        side = sin_open * sin_phi
        tilt = cos_open * sin - sin_open * cos * cos_phi
        parent_pt = parent_p * np.sqrt(side * side + tilt * tilt)
        s[P + i] = p
        s[E + i] = gamma * e_star + beta_gamma * p_star * c
        # dln p dpT^2 dphi/(2 pi) = dln p p^2 cos(theta) dOmega / pi
        s[WEIGHT + i] *= span * parent_p * parent_p * cos_parent / _PI
        s[U_MADE2 + i] = parent_pt if cos_parent > 0.0 else -1.0
        s[U_MADE3 + i] = ln_p
    for i in range(n):
        pt = s[U_MADE2 + i]
        f = (
            _spectrum_density(density, s[U_MADE3 + i], pt, ln_p_min, 1.0 / dlnp, 1.0 / dpt)
            if pt >= 0.0
            else 0.0
        )
        s[WEIGHT + i] *= f
        s[MASK + i] = 1.0 if (f > 0.0) & (s[E + i] > e_min) else 0.0


@stage
def mixing(s, n, m, density, ln_p_min, ln_p_max, dlnp, dpt, e_min):
    """Fill P, E, MASK and multiply WEIGHT by the meson density: X takes the meson's laboratory momentum."""
    span = ln_p_max - ln_p_min
    for i in range(n):
        ln_p = ln_p_min + span * s[U_MADE1 + i]
        p = exp(ln_p)
        cos = s[NZ + i]
        pt = p * np.sqrt((1.0 - cos) * (1.0 + cos))
        s[P + i] = p
        s[E + i] = np.sqrt(p * p + m * m)
        s[U_MADE2 + i] = pt
        s[U_MADE3 + i] = ln_p
        s[WEIGHT + i] *= span * p * p * cos / _PI
    for i in range(n):
        f = _spectrum_density(density, s[U_MADE3 + i], s[U_MADE2 + i], ln_p_min, 1.0 / dlnp, 1.0 / dpt)
        s[WEIGHT + i] *= f
        s[MASK + i] = 1.0 if (f > 0.0) & (s[E + i] > e_min) else 0.0

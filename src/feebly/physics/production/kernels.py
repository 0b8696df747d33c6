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
from typing import NamedTuple

import numpy as np

from feebly.core.block import MASK, NZ, U_MADE1, U_MADE2, U_MADE3, WEIGHT, E, P
from feebly.core.compiled import inlined, stage
from feebly.core.vecmath import cos_sin_turn, exp, log

_PI = 3.141592653589793
_LN_SCALE = math.log(28.9444)  # s_0 [GeV^2] of the COMPETE fit


class Radiation(NamedTuple):
    """Numbers of p -> p X at one beam: cuts, terms of the splitting function and of the cross section.

    beam_p, m_p [GeV]; the splitting function at coupling 1 [GeV^-2] with H = pT^2 + (1-z) m^2 + z^2 m_p^2 is
    alpha/(2 pi H) { sum_term [1 + (1-z)^2]/z + z_term z - first z (1-z) (proton_term m_p^2 + m^2)/H
    + 2 second z (1-z) (2 z^2 m_p^4 + [1 + (1-z)^2] m_p^2 m^2 + (1-z) m^4)/H^2 + rising H/(z m^2) }
    times the square of the off-shell factor 1/(1 + (H inverse_lambda2/z)^2).
    The cross section is level + log_square ln^2(s/s0) + factor1 s^power1 + factor2 s^power2 [mb], and
    inverse_sigma one over that of the beam [1/mb].
    """

    beam_p: float
    m_p: float
    z_min: float
    z_max: float
    pt_max: float
    validity_max: float
    inverse_lambda2: float
    alpha: float
    sum_term: float
    z_term: float
    first: float
    proton_term: float
    second: float
    rising: float
    inverse_sigma: float
    level: float
    log_square: float
    factor1: float
    power1: float
    factor2: float
    power2: float


@inlined
def splitting(z, h, m, r):
    """w(z, H) at coupling 1 [GeV^-2], see `Radiation`."""
    y, inverse_h, inverse_z = 1.0 - z, 1.0 / h, 1.0 / z
    m2, mp2, both = m * m, r.m_p * r.m_p, 1.0 + y * y
    bracket = (
        r.sum_term * both * inverse_z
        + r.z_term * z
        - r.first * z * y * (r.proton_term * mp2 + m2) * inverse_h
        + 2.0
        * r.second
        * z
        * y
        * (2.0 * z * z * mp2 * mp2 + both * mp2 * m2 + y * m2 * m2)
        * (inverse_h * inverse_h)
        + r.rising * h * inverse_z / m2
    )
    return r.alpha / (2.0 * _PI) * inverse_h * bracket


@inlined
def cross_section_mb(s, r):
    """Proton-proton cross section [mb] at squared energy s [GeV^2], see `Radiation`."""
    ln_s = log(s)
    ln = ln_s - _LN_SCALE
    powers = r.factor1 * exp(r.power1 * ln_s) + r.factor2 * exp(r.power2 * ln_s)
    return r.level + r.log_square * ln * ln + powers


@stage
def bremsstrahlung(s, n, m, radiation):
    """Fill P, E, MASK and multiply WEIGHT by d2N/(dz dOmega) per interacting proton at coupling 1, F = 1.

    z = p_X / p_beam from U_MADE1. MASK is 0 beyond the pT cut or where H/(4 E_p^2 z (1-z)^2) exceeds
    validity_max.
    """
    r = radiation
    beam_e = np.sqrt(r.beam_p * r.beam_p + r.m_p * r.m_p)
    for i in range(n):
        z = r.z_min + (r.z_max - r.z_min) * s[U_MADE1 + i]
        p = z * r.beam_p
        cos = s[NZ + i]
        pt2 = p * p * (1.0 - cos) * (1.0 + cos)
        h = pt2 + (1.0 - z) * m * m + z * z * r.m_p * r.m_p
        valid = (pt2 < r.pt_max * r.pt_max) & (
            h <= r.validity_max * 4.0 * beam_e * beam_e * z * (1.0 - z) * (1.0 - z)
        )
        sigma = cross_section_mb(2.0 * r.m_p * beam_e * (1.0 - z) + 2.0 * r.m_p * r.m_p, r)
        off = h * r.inverse_lambda2 / z
        off_shell = 1.0 / (1.0 + off * off)
        # dpT^2 dphi/(2 pi) = p^2 cos(theta) dOmega / pi
        density = (
            splitting(z, h, m, r) * (off_shell * off_shell) * sigma * r.inverse_sigma * p * p * cos / _PI
        )
        s[P + i] = p
        s[E + i] = np.sqrt(p * p + m * m)
        s[MASK + i] = 1.0 if valid else 0.0
        s[WEIGHT + i] *= density * (r.z_max - r.z_min)


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
def weigh_by_spectrum(s, n, density, ln_p_min, dlnp, dpt, e_min):
    """Multiply WEIGHT by the parent density at (U_MADE3 = ln p, U_MADE2 = pT; pT < 0: none); fill MASK."""
    for i in range(n):
        pt = s[U_MADE2 + i]
        f = (
            _spectrum_density(density, s[U_MADE3 + i], pt, ln_p_min, 1.0 / dlnp, 1.0 / dpt)
            if pt >= 0.0
            else 0.0
        )
        s[WEIGHT + i] *= f
        s[MASK + i] = 1.0 if (f > 0.0) & (s[E + i] > e_min) else 0.0


@inlined
def turned_parent(parent_p, c, turn, cos, m_parent, p_star, e_star):
    """Momentum and energy of X, cosine of the parent's angle to the beam and its pT.

    X has p_star, e_star and cos theta* = c in the rest frame of the parent, cos is its own angle to the beam
    and turn (of a full one) the azimuth of the parent about it.
    """
    gamma = np.sqrt(parent_p * parent_p + m_parent * m_parent) / m_parent
    beta_gamma = parent_p / m_parent
    transverse = p_star * np.sqrt((1.0 - c) * (1.0 + c))
    longitudinal = gamma * p_star * c + beta_gamma * e_star
    p = np.sqrt(longitudinal * longitudinal + transverse * transverse)
    cos_open, sin_open = longitudinal / p, transverse / p
    cos_phi, sin_phi = cos_sin_turn(turn)
    sin = np.sqrt((1.0 - cos) * (1.0 + cos))
    cos_parent = cos_open * cos + sin_open * sin * cos_phi
    side = sin_open * sin_phi
    tilt = cos_open * sin - sin_open * cos * cos_phi
    parent_pt = parent_p * np.sqrt(side * side + tilt * tilt)
    return p, gamma * e_star + beta_gamma * p_star * c, cos_parent, parent_pt


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
        c = 2.0 * s[U_MADE2 + i] - 1.0
        p, e, cos_parent, parent_pt = turned_parent(
            parent_p, c, s[U_MADE3 + i], s[NZ + i], m_parent, p_star, e_star
        )
        s[P + i] = p
        s[E + i] = e
        # dln p dpT^2 dphi/(2 pi) = dln p p^2 cos(theta) dOmega / pi
        s[WEIGHT + i] *= span * parent_p * parent_p * cos_parent / _PI
        s[U_MADE2 + i] = parent_pt if cos_parent > 0.0 else -1.0
        s[U_MADE3 + i] = ln_p
    weigh_by_spectrum(s, n, density, ln_p_min, dlnp, dpt, e_min)


class Replacement(NamedTuple):
    """How X takes the place of a meson of mass ``parent_mass`` [GeV].

    same_energy: 1.0 for the meson's energy, 0.0 for its momentum, in the frame that moves with gamma,
    beta_gamma; the direction in that frame is the meson's. ln_p_min, ln_p_max: of X in the laboratory, p in
    GeV.
    """

    parent_mass: float
    same_energy: float
    gamma: float
    beta_gamma: float
    ln_p_min: float
    ln_p_max: float


@stage
def mixing(s, n, m, replacement, density, ln_p_min, dlnp, dpt, e_min):
    """Fill P, E, MASK and multiply WEIGHT by the meson density: X takes the place of the meson."""
    r = replacement
    span = r.ln_p_max - r.ln_p_min
    if r.same_energy == 0.0 and r.beta_gamma == 0.0:
        _take_lab_momentum(s, n, m, r.ln_p_min, span)
    else:
        _find_meson(s, n, m, r, span)
    weigh_by_spectrum(s, n, density, ln_p_min, dlnp, dpt, e_min)


@stage
def _take_lab_momentum(s, n, m, ln_p_min, span):
    """X has the momentum of the meson: U_MADE2, U_MADE3 become its pT and ln p."""
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


@stage
def _find_meson(s, n, m, replacement, span):
    """The meson that X replaces: U_MADE2, U_MADE3 become its pT (-1: there is none) and ln p.

    With d3p/E invariant and starred quantities in the frame of the replacement, d3p_V/d3p_X is
    (E_V/E_X) (E*_X/E*_V) (p*_V/p*_X), and d2N/(dln p dpT^2) = d3N/d3p pi p/cos(theta).
    """
    r = replacement
    for i in range(n):
        p = exp(r.ln_p_min + span * s[U_MADE1 + i])
        e = np.sqrt(p * p + m * m)
        cos = s[NZ + i]
        pt2 = p * p * (1.0 - cos) * (1.0 + cos)
        pz = r.gamma * p * cos - r.beta_gamma * e
        p2 = pz * pz + pt2
        ratio2 = 1.0 + r.same_energy * (m * m - r.parent_mass * r.parent_mass) / p2  # (p*_V/p*_X)^2
        exists = ratio2 > 0.0
        ratio = np.sqrt(ratio2 if exists else 0.0)
        e_meson = np.sqrt(ratio * ratio * p2 + r.parent_mass * r.parent_mass)
        meson_z = r.gamma * ratio * pz + r.beta_gamma * e_meson
        meson_p2 = meson_z * meson_z + ratio * ratio * pt2
        energies = np.sqrt((meson_p2 + r.parent_mass * r.parent_mass) * (p2 + m * m)) / (e * e_meson)
        exists = exists & (meson_z > 0.0)
        s[P + i] = p
        s[E + i] = e
        s[U_MADE2 + i] = ratio * np.sqrt(pt2) if exists else -1.0
        s[U_MADE3 + i] = 0.5 * log(meson_p2 if exists else 1.0)
        s[WEIGHT + i] *= span * p * p * p * energies * ratio * meson_z / (_PI * (meson_p2 if exists else 1.0))

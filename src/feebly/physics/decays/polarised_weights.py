"""Compiled weights of the decay angle of polarised vectors; see `polarisation` for kappa."""

from __future__ import annotations

import numpy as np

from feebly.core.block import NZ, U_DECAY_COS, U_MADE3, WEIGHT, E, P
from feebly.core.compiled import stage
from feebly.core.vecmath import exp


@stage
def polarise(s, n, kappa):
    """Multiply WEIGHT by 1 + kappa (cos^2 theta* - 1/3), theta* from U_DECAY_COS."""
    for i in range(n):
        c = 2.0 * s[U_DECAY_COS + i] - 1.0
        s[WEIGHT + i] *= 1.0 + kappa * (c * c - 1.0 / 3.0)


@stage
def polarise_bremsstrahlung(s, n, m, beam_p, m_p, kappa):
    """The same with kappa (T - 2 L)/(T + L) for radiation off a proton; kappa is that of a transverse X.

    T = [1 + (1-z)^2] pT^2/z + z^3 m_p^2 and L = 2 (1-z)^2 m^2/z, both over H: they add up to the F1 term of
    2409.09123 (helicity amplitudes of a charged fermion; derived here).
    """
    for i in range(n):
        z, cos = s[P + i] / beam_p, s[NZ + i]
        y = 1.0 - z
        pt2 = s[P + i] * s[P + i] * (1.0 - cos) * (1.0 + cos)
        t = (1.0 + y * y) * pt2 + z * z * z * z * m_p * m_p
        l = 2.0 * y * y * m * m  # noqa: E741
        c = 2.0 * s[U_DECAY_COS + i] - 1.0
        s[WEIGHT + i] *= 1.0 + kappa * (t - 2.0 * l) / (t + l) * (c * c - 1.0 / 3.0)


@stage
def polarise_meson_decay(s, n, m, m_parent, m_recoil, kappa):
    """The same for X that is transverse in the frame of its parent meson; ln p of the parent in U_MADE3.

    Seen from X, the parent and the laboratory move in directions an angle omega apart: kappa becomes
    kappa (3 cos^2 omega - 1)/2, averaged over the azimuth of the parent about the flight of X. With E'
    and p' of the parent in the rest frame of X, cos omega = (E_parent m - E' E_X)/(p_X p').
    """
    e_rest = (m_parent * m_parent + m * m - m_recoil * m_recoil) / (2.0 * m)
    p_rest = np.sqrt((e_rest - m_parent) * (e_rest + m_parent))
    for i in range(n):
        parent_p = exp(s[U_MADE3 + i])
        e_parent = np.sqrt(parent_p * parent_p + m_parent * m_parent)
        cos_omega = (e_parent * m - e_rest * s[E + i]) / (s[P + i] * p_rest)
        c = 2.0 * s[U_DECAY_COS + i] - 1.0
        align = 1.5 * cos_omega * cos_omega - 0.5
        s[WEIGHT + i] *= 1.0 + kappa * align * (c * c - 1.0 / 3.0)

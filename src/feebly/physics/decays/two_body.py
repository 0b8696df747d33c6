"""Isotropic two-body decay X -> 1 2 of a moving particle (compiled)."""

from __future__ import annotations

import numpy as np

from feebly.core.block import NX, NY, NZ, PX1, PX2, PY1, PY2, PZ1, PZ2, U_DECAY_COS, U_DECAY_PHI, E, P
from feebly.core.compiled import stage
from feebly.core.vecmath import cos_sin_turn


@stage
def two_body(s, n, m, m1, m2):
    """Fill the daughters' momenta [GeV]; U_DECAY_COS and U_DECAY_PHI turn about the direction of flight.

    The first daughter is boosted along the flight direction, the second follows by subtraction.
    """
    p_star = np.sqrt((m - m1 - m2) * (m + m1 + m2) * (m - m1 + m2) * (m + m1 - m2)) / (2.0 * m)
    e_star = np.sqrt(p_star * p_star + m1 * m1)
    for i in range(n):
        gamma, beta_gamma = s[E + i] / m, s[P + i] / m
        c = 2.0 * s[U_DECAY_COS + i] - 1.0
        transverse = p_star * np.sqrt((1.0 - c) * (1.0 + c))
        longitudinal = gamma * p_star * c + beta_gamma * e_star
        cos_phi, sin_phi = cos_sin_turn(s[U_DECAY_PHI + i])
        a, b = transverse * cos_phi, transverse * sin_phi
        nx, ny, nz = s[NX + i], s[NY + i], s[NZ + i]
        # two unit vectors orthogonal to n, regular for all n that do not point backwards
        k = 1.0 / (1.0 + nz)
        px = longitudinal * nx + a * (1.0 - nx * nx * k) - b * nx * ny * k
        py = longitudinal * ny - a * nx * ny * k + b * (1.0 - ny * ny * k)
        pz = longitudinal * nz - a * nx - b * ny
        s[PX1 + i] = px
        s[PY1 + i] = py
        s[PZ1 + i] = pz
        s[PX2 + i] = s[P + i] * nx - px
        s[PY2 + i] = s[P + i] * ny - py
        s[PZ2 + i] = s[P + i] * nz - pz

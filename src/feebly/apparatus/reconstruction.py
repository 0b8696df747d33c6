"""Two-track vertex, pointing and invariant mass from the measured tracks (compiled)."""

from __future__ import annotations

import numpy as np

from feebly.core.block import (
    CDA,
    CDATAX,
    HX1,
    HX2,
    HY1,
    HY2,
    MASS,
    RP1,
    RP2,
    RXV,
    RYV,
    RZV,
    SX1,
    SX2,
    SY1,
    SY2,
    ZTAX,
)
from feebly.core.compiled import stage


@stage
def vertex_and_pointing(s, n, z1, axis_x, axis_y):
    """Fill RXV, RYV, RZV, CDA, ZTAX, CDATAX [m].

    Vertex: midpoint of closest approach of the two lines given at z1. With w the vector from line 2 to
    line 1 at z1 (transverse) and c = u1 x u2, the closest points are at path lengths
    l1 = -((w x u2).c)/c.c and l2 = -((w x u1).c)/c.c (no difference of nearly equal products).
    Pointing: line of the total momentum through the vertex against the axis (axis_x, axis_y) parallel to z.
    """
    for i in range(n):
        ux1, uy1, ux2, uy2 = s[SX1 + i], s[SY1 + i], s[SX2 + i], s[SY2 + i]
        wx, wy = s[HX1 + i] - s[HX2 + i], s[HY1 + i] - s[HY2 + i]
        # u = (ux, uy, 1): path length is the distance in z
        cx, cy, cz = uy1 - uy2, ux2 - ux1, ux1 * uy2 - uy1 * ux2
        cc = cx * cx + cy * cy + cz * cz
        per_cc = 1.0 / cc
        l1 = -(wy * cx - wx * cy + (wx * uy2 - wy * ux2) * cz) * per_cc
        l2 = -(wy * cx - wx * cy + (wx * uy1 - wy * ux1) * cz) * per_cc
        ax, ay, az = s[HX1 + i] + ux1 * l1, s[HY1 + i] + uy1 * l1, z1 + l1
        bx, by, bz = s[HX2 + i] + ux2 * l2, s[HY2 + i] + uy2 * l2, z1 + l2
        xv, yv, zv = 0.5 * (ax + bx), 0.5 * (ay + by), 0.5 * (az + bz)
        s[RXV + i] = xv
        s[RYV + i] = yv
        s[RZV + i] = zv
        s[CDA + i] = np.sqrt((ax - bx) ** 2 + (ay - by) ** 2 + (az - bz) ** 2)

        p1, p2 = s[RP1 + i], s[RP2 + i]
        cos_z1 = 1.0 / np.sqrt(1.0 + ux1 * ux1 + uy1 * uy1)  # p_z = p cos_z
        cos_z2 = 1.0 / np.sqrt(1.0 + ux2 * ux2 + uy2 * uy2)
        per_pz = 1.0 / (p1 * cos_z1 + p2 * cos_z2)
        tx = (p1 * cos_z1 * ux1 + p2 * cos_z2 * ux2) * per_pz
        ty = (p1 * cos_z1 * uy1 + p2 * cos_z2 * uy2) * per_pz
        rx, ry = xv - axis_x, yv - axis_y
        per_tt = 1.0 / (tx * tx + ty * ty)
        s[ZTAX + i] = zv - (rx * tx + ry * ty) * per_tt
        s[CDATAX + i] = abs(rx * ty - ry * tx) * np.sqrt(per_tt)


@stage
def invariant_mass(s, n, m1, m2):
    """Fill MASS [GeV] of the two measured tracks with masses m1, m2 [GeV].

    m^2 = m1^2 + m2^2 + 2 (E1 E2 - p1 p2) + 2 p1 p2 (1 - cos), without differences of large numbers:
    E1 E2 - p1 p2 = (m1^2 p2^2 + m2^2 p1^2 + m1^2 m2^2)/(E1 E2 + p1 p2) and 1 - cos = sin^2/(1 + cos).
    """
    for i in range(n):
        ux1, uy1, ux2, uy2 = s[SX1 + i], s[SY1 + i], s[SX2 + i], s[SY2 + i]
        p1, p2 = s[RP1 + i], s[RP2 + i]
        cos_z1_cos_z2 = 1.0 / np.sqrt((1.0 + ux1 * ux1 + uy1 * uy1) * (1.0 + ux2 * ux2 + uy2 * uy2))
        e1e2 = np.sqrt((p1 * p1 + m1 * m1) * (p2 * p2 + m2 * m2))
        energy_term = (m1 * m1 * p2 * p2 + m2 * m2 * p1 * p1 + m1 * m1 * m2 * m2) / (e1e2 + p1 * p2)
        cos = (1.0 + ux1 * ux2 + uy1 * uy2) * cos_z1_cos_z2
        across = (uy1 - uy2) ** 2 + (ux2 - ux1) ** 2 + (ux1 * uy2 - uy1 * ux2) ** 2  # |u1 x u2|^2
        sin2 = across * cos_z1_cos_z2**2
        s[MASS + i] = np.sqrt(m1 * m1 + m2 * m2 + 2.0 * energy_term + 2.0 * p1 * p2 * sin2 / (1.0 + cos))

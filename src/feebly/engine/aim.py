"""Aimed sampling: directions of flight through the aperture that both daughters have to pass."""

from __future__ import annotations

import numpy as np

from feebly.core.block import JACOBIAN, NX, NY, NZ, U_AIM_PHI, U_AIM_RADIUS, WEIGHT, X0, Y0, Z0
from feebly.core.compiled import stage
from feebly.core.vecmath import cos_sin_turn

_PI = 3.141592653589793


@stage
def aim_at_disc(s, n, z_disc, radius):
    """Fill NX, NY, NZ towards a point of the disc and WEIGHT = JACOBIAN dOmega.

    The point is uniform in area, from U_AIM_RADIUS and U_AIM_PHI.

    dOmega = dA cos(theta)/D^2 with the distance D from the production point: the bound is exact for every
    production point, and directions outside it could never be accepted (``geometry.aim_disc``).
    """
    area = _PI * radius * radius
    for i in range(n):
        r = radius * np.sqrt(s[U_AIM_RADIUS + i])
        cos, sin = cos_sin_turn(s[U_AIM_PHI + i])
        dx, dy, dz = r * cos - s[X0 + i], r * sin - s[Y0 + i], z_disc - s[Z0 + i]
        d2 = dx * dx + dy * dy + dz * dz
        d = np.sqrt(d2)
        s[NX + i] = dx / d
        s[NY + i] = dy / d
        s[NZ + i] = dz / d
        s[WEIGHT + i] = s[JACOBIAN + i] * area * dz / (d * d2)

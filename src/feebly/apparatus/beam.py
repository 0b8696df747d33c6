"""Where the beam proton interacts: Gaussian spot on the dump face, exponential depth."""

from __future__ import annotations

import numpy as np

from feebly.core.block import U_DEPTH, U_SPOT_PHI, U_SPOT_RADIUS, X0, Y0, Z0
from feebly.core.compiled import stage
from feebly.core.vecmath import cos_sin_turn, log


@stage
def interaction_point(s, n, x, y, sigma_x, sigma_y, z_impact, interaction_length):
    """Fill X0, Y0, Z0 [m]: spot by Box-Muller from U_SPOT_RADIUS and U_SPOT_PHI, depth from U_DEPTH."""
    for i in range(n):
        radius = np.sqrt(-2.0 * log(s[U_SPOT_RADIUS + i]))
        cos, sin = cos_sin_turn(s[U_SPOT_PHI + i])
        s[X0 + i] = x + sigma_x * radius * cos
        s[Y0 + i] = y + sigma_y * radius * sin
        s[Z0 + i] = z_impact - interaction_length * log(s[U_DEPTH + i])

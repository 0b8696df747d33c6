"""Where the beam proton interacts: Gaussian spot on the dump face, exponential depth."""

from __future__ import annotations

import numpy as np
from numba import njit

from feebly.core.block import U8, U9, U10, X0, Y0, Z0
from feebly.core.vecmath import cos_sin_turn, log


@njit(nogil=True, error_model="numpy")
def interaction_point(s, n, x, y, sigma_x, sigma_y, z_impact, interaction_length):
    """Fill X0, Y0, Z0 [m] from U8, U9 (spot, Box-Muller) and U10 (depth ~ exp(-depth/interaction_length))."""
    for i in range(n):
        radius = np.sqrt(-2.0 * log(s[U8 + i]))
        cos, sin = cos_sin_turn(s[U9 + i])
        s[X0 + i] = x + sigma_x * radius * cos
        s[Y0 + i] = y + sigma_y * radius * sin
        s[Z0 + i] = z_impact - interaction_length * log(s[U10 + i])

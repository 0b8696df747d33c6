"""Selection of reconstructed two-track events: fiducial volume, track CDA, search regions (compiled)."""

from __future__ import annotations

import numpy as np

from feebly.core.block import CDA, CDATAX, REGION, RXV, RYV, RZV, ZTAX
from feebly.core.compiled import inlined, stage

BOX, ELLIPSE = 0, 1
# Columns of a packed region: shape, then (z_min, z_max, cda_max) or (z_centre, z half axis, cda half axis).
REGION_COLUMNS = 4
# Columns of a packed cone of the fiducial volume: z of the tip, tangent of the half angle, end in z.
CONE_COLUMNS = 3


@inlined
def _in_cones(r2, z, cones):
    """Inside the cone that applies at z: the first whose end lies beyond z. No cones: no radial cut."""
    inside = cones.shape[0] == 0
    open_ = True
    for k in range(cones.shape[0]):
        r_max = cones[k, 1] * (z - cones[k, 0])
        applies = open_ & (z < cones[k, 2])
        inside = inside | (applies & (r2 < r_max * r_max))
        open_ = open_ & (not applies)
    return inside


@stage
def assign_regions(s, n, z_min, z_max, cones, cda_max, regions):
    """Fill REGION with 1 + index of the first region that holds the event, 0 for none.

    An event outside the fiducial volume or with tracks further apart than cda_max belongs to no region.
    """
    for i in range(n):
        s[REGION + i] = 0.0
    for k in range(regions.shape[0]):
        shape = int(regions[k, 0])
        a, b, c = regions[k, 1], regions[k, 2], regions[k, 3]
        for i in range(n):
            z, cda = s[ZTAX + i], s[CDATAX + i]
            if shape == BOX:
                inside = (z > a) & (z < b) & (cda < c)
            else:
                inside = ((z - a) / b) ** 2 + (cda / c) ** 2 < 1.0
            s[REGION + i] = np.float64(k + 1) if inside & (s[REGION + i] == 0.0) else s[REGION + i]
    for i in range(n):
        z = s[RZV + i]
        r2 = s[RXV + i] * s[RXV + i] + s[RYV + i] * s[RYV + i]
        good = (z > z_min) & (z < z_max) & (s[CDA + i] < cda_max) & _in_cones(r2, z, cones)
        s[REGION + i] = s[REGION + i] if good else 0.0

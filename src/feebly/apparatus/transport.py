"""Two charged tracks through the apparatus: thin magnet kick and the apertures of all planes (compiled).

Apertures act on true quantities. A plane is one row of the array made by ``geometry.pack_planes``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from feebly.core.block import (
    DX1,
    DX2,
    DY1,
    DY2,
    MASK,
    MOM1,
    MOM2,
    MX1,
    MX2,
    MY1,
    MY2,
    PX1,
    PX2,
    PY1,
    PY2,
    PZ1,
    PZ2,
    TX1,
    TX2,
    TY1,
    TY2,
    WEIGHT,
    XV,
    YV,
    ZV,
)
from feebly.core.compiled import inlined, stage

# Columns of a packed plane: z, shape, needed by daughter 1, needed by daughter 2, shape parameters.
PLANE_COLUMNS = 13
ANNULUS, OCTAGON, RECTANGLE, SEPARATION = 0, 1, 2, 3
# Pair separation efficiency on a plane: kinds of the packed row (kind, z, d0, power).
SEPARATION_NONE, SEPARATION_SMOOTH, SEPARATION_HARD = 0, 1, 2


@stage
def track_slopes(s, n, z_magnet, kick, p_min):
    """Fill momenta, slopes and positions in the magnet of both tracks; MASK = 0 below p_min [GeV].

    kick [GeV] is added to p_x of the first (positive) daughter and taken from the second.
    """
    for i in range(n):
        px, py, pz = s[PX1 + i], s[PY1 + i], s[PZ1 + i]
        per_pz = 1.0 / pz
        tx, ty = px * per_pz, py * per_pz
        after = px + kick
        per_pz_after = 1.0 / np.sqrt(pz * pz + (px - after) * (px + after))
        s[TX1 + i] = tx
        s[TY1 + i] = ty
        s[MX1 + i] = s[XV + i] + tx * (z_magnet - s[ZV + i])
        s[MY1 + i] = s[YV + i] + ty * (z_magnet - s[ZV + i])
        s[DX1 + i] = after * per_pz_after
        s[DY1 + i] = py * per_pz_after
        p1 = np.sqrt(px * px + py * py + pz * pz)
        fast1 = (p1 > p_min) & (pz > 0.0)
        px, py, pz = s[PX2 + i], s[PY2 + i], s[PZ2 + i]
        per_pz = 1.0 / pz
        tx, ty = px * per_pz, py * per_pz
        after = px - kick
        per_pz_after = 1.0 / np.sqrt(pz * pz + (px - after) * (px + after))
        s[TX2 + i] = tx
        s[TY2 + i] = ty
        s[MX2 + i] = s[XV + i] + tx * (z_magnet - s[ZV + i])
        s[MY2 + i] = s[YV + i] + ty * (z_magnet - s[ZV + i])
        s[DX2 + i] = after * per_pz_after
        s[DY2 + i] = py * per_pz_after
        p2 = np.sqrt(px * px + py * py + pz * pz)
        fast2 = (p2 > p_min) & (pz > 0.0)
        s[MOM1 + i] = p1
        s[MOM2 + i] = p2
        s[MASK + i] = s[MASK + i] if fast1 & fast2 else 0.0


@inlined
def _in_annulus(x, y, x_hole, y_hole, r_min2, r_max2):
    dx, dy = x - x_hole, y - y_hole
    return (dx * dx + dy * dy > r_min2) & (x * x + y * y < r_max2)


@inlined
def _in_octagon(x, y, half, diagonal, ax, ay, bx, by, r_min2):
    u, v = abs(x), abs(y)
    box = (u < half) & (v < half) & (u + v < diagonal)
    corners = ((u <= ax) | (v <= ay)) & ((u <= bx) | (v <= by))
    return box & corners & (x * x + y * y > r_min2)


@inlined
def _in_rectangle(x, y, half_x, half_y, r_min2):
    return (abs(x) < half_x) & (abs(y) < half_y) & (x * x + y * y > r_min2)


def _impacts(tx1: int, ty1: int, tx2: int, ty2: int) -> Any:
    """Impact points with the slopes of these rows: offsets must be constants for loops to vectorise."""

    @inlined
    def impacts(s, i, lever):
        """(x1, y1, x2, y2) [m]; lever [m]: from the centre of the magnet, where both straight lines meet."""
        return (
            s[MX1 + i] + s[tx1 + i] * lever,
            s[MY1 + i] + s[ty1 + i] * lever,
            s[MX2 + i] + s[tx2 + i] * lever,
            s[MY2 + i] + s[ty2 + i] * lever,
        )

    return impacts


impacts_before, impacts_behind = _impacts(TX1, TY1, TX2, TY2), _impacts(DX1, DY1, DX2, DY2)


def _keeper(impacts: Any) -> Any:
    @stage
    def keep_inside(s, n, plane, lever):
        """Set MASK to 0 where a daughter that needs this packed plane misses it."""
        shape, free1, free2 = int(plane[1]), plane[2] == 0.0, plane[3] == 0.0
        a, b, c, d, e, f, g = plane[4], plane[5], plane[6], plane[7], plane[8], plane[9], plane[10]
        if shape == ANNULUS:
            for i in range(n):
                x1, y1, x2, y2 = impacts(s, i, lever)
                inside = (free1 | _in_annulus(x1, y1, a, b, c, d)) & (free2 | _in_annulus(x2, y2, a, b, c, d))
                s[MASK + i] = s[MASK + i] if inside else 0.0
        elif shape == OCTAGON:
            for i in range(n):
                x1, y1, x2, y2 = impacts(s, i, lever)
                in1 = free1 | _in_octagon(x1, y1, a, b, c, d, e, f, g)
                in2 = free2 | _in_octagon(x2, y2, a, b, c, d, e, f, g)
                s[MASK + i] = s[MASK + i] if in1 & in2 else 0.0
        elif shape == RECTANGLE:
            for i in range(n):
                x1, y1, x2, y2 = impacts(s, i, lever)
                inside = (free1 | _in_rectangle(x1, y1, a, b, c)) & (free2 | _in_rectangle(x2, y2, a, b, c))
                s[MASK + i] = s[MASK + i] if inside else 0.0
        elif shape == SEPARATION:  # the two impacts at least sqrt(a) apart
            for i in range(n):
                x1, y1, x2, y2 = impacts(s, i, lever)
                s[MASK + i] = s[MASK + i] if (x1 - x2) ** 2 + (y1 - y2) ** 2 > a else 0.0

    return keep_inside


_keep_inside_before, _keep_inside_behind = _keeper(impacts_before), _keeper(impacts_behind)


@stage
def apply_planes(s, n, planes, z_magnet):
    """Set MASK to 0 where a daughter misses a plane that it has to cross, or decays behind it."""
    z_first = np.inf
    for k in range(planes.shape[0]):
        z = planes[k, 0]
        z_first = min(z_first, z)
        if z < z_magnet:
            _keep_inside_before(s, n, planes[k], z - z_magnet)
        else:
            _keep_inside_behind(s, n, planes[k], z - z_magnet)
    for i in range(n):
        s[MASK + i] = s[MASK + i] if s[ZV + i] < z_first else 0.0


@stage
def apply_separation(s, n, kind, z, d0, power):
    """Multiply WEIGHT by the two-track efficiency 1/(1 + (d0/d)^power) at z < z_magnet, or cut at d0."""
    if kind == SEPARATION_NONE:
        return
    for i in range(n):
        lever = z - s[ZV + i]
        dx = (s[TX1 + i] - s[TX2 + i]) * lever  # both tracks start at the vertex
        dy = (s[TY1 + i] - s[TY2 + i]) * lever
        d = np.sqrt(dx * dx + dy * dy)
        if kind == SEPARATION_HARD:
            s[WEIGHT + i] *= 1.0 if d > d0 else 0.0
        else:
            s[WEIGHT + i] *= 1.0 / (1.0 + (d0 / d) ** power)

"""Two charged tracks through the apparatus: thin magnet kick and the apertures of all planes (compiled).

Apertures act on true quantities. A plane is one row of the array made by ``geometry.pack_planes``.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from feebly.core.block import (
    DX1,
    DX2,
    DY1,
    DY2,
    MASK,
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
    QX1,
    QX2,
    QY1,
    QY2,
    TX1,
    TX2,
    TY1,
    TY2,
    WEIGHT,
    XV,
    YV,
    ZV,
)

# Columns of a packed plane: z, shape, needed by daughter 1, needed by daughter 2, shape parameters.
PLANE_COLUMNS = 13
ANNULUS, OCTAGON, RECTANGLE, SEPARATION = 0, 1, 2, 3
# Pair separation efficiency on a plane: kinds of the packed row (kind, z, d0, power).
SEPARATION_NONE, SEPARATION_SMOOTH, SEPARATION_HARD = 0, 1, 2


@njit(nogil=True, error_model="numpy")
def track_slopes(s, n, z_magnet, kick, p_min):
    """Fill the slopes of both tracks and MASK = 1 where both momenta exceed p_min [GeV].

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
        fast1 = (px * px + py * py + pz * pz > p_min * p_min) & (pz > 0.0)
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
        fast2 = (px * px + py * py + pz * pz > p_min * p_min) & (pz > 0.0)
        s[MASK + i] = 1.0 if fast1 & fast2 else 0.0


@njit(nogil=True, error_model="numpy")
def impacts(s, n, z, z_magnet):
    """Fill QX1, QY1, QX2, QY2 with the impact points [m] on the plane at z; MASK = 0 for decays behind it."""
    if z < z_magnet:
        for i in range(n):
            lever = z - s[ZV + i]
            s[QX1 + i] = s[XV + i] + s[TX1 + i] * lever
            s[QY1 + i] = s[YV + i] + s[TY1 + i] * lever
            s[QX2 + i] = s[XV + i] + s[TX2 + i] * lever
            s[QY2 + i] = s[YV + i] + s[TY2 + i] * lever
            s[MASK + i] = s[MASK + i] if lever > 0.0 else 0.0
    else:
        lever = z - z_magnet
        for i in range(n):
            s[QX1 + i] = s[MX1 + i] + s[DX1 + i] * lever
            s[QY1 + i] = s[MY1 + i] + s[DY1 + i] * lever
            s[QX2 + i] = s[MX2 + i] + s[DX2 + i] * lever
            s[QY2 + i] = s[MY2 + i] + s[DY2 + i] * lever


@njit(inline="always")
def _in_annulus(x, y, x_hole, y_hole, r_min2, r_max2):
    dx, dy = x - x_hole, y - y_hole
    return (dx * dx + dy * dy > r_min2) & (x * x + y * y < r_max2)


@njit(inline="always")
def _in_octagon(x, y, half, diagonal, ax, ay, bx, by, r_min2):
    u, v = abs(x), abs(y)
    box = (u < half) & (v < half) & (u + v < diagonal)
    corners = ((u <= ax) | (v <= ay)) & ((u <= bx) | (v <= by))
    return box & corners & (x * x + y * y > r_min2)


@njit(inline="always")
def _in_rectangle(x, y, half_x, half_y, r_min2):
    return (abs(x) < half_x) & (abs(y) < half_y) & (x * x + y * y > r_min2)


@njit(nogil=True, error_model="numpy")
def _keep_inside(s, n, plane):
    """Set MASK to 0 where a daughter that needs this packed plane has its impact (Q rows) outside."""
    shape, free1, free2 = int(plane[1]), plane[2] == 0.0, plane[3] == 0.0
    a, b, c, d, e, f, g = plane[4], plane[5], plane[6], plane[7], plane[8], plane[9], plane[10]
    if shape == ANNULUS:
        for i in range(n):
            in1 = free1 | _in_annulus(s[QX1 + i], s[QY1 + i], a, b, c, d)
            in2 = free2 | _in_annulus(s[QX2 + i], s[QY2 + i], a, b, c, d)
            s[MASK + i] = s[MASK + i] if in1 & in2 else 0.0
    elif shape == OCTAGON:
        for i in range(n):
            in1 = free1 | _in_octagon(s[QX1 + i], s[QY1 + i], a, b, c, d, e, f, g)
            in2 = free2 | _in_octagon(s[QX2 + i], s[QY2 + i], a, b, c, d, e, f, g)
            s[MASK + i] = s[MASK + i] if in1 & in2 else 0.0
    elif shape == RECTANGLE:
        for i in range(n):
            in1 = free1 | _in_rectangle(s[QX1 + i], s[QY1 + i], a, b, c)
            in2 = free2 | _in_rectangle(s[QX2 + i], s[QY2 + i], a, b, c)
            s[MASK + i] = s[MASK + i] if in1 & in2 else 0.0
    elif shape == SEPARATION:  # the two impacts at least sqrt(a) apart
        for i in range(n):
            dx, dy = s[QX1 + i] - s[QX2 + i], s[QY1 + i] - s[QY2 + i]
            s[MASK + i] = s[MASK + i] if dx * dx + dy * dy > a else 0.0


@njit(nogil=True, error_model="numpy")
def apply_planes(s, n, planes, z_magnet):
    """Set MASK to 0 where a daughter misses a plane that it has to cross, or decays behind it."""
    for k in range(planes.shape[0]):
        impacts(s, n, planes[k, 0], z_magnet)
        _keep_inside(s, n, planes[k])


@njit(nogil=True, error_model="numpy")
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

"""Pairs of charged tracks through the apparatus: thin magnet kick and the apertures of all planes (compiled).

Apertures act on true quantities. A plane is one row of the array made by ``geometry.pack_planes``. Stages are
made for the tracks of two numbers: offsets of rows must be constants for loops to vectorise.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from feebly.core.block import MASK, ROWS, WEIGHT, XV, YV, ZV
from feebly.core.compiled import inlined, stage

# Columns of a packed plane: z, shape, needed by daughter 1, needed by daughter 2, shape parameters.
PLANE_COLUMNS = 13
ANNULUS, OCTAGON, RECTANGLE, SEPARATION = 0, 1, 2, 3
# Pair separation efficiency on a plane: kinds of the packed row (kind, z, d0, power).
SEPARATION_NONE, SEPARATION_SMOOTH, SEPARATION_HARD = 0, 1, 2


def rows_of(names: str, *tracks: int) -> tuple[int, ...]:
    """Offsets of rows: ``rows_of("PX PY", 1, 2)`` are those of PX1, PY1, PX2, PY2."""
    return tuple(ROWS[f"{name}{k}"] for k in tracks for name in names.split())


def _slopes(first: int, second: int) -> Any:
    px1, py1, pz1, px2, py2, pz2 = rows_of("PX PY PZ", first, second)
    mom1, tx1, ty1, dx1, dy1, mx1, my1, mom2, tx2, ty2, dx2, dy2, mx2, my2 = rows_of(
        "MOM TX TY DX DY MX MY", first, second
    )

    @stage
    def track_slopes(s, n, z_magnet, kick, p_min):
        """Fill momenta, slopes and positions in the magnet of both tracks; MASK = 0 below p_min [GeV].

        kick [GeV] is added to p_x of the first (positive) daughter and taken from the second.
        """
        for i in range(n):
            px, py, pz = s[px1 + i], s[py1 + i], s[pz1 + i]
            per_pz = 1.0 / pz
            tx, ty = px * per_pz, py * per_pz
            after = px + kick
            per_pz_after = 1.0 / np.sqrt(pz * pz + (px - after) * (px + after))
            s[tx1 + i] = tx
            s[ty1 + i] = ty
            s[mx1 + i] = s[XV + i] + tx * (z_magnet - s[ZV + i])
            s[my1 + i] = s[YV + i] + ty * (z_magnet - s[ZV + i])
            s[dx1 + i] = after * per_pz_after
            s[dy1 + i] = py * per_pz_after
            p1 = np.sqrt(px * px + py * py + pz * pz)
            fast1 = (p1 > p_min) & (pz > 0.0)
            px, py, pz = s[px2 + i], s[py2 + i], s[pz2 + i]
            per_pz = 1.0 / pz
            tx, ty = px * per_pz, py * per_pz
            after = px - kick
            per_pz_after = 1.0 / np.sqrt(pz * pz + (px - after) * (px + after))
            s[tx2 + i] = tx
            s[ty2 + i] = ty
            s[mx2 + i] = s[XV + i] + tx * (z_magnet - s[ZV + i])
            s[my2 + i] = s[YV + i] + ty * (z_magnet - s[ZV + i])
            s[dx2 + i] = after * per_pz_after
            s[dy2 + i] = py * per_pz_after
            p2 = np.sqrt(px * px + py * py + pz * pz)
            fast2 = (p2 > p_min) & (pz > 0.0)
            s[mom1 + i] = p1
            s[mom2 + i] = p2
            s[MASK + i] = s[MASK + i] if fast1 & fast2 else 0.0

    return track_slopes


@inlined
def in_annulus(x, y, x_hole, y_hole, r_min2, r_max2):
    dx, dy = x - x_hole, y - y_hole
    return (dx * dx + dy * dy > r_min2) & (x * x + y * y < r_max2)


@inlined
def in_octagon(x, y, half, diagonal, ax, ay, bx, by, r_min2):
    u, v = abs(x), abs(y)
    box = (u < half) & (v < half) & (u + v < diagonal)
    corners = ((u <= ax) | (v <= ay)) & ((u <= bx) | (v <= by))
    return box & corners & (x * x + y * y > r_min2)


@inlined
def in_rectangle(x, y, half_x, half_y, r_min2):
    return (abs(x) < half_x) & (abs(y) < half_y) & (x * x + y * y > r_min2)


def _impacts(slopes: str, first: int, second: int) -> Any:
    mx1, my1, mx2, my2 = rows_of("MX MY", first, second)
    tx1, ty1, tx2, ty2 = rows_of(slopes, first, second)

    @inlined
    def impacts(s, i, lever):
        """(x1, y1, x2, y2) [m]; lever [m]: from the centre of the magnet, where both straight lines meet."""
        return (
            s[mx1 + i] + s[tx1 + i] * lever,
            s[my1 + i] + s[ty1 + i] * lever,
            s[mx2 + i] + s[tx2 + i] * lever,
            s[my2 + i] + s[ty2 + i] * lever,
        )

    return impacts


def _keeper(impacts: Any) -> Any:
    @stage
    def keep_inside(s, n, plane, lever):
        """Set MASK to 0 where a daughter that needs this packed plane misses it."""
        shape, free1, free2 = int(plane[1]), plane[2] == 0.0, plane[3] == 0.0
        a, b, c, d, e, f, g = plane[4], plane[5], plane[6], plane[7], plane[8], plane[9], plane[10]
        if shape == ANNULUS:
            for i in range(n):
                x1, y1, x2, y2 = impacts(s, i, lever)
                inside = (free1 | in_annulus(x1, y1, a, b, c, d)) & (free2 | in_annulus(x2, y2, a, b, c, d))
                s[MASK + i] = s[MASK + i] if inside else 0.0
        elif shape == OCTAGON:
            for i in range(n):
                x1, y1, x2, y2 = impacts(s, i, lever)
                in1 = free1 | in_octagon(x1, y1, a, b, c, d, e, f, g)
                in2 = free2 | in_octagon(x2, y2, a, b, c, d, e, f, g)
                s[MASK + i] = s[MASK + i] if in1 & in2 else 0.0
        elif shape == RECTANGLE:
            for i in range(n):
                x1, y1, x2, y2 = impacts(s, i, lever)
                inside = (free1 | in_rectangle(x1, y1, a, b, c)) & (free2 | in_rectangle(x2, y2, a, b, c))
                s[MASK + i] = s[MASK + i] if inside else 0.0
        elif shape == SEPARATION:  # the two impacts at least sqrt(a) apart
            for i in range(n):
                x1, y1, x2, y2 = impacts(s, i, lever)
                s[MASK + i] = s[MASK + i] if (x1 - x2) ** 2 + (y1 - y2) ** 2 > a else 0.0

    return keep_inside


def _planes(keep_inside_before: Any, keep_inside_behind: Any) -> Any:
    @stage
    def apply_planes(s, n, planes, z_magnet):
        """Set MASK to 0 where a daughter misses a plane that it has to cross, or decays behind it."""
        z_first = np.inf
        for k in range(planes.shape[0]):
            z = planes[k, 0]
            z_first = min(z_first, z)
            if z < z_magnet:
                keep_inside_before(s, n, planes[k], z - z_magnet)
            else:
                keep_inside_behind(s, n, planes[k], z - z_magnet)
        for i in range(n):
            s[MASK + i] = s[MASK + i] if s[ZV + i] < z_first else 0.0

    return apply_planes


def pair_separation(first: int, second: int) -> Any:
    """A stage for the separation of two tracks."""
    tx1, ty1, tx2, ty2 = rows_of("TX TY", first, second)

    @stage
    def apply_separation(s, n, kind, z, d0, power):
        """Multiply WEIGHT by the two-track efficiency 1/(1 + (d0/d)^power) at z < z_magnet, or cut at d0."""
        if kind == SEPARATION_NONE:
            return
        for i in range(n):
            lever = z - s[ZV + i]
            dx = (s[tx1 + i] - s[tx2 + i]) * lever  # both tracks start at the vertex
            dy = (s[ty1 + i] - s[ty2 + i]) * lever
            d = np.sqrt(dx * dx + dy * dy)
            if kind == SEPARATION_HARD:
                s[WEIGHT + i] *= 1.0 if d > d0 else 0.0
            else:
                s[WEIGHT + i] *= 1.0 / (1.0 + (d0 / d) ** power)

    return apply_separation


class PairTransport(NamedTuple):
    """Stages for two tracks, the first positive and the second negative."""

    track_slopes: Any
    apply_planes: Any
    impacts_before: Any
    impacts_behind: Any


def pair_transport(first: int, second: int) -> PairTransport:
    """Slopes and apertures of two tracks by their numbers."""
    before, behind = _impacts("TX TY", first, second), _impacts("DX DY", first, second)
    planes = _planes(_keeper(before), _keeper(behind))
    return PairTransport(_slopes(first, second), planes, before, behind)


track_slopes, apply_planes, impacts_before, impacts_behind = pair_transport(1, 2)
apply_separation = pair_separation(1, 2)

"""Decays with photons or four tracks: vertex, mass constraints, mass and pointing (compiled).

Photons point from the vertex to their clusters. A pair from a pi0 or eta of known mass has both energies
scaled to that mass; the pairs are taken as they were made: wrong pairings are not simulated.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from feebly.core.block import CDA, CDATAX, MASS, RE, ROWS, RPX, RPY, RPZ, RXV, RYV, RZV, STRIDE, ZTAX
from feebly.core.compiled import inlined, stage

_CLUSTER, _BETWEEN = ROWS["CX1"], 3 * STRIDE  # rows of cluster 0: x, y, energy; from one cluster to the next
_LINES = np.array([[ROWS[f"{name}{k}"] for name in ("HX", "HY", "SX", "SY", "RP")] for k in range(1, 5)])


@inlined
def _line(s, i, k):
    """Position and slopes of measured track k = 0, 1, ... at the first chamber."""
    return s[_LINES[k, 0] + i], s[_LINES[k, 1] + i], s[_LINES[k, 2] + i], s[_LINES[k, 3] + i]


@inlined
def _cluster(s, i, k):
    """Position and energy of cluster k = 0, 1, ..."""
    row = _CLUSTER + k * _BETWEEN
    return s[row + i], s[row + STRIDE + i], s[row + 2 * STRIDE + i]


@inlined
def _distance(x1, y1, tx1, ty1, x2, y2, tx2, ty2):
    """Distance of closest approach of two lines given at one z: |w.(u1 x u2)|/|u1 x u2|."""
    cx, cy, cz = ty1 - ty2, tx2 - tx1, tx1 * ty2 - ty1 * tx2
    return abs((x1 - x2) * cx + (y1 - y2) * cy) / np.sqrt(cx * cx + cy * cy + cz * cz)


@stage
def vertex_of_four(s, n, z1):
    """Fill RXV, RYV, RZV and CDA [m] from the four track lines given at z1.

    Vertex: the point with the least sum of squared transverse distances to the lines. CDA: the largest
    distance of closest approach of two of the lines.
    """
    for i in range(n):
        mx, my, mtx, mty = 0.0, 0.0, 0.0, 0.0
        for k in range(4):
            x, y, tx, ty = _line(s, i, k)
            mx, my, mtx, mty = mx + 0.25 * x, my + 0.25 * y, mtx + 0.25 * tx, mty + 0.25 * ty
        above, below, largest = 0.0, 0.0, 0.0
        for k in range(4):
            x, y, tx, ty = _line(s, i, k)
            above += (x - mx) * (tx - mtx) + (y - my) * (ty - mty)
            below += (tx - mtx) ** 2 + (ty - mty) ** 2
            for j in range(k):
                x2, y2, tx2, ty2 = _line(s, i, j)
                largest = max(largest, _distance(x, y, tx, ty, x2, y2, tx2, ty2))
        dz = -above / below
        s[RXV + i] = mx + mtx * dz
        s[RYV + i] = my + mty * dz
        s[RZV + i] = z1 + dz
        s[CDA + i] = largest


def vertex_of_pairs(pairs: int) -> Any:
    """A stage for decays to photons alone; clusters 2 k and 2 k + 1 come from a particle of known mass."""

    @stage
    def vertex(s, n, z, masses, c, axis_x, axis_y, z_dump, z_assumed):
        """Fill RXV, RYV, RZV, MASS; CDA = 0, Z_TAX = z_dump, CDA_TAX = 0: there is no pointing to cut on.

        z of the calorimeter; masses [GeV] of the particles, one for each pair. m^2 = E1 E2 d^2/L^2 (small
        angles) gives the way L from the vertex for each pair; their mean has the inverse squares of its
        errors from the energies as weights. The vertex lies on the line from the axis at z_dump to the
        energy-weighted centre of all clusters. MASS: one pair, the mass for a decay at z_assumed; else
        that of all photons with the constraints, from the vertex.
        """
        for i in range(n):
            way, weights, energy, x, y, at_assumed = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
            for k in range(pairs):
                x1, y1, e1 = _cluster(s, i, 2 * k)
                x2, y2, e2 = _cluster(s, i, 2 * k + 1)
                d = np.sqrt((x1 - x2) ** 2 + (y1 - y2) ** 2)
                at_assumed = d * np.sqrt(e1 * e2) / (z - z_assumed)
                length = d * np.sqrt(e1 * e2) / masses[k]
                spread = 2.0 * c.e_constant**2 + c.e_stochastic**2 * (1.0 / e1 + 1.0 / e2)
                spread += c.e_noise**2 * (1.0 / (e1 * e1) + 1.0 / (e2 * e2))
                w = 1.0 / (length * length * spread)
                way, weights = way + w * length, weights + w
                energy += e1 + e2
                x, y = x + e1 * x1 + e2 * x2, y + e1 * y1 + e2 * y2
            zv = z - way / weights
            along = (zv - z_dump) / (z - z_dump)
            s[RXV + i] = axis_x + (x / energy - axis_x) * along
            s[RYV + i] = axis_y + (y / energy - axis_y) * along
            s[RZV + i] = zv
            s[CDA + i] = 0.0
            s[ZTAX + i] = z_dump
            s[CDATAX + i] = 0.0
            s[MASS + i] = at_assumed

    return vertex


@stage
def constrain_pair(s, n, first, kept, z, mass):
    """Scale the energies of clusters ``first`` and ``first`` + 1 so that their mass is ``mass`` [GeV].

    kept: row that receives the factor.
    """
    for i in range(n):
        x1, y1, e1 = _cluster(s, i, first)
        x2, y2, e2 = _cluster(s, i, first + 1)
        lever = z - s[RZV + i]
        ax, ay = (x1 - s[RXV + i]) / lever, (y1 - s[RYV + i]) / lever
        bx, by = (x2 - s[RXV + i]) / lever, (y2 - s[RYV + i]) / lever
        # 1 - cos = sin^2/(1 + cos) of the slopes
        per = 1.0 / np.sqrt((1.0 + ax * ax + ay * ay) * (1.0 + bx * bx + by * by))
        cos = (1.0 + ax * bx + ay * by) * per
        across = (ay - by) ** 2 + (bx - ax) ** 2 + (ax * by - ay * bx) ** 2
        scale = mass / np.sqrt(2.0 * e1 * e2 * across * per * per / (1.0 + cos))
        row = _CLUSTER + first * _BETWEEN + 2 * STRIDE
        s[row + i] *= scale
        s[row + _BETWEEN + i] *= scale
        s[kept + i] = scale


def total_momentum(tracks: int, photons: int) -> Any:
    """A stage that adds up the measured momenta of so many tracks and photons."""

    @stage
    def add_up(s, n, z, masses):
        """Fill RPX, RPY, RPZ, RE and MASS [GeV]; masses of the tracks, z of the calorimeter."""
        for i in range(n):
            px, py, pz, e = 0.0, 0.0, 0.0, 0.0
            for k in range(tracks):
                _, _, tx, ty = _line(s, i, k)
                p = s[_LINES[k, 4] + i]
                forward = p / np.sqrt(1.0 + tx * tx + ty * ty)
                px, py, pz = px + forward * tx, py + forward * ty, pz + forward
                e += np.sqrt(p * p + masses[k] * masses[k])
            for k in range(photons):
                x, y, energy = _cluster(s, i, k)
                lever = z - s[RZV + i]
                tx, ty = (x - s[RXV + i]) / lever, (y - s[RYV + i]) / lever
                forward = energy / np.sqrt(1.0 + tx * tx + ty * ty)
                px, py, pz, e = px + forward * tx, py + forward * ty, pz + forward, e + energy
            s[RPX + i] = px
            s[RPY + i] = py
            s[RPZ + i] = pz
            s[RE + i] = e
            s[MASS + i] = np.sqrt(max(e * e - px * px - py * py - pz * pz, 0.0))

    return add_up


@stage
def point_back(s, n, axis_x, axis_y):
    """Fill ZTAX, CDATAX [m]: line of the total momentum through the vertex against the axis along z."""
    for i in range(n):
        tx, ty = s[RPX + i] / s[RPZ + i], s[RPY + i] / s[RPZ + i]
        rx, ry = s[RXV + i] - axis_x, s[RYV + i] - axis_y
        per_tt = 1.0 / (tx * tx + ty * ty)
        s[ZTAX + i] = s[RZV + i] - (rx * tx + ry * ty) * per_tt
        s[CDATAX + i] = abs(rx * ty - ry * tx) * np.sqrt(per_tt)

"""Photons on the calorimeter: impacts, cuts, distances, clusters (compiled).

Photons fly straight from the vertex. Cuts act on true quantities, as those of tracks; clusters have the
resolution of the experiment. Two clusters closer than the cut would merge: such an event is lost.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from feebly.apparatus.transport import ANNULUS, OCTAGON, in_annulus, in_octagon, in_rectangle
from feebly.core.block import MASK, ROWS, STRIDE, XV, YV, ZV
from feebly.core.compiled import stage

_COORDINATES = 2 * STRIDE  # from the impact of one photon to that of the next
FIRST_IMPACT = ROWS["LX1"]


def photon_rows(k: int) -> tuple[int, int, int, int, int, int]:
    """Rows of photon k: momentum, energy, impact."""
    return tuple(ROWS[f"{name}{k}"] for name in ("KX", "KY", "KZ", "KE", "LX", "LY"))  # type: ignore[return-value]


def photon_impact(k: int) -> Any:
    """A stage for photon k: fills energy and impact; MASK = 0 where it is not seen."""
    kx, ky, kz, ke, lx, ly = photon_rows(k)

    @stage
    def impact(s, n, z, e_min, r_min2, plane):
        """plane: packed shape of the calorimeter at z; energy and squared radius above a minimum."""
        for i in range(n):
            x, y, forward = s[kx + i], s[ky + i], s[kz + i]
            e = np.sqrt(x * x + y * y + forward * forward)
            lever = (z - s[ZV + i]) / forward
            x, y = s[XV + i] + x * lever, s[YV + i] + y * lever
            s[ke + i] = e
            s[lx + i] = x
            s[ly + i] = y
            seen = (forward > 0.0) & (e > e_min) & (x * x + y * y > r_min2)
            s[MASK + i] = s[MASK + i] if seen else 0.0
        shape = int(plane[1])
        a, b, c, d, e, f, g = plane[4], plane[5], plane[6], plane[7], plane[8], plane[9], plane[10]
        for i in range(n):
            x, y = s[lx + i], s[ly + i]
            if shape == ANNULUS:
                inside = in_annulus(x, y, a, b, c, d)
            elif shape == OCTAGON:
                inside = in_octagon(x, y, a, b, c, d, e, f, g)
            else:
                inside = in_rectangle(x, y, a, b, c)
            s[MASK + i] = s[MASK + i] if inside else 0.0

    return impact


@stage
def keep_photons_apart(s, n, photons, separation2):
    """Set MASK to 0 where two of the photons are closer than the square root of separation2."""
    for a in range(photons):
        for b in range(a):
            one, other = FIRST_IMPACT + a * _COORDINATES, FIRST_IMPACT + b * _COORDINATES
            for i in range(n):
                dx, dy = s[one + i] - s[other + i], s[one + STRIDE + i] - s[other + STRIDE + i]
                s[MASK + i] = s[MASK + i] if dx * dx + dy * dy > separation2 else 0.0


def keep_tracks_apart(track: int) -> Any:
    """A stage that keeps the impact of a track behind the magnet away from those of the photons."""
    mx, my, dx, dy = (ROWS[f"{name}{track}"] for name in ("MX", "MY", "DX", "DY"))

    @stage
    def keep_apart(s, n, photons, lever, separation2):
        """lever [m]: from the centre of the magnet to the calorimeter."""
        for a in range(photons):
            one = FIRST_IMPACT + a * _COORDINATES
            for i in range(n):
                x, y = s[mx + i] + s[dx + i] * lever, s[my + i] + s[dy + i] * lever
                x, y = x - s[one + i], y - s[one + STRIDE + i]
                s[MASK + i] = s[MASK + i] if x * x + y * y > separation2 else 0.0

    return keep_apart


def smear_photon(k: int, normals: tuple[int, int, int]) -> Any:
    """A stage that makes the cluster of photon k (rows CX, CY, CE) with the deviates in these rows."""
    _, _, _, ke, lx, ly = photon_rows(k)
    cx, cy, ce = (ROWS[f"{name}{k}"] for name in ("CX", "CY", "CE"))
    g0, g1, g2 = normals

    @stage
    def smear(s, n, c):
        """c: ``geometry.Clusters``; both resolutions add up in quadrature, E in GeV."""
        for i in range(n):
            e = s[ke + i]
            relative = np.sqrt(c.e_stochastic**2 / e + (c.e_noise / e) ** 2 + c.e_constant**2)
            position = np.sqrt(c.xy_stochastic**2 / e + c.xy_constant**2)
            s[ce + i] = e * (1.0 + relative * s[g0 + i])
            s[cx + i] = s[lx + i] + position * s[g1 + i]
            s[cy + i] = s[ly + i] + position * s[g2 + i]

    return smear

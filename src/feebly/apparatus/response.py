"""Smearing of the two tracks: hits of two chambers, multiple scattering, momentum (compiled).

Per projection the chambers at z1, z2 measure with hit resolution h; scattering adds an angle delta = c/p at
the first chamber. Position at z1: h g1. Slope: (h g2 - h g1)/(z2 - z1) + delta g3, written with one
deviate for the two terms that do not touch the position.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from feebly.apparatus.transport import rows_of
from feebly.core.block import ROWS, XV, YV, ZV
from feebly.core.compiled import stage


def pair_smearing(first: int, second: int, normals: str) -> Any:
    """A stage that smears two tracks with the deviates in the rows ``normals``0, ``normals``1, ..."""
    mom1, tx1, ty1, hx1, hy1, sx1, sy1, rp1, mom2, tx2, ty2, hx2, hy2, sx2, sy2, rp2 = rows_of(
        "MOM TX TY HX HY SX SY RP", first, second
    )
    g0, g1, g2, g3, g4, g5, g6, g7, g8, g9 = (ROWS[f"{normals}{k}"] for k in range(10))

    @stage
    def smear_tracks(s, n, z1, z2, hit, scattering, p_constant, p_slope):
        """Fill the measured position at z1 (HX, HY), slopes (SX, SY) and momenta (RP) from ten normals.

        hit [m], scattering [GeV rad], sigma_p/p = p_constant (+) p_slope p in quadrature.
        """
        span = z2 - z1
        for i in range(n):
            lever = z1 - s[ZV + i]
            p = s[mom1 + i]
            angle = np.sqrt((hit / span) ** 2 + (scattering / p) ** 2)
            s[hx1 + i] = s[XV + i] + s[tx1 + i] * lever + hit * s[g0 + i]
            s[hy1 + i] = s[YV + i] + s[ty1 + i] * lever + hit * s[g1 + i]
            s[sx1 + i] = s[tx1 + i] - hit / span * s[g0 + i] + angle * s[g2 + i]
            s[sy1 + i] = s[ty1 + i] - hit / span * s[g1 + i] + angle * s[g3 + i]
            s[rp1 + i] = p * (1.0 + np.sqrt(p_constant**2 + (p_slope * p) ** 2) * s[g8 + i])
            p = s[mom2 + i]
            angle = np.sqrt((hit / span) ** 2 + (scattering / p) ** 2)
            s[hx2 + i] = s[XV + i] + s[tx2 + i] * lever + hit * s[g4 + i]
            s[hy2 + i] = s[YV + i] + s[ty2 + i] * lever + hit * s[g5 + i]
            s[sx2 + i] = s[tx2 + i] - hit / span * s[g4 + i] + angle * s[g6 + i]
            s[sy2 + i] = s[ty2 + i] - hit / span * s[g5 + i] + angle * s[g7 + i]
            s[rp2 + i] = p * (1.0 + np.sqrt(p_constant**2 + (p_slope * p) ** 2) * s[g9 + i])

    return smear_tracks


smear_tracks = pair_smearing(1, 2, "G")

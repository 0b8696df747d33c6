"""Smearing of the two tracks: hits of two chambers, multiple scattering, momentum (compiled).

Per projection the chambers at z1, z2 measure with hit resolution h; scattering adds an angle delta = c/p at
the first chamber. Position at z1: h g1. Slope: (h g2 - h g1)/(z2 - z1) + delta g3, written with one
deviate for the two terms that do not touch the position.
"""

from __future__ import annotations

import numpy as np

from feebly.core.block import (
    G0,
    G1,
    G2,
    G3,
    G4,
    G5,
    G6,
    G7,
    G8,
    G9,
    HX1,
    HX2,
    HY1,
    HY2,
    MOM1,
    MOM2,
    RP1,
    RP2,
    SX1,
    SX2,
    SY1,
    SY2,
    TX1,
    TX2,
    TY1,
    TY2,
    XV,
    YV,
    ZV,
)
from feebly.core.compiled import stage


@stage
def smear_tracks(s, n, z1, z2, hit, scattering, p_constant, p_slope):
    """Fill the measured position at z1 (HX, HY), slopes (SX, SY) and momenta (RP) from the normals G0..G9.

    hit [m], scattering [GeV rad], sigma_p/p = p_constant (+) p_slope p in quadrature.
    """
    span = z2 - z1
    for i in range(n):
        lever = z1 - s[ZV + i]
        p = s[MOM1 + i]
        angle = np.sqrt((hit / span) ** 2 + (scattering / p) ** 2)
        s[HX1 + i] = s[XV + i] + s[TX1 + i] * lever + hit * s[G0 + i]
        s[HY1 + i] = s[YV + i] + s[TY1 + i] * lever + hit * s[G1 + i]
        s[SX1 + i] = s[TX1 + i] - hit / span * s[G0 + i] + angle * s[G2 + i]
        s[SY1 + i] = s[TY1 + i] - hit / span * s[G1 + i] + angle * s[G3 + i]
        s[RP1 + i] = p * (1.0 + np.sqrt(p_constant**2 + (p_slope * p) ** 2) * s[G8 + i])
        p = s[MOM2 + i]
        angle = np.sqrt((hit / span) ** 2 + (scattering / p) ** 2)
        s[HX2 + i] = s[XV + i] + s[TX2 + i] * lever + hit * s[G4 + i]
        s[HY2 + i] = s[YV + i] + s[TY2 + i] * lever + hit * s[G5 + i]
        s[SX2 + i] = s[TX2 + i] - hit / span * s[G4 + i] + angle * s[G6 + i]
        s[SY2 + i] = s[TY2 + i] - hit / span * s[G5 + i] + angle * s[G7 + i]
        s[RP2 + i] = p * (1.0 + np.sqrt(p_constant**2 + (p_slope * p) ** 2) * s[G9 + i])

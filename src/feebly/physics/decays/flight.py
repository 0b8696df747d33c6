"""Decay in flight: the vertex along the line of flight and the proper decay length."""

from __future__ import annotations

from feebly.core.block import NX, NY, NZ, TAU, U_DECAY_Z, WEIGHT, X0, XV, Y0, YV, Z0, ZV, P
from feebly.core.compiled import stage


@stage
def decay_vertex(s, n, z_min, z_max):
    """Fill XV, YV, ZV [m] and TAU = (z - z0)/p_z [m/GeV]; z uniform in [z_min, z_max] from U_DECAY_Z.

    The decay density in z is exp(-t/ctau)/ctau * (m/p_z) with t = m TAU. WEIGHT receives
    (z_max - z_min)/p_z: the factor m/ctau is applied with the exponential, for all lifetimes at once.
    """
    for i in range(n):
        z = z_min + (z_max - z_min) * s[U_DECAY_Z + i]
        pz = s[P + i] * s[NZ + i]
        dz = z - s[Z0 + i]
        s[XV + i] = s[X0 + i] + s[NX + i] / s[NZ + i] * dz
        s[YV + i] = s[Y0 + i] + s[NY + i] / s[NZ + i] * dz
        s[ZV + i] = z
        s[TAU + i] = dz / pz
        s[WEIGHT + i] *= (z_max - z_min) / pz

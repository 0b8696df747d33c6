"""Polarised vectors: the decay angle of X -> f f or pi pi as a weight on isotropic decays.

The distribution of the angle theta* between a daughter and the flight of X, in the rest frame of X, is
1 + kappa (cos^2 theta* - 1/3), normalised to one. A longitudinal vector has kappa = -2 times that of a
transverse one: two transverse states and one longitudinal one together are isotropic.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.interfaces import FloatArray
from feebly.physics.decays.channels import channel_of

POLARISATIONS = ("isotropic", "transverse", "longitudinal", "by-production")
"""Transverse, longitudinal: every X, along its flight in the laboratory; by production: see `ALIGNMENTS`."""

ALIGNMENTS = {
    "bremsstrahlung": "shares of T and L of the F1 term of 2409.09123",
    "meson-decay": "T in the frame of the meson",
    "mixing": "isotropic",
}
"""What ``by-production`` means for each kind of production."""


def transverse_anisotropy(final_state: str, mass_gev: ArrayLike) -> FloatArray:
    """kappa of a transverse vector: 3 (1 - r)/(4 + 2 r), r = 4 m_f^2/m^2, for fermions, -3/2 for scalars.

    From 1 + cos^2 + r sin^2 and sin^2 of theta*: vector current, equal daughters.
    """
    m = np.asarray(mass_gev, float)
    daughter = channel_of(final_state).bodies[0]
    if daughter.spin == 0.0:
        return np.full(m.shape, -1.5)
    r = (2 * daughter.mass_gev / m) ** 2
    return np.asarray(3 * (1 - r) / (4 + 2 * r))

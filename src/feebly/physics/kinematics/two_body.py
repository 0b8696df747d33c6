"""Two-body break-up in the rest frame of the parent."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray


def kallen_gev4(parent_mass_gev: ArrayLike, mass1_gev: ArrayLike, mass2_gev: ArrayLike) -> FloatArray:
    """λ(M², m1², m2²) [GeV⁴] of three *masses* [GeV], factored: the expanded form cancels near threshold.

    PDG 2024, review of kinematics. Zero at threshold, negative for M a little below; arguments broadcast.
    """
    m, m1, m2 = (np.asarray(x, float) for x in (parent_mass_gev, mass1_gev, mass2_gev))
    total, difference = m1 + m2, m1 - m2
    return np.asarray((m - total) * (m + total) * (m - difference) * (m + difference))


def two_body_momentum_gev(
    parent_mass_gev: ArrayLike, mass1_gev: ArrayLike, mass2_gev: ArrayLike
) -> FloatArray:
    """Momentum of each daughter in the parent rest frame [GeV]; zero at threshold; arguments broadcast.

    √λ(M², m1², m2²)/(2M), λ of :func:`kallen_gev4`. Raises DomainError when any decay is closed.
    """
    m = np.asarray(parent_mass_gev, float)
    total = np.asarray(mass1_gev, float) + np.asarray(mass2_gev, float)
    if np.any(m < total):
        raise DomainError(
            f"two-body decay is closed: parent {np.min(m):.6g} GeV, daughters {np.max(total):.6g} GeV"
        )
    return np.asarray(np.sqrt(kallen_gev4(m, mass1_gev, mass2_gev)) / (2 * m))

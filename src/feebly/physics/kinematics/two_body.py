"""Two-body break-up in the rest frame of the parent."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray


def two_body_momentum_gev(
    parent_mass_gev: ArrayLike, mass1_gev: ArrayLike, mass2_gev: ArrayLike
) -> FloatArray:
    """Momentum of each daughter in the parent rest frame [GeV]; zero at threshold; arguments broadcast.

    √λ(M², m1², m2²)/(2M) with the Källén function λ factored: its expanded form cancels near threshold
    (PDG 2024, review of kinematics). Raises DomainError when any decay is closed.
    """
    m, m1, m2 = (np.asarray(x, float) for x in (parent_mass_gev, mass1_gev, mass2_gev))
    total, difference = m1 + m2, m1 - m2
    if np.any(m < total):
        raise DomainError(
            f"two-body decay is closed: parent {np.min(m):.6g} GeV, daughters {np.max(total):.6g} GeV"
        )
    product = (m - total) * (m + total) * (m - difference) * (m + difference)
    return np.asarray(np.sqrt(product) / (2 * m))

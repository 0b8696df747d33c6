"""Two-body break-up in the rest frame of the parent."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray


def kallen(a: ArrayLike, b: ArrayLike, c: ArrayLike) -> FloatArray:
    """λ(a, b, c) = a² + b² + c² - 2ab - 2ac - 2bc; the arguments are *squared* masses [GeV²], result [GeV⁴].

    Not for momenta near a threshold, where the expanded form cancels: see :func:`two_body_momentum_gev`.
    """
    a, b, c = np.asarray(a, float), np.asarray(b, float), np.asarray(c, float)
    return np.asarray((a - b - c) ** 2 - 4 * b * c)


def two_body_momentum_gev(
    parent_mass_gev: ArrayLike, mass1_gev: ArrayLike, mass2_gev: ArrayLike
) -> FloatArray:
    """Momentum of each daughter in the parent rest frame [GeV]; zero at threshold; arguments broadcast.

    Uses the factored form of √λ/(2M), which keeps all digits near threshold where λ itself cancels
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


def two_body_energy_gev(parent_mass_gev: ArrayLike, mass1_gev: ArrayLike, mass2_gev: ArrayLike) -> FloatArray:
    """Energy of the daughter of mass ``mass1_gev`` in the parent rest frame [GeV].

    PDG 2024, review of kinematics; does not check that the decay is open.
    """
    m, m1, m2 = (np.asarray(x, float) for x in (parent_mass_gev, mass1_gev, mass2_gev))
    return np.asarray((m**2 + (m1 - m2) * (m1 + m2)) / (2 * m))

"""Phase space of three and four bodies as a chain of two-body decays (GENBOD: F. James, CERN 68-15).

Bodies 1 and 2 make a system of mass M12, which with body 3 makes one of mass M123, and so on up to the
parent. The density in these masses is the product of the break-up momenta; all directions are isotropic:
Phi_n = 1/(4 pi M) [1/(4 pi^2)]^(n-2) integral of dM12 dM123 ... p_2 p_3 ... p_n.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import pi
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.physics.kinematics.quadrature import between
from feebly.physics.kinematics.two_body import kallen_gev4, two_body_momentum_gev

_NODES = 48


class ChainNodes(NamedTuple):
    """Nodes of a rule over the masses of the systems [GeV]; arrays broadcast.

    m12: of bodies 1 and 2; m123: of the first three (of all three: the parent's). weight: quadrature weight
    times the break-up momenta [GeV^(2n-3)].
    """

    m12: FloatArray
    m123: FloatArray
    weight: FloatArray


def _rule(low: ArrayLike, high: ArrayLike, nodes: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights between low and high in a new last axis."""
    return between(np.asarray(low)[..., None], np.asarray(high)[..., None], nodes)


def _momentum(mass: ArrayLike, m1: ArrayLike, m2: ArrayLike) -> FloatArray:
    return np.asarray(np.sqrt(np.maximum(kallen_gev4(mass, m1, m2), 0.0)) / (2 * np.asarray(mass)))


def chain_nodes(mass_gev: float, masses_gev: Sequence[float], nodes: int = _NODES) -> ChainNodes:
    """A rule over the phase space of three or four bodies; exact to 1e-8 for smooth weights with 48 nodes.

    nodes: in the mass of the first three (of two for three bodies); the inner mass always has 48. DomainError
    where the decay is closed.
    """
    if not mass_gev > sum(masses_gev):
        raise DomainError(f"decay of {mass_gev:.6g} GeV to {sum(masses_gev):.6g} GeV is closed")
    m1, m2, *others = masses_gev
    if len(others) == 1:
        m12, w = _rule(m1 + m2, mass_gev - others[0], nodes)
        m123 = np.full(m12.shape, mass_gev)
    else:
        m123, outer = _rule(m1 + m2 + others[0], mass_gev - others[1], nodes)
        m12, w = _rule(m1 + m2, m123 - others[0], _NODES)
        m123, w = m123[:, None], w * (outer * _momentum(mass_gev, m123, others[1]))[:, None]
    return ChainNodes(m12, m123, w * _momentum(m12, m1, m2) * _momentum(m123, m12, others[0]))


def chain_integral(
    mass_gev: float,
    masses_gev: Sequence[float],
    weight: Callable[[FloatArray, FloatArray, FloatArray], ArrayLike] | None = None,
    nodes: int = _NODES,
    angles: int = 4,
) -> float:
    """Integral of dM12 (dM123) times the break-up momenta times the mean of weight(m12, m123, cos) over cos.

    cos: of body 1 in the rest frame of bodies 1 and 2, against the direction of the two in the rest frame of
    the first three; the weight must be averaged over all other angles. angles: nodes in cos.
    """
    m12, m123, w = chain_nodes(mass_gev, masses_gev, nodes)
    if weight is None:
        return float(np.sum(w))
    t, wt = np.polynomial.legendre.leggauss(angles)
    value = np.asarray(weight(m12[..., None], m123[..., None], t))
    return float(np.sum(w[..., None] * (value * wt / 2)))


def phase_space_volume(mass_gev: float, masses_gev: Sequence[float]) -> float:
    """Lorentz-invariant phase space [GeV^(2n-4)] of n = 2, 3 or 4 bodies, with its (2 pi)^(4-3n)."""
    if len(masses_gev) == 2:
        return float(two_body_momentum_gev(mass_gev, *masses_gev)) / (4 * pi * mass_gev)
    if not 3 <= len(masses_gev) <= 4:
        raise DomainError(f"phase space of {len(masses_gev)} bodies: expected 2, 3 or 4")
    factor = (4 * pi**2) ** (2 - len(masses_gev)) / (4 * pi * mass_gev)
    return factor * chain_integral(mass_gev, masses_gev)

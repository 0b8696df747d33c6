"""Four-vectors as arrays (..., 4) = (E, px, py, pz) [GeV] and Lorentz matrices."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def four_vector(momentum_gev: ArrayLike, mass_gev: ArrayLike) -> Array:
    p = np.asarray(momentum_gev, float)
    energy = np.sqrt(np.sum(p**2, axis=-1) + np.asarray(mass_gev) ** 2)
    return np.concatenate([energy[..., None], p], axis=-1)


def invariant_mass_gev(p4: Array) -> Array:
    """sqrt(E^2 - p^2) in extended precision: the difference of nearly equal squares loses digits."""
    p4 = p4.astype(np.longdouble)
    return np.sqrt(p4[..., 0] ** 2 - np.sum(p4[..., 1:] ** 2, axis=-1)).astype(float)


def boost_matrix(parent_momentum_gev: ArrayLike, parent_mass_gev: ArrayLike) -> Array:
    """Lorentz matrices (..., 4, 4) from the rest frame of a parent to where it has that momentum.

    Lambda = [[gamma, gamma beta^T], [gamma beta, 1 + (gamma - 1) n n^T]] (Jackson, section 11.7).
    """
    gamma_beta = np.asarray(parent_momentum_gev, float) / parent_mass_gev
    size = np.linalg.norm(gamma_beta, axis=-1, keepdims=True)
    gamma, n = np.hypot(1.0, size)[..., 0], gamma_beta / size
    matrix = np.zeros((*gamma.shape, 4, 4))
    matrix[..., 0, 0] = gamma
    matrix[..., 0, 1:] = matrix[..., 1:, 0] = gamma_beta
    matrix[..., 1:, 1:] = np.eye(3) + (gamma - 1)[..., None, None] * n[..., :, None] * n[..., None, :]
    return matrix


def boost(p4: Array, parent_momentum_gev: ArrayLike, parent_mass_gev: ArrayLike) -> Array:
    """Four-vectors from the parent's rest frame to the laboratory; the reversed momentum boosts back."""
    return np.einsum("...ij,...j->...i", boost_matrix(parent_momentum_gev, parent_mass_gev), p4)


def rotation_from_z(n: Array) -> Array:
    """Matrices (..., 3, 3) of the smallest rotation that takes the z axis to unit vectors n (Rodrigues)."""
    z = np.array([0.0, 0.0, 1.0])
    axis, cos = np.cross(z, n), n[..., 2]
    cross = np.zeros((*n.shape[:-1], 3, 3))
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        cross[..., i, j], cross[..., j, i] = -axis[..., k], axis[..., k]
    return np.eye(3) + cross + cross @ cross / (1 + cos)[..., None, None]


def unit_vectors(cos_theta: ArrayLike, phi: ArrayLike) -> Array:
    cos, phi = np.broadcast_arrays(np.asarray(cos_theta, float), np.asarray(phi, float))
    sin = np.sqrt(1 - cos**2)
    return np.stack([sin * np.cos(phi), sin * np.sin(phi), cos], axis=-1)


def isotropic(rng: np.random.Generator, n: int) -> Array:
    """Unit vectors uniform on the sphere: normalised Gaussian vectors."""
    v = rng.normal(size=(n, 3))
    return v / np.linalg.norm(v, axis=1, keepdims=True)


def breakup_momentum_gev(mass: float, m1: float, m2: float) -> float:
    """Kallen's formula with squared masses, not factored."""
    a, b, c = mass**2, m1**2, m2**2
    return float(np.sqrt(a**2 + b**2 + c**2 - 2 * (a * b + a * c + b * c)) / (2 * mass))


def isotropic_decay(
    rng: np.random.Generator, parent_momentum_gev: Array, masses_gev: tuple[float, float, float]
) -> tuple[Array, Array]:
    """Four-vectors of both daughters, isotropic in the parent's rest frame, each boosted for itself.

    masses_gev: of the parent, the first and the second daughter.
    """
    mass, m1, m2 = masses_gev
    p = breakup_momentum_gev(mass, m1, m2) * isotropic(rng, len(parent_momentum_gev))
    daughters = four_vector(p, m1), four_vector(-p, m2)
    return tuple(boost(p4, parent_momentum_gev, mass) for p4 in daughters)

"""Three-momenta of particles as arrays, and decays in flight: from the rest frame to the laboratory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feebly.core.interfaces import FloatArray


@dataclass(frozen=True, slots=True)
class Momenta:
    """Three-momenta [GeV] as arrays x, y, z of one shape."""

    x: FloatArray
    y: FloatArray
    z: FloatArray

    @property
    def squared(self) -> FloatArray:
        return np.asarray(self.x**2 + self.y**2 + self.z**2)

    def dot(self, other: Momenta) -> FloatArray:
        return np.asarray(self.x * other.x + self.y * other.y + self.z * other.z)

    def __add__(self, other: Momenta) -> Momenta:
        return Momenta(self.x + other.x, self.y + other.y, self.z + other.z)

    def __sub__(self, other: Momenta) -> Momenta:
        return Momenta(self.x - other.x, self.y - other.y, self.z - other.z)


def from_slopes(momentum: FloatArray, tx: FloatArray, ty: FloatArray) -> Momenta:
    """Momenta [GeV] of this size along +z with slopes dx/dz and dy/dz."""
    pz = momentum / np.sqrt(1 + tx**2 + ty**2)
    return Momenta(tx * pz, ty * pz, pz)


def daughter_in_flight(
    parent: Momenta, parent_mass_gev: float | FloatArray, energy_gev: FloatArray, rest: Momenta
) -> Momenta:
    """A daughter in the laboratory.

    energy_gev, rest: its energy and momentum in the rest frame of the parent, whose axes are two across the
    flight of the parent, of which the first has no y, and the flight.
    """
    p2 = parent.squared
    p = np.sqrt(p2)
    gamma, beta_gamma = np.sqrt(p2 + parent_mass_gev**2) / parent_mass_gev, p / parent_mass_gev
    along = gamma * rest.z + beta_gamma * energy_gev
    kx, ky, kz = parent.x / p, parent.y / p, parent.z / p
    norm = np.hypot(kx, kz)
    ux, uz = kz / norm, -kx / norm
    return Momenta(
        along * kx + rest.x * ux + rest.y * ky * uz,
        along * ky + rest.y * (kz * ux - kx * uz),
        along * kz + rest.x * uz - rest.y * ky * ux,
    )


def isotropic(momentum_gev: FloatArray, u_cos: FloatArray, u_phi: FloatArray) -> Momenta:
    """Momenta of this size in all directions, from two uniform numbers in (0, 1)."""
    cos, phi = 2 * u_cos - 1, 2 * np.pi * u_phi
    across = momentum_gev * np.sqrt(1 - cos**2)
    return Momenta(across * np.cos(phi), across * np.sin(phi), momentum_gev * cos)

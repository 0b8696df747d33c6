"""Three-momenta of particles as arrays, and decays in flight: from the rest frame to the laboratory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feebly.core.interfaces import FloatArray
from feebly.physics.kinematics.two_body import kallen_gev4


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

    def __getitem__(self, kept: NDArray[Any]) -> Momenta:
        """Those at these indices, or where a mask is true."""
        return Momenta(self.x[kept], self.y[kept], self.z[kept])

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


def two_body_in_flight(
    parent: Momenta,
    parent_mass_gev: float | FloatArray,
    masses_gev: tuple[float | FloatArray, float | FloatArray],
    random: np.random.Generator,
) -> tuple[Momenta, Momenta]:
    """Both daughters of an isotropic decay, in the laboratory; at rest in the parent where it is closed."""
    square = np.maximum(kallen_gev4(parent_mass_gev, *masses_gev), 0.0)
    momentum = np.broadcast_to(np.sqrt(square) / (2 * parent_mass_gev), parent.x.shape)
    rest = isotropic(momentum, random.random(parent.x.size), random.random(parent.x.size))
    one = daughter_in_flight(parent, parent_mass_gev, np.hypot(momentum, masses_gev[0]), rest)
    return one, parent - one


def invariant_mass_gev(particles: Sequence[tuple[Momenta, float]]) -> FloatArray:
    """Mass [GeV] of particles together, each with its own; zero where rounding makes its square negative."""
    total = reduce(Momenta.__add__, (momenta for momenta, _ in particles))
    energy = sum(np.sqrt(momenta.squared + mass**2) for momenta, mass in particles)
    return np.sqrt(np.maximum(np.asarray(energy) ** 2 - total.squared, 0.0))

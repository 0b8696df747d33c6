"""Production of a user's model: a channel of a shipped model times a factor, which may depend on mass."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.errors import ConfigError, DomainError
from feebly.core.interfaces import FloatArray, ProductionChannel, Sampling
from feebly.core.provenance import Origin
from feebly.physics.models.user_model import CouplingScale


@dataclass(frozen=True, eq=False)
class MassFactor:
    """Factor against mass [GeV], interpolated linearly against ln m; a number is a table of one factor.

    DomainError outside the masses of the table.
    """

    value: FloatArray
    mass_gev: FloatArray | None = None

    @classmethod
    def constant(cls, value: float) -> MassFactor:
        """The same factor at all masses."""
        if not 0 <= value < math.inf:
            raise ConfigError(f"factor = {value:g}: expected zero or a positive number")
        return cls(np.array([value]))

    def __call__(self, mass_gev: ArrayLike) -> FloatArray:
        mass = np.asarray(mass_gev, float)
        if self.mass_gev is None:
            return np.full(mass.shape, self.value[0])
        low, high = self.mass_gev[[0, -1]]
        outside = mass[(mass < low) | (mass > high)]
        if outside.size:
            raise DomainError(
                f"mass {float(outside.flat[0]):g} GeV: the table of factors ends at {low:g} and {high:g} GeV"
            )
        return np.interp(np.log(mass), np.log(self.mass_gev), self.value)

    @property
    def range_gev(self) -> tuple[float, float]:
        """Masses for which there is a factor."""
        if self.mass_gev is None:
            return 0.0, math.inf
        return float(self.mass_gev[0]), float(self.mass_gev[-1])

    def __str__(self) -> str:
        if self.mass_gev is None:
            return f"{self.value[0]:g}"
        return f"table of {self.value.size} masses, {self.value.min():.3g} to {self.value.max():.3g}"


@dataclass(frozen=True, eq=False)
class BorrowedProduction:
    """``factor`` times the rate of ``channel`` at coupling 1, times the user's own (g/reference)^power.

    Kinematics, spectrum and importance map are those of ``channel``: its tables are shared. like: its name as
    MODEL/TAG; origin: of the factor.
    """

    tag: str
    like: str
    channel: ProductionChannel
    factor: MassFactor
    coupling: CouplingScale
    origin: Origin

    @property
    def parent(self) -> str | None:
        return self.channel.parent

    def mass_range_gev(self, model_range_gev: tuple[float, float]) -> tuple[float, float]:
        """Masses that the borrowed channel can make and for which there is a factor."""
        (low, high), (first, last) = self.channel.mass_range_gev(model_range_gev), self.factor.range_gev
        return max(low, first), min(high, last)

    def sampling(self) -> Sampling:
        return self.channel.sampling()

    @property
    def numbers(self) -> tuple[str, Origin]:
        return f"{self.factor} x {self.like} ({self.channel.numbers[0]})", self.origin

    def rate(self, mass_gev: ArrayLike, coupling: ArrayLike, multiplicity: float | None = None) -> FloatArray:
        """Particles per POT."""
        of_one = self.channel.rate(mass_gev, 1.0, multiplicity)
        return np.asarray(self.factor(mass_gev) * self.coupling.factor(coupling) * of_one)

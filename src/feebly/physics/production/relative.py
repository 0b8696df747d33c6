"""Rates of a model's production for tables of others: relative to their reference, or per particle."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.errors import DataError
from feebly.core.interfaces import FloatArray, ProductionChannel, Sampling
from feebly.core.provenance import Origin
from feebly.physics.production.totals import particles_per_unit


@dataclass(frozen=True, eq=False)
class RelativeProduction:
    """``own`` over ``reference`` at its coupling: the factor on a table that was made for the reference.

    masses: for which the table has numbers. DataError where the two do not make the same particles: other
    kinematics would have another table.
    """

    own: ProductionChannel
    reference: ProductionChannel
    coupling: float
    masses: tuple[float, float]

    def __post_init__(self) -> None:
        one, other = self.own.sampling(), self.reference.sampling()
        if one != other:
            names = [n for n in getattr(one, "__slots__", ()) if getattr(one, n) != getattr(other, n, None)]
            told = ", ".join(f"{n} {getattr(one, n)!r} for {getattr(other, n, None)!r}" for n in names)
            raise DataError(
                f"production {self.own.tag!r} has other kinematics than that of the table ({told}): its "
                "numbers do not hold there; choose a preset with those of the table"
            )

    @property
    def tag(self) -> str:
        return self.own.tag

    @property
    def parent(self) -> str | None:
        """None: the multiplicity is in the table."""
        return None

    def mass_range_gev(self, model_range_gev: tuple[float, float]) -> tuple[float, float]:
        """Masses of both channels and of the table."""
        ranges = [self.own.mass_range_gev(model_range_gev), self.reference.mass_range_gev((0.0, np.inf))]
        lows, highs = zip(*ranges, self.masses, strict=True)
        return max(lows), min(highs)

    def sampling(self) -> Sampling:
        return self.own.sampling()

    @property
    def numbers(self) -> tuple[str, Origin]:
        text, origin = self.own.numbers
        return f"rate over that of the table; {text}", origin

    def rate(self, mass_gev: ArrayLike, coupling: ArrayLike, multiplicity: float | None = None) -> FloatArray:
        """Rate over that of the reference; the multiplicity of a parent is the same in both."""
        ours, theirs = (1.0 if channel.parent else None for channel in (self.own, self.reference))
        of_table = self.reference.rate(mass_gev, self.coupling, theirs)
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = self.own.rate(mass_gev, coupling, ours) / of_table
        return np.where(of_table > 0, ratio, 0.0)


@dataclass(frozen=True, eq=False)
class CountedProduction:
    """Particles that ``own`` makes in all, for a table of events per produced particle over ``masses``."""

    own: ProductionChannel
    masses: tuple[float, float]

    @property
    def tag(self) -> str:
        return self.own.tag

    @property
    def parent(self) -> str | None:
        return self.own.parent

    def mass_range_gev(self, model_range_gev: tuple[float, float]) -> tuple[float, float]:
        """Masses of the channel and of the table."""
        low, high = self.own.mass_range_gev(model_range_gev)
        return max(low, self.masses[0]), min(high, self.masses[1])

    def sampling(self) -> Sampling:
        return self.own.sampling()

    @property
    def numbers(self) -> tuple[str, Origin]:
        return self.own.numbers

    def rate(self, mass_gev: ArrayLike, coupling: ArrayLike, multiplicity: float | None = None) -> FloatArray:
        """Particles of any direction and energy per POT; DataError for a production without a total."""
        mass = np.asarray(mass_gev, float)
        distinct, index = np.unique(mass, return_inverse=True)
        unit = np.array([_per_unit(self.sampling(), float(m)) for m in distinct])
        if np.isnan(unit).any():
            raise DataError(
                f"production {self.tag!r} has no known number of particles in all: a table per produced "
                "particle cannot be used"
            )
        per_unit = unit[index.reshape(-1)].reshape(mass.shape)
        return np.asarray(self.own.rate(mass, coupling, multiplicity) * per_unit)


@cache
def _per_unit(sampling: Sampling, mass_gev: float) -> float:
    return particles_per_unit(sampling, mass_gev)

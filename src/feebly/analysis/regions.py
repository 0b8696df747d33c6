"""Signal and control regions in the plane (Z_TAX, CDA_TAX), with what was seen in them.

Z_TAX, CDA_TAX: closest approach of the line of the total momentum to the nominal axis. Metres; edges are
outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feebly.analysis.background import Background
from feebly.core.provenance import Origin
from feebly.core.records import require, require_not_negative, require_positive

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Box:
    """``z_min_m`` < z < ``z_max_m`` and CDA < ``cda_max_m``."""

    z_min_m: float
    z_max_m: float
    cda_max_m: float
    kind: Literal["box"] = "box"

    def __post_init__(self) -> None:
        require(self.z_max_m > self.z_min_m, self, "z_max_m", f"more than z_min_m = {self.z_min_m}")
        require_positive(self, "cda_max_m")

    def contains(self, z_m: ArrayLike, cda_m: ArrayLike) -> BoolArray:
        """Whether points are inside; broadcasts."""
        z, cda = np.asarray(z_m, float), np.asarray(cda_m, float)
        return np.asarray((self.z_min_m < z) & (z < self.z_max_m) & (cda < self.cda_max_m))


@dataclass(frozen=True, slots=True)
class Ellipse:
    """((z - centre) / z half axis)^2 + (CDA / CDA half axis)^2 < 1."""

    z_centre_m: float
    z_half_axis_m: float
    cda_half_axis_m: float
    kind: Literal["ellipse"] = "ellipse"

    def __post_init__(self) -> None:
        require_positive(self, "z_half_axis_m", "cda_half_axis_m")

    def contains(self, z_m: ArrayLike, cda_m: ArrayLike) -> BoolArray:
        """Whether points are inside; broadcasts."""
        u = (np.asarray(z_m, float) - self.z_centre_m) / self.z_half_axis_m
        v = np.asarray(cda_m, float) / self.cda_half_axis_m
        return np.asarray(u**2 + v**2 < 1)


RegionShape = Box | Ellipse


@dataclass(frozen=True, slots=True)
class ObservedEvent:
    """An event seen at ``mass_gev``; it counts against mass hypotheses within +- ``mass_window_gev``."""

    mass_gev: float
    mass_window_gev: float
    origin: Origin

    def __post_init__(self) -> None:
        require_positive(self, "mass_gev", "mass_window_gev")


@dataclass(frozen=True, slots=True)
class Region:
    """A counting region: shape, expected background and, unless it is a projection, observed events.

    ``observed`` counts all events; ``events`` lists those with a known mass. A control region is what lies
    inside its shape and outside the signal region.
    """

    name: str
    shape: RegionShape
    shape_origin: Origin
    background: Background
    observed: int | None = None
    events: tuple[ObservedEvent, ...] = ()

    def __post_init__(self) -> None:
        seen = self.observed
        require(seen is None or seen >= 0, self, "observed", "zero or a positive whole number")
        listed = len(self.events)
        require(listed <= (seen or 0), self, "observed", f"at least the {listed} of the listed events")

    def contains(self, z_m: ArrayLike, cda_m: ArrayLike) -> BoolArray:
        """Whether points are inside the shape; broadcasts."""
        return self.shape.contains(z_m, cda_m)

    def observed_at(self, mass_gev: ArrayLike) -> NDArray[np.int64]:
        """Observed events that count at each mass hypothesis.

        An event with a known mass counts within its window (edges included), an event without one at every
        mass. `ValueError` for a projection, which has observed nothing.
        """
        if self.observed is None:
            raise ValueError(f"region {self.name} of a projection has no observed count")
        mass = np.asarray(mass_gev, float)
        n = np.full(mass.shape, self.observed - len(self.events), dtype=np.int64)
        for event in self.events:
            n += np.abs(mass - event.mass_gev) <= event.mass_window_gev
        return n


@dataclass(frozen=True, slots=True)
class ValidationRegion:
    """A published count outside SR and CR, for tests of the background; its extent was not published."""

    name: str
    background: Background
    observed: int

    def __post_init__(self) -> None:
        require_not_negative(self, "observed")

"""Production with a fixed branching ratio of the parent, whatever the model says of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.errors import ConfigError
from feebly.core.interfaces import FloatArray, ProductionChannel, Sampling
from feebly.core.provenance import Origin


@dataclass(frozen=True, eq=False)
class FixedRate:
    """``channel`` with the branching ratio ``total`` of its parent, shared with ``group``.

    group: channels of the same parent, ``channel`` among them. Each has the share of its own rate in that of
    all at the same mass: B -> K X and B -> K* X keep the ratio that the model gives them.
    """

    channel: ProductionChannel
    group: tuple[ProductionChannel, ...]
    total: float

    def __post_init__(self) -> None:
        if not 0 < self.total <= 1:
            raise ConfigError(f"branching ratio {self.total:g} of the production: expected 0 to 1, e.g. 1e-9")
        if self.channel.parent is None:
            raise ConfigError(
                f"production {self.tag!r} has no parent with a branching ratio to fix; take decays of mesons"
            )
        if parents := {other.parent for other in self.group} - {self.channel.parent}:
            others = ", ".join(sorted(map(str, parents)))
            raise ConfigError(
                f"production of {self.channel.parent} and {others}: one branching ratio needs one parent"
            )

    @property
    def tag(self) -> str:
        return self.channel.tag

    @property
    def parent(self) -> str | None:
        return self.channel.parent

    def mass_range_gev(self, model_range_gev: tuple[float, float]) -> tuple[float, float]:
        return self.channel.mass_range_gev(model_range_gev)

    def sampling(self) -> Sampling:
        return self.channel.sampling()

    @property
    def numbers(self) -> tuple[str, Origin]:
        together = " with ".join(other.tag for other in self.group)
        return f"BR = {self.total:g} ({together})", Origin("assumed", "asked for in the run")

    def rate(self, mass_gev: ArrayLike, coupling: ArrayLike, multiplicity: float | None = None) -> FloatArray:
        """Particles per POT: multiplicity × BR × share; does not depend on the coupling."""
        if multiplicity is None:
            raise ConfigError(f"production {self.tag!r} needs the multiplicity of its parent {self.parent!r}")
        mass = np.asarray(mass_gev, float)
        rates = [np.asarray(other.rate(mass, 1.0, 1.0)) for other in self.group]
        of_all = np.sum(rates, axis=0)
        share = self.channel.rate(mass, 1.0, 1.0) / np.where(of_all > 0, of_all, 1.0)
        shape = np.broadcast_shapes(share.shape, np.shape(coupling))
        return np.broadcast_to(multiplicity * self.total * share, shape).copy()

"""A particle of free lifetime and fixed branching ratio: what a search says of any model of its kind.

The place of the coupling is taken by the proper decay length c τ.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import HBARC_GEV_M
from feebly.core.errors import unknown
from feebly.core.interfaces import DefaultGrid, FloatArray, Model
from feebly.core.provenance import Origin
from feebly.core.records import require
from feebly.physics.models.domain import checked_coupling, checked_mass_gev

CTAU = "ctau-m"
"""Name of the proper decay length [m] where it takes the place of the coupling."""


@dataclass(frozen=True)
class FreeLifetime:
    """The particle of ``base`` with cτ as its coupling and given branching ratios at every mass.

    Of ``base`` only the range of masses and the thresholds are kept. ratios: by final state, their sum at
    most one. Raises DomainError for masses out of range, ConfigError for unknown channels.
    """

    base: Model
    ratios: dict[str, float]
    ctau_range_m: tuple[float, float, int] = field(default=(1e-4, 1e6, 100))

    def __post_init__(self) -> None:
        for channel, ratio in self.ratios.items():
            self.base.threshold_gev(channel)
            require(0 < ratio <= 1, self, "ratios", f"{channel} above 0 and at most 1")
        require(sum(self.ratios.values()) <= 1 + 1e-9, self, "ratios", "a sum of at most 1")

    @property
    def tag(self) -> str:
        return self.base.tag

    @property
    def coupling_name(self) -> str:
        return CTAU

    @property
    def reference_coupling(self) -> float:
        """1 m: the rate does not depend on it."""
        return 1.0

    @property
    def spin_parity(self) -> str:
        return self.base.spin_parity

    @property
    def pdg_code(self) -> int:
        return self.base.pdg_code

    @property
    def mass_range_gev(self) -> tuple[float, float]:
        return self.base.mass_range_gev

    @property
    def default_grid(self) -> DefaultGrid:
        """Masses of the base model × 0.1 mm to 1000 km."""
        return DefaultGrid(self.base.default_grid.mass_gev, self.ctau_range_m)

    @property
    def width_source(self) -> tuple[str, Origin]:
        ratios = ", ".join(f"BR({tag}) = {ratio:g}" for tag, ratio in self.ratios.items())
        return f"free lifetime, {ratios}", Origin("assumed", "asked for in the run")

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(self.ratios)

    def threshold_gev(self, channel: str) -> float:
        """Mass at which the channel opens in the base model [GeV]."""
        self._ratio(channel)
        return self.base.threshold_gev(channel)

    def partial_width_gev(self, channel: str, mass_gev: ArrayLike, coupling: ArrayLike) -> FloatArray:
        """ħc/(cτ) × BR [GeV]; ``coupling`` is cτ [m]."""
        ratio = self.branching_ratio(channel, mass_gev, coupling)
        return np.asarray(ratio * HBARC_GEV_M / self.ctau_m(mass_gev, coupling))

    def branching_ratio(self, channel: str, mass_gev: ArrayLike, coupling: ArrayLike = 1.0) -> FloatArray:
        """The given ratio above threshold, zero below."""
        mass, ctau = self._mass(mass_gev), checked_coupling(coupling, CTAU)
        ratio = np.where(mass > self.threshold_gev(channel), self._ratio(channel), 0.0)
        return np.broadcast_to(ratio, np.broadcast_shapes(ratio.shape, ctau.shape)).copy()

    def ctau_m(self, mass_gev: ArrayLike, coupling: ArrayLike) -> FloatArray:
        """The coupling itself [m]."""
        mass, ctau = self._mass(mass_gev), checked_coupling(coupling, CTAU)
        return np.broadcast_to(ctau, np.broadcast_shapes(mass.shape, ctau.shape)).copy()

    def _ratio(self, channel: str) -> float:
        if channel not in self.ratios:
            raise unknown("channel", channel, self.ratios)
        return self.ratios[channel]

    def _mass(self, mass_gev: ArrayLike) -> FloatArray:
        return checked_mass_gev(mass_gev, self.mass_range_gev, self.tag)

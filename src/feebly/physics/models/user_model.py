"""A user's own particle: lifetime and branching ratios as a table, one coupling that scales them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import ELECTRON_MASS_GEV, HBARC_GEV_M, MUON_MASS_GEV, PION0_MASS_GEV
from feebly.core.errors import unknown
from feebly.core.interfaces import DefaultGrid, FloatArray
from feebly.core.provenance import Origin
from feebly.core.records import require, require_positive
from feebly.physics.formfactors.r_tables import THRESHOLD_GEV
from feebly.physics.models.decay_table import DecayTable
from feebly.physics.models.domain import checked_coupling, checked_mass_gev

UNLISTED = "unlisted"
"""Channel of the decays that no column names: what the branching ratios lack to one."""

_KNOWN_THRESHOLD_GEV: Mapping[str, float] = MappingProxyType(
    {
        **THRESHOLD_GEV,
        "ee": 2 * ELECTRON_MASS_GEV,
        "mumu": 2 * MUON_MASS_GEV,
        "gammagamma": 0.0,
        "3pi0": 3 * PION0_MASS_GEV,
    }
)


@dataclass(frozen=True, slots=True)
class CouplingScale:
    """The coupling of a user's model: its name, the range of a scan, the power with which widths grow.

    reference: value of the coupling that the tables are for.
    """

    name: str
    minimum: float
    maximum: float
    power: float = 2.0
    reference: float = 1.0

    def __post_init__(self) -> None:
        require_positive(self, "minimum", "power", "reference")
        require(self.minimum < self.maximum < np.inf, self, "maximum", f"a number above {self.minimum:g}")

    def factor(self, coupling: ArrayLike) -> FloatArray:
        """(coupling/reference)^power, what widths and rates of the reference are multiplied by."""
        return np.asarray((checked_coupling(coupling, self.name) / self.reference) ** self.power)


@dataclass(frozen=True, eq=False)
class UserModel:
    """Partial widths and lifetime of a particle whose table of decays is given; the ``Model`` of a run.

    tag: its name. table: at ``coupling.reference``. mass_range_gev: inside the table. origin, source: of the
    table. spin_parity: of the particle; "": all decays are uniform in phase space. Masses and couplings
    broadcast. Raises DomainError for masses outside the range, ConfigError for
    unknown channels.
    """

    tag: str
    coupling: CouplingScale
    table: DecayTable
    mass_range_gev: tuple[float, float]
    origin: Origin
    source: str = "table"
    pdg_code: int = 4900023
    spin_parity: str = ""
    grid_points: tuple[int, int] = field(default=(100, 100))

    def __post_init__(self) -> None:
        low, high = self.mass_range_gev
        first, last = float(self.table.mass_gev[0]), float(self.table.mass_gev[-1])
        inside = first <= low < high <= last
        require(inside, self, "mass_range_gev", f"two rising masses inside the table, {first:g}-{last:g} GeV")

    @property
    def coupling_name(self) -> str:
        return self.coupling.name

    @property
    def reference_coupling(self) -> float:
        """That of the table."""
        return self.coupling.reference

    @property
    def default_grid(self) -> DefaultGrid:
        """The model's masses × the couplings of its file."""
        (low, high), (masses, couplings) = self.mass_range_gev, self.grid_points
        # the low end of the range itself is excluded: it may be a threshold
        return DefaultGrid(
            (low * (1 + 1e-9), high, masses), (self.coupling.minimum, self.coupling.maximum, couplings)
        )

    @property
    def width_source(self) -> tuple[str, Origin]:
        return self.source, self.origin

    @property
    def channels(self) -> tuple[str, ...]:
        """The columns of the table, and ``unlisted`` for what they lack to one."""
        return (*self.table.ratios, UNLISTED)

    def threshold_gev(self, channel: str) -> float:
        """Sum of the masses of a known final state, or where the column of any other one begins [GeV].

        Never below where the column begins.
        """
        if self._known(channel) == UNLISTED:
            return 0.0
        begins = self.table.opening_gev(channel)
        known = _KNOWN_THRESHOLD_GEV.get(channel, 0.0)
        return max(begins, known) if begins > self.table.mass_gev[0] else known

    def total_width_gev(self, mass_gev: ArrayLike, coupling: ArrayLike) -> FloatArray:
        """Total width [GeV]."""
        mass = self._mass(mass_gev)
        return np.asarray(self.table.total_width_gev(mass) * self.coupling.factor(coupling))

    def partial_width_gev(self, channel: str, mass_gev: ArrayLike, coupling: ArrayLike) -> FloatArray:
        """Γ(X -> channel) [GeV]; zero below threshold."""
        ratio = self.branching_ratio(channel, mass_gev, coupling)
        return np.asarray(ratio * self.total_width_gev(mass_gev, coupling))

    def branching_ratio(self, channel: str, mass_gev: ArrayLike, coupling: ArrayLike = 1.0) -> FloatArray:
        """BR(X -> channel); does not depend on the coupling, which only sets the shape of the result."""
        mass, value = self._mass(mass_gev), checked_coupling(coupling, self.coupling.name)
        ratio = self._unlisted(mass) if self._known(channel) == UNLISTED else self._listed(channel, mass)
        return np.broadcast_to(ratio, np.broadcast_shapes(ratio.shape, value.shape)).copy()

    def ctau_m(self, mass_gev: ArrayLike, coupling: ArrayLike) -> FloatArray:
        """Proper decay length c τ = ħc/Γ [m]."""
        return np.asarray(HBARC_GEV_M / self.total_width_gev(mass_gev, coupling))

    def _listed(self, channel: str, mass: FloatArray) -> FloatArray:
        ratio = self.table.branching_ratio(channel, mass)
        return np.where(mass > self.threshold_gev(channel), ratio, 0.0)

    def _unlisted(self, mass: FloatArray) -> FloatArray:
        listed = np.sum([self._listed(channel, mass) for channel in self.table.ratios], axis=0)
        return np.asarray(np.maximum(1.0 - listed, 0.0))

    def _known(self, channel: str) -> str:
        if channel not in self.channels:
            raise unknown("channel", channel, self.channels)
        return channel

    def _mass(self, mass_gev: ArrayLike) -> FloatArray:
        low, high = self.mass_range_gev
        return checked_mass_gev(mass_gev, (low, high), self.tag)

"""Final states by tag: the one table of what a particle decays to.

The bodies are charged tracks first, positive and negative in turn, then photons, then pi0 and eta, which
decay to two photons each.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from feebly.core.constants import (
    ELECTRON_MASS_GEV,
    ETA_MASS_GEV,
    KAON_MASS_GEV,
    MUON_MASS_GEV,
    PION0_MASS_GEV,
    PION_MASS_GEV,
)
from feebly.core.errors import unknown


@dataclass(frozen=True, slots=True)
class Body:
    """A daughter: mass [GeV], PDG code, what it is to a detector, and its spin.

    kind: electron, muon, hadron decide which planes a track has to cross; photon; meson: it decays to two
    photons, in a share ``to_photons`` of its decays.
    """

    mass_gev: float
    pdg: int
    kind: str
    spin: float = 0.0
    to_photons: float = 1.0


_E_PLUS, _E_MINUS = (Body(ELECTRON_MASS_GEV, pdg, "electron", 0.5) for pdg in (-11, 11))
_MU_PLUS, _MU_MINUS = (Body(MUON_MASS_GEV, pdg, "muon", 0.5) for pdg in (-13, 13))
_PI_PLUS, _PI_MINUS = (Body(PION_MASS_GEV, pdg, "hadron") for pdg in (211, -211))
_K_PLUS, _K_MINUS = (Body(KAON_MASS_GEV, pdg, "hadron") for pdg in (321, -321))
_GAMMA = Body(0.0, 22, "photon", 1.0)
# BR(pi0, eta -> gamma gamma): PDG 2024
_PI0, _ETA = Body(PION0_MASS_GEV, 111, "meson", 0.0, 0.98823), Body(ETA_MASS_GEV, 221, "meson", 0.0, 0.3936)


@dataclass(frozen=True, slots=True)
class Channel:
    """One final state.

    dynamics: matrix element by the spin and parity of the parent ("1-", "0+", "0-"), flat where none is
    named; options: further ones that make sense, likewise.
    """

    tag: str
    bodies: tuple[Body, ...]
    dynamics: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def masses_gev(self) -> tuple[float, ...]:
        return tuple(body.mass_gev for body in self.bodies)

    @property
    def tracks(self) -> tuple[str, ...]:
        """Kinds of the charged daughters, positive and negative in turn."""
        return tuple(body.kind for body in self.bodies if body.kind not in ("photon", "meson"))

    @property
    def photons(self) -> int:
        """Photons in the detector, those of pi0 and eta included."""
        return self._count("photon") + 2 * self._count("meson")

    @property
    def parts(self) -> tuple[int, int, int]:
        """Numbers of tracks, of photons that are daughters, and of pi0 and eta."""
        return len(self.tracks), self._count("photon"), self._count("meson")

    def _count(self, kind: str) -> int:
        return sum(body.kind == kind for body in self.bodies)

    @property
    def to_photons(self) -> float:
        """Share of the decays in which all pi0 and eta decay to two photons."""
        return math.prod(body.to_photons for body in self.bodies)

    def matrix_element(self, spin_parity: str) -> str:
        """Name of the matrix element for a parent of this spin and parity."""
        return self.dynamics.get(spin_parity, "flat")

    def matrix_elements(self, spin_parity: str) -> tuple[str, ...]:
        """All that a parent of this spin and parity may have, the usual one first."""
        return (self.matrix_element(spin_parity), *self.options.get(spin_parity, ()))


_PIPI = (_PI_PLUS, _PI_MINUS)
CHANNELS: Mapping[str, Channel] = MappingProxyType(
    {
        channel.tag: channel
        for channel in (
            Channel("ee", (_E_PLUS, _E_MINUS)),
            Channel("mumu", (_MU_PLUS, _MU_MINUS)),
            Channel("pipi", _PIPI),
            Channel("kk", (_K_PLUS, _K_MINUS)),
            Channel("pipigamma", (*_PIPI, _GAMMA), {"0-": "rho-gamma"}, {"0-": ("flat",)}),
            Channel("3pi", (*_PIPI, _PI0), {"1-": "vector-3pi"}, {"1-": ("flat",), "0-": ("slope",)}),
            Channel("2pi2pi0", (*_PIPI, _PI0, _PI0), {}, {"1-": ("omega-pi0",)}),
            Channel("4pi", (*_PIPI, *_PIPI), {}, {"1-": ("a1-pi",)}),
            Channel("pipieta", (*_PIPI, _ETA)),
            Channel("kkpi0", (_K_PLUS, _K_MINUS, _PI0)),
            Channel("gammagamma", (_GAMMA, _GAMMA)),
            Channel("3pi0", (_PI0, _PI0, _PI0)),
            Channel("pi0pi0eta", (_PI0, _PI0, _ETA)),
        )
    }
)
"""By tag. 4pi is pi+ pi- pi+ pi-."""

CHARGED_DAUGHTERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {tag: channel.tracks for tag, channel in CHANNELS.items()}
)
"""What each track is to a detector: it decides which planes it has to cross."""


def channel_of(final_state: str) -> Channel:
    """The final state of that tag; ConfigError for an unknown one."""
    if final_state not in CHANNELS:
        raise unknown("final state", final_state, CHANNELS)
    return CHANNELS[final_state]


def daughter_masses_gev(final_state: str) -> tuple[float, ...]:
    """Masses [GeV] of the daughters."""
    return channel_of(final_state).masses_gev

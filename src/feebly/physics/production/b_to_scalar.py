"""B mesons to a dark scalar: B -> K S for every kaon state, or the inclusive b -> s S."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import pi
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import (
    ABS_V_TB,
    ABS_V_TS,
    B0_LIFETIME_S,
    BOTTOM_MASS_GEV,
    BPLUS_LIFETIME_S,
    BPLUS_MASS_GEV,
    HBAR_GEV_S,
    HIGGS_VEV_GEV,
    TOP_MASS_GEV,
)
from feebly.core.errors import ConfigError, unknown
from feebly.core.interfaces import FloatArray, MesonDecaySampling
from feebly.core.provenance import Origin
from feebly.physics.formfactors.b_to_kaon import KAON_STATES, kaon_state
from feebly.physics.kinematics.two_body import kallen_gev4

C_BS = 3 * BOTTOM_MASS_GEV * TOP_MASS_GEV**2 * ABS_V_TS * ABS_V_TB / (16 * pi**2 * HIGGS_VEV_GEV**3)
"""|C_bs| of L = C_bs sin θ S s_L b_R + h.c., the loop of a top quark and a W; 1809.01876.

With the running top mass (163 GeV) rates are 20% smaller.
"""

_LIFETIME_S = {"B+": BPLUS_LIFETIME_S, "B0": B0_LIFETIME_S, "B": (BPLUS_LIFETIME_S + B0_LIFETIME_S) / 2}

EXCLUSIVE = tuple(KAON_STATES)
"""Kaon states of the exclusive sum, 3.9 sin²θ for a light S; 0.4 of it K*(1410) and K*(1680)."""


def width_b_to_kaon_gev(state: str, mass_gev: ArrayLike) -> FloatArray:
    """Γ(B -> X S)/sin²θ [GeV] = |C_bs M_X|² √λ(m_B², m_X², m²)/(16π m_B³); zero above m_B - m_X.

    state: key of `KAON_STATES`; the same for B+ and B0 (isospin).
    """
    mass, kaon = np.asarray(mass_gev, float), kaon_state(state)
    end = BPLUS_MASS_GEV - kaon.mass_gev
    m = np.minimum(mass, end)
    root = np.sqrt(np.maximum(kallen_gev4(BPLUS_MASS_GEV, kaon.mass_gev, m), 0.0))
    width = (C_BS * kaon.matrix_element_gev(m**2)) ** 2 * root / (16 * pi * BPLUS_MASS_GEV**3)
    return np.where(mass < end, width, 0.0)


def b_lifetime_s(parent: str) -> float:
    """Lifetime [s] of ``B+``, ``B0``, or the mean of both, ``B``."""
    if parent not in _LIFETIME_S:
        raise unknown("B meson", parent, _LIFETIME_S)
    return _LIFETIME_S[parent]


def br_b_to_kaon(state: str, mass_gev: ArrayLike, parent: str = "B+") -> FloatArray:
    """BR(B -> X S)/sin²θ of ``B+``, ``B0``, or the mean of both, ``B``."""
    return np.asarray(width_b_to_kaon_gev(state, mass_gev) * b_lifetime_s(parent) / HBAR_GEV_S)


def br_exclusive(mass_gev: ArrayLike, parent: str = "B+") -> FloatArray:
    """Σ_X BR(B -> X S)/sin²θ over the states of :data:`EXCLUSIVE`."""
    return np.asarray(sum(br_b_to_kaon(state, mass_gev, parent) for state in EXCLUSIVE))


def br_inclusive(mass_gev: ArrayLike) -> FloatArray:
    """BR(b -> s S)/sin²θ = 5.6 (1 - m²/m_B²)², 1710.09387: 1.45 times the exclusive sum; zero above m_B."""
    x = (np.asarray(mass_gev, float) / BPLUS_MASS_GEV) ** 2
    return np.asarray(5.6 * np.maximum(1 - x, 0.0) ** 2)


INCLUSIVE = "inclusive"
_INCLUSIVE_RECOIL = "kstar892"  # an inclusive rate has no recoil mass: that of the K*(892) stands for it


@dataclass(frozen=True)
class BToScalar:
    """Production channel B -> X S of the B+ and B0 of the beam-target spectrum.

    state: a key of `KAON_STATES`, or ``inclusive``. Isotropic, as the decay of a spinless meson is.
    """

    state: str

    def __post_init__(self) -> None:
        if self.state not in (*KAON_STATES, INCLUSIVE):
            raise unknown("kaon state", self.state, (*KAON_STATES, INCLUSIVE))

    @property
    def tag(self) -> str:
        return f"b-{self.state}"

    @property
    def parent(self) -> str:
        return "B"

    @property
    def recoil_mass_gev(self) -> float:
        return kaon_state(_INCLUSIVE_RECOIL if self.state == INCLUSIVE else self.state).mass_gev

    def mass_range_gev(self, model_range_gev: tuple[float, float]) -> tuple[float, float]:
        """Up to the mass difference of B and recoil."""
        low, high = model_range_gev
        return low, min(BPLUS_MASS_GEV - self.recoil_mass_gev, high)

    def sampling(self) -> MesonDecaySampling:
        return MesonDecaySampling(self.parent, BPLUS_MASS_GEV, self.recoil_mass_gev)

    @property
    def numbers(self) -> tuple[str, Origin]:
        if self.state == INCLUSIVE:
            return "BR = 5.6 sin^2 theta (1 - m^2/m_B^2)^2, recoil of a K*(892)", Origin(
                "published", "1710.09387"
            )
        source = "form factor as in 1904.10447 (10-20%), loop of 1809.01876"
        return f"BR(B -> {kaon_state(self.state).name} S), |C_bs| = {C_BS:.4g}", Origin("published", source)

    def branching_ratio(self, mass_gev: ArrayLike) -> FloatArray:
        """BR(B -> X S)/sin²θ, the mean of B+ and B0; zero where the decay is closed."""
        if self.state == INCLUSIVE:
            return br_inclusive(mass_gev)
        return br_b_to_kaon(self.state, mass_gev, self.parent)

    def rate(self, mass_gev: ArrayLike, coupling: ArrayLike, multiplicity: float | None = None) -> FloatArray:
        """S per POT: B+ and B0 per POT × sin²θ × BR/sin²θ."""
        if multiplicity is None:
            raise ConfigError(f"production {self.tag!r} needs the multiplicity of its parent {self.parent!r}")
        return np.asarray(multiplicity * np.asarray(coupling, float) ** 2 * self.branching_ratio(mass_gev))


SCALAR_CHANNELS: Mapping[str, BToScalar] = MappingProxyType(
    {channel.tag: channel for channel in map(BToScalar, (*KAON_STATES, INCLUSIVE))}
)
"""Production channels of the dark scalar by tag."""

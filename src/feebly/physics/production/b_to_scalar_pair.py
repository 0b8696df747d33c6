"""B -> X S S and Bs -> S S through a virtual Higgs boson (PBC benchmark BC5): L = -λ v h S²."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import pi
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import (
    BOTTOM_MASS_GEV,
    BPLUS_MASS_GEV,
    BS_DECAY_CONSTANT_GEV,
    BS_LIFETIME_S,
    BS_MASS_GEV,
    HBAR_GEV_S,
    HIGGS_MASS_GEV,
    HIGGS_VEV_GEV,
    HIGGS_WIDTH_GEV,
    STRANGE_MASS_GEV,
)
from feebly.core.errors import ConfigError, unknown
from feebly.core.interfaces import FloatArray, PairDecaySampling
from feebly.core.provenance import Origin
from feebly.physics.formfactors.b_to_kaon import KAON_STATES, kaon_state
from feebly.physics.kinematics.quadrature import between
from feebly.physics.kinematics.two_body import kallen_gev4
from feebly.physics.production.b_to_scalar import C_BS, b_lifetime_s

DEFAULT_HIGGS_BR = 1e-2
"""BR(h -> S S) of BC5 in the Physics Beyond Colliders study (1901.09966)."""
_NODES, _FINE = 24, 96  # in q²: 6e-7 of the width; enough for a smooth distribution of the energy
_QUANTILES = 1025


def quartic_coupling(higgs_br: ArrayLike, mass_gev: ArrayLike) -> FloatArray:
    """λ of L = -λ v h S² from BR(h -> S S) = λ² v² √(1 - 4m²/m_h²)/(8π m_h Γ_h); Γ_h without S S."""
    beta = np.sqrt(1 - (2 * np.asarray(mass_gev, float) / HIGGS_MASS_GEV) ** 2)
    square = np.asarray(higgs_br, float) * HIGGS_WIDTH_GEV * 8 * pi * HIGGS_MASS_GEV / HIGGS_VEV_GEV**2 / beta
    return np.asarray(np.sqrt(square))


def _amplitude(q2: ArrayLike) -> FloatArray:
    """C_bs 2λv/(q² - m_h²) at λ = 1 [1/GeV]: b -> s h* -> s S S."""
    return np.asarray(C_BS * 2 * HIGGS_VEV_GEV / (np.asarray(q2, float) - HIGGS_MASS_GEV**2))


def pair_spectrum_gev_m1(state: str, q2_gev2: ArrayLike, mass_gev: ArrayLike) -> FloatArray:
    """dΓ(B -> X S S)/dq²/λ² [1/GeV], q² of the two S: two-body decay to X and a Higgs boson of mass² q².

    1/(512π³ m_B³) (C_bs 2v/(q² - m_h²))² |M_X(q²)|² √λ(m_B², m_X², q²) √(1 - 4m²/q²), with ½ for identical
    S; zero outside 2m < √q² < m_B - m_X. M_X: the matrix element of B -> X S (`KaonState`).
    """
    kaon, q2 = kaon_state(state), np.asarray(q2_gev2, float)
    low, high = (2 * np.asarray(mass_gev, float)) ** 2, (BPLUS_MASS_GEV - kaon.mass_gev) ** 2
    inside = np.clip(q2, low, np.maximum(low, high))
    root = np.sqrt(np.maximum(kallen_gev4(BPLUS_MASS_GEV, kaon.mass_gev, np.sqrt(inside)), 0.0))
    beta = np.sqrt(np.maximum(1 - low / inside, 0.0))
    element = _amplitude(inside) * kaon.matrix_element_gev(inside)
    width = element**2 * root * beta / (512 * pi**3 * BPLUS_MASS_GEV**3)
    return np.where((q2 > low) & (q2 < high), width, 0.0)


def _nodes(state: str, mass_gev: FloatArray, number: int = _NODES) -> tuple[FloatArray, FloatArray]:
    """q² [GeV²] and dΓ/λ² [GeV] of each node, the last axis; masses below (m_B - m_X)/2."""
    low, high = (2 * mass_gev[..., None]) ** 2, (BPLUS_MASS_GEV - kaon_state(state).mass_gev) ** 2
    q2, step = between(low, high, number)
    return q2, pair_spectrum_gev_m1(state, q2, mass_gev[..., None]) * step


def br_b_to_kaon_pair(state: str, mass_gev: ArrayLike, parent: str = "B+") -> FloatArray:
    """BR(B -> X S S)/λ² of ``B+``, ``B0``, or the mean of both, ``B``; zero above (m_B - m_X)/2."""
    mass, end = np.asarray(mass_gev, float), (BPLUS_MASS_GEV - kaon_state(state).mass_gev) / 2
    width = _nodes(state, np.minimum(mass, end))[1].sum(axis=-1)
    return np.where(mass < end, width * b_lifetime_s(parent) / HBAR_GEV_S, 0.0)


def br_bs_to_pair(mass_gev: ArrayLike, decay_constant_gev: ArrayLike = BS_DECAY_CONSTANT_GEV) -> FloatArray:
    """BR(Bs -> S S)/λ², ½ for identical S; <0|s γ5 b|Bs> = f m²/(m_b + m_s); zero above m_Bs/2."""
    x = (2 * np.asarray(mass_gev, float) / BS_MASS_GEV) ** 2
    element = np.asarray(decay_constant_gev) * BS_MASS_GEV**2 / (2 * (BOTTOM_MASS_GEV + STRANGE_MASS_GEV))
    width = 0.5 * (_amplitude(BS_MASS_GEV**2) * element) ** 2 / (16 * pi * BS_MASS_GEV)
    return np.asarray(width * np.sqrt(np.maximum(1 - x, 0.0)) * BS_LIFETIME_S / HBAR_GEV_S)


def pair_energy_quantiles_gev(state: str | None, mass_gev: float) -> FloatArray:
    """Energies of one S in the rest frame of the parent, at equal steps of the probability from 0 to 1.

    state None: Bs -> S S, one energy. Else the flat distribution of each q² (isotropic in the frame of the
    two S) summed over the spectrum.
    """
    if state is None:
        return np.full(2, BS_MASS_GEV / 2)
    q2, weight = _nodes(state, np.asarray(mass_gev, float), _FINE)
    energy = (BPLUS_MASS_GEV**2 + q2 - kaon_state(state).mass_gev ** 2) / (2 * BPLUS_MASS_GEV)
    half = np.sqrt((energy**2 - q2) * np.maximum(1 - (2 * mass_gev) ** 2 / q2, 0.0)) / 2
    low, high = energy / 2 - half, energy / 2 + half
    grid = np.linspace(low.min(), high.max(), 4 * _QUANTILES)
    cumulative = np.clip((grid[:, None] - low) / np.maximum(high - low, 1e-12), 0, 1) @ weight / weight.sum()
    return np.interp(np.linspace(0, 1, _QUANTILES), cumulative, grid)


@dataclass(frozen=True)
class BToScalarPair:
    """Production channel B -> X S S (``state`` a key of `KAON_STATES`) or Bs -> S S (``None``).

    higgs_br: BR(h -> S S), which fixes λ; the rate does not depend on sin θ. Each decay makes two S.
    """

    state: str | None
    higgs_br: float = DEFAULT_HIGGS_BR

    def __post_init__(self) -> None:
        if self.state is not None and self.state not in KAON_STATES:
            raise unknown("kaon state", self.state, KAON_STATES)
        if not 0 < self.higgs_br < 1:
            raise ConfigError(f"higgs_br = {self.higgs_br:g}: expected a fraction between 0 and 1")

    @property
    def tag(self) -> str:
        return "bs-ss" if self.state is None else f"b-{self.state}-ss"

    @property
    def parent(self) -> str:
        return "Bs" if self.state is None else "B"

    @property
    def end_gev(self) -> float:
        """Largest mass of S."""
        if self.state is None:
            return BS_MASS_GEV / 2
        return (BPLUS_MASS_GEV - kaon_state(self.state).mass_gev) / 2

    def mass_range_gev(self, model_range_gev: tuple[float, float]) -> tuple[float, float]:
        """Up to half of what the parent leaves."""
        low, high = model_range_gev
        return low, min(self.end_gev, high)

    def sampling(self) -> PairDecaySampling:
        mass = BS_MASS_GEV if self.state is None else BPLUS_MASS_GEV
        return PairDecaySampling(self.parent, mass, self.end_gev, self.state)

    @property
    def numbers(self) -> tuple[str, Origin]:
        size = float(quartic_coupling(self.higgs_br, 0.0))
        coupling = f"lambda = {size:.4g}, BR(h -> S S) = {self.higgs_br:g}"
        if self.state is None:
            text = f"BR(Bs -> S S), f_Bs = {BS_DECAY_CONSTANT_GEV:g} GeV, {coupling}; two S each"
            return text, Origin("derived", "virtual Higgs boson, loop of 1809.01876; f_Bs of FLAG")
        text = f"BR(B -> {kaon_state(self.state).name} S S), {coupling}; two S each"
        return text, Origin(
            "derived", "virtual Higgs boson, loop of 1809.01876, form factor as in 1904.10447"
        )

    def branching_ratio(self, mass_gev: ArrayLike) -> FloatArray:
        """Branching ratio of the parent at the λ of ``higgs_br``."""
        per_square = (
            br_bs_to_pair(mass_gev)
            if self.state is None
            else br_b_to_kaon_pair(self.state, mass_gev, self.parent)
        )
        return np.asarray(per_square * quartic_coupling(self.higgs_br, mass_gev) ** 2)

    def rate(self, mass_gev: ArrayLike, coupling: ArrayLike, multiplicity: float | None = None) -> FloatArray:
        """S per POT: parents per POT × 2 × BR; ``coupling`` (sin θ) only sets the shape."""
        if multiplicity is None:
            raise ConfigError(f"production {self.tag!r} needs the multiplicity of its parent {self.parent!r}")
        per_pot = 2 * multiplicity * self.branching_ratio(mass_gev)
        return np.broadcast_to(per_pot, np.broadcast_shapes(per_pot.shape, np.shape(coupling))).copy()


def pair_channels(higgs_br: float) -> Mapping[str, BToScalarPair]:
    """Production channels by tag at one BR(h -> S S)."""
    channels = (BToScalarPair(state, higgs_br) for state in (*KAON_STATES, None))
    return MappingProxyType({channel.tag: channel for channel in channels})


PAIR_TAGS = tuple(pair_channels(DEFAULT_HIGGS_BR))
"""Tags of B -> X S S for each kaon state, and of Bs -> S S."""

"""Dark scalar S that mixes with the Higgs boson by an angle θ (PBC benchmark BC4): L = -sin θ (m_f/v) S f f.

All widths scale as sin²θ. Pairs of pions and kaons below 2 GeV follow from scalar form factors, quarks and
gluons above from perturbation theory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, pi
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import (
    ALPHA,
    BOTTOM_MASS_GEV,
    CHARM_MASS_GEV,
    D0_MASS_GEV,
    ELECTRON_MASS_GEV,
    HBARC_GEV_M,
    HIGGS_VEV_GEV,
    KAON_MASS_GEV,
    MUON_MASS_GEV,
    PION_MASS_GEV,
    STRANGE_MASS_GEV,
    TAU_MASS_GEV,
    TOP_MASS_GEV,
    W_MASS_GEV,
)
from feebly.core.errors import unknown
from feebly.core.interfaces import DefaultGrid, FloatArray
from feebly.core.provenance import Origin
from feebly.physics.formfactors.scalar_pairs import PAIR_MASS_GEV, PairCoupling, pair_coupling
from feebly.physics.formfactors.strong_coupling import alpha_s
from feebly.physics.formfactors.triangle import fermion_amplitude, vector_amplitude
from feebly.physics.models.domain import checked_coupling, checked_mass_gev
from feebly.physics.models.unit_widths import UnitWidths, unit_widths

LEPTON_MASS_GEV: Mapping[str, float] = {
    "ee": ELECTRON_MASS_GEV,
    "mumu": MUON_MASS_GEV,
    "tautau": TAU_MASS_GEV,
}
_LARGEST = "an angle of mixing has no larger sine"

SWITCH_GEV = 1.99
"""Mesons up to here, the end of the table of form factors; gluons and quarks above."""


def beta(mass_gev: ArrayLike, daughter_mass_gev: float) -> FloatArray:
    """Velocity of each of two equal daughters in the rest frame; zero below threshold."""
    x = (2 * daughter_mass_gev / np.asarray(mass_gev, float)) ** 2
    return np.asarray(np.sqrt(np.maximum(1 - x, 0.0)))


def fermion_width_gev(
    mass_gev: ArrayLike, coupled_mass_gev: float, threshold_mass_gev: float | None = None
) -> FloatArray:
    """Γ(S -> f f)/sin²θ [GeV] = m_f² m/(8π v²) β³ per colour; β of the fermion, or of its lightest hadron."""
    m = np.asarray(mass_gev, float)
    velocity = beta(m, coupled_mass_gev if threshold_mass_gev is None else threshold_mass_gev)
    return np.asarray(coupled_mass_gev**2 * m / (8 * pi * HIGGS_VEV_GEV**2) * velocity**3)


def pair_width_gev(meson: str, mass_gev: ArrayLike, coupling: PairCoupling) -> FloatArray:
    """Γ(S -> all pairs of pions, or of kaons)/sin²θ [GeV], below the end of the form factors; 1809.01876.

    3 |G_π|² β/(32π v² m) and |G_K|² β/(8π v² m): three pions or two complex kaons of one mass.
    """
    m = np.asarray(mass_gev, float)
    velocity = beta(m, PAIR_MASS_GEV[meson])
    share = {"pi": 3 / 32, "k": 1 / 8}[meson]
    return np.asarray(share * coupling(meson, m) ** 2 * velocity / (pi * HIGGS_VEV_GEV**2 * m))


def four_pion_width_gev(mass_gev: ArrayLike) -> FloatArray:
    """Γ(S -> 4π, ηη, ρρ, ...)/sin²θ [GeV] = C m³ √(1 - 16 m_π²/m²); 1809.01876.

    A model, made to meet the gluons at 2 GeV.
    """
    m = np.asarray(mass_gev, float)
    return np.asarray(5.1e-9 * m**3 * beta(m, 2 * PION_MASS_GEV))


def photon_width_gev(mass_gev: ArrayLike) -> FloatArray:
    """Γ(S -> γγ)/sin²θ [GeV] = α² m³/(256π³ v²) |A_1(W) + Σ N_c Q² A_½|²; c, b, t and charged leptons.

    The Higgs Hunter's Guide, section 2. Light quarks are left out: γγ is below 1e-3 of the total above 2 m_μ.
    """
    m = np.asarray(mass_gev, float)
    amplitude = vector_amplitude(_tau(m, W_MASS_GEV)) + sum(
        factor * fermion_amplitude(_tau(m, mass)) for factor, mass in _CHARGED
    )
    return np.asarray(ALPHA**2 * m**3 / (256 * pi**3 * HIGGS_VEV_GEV**2) * np.abs(amplitude) ** 2)


def gluon_width_gev(mass_gev: ArrayLike) -> FloatArray:
    """Γ(S -> gg)/sin²θ [GeV] = α_s²(m) m³/(32π³ v²) |Σ ½ A_½|² over c, b, t, at leading order; 1809.01876.

    Corrections of the next order are of order one at 2 GeV.
    """
    m = np.asarray(mass_gev, float)
    amplitude = sum(fermion_amplitude(_tau(m, mass)) / 2 for mass in _HEAVY_QUARKS)
    return np.asarray(alpha_s(m) ** 2 * m**3 / (32 * pi**3 * HIGGS_VEV_GEV**2) * np.abs(amplitude) ** 2)


_HEAVY_QUARKS = (CHARM_MASS_GEV, BOTTOM_MASS_GEV, TOP_MASS_GEV)
_CHARGED = (  # N_c Q² and mass
    (4 / 3, CHARM_MASS_GEV),
    (1 / 3, BOTTOM_MASS_GEV),
    (4 / 3, TOP_MASS_GEV),
    *((1.0, mass) for mass in LEPTON_MASS_GEV.values()),
)


def _tau(mass_gev: FloatArray, loop_mass_gev: float) -> FloatArray:
    return (mass_gev / (2 * loop_mass_gev)) ** 2


@dataclass(frozen=True, slots=True)
class _Mode:
    """A final state: where it opens, its width per sin²θ, the masses between which that width is valid."""

    threshold_gev: float
    width_gev: Callable[[FloatArray, PairCoupling], FloatArray]
    valid_gev: tuple[float, float] = (0.0, inf)

    def width_in_range_gev(self, mass_gev: FloatArray, pairs: PairCoupling) -> FloatArray:
        """The width above the lower and up to the upper end of its validity, zero outside."""
        low, high = self.valid_gev
        width = self.width_gev(np.clip(mass_gev, low, high), pairs)
        return np.where((mass_gev > low) & (mass_gev <= high), width, 0.0)


_MESONS, _QUARKS = (0.0, SWITCH_GEV), (SWITCH_GEV, inf)


def _pairs(meson: str, share: float) -> _Mode:
    """A share of the pion or kaon pairs; in the isospin limit all of them open together."""
    return _Mode(2 * PAIR_MASS_GEV[meson], lambda m, pairs: share * pair_width_gev(meson, m, pairs), _MESONS)


def _four_pions(share: float) -> _Mode:
    return _Mode(4 * PION_MASS_GEV, lambda m, _: share * four_pion_width_gev(m), _MESONS)


def _lepton(mass: float) -> _Mode:
    return _Mode(2 * mass, lambda m, _: fermion_width_gev(m, mass))


def _quark(mass: float, meson_mass: float) -> _Mode:
    threshold = max(SWITCH_GEV, 2 * meson_mass)
    return _Mode(threshold, lambda m, _: 3 * fermion_width_gev(m, mass, meson_mass), _QUARKS)


_MODES: Mapping[str, _Mode] = MappingProxyType(
    {
        **{tag: _lepton(mass) for tag, mass in LEPTON_MASS_GEV.items()},
        "gammagamma": _Mode(0.0, lambda m, _: photon_width_gev(m)),
        "pipi": _pairs("pi", 2 / 3),
        "pi0pi0": _pairs("pi", 1 / 3),
        "kk": _pairs("k", 1 / 2),
        "k0k0": _pairs("k", 1 / 2),
        "2pi2pi0": _four_pions(2 / 3),
        "4pi": _four_pions(1 / 3),
        "gg": _Mode(SWITCH_GEV, lambda m, _: gluon_width_gev(m), _QUARKS),
        "ss": _quark(STRANGE_MASS_GEV, KAON_MASS_GEV),
        "cc": _quark(CHARM_MASS_GEV, D0_MASS_GEV),
    }
)
CHANNELS = tuple(_MODES)


@dataclass(frozen=True)
class DarkScalar:
    """Partial widths, branching ratios and lifetime of the dark scalar; coupling sin θ, 2 m_e to 5 GeV.

    width_table: ``dispersive`` (1809.01876) or ``leading-order`` (low-energy theorem, a lower envelope: 2.6
    times fewer pions at 0.3 GeV, 27 times on the f0(980)). The dispersive widths are good to 10% below
    0.8 GeV and to a factor two on the f0(980); 4π is a model. Above 1.99 GeV hadrons are gluons and quarks:
    no meson is told apart. Masses and couplings broadcast. Raises DomainError for masses out of range and
    ConfigError for unknown names.
    """

    width_table: str = "dispersive"

    def __post_init__(self) -> None:
        pair_coupling(self.width_table)

    @property
    def tag(self) -> str:
        return "dark-scalar"

    @property
    def coupling_name(self) -> str:
        return "sin-theta"

    @property
    def reference_coupling(self) -> float:
        return 1.0

    @property
    def spin_parity(self) -> str:
        """A scalar."""
        return "0+"

    @property
    def pdg_code(self) -> int:
        """The second neutral CP-even Higgs boson (H0) of the PDG numbering scheme."""
        return 35

    @property
    def mass_range_gev(self) -> tuple[float, float]:
        """To 5 GeV: above the last B decay (m_B - m_K = 4.79 GeV), below the bottom threshold."""
        return (2 * ELECTRON_MASS_GEV, 5.0)

    @property
    def default_grid(self) -> DefaultGrid:
        """2 MeV to 3 GeV × 1e-6 to 1: holds the exclusion of a beam dump at 1e17-1e18 POT.

        Below the muon threshold it reaches sin θ = 1, the largest there is.
        """
        return DefaultGrid((0.002, 3.0, 100), (1e-6, 1.0, 100), _LARGEST)

    @property
    def width_source(self) -> tuple[str, Origin]:
        pairs = pair_coupling(self.width_table)
        return pairs.name, Origin(pairs.origin, f"pion and kaon pairs: {pairs.source}")

    @property
    def channels(self) -> tuple[str, ...]:
        """Final states; ``gg``, ``ss`` and ``cc`` stand for all hadrons above 1.99 GeV."""
        return CHANNELS

    def threshold_gev(self, channel: str) -> float:
        """Mass at which the channel opens [GeV]; pairs in the isospin limit."""
        return self._mode(channel).threshold_gev

    def partial_width_gev(self, channel: str, mass_gev: ArrayLike, coupling: ArrayLike) -> FloatArray:
        """Γ(S -> channel) [GeV] at sin θ; zero below threshold, and for mesons above 1.99 GeV."""
        mass, sine = self._mass(mass_gev), checked_coupling(coupling, self.coupling_name)
        return np.asarray(self._unit_width(channel, mass) * sine**2)

    def total_width_gev(self, mass_gev: ArrayLike, coupling: ArrayLike) -> FloatArray:
        """Total width [GeV] at sin θ."""
        mass, sine = self._mass(mass_gev), checked_coupling(coupling, self.coupling_name)
        return np.asarray(self._unit_widths(mass).total * sine**2)

    def branching_ratio(self, channel: str, mass_gev: ArrayLike, coupling: ArrayLike = 1.0) -> FloatArray:
        """BR(S -> channel); does not depend on sin θ, which only sets the shape of the result."""
        mass, sine = self._mass(mass_gev), checked_coupling(coupling, self.coupling_name)
        widths = self._unit_widths(mass)
        ratio = widths.by_channel[self._known(channel)] / widths.total
        return np.broadcast_to(ratio, np.broadcast_shapes(ratio.shape, sine.shape)).copy()

    def ctau_m(self, mass_gev: ArrayLike, coupling: ArrayLike) -> FloatArray:
        """Proper decay length c τ = ħc/Γ [m]."""
        return np.asarray(HBARC_GEV_M / self.total_width_gev(mass_gev, coupling))

    def _known(self, channel: str) -> str:
        if channel not in _MODES:
            raise unknown("channel", channel, CHANNELS)
        return channel

    def _mode(self, channel: str) -> _Mode:
        return _MODES[self._known(channel)]

    def _mass(self, mass_gev: ArrayLike) -> FloatArray:
        return checked_mass_gev(mass_gev, self.mass_range_gev, self.tag)

    def _unit_width(self, channel: str, mass: FloatArray) -> FloatArray:
        return self._mode(channel).width_in_range_gev(mass, pair_coupling(self.width_table))

    def _all_widths(self, mass: FloatArray) -> dict[str, FloatArray]:
        return {channel: self._unit_width(channel, mass) for channel in CHANNELS}

    def _unit_widths(self, mass: FloatArray) -> UnitWidths:
        return unit_widths(self._all_widths, mass)


@dataclass(frozen=True)
class DarkScalarQuartic(DarkScalar):
    """Dark scalar with a coupling λ to pairs (BC5), L = -λ v h S², beside sin θ.

    λ makes pairs of S and does not change their decays: widths and lifetime are those of `DarkScalar`.
    """

    @property
    def tag(self) -> str:
        return "dark-scalar-quartic"

    @property
    def default_grid(self) -> DefaultGrid:
        """As BC4, to smaller angles: production by λ does not need one."""
        return DefaultGrid((0.002, 3.0, 100), (1e-7, 1.0, 100), _LARGEST)

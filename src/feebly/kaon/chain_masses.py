"""Masses along chains K+ -> π+ Y, Y -> two members: fixed, by phase space, photons off shell."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from feebly.core.constants import ELECTRON_MASS_GEV, KAON_MASS_GEV, PION_MASS_GEV
from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.physics.decays.kaon_standard import standard_decay
from feebly.physics.kinematics.quantiles import quantile_table
from feebly.physics.kinematics.two_body import kallen_gev4


class ChainMasses(NamedTuple):
    """Masses [GeV]: of the system Y and of its two members; shape (n,)."""

    system: FloatArray
    one: FloatArray
    two: FloatArray


MassSampler = Callable[[np.random.Generator, int], ChainMasses]


def require_open(mass_gev: float, daughters_gev: float, what: str) -> None:
    """DomainError where ``what`` is closed."""
    if not mass_gev > daughters_gev:
        raise DomainError(
            f"{what} is closed: {1e3 * mass_gev:.6g} MeV to {1e3 * daughters_gev:.6g} MeV; "
            "expected a heavier parent or lighter daughters"
        )


def fixed_masses(system_gev: float, member_gev: tuple[float, float]) -> MassSampler:
    """Y of one mass, as a scalar S or a π0."""
    require_open(KAON_MASS_GEV, PION_MASS_GEV + system_gev, f"K+ -> pi+ Y with Y of {1e3 * system_gev:g} MeV")
    require_open(system_gev, sum(member_gev), "the decay of Y to its members")

    def sample(random: np.random.Generator, n: int) -> ChainMasses:
        return ChainMasses(np.full(n, system_gev), np.full(n, member_gev[0]), np.full(n, member_gev[1]))

    return sample


def phase_space_masses(member_gev: tuple[float, float], slope: float = 0.0) -> MassSampler:
    """K+ -> π+ and two members by phase space, dΓ/dQ² ~ p_π(Q) p*(Q)/Q (PDG, review of kinematics).

    slope: |M|² = 1 + slope (Q² - Q0²)/m_π+², Q0² in the middle of the Q² that are open; DomainError where it
    becomes negative.
    """
    end, start = KAON_MASS_GEV - PION_MASS_GEV, sum(member_gev)
    require_open(end, start, "K+ -> pi+ and two members")
    reach = abs(slope) * (end**2 - start**2) / 2 / PION_MASS_GEV**2
    if reach > 1:
        raise DomainError(
            f"slope {slope:g}: |M|^2 becomes negative; expected {1 / reach * abs(slope):.3g} at most"
        )

    def density(q2: FloatArray) -> FloatArray:
        q = np.sqrt(q2)
        pion = np.sqrt(np.maximum(kallen_gev4(KAON_MASS_GEV, PION_MASS_GEV, q), 0.0))
        member = np.sqrt(np.maximum(kallen_gev4(q, *member_gev), 0.0))
        return np.asarray(
            pion * member / q2 * (1 + slope * (q2 - (end**2 + start**2) / 2) / PION_MASS_GEV**2)
        )

    table = quantile_table(density, start**2, end**2)

    def sample(random: np.random.Generator, n: int) -> ChainMasses:
        q = np.sqrt(np.interp(random.random(n), *table))
        return ChainMasses(q, np.full(n, member_gev[0]), np.full(n, member_gev[1]))

    return sample


def standard_masses(tag: str, member_gev: tuple[float, float]) -> MassSampler:
    """Y with the missing mass of a standard decay (tag) with a π+ as its track."""
    decay = standard_decay(tag)

    def sample(random: np.random.Generator, n: int) -> ChainMasses:
        return ChainMasses(
            _missing_mass(decay.energies_gev(random.random(n))),
            np.full(n, member_gev[0]),
            np.full(n, member_gev[1]),
        )

    return sample


def virtual_photon_masses(system_gev: float | None = None) -> MassSampler:
    """Y -> γ*γ*, each to e+e-: masses of the two photons by `photon_pair_masses`.

    system_gev: mass of Y, as a π0; None: that of K+ -> π+ γγ, for K+ -> π+ 4e by the exchange of two photons.
    """
    decay = standard_decay("pi-gamma-gamma")

    def sample(random: np.random.Generator, n: int) -> ChainMasses:
        if system_gev is not None:
            system = np.full(n, system_gev)
        else:
            system = _missing_mass(decay.energies_gev(random.random(n)))
        return ChainMasses(system, *photon_pair_masses(system, random))

    return sample


def photon_pair_masses(system_gev: FloatArray, random: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Masses of two photons off shell that both go to e+e-, by accepting and rejecting.

    Each dq²/q² (1 + 2m²/q²) √(1 - 4m²/q²), together λ^(3/2)(1, q1²/Q², q2²/Q²); Kroll and Wada, Phys. Rev.
    98 (1955) 1355. No form factor, no interference of the two ways to pair the electrons. DomainError where
    four electrons are closed.
    """
    low = 2 * ELECTRON_MASS_GEV
    require_open(float(system_gev.min(initial=np.inf)), 2 * low, "the decay of Y to four electrons")
    one, two = np.empty(system_gev.size), np.empty(system_gev.size)
    left = np.arange(system_gev.size)
    while left.size:
        system = system_gev[left]
        span = np.log(system / low)
        q = low * np.exp(span * random.random((2, left.size)))
        weight = np.prod([_lepton_pair(each) for each in q], axis=0)
        open_ = q.sum(axis=0) < system
        with np.errstate(invalid="ignore"):
            weight *= np.where(open_, (kallen_gev4(system, q[0], q[1]) / system**4) ** 1.5, 0.0)
        kept = random.random(left.size) < weight
        one[left[kept]], two[left[kept]] = q[0][kept], q[1][kept]
        left = left[~kept]
    return one, two


def _lepton_pair(mass_gev: FloatArray) -> FloatArray:
    """(1 + 2r) √(1 - 4r), r = m_e²/q²: at most 1."""
    r = (ELECTRON_MASS_GEV / mass_gev) ** 2
    return np.asarray((1 + 2 * r) * np.sqrt(np.maximum(1 - 4 * r, 0.0)))


def _missing_mass(energy_gev: FloatArray) -> FloatArray:
    """Mass [GeV] of what recoils against a π+ of this energy in the rest frame of the kaon."""
    square = KAON_MASS_GEV**2 + PION_MASS_GEV**2 - 2 * KAON_MASS_GEV * energy_gev
    return np.sqrt(np.maximum(square, 0.0))

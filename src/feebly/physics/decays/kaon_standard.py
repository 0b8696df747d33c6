"""Decays of the K+ in the Standard Model as one charged track and a missing mass.

With Q² = (p_K - p_track)² the energy of the track in the rest frame is E = (m_K² + m² - Q²)/(2 m_K): the
spectrum of Q² is all that a search with one track needs to know of a decay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from math import pi
from types import MappingProxyType
from typing import Literal

import numpy as np

from feebly.core.constants import (
    ALPHA,
    ELECTRON_MASS_GEV,
    KAON_MASS_GEV,
    MUON_MASS_GEV,
    PION0_MASS_GEV,
    PION_MASS_GEV,
)
from feebly.core.errors import DomainError, unknown
from feebly.core.interfaces import FloatArray
from feebly.core.provenance import Origin
from feebly.physics.formfactors.kaon_pi_gamma_gamma import amplitudes_squared
from feebly.physics.kinematics.phase_space import phase_space_volume
from feebly.physics.kinematics.quantiles import quantile_table
from feebly.physics.kinematics.two_body import kallen_gev4

TrackParticle = Literal["electron", "muon", "hadron"]
Spectrum = Callable[[FloatArray], FloatArray]
_PDG = Origin("published", "PDG 2024, K+ listings")
_COSINES = 24
_TABLE = 2049


MISSING_MASSES_GEV: Mapping[str, float] = MappingProxyType(
    {
        "nu": 0.0, "gamma": 0.0, "pi0": PION0_MASS_GEV, "pi+": PION_MASS_GEV, "pi-": PION_MASS_GEV,
        "mu+": MUON_MASS_GEV, "mu-": MUON_MASS_GEV, "e+": ELECTRON_MASS_GEV, "e-": ELECTRON_MASS_GEV,
    }
)  # fmt: skip
"""Masses of what can be missing beside the track."""

Element = Callable[[FloatArray, FloatArray, FloatArray], FloatArray]
"""|M|² of the energies [GeV] of track, second and third body in the rest frame of the kaon."""


@dataclass(frozen=True)
class StandardDecay:
    """One decay and one of its charged particles as the track.

    branching_ratio: of the decay; tracks: how many of its particles can be this track. missing_mass_gev: for
    two bodies; otherwise ends_gev2 = (least, largest) Q² and density: dΓ/dQ² in any unit. shape: what the
    density is, with its source. missing: names of the other particles (`MISSING_MASSES_GEV`). element: for
    two of them |M|² of the energies of track, first and second missing; None: isotropic in their rest frame.
    """

    decay: str
    particle: TrackParticle
    track_mass_gev: float
    branching_ratio: float
    shape: str
    missing_mass_gev: float | None = None
    ends_gev2: tuple[float, float] = (0.0, 0.0)
    density: Spectrum | None = None
    tracks: int = 1
    origin: Origin = _PDG
    missing: tuple[str, ...] = ("nu",)
    element: Element | None = None

    def energies_gev(self, u: FloatArray) -> FloatArray:
        """Energy [GeV] of the track in the rest frame of the kaon at quantiles u of its missing mass."""
        if self.missing_mass_gev is not None:
            q2 = np.full(np.shape(u), self.missing_mass_gev**2)
        else:
            assert self.density is not None
            q2 = np.interp(u, *_quantiles(self.density, self.ends_gev2))
        return np.asarray((KAON_MASS_GEV**2 + self.track_mass_gev**2 - q2) / (2 * KAON_MASS_GEV))

    def share_above(self, mass_gev: float) -> float:
        """Share of the decays with a missing mass above ``mass_gev``."""
        if self.missing_mass_gev is not None:
            return float(self.missing_mass_gev > mass_gev)
        assert self.density is not None
        below, q2 = _quantiles(self.density, self.ends_gev2)
        return 1 - float(np.interp(mass_gev**2, q2, below))

    def per_gev(self, mass_gev: FloatArray) -> FloatArray:
        """Density of the missing mass [1/GeV], one when integrated; DomainError for two bodies."""
        if self.density is None:
            raise DomainError(f"{self.decay}: the missing mass is one number, not a density")
        q2 = np.asarray(mass_gev, float) ** 2
        inside = (q2 > self.ends_gev2[0]) & (q2 < self.ends_gev2[1])
        safe = np.where(inside, q2, sum(self.ends_gev2) / 2)
        total = _integral(self.density, self.ends_gev2)
        return np.where(inside, self.density(safe) * 2 * mass_gev / total, 0.0)


@cache
def _integral(density: Spectrum, ends_gev2: tuple[float, float]) -> float:
    t = (1 - np.cos(np.pi * np.linspace(0, 1, _TABLE))) / 2
    q2 = ends_gev2[0] + (ends_gev2[1] - ends_gev2[0]) * t
    return float(np.sum(density((q2[1:] + q2[:-1]) / 2) * np.diff(q2)))


@cache
def _quantiles(density: Spectrum, ends_gev2: tuple[float, float]) -> tuple[FloatArray, FloatArray]:
    """Cumulated probability, and Q² [GeV²]."""
    return quantile_table(density, *ends_gev2)


def _momentum(mass: FloatArray | float, one: FloatArray | float, two: FloatArray | float) -> FloatArray:
    return np.asarray(np.sqrt(np.maximum(kallen_gev4(mass, one, two), 0.0)) / (2 * np.asarray(mass)))


# --- three bodies: the two that are missing turn in their own frame ----------------------------------


def _three_bodies(track: float, second: float, third: float, element: Element) -> Spectrum:
    """dΓ/dQ² ~ p_track p* <|M|²>/Q, averaged over the angle of the second in the frame of the missing."""
    cos, weight = np.polynomial.legendre.leggauss(_COSINES)

    def density(q2: FloatArray) -> FloatArray:
        q = np.sqrt(np.asarray(q2))[..., None]
        p_track, p_pair = _momentum(KAON_MASS_GEV, track, q), _momentum(q, second, third)
        pair_energy = np.sqrt(q**2 + p_track**2)
        energy = (pair_energy * np.sqrt(second**2 + p_pair**2) + p_track * p_pair * cos) / q
        e_track = np.sqrt(track**2 + p_track**2)
        mean = (element(e_track, energy, KAON_MASS_GEV - e_track - energy) * weight).sum(axis=-1) / 2
        return np.asarray((p_track * p_pair / q)[..., 0] * mean)

    return density


def _ends(track: float, *missing: float) -> tuple[float, float]:
    return sum(missing) ** 2, (KAON_MASS_GEV - track) ** 2


def _dalitz(g: float, h: float, k: float, odd: int) -> Element:
    """1 + g u + h u² + k v² (PDG), u = (s_3 - s_0)/m_π+², v = (s_1 - s_2)/m_π+²; odd: place of the third."""

    def element(*energies: FloatArray) -> FloatArray:
        # s_i = (p_K - p_i)² = m_K² + m_i² - 2 m_K E_i: differences of energies are those of s
        others = [e for place, e in enumerate(energies) if place != odd]
        centre = sum(energies) / 3
        scale = 2 * KAON_MASS_GEV / PION_MASS_GEV**2
        u, v = scale * (centre - energies[odd]), scale * (others[1] - others[0])
        return np.asarray(1 + g * u + h * u**2 + k * v**2)

    return element


def _semileptonic(lepton: float) -> Element:
    """K+ -> π0 l+ ν with track l and second body π0: A + B ξ + C ξ² (PDG, review of form factors).

    f_+ = 1 + λ' t/m_π² + λ'' (t/m_π²)²/2 with 24.9e-3 and 1.6e-3; f_0 = 1 + 13.4e-3 t/m_π² (PDG 2024).
    """

    def element(e_lepton: FloatArray, e_pion: FloatArray, e_neutrino: FloatArray) -> FloatArray:
        t = KAON_MASS_GEV**2 + PION0_MASS_GEV**2 - 2 * KAON_MASS_GEV * e_pion
        x = t / PION_MASS_GEV**2
        f_plus, f_zero = 1 + 24.9e-3 * x + 0.8e-3 * x**2, 1 + 13.4e-3 * x
        f_minus = (f_zero - f_plus) * (KAON_MASS_GEV**2 - PION0_MASS_GEV**2) / np.maximum(t, 1e-12)
        rest = (KAON_MASS_GEV**2 + PION0_MASS_GEV**2 - lepton**2) / (2 * KAON_MASS_GEV) - e_pion
        a = KAON_MASS_GEV * (2 * e_lepton * e_neutrino - KAON_MASS_GEV * rest)
        a = a + lepton**2 * (rest / 4 - e_neutrino)
        b = lepton**2 * (e_neutrino - rest / 2)
        return np.asarray(a * f_plus**2 + b * f_plus * f_minus + lepton**2 * rest / 4 * f_minus**2)

    return element


def _radiative(energy_min_gev: float) -> Element:
    """Inner bremsstrahlung of K+ -> μ+ ν γ with photons above ``energy_min_gev``; track μ, second body γ.

    (1 - y + r)/(x²(x + y - 1 - r)) [x² + 2(1 - x)(1 - r) - 2x r(1 - r)/(x + y - 1 - r)], x = 2E_γ/m_K,
    y = 2E_μ/m_K, r = m_μ²/m_K²; Bijnens, Ecker, Gasser, Nucl. Phys. B 396 (1993) 81.
    """
    r = (MUON_MASS_GEV / KAON_MASS_GEV) ** 2

    def element(e_muon: FloatArray, e_photon: FloatArray, e_neutrino: FloatArray) -> FloatArray:
        x, y = 2 * e_photon / KAON_MASS_GEV, 2 * e_muon / KAON_MASS_GEV
        gap = np.maximum(x + y - 1 - r, 1e-12)
        bracket = x**2 + 2 * (1 - x) * (1 - r) - 2 * x * r * (1 - r) / gap
        value = (1 - y + r) / (np.maximum(x, 1e-12) ** 2 * gap) * bracket
        return np.where(e_photon > energy_min_gev, value, 0.0)

    return element


# --- π+ and a pair: the pair has a spectrum of its own -----------------------------------------------


def _pair(amplitude_squared: Spectrum, power: int) -> Spectrum:
    """dΓ/dQ² ~ p_π^power |amplitude|²(Q²)."""

    def density(q2: FloatArray) -> FloatArray:
        q2 = np.asarray(q2)
        return np.asarray(
            _momentum(KAON_MASS_GEV, PION_MASS_GEV, np.sqrt(q2)) ** power * amplitude_squared(q2)
        )

    return density


def _vector_form_factor(q2: FloatArray) -> FloatArray:
    """f_+² of K -> π νν: that of K+ -> π0 e+ ν (isospin)."""
    x = q2 / PION_MASS_GEV**2
    return np.asarray((1 + 24.9e-3 * x + 0.8e-3 * x**2) ** 2)


def _lepton_pair(lepton: float) -> Spectrum:
    """√(1 - 4r)(1 + 2r) |a_+ + b_+ z|², r = m_l²/Q²; a_+ = -0.575, b_+ = -0.722 of 2209.05076, no ππ loop."""

    def square(q2: FloatArray) -> FloatArray:
        r = lepton**2 / q2
        form = (-0.575 - 0.722 * q2 / KAON_MASS_GEV**2) ** 2
        return np.asarray(np.sqrt(np.maximum(1 - 4 * r, 0.0)) * (1 + 2 * r) * form)

    return square


def _photon_pair(q2: FloatArray) -> FloatArray:
    z = q2 / KAON_MASS_GEV**2
    return np.asarray(z**2 * amplitudes_squared(z))


def _three_missing(track: float, *missing: float) -> Spectrum:
    """Flat phase space of four bodies: dΓ/dQ² ~ p_track Φ_3(Q)."""

    def density(q2: FloatArray) -> FloatArray:
        q = np.sqrt(np.asarray(q2))
        volume = [phase_space_volume(float(m), missing) if m > sum(missing) else 0.0 for m in q.ravel()]
        return np.asarray(_momentum(KAON_MASS_GEV, track, q) * np.reshape(volume, q.shape))

    return density


# --- the decays ----------------------------------------------------------------------------------------

RADIATIVE_PHOTON_GEV = 0.010
"""Least energy of the photon of the listed K+ -> μ+ ν γ; softer ones are within the resolution."""


def _radiative_branching_ratio() -> float:
    """BR of inner bremsstrahlung above `RADIATIVE_PHOTON_GEV`: BR(μν) α/(2π (1 - r)²) ∫dx dy f."""
    r = (MUON_MASS_GEV / KAON_MASS_GEV) ** 2
    t, w = np.polynomial.legendre.leggauss(400)
    low, high = 2 * RADIATIVE_PHOTON_GEV / KAON_MASS_GEV, 1 - r
    x = low * (high / low) ** ((1 + t) / 2)
    dx = w * x * np.log(high / low) / 2
    y_low, y_high = (1 - x + r / (1 - x))[:, None], 1 + r
    y = y_low + (y_high - y_low) * ((1 + t) / 2) ** 2
    dy = (y_high - y_low) * (1 + t) / 2 * w
    value = _radiative(0.0)(y * KAON_MASS_GEV / 2, x[:, None] * KAON_MASS_GEV / 2, y)
    return float(0.6356 * ALPHA / (2 * pi * (1 - r) ** 2) * np.sum(value * dy * dx[:, None]))


_CHARGED = (-0.21134, 0.01848, -0.00463)  # PDG 2024: slopes of π+π+π-, the third is the π-
_NEUTRAL = (0.626, 0.052, 0.0054)  # PDG 2024: slopes of π0π0π+, the third is the π+


@cache
def standard_decays() -> Mapping[str, StandardDecay]:
    """The decays by tag; each with one track of positive charge. Branching ratios of the PDG (2024)."""
    e, mu, pion, pi0 = ELECTRON_MASS_GEV, MUON_MASS_GEV, PION_MASS_GEV, PION0_MASS_GEV
    line, slopes = "line", "Dalitz slopes of the PDG"
    radiative, charged = _radiative(RADIATIVE_PHOTON_GEV), _dalitz(*_CHARGED, odd=2)
    neutral, semi_e, semi_mu = _dalitz(*_NEUTRAL, odd=0), _semileptonic(e), _semileptonic(mu)
    found = {
        "mu-nu": StandardDecay("K+ -> mu+ nu", "muon", mu, 0.6356, line, 0.0),
        "e-nu": StandardDecay("K+ -> e+ nu", "electron", e, 1.582e-5, line, 0.0),
        "pi-pi0": StandardDecay("K+ -> pi+ pi0", "hadron", pion, 0.2067, line, pi0, missing=("pi0",)),
        "mu-nu-gamma": StandardDecay(
            "K+ -> mu+ nu gamma, E_gamma > 10 MeV", "muon", mu, _radiative_branching_ratio(),
            "inner bremsstrahlung (Nucl. Phys. B 396 (1993) 81)", None, _ends(mu, 0.0),
            _three_bodies(mu, 0.0, 0.0, radiative),
            origin=Origin("derived", "inner bremsstrahlung, Nucl. Phys. B 396 (1993) 81"),
            missing=("gamma", "nu"), element=radiative,
        ),
        "3pi": StandardDecay(
            "K+ -> pi+ pi+ pi-", "hadron", pion, 0.05583, slopes, None, _ends(pion, pion, pion),
            _three_bodies(pion, pion, pion, charged), tracks=2, missing=("pi+", "pi-"), element=charged,
        ),
        "pi-2pi0": StandardDecay(
            "K+ -> pi+ pi0 pi0", "hadron", pion, 0.01760, slopes, None, _ends(pion, pi0, pi0),
            _three_bodies(pion, pi0, pi0, neutral), missing=("pi0", "pi0"), element=neutral,
        ),
        "e3": StandardDecay(
            "K+ -> pi0 e+ nu", "electron", e, 0.0507, "form factors of the PDG", None, _ends(e, pi0, 0.0),
            _three_bodies(e, pi0, 0.0, semi_e), missing=("pi0", "nu"), element=semi_e,
        ),
        "mu3": StandardDecay(
            "K+ -> pi0 mu+ nu", "muon", mu, 0.03352, "form factors of the PDG", None, _ends(mu, pi0, 0.0),
            _three_bodies(mu, pi0, 0.0, semi_mu), missing=("pi0", "nu"), element=semi_mu,
        ),
        "e4": StandardDecay(
            "K+ -> pi+ pi- e+ nu", "hadron", pion, 4.247e-5, "flat phase space", None,
            _ends(pion, pion, e, 0.0), _three_missing(pion, pion, e, 0.0), missing=("pi-", "e+", "nu"),
        ),
        "pi-nu-nu": StandardDecay(
            "K+ -> pi+ nu nubar", "hadron", pion, 8.4e-11, "vector form factor of K -> pi e nu", None,
            _ends(pion, 0.0), _pair(_vector_form_factor, 3),
            origin=Origin("published", "Standard Model, (8.4 +- 1.0)e-11: 1503.02693"), missing=("nu", "nu"),
        ),
        "pi-e-e": StandardDecay(
            "K+ -> pi+ e+ e-", "hadron", pion, 3.00e-7, "form factor of 2209.05076", None, _ends(pion, e, e),
            _pair(_lepton_pair(e), 3), missing=("e+", "e-"),
        ),
        "pi-mu-mu": StandardDecay(
            "K+ -> pi+ mu+ mu-", "hadron", pion, 9.17e-8, "form factor of 2209.05076", None,
            _ends(pion, mu, mu), _pair(_lepton_pair(mu), 3), missing=("mu+", "mu-"),
        ),
        "pi-gamma-gamma": StandardDecay(
            "K+ -> pi+ gamma gamma", "hadron", pion, 9.61e-7, "chiral perturbation theory at fourth order",
            None, (0.1 * KAON_MASS_GEV**2, (KAON_MASS_GEV - pion) ** 2), _pair(_photon_pair, 1),
            origin=Origin("published", "2311.01837"), missing=("gamma", "gamma"),
        ),
    }  # fmt: skip
    return MappingProxyType(found)


def standard_decay(tag: str) -> StandardDecay:
    """One decay by tag. Raises ConfigError for an unknown one."""
    known = standard_decays()
    if tag not in known:
        raise unknown("K+ decay", tag, known)
    return known[tag]

"""Decays of the K+ in the Standard Model as one charged track and a missing mass.

With Q² = (p_K - p_track)² the energy of the track in the rest frame is E = (m_K² + m² - Q²)/(2 m_K): the
spectrum of Q² is all that a search with one track needs to know of a decay.
"""

from __future__ import annotations

from collections.abc import Mapping
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
from feebly.physics.decays.kaon_matrix_elements import (
    Element,
    Spectrum,
    dalitz,
    ends,
    lepton_pair,
    pair,
    photon_pair,
    radiative,
    semileptonic,
    three_bodies,
    three_missing,
    vector_form_factor,
)
from feebly.physics.kinematics.quantiles import quantile_table

TrackParticle = Literal["electron", "muon", "hadron"]
_PDG = Origin("published", "PDG 2024, K+ listings")
_TABLE = 2049


MISSING_MASSES_GEV: Mapping[str, float] = MappingProxyType(
    {
        "nu": 0.0, "gamma": 0.0, "pi0": PION0_MASS_GEV, "pi+": PION_MASS_GEV, "pi-": PION_MASS_GEV,
        "mu+": MUON_MASS_GEV, "mu-": MUON_MASS_GEV, "e+": ELECTRON_MASS_GEV, "e-": ELECTRON_MASS_GEV,
    }
)  # fmt: skip
"""Masses of what can be missing beside the track."""


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
    value = radiative(0.0)(y * KAON_MASS_GEV / 2, x[:, None] * KAON_MASS_GEV / 2, y)
    return float(0.6356 * ALPHA / (2 * pi * (1 - r) ** 2) * np.sum(value * dy * dx[:, None]))


_CHARGED = (-0.21134, 0.01848, -0.00463)  # PDG 2024: slopes of π+π+π-, the third is the π-
_NEUTRAL = (0.626, 0.052, 0.0054)  # PDG 2024: slopes of π0π0π+, the third is the π+


@cache
def standard_decays() -> Mapping[str, StandardDecay]:
    """The decays by tag; each with one track of positive charge. Branching ratios of the PDG (2024)."""
    e, mu, pion, pi0 = ELECTRON_MASS_GEV, MUON_MASS_GEV, PION_MASS_GEV, PION0_MASS_GEV
    line, slopes = "line", "Dalitz slopes of the PDG"
    hard, charged = radiative(RADIATIVE_PHOTON_GEV), dalitz(*_CHARGED, odd=2)
    neutral, semi_e, semi_mu = dalitz(*_NEUTRAL, odd=0), semileptonic(e), semileptonic(mu)
    found = {
        "mu-nu": StandardDecay("K+ -> mu+ nu", "muon", mu, 0.6356, line, 0.0),
        "e-nu": StandardDecay("K+ -> e+ nu", "electron", e, 1.582e-5, line, 0.0),
        "pi-pi0": StandardDecay("K+ -> pi+ pi0", "hadron", pion, 0.2067, line, pi0, missing=("pi0",)),
        "mu-nu-gamma": StandardDecay(
            "K+ -> mu+ nu gamma, E_gamma > 10 MeV", "muon", mu, _radiative_branching_ratio(),
            "inner bremsstrahlung (Nucl. Phys. B 396 (1993) 81)", None, ends(mu, 0.0),
            three_bodies(mu, 0.0, 0.0, hard),
            origin=Origin("derived", "inner bremsstrahlung, Nucl. Phys. B 396 (1993) 81"),
            missing=("gamma", "nu"), element=hard,
        ),
        "3pi": StandardDecay(
            "K+ -> pi+ pi+ pi-", "hadron", pion, 0.05583, slopes, None, ends(pion, pion, pion),
            three_bodies(pion, pion, pion, charged), tracks=2, missing=("pi+", "pi-"), element=charged,
        ),
        "pi-2pi0": StandardDecay(
            "K+ -> pi+ pi0 pi0", "hadron", pion, 0.01760, slopes, None, ends(pion, pi0, pi0),
            three_bodies(pion, pi0, pi0, neutral), missing=("pi0", "pi0"), element=neutral,
        ),
        "e3": StandardDecay(
            "K+ -> pi0 e+ nu", "electron", e, 0.0507, "form factors of the PDG", None, ends(e, pi0, 0.0),
            three_bodies(e, pi0, 0.0, semi_e), missing=("pi0", "nu"), element=semi_e,
        ),
        "mu3": StandardDecay(
            "K+ -> pi0 mu+ nu", "muon", mu, 0.03352, "form factors of the PDG", None, ends(mu, pi0, 0.0),
            three_bodies(mu, pi0, 0.0, semi_mu), missing=("pi0", "nu"), element=semi_mu,
        ),
        "e4": StandardDecay(
            "K+ -> pi+ pi- e+ nu", "hadron", pion, 4.247e-5, "flat phase space", None,
            ends(pion, pion, e, 0.0), three_missing(pion, pion, e, 0.0), missing=("pi-", "e+", "nu"),
        ),
        "pi-nu-nu": StandardDecay(
            "K+ -> pi+ nu nubar", "hadron", pion, 8.4e-11, "vector form factor of K -> pi e nu", None,
            ends(pion, 0.0), pair(vector_form_factor, 3),
            origin=Origin("published", "Standard Model, (8.4 +- 1.0)e-11: 1503.02693"), missing=("nu", "nu"),
        ),
        "pi-e-e": StandardDecay(
            "K+ -> pi+ e+ e-", "hadron", pion, 3.00e-7, "form factor of 2209.05076", None, ends(pion, e, e),
            pair(lepton_pair(e), 3), missing=("e+", "e-"),
        ),
        "pi-mu-mu": StandardDecay(
            "K+ -> pi+ mu+ mu-", "hadron", pion, 9.17e-8, "form factor of 2209.05076", None,
            ends(pion, mu, mu), pair(lepton_pair(mu), 3), missing=("mu+", "mu-"),
        ),
        "pi-gamma-gamma": StandardDecay(
            "K+ -> pi+ gamma gamma", "hadron", pion, 9.61e-7, "chiral perturbation theory at fourth order",
            None, (0.1 * KAON_MASS_GEV**2, (KAON_MASS_GEV - pion) ** 2), pair(photon_pair, 1),
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

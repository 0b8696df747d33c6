"""A peak search in kaon decays as a TOML file: what is scanned, on which background, how normalised."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from feebly.core.constants import (
    ELECTRON_MASS_GEV,
    HBAR_GEV_S,
    HBARC_GEV_M,
    MUON_MASS_GEV,
    PION_MASS_GEV,
)
from feebly.core.interfaces import FloatArray
from feebly.core.provenance import Origin
from feebly.core.records import decode, require, require_not_negative, require_positive
from feebly.core.tables import load_document, shipped_names
from feebly.kaon.beam_decays import KPLUS, PIPLUS
from feebly.kaon.one_track import TrackSelection
from feebly.kaon.search_file import Stated
from feebly.physics.decays.kaon_standard import TrackParticle, standard_decay
from feebly.statistics.peaks.peak_search import PeakWindows

FOLDER = "kaon/peak_searches"

_PS_TO_M = HBARC_GEV_M / HBAR_GEV_S * 1e-12

TRACKS: dict[str, tuple[TrackParticle, float]] = {
    "e": ("electron", ELECTRON_MASS_GEV),
    "mu": ("muon", MUON_MASS_GEV),
    "pi": ("hadron", PION_MASS_GEV),
}
"""Particle and mass [GeV] of the track by name."""

PARENTS = {"K+": KPLUS, "pi+": PIPLUS}


@dataclass(frozen=True, slots=True)
class MassSteps:
    """First and last mass and the step [MeV]."""

    first: float
    last: float
    step: float

    def __post_init__(self) -> None:
        require_positive(self, "first", "step")
        require(self.last >= self.first, self, "last", "a mass at or above 'first'")
        steps = (self.last - self.first) / self.step
        require(abs(steps - round(steps)) < 1e-6, self, "step", "a step that divides the range")

    @property
    def masses_gev(self) -> FloatArray:
        """The hypotheses [GeV]."""
        steps = round((self.last - self.first) / self.step)
        return np.asarray((self.first + self.step * np.arange(steps + 1)) / 1e3, float)


@dataclass(frozen=True, slots=True)
class WindowsFile:
    """`PeakWindows` with the sidebands in MeV."""

    sideband_mev: float
    window_sigma: float = 1.5
    gap_sigma: float = 3.0
    degree: int = 1

    def windows(self) -> PeakWindows:
        """For masses in GeV. Raises DomainError for impossible ones."""
        return PeakWindows(self.sideband_mev / 1e3, self.window_sigma, self.gap_sigma, self.degree)


@dataclass(frozen=True, slots=True)
class DecayNormalisation:
    """Candidates of a standard decay (tag) that count the decays, above a missing mass [GeV]."""

    decay: str
    candidates: float
    branching_ratio: Stated
    origin: Origin
    least_missing_mass_gev: float = 0.0
    kind: Literal["standard decay"] = "standard decay"

    def __post_init__(self) -> None:
        require_positive(self, "candidates")
        require_not_negative(self, "least_missing_mass_gev")
        standard_decay(self.decay)  # refuses an unknown one


@dataclass(frozen=True, slots=True)
class CountedDecays:
    """The number of decays of the parent in the decay region, as it was published."""

    number: Stated
    kind: Literal["counted decays"] = "counted decays"


@dataclass(frozen=True, slots=True)
class VisibleDecay:
    """X is seen by its decay: channel as the models name it.

    reach_ps: X of a lifetime τ is found with 1 - exp(-reach/τ) of the efficiency of one that decays at once.
    """

    channel: str
    reach_ps: Stated

    def seen(self, ctau_m: FloatArray) -> FloatArray:
        """Efficiency over that of a prompt X, for each cτ [m]."""
        with np.errstate(divide="ignore"):
            return np.asarray(-np.expm1(-self.reach_ps.value * _PS_TO_M / np.asarray(ctau_m, float)))


@dataclass(frozen=True, slots=True)
class BackgroundShape:
    """A background in the missing mass.

    Either ``decay``: the standard decay of the normalisation, with its candidates; or ``events`` between the
    two masses ``flat_in_mass2_mev``, flat.
    """

    decay: str | None = None
    name: str = ""
    events: float = 0.0
    flat_in_mass2_mev: tuple[float, float] = (0.0, 0.0)
    origin: Origin | None = None

    def __post_init__(self) -> None:
        require_not_negative(self, "events")
        if self.decay is None:
            require_positive(self, "events")
            require(
                self.flat_in_mass2_mev[1] > self.flat_in_mass2_mev[0] >= 0,
                self,
                "flat_in_mass2_mev",
                "two masses in order",
            )
            require(self.origin is not None, self, "origin", "where the events are from")


@dataclass(frozen=True, slots=True)
class PeakSearchFile:
    """A scan of K+ or π+ -> track X in the missing mass.

    track: ``e``, ``mu`` or ``pi``; momentum_gev, photon_energy_gev: as in `TrackSelection`. normalisation:
    of the branching ratio. leptonic: mode of `LEPTONIC_MODES` if X is a heavy neutral lepton, whose mixing
    the branching ratio then limits. background: expected without signal, for expected limits and pseudo-data.
    lifetime_above_ns: of X, for which the limits hold; None where X decays at once.
    visible: what X decays to, where that is asked for; the limits are those of an X that decays at once.
    blinded: data of this search are not read until they are unblinded.
    """

    title: str
    decay: str
    track: Literal["e", "mu", "pi"]
    momentum_gev: tuple[float, float]
    scan_mev: MassSteps
    windows: WindowsFile
    normalisation: DecayNormalisation | CountedDecays
    origins: dict[str, Origin]
    background: tuple[BackgroundShape, ...] = ()
    photon_energy_gev: float | None = None
    parent: Literal["K+", "pi+"] = "K+"
    leptonic: Literal["k-e", "k-mu", "pi-e", "pi-mu"] | None = None
    lifetime_above_ns: float | None = None
    visible: VisibleDecay | None = None
    blinded: bool = False

    def __post_init__(self) -> None:
        end = PARENTS[self.parent].mass_gev - TRACKS[self.track][1]
        last = self.scan_mev.last / 1e3
        require(last < end, self, "scan_mev", f"masses below the endpoint, {1e3 * end:.2f} MeV")
        for shape in self.background:
            known = shape.decay is None or shape.decay == getattr(self.normalisation, "decay", None)
            require(known, self, "background", "the decay of the normalisation, or events")
        least = self.lifetime_above_ns
        require(least is None or least > 0, self, "lifetime_above_ns", "a positive lifetime")

    @property
    def selection(self) -> TrackSelection:
        return TrackSelection(self.momentum_gev, self.photon_energy_gev)

    def with_flat_background(self, events: float) -> PeakSearchFile:
        """``events`` in the range of the scan, flat in the mass squared, in place of its own background."""
        ends = (self.scan_mev.first, self.scan_mev.last)
        origin = Origin("assumed", "stated by the user")
        return replace(self, background=(BackgroundShape(None, "flat", events, ends, origin),))


def peak_search_names() -> tuple[str, ...]:
    """Names of the peak searches that come with the package."""
    return shipped_names(FOLDER)


def load_peak_search(name_or_path: str | Path) -> PeakSearchFile:
    """A shipped peak search by name or a file (.toml). Raises `ConfigError` with file and line."""
    return decode(PeakSearchFile, load_document("peak search", FOLDER, name_or_path))

"""K+ -> π+ X with X that leaves the detector unseen: what is expected on K+ -> π+ νν, and lifetimes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from feebly.apparatus.shapes import BoolArray
from feebly.core.constants import HBAR_GEV_S, HBARC_GEV_M, MUON_MASS_GEV, PION_MASS_GEV
from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.core.provenance import Origin
from feebly.core.records import decode, require, require_positive
from feebly.core.tables import load_document
from feebly.kaon.experiment_file import KaonExperiment, load_kaon_experiment
from feebly.kaon.one_track import TrackDecay, TrackEvents, TrackSelection, simulate, two_body
from feebly.kaon.resolution import core_sigma
from feebly.kaon.search_file import ExpectedBackground, Stated
from feebly.physics.decays.kaon_standard import standard_decay
from feebly.statistics.intervals.limit_arrays import upper_limits

FOLDER = "kaon/invisible"
NS_TO_M = HBARC_GEV_M / HBAR_GEV_S * 1e-9
"""cτ [m] of a lifetime of one nanosecond."""

_EVENTS = 60_000
_LEAST_EVENTS = 200
_STEP_GEV = 0.005


@dataclass(frozen=True, slots=True)
class NeutrinoPairs:
    """K+ -> π+ νν: single event sensitivity for decays in all regions, and the branching ratio expected."""

    ses: Stated
    branching_ratio: Stated


@dataclass(frozen=True, slots=True)
class InvisibleSearchFile:
    """A search for X with missing mass squared in ``regions_gev2``.

    window_sigma: half width of the signal window, cut at the regions. other_background: in all regions, flat
    in the square of the mass. end_of_detector_m: X that decays before this z is seen.
    """

    title: str
    decay: str
    momentum_gev: tuple[float, float]
    regions_gev2: tuple[tuple[float, float], ...]
    window_sigma: float
    end_of_detector_m: float
    neutrino_pairs: NeutrinoPairs
    other_background: ExpectedBackground
    origins: dict[str, Origin]

    def __post_init__(self) -> None:
        require_positive(self, "window_sigma", "end_of_detector_m")
        ends = [end for region in self.regions_gev2 for end in region]
        require(bool(ends) and ends == sorted(ends), self, "regions_gev2", "pairs in rising order")


@dataclass(frozen=True, eq=False)
class InvisiblePoint:
    """One mass: A of X in the regions over that of π νν, share of X in the window, events expected there."""

    mass_gev: float
    sigma_mass2_gev2: float
    relative_acceptance: float
    window_share: float
    background: float
    momentum_gev: FloatArray
    to_end_m: FloatArray

    def escape(self, ctau_m: FloatArray) -> FloatArray:
        """<exp(-(end - z) m/(p cτ))> over accepted decays, for each cτ."""
        ctau = np.atleast_1d(np.asarray(ctau_m, float))
        path = self.to_end_m * self.mass_gev / self.momentum_gev
        return np.array([np.exp(-path / c).mean() for c in ctau])


@dataclass(frozen=True, eq=False)
class InvisibleSearch:
    """A search for an invisible X on an experiment."""

    file: InvisibleSearchFile
    experiment: KaonExperiment
    seed: int = 1

    @property
    def _selection(self) -> TrackSelection:
        return TrackSelection(self.file.momentum_gev)

    def _in_regions(self, mass2_gev2: FloatArray, inside: BoolArray | None = None) -> BoolArray:
        found = np.zeros(mass2_gev2.shape, bool)
        for low, high in self.file.regions_gev2:
            found |= (mass2_gev2 > low) & (mass2_gev2 < high)
        return np.asarray(found if inside is None else found & inside)

    @cached_property
    def _neutrinos(self) -> FloatArray:
        """Reconstructed m² of accepted K+ -> π+ νν in the regions, and how many of the decays they are."""
        decay = standard_decay("pi-nu-nu")
        track = TrackDecay("pi-nu-nu", decay.particle, decay.track_mass_gev, decay.energies_gev)
        found = simulate(self.experiment, track, 4 * _EVENTS, self.seed, 0, self._selection)
        return found.missing_mass2_gev2[self._in_regions(found.missing_mass2_gev2, found.accepted)]

    def point(self, mass_gev: float) -> InvisiblePoint:
        """Simulate one mass. DomainError where it is closed or no decay is in a region."""
        if not mass_gev > 0:
            raise DomainError(f"mass {1e3 * mass_gev:g} MeV: expected one above 0")
        decay = two_body("pi-x", "hadron", PION_MASS_GEV, mass_gev)
        found = simulate(self.experiment, decay, _EVENTS, self.seed, 0, self._selection)
        mass2 = found.missing_mass2_gev2
        kept = self._in_regions(mass2, found.accepted)
        if kept.sum() < _LEAST_EVENTS:
            raise DomainError(
                f"mass {1e3 * mass_gev:g} MeV: outside the regions of {self.file.title}; expected a mass in "
                f"{self._masses()}"
            )
        sigma = core_sigma(mass2[found.accepted])
        half = self.file.window_sigma * sigma
        window = kept & (np.abs(mass2 - mass_gev**2) < half)
        pairs = self._neutrinos
        return InvisiblePoint(
            mass_gev,
            sigma,
            kept.mean() / (pairs.size / (4 * _EVENTS)),
            float(window.sum() / kept.sum()),
            self._background(mass_gev**2 - half, mass_gev**2 + half),
            _momentum_of_x(found, mass_gev)[window],
            self.file.end_of_detector_m - found.z_m[window],
        )

    def _background(self, low: float, high: float) -> float:
        """Events between two m²: π νν by simulation, the others flat."""
        pairs = self.file.neutrino_pairs
        share = np.mean((self._neutrinos > low) & (self._neutrinos < high))
        width = sum(b - a for a, b in self.file.regions_gev2)
        inside = sum(max(0.0, min(b, high) - max(a, low)) for a, b in self.file.regions_gev2)
        expected = pairs.branching_ratio.value / pairs.ses.value
        return float(expected * share + self.file.other_background.mean * inside / width)

    @property
    def default_masses_gev(self) -> FloatArray:
        """Masses in the regions, from 5 MeV on, at most 5 MeV apart, and the threshold of two muons."""
        ranges = [(max(float(np.sqrt(a)), _STEP_GEV), float(np.sqrt(b))) for a, b in self.file.regions_gev2]
        even = [np.linspace(a, b, int(np.ceil((b - a) / _STEP_GEV - 1e-9)) + 1) for a, b in ranges]
        knots = [2 * MUON_MASS_GEV * factor for factor in (1 - 1e-6, 1 + 1e-3)]
        inside = [knot for knot in knots if any(a < knot < b for a, b in ranges)]
        return np.sort(np.concatenate([*even, np.array(inside)]))

    def _masses(self) -> str:
        ranges = [f"{1e3 * np.sqrt(a):.0f}-{1e3 * np.sqrt(b):.0f}" for a, b in self.file.regions_gev2]
        return f"{' or '.join(ranges)} MeV"

    def expected_limit(self, point: InvisiblePoint, cl: float = 0.90) -> float:
        """BR of a stable X that is excluded when n = b, straight between whole n (cls-counting, b known)."""
        n = int(np.floor(point.background))
        low, high = upper_limits(np.array([n, n + 1]), point.background, None, cl)
        events = low + (point.background - n) * (high - low)
        ses = self.file.neutrino_pairs.ses.value / (point.relative_acceptance * point.window_share)
        return float(events * ses)


def _momentum_of_x(events: TrackEvents, mass_gev: float) -> FloatArray:
    """Momentum [GeV] of X: the energy of the kaon less that of the track, both true."""
    energy = events.kaon_energy_gev - events.track_energy_gev
    return np.sqrt(np.maximum(energy**2 - mass_gev**2, 0.0))


def excluded_coupling(
    branching_ratios: FloatArray,
    ctau_m: FloatArray,
    point: InvisiblePoint,
    limit: float,
    couplings: FloatArray,
) -> tuple[tuple[float, float], ...]:
    """Intervals of the coupling in which BR(K -> π X) P(X escapes) exceeds the limit; ends interpolated.

    branching_ratios, ctau_m: at the couplings, which rise; intervals that reach an end of them stop there.
    """
    signal = branching_ratios * point.escape(ctau_m)
    with np.errstate(divide="ignore"):
        height = np.log(signal / limit)
    x = np.log(couplings)
    ends: list[float] = [couplings[0]] if height[0] > 0 else []
    for k in np.flatnonzero((height[1:] > 0) != (height[:-1] > 0)):
        low, high = max(height[k], -700.0), max(height[k + 1], -700.0)
        ends.append(float(np.exp(x[k] + (x[k + 1] - x[k]) * low / (low - high))))
    if height[-1] > 0:
        ends.append(float(couplings[-1]))
    return tuple(zip(ends[::2], ends[1::2], strict=True))


def load_invisible_search(
    name_or_path: str | Path = "pi-x-2016-22", experiment: str = "na62-kaon", seed: int = 1
) -> InvisibleSearch:
    """A shipped search by name or a file (.toml), on a kaon experiment. ConfigError with file and line."""
    document = load_document("invisible search", FOLDER, name_or_path)
    return InvisibleSearch(decode(InvisibleSearchFile, document), load_kaon_experiment(experiment), seed)

"""K+ -> π+ X with X that leaves the detector unseen: sensitivity and background at each mass, lifetimes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from feebly.apparatus.shapes import BoolArray
from feebly.core.constants import HBAR_GEV_S, HBARC_GEV_M, MUON_MASS_GEV, PION0_MASS_GEV, PION_MASS_GEV
from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.kaon.beam_decays import generator
from feebly.kaon.experiment_file import KaonExperiment, load_kaon_experiment
from feebly.kaon.invisible_file import (
    InvisibleSearchFile,
    NeutrinoPairs,
    load_invisible_file,
    within,
)
from feebly.kaon.one_track import TrackDecay, TrackEvents, TrackSelection, simulate, two_body
from feebly.kaon.resolution import core_sigma
from feebly.physics.decays.kaon_standard import standard_decay
from feebly.statistics.intervals.limit_arrays import upper_limits

NS_TO_M = HBARC_GEV_M / HBAR_GEV_S * 1e-9
"""cτ [m] of a lifetime of one nanosecond."""

_EVENTS = 60_000
_BLOCKS = 10  # of events, at most, where the window is far from the mass
_LEAST_EVENTS = 200
_EDGE_GEV = 1e-9  # a mass is that of an end of a range


@dataclass(frozen=True, eq=False)
class InvisiblePoint:
    """One mass of X in one search.

    window_gev2: intervals of the missing mass squared that are counted. relative_acceptance: of X in all
    regions, over that of the normalisation. window_share: of those, in the window. sensitivity: single event
    sensitivity to a stable X. background, background_sigma: events expected in the window. momentum_gev,
    to_end_m: of X, and from its production to the end of the detector, simulated, in the window.
    """

    search: str
    mass_gev: float
    sigma_mass2_gev2: float
    window_gev2: tuple[tuple[float, float], ...]
    relative_acceptance: float
    window_share: float
    sensitivity: float
    background: float
    background_sigma: float
    momentum_gev: FloatArray
    to_end_m: FloatArray

    def escape(self, ctau_m: FloatArray) -> FloatArray:
        """<exp(-(end - z) m/(p cτ))> over accepted decays, for each cτ."""
        ctau = np.atleast_1d(np.asarray(ctau_m, float))
        path = self.to_end_m * self.mass_gev / self.momentum_gev
        return np.array([np.exp(-path / c).mean() for c in ctau])

    def expected_limit(self, cl: float = 0.90) -> float:
        """BR of a stable X that is excluded when n = b, straight between whole n (cls-counting)."""
        n = int(np.floor(self.background))
        low, high = self._limits(np.array([n, n + 1]), self.background, self.background_sigma, cl)
        return float(low + (self.background - n) * (high - low))

    def observed_limit(
        self, n: int, b: float | None = None, sigma_b: float | None = None, cl: float = 0.90
    ) -> float:
        """BR of a stable X that n events exclude; b, sigma_b: of the point if b is not given."""
        if b is None:
            b, sigma_b = self.background, self.background_sigma
        return float(self._limits(np.array([n]), b, sigma_b or 0.0, cl)[0])

    def _limits(self, n: FloatArray, b: float, sigma_b: float, cl: float) -> FloatArray:
        return upper_limits(n, b, sigma_b, cl) * self.sensitivity


@dataclass(frozen=True, eq=False)
class InvisibleSearch:
    """A search for an invisible X on an experiment."""

    name: str
    file: InvisibleSearchFile
    experiment: KaonExperiment
    seed: int = 1

    @property
    def _selection(self) -> TrackSelection:
        return TrackSelection(self.file.momentum_gev)

    @cached_property
    def _reference(self) -> tuple[FloatArray, float]:
        """Reconstructed m² of the normalisation in the regions, and their share of all its decays."""
        if isinstance(self.file.normalisation, NeutrinoPairs):
            decay = standard_decay("pi-nu-nu")
            track = TrackDecay("pi-nu-nu", decay.particle, decay.track_mass_gev, decay.energies_gev)
        else:
            track = two_body("pi-x", "hadron", PION_MASS_GEV, PION0_MASS_GEV)
        found = simulate(self.experiment, track, 4 * _EVENTS, self.seed, 0, self._selection)
        mass2 = found.missing_mass2_gev2[self._kept(found)]
        return mass2, mass2.size / (4 * _EVENTS)

    def _kept(self, found: TrackEvents) -> BoolArray:
        """Accepted and in the regions."""
        return found.accepted & within(found.missing_mass2_gev2, self.file.regions_gev2)

    def covers(self, mass_gev: float) -> bool:
        """Whether X of this mass is looked for."""
        return any(low - _EDGE_GEV <= mass_gev <= high + _EDGE_GEV for low, high in self.file.masses_gev)

    def point(self, mass_gev: float) -> InvisiblePoint:
        """Simulate one mass. DomainError for one that is not looked for or of which no decay is counted."""
        blocks = self._simulated(mass_gev)
        sigma = core_sigma(np.concatenate([each.missing_mass2_gev2[each.accepted] for each in blocks]))
        kept = [self._kept(each) for each in blocks]
        mass2 = _joined([each.missing_mass2_gev2 for each in blocks], kept)
        window = self.file.window(mass_gev**2, sigma)
        inside = within(mass2, window)
        relative = float(np.mean(np.concatenate(kept))) / self._reference[1]
        momentum = _joined([_momentum_of_x(each, mass_gev) for each in blocks], kept)
        z = _joined([each.z_m for each in blocks], kept)
        return InvisiblePoint(
            self.name,
            mass_gev,
            sigma,
            window,
            relative,
            float(inside.mean()),
            self._sensitivity / (relative * float(inside.mean())),
            *self._background(window),
            momentum[inside],
            self.file.end_of_detector_m - z[inside],
        )

    def _require_covered(self, mass_gev: float) -> None:
        if not mass_gev > 0:
            raise DomainError(f"mass {1e3 * mass_gev:g} MeV: expected one above 0")
        if not self.covers(mass_gev):
            raise DomainError(
                f"mass {1e3 * mass_gev:g} MeV: not searched for by {self.file.title}; expected a mass in "
                f"{self._masses()}"
            )

    def pseudo_data(self, seed: int, signal: dict[float, float] | None = None) -> FloatArray:
        """Missing mass squared [GeV²] in the regions, of one pseudo-experiment, rising.

        signal: branching ratio of a stable X by mass [GeV]. Raises as `point`.
        """
        random = generator(seed, f"pseudo-data {self.file.title}", 0)
        known, other, regions = self.file.normalisation, self.file.other_background, self.file.regions_gev2
        width = sum(high - low for low, high in regions)
        events = [
            random.uniform(low, high, random.poisson(other.mean * (high - low) / width))
            for low, high in regions
        ]
        if isinstance(known, NeutrinoPairs):
            expected = known.branching_ratio.value / known.ses.value
            events.append(random.choice(self._reference[0], random.poisson(expected)))
        for mass, ratio in (signal or {}).items():
            mass2, relative = self._in_all_regions(mass)
            expected = ratio * relative / self._sensitivity
            events.append(random.choice(mass2, random.poisson(expected)))
        return np.sort(np.concatenate(events))

    def _in_all_regions(self, mass_gev: float) -> tuple[FloatArray, float]:
        """m² of X in the regions, and their share of its decays over that of the normalisation."""
        blocks = self._simulated(mass_gev)
        kept = [self._kept(each) for each in blocks]
        share = float(np.mean(np.concatenate(kept)))
        return _joined([each.missing_mass2_gev2 for each in blocks], kept), share / self._reference[1]

    def _simulated(self, mass_gev: float) -> list[TrackEvents]:
        """Blocks of decays until enough are in the regions."""
        self._require_covered(mass_gev)
        decay = two_body("pi-x", "hadron", PION_MASS_GEV, mass_gev)
        blocks: list[TrackEvents] = []
        kept = 0
        while kept < _LEAST_EVENTS and len(blocks) < _BLOCKS:
            found = simulate(self.experiment, decay, _EVENTS, self.seed, len(blocks), self._selection)
            blocks.append(found)
            kept += int(np.sum(self._kept(found)))
        if kept < _LEAST_EVENTS:
            raise DomainError(
                f"mass {1e3 * mass_gev:g} MeV: {kept} of {_BLOCKS * _EVENTS} simulated decays are in the "
                f"regions of {self.file.title}; expected a mass nearer to them"
            )
        return blocks

    @property
    def _sensitivity(self) -> float:
        """Single event sensitivity of decays that are kept as those of the normalisation."""
        known = self.file.normalisation
        if isinstance(known, NeutrinoPairs):
            return known.ses.value
        return known.branching_ratio.value / known.number.value

    def _background(self, window: tuple[tuple[float, float], ...]) -> tuple[float, float]:
        """Events in a window with their error: π νν by simulation, the others flat."""
        known, other = self.file.normalisation, self.file.other_background
        width = sum(high - low for low, high in self.file.regions_gev2)
        flat = sum(high - low for low, high in window) / width
        pairs = 0.0
        if isinstance(known, NeutrinoPairs):
            share = float(within(self._reference[0], window).mean())
            pairs = known.branching_ratio.value / known.ses.value * share
        return pairs + other.mean * flat, other.sigma * flat

    @property
    def default_masses_gev(self) -> FloatArray:
        """Masses that are looked for, from one step on and a step apart, and the threshold of two muons."""
        step = self.file.step_mev / 1e3
        ranges = [(max(low, step), high) for low, high in self.file.masses_gev]
        even = [np.linspace(a, b, int(np.ceil((b - a) / step - 1e-9)) + 1) for a, b in ranges]
        knots = [2 * MUON_MASS_GEV * factor for factor in (1 - 1e-6, 1 + 1e-3)]
        inside = [knot for knot in knots if any(a < knot < b for a, b in ranges)]
        return np.sort(np.concatenate([*even, np.array(inside)]))

    def _masses(self) -> str:
        return f"{' or '.join(f'{low:g}-{high:g}' for low, high in self.file.masses_mev)} MeV"


def _joined(arrays: list[FloatArray], kept: list[BoolArray]) -> FloatArray:
    return np.concatenate([array[mask] for array, mask in zip(arrays, kept, strict=True)])


def _momentum_of_x(events: TrackEvents, mass_gev: float) -> FloatArray:
    """Momentum [GeV] of X: the energy of the kaon less that of the track, both true."""
    energy = events.kaon_energy_gev - events.track_energy_gev
    return np.sqrt(np.maximum(energy**2 - mass_gev**2, 0.0))


def load_invisible_search(
    name_or_path: str | Path = "pi-x-2016-22", experiment: str = "na62-kaon", seed: int = 1
) -> InvisibleSearch:
    """A shipped search by name or a file (.toml), on a kaon experiment. ConfigError with file and line."""
    file = load_invisible_file(name_or_path)
    return InvisibleSearch(Path(name_or_path).stem, file, load_kaon_experiment(experiment), seed)

"""K+ -> μ+ ν X and K+ -> μ+ ν ν ν̄ with nothing seen but the muon: limits by counting above a missing mass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import NormalDist

import numpy as np

from feebly.core.constants import KAON_MASS_GEV, MUON_MASS_GEV
from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.kaon.experiment_file import KaonExperiment, load_kaon_experiment
from feebly.kaon.muon_invisible_file import MuonInvisibleFile, load_muon_invisible
from feebly.kaon.one_track import TrackDecay, simulate
from feebly.kaon.rejection import Rejection, require_rejection
from feebly.physics.decays.kaon_standard import standard_decay
from feebly.physics.production.kaon_to_muon_invisible import (
    LARGEST_MISSING_MASS2_GEV2,
    Spin,
    missing_mass_nodes,
    missing_mass_spectrum_gev_m1,
    three_neutrino_spectrum_gev_m1,
)
from feebly.statistics.checks import require_confidence_level
from feebly.statistics.intervals.limit_arrays import upper_limits
from feebly.statistics.intervals.limits import upper_limit

_EVENTS = 200_000
_BINS = 1000
_MANY = 1000.0  # events from which the Gaussian formula is used
_LEAST_MASS2_GEV2 = 1e-8  # start of spectra that begin at zero; nothing of them lies below

Spectrum = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class SignalLimits:
    """Limits on the branching ratio of one signal.

    acceptance: with efficiencies, in the counted region that is the best for it; observed: there. cut_gev2:
    with the best expected limit, which is ``expected``.
    """

    acceptance: float
    observed: float
    cut_gev2: float
    expected: float


@dataclass(frozen=True, eq=False)
class EventLimits:
    """Limits on the signal [events], observed and expected in counted regions, expected above each cut."""

    cl: float
    observed: FloatArray
    expected_counted: FloatArray
    expected: FloatArray


@dataclass(frozen=True, eq=False)
class MuonInvisibleSearch:
    """The search on an experiment; muons flat in the missing mass squared, weighted, serve all signals."""

    file: MuonInvisibleFile
    experiment: KaonExperiment
    seed: int = 1

    @cached_property
    def _cuts(self) -> FloatArray:
        """Those of the counted regions, then those that are tried."""
        return np.array([*(region.above_gev2 for region in self.file.counted), *self.file.cuts_gev2])

    @cached_property
    def _efficiency(self) -> FloatArray:
        """Share of muons that are accepted above each cut, in bins of the true missing mass squared.

        On all planes, identified, and not rejected by accidental activity in the photon veto. ConfigError
        where the experiment does not tell the last two.
        """
        require_rejection(self.experiment, Rejection("muon", photons=True))
        assert self.experiment.identification is not None
        assert self.experiment.photon_veto is not None
        track = TrackDecay("mu-missing", "muon", MUON_MASS_GEV, _energies)
        found = simulate(self.experiment, track, _EVENTS, self.seed, 0, self.file.selection).only_accepted()
        momentum = np.sqrt(found.track.squared)
        chance = self.experiment.identification.probability("muon", "muon", momentum)
        chance = chance * self.experiment.photon_veto.accidental_efficiency
        edges = np.linspace(0, LARGEST_MISSING_MASS2_GEV2, _BINS + 1)
        above = [np.where(found.missing_mass2_gev2 > cut, chance, 0.0) for cut in self._cuts]
        sums = [np.histogram(found.true_mass2_gev2, edges, weights=weight)[0] for weight in above]
        return np.array(sums) * _BINS / _EVENTS

    def acceptances(self, spectrum: Spectrum, lowest_gev2: float) -> FloatArray:
        """Share of a signal that is accepted above each cut; spectrum: dΓ/dW² from ``lowest_gev2`` on."""
        nodes, node_weights = missing_mass_nodes(lowest_gev2)
        width = LARGEST_MISSING_MASS2_GEV2 / _BINS
        share = spectrum(np.asarray((np.arange(_BINS) + 0.5) * width, float)) * width
        return np.asarray(self._efficiency @ share / np.sum(node_weights * spectrum(nodes)))

    @cached_property
    def backgrounds(self) -> tuple[FloatArray, FloatArray]:
        """Expected events above each cut that is tried, and their errors."""
        known = standard_decay(self.file.background_decay)

        def spectrum(w2: FloatArray) -> FloatArray:
            return known.per_gev(np.sqrt(w2)) / np.sqrt(w2)

        shares = self.acceptances(spectrum, max(known.ends_gev2[0], _LEAST_MASS2_GEV2))
        scale = shares[len(self.file.counted) :] / shares[0]
        reference = self.file.counted[0].background
        return reference.mean * scale, reference.sigma * scale

    def event_limits(self, cl: float = 0.90) -> EventLimits:
        """Limits on the signal in each region, whatever the signal is."""
        regions = self.file.counted
        expected = [expected_events(r.background.mean, r.background.sigma, cl) for r in regions]
        observed = [upper_limit(r.n, r.background.mean, r.background.sigma or None, cl).s_up for r in regions]
        elsewhere = [expected_events(b, sigma, cl) for b, sigma in zip(*self.backgrounds, strict=True)]
        return EventLimits(cl, np.array(observed), np.array(expected), np.array(elsewhere))

    def signal_limits(self, spectrum: Spectrum, lowest_gev2: float, events: EventLimits) -> SignalLimits:
        """Limits on a signal of any spectrum. DomainError where none of it is accepted above the cuts."""
        counted, shares = np.split(self.acceptances(spectrum, lowest_gev2), [len(self.file.counted)])
        if not (counted.max() > 0 and shares.max() > 0):
            raise DomainError(
                f"{self.file.title}: no signal above the cuts is accepted; expected lower cuts in its file"
            )
        with np.errstate(divide="ignore"):
            region = int(np.argmin(events.expected_counted / counted))
            expected = events.expected / shares / self.file.decays.value
        best = int(np.argmin(expected))
        return SignalLimits(
            float(counted[region]),
            float(events.observed[region] / counted[region] / self.file.decays.value),
            self.file.cuts_gev2[best],
            float(expected[best]),
        )

    def mediator(self, mass_gev: float, spin: Spin, events: EventLimits) -> SignalLimits:
        """Limits on BR(K+ -> μ+ ν X). DomainError for a mass that is not below the endpoint."""

        def spectrum(w2: FloatArray) -> FloatArray:
            return missing_mass_spectrum_gev_m1(w2, mass_gev, spin)

        return self.signal_limits(spectrum, mass_gev**2, events)

    def three_neutrinos(self, events: EventLimits) -> SignalLimits:
        """Limits on BR(K+ -> μ+ ν ν ν̄), its muon as in the Standard Model."""
        return self.signal_limits(three_neutrino_spectrum_gev_m1, _LEAST_MASS2_GEV2, events)


def _energies(u: FloatArray) -> FloatArray:
    """Energy [GeV] of muons in the rest frame of the kaon, flat in the missing mass squared."""
    w2 = u * LARGEST_MISSING_MASS2_GEV2
    return np.asarray((KAON_MASS_GEV**2 + MUON_MASS_GEV**2 - w2) / (2 * KAON_MASS_GEV))


def expected_events(b: float, sigma_b: float, cl: float = 0.90) -> float:
    """Limit on the signal [events] by CLs where the count is b, straight between whole numbers.

    Gaussian from `_MANY` events on where σ_b is more than 2√b, within 0.6%: σ Φ⁻¹(1 - (1 - cl)/2) with
    σ² = b + σ_b²; J. Phys. G 28 (2002) 2693.
    """
    cl = require_confidence_level(cl)
    if b < _MANY or sigma_b**2 < 4 * b:
        n = int(np.floor(b))
        low, high = upper_limits(np.array([n, n + 1]), b, sigma_b or None, cl)
        return float(low + (b - n) * (high - low))
    return float(np.hypot(np.sqrt(b), sigma_b) * NormalDist().inv_cdf(1 - (1 - cl) / 2))


def load_muon_search(
    name_or_path: str | Path = "mu-nu-x", experiment: str = "na62-kaon", seed: int = 1
) -> MuonInvisibleSearch:
    """A shipped search by name or a file (.toml), on a kaon experiment. ConfigError with file and line."""
    return MuonInvisibleSearch(load_muon_invisible(name_or_path), load_kaon_experiment(experiment), seed)

"""K+ -> μ+ ν X and K+ -> μ+ ν ν ν̄ with nothing seen but the muon: limits by counting above a missing mass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from statistics import NormalDist

import numpy as np

from feebly.core.constants import KAON_MASS_GEV, MUON_MASS_GEV
from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.kaon.experiment_file import KaonExperiment, load_kaon_experiment
from feebly.kaon.muon_invisible_file import MuonInvisibleFile, load_muon_invisible
from feebly.kaon.one_track import TrackDecay, simulate
from feebly.kaon.track_efficiency import track_efficiency
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

_EVENTS = 200_000
_BINS = 1000
_MANY = 1000.0  # events from which the Gaussian formula is used
_LEAST_MASS2_GEV2 = 1e-8  # start of spectra that begin at zero; nothing of them lies below

Spectrum = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class SignalLimits:
    """Limits on the branching ratio of one signal.

    observed: above ``observed_cut_gev2``, of the cuts that are observed that with the best expected limit;
    acceptance: there, with efficiencies; both NaN where none is. cut_gev2: with the best expected limit of
    all, which is ``expected``.
    """

    acceptance: float
    observed: float
    observed_cut_gev2: float
    cut_gev2: float
    expected: float


@dataclass(frozen=True, eq=False)
class EventLimits:
    """Limits on the signal [events] above each cut of a search, whatever it is; observed: NaN where not."""

    cl: float
    observed: FloatArray
    expected: FloatArray


@dataclass(frozen=True, eq=False)
class MuonInvisibleSearch:
    """The search on an experiment; muons flat in the missing mass squared, weighted, serve all signals."""

    file: MuonInvisibleFile
    experiment: KaonExperiment
    seed: int = 1

    @cached_property
    def cuts_gev2(self) -> FloatArray:
        """Those of the counted regions, then those that are tried."""
        return np.array([*(region.above_gev2 for region in self.file.counted), *self.file.cuts_gev2])

    @cached_property
    def _efficiency(self) -> FloatArray:
        """Share of muons that are accepted above each cut, in bins of the true missing mass squared.

        On all planes, identified, and not rejected by accidental activity in the photon veto. ConfigError
        where the experiment does not tell the last two.
        """
        track = TrackDecay("mu-missing", "muon", MUON_MASS_GEV, _energies)
        found = simulate(self.experiment, track, _EVENTS, self.seed, 0, self.file.selection).only_accepted()
        chance = track_efficiency(self.experiment, "muon", found)
        edges = np.linspace(0, LARGEST_MISSING_MASS2_GEV2, _BINS + 1)
        above = [np.where(found.missing_mass2_gev2 > cut, chance, 0.0) for cut in self.cuts_gev2]
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
        """Expected events above each cut and their errors: as stated, elsewhere by the shape."""
        known = standard_decay(self.file.background_decay)

        def spectrum(w2: FloatArray) -> FloatArray:
            return known.per_gev(np.sqrt(w2)) / np.sqrt(w2)

        shares = self.acceptances(spectrum, max(known.ends_gev2[0], _LEAST_MASS2_GEV2))
        stated = [region.background for region in self.file.counted]
        b, sigma = stated[0].mean * shares / shares[0], stated[0].sigma * shares / shares[0]
        b[: len(stated)], sigma[: len(stated)] = [s.mean for s in stated], [s.sigma for s in stated]
        return b, sigma

    def event_limits(
        self, cl: float = 0.90, mass2_gev2: FloatArray | None = None, is_blinded: bool = False
    ) -> EventLimits:
        """Limits above each cut: observed in the counted regions, or with missing masses squared in all."""
        regions = self.file.counted
        counts: list[float] = [region.n for region in regions] + [np.nan] * len(self.file.cuts_gev2)
        if mass2_gev2 is not None:
            counts = [int((mass2_gev2 > cut).sum()) for cut in self.cuts_gev2]
        if is_blinded:
            counts = [np.nan] * self.cuts_gev2.size
        known = list(zip(counts, *self.backgrounds, strict=True))
        observed = [np.nan if np.isnan(n) else event_limit(n, b, sigma, cl) for n, b, sigma in known]
        expected = [event_limit(b, b, sigma, cl) for _, b, sigma in known]
        return EventLimits(cl, np.array(observed), np.array(expected))

    def signal_limits(self, spectrum: Spectrum, lowest_gev2: float, events: EventLimits) -> SignalLimits:
        """Limits on a signal of any spectrum. DomainError where none of it is accepted above the cuts."""
        shares = self.acceptances(spectrum, lowest_gev2)
        if not shares.max() > 0:
            raise DomainError(
                f"{self.file.title}: no signal above the cuts is accepted; expected lower cuts in its file"
            )
        with np.errstate(divide="ignore"):
            expected = events.expected / shares / self.file.decays.value
        best, is_observed = int(np.argmin(expected)), np.isfinite(events.observed) & (shares > 0)
        if not is_observed.any():
            return SignalLimits(np.nan, np.nan, np.nan, float(self.cuts_gev2[best]), float(expected[best]))
        seen = int(np.argmin(np.where(is_observed, expected, np.inf)))
        return SignalLimits(
            float(shares[seen]),
            float(events.observed[seen] / shares[seen] / self.file.decays.value),
            float(self.cuts_gev2[seen]),
            float(self.cuts_gev2[best]),
            float(expected[best]),
        )

    def pseudo_data(self, seed: int, signal: dict[float, float] | None = None) -> FloatArray:
        """Missing masses squared [GeV²] above the lowest cut, flat between neighbouring cuts.

        signal: BR of scalars by mass [GeV]. The background is thrown at its mean, without its error.
        """
        order = np.argsort(self.cuts_gev2)
        above = self.backgrounds[0].copy()
        for mass, ratio in (signal or {}).items():
            spectrum = partial(missing_mass_spectrum_gev_m1, mass_gev=mass, spin="scalar")
            above += ratio * self.file.decays.value * self.acceptances(spectrum, mass**2)
        expected = np.maximum(-np.diff(np.append(above[order], 0.0)), 0.0)
        edges = np.append(self.cuts_gev2[order], LARGEST_MISSING_MASS2_GEV2)
        random = np.random.default_rng(np.random.SeedSequence([self.seed, seed]))
        counts = random.poisson(expected)
        return np.sort(random.uniform(np.repeat(edges[:-1], counts), np.repeat(edges[1:], counts)))

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


def event_limit(n: float, b: float, sigma_b: float, cl: float = 0.90) -> float:
    """Limit on the signal [events] by CLs, straight between whole n.

    Gaussian from `_MANY` events on where σ_b is more than 2√b, within 0.6%: n - b - σ Φ⁻¹((1 - cl)
    Φ((n - b)/σ)) with σ² = b + σ_b²; J. Phys. G 28 (2002) 2693.
    """
    cl = require_confidence_level(cl)
    if min(n, b) < _MANY or sigma_b**2 < 4 * b:
        whole = int(np.floor(n))
        low, high = upper_limits(np.array([whole, whole + 1]), b, sigma_b or None, cl)
        return float(low + (n - whole) * (high - low))
    sigma, normal = float(np.hypot(np.sqrt(b), sigma_b)), NormalDist()
    return n - b - sigma * normal.inv_cdf((1 - cl) * normal.cdf((n - b) / sigma))


def load_muon_search(
    name_or_path: str | Path = "mu-nu-x", experiment: str = "na62-kaon", seed: int = 1
) -> MuonInvisibleSearch:
    """A shipped search by name or a file (.toml), on a kaon experiment. ConfigError with file and line."""
    return MuonInvisibleSearch(load_muon_invisible(name_or_path), load_kaon_experiment(experiment), seed)

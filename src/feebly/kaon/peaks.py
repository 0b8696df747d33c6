"""Peak searches in the missing mass of K+ -> track X: expectation, limits, pseudo-data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.kaon.experiment_file import KaonExperiment, load_kaon_experiment
from feebly.kaon.one_track import TrackDecay, simulate, two_body
from feebly.kaon.peak_file import (
    PARENTS,
    TRACKS,
    CountedDecays,
    DecayNormalisation,
    PeakSearchFile,
)
from feebly.kaon.resolution import MassResolution, mass_resolution
from feebly.kaon.track_efficiency import track_efficiency
from feebly.physics.decays.kaon_standard import standard_decay
from feebly.physics.kinematics.two_body import two_body_momentum_gev
from feebly.physics.production.meson_to_hnl import LEPTONIC_MODES, br_to_lepton
from feebly.statistics.excess.global_significance import (
    GlobalSignificance,
    Progress,
    background_toys,
    global_significances,
)
from feebly.statistics.excess.mass_scan import DataSets, MassScan, data_set
from feebly.statistics.intervals.limit_arrays import upper_limits
from feebly.statistics.peaks.peak_search import LEAST_ASYMPTOTIC, PeakSearch, WindowCounts

METHODS = ("counts", "profile")
_POINTS = 12  # of the simulated resolution, evenly in the momentum of the track
_NORMALISATION_EVENTS = 200_000
_EFFICIENCY_EVENTS = 20_000


@dataclass(frozen=True, eq=False)
class PeakResult:
    """One data set, shape (H,) over the hypotheses.

    counts: window counts with the fitted background; local_z: one-sided; signal: upper limit [events of the
    whole peak]; branching_ratio: the same times the sensitivity; NaN where ``problems`` says why.
    """

    mass_gev: FloatArray
    counts: WindowCounts
    local_z: FloatArray
    signal: FloatArray
    branching_ratio: FloatArray
    cl: float
    method: str
    problems: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class KaonPeakSearch:
    """A peak search on an experiment: resolution and acceptance simulated, the rest from its file."""

    file: PeakSearchFile
    experiment: KaonExperiment
    seed: int = 1

    @cached_property
    def mass_gev(self) -> FloatArray:
        """The hypotheses."""
        return self.file.scan_mev.masses_gev

    @cached_property
    def resolution(self) -> MassResolution:
        """Simulated at a few masses of the range."""
        particle, mass = TRACKS[self.file.track]
        parent = PARENTS[self.file.parent]
        ends = two_body_momentum_gev(parent.mass_gev, mass, self.mass_gev[[0, -1]])
        momentum = np.linspace(float(ends[0]), float(ends[1]), _POINTS)
        energy = np.hypot(momentum, mass)
        masses = np.sqrt(parent.mass_gev**2 + mass**2 - 2 * parent.mass_gev * energy)
        masses[[0, -1]] = self.mass_gev[[0, -1]]
        return mass_resolution(
            self.experiment, particle, mass, masses, self.file.selection, seed=self.seed, parent=parent
        )

    @cached_property
    def normalisation_acceptance(self) -> float:
        """Acceptance of the decay that normalises, above its least missing mass; 1 for counted decays."""
        known = self.file.normalisation
        if isinstance(known, CountedDecays):
            return 1.0
        decay = standard_decay(known.decay)
        start = 1 - decay.share_above(known.least_missing_mass_gev)

        def energies(u: FloatArray) -> FloatArray:
            return decay.energies_gev(start + (1 - start) * u)

        track = TrackDecay(f"normalisation {decay.decay}", decay.particle, decay.track_mass_gev, energies)
        found = simulate(self.experiment, track, _NORMALISATION_EVENTS, self.seed, 0, self.file.selection)
        if not found.acceptance > 0:
            raise DomainError(
                f"{decay.decay}: no simulated decay is accepted; expected a wider selection or another decay"
            )
        return found.acceptance

    @cached_property
    def efficiency(self) -> FloatArray:
        """Mean `track_efficiency` at each hypothesis; 1 where a decay normalises, with the same losses."""
        if isinstance(self.file.normalisation, DecayNormalisation):
            return np.ones(self.mass_gev.size)
        particle, mass = TRACKS[self.file.track]
        means = []
        for k, each in enumerate(self.resolution.mass_gev.tolist()):
            decay = two_body(f"{particle}-x", particle, mass, each, PARENTS[self.file.parent])
            found = simulate(
                self.experiment, decay, _EFFICIENCY_EVENTS, self.seed, k, self.file.selection
            ).only_accepted()
            means.append(float(track_efficiency(self.experiment, particle, found).mean()))
        return np.interp(self.mass_gev, self.resolution.mass_gev, means)

    @cached_property
    def relative_acceptance(self) -> FloatArray:
        """Acceptance and efficiency of each hypothesis over those of the normalisation."""
        acceptance = self.resolution.acceptance_at(self.mass_gev) * self.efficiency
        return np.asarray(acceptance / self.normalisation_acceptance)

    @cached_property
    def sensitivity(self) -> FloatArray:
        """Single event sensitivity at each hypothesis: BR share/candidates by the ratio of acceptances.

        Or 1/(decays × acceptance) where the decays are counted.
        """
        known = self.file.normalisation
        if isinstance(known, CountedDecays):
            return np.asarray(1 / (known.number.value * self.relative_acceptance))
        share = standard_decay(known.decay).share_above(known.least_missing_mass_gev)
        return np.asarray(known.branching_ratio.value * share / known.candidates / self.relative_acceptance)

    def mixing(self, branching_ratio: FloatArray) -> FloatArray | None:
        """|U_l4|² of a branching ratio at each hypothesis; None if X is no heavy neutral lepton."""
        if self.file.leptonic is None:
            return None
        mode = LEPTONIC_MODES[self.file.leptonic]
        return np.asarray(branching_ratio / br_to_lepton(mode, self.mass_gev))

    @cached_property
    def density_per_gev(self) -> FloatArray:
        """Expected background at each hypothesis [events/GeV]. DomainError where the file has none."""
        if not self.file.background:
            raise DomainError(
                f"{self.file.title}: its file has no [[background]]; give data, or add what is expected"
            )
        total = np.zeros(self.mass_gev.size)
        for shape in self.file.background:
            if shape.decay is None:
                low, high = (mass / 1e3 for mass in shape.flat_in_mass2_mev)
                total += shape.events * 2 * self.mass_gev / (high**2 - low**2)
            else:
                known = self.file.normalisation
                assert isinstance(known, DecayNormalisation)  # checked by the file
                decay = standard_decay(known.decay)
                share = decay.per_gev(self.mass_gev) / decay.share_above(known.least_missing_mass_gev)
                total += known.candidates * share * self.relative_acceptance
        return total

    @cached_property
    def search(self) -> PeakSearch:
        """Windows and template: the expected background, or a flat one where the file has none."""
        sigma = self.resolution.sigma_mass_at(self.mass_gev)
        density = self.density_per_gev if self.file.background else np.ones(self.mass_gev.size)
        return PeakSearch(MassScan.of(self.mass_gev, sigma, density), self.file.windows.windows())

    @property
    def _expectation(self) -> MassScan:
        """The scan with the expected background; DomainError where the file has none."""
        return replace(self.search.scan, densities=tuple(self.density_per_gev.tolist()))

    def pseudo_data(self, seed: int, signal: dict[float, float] | None = None) -> FloatArray:
        """Missing masses [GeV] of one pseudo-experiment; signal: branching ratio by mass [GeV]."""
        scan = self._expectation
        random = np.random.default_rng(np.random.SeedSequence([self.seed, seed]))
        events = [background_toys(scan, 1, random).position]
        for mass, ratio in (signal or {}).items():
            expected = ratio / np.interp(mass, self.mass_gev, self.sensitivity)
            sigma = float(self.resolution.sigma_mass_at(np.array([mass]))[0])
            events.append(random.normal(mass, sigma, random.poisson(expected)))
        return np.sort(np.concatenate(events))

    def data(self, masses_gev: FloatArray) -> DataSets:
        """Missing masses [GeV] as one data set; those outside the range of the scan are left out."""
        return data_set(masses_gev.tolist(), self.search.scan)

    @property
    def expected_in_window(self) -> FloatArray:
        """Expected background [events] in the window of each hypothesis."""
        return self._expectation.expected_within(self.search.windows.window_sigma)

    def expected_limits(self, cl: float = 0.90) -> FloatArray:
        """Branching ratio excluded when the background is known and fluctuates to its mean; no signal.

        cls-counting at n = b, straight between whole numbers.
        """
        b = self.expected_in_window
        low = np.floor(b).astype(np.int64)
        below, above = (upper_limits(n, b, None, cl) for n in (low, low + 1))
        events = below + (b - low) * (above - below)
        return np.asarray(events / self.search.windows.efficiency * self.sensitivity)

    def global_significance(
        self, local_z: float, toys: int, seed: int, progress: Progress | None = None
    ) -> GlobalSignificance:
        """How often background alone reaches ``local_z`` anywhere; pseudo-experiments are fitted as data."""
        test = SidebandTest(self.search)
        return global_significances(self._expectation, test, [local_z], toys, seed, progress)[0]

    def result(self, masses_gev: FloatArray, cl: float = 0.90, method: str = "counts") -> PeakResult:
        """Limits and local significances of data. DomainError for an unknown method."""
        if method not in METHODS:
            raise DomainError(f"method {method!r}: expected one of {', '.join(METHODS)}")
        data = self.data(masses_gev)
        counts = self.search.count(data)
        signal = (
            counts.upper_limits(self.search.windows.efficiency, cl)
            if method == "counts"
            else self.search.profile_limits(data, cl)
        )[0]
        return PeakResult(
            self.mass_gev, counts, counts.local_z[0], signal, signal * self.sensitivity, cl, method,
            _problems(self.mass_gev, counts, signal, method),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SidebandTest:
    """Local Z of the window counts, for the significance of the whole scan."""

    search: PeakSearch

    def z(self, scan: MassScan, data: DataSets) -> FloatArray:
        """As `LocalTest`; -inf where the sidebands gave no background."""
        return np.nan_to_num(self.search.count(data).local_z, nan=-np.inf)


def kaon_peak_search(file: PeakSearchFile, experiment: str = "na62-kaon", seed: int = 1) -> KaonPeakSearch:
    """A search on a shipped kaon experiment, or one in a file."""
    return KaonPeakSearch(file, load_kaon_experiment(experiment), seed)


def _problems(mass_gev: FloatArray, counts: WindowCounts, signal: FloatArray, method: str) -> tuple[str, ...]:
    """One line for each reason why hypotheses have no limit, with their masses."""
    unfitted = ~counts.fitted[0]
    lines = []
    if np.any(unfitted):
        lines.append(
            f"{_masses(mass_gev[unfitted])}: no background from the sidebands (empty, or no convergence)"
        )
    refused = np.isnan(signal) & ~unfitted
    if np.any(refused) and method == "profile":
        lines.append(
            f"{_masses(mass_gev[refused])}: below {LEAST_ASYMPTOTIC:g} events under the peak, where "
            "asymptotic formulae are wrong, or no convergence; the method 'counts' has no such limit"
        )
    return tuple(lines)


def _masses(mass_gev: FloatArray) -> str:
    some = ", ".join(f"{1e3 * m:g}" for m in mass_gev[:4])
    more = "" if mass_gev.size <= 4 else f", ... ({mass_gev.size} masses)"
    return f"{some}{more} MeV"

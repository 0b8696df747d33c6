"""What the closure of a model found, point by point, and its verdict."""

from __future__ import annotations

from dataclasses import dataclass

from feebly.statistics.proofs.closure import P_MIN, PULL_MEAN, PULL_WIDTH
from feebly.workflow.closure_events import EventYield

EVENTS_P_MIN = 1e-4
"""Smallest p-value of the chi-square of simulated events against tables that passes."""

ENOUGH_EXPERIMENTS = 1000
"""Experiments that pulls need for ``PULL_MEAN`` and ``PULL_WIDTH``; fewer get more room, by 1/sqrt(n)."""

Pull = tuple[float, float]
"""Mean and standard deviation."""


@dataclass(frozen=True, slots=True)
class FitSummary:
    """Fits of all experiments of a point.

    coupling_error: relative standard deviation of the fitted coupling, from the local slope of N(coupling).
    at_edge: share of experiments whose fitted signal lies beyond the yields of the branch. pull,
    coupling_pull: of signal and coupling, None where they are not tested.
    """

    coupling_error: float
    at_edge: float
    pull: Pull | None
    coupling_pull: Pull | None


@dataclass(frozen=True, slots=True)
class PointClosure:
    """What the experiments at one mass and coupling show.

    signal, background: expected events of the analysis; by_final_state: parts of the signal. branch: side of
    the peak of N(coupling) on which the truth lies and the coupling is fitted; solutions: all couplings with
    the same yield; peak: largest yield at this mass. transforms: u of each experiment, p_value: Kolmogorov's
    of them. excluded: experiments whose limit excludes the true point; exclusion: the same by enumeration of
    the counts. events: simulated.
    """

    mass_gev: float
    coupling: float
    branch: str
    solutions: tuple[float, ...]
    peak: float
    signal: float
    background: float
    by_final_state: dict[str, float]
    transforms: tuple[float, ...]
    p_value: float
    excluded: int
    exclusion: float
    fit: FitSummary
    events: tuple[EventYield, ...] = ()

    def failures(self, cl: float) -> tuple[str, ...]:
        """Criteria that the point misses; ``cl``: confidence level of the limits."""
        from scipy.stats import binom

        # more exclusions than 1 - cl allows: as many or more have a probability below P_MIN
        too_many = float(binom.sf(self.excluded - 1, len(self.transforms), 1 - cl)) <= P_MIN
        missed = {
            "counts": self.p_value <= P_MIN,
            "coverage": too_many,
            "pull": not _is_standard(self.fit.pull, len(self.transforms)),
            "coupling pull": not _is_standard(self.fit.coupling_pull, len(self.transforms)),
        }
        return tuple(name for name, failed in missed.items() if failed)


def pull_ranges(experiments: int) -> tuple[float, Pull]:
    """Largest |mean| of the pulls of so many experiments, and the range of their standard deviation."""
    wider = max(1.0, (ENOUGH_EXPERIMENTS / experiments) ** 0.5)
    return PULL_MEAN * wider, (1 - (1 - PULL_WIDTH[0]) * wider, 1 + (PULL_WIDTH[1] - 1) * wider)


def _is_standard(pull: Pull | None, experiments: int) -> bool:
    largest, (low, high) = pull_ranges(experiments)
    return pull is None or (abs(pull[0]) <= largest and low <= pull[1] <= high)


@dataclass(frozen=True, slots=True)
class ModelClosure:
    """All points. p_value: of Kolmogorov's test of all transforms; signal_scale: thrown over believed."""

    model: str
    coupling_name: str
    analysis: str
    preset: str
    pot: float
    channels: tuple[str, ...]
    cl: float
    convention: str
    signal_error: float
    signal_scale: float
    seed: int
    results: tuple[PointClosure, ...]
    p_value: float

    @property
    def experiments(self) -> int:
        """Experiments at each point."""
        return len(self.results[0].transforms)

    @property
    def events_p_value(self) -> float | None:
        """Probability of a larger chi-square of simulated events against tables; None without events."""
        from scipy.stats import chi2

        squares = [
            ((each.ratio - 1) / each.ratio_error) ** 2 for point in self.results for each in point.events
        ]
        return float(chi2.sf(sum(squares), len(squares))) if squares else None

    @property
    def failures(self) -> tuple[str, ...]:
        """What all points together miss."""
        events = self.events_p_value
        missed = {
            "counts of all points": self.p_value <= P_MIN,
            "simulated events": events is not None and events <= EVENTS_P_MIN,
        }
        return tuple(name for name, failed in missed.items() if failed)

    @property
    def passed(self) -> bool:
        """Whether every point passed, and all points together."""
        return not self.failures and not any(point.failures(self.cl) for point in self.results)

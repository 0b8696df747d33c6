"""Branching ratios by counting: a limit on events, times the single event sensitivity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from feebly.core.errors import DomainError
from feebly.kaon.beam_decays import generator
from feebly.kaon.search_file import CountingSearch
from feebly.statistics.intervals.likelihood_interval import likelihood_interval, profile_interval
from feebly.statistics.intervals.limits import Limit, expected_limit, upper_limit

ScaleKind = Literal["stated", "normalisation", "published limit"]


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Single event sensitivity: the branching ratio of one expected event.

    kind: ``stated`` with the search; from the ``normalisation``, 1/(N_K A ε); or from the ``published
    limit`` itself, divided by the 90% CLs limit on the events: the limit then follows from itself and
    proves nothing. relative_error: standard deviation, 0 where none is stated.
    """

    value: float
    kind: ScaleKind
    relative_error: float = 0.0

    @property
    def is_circular(self) -> bool:
        return self.kind == "published limit"


@dataclass(frozen=True, slots=True)
class BranchingRatioLimit:
    """Upper limit on a branching ratio.

    events: limit on the signal [events], observed, or expected where nothing is observed. expected: the
    branching ratio that is excluded at the median count under the background alone. improvement: factor
    over the previous limit of the file (None: no earlier search). ratio_to_published: own over published
    (None: none published).
    """

    search: CountingSearch
    sensitivity: Sensitivity
    events: Limit
    branching_ratio: float
    is_observed: bool
    expected: float

    @property
    def improvement(self) -> float | None:
        previous = self.search.previous
        return None if previous is None else previous.value / self.branching_ratio

    @property
    def ratio_to_published(self) -> float | None:
        published = self.search.published
        return None if published is None else self.branching_ratio / published.value


@dataclass(frozen=True, slots=True)
class MeasuredRatio:
    """(n - b) times the single event sensitivity, and the ends of its 68% likelihood interval."""

    branching_ratio: float
    lower: float
    upper: float

    @property
    def plus(self) -> float:
        return self.upper - self.branching_ratio

    @property
    def minus(self) -> float:
        return self.branching_ratio - self.lower


def sensitivity(search: CountingSearch) -> Sensitivity:
    """The single event sensitivity of a search, from the best that its file holds."""
    if search.ses is not None:
        return Sensitivity(search.ses.value, "stated", search.ses.relative_error)
    if search.acceptance is not None and search.normalisation is not None:
        decays = search.normalisation.number_of_decays
        return Sensitivity(1 / (decays * search.acceptance.value), "normalisation")
    assert search.published is not None  # one of the three is there
    assert search.n is not None  # a search without it has one of the other two
    events = upper_limit(search.n, search.background.mean, cl=search.published.cl)
    return Sensitivity(search.published.value / events.s_up, "published limit")


def implied_acceptance(search: CountingSearch) -> float | None:
    """A ε of the signal, 1/(N_K SES), where the number of decays is known."""
    if search.normalisation is None:
        return None
    return 1 / (search.normalisation.number_of_decays * sensitivity(search).value)


def branching_ratio_limit(
    search: CountingSearch,
    cl: float = 0.90,
    convention: str = "cls-counting",
    use_background_error: bool = False,
    use_sensitivity_error: bool = False,
    n: int | None = None,
) -> BranchingRatioLimit:
    """Limit of a search. The published limits are those of a known background: the defaults.

    n: events of other data in place of those of the file; with neither the limit is the expected one.
    use_background_error: average over the error of b. use_sensitivity_error: the relative error of the
    single event sensitivity is an error of the signal, log-normal with mean 1.
    """
    scale = sensitivity(search)
    sigma = search.background.sigma if use_background_error and search.background.sigma else None
    error = scale.relative_error if use_sensitivity_error else 0.0
    b, counted = search.background.mean, search.n if n is None else n
    expected = expected_limit(b, sigma, cl, convention, error)
    observed = expected if counted is None else upper_limit(counted, b, sigma, cl, convention, error)
    return BranchingRatioLimit(
        search,
        scale,
        observed,
        observed.s_up * scale.value,
        counted is not None,
        expected.s_up * scale.value,
    )


def thrown_count(search: CountingSearch, branching_ratio: float, seed: int) -> int:
    """Events of one pseudo-experiment: a Poisson number about b and the signal of a branching ratio."""
    if not branching_ratio >= 0:
        raise DomainError(f"branching ratio {branching_ratio:g}: expected zero or a positive number")
    mean = search.background.mean + branching_ratio / sensitivity(search).value
    return int(generator(seed, f"count {search.title}", 0).poisson(mean))


def measured_ratio(search: CountingSearch, use_background_error: bool = False) -> MeasuredRatio:
    """Branching ratio by counting; DomainError unless n > b.

    use_background_error: b is profiled within its error; else it is known.
    """
    assert search.n is not None  # a file with a measurement has it
    b, sigma = search.background.mean, search.background.sigma
    if use_background_error and sigma:
        signal, interval = profile_interval(search.n, b, sigma)
    else:
        signal, interval = likelihood_interval(search.n, b)
    scale = sensitivity(search).value
    return MeasuredRatio(signal * scale, interval.lower * scale, interval.upper * scale)

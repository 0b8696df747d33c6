"""Whether one point (mass, coupling) is excluded: its yield, its CLs and the limit, from exact counting."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.limits.observation import Hypothesis, Observation
from feebly.limits.ratio_limits import expected_limits, observed_limits, ratio_cls
from feebly.limits.signal import SignalYields
from feebly.statistics import cls_value
from feebly.statistics.counting import count_quantiles
from feebly.statistics.intervals.conventions import TAIL_CURVES
from feebly.statistics.regions.ordering import TOTAL_COUNT

_NAMES = {"classical": "P(N <= n)", "bayesian-flat": "P(above)"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the counts say of one point.

    events: expected signal in all open signal regions; by_final_state: its parts. s_up: upper limit on the
    signal [events]. cls: CLs of the signal (of a convention without: None; so for a projection ordered by
    the likelihood ratio). n: events counted, or the median under b of a projection. excluded: at confidence
    level ``cl``. expected: nothing was observed, the verdict is that of the median count.
    """

    mass_gev: float
    coupling: float
    events: float
    s_up: float
    cls: float | None
    n: int
    cl: float
    convention: str
    excluded: bool
    expected: bool
    by_final_state: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        """``excluded: CLs = 0.02, N = 3.9``."""
        negation = "" if self.excluded else "not "
        verb = f"would {negation}be excluded" if self.expected else f"{negation}excluded"
        name = _NAMES.get(self.convention, "CLs")
        reason = f"limit {self.s_up:.3g}" if self.cls is None else f"{name} = {self.cls:.2g}"
        return f"{verb}: {reason}, N = {_events(self.events)}"

    def __bool__(self) -> bool:
        return self.excluded


def verdict(signal: SignalYields, observation: Observation, mass_gev: float, coupling: float) -> Verdict:
    """Yield and exact CLs at one mass [GeV] and coupling; DomainError where no channel is open."""
    mass = np.array([float(mass_gev)])
    if not signal.any_open_at(mass)[0]:
        states, modes = (
            ", ".join(names)
            for names in (signal.final_states, [channel.tag for channel in signal.production_channels])
        )
        raise DomainError(
            f"mass {mass_gev:g} GeV: {modes} -> {states} is closed there; expected an open mass"
        )
    found = signal.at_points(mass, np.array([float(coupling)]))
    yields, events = found.by_final_state(), float(found.total()[0])
    (hypothesis,), _ = observation.hypotheses(mass)
    n = _count(observation, hypothesis)
    s_up = _limit(observation, mass, yields)
    cls = _cls(observation, hypothesis, n, mass, yields)
    return Verdict(
        mass_gev=float(mass_gev),
        coupling=float(coupling),
        events=events,
        s_up=s_up,
        cls=cls,
        n=n,
        cl=observation.cl,
        convention=observation.convention,
        excluded=events > s_up if cls is None else cls < 1 - observation.cl,
        expected=not observation.has_counts,
        by_final_state={tag: float(part[0]) for tag, part in yields.items()},
    )


def _count(observation: Observation, hypothesis: Hypothesis) -> int:
    if hypothesis.observed is not None:
        return hypothesis.observed
    return count_quantiles(observation.background(hypothesis.final_states), sigmas=(0.0,))[0]


def _limit(observation: Observation, mass: FloatArray, yields: dict[str, FloatArray]) -> float:
    if observation.ordering != TOTAL_COUNT:
        on_cells = observed_limits if observation.has_counts else expected_limits
        return float(on_cells(observation, mass, yields)[0])
    s_up = observation.s_up_observed(mass)
    return float((observation.s_up_expected(mass) if s_up is None else s_up)[0])


def _cls(
    observation: Observation,
    hypothesis: Hypothesis,
    n: int,
    mass: ArrayLike,
    yields: dict[str, FloatArray],
) -> float | None:
    if observation.convention not in TAIL_CURVES:
        return None
    if observation.ordering != TOTAL_COUNT:
        return float(ratio_cls(observation, mass, yields)[0]) if observation.has_counts else None
    total = np.asarray(sum(yields.values()))
    b = observation.background(hypothesis.final_states)
    return float(cls_value(n, total, b, observation.signal_error, observation.convention)[0])


def _events(events: float) -> str:
    return f"{events:.0f}" if events >= 100 else f"{events:.2g}"

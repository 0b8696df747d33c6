"""The cut-flow of a run: expected signal events after each cut, at one point for each final state.

The yield tables of a run keep what passes all cuts; the events here are simulated for the cut-flow alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import sqrt
from typing import TYPE_CHECKING, Protocol

import numpy as np

from feebly.core.errors import DomainError, FeeblyError
from feebly.core.interfaces import FloatArray
from feebly.workflow.choices import Choices
from feebly.workflow.event_sample import CutFlowStep
from feebly.workflow.simulate import SamplePoint, sample_of
from feebly.workflow.tables import Progress

if TYPE_CHECKING:
    from feebly.workflow.result import RunResult

EVENTS = 2_000
"""Simulated events in the signal region: a Monte Carlo error of some percent."""

LARGEST_YIELD, ASKED = "largest yield of the grid", "asked for"


class YieldGrid(Protocol):
    """Signal events (M, C) by final state on masses [GeV] and couplings."""

    @property
    def mass_gev(self) -> FloatArray: ...
    @property
    def coupling(self) -> FloatArray: ...
    @property
    def yields(self) -> Mapping[str, FloatArray]: ...


@dataclass(frozen=True, slots=True)
class FlowPoint:
    """Where a cut-flow is made, and what the point is.

    table_events: what the yield tables of the run give there (None: not asked).
    """

    mass_gev: float
    coupling: float
    place: str = ASKED
    table_events: float | None = None


@dataclass(frozen=True, slots=True)
class FlowStep:
    """What a cut leaves.

    simulated: number of events. events: expected, branching ratio and efficiency of the response set included
    (None for the generated ones: they are aimed at the detector, their number means nothing). efficiency:
    of this cut alone, cumulated: of it and those before, from the acceptance on. Each with its Monte Carlo
    standard deviation; None where no events come before.
    """

    name: str
    simulated: int
    events: float | None = None
    mc_error: float | None = None
    efficiency: float | None = None
    efficiency_error: float | None = None
    cumulated: float | None = None
    cumulated_error: float | None = None


@dataclass(frozen=True, slots=True)
class CutFlow:
    """The cut-flow of one final state at one point.

    steps: from the generation to the signal region. beside: other regions, after the same cuts as that one;
    events of the signal region are not in them. ctau_m: proper decay length there.
    """

    point: FlowPoint
    ctau_m: float
    steps: tuple[FlowStep, ...]
    beside: tuple[FlowStep, ...]


@dataclass(frozen=True, slots=True)
class CutFlows:
    """Cut-flows by final state, and by final state why there is none."""

    flows: Mapping[str, CutFlow]
    left_out: Mapping[str, str]


def with_cut_flow(
    result: RunResult, choices: Choices, jobs: int | None = None, progress: Progress | None = None
) -> RunResult:
    """The result of a run with its cut-flows; ``choices``: those that it was made of."""
    flows = cut_flows(choices, result.scan.grid, result.seed, jobs, progress)
    return replace(result, cut_flow=flows)


def cut_flows(
    choices: Choices,
    grid: YieldGrid,
    seed: int,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> CutFlows:
    """A cut-flow for each final state of a finished run, where its yield on the grid is largest.

    The same seed gives the same numbers for any number of jobs.
    """
    flows, left_out = {}, {}
    tell = progress or (lambda done, total, text: None)
    for number, state in enumerate(grid.yields):
        tell(number, len(grid.yields), f"cut-flow of {state}")
        try:
            flows[state] = cut_flow(choices, state, largest_yield(grid, state), seed, jobs)
        except FeeblyError as error:
            left_out[state] = str(error)
    tell(len(grid.yields), len(grid.yields), "cut-flow")
    return CutFlows(flows, left_out)


def largest_yield(grid: YieldGrid, state: str) -> FlowPoint:
    """The point of the grid with most events of a final state; DomainError where there are none."""
    events = grid.yields[state]
    if not (events > 0).any():
        raise DomainError("no signal at any point of the grid")
    row, column = np.unravel_index(int(np.argmax(events)), events.shape)
    mass, coupling = float(grid.mass_gev[row]), float(grid.coupling[column])
    return FlowPoint(mass, coupling, LARGEST_YIELD, float(events[row, column]))


def cut_flow(
    choices: Choices, state: str, point: FlowPoint, seed: int, jobs: int | None = None, events: int = EVENTS
) -> CutFlow:
    """The cut-flow of one final state at a point, until so many simulated events are in the signal region.

    A mass of a mask is simulated like any other, though the run counts nothing there. Raises DomainError
    where nothing is open or expected.
    """
    region = choices.analysis.final_state(state).signal_region.name
    at = SamplePoint(state, point.mass_gev, point.coupling, region)
    sample = sample_of(choices, at, events, True, seed, jobs)
    last = [step.name for step in sample.cut_flow].index(region)
    generated, first, *cuts = sample.cut_flow[: last + 1]
    steps = _chain([first, *cuts])
    beside = (_step(region, sample.cut_flow[last - 1], first) for region in sample.cut_flow[last + 1 :])
    head = FlowStep(generated.name, generated.simulated)
    return CutFlow(point, sample.ctau_m, (head, *steps), tuple(beside))


def _chain(steps: Sequence[CutFlowStep]) -> Iterator[FlowStep]:
    """Each step against the one before it, and against the first."""
    first = steps[0]
    yield FlowStep(first.name, first.simulated, first.expected, first.mc_error)
    for before, step in pairwise(steps):
        yield _step(step, before, first)


def _step(step: CutFlowStep, before: CutFlowStep, first: CutFlowStep) -> FlowStep:
    of_this, of_all = passed(step, before), passed(step, first)
    return FlowStep(step.name, step.simulated, step.expected, step.mc_error, *of_this, *of_all)


def passed(part: CutFlowStep, whole: CutFlowStep) -> tuple[float, float] | tuple[None, None]:
    """Share of weighted events that are left of the whole, and its Monte Carlo standard deviation.

    None where nothing is expected before.
    """
    if not whole.expected or part.expected is None or part.mc_error is None or whole.mc_error is None:
        return None, None
    e = part.expected / whole.expected
    # events of the part are in the whole: sum of w^2 (1 - e)^2 inside and of w^2 e^2 outside of the part,
    # as TH1::Divide of ROOT with option "B"; mc_error^2 is the sum of w^2
    variance = (1 - 2 * e) * part.mc_error**2 + e**2 * whole.mc_error**2
    return e, sqrt(max(variance, 0.0)) / whole.expected  # rounding, where all events pass

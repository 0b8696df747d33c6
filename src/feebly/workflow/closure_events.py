"""Simulated events against the yield tables: another sample, at the very mass and lifetime of a point."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from feebly.limits.signal import SignalYields
from feebly.workflow.event_sample import EventSample

Simulate = Callable[[str, float, float], EventSample]
"""Events of a final state at a mass [GeV] and a coupling."""

MATTERS = 0.01
"""Share of a point's expected events from which on a final state is simulated."""


@dataclass(frozen=True, slots=True)
class EventYield:
    """Expected events of one final state in the signal region: of the tables, and of simulated events.

    Errors are Monte Carlo standard deviations.
    """

    final_state: str
    table: float
    table_error: float
    simulated: float
    simulated_error: float

    @property
    def ratio(self) -> float:
        """Simulated over table."""
        return self.simulated / self.table

    @property
    def ratio_error(self) -> float:
        """Standard deviation of the ratio."""
        return float(np.hypot(self.table_error / self.table, self.simulated_error / self.simulated))


def event_yields(
    signal: SignalYields, mass_gev: float, coupling: float, simulate: Simulate
) -> Iterator[EventYield]:
    """Each final state that matters at the point."""
    yields = signal.at_points([mass_gev], [coupling]).by_final_state()
    total = sum(float(events[0]) for events in yields.values())
    for tag, events in yields.items():
        table = float(events[0])
        if not table > MATTERS * total:
            continue
        alone = replace(signal, efficiencies={tag: signal.efficiencies[tag]})
        error = alone.at_points([mass_gev], [coupling]).relative_error(signal.source)
        found = simulate(tag, mass_gev, coupling)
        yield EventYield(tag, table, table * float(error[0]), found.expected, found.mc_error)

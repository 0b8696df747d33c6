"""Simulated events against the yield tables: another sample, at the very mass and lifetime of a point."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from feebly.limits.signal import SignalYields
from feebly.workflow.event_sample import EventSample

Simulate = Callable[..., EventSample]
"""``feebly.simulate`` with all arguments but channel, mass_gev, coupling and response."""

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
    signal: SignalYields, point: tuple[float, float], simulate: Simulate, responses: Mapping[str, str]
) -> tuple[EventYield, ...]:
    """Each final state that matters at a mass [GeV] and coupling; responses: response set by final state."""
    masses, couplings = [point[0]], [point[1]]
    yields = signal.at_points(masses, couplings).by_final_state()
    total = sum(float(events[0]) for events in yields.values())
    found = []
    for tag, events in yields.items():
        table = float(events[0])
        if not table > MATTERS * total:
            continue
        alone = replace(signal, efficiencies={tag: signal.efficiencies[tag]})
        error = float(alone.at_points(masses, couplings).relative_error(signal.source)[0])
        sample = simulate(channel=tag, mass_gev=point[0], coupling=point[1], response={tag: responses[tag]})
        found.append(EventYield(tag, table, table * error, sample.expected, sample.mc_error))
    return tuple(found)

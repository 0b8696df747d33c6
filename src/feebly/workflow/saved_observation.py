"""The counts and backgrounds of an earlier run, for limits on a part of what it looked at."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature

from feebly.limits.observation import Observation
from feebly.statistics.regions.ordering import TOTAL_COUNT
from feebly.statistics.signal_errors import total_signal_error
from feebly.workflow.choices import choose
from feebly.workflow.repeat import SavedRun


def saved_observation(saved: SavedRun, final_states: Sequence[str] | None = None) -> Observation:
    """The observation of a run, of some of its final states alone where they are named; without bands.

    One final state alone has one region: its order of outcomes is that of the count. Raises DataError where a
    file of the run is gone or has changed.
    """
    given = saved.own_arguments()
    named = given | {"preset_name": given["preset"]}
    choices = choose(**{name: named[name] for name in signature(choose).parameters if name in named})
    states = tuple(final_states) if final_states is not None else choices.channels
    ordering = TOTAL_COUNT if len(states) == 1 else given["ordering"]
    error = total_signal_error(given["signal_error"])
    return Observation(
        choices.analysis, choices.model, states, given["cl"], given["convention"], error, ordering
    )

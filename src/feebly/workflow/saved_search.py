"""An earlier run as limits see it: its signal from the grid that it kept, its counts and backgrounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from inspect import signature

from feebly.core.interfaces import FloatArray
from feebly.engine.yield_tables import YieldTables
from feebly.limits.grid_yields import recovered
from feebly.limits.observation import Observation
from feebly.limits.results import ContourPiece
from feebly.limits.scan import contours_of_kind
from feebly.limits.signal import SignalYields
from feebly.statistics.regions.ordering import TOTAL_COUNT
from feebly.statistics.signal_errors import total_signal_error
from feebly.workflow.choices import choose
from feebly.workflow.repeat import SavedRun
from feebly.workflow.run import signal_yields
from feebly.workflow.tables import ObtainedTables


@dataclass(frozen=True, eq=False)
class SavedSearch:
    """Signal and observation of a run, on the masses [GeV] and couplings of its grid."""

    signal: SignalYields
    observation: Observation
    mass_gev: FloatArray
    coupling: FloatArray

    def of_final_state(self, tag: str, kind: str) -> tuple[ContourPiece, ...]:
        """Contours of one final state alone: its yield, with the count and background of its region."""
        signal = replace(self.signal, efficiencies={tag: self.signal.efficiencies[tag]})
        # one region: the order of its outcomes is that of the count
        observation = replace(self.observation, final_states=(tag,), ordering=TOTAL_COUNT)
        return self._contours(signal, observation, kind)

    def of_production(self, tag: str, kind: str) -> tuple[ContourPiece, ...]:
        """Contours of one production mode alone: its yield, against the limit of all regions."""
        channels = [channel for channel in self.signal.production_channels if channel.tag == tag]
        return self._contours(replace(self.signal, production_channels=channels), self.observation, kind)

    def of_all(self, kind: str) -> tuple[ContourPiece, ...]:
        """Contours of everything together, which the run has in contours.csv from its tables."""
        return self._contours(self.signal, self.observation, kind)

    def _contours(self, signal: SignalYields, seen: Observation, kind: str) -> tuple[ContourPiece, ...]:
        return contours_of_kind(signal, seen, self.mass_gev, self.coupling, kind)


def saved_search(
    saved: SavedRun,
    mass_gev: FloatArray,
    coupling: FloatArray,
    by_channel: Mapping[str, FloatArray],
    channels: Sequence[str],
) -> SavedSearch:
    """The search of a run from its arguments and its grid; without bands.

    by_channel: yields (M, C) by "production/final state" for the final states ``channels``. Raises DataError
    where a file of the run is gone or has changed.
    """
    given = saved.own_arguments()
    named = given | {"preset_name": given["preset"], "channels": list(channels)}
    choices = choose(**{name: named[name] for name in signature(choose).parameters if name in named})
    error = total_signal_error(given["signal_error"])
    observation = Observation(
        choices.analysis,
        choices.model,
        choices.channels,
        given["cl"],
        given["convention"],
        error,
        given["ordering"],
    )
    bare = signal_yields(choices, ObtainedTables(YieldTables({}), {}, 0))
    return SavedSearch(recovered(bare, mass_gev, coupling, by_channel), observation, mass_gev, coupling)

"""Yields between the points of a grid that was kept: what a scan looked like, without its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.interfaces import FloatArray
from feebly.limits.contour import find_contours
from feebly.limits.lattice import LOG_NOTHING, Lattice, both_sides
from feebly.limits.observation import Observation
from feebly.limits.results import ContourPiece
from feebly.limits.searches import contour_searches
from feebly.limits.signal import Breakdown, ChannelEvents


@dataclass(frozen=True, eq=False)
class GridYields:
    """ln N is bilinear in ln m and ln C between the points of the grid; a stand-in for `SignalYields`.

    mass_gev (M,), coupling (C,): rising. by_channel: events (M, C) by "production/final state". final_states:
    those that are asked for.
    """

    mass_gev: FloatArray
    coupling: FloatArray
    by_channel: Mapping[str, FloatArray]
    final_states: tuple[str, ...]

    def on_grid(self, mass_gev: ArrayLike, coupling: ArrayLike) -> Breakdown:
        """Events on all pairs of masses (M,) and couplings (C,): shape (M, C)."""
        mass, couplings = np.asarray(mass_gev, float), np.asarray(coupling, float)
        return self._breakdown(*np.broadcast_arrays(mass[:, None], couplings[None, :]))

    def at_points(self, mass_gev: ArrayLike, coupling: ArrayLike) -> Breakdown:
        """Events at the points (mass_k, coupling_k): shape (n,)."""
        mass = np.atleast_1d(np.asarray(mass_gev, float))
        return self._breakdown(*np.broadcast_arrays(mass, np.asarray(coupling, float)))

    def _breakdown(self, mass: FloatArray, coupling: FloatArray) -> Breakdown:
        rows = np.ones(mass.shape[0], bool)
        channels = []
        for name, events in self.by_channel.items():
            production, final_state = name.split("/")
            if final_state in self.final_states:
                found = self._between(events, mass, coupling)
                channels.append(ChannelEvents(production, final_state, rows, mass, mass, found))
        return Breakdown(mass.shape, self.final_states, tuple(channels))

    def _between(self, events: FloatArray, mass: FloatArray, coupling: FloatArray) -> FloatArray:
        """Zero next to a point without events: a channel is open from the first point with events on."""
        with np.errstate(divide="ignore"):
            values = np.maximum(np.log(events), LOG_NOTHING)
        i, u = _cell(np.log(self.mass_gev), np.log(mass))
        j, v = _cell(np.log(self.coupling), np.log(coupling))
        low = (1 - v) * values[i, j] + v * values[i, j + 1]
        high = (1 - v) * values[i + 1, j] + v * values[i + 1, j + 1]
        return np.asarray(np.exp((1 - u) * low + u * high))


def _cell(nodes: FloatArray, x: FloatArray) -> tuple[np.ndarray, FloatArray]:
    """Number of the cell of each x, and where in it: 0 at its lower node, 1 at the upper."""
    k = np.clip(np.searchsorted(nodes, x, side="right") - 1, 0, nodes.size - 2)
    return k, (x - nodes[k]) / (nodes[k + 1] - nodes[k])


def contours_of_grid(signal: GridYields, observation: Observation, kind: str) -> tuple[ContourPiece, ...]:
    """Contours of one kind (observed, expected) from the yields of a grid.

    Notches of observed events are exact; the curves are as good as the straight lines between the points.
    """
    mass, coupling = signal.mass_gev, signal.coupling
    columns = both_sides(observation.jumps_gev(), float(mass[0]), float(mass[-1]))
    for search in contour_searches(signal, observation):
        if kind in search.limits:
            start = Lattice(mass, coupling, search.field(mass[:, None], coupling[None, :]))
            lattice = start.extended(columns, np.empty(0), search.field)
            return find_contours(lattice, {kind: search.limits[kind]}, search.field)[1]
    return ()

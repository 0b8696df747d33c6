"""Simulated events in the drawing of an experiment: the particle, its tracks and its photons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from feebly.analysis.analysis import FinalState
from feebly.apparatus.experiment import Experiment
from feebly.core.interfaces import FloatArray
from feebly.physics.decays.channels import channel_of
from feebly.workflow.event_sample import EventSample

if TYPE_CHECKING:
    from matplotlib.axes import Axes

AXES = ("x", "y")
_POSITIVE, _NEGATIVE, _PARTICLE, _PHOTON = "#c03a2b", "#2456a6", "0.35", "#c98a00"


def track_points(
    experiment: Experiment, columns: dict[str, Any], daughter: int, z_end_m: float, k: int
) -> tuple[FloatArray, FloatArray]:
    """Points (vertex, magnet, end) of the tracks of one daughter: z and x (k = 0) or y, shape (events, 3)."""
    axis, z_magnet = AXES[k], experiment.magnet.z_centre_m
    z_vertex, start = columns["vertex_z_m"], columns[f"vertex_{axis}_m"]
    slope = columns[f"d{daughter}_p{axis}_gev"] / columns[f"d{daughter}_pz_gev"]
    z_turn = np.full_like(z_vertex, min(z_magnet, z_end_m))
    at_magnet = start + slope * (z_turn - z_vertex)
    end = at_magnet + columns[f"d{daughter}_d{axis}dz_behind"] * max(z_end_m - z_magnet, 0.0)
    z = np.column_stack([z_vertex, z_turn, np.full_like(z_vertex, z_end_m)])
    return z, np.column_stack([start, at_magnet, end])


def draw_events(axes: Axes, experiment: Experiment, state: FinalState, events: EventSample, k: int) -> None:
    """Flight, tracks and photons of each event in the view of x (k = 0) or y."""
    c, axis = events.columns, AXES[k]
    signs = (_POSITIVE, "positive daughter"), (_NEGATIVE, "negative daughter")
    flight = np.column_stack([c["origin_z_m"], c["vertex_z_m"]])
    place = np.column_stack([c[f"origin_{axis}_m"], c[f"vertex_{axis}_m"]])
    style: dict[str, Any] = {"color": _PARTICLE, "linewidth": 0.9, "linestyle": (0, (4, 2)), "zorder": 6}
    axes.plot(flight[0], place[0], **style, label="particle")
    axes.plot(flight[1:].T, place[1:].T, **style)
    axes.plot(c["vertex_z_m"], c[f"vertex_{axis}_m"], "o", color=_PARTICLE, markersize=3, zorder=7)
    for daughter, kind in enumerate(state.daughters, start=1):
        colour, label = signs[(daughter - 1) % 2]
        needs = [plane.z_m for plane in experiment.planes if kind in plane.particles]
        z, x = track_points(experiment, c, daughter, max(needs), k)
        style = {"color": colour, "linewidth": 1.0, "zorder": 6}
        axes.plot(z[0], x[0], **style, label=label if daughter <= len(signs) else None)
        axes.plot(z[1:].T, x[1:].T, **style)
    if state.photons is not None:
        _draw_photons(axes, events, experiment.plane(state.photons.plane).z_m, k)


def _draw_photons(axes: Axes, events: EventSample, z_calorimeter_m: float, k: int) -> None:
    """From the vertex to the calorimeter."""
    c, axis = events.columns, AXES[k]
    z = np.column_stack([c["vertex_z_m"], np.full(len(events), z_calorimeter_m)])
    style: dict[str, Any] = {"color": _PHOTON, "linewidth": 0.9, "linestyle": (0, (1, 1.2)), "zorder": 6}
    for photon in range(1, channel_of(events.final_state).photons + 1):
        x = np.column_stack([c[f"vertex_{axis}_m"], c[f"photon{photon}_{axis}_m"]])
        axes.plot(z[0], x[0], **style, label="photon" if photon == 1 else None)
        axes.plot(z[1:].T, x[1:].T, **style)

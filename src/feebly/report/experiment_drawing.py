"""An experiment to scale in (x, z) and (y, z), drawn from its data alone, with a few simulated events."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from feebly.analysis.analysis import FinalState
from feebly.apparatus.experiment import Experiment, Plane
from feebly.core.errors import ConfigError, did_you_mean
from feebly.core.interfaces import FloatArray
from feebly.core.tables import write_atomically
from feebly.report.event_tracks import AXES, draw_events
from feebly.report.figure_style import figure_file, own_style
from feebly.report.symbols import coupling_symbol, drawable, final_state_symbol, mass_symbol, scientific
from feebly.workflow.event_sample import EventSample

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".pdf")
_WIDTH_IN = 10.0
_PANEL_IN = (0.75, 9.1, 2.35)  # left edge, width, height
_BOTTOMS_IN = (3.25, 0.72)
_LABEL_IN, _LETTER_IN = 0.17, 0.08  # from label to label, from letter to letter
_TITLE_IN, _LINE_IN = 0.32, 0.2
_DUMP_LENGTHS = 10.0  # interaction lengths that stand for the dump: its size is not in the data
_MARGIN = 0.04
_VOLUME, _DECAYS, _METAL = "#cfe3d2", "#f1f1ee", "#8a8f98"


def check_drawing_file(path: str | Path) -> None:
    """ConfigError when the suffix is no format of a drawing."""
    suffix = Path(path).suffix
    if suffix not in SUFFIXES:
        raise ConfigError(
            f'drawing "{path}": unknown suffix {suffix!r}; known: {", ".join(SUFFIXES)}'
            f"{did_you_mean(suffix, SUFFIXES)}"
        )


def write_drawing(
    path: str | Path,
    experiment: Experiment,
    state: FinalState | None = None,
    events: EventSample | None = None,
) -> None:
    """The drawing as a file, PNG or PDF by its suffix; the same input gives the same bytes."""
    check_drawing_file(path)
    figure = experiment_figure(experiment, state, events)
    suffix, title = Path(path).suffix.removeprefix("."), f"feebly: {experiment.name}"
    write_atomically(path, figure_file(figure, suffix, title, experiment.title))


def experiment_figure(
    experiment: Experiment, state: FinalState | None = None, events: EventSample | None = None
) -> Figure:
    """Two views: dump, beam, simulated decays, apertures with their holes, magnet.

    state: its fiducial volume is drawn, and its particles say how far the tracks of ``events`` go.
    """
    from matplotlib.figure import Figure

    with own_style():
        left, width, height = _PANEL_IN
        text = _caption(experiment, events)
        names = max(len(name) for _, name in _elements(experiment))
        top = _BOTTOMS_IN[0] + height + 0.25 + _LETTER_IN * names
        full = top + _TITLE_IN + _LINE_IN * (len(text) + 1)
        figure = Figure(figsize=(_WIDTH_IN, full))
        for k, (axis, bottom) in enumerate(zip(AXES, _BOTTOMS_IN, strict=True)):
            axes = figure.add_axes(
                (left / _WIDTH_IN, bottom / full, width / _WIDTH_IN, height / full), label=axis
            )
            _set_scale(axes, experiment, state, k)
            _draw_regions(axes, experiment, state)
            _draw_apparatus(axes, experiment, k)
            if events is not None and state is not None:
                draw_events(axes, experiment, state, events, k)
        upper, lower = figure.axes
        upper.tick_params(labelbottom=False)
        lower.set_xlabel("z [m]")
        _label_elements(upper, experiment)
        _label_regions(upper, experiment, state)
        lower.legend(loc="lower left", fontsize=9, framealpha=0.9, edgecolor="none", ncols=2)
        _write_title(figure, experiment, text)
    return figure


# --- scale --------------------------------------------------------------------------------------------


def _set_scale(axes: Axes, experiment: Experiment, state: FinalState | None, k: int) -> None:
    """Both views on one scale, which holds every plane and the fiducial volume."""
    sizes = [size for plane in experiment.planes for size in plane.shape.half_size_m]
    if state is not None:
        radius = state.fiducial_volume.radius_m(_volume_z(state))
        sizes += radius[np.isfinite(radius)].tolist()
    half = 1.12 * max(sizes)
    start, end = experiment.dump.z_impact_m, experiment.planes[-1].z_m
    axes.set_xlim(start - 1.5 * _MARGIN * (end - start), end + _MARGIN * (end - start))
    axes.set_ylim(-half, half)
    axes.set_ylabel(f"{AXES[k]} [m]")
    axes.tick_params(direction="in", top=True, right=True)


def stretch(figure: Figure) -> float:
    """How many times longer a metre of x or y is drawn than a metre of z."""
    axes = figure.axes[0]
    (z0, z1), (x0, x1) = axes.get_xlim(), axes.get_ylim()
    _, width, height = _PANEL_IN
    return float((height / (x1 - x0)) / (width / (z1 - z0)))


# --- what stands there --------------------------------------------------------------------------------


def _volume_z(state: FinalState) -> FloatArray:
    """z of the corners of the fiducial volume; both sides of a step of its radius."""
    volume = state.fiducial_volume
    steps = [cone.z_end_m for cone in volume.cones if volume.z_min_m < cone.z_end_m < volume.z_max_m]
    sides = [side for z in steps for side in (np.nextafter(z, -np.inf), z)]
    return np.array([volume.z_min_m, *sides, np.nextafter(volume.z_max_m, -np.inf)])


def _draw_regions(axes: Axes, experiment: Experiment, state: FinalState | None) -> None:
    axes.axvspan(*experiment.decay_region_z_m, color=_DECAYS, zorder=0, gid="decay-region")
    if state is None:
        return
    z = _volume_z(state)
    radius = np.minimum(
        state.fiducial_volume.radius_m(z), axes.get_ylim()[1]
    )  # no radial cut: up to the edge
    axes.fill_between(
        z,
        -radius,
        radius,
        facecolor=_VOLUME,
        edgecolor="#7fae88",
        linewidth=0.8,
        zorder=1,
        gid="fiducial-volume",
    )


def _draw_apparatus(axes: Axes, experiment: Experiment, k: int) -> None:
    from matplotlib.patches import Rectangle

    beam, dump = experiment.beam.centre_m[k], experiment.dump
    length = _DUMP_LENGTHS * dump.interaction_length_m
    half = 0.35 * axes.get_ylim()[1]
    axes.add_patch(
        Rectangle(
            (dump.z_impact_m, beam - half), length, 2 * half, facecolor=_METAL, edgecolor="black",
            linewidth=0.6, zorder=3, gid="dump",
        )
    )  # fmt: skip
    axes.text(dump.z_impact_m, beam + 1.12 * half, "dump", fontsize=9, ha="center")
    axes.annotate(
        "", (dump.z_impact_m, beam), (axes.get_xlim()[0], beam), zorder=4,
        arrowprops={"arrowstyle": "-|>", "color": "black", "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip
    axes.axhline(
        experiment.axis_m[k], color="0.45", linewidth=0.7, linestyle=(0, (8, 3, 1, 3)), zorder=2,
        label="nominal axis" if k == 1 else None,
    )  # fmt: skip
    for plane in experiment.planes:
        for low, high in aperture_pieces(plane, k):
            axes.plot(
                [plane.z_m] * 2, [low, high], color="black", linewidth=1.8, solid_capstyle="butt", zorder=5
            )
    axes.axvline(
        experiment.magnet.z_centre_m, color="#a06a1e", linewidth=1.4, linestyle=(0, (2, 1.2)), zorder=4
    )


def aperture_pieces(plane: Plane, k: int) -> tuple[tuple[float, float], ...]:
    """The sensitive range of a plane seen along y (k = 0) or x (k = 1): two pieces around its hole."""
    half, hole = plane.shape.half_size_m[k], plane.shape.hole_m
    centre, radius = hole[k], hole[2]
    if radius <= 0.0:
        return ((-half, half),)
    return ((-half, centre - radius), (centre + radius, half))


# --- words --------------------------------------------------------------------------------------------


def spread(positions: Sequence[float], distance: float) -> FloatArray:
    """Positions in order, moved as little as possible (least squares) so that all are ``distance`` apart."""
    from scipy.optimize import isotonic_regression

    steps = distance * np.arange(len(positions))
    return np.asarray(isotonic_regression(np.asarray(positions, float) - steps).x + steps)


def _elements(experiment: Experiment) -> list[tuple[float, str]]:
    """What gets a name above the panel, in order of z."""
    magnet = (experiment.magnet.z_centre_m, experiment.magnet.name)
    return sorted([*((plane.z_m, plane.name) for plane in experiment.planes), magnet])


def _label_elements(axes: Axes, experiment: Experiment) -> None:
    """Names above the panel, each with a line to what it names; no two overlap."""
    named = _elements(experiment)
    low, high = axes.get_xlim()
    per_inch = (high - low) / _PANEL_IN[1]
    places = spread([z for z, _ in named], _LABEL_IN * per_inch)
    # none beyond the end of the panel: as many steps before it as names follow
    places = np.minimum(places, high - _LABEL_IN * per_inch * np.arange(len(named))[::-1])
    top = axes.get_ylim()[1]
    for (z, name), place in zip(named, places, strict=True):
        axes.annotate(
            name, (z, top), (place, top * 1.14), rotation=90, ha="center", va="bottom", fontsize=9,
            annotation_clip=False, gid="element",
            arrowprops={
                "arrowstyle": "-", "color": "0.5", "linewidth": 0.6, "shrinkA": 1, "shrinkB": 0,
                "relpos": (0.5, 0),
            },
        )  # fmt: skip


def _label_regions(axes: Axes, experiment: Experiment, state: FinalState | None) -> None:
    start, end = experiment.decay_region_z_m
    bottom, top = axes.get_ylim()
    text = f"decays simulated: {start:g}–{end:g} m"
    axes.text(start, bottom + 0.04 * (top - bottom), f" {text}", fontsize=9, color="0.4", zorder=8)
    if state is not None:
        volume = state.fiducial_volume
        label = f" fiducial volume ({drawable(final_state_symbol(state.tag))})"
        axes.text(volume.z_min_m, top - 0.10 * (top - bottom), label, fontsize=9, color="#3b7a49", zorder=8)


def _caption(experiment: Experiment, events: EventSample | None) -> list[str]:
    """What the drawing leaves open, and which events it shows."""
    magnet = experiment.magnet
    lines = [
        f"dump: {experiment.dump.material}, drawn {_DUMP_LENGTHS:g} interaction lengths long, its width is "
        f"not in the data; {magnet.name}: thin kick of {1e3 * magnet.kick_gev:g} MeV in x; "
        "holes in projection"
    ]
    if events is not None:
        mass, coupling = mass_symbol(events.model), coupling_symbol(events.coupling_name)
        particle = mass.removeprefix("$m_{").removesuffix("}$")
        lines.append(
            f"{len(events)} simulated {particle} → {final_state_symbol(events.final_state)} in the "
            f"{events.region}: {mass} = {events.mass_gev:g} GeV, {coupling} = {scientific(events.coupling)}, "
            f"production {', '.join(events.productions)}, seed {events.seed}"
        )
    return lines


def _write_title(figure: Figure, experiment: Experiment, caption: Sequence[str]) -> None:
    full = figure.get_figheight()
    scale = f"x and y are stretched {stretch(figure):.0f} times against z"
    figure.text(0.02, 1 - 0.1 / full, experiment.title, va="top", fontsize=13)
    for k, line in enumerate([scale, *caption]):
        y = 1 - (0.12 + _TITLE_IN + _LINE_IN * (k - 0.25)) / full
        figure.text(0.02, y, drawable(line), va="top", fontsize=9, color="0.25")

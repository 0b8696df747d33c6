"""Distributions of simulated events: expected events per bin with their Monte Carlo errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from feebly.analysis.regions import Box, RegionShape
from feebly.core.interfaces import FloatArray
from feebly.core.tables import write_atomically
from feebly.physics.decays.channels import channel_of
from feebly.report.figure_style import figure_file, own_style
from feebly.report.symbols import (
    coupling_symbol,
    drawable,
    final_state_symbol,
    mass_symbol,
    scientific,
    with_error,
)
from feebly.workflow.event_sample import EventSample

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BINS = 60
"""Number of bins aimed at; their width is a round number."""
_TAIL = 0.005  # of the events on each side may lie outside of the axis: said in the figure
Columns = Mapping[str, NDArray[Any]]
_TRUE, _FILL, _RECO = "#7a8ca3", "#d5dfec", "black"
_REGION = "#c03a2b"


@dataclass(frozen=True, slots=True)
class Curve:
    """One histogram: what it is called, values of the events, drawn filled (true) or as a line (measured)."""

    label: str
    values: FloatArray
    true: bool = False


@dataclass(frozen=True, slots=True)
class Plot:
    """One figure: file name, axis with unit, curves, and limits of the signal region on this axis.

    from_zero: quantities that cannot be negative start the axis at 0.
    """

    name: str
    axis: str
    unit: str
    curves: tuple[Curve, ...]
    from_zero: bool = False
    marks: tuple[float, ...] = ()


def plots(sample: EventSample) -> tuple[Plot, ...]:
    """The figures of a sample: of the pointing where there are tracks, of clusters where there are any."""
    c, channel = sample.columns, channel_of(sample.final_state)
    fip, daughters = _sizes(c, "fip"), range(1, len(channel.bodies) + 1)
    z_true, z_reco = Curve("true", c["vertex_z_m"], True), Curve("reconstructed", c["reco_vertex_z_m"])
    measured = np.sqrt(sum(sum(c[f"reco{k}_p{axis}_gev"] for k in daughters) ** 2 for axis in "xyz"))
    seen = "reconstructed pair" if channel.parts == (2, 0, 0) else "reconstructed"
    total = (Curve("true", fip, True), Curve(seen, measured))
    tracks, clusters = len(channel.tracks), channel.photons
    mass = f"$m$({drawable(final_state_symbol(sample.final_state))})"
    return (
        *(_pointing(sample) if tracks else ()),
        Plot("mass", mass, "MeV", (Curve("reconstructed", 1e3 * c["reco_mass_gev"]),)),
        Plot("momentum", "momentum of the particle", "GeV", total, True),
        *((_track_momentum(c, tracks),) if tracks else ()),
        *((_cluster_energy(c, clusters),) if clusters else ()),
        Plot("vertex-z", "$z$ of the decay vertex", "m", (z_true, z_reco)),
    )


def _sizes(columns: Columns, *names: str) -> FloatArray:
    """Momenta of all particles of these names, one after the other."""
    sums = (sum(columns[f"{name}_p{axis}_gev"] ** 2 for axis in "xyz") for name in names)
    return np.concatenate([np.sqrt(each) for each in sums])


def _pointing(sample: EventSample) -> Iterator[Plot]:
    c, (z_marks, cda_marks) = sample.columns, _signal_region(sample.region_shapes[0])
    curve = Curve("reconstructed", c["z_tax_m"])
    yield Plot("z-tax", r"$Z_{\mathrm{TAX}}$", "m", (curve,), marks=z_marks)
    curve, marks = Curve("reconstructed", 1e3 * c["cda_tax_m"]), tuple(1e3 * mark for mark in cda_marks)
    yield Plot("cda-tax", r"$\mathrm{CDA}_{\mathrm{TAX}}$", "mm", (curve,), True, marks)


def _track_momentum(columns: Columns, tracks: int) -> Plot:
    true, reco = ([f"{name}{k}" for k in range(1, tracks + 1)] for name in ("d", "reco"))
    label = "true, both tracks" if tracks == 2 else "true, all tracks"
    curves = (
        Curve(label, _sizes(columns, *true), True),
        Curve("reconstructed", _sizes(columns, *reco)),
    )
    axis = "momentum of the daughters" if tracks == 2 else "momentum of the tracks"
    return Plot("track-momentum", axis, "GeV", curves, True)


def _cluster_energy(columns: Columns, clusters: int) -> Plot:
    true, reco = (
        np.concatenate([columns[f"{name}{k}_e_gev"] for k in range(1, clusters + 1)])
        for name in ("photon", "cluster")
    )
    curves = (Curve("true, all photons", true, True), Curve("measured", reco))
    return Plot("photon-energy", "energy of the photons", "GeV", curves, True)


def write_plots(sample: EventSample, folder: Path) -> list[Path]:
    """One PNG for each figure; returns their paths."""
    paths = []
    for plot in plots(sample):
        path = folder / f"{plot.name}.png"
        title = f"feebly: {plot.name} of {sample.model}, {sample.final_state}"
        subject = f"m = {sample.mass_gev:g} GeV, coupling {sample.coupling:g}, {sample.pot:g} POT"
        write_atomically(path, figure_file(event_figure(sample, plot), "png", title, subject))
        paths.append(path)
    return paths


def event_figure(sample: EventSample, plot: Plot) -> Figure:
    """Histograms of one quantity; the title has the point, the POT and the settings."""
    from matplotlib.figure import Figure

    with own_style():
        figure = Figure(figsize=(5.6, 4.4))
        axes = figure.add_axes((0.14, 0.13, 0.83, 0.70))
        _draw(axes, sample, plot)
        figure.text(0.03, 0.965, _title(sample), va="top", fontsize=12)
        for line, text in enumerate(_settings(sample)):
            figure.text(0.03, 0.905 - 0.038 * line, drawable(text), va="top", fontsize=8.5, color="0.25")
    return figure


def binned(
    values: FloatArray, weight: FloatArray, edges: FloatArray
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sum of weights per bin and its standard deviation sqrt(sum w^2)."""
    height, square = (np.histogram(values, edges, weights=w)[0] for w in (weight, weight**2))
    return height, np.sqrt(square)


def bin_edges(plot: Plot, weight: FloatArray) -> FloatArray:
    """Edges of equal bins of a round width that hold all but a little tail of every curve."""
    ends = []
    for curve in plot.curves:
        w = np.tile(weight, curve.values.size // weight.size)
        order = np.argsort(curve.values)
        share = (np.cumsum(w[order]) - w[order] / 2) / w.sum()
        ends.append(np.interp([_TAIL, 1 - _TAIL], share, curve.values[order]))
    low, high = 0.0 if plot.from_zero else float(np.min(ends)), float(np.max(ends))
    width = _round_width((high - low) / BINS or abs(high) / BINS or 1.0)
    first, last = np.floor(low / width), np.ceil(high / width)
    return np.asarray(width * np.arange(first - (not plot.from_zero), last + 2))


def _round_width(width: float) -> float:
    """The next of 1, 2, 2.5, 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(width))
    return float(power * next(step for step in (1, 2, 2.5, 5, 10) if step * power >= width * (1 - 1e-9)))


def _draw(axes: Axes, sample: EventSample, plot: Plot) -> None:
    edges = bin_edges(plot, sample.weight)
    centres, outside = (edges[1:] + edges[:-1]) / 2, 0.0
    for curve in plot.curves:
        w = np.tile(sample.weight, curve.values.size // sample.weight.size)
        height, error = binned(curve.values, w, edges)
        outside = max(outside, float(1 - height.sum() / w.sum()))
        if curve.true:
            axes.stairs(
                height, edges, fill=True, facecolor=_FILL, edgecolor=_TRUE, linewidth=1.0, label=curve.label
            )
        else:
            filled = height > 0
            axes.errorbar(
                centres[filled],
                height[filled],
                error[filled],
                fmt="o",
                markersize=2.8,
                color=_RECO,
                elinewidth=0.9,
                label=curve.label,
                zorder=3,
            )
    visible = [mark for mark in plot.marks if edges[0] < mark < edges[-1]]
    for k, mark in enumerate(visible):
        label = f"limit of the {sample.regions[0]}" if k == 0 else None
        axes.axvline(mark, color=_REGION, linewidth=1.0, linestyle=(0, (4, 2)), label=label, zorder=0)
    width = edges[1] - edges[0]
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, 1.25 * axes.get_ylim()[1])
    axes.set_xlabel(f"{plot.axis} [{plot.unit}]")
    axes.set_ylabel(f"expected {_counted(plot)} / {width:g} {plot.unit}")
    axes.tick_params(direction="in", top=True, right=True)
    axes.ticklabel_format(axis="y", scilimits=(-3, 4), useMathText=True)
    note = f"{outside:.1%} outside the axis" if outside > 5e-4 else None
    legend = axes.legend(
        fontsize=9, loc="upper right", title=note, title_fontsize=8, framealpha=0.9, edgecolor="none"
    )
    legend.set_zorder(4)


def _counted(plot: Plot) -> str:
    return {"track-momentum": "tracks", "photon-energy": "photons"}.get(plot.name, "events")


def _signal_region(shape: RegionShape) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Limits of a region in Z_TAX and CDA_TAX; those of an ellipse on its axes."""
    if isinstance(shape, Box):
        return (shape.z_min_m, shape.z_max_m), (shape.cda_max_m,)
    z, half = shape.z_centre_m, shape.z_half_axis_m
    return (z - half, z + half), (shape.cda_half_axis_m,)


def _title(sample: EventSample) -> str:
    mass, coupling = mass_symbol(sample.model), coupling_symbol(sample.coupling_name)
    particle = mass.removeprefix("$m_{").removesuffix("}$")
    return (
        f"{particle} → {drawable(final_state_symbol(sample.final_state))}, {mass} = {sample.mass_gev:g} GeV, "
        f"{coupling} = {scientific(sample.coupling)}, {scientific(sample.pot)} POT"
    )


def _settings(sample: EventSample) -> Sequence[str]:
    where = "all events in acceptance" if sample.region == "all" else f"events in the {sample.region}"
    modes = sample.productions
    made = ", ".join(modes) if len(modes) <= 3 else f"{len(modes)} production modes"
    return (
        f"{sample.experiment}, analysis {sample.analysis}, preset {sample.preset}, "
        f"response {sample.response}, {made}",
        f"{where}: {with_error(sample.expected, sample.mc_error)} expected; {len(sample):,} {sample.kind}, "
        f"seed {sample.seed}; errors: Monte Carlo",
    )

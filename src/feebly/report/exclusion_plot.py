"""The exclusion figure of a run: mass against coupling, both logarithmic, for one column of a journal."""

from __future__ import annotations

from collections.abc import Iterator
from math import log10
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from feebly.core.interfaces import FloatArray
from feebly.limits.expected_bands import BAND_KINDS
from feebly.report.caption import caption_text
from feebly.report.contour_paths import (
    band_path,
    edge_segments,
    filled_path,
    log_points,
    segments,
    signed_area,
)
from feebly.report.figure_style import figure_file, own_style
from feebly.report.log_axes import log_ticks, set_log_ticks
from feebly.report.symbols import coupling_symbol, drawable, final_state_symbol, mass_symbol, scientific
from feebly.workflow.result import RunResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["caption_text", "exclusion_figure", "figure_bytes"]

Range = tuple[float, float]

_WIDTH_IN, _AXES_HEIGHT_IN = 5.0, 3.7  # 12 pt here are 8 pt in a column of 86 mm
_RIGHT_IN, _TOP_IN, _XLABEL_IN, _CAPTION_LINE_IN = 0.12, 0.1, 0.62, 0.17
_CAPTION_POINTS, _CAPTION_COLUMNS = 9.5, 84
_FACT_COLUMNS = 34

_FILL = "#d5dfec"
_LINES: dict[str, dict[str, Any]] = {
    "observed": {
        "color": "black",
        "linewidth": 1.2,
        "linestyle": "-",
        "solid_joinstyle": "miter",
        "zorder": 3,
    },
    "expected": {"color": "#c03a2b", "linewidth": 1.2, "linestyle": (0, (3, 1.5)), "zorder": 2},
}
_DISCOVERY = {
    "discovery-3s": {"color": "#2b6ca3", "linewidth": 1.0, "linestyle": (0, (6, 1.5, 1, 1.5)), "zorder": 2.5},
    "discovery-5s": {"color": "#2b6ca3", "linewidth": 1.0, "linestyle": "-", "zorder": 2.5},
}
_BANDS = {2: "#f4df8a", 1: "#9fd39a"}  # fill by sigma, the wider one first
_EDGE: dict[str, Any] = {"color": "0.35", "linewidth": 1.0, "linestyle": (0, (1, 1.5)), "zorder": 3}
_FACTS_WIDTH, _FACT_HEIGHT = (
    0.55,
    0.053,
)  # room for the facts, and for one line of them: fractions of the axes


def figure_bytes(result: RunResult, file_format: Literal["png", "pdf"]) -> bytes:
    """The figure as a file (PNG with 200 dpi, PDF); the same result gives the same bytes."""
    title, subject = f"feebly: {result.model}, {result.analysis.name}", result.summary()
    return figure_file(exclusion_figure(result), file_format, title, subject)


def exclusion_figure(result: RunResult) -> Figure:
    """Observed contour filled with a solid line, expected dashed; each closed piece is a curve of its own."""
    from matplotlib.figure import Figure

    caption = wrap(caption_text(result), _CAPTION_COLUMNS)
    left, bottom = _left_margin_in(result), _XLABEL_IN + _CAPTION_LINE_IN * len(caption)
    height = bottom + _AXES_HEIGHT_IN + _TOP_IN
    width = _WIDTH_IN - left - _RIGHT_IN
    with own_style():
        figure = Figure(figsize=(_WIDTH_IN, height))
        axes = figure.add_axes(
            (left / _WIDTH_IN, bottom / height, width / _WIDTH_IN, _AXES_HEIGHT_IN / height)
        )
        _draw_pieces(axes, result)
        _set_scales(axes, result)
        _write_facts(axes, result)
        _label_region(axes, result)
        _label_events(axes, result)
        for i, line in enumerate(caption):
            y = 1 - (height - bottom + _XLABEL_IN + _CAPTION_LINE_IN * i) / height
            figure.text(0.02, y, drawable(line), va="top", fontsize=_CAPTION_POINTS, gid="caption")
    return figure


# --- curves -------------------------------------------------------------------------------------------


def _draw_pieces(axes: Axes, result: RunResult) -> None:
    from matplotlib.patches import PathPatch

    filled = result.contour(result.main_kind)
    if filled:
        axes.add_patch(PathPatch(filled_path(filled), facecolor=_FILL, linewidth=0, zorder=1, gid="excluded"))
    for sigma, colour in _BANDS.items():
        if path := band_path(result, sigma):
            axes.add_patch(
                PathPatch(path, facecolor=colour, linewidth=0, zorder=1.5, gid=f"band-{sigma}s", alpha=0.9)
            )
    for kind, line in (_LINES | _DISCOVERY).items():
        for piece in result.contour(kind):
            on_edge = edge_segments(piece, result)
            name = f"{kind}-{piece.piece}"
            axes.plot(*segments(piece, ~on_edge), **line, gid=name)
            if on_edge.any():
                axes.plot(*segments(piece, on_edge), **_EDGE, gid=f"{name}-edge")


# --- axes ---------------------------------------------------------------------------------------------


def visible_ranges(result: RunResult) -> tuple[Range, Range]:
    """Masses and couplings shown: all curves with a margin, else the whole grid."""
    pieces = [piece for kind in (*_LINES, *_DISCOVERY, *BAND_KINDS) for piece in result.contour(kind)]
    if not pieces:
        return result.mass_range_gev[:2], result.coupling_range[:2]
    mass = np.concatenate([piece.mass_gev for piece in pieces])
    coupling = np.concatenate([piece.coupling for piece in pieces])
    return (
        _widened(mass, (0.05, 0.05), result.mass_range_gev[:2]),
        _widened(coupling, (0.15, 0.2), result.coupling_range[:2]),
    )


def _widened(values: FloatArray, margins: Range, grid: Range) -> Range:
    """Range of the values with margins (fractions of its decades), at most a hair beyond the grid's ends."""
    low, high = float(values.min()), float(values.max())
    decades = max(log10(high / low), 0.3)
    hair = 10 ** (0.02 * decades)  # shows that a curve ends on the grid's edge, not on the frame
    below, above = (10 ** (margin * decades) for margin in margins)
    return max(low / below, grid[0] / hair), min(high * above, grid[1] * hair)


def _left_margin_in(result: RunResult) -> float:
    """Room for the labels of the couplings, which are longer where they are not powers of ten."""
    labels = [scientific(value) for value in log_ticks(*visible_ranges(result)[1])]
    return 1.0 if any("times" in label for label in labels) else 0.74


def _set_scales(axes: Axes, result: RunResult) -> None:
    mass, coupling = visible_ranges(result)
    axes.set(xscale="log", yscale="log", xlim=mass, ylim=coupling)
    axes.set_xlabel(f"{mass_symbol(result.model)} [GeV]", fontsize=14)
    axes.set_ylabel(coupling_symbol(result.coupling_name), fontsize=16)
    set_log_ticks(axes.xaxis, mass, lambda value: f"{value:g}")
    set_log_ticks(axes.yaxis, coupling, scientific)
    axes.tick_params(which="both", direction="in", top=True, right=True, pad=5)
    axes.tick_params(which="major", length=6)
    axes.tick_params(which="minor", length=3)


# --- words in the axes --------------------------------------------------------------------------------


def _write_facts(axes: Axes, result: RunResult) -> None:
    vertical, horizontal = _free_corner(axes, result).split()
    x = 0.965 if horizontal == "right" else 0.035
    y = 0.96 if vertical == "upper" else 0.04
    axes.text(
        x,
        y,
        drawable("\n".join(_facts(result))),
        ha=horizontal,
        va="top" if vertical == "upper" else "bottom",
        transform=axes.transAxes,
        fontsize=11,
        linespacing=1.2,
        gid="facts",
    )


def _facts(result: RunResult) -> Iterator[str]:
    if result.projection:
        yield r"$\mathbf{PROJECTION}$"
    yield f"{result.analysis.name}, {scientific(result.pot)} POT"
    yield f"{100 * result.cl:g}% CL, {result.convention_text}"
    yield from wrap(", ".join(map(final_state_symbol, result.channels)), _FACT_COLUMNS)
    yield f"preset {result.preset.name}"


def _free_corner(axes: Axes, result: RunResult) -> str:
    """The corner whose block of facts the fewest points of the curves would cross; upper right when equal."""
    curves = [_dense(log_points(piece)) for kind in (*_LINES, *_DISCOVERY) for piece in result.contour(kind)]
    points = np.concatenate(curves) if curves else np.empty((0, 2))
    low, high = np.log10([axes.get_xlim(), axes.get_ylim()]).T
    x, y = ((points - low) / (high - low)).T
    columns = {"right": x > 1 - _FACTS_WIDTH, "left": x < _FACTS_WIDTH}
    height = 0.05 + _FACT_HEIGHT * len(list(_facts(result)))
    rows = {"upper": y > 1 - height, "lower": y < height}
    crossed = {
        f"{row} {column}": int(np.sum(rows[row] & columns[column])) for row in rows for column in columns
    }
    return min(crossed, key=lambda corner: crossed[corner])


def _dense(points: FloatArray) -> FloatArray:
    """Ten points on each segment of a curve."""
    i = np.arange(len(points))
    at = np.linspace(0, len(points) - 1, 10 * len(points))
    return np.column_stack([np.interp(at, i, column) for column in points.T])


def _label_region(axes: Axes, result: RunResult) -> None:
    """The word "excluded" in the middle of the largest piece, else that there is none."""
    pieces = result.contour(result.main_kind)
    if not pieces:
        axes.text(0.5, 0.5, "no exclusion", ha="center", transform=axes.transAxes, gid="label")
        return
    largest = max(pieces, key=lambda piece: abs(signed_area(log_points(piece))))
    mass = float(np.sqrt(largest.mass_gev.min() * largest.mass_gev.max()))
    low, high = max(result.excluded_couplings(mass), key=lambda interval: interval[1] / interval[0])
    word = "would be\nexcluded" if result.projection else "excluded"
    axes.text(mass, np.sqrt(low * high), word, ha="center", va="center", linespacing=1.0, gid="label")


def _label_events(axes: Axes, result: RunResult) -> None:
    """Observed events point at the notch that they cut."""
    for state in result.final_states:
        for event in state.signal_region.events:
            edges = [result.excluded_couplings(event.mass_gev, kind) for kind in _LINES]
            if all(edges):
                axes.annotate(
                    drawable(f"1 {final_state_symbol(state.tag)} event"),
                    (event.mass_gev, min(intervals[0][0] for intervals in edges)),
                    xytext=(6, -22),
                    textcoords="offset points",
                    ha="right",
                    va="center",
                    fontsize=10,
                    arrowprops={"arrowstyle": "-", "linewidth": 0.6, "shrinkA": 1, "shrinkB": 2},
                    gid="event",
                )

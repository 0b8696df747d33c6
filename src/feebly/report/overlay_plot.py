"""Overlay of runs, published limits and projections: mass against coupling, with direct labels."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from feebly.core.interfaces import FloatArray
from feebly.limits.results import ContourPiece
from feebly.publish.limit_files import COUPLINGS, symbol_for
from feebly.report.contour_paths import between_path, filled_path, segments
from feebly.report.figure_style import own_style
from feebly.report.log_axes import log_ticks, set_log_ticks
from feebly.report.overlay_plot_labels import CELL, LabelWish, dense, place_labels, raster_shape, thinned
from feebly.report.overlay_plot_layers import DrawnCurve, Layer, Overlay
from feebly.report.overlay_plot_range import Range, visible
from feebly.report.overlay_plot_words import PROJECTION, common_facts, overlay_caption
from feebly.report.symbols import coupling_symbol, drawable, mass_symbol, scientific

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.path import Path
    from matplotlib.text import Text

__all__ = ["Range", "common_facts", "overlay_caption", "overlay_figure", "visible"]

_WIDTH_IN, _AXES_HEIGHT_IN = 6.2, 4.4
_RIGHT_IN, _TOP_IN, _XLABEL_IN, _CAPTION_LINE_IN = 0.15, 0.12, 0.62, 0.17
_CAPTION_POINTS, _CAPTION_COLUMNS = 9.5, 104
_LABEL_POINTS, _FACT_POINTS = 10.0, 10.0
_EDGE: dict[str, Any] = {"color": "0.35", "linewidth": 1.0, "linestyle": (0, (1, 1.5))}
_NO_MASS_GEV = 1e-15


def overlay_figure(
    overlay: Overlay,
    mass: Range | None = None,
    coupling: Range | None = None,
    width_in: float = _WIDTH_IN,
    with_caption: bool = True,
) -> Figure:
    """The figure. mass (in the unit of the overlay), coupling: what is shown, else all of the runs."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    caption = wrap(overlay_caption(overlay), _CAPTION_COLUMNS, break_on_hyphens=False) if with_caption else []
    shown = visible(overlay, mass, coupling)
    # a figure to zoom into may get long labels
    labels = [scientific(value) for value in log_ticks(*shown[1])]
    is_long = not with_caption or any("times" in label for label in labels)
    left = 1.2 if any("." in label for label in labels) else 1.0 if is_long else 0.78
    bottom = _XLABEL_IN + _CAPTION_LINE_IN * len(caption)
    height = bottom + _AXES_HEIGHT_IN + _TOP_IN
    width = width_in - left - _RIGHT_IN
    with own_style():
        figure = Figure(figsize=(width_in, height))
        FigureCanvasAgg(figure)  # measures the labels
        box = (left / width_in, bottom / height, width / width_in, _AXES_HEIGHT_IN / height)
        axes = figure.add_axes(box, gid="axes")
        _set_scales(axes, overlay, shown)
        for layer in overlay.layers:
            _draw(axes, layer, overlay.mass_factor)
        _write_labels(axes, overlay)
        for i, line in enumerate(caption):
            y = (bottom - _XLABEL_IN - _CAPTION_LINE_IN * i) / height
            figure.text(0.02, y, _verbatim(line), va="top", fontsize=_CAPTION_POINTS, gid=f"caption-{i}")
    return figure


# --- axes ---------------------------------------------------------------------------------------------


def _set_scales(axes: Axes, overlay: Overlay, shown: tuple[Range, Range]) -> None:
    mass, coupling = shown
    axes.set(xscale="log", yscale="log", xlim=mass, ylim=coupling)
    axes.set_xlabel(f"{mass_symbol(overlay.model)} [{overlay.mass_unit}]", fontsize=14, gid="mass-label")
    axes.set_ylabel(_coupling_text(overlay), fontsize=15, gid="coupling-label")
    set_log_ticks(axes.xaxis, mass, _mass_text)
    set_log_ticks(axes.yaxis, coupling, scientific)
    axes.tick_params(which="both", direction="in", top=True, right=True, pad=5)
    axes.tick_params(which="major", length=6)
    axes.tick_params(which="minor", length=3)


def _coupling_text(overlay: Overlay) -> str:
    known = COUPLINGS.get(overlay.coupling)
    if known is None:
        return _verbatim(coupling_symbol(overlay.coupling))
    unit = {"1": "", "1/GeV": r"\;[\mathrm{GeV}^{-1}]", "m": r"\;[\mathrm{m}]"}[known.unit]
    return f"${symbol_for(known.name, overlay.model)}{unit}$"


def _verbatim(text: str) -> str:
    """Words that others wrote, for a figure: a dollar sign is one, and begins no formula."""
    return drawable(text.replace("\\", "\N{REVERSE SOLIDUS OPERATOR}").replace("$", r"\$"))


def _mass_text(value: float) -> str:
    return f"{value:g}" if 1e-3 <= value < 1e5 else scientific(value)


# --- curves -------------------------------------------------------------------------------------------


def _draw(axes: Axes, layer: Layer, factor: float) -> None:
    from matplotlib.patches import PathPatch

    style = layer.style
    if layer.shape == "points":
        for i, curve in enumerate(layer.curves):
            axes.plot(
                _scaled(curve, factor).mass_gev, curve.coupling, "o", markersize=3.5, color=style.colour,
                markerfacecolor="white", zorder=style.order, gid=f"{layer.key}-{i}",
            )  # fmt: skip
        return
    if style.fill is not None and (path := layer_path(layer, factor, axes.get_ylim()[1])) is not None:
        axes.add_patch(
            PathPatch(
                path, facecolor=style.fill, linewidth=0, zorder=style.order - 0.9, gid=f"{layer.key}-fill"
            )
        )
    if style.colour == "none":
        return
    line: dict[str, Any] = {
        "color": style.colour, "linewidth": style.width, "linestyle": style.dash, "zorder": style.order,
        "solid_joinstyle": "miter",
    }  # fmt: skip
    for i, curve in enumerate(layer.curves):
        piece = _scaled(curve, factor)
        on_edge = np.zeros(len(piece.mass_gev) - 1, bool) if curve.on_edge is None else curve.on_edge
        axes.plot(*segments(piece, ~on_edge), **line, gid=f"{layer.key}-{i}")
        if on_edge.any():
            axes.plot(*segments(piece, on_edge), **_EDGE, zorder=style.order, gid=f"{layer.key}-{i}-edge")


def _scaled(curve: DrawnCurve, factor: float) -> ContourPiece:
    """The curve in the unit of the axis; a mass of zero lies far to the left of it."""
    return ContourPiece("", 0, factor * np.maximum(curve.mass_gev, _NO_MASS_GEV), curve.coupling)


def layer_path(layer: Layer, factor: float, top: float) -> Path | None:
    """Area of a layer: inside its curves, between the two of a band, or above its curves up to ``top``."""
    pieces = tuple(_scaled(curve, factor) for curve in layer.curves)
    if not pieces:
        return None
    if layer.shape == "above":
        return filled_path(tuple(_closed_above(piece, top) for piece in pieces))
    if layer.inner:
        return between_path(pieces, tuple(_scaled(curve, factor) for curve in layer.inner))
    return filled_path(pieces)


def _closed_above(piece: ContourPiece, top: float) -> ContourPiece:
    """The curve, then up, back along a line above the axes, and down to its first point."""
    m, high = piece.mass_gev, max(10 * top, 10 * float(piece.coupling.max()))
    mass = np.concatenate([m, m[-1:], m[:1], m[:1]])
    coupling = np.concatenate([piece.coupling, [high, high], piece.coupling[:1]])
    return ContourPiece("", 0, mass, coupling)


# --- words in the axes --------------------------------------------------------------------------------


def _write_labels(axes: Axes, overlay: Overlay) -> None:
    """Facts that all runs share in a free corner, and a label at each layer that has one."""
    named = [layer for layer in overlay.layers if layer.label and layer.curves]
    named.sort(key=lambda layer: not layer.key.startswith("run"))
    texts = [_text(axes, layer.label, f"{layer.key}-label", layer) for layer in named]
    wishes = [_wish(axes, overlay, layer, text) for layer, text in zip(named, texts, strict=True)]
    size = _axes_points(axes)
    reserved = [box for box in [_place_facts(axes, overlay, [wish.curves for wish in wishes])] if box]
    for text, found in zip(texts, place_labels(wishes, size, reserved), strict=True):
        if found is None:
            text.set_visible(False)
            continue
        text.set_position((found.centre[0] / size[0], found.centre[1] / size[1]))
        if found.anchor is not None:
            _lead(axes, text, found.anchor, size)


def _text(axes: Axes, words: str, gid: str, layer: Layer | None = None) -> Text:
    from matplotlib.patheffects import withStroke

    is_limit = layer is not None and layer.key.startswith("limit")
    colour = "0.25" if is_limit else layer.style.colour if layer is not None else "black"
    lines = wrap(words, 26, break_on_hyphens=False)
    return axes.text(
        0.5, 0.5, _verbatim("\n".join(lines)), transform=axes.transAxes, ha="center", va="center",
        fontsize=_LABEL_POINTS - 0.5 * is_limit, color=colour, linespacing=1.05, zorder=6, gid=gid,
        path_effects=[withStroke(linewidth=2.2, foreground="white", alpha=0.75)],
    )  # fmt: skip


def _axes_points(axes: Axes) -> tuple[float, float]:
    """Width and height of the axes in points."""
    box = axes.get_window_extent()
    scale = 72.0 / axes.figure.dpi
    return box.width * scale, box.height * scale


def _size_points(axes: Axes, text: Text) -> tuple[float, float]:
    canvas: Any = axes.figure.canvas
    box = text.get_window_extent(canvas.get_renderer())
    scale = 72.0 / axes.figure.dpi
    return box.width * scale, box.height * scale


def _in_points(axes: Axes, points: FloatArray) -> FloatArray:
    """Data (n, 2) in points from the lower left corner of the axes."""
    ends = np.log10([axes.get_xlim(), axes.get_ylim()])
    relative = (np.log10(points) - ends[:, 0]) / (ends[:, 1] - ends[:, 0])
    return np.asarray(relative * _axes_points(axes))


def _wish(axes: Axes, overlay: Overlay, layer: Layer, text: Text) -> LabelWish:
    pieces = [_scaled(curve, overlay.mass_factor) for curve in layer.curves]
    curves = [_in_points(axes, np.column_stack([piece.mass_gev, piece.coupling])) for piece in pieces]
    joined = [curve if layer.shape == "points" else dense(curve) for curve in curves]
    region = None
    if layer.style.fill is not None:
        path = layer_path(layer, overlay.mass_factor, axes.get_ylim()[1])
        region = _region(axes, path) if path is not None else None
    return LabelWish(_size_points(axes, text), np.concatenate(joined), region)


def _region(axes: Axes, path: Path) -> Any:
    """Raster of the cells of the axes whose centres lie inside a path."""
    from matplotlib.path import Path

    size = _axes_points(axes)
    shape = raster_shape(size)
    x, y = ((np.arange(n) + 0.5) * CELL for n in shape)
    centres = np.column_stack([np.repeat(x, y.size), np.tile(y, x.size)])
    inside = np.zeros(len(centres), bool)
    starts = np.flatnonzero(np.asarray(path.codes) == Path.MOVETO)
    for polygon in np.split(np.asarray(path.vertices), starts[1:]):
        loop = thinned(_in_points(axes, np.maximum(polygon, 1e-300)))
        near = ((centres >= loop.min(axis=0)) & (centres <= loop.max(axis=0))).all(axis=1)
        inside[near] ^= Path(loop).contains_points(centres[near])  # a hole is outside
    return inside.reshape(shape)


def _lead(axes: Axes, text: Text, anchor: tuple[float, float], size: tuple[float, float]) -> None:
    x, y = text.get_position()
    axes.annotate(
        "",
        (anchor[0] / size[0], anchor[1] / size[1]),
        (x, y),
        xycoords="axes fraction",
        textcoords="axes fraction",
        arrowprops={
            "arrowstyle": "-",
            "linewidth": 0.6,
            "color": text.get_color(),
            "shrinkA": 8,
            "shrinkB": 0,
        },
        gid=f"{text.get_gid()}-lead",
        zorder=5,
    )


def _place_facts(
    axes: Axes, overlay: Overlay, curves: list[FloatArray]
) -> tuple[float, float, float, float] | None:
    """The facts that all runs share, in the corner that the fewest points of curves cross."""
    lines = [line if line == PROJECTION else _verbatim(line) for line in common_facts(overlay)]
    if not lines:
        return None
    text = _text(axes, "", "facts")
    text.set(text="\n".join(lines), fontsize=_FACT_POINTS, linespacing=1.2)
    (width, height), (right, top) = _size_points(axes, text), _axes_points(axes)
    points = np.concatenate(curves) if curves else np.empty((0, 2))
    corners = {
        (ha, va): (
            8.0 if ha == "left" else right - width - 8.0,
            top - height - 8.0 if va == "top" else 8.0,
        )
        for va in ("top", "bottom")
        for ha in ("right", "left")
    }

    def crossed(corner: tuple[str, str]) -> int:
        x, y = corners[corner]
        low, high = np.array([x - 3, y - 3]), np.array([x + width + 3, y + height + 3])
        return int(((points > low) & (points < high)).all(axis=1).sum())

    ha, va = min(corners, key=crossed)
    x, y = corners[ha, va]
    text.set(
        position=((8.0 if ha == "left" else right - 8.0) / right, (top - 8.0 if va == "top" else 8.0) / top)
    )
    text.set(ha=ha, va=va)
    return x, y, x + width, y + height

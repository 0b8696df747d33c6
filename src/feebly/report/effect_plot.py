"""Figure of a comparison: the theory band of a preset, and what each option does to the edges."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from feebly.limits.envelope import BAND_HIGH, BAND_LOW
from feebly.limits.results import ContourPiece
from feebly.report.contour_paths import filled_path
from feebly.report.figure_style import own_style
from feebly.report.symbols import coupling_symbol, drawable, mass_symbol
from feebly.workflow.compare import Comparison, Effect

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BAND = "#c6d4e6"
_SHOWN = 16  # variations, the largest ones
_LARGEST = 60.0  # % beyond which a shift is drawn at the edge
_COLOURS = ("#1b4f8a", "#2a9d8f", "#c9a227", "#d9743a", "#9b2226", "#6a4c93", "#555555")


def comparison_png(result: Comparison) -> bytes:
    """The figure as a PNG of less than 150 kB; the same result gives the same bytes."""
    title = f"feebly: theory band of {result.run.model}, preset {result.preset.name}"
    memory = io.BytesIO()
    with own_style():
        metadata = {"Title": title, "Software": None}
        comparison_figure(result).savefig(memory, format="png", dpi=130, metadata=metadata)
    return memory.getvalue()


def comparison_figure(result: Comparison) -> Figure:
    """Left: contour and theory band. Right: shift of both edges for the largest variations."""
    from matplotlib.figure import Figure

    with own_style():
        figure = Figure(figsize=(10.5, 4.6))
        left, right = figure.subplots(1, 2, width_ratios=(1, 1.1))
        _draw_band(left, result)
        _draw_effects(right, result)
        figure.subplots_adjust(left=0.075, right=0.975, bottom=0.14, top=0.93, wspace=0.62)
    return figure


def _draw_band(axes: Axes, result: Comparison) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch, PathPatch
    from matplotlib.path import Path

    outer, inner = (tuple(p for p in result.band if p.kind == kind) for kind in (BAND_HIGH, BAND_LOW))
    run = result.run
    if outer:
        paths = [filled_path(outer), *([filled_path(inner, clockwise=True)] if inner else [])]
        axes.add_patch(PathPatch(Path.make_compound_path(*paths), facecolor=_BAND, linewidth=0))
    for piece in run.contour(run.main_kind):
        axes.plot(piece.mass_gev, piece.coupling, color="black", linewidth=1.2)
    pieces = (*outer, *run.contour(run.main_kind))
    axes.set(xscale="log", yscale="log")
    if pieces:
        axes.set(xlim=_ends(pieces, "mass_gev", 1.05), ylim=_ends(pieces, "coupling", 1.4))
    axes.set_xlabel(f"{mass_symbol(run.model)} [GeV]")
    axes.set_ylabel(coupling_symbol(run.coupling_name))
    axes.tick_params(which="both", direction="in", top=True, right=True)
    handles: list[Artist] = [
        Line2D([], [], color="black", linewidth=1.2, label=drawable(f"preset {result.preset.name}"))
    ]
    if outer:
        handles.append(Patch(facecolor=_BAND, label=drawable("theory band")))
    axes.legend(handles=handles, frameon=False, loc="upper right", fontsize=10)
    axes.set_title(drawable(f"band: {', '.join(result.preset.band) or 'none declared'}"), fontsize=10)


def _ends(pieces: tuple[ContourPiece, ...], name: str, margin: float) -> tuple[float, float]:
    values = np.concatenate([getattr(piece, name) for piece in pieces])
    return float(values.min()) / margin, float(values.max()) * margin


def _draw_effects(axes: Axes, result: Comparison) -> None:
    shown = result.effects[:_SHOWN]
    offsets = np.linspace(0.28, -0.28, len(result.masses_gev))
    for j, mass in enumerate(result.masses_gev):
        colour = _COLOURS[j % len(_COLOURS)]
        for edge, marker in enumerate(("v", "^")):
            x = [_percent(effect, result, j, edge) for effect in shown]
            y = -np.arange(len(shown)) + offsets[j]
            axes.plot(
                x, y, marker, color=colour, markersize=4, markerfacecolor=colour if edge == 0 else "white",
                linestyle="none", label=f"{mass:g} GeV" if edge == 0 else None, clip_on=False,
            )  # fmt: skip
    axes.axvline(0.0, color="0.6", linewidth=0.8, zorder=0)
    axes.set_yticks(-np.arange(len(shown)), [drawable(effect.variation.name) for effect in shown], fontsize=9)
    for row in range(0, len(shown), 2):
        axes.axhspan(-row - 0.5, -row + 0.5, color="0.96", zorder=-1)
    axes.set(xlim=(-_LARGEST, _LARGEST), ylim=(-len(shown) + 0.4, 0.6))
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("shift of the edges [%]")
    axes.legend(frameon=True, framealpha=0.9, edgecolor="0.8", fontsize=9, loc="lower right")
    axes.set_title("▼ lower edge   △ upper edge", fontsize=10, fontfamily="DejaVu Sans")


def _percent(effect: Effect, result: Comparison, mass: int, edge: int) -> float:
    """Shift in %, at the frame where it is larger."""
    return float(np.clip(100 * effect.shift(result.edges)[mass, edge], -_LARGEST, _LARGEST))

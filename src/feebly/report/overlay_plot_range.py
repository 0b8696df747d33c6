"""Masses and couplings that an overlay figure shows."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10

import numpy as np

from feebly.report.overlay_plot_layers import Layer, Overlay

Range = tuple[float, float]

_BEYOND = 10.0  # limits are shown up to this factor beyond the runs


def visible(
    overlay: Overlay, mass: Range | None = None, coupling: Range | None = None
) -> tuple[Range, Range]:
    """Masses (in the unit of the overlay) and couplings shown.

    All curves of the runs with a margin, and of limits what lies within a factor 10 of them; where a run
    excludes nothing, its whole grid.
    """
    factor = overlay.mass_factor
    runs = _extent([layer for layer in overlay.layers if layer.key.startswith("run")])
    limits = _extent([layer for layer in overlay.layers if layer.key.startswith("limit")])
    if runs is None and overlay.runs and limits is None:
        run = overlay.runs[0]
        runs = run.mass_range_gev[:2], run.coupling_range[:2]
    extent = runs or limits or ((1e-2, 1.0), (1e-8, 1e-3))
    if runs and limits:
        extent = _near(runs[0], limits[0]), _near(runs[1], limits[1])
    low, high = _widened(extent[0], 0.05, 0.05)
    return mass or (factor * low, factor * high), coupling or _widened(extent[1], 0.10, 0.15)


def _near(own: Range, other: Range) -> Range:
    """The own range, widened to what of the other one is within a factor of it."""
    return min(own[0], max(other[0], own[0] / _BEYOND)), max(own[1], min(other[1], own[1] * _BEYOND))


def _extent(layers: Sequence[Layer]) -> tuple[Range, Range] | None:
    """Smallest and largest mass and coupling that can be drawn."""
    curves = [curve for layer in layers for curve in layer.curves]
    if not curves:
        return None
    mass = np.concatenate([curve.mass_gev for curve in curves])
    coupling = np.concatenate([curve.coupling for curve in curves])
    mass = mass[mass > 0]
    if not mass.size:
        return None
    return (float(mass.min()), float(mass.max())), (float(coupling.min()), float(coupling.max()))


def _widened(ends: Range, below: float, above: float) -> Range:
    decades = max(log10(ends[1] / ends[0]), 0.3)
    return ends[0] / 10 ** (below * decades), ends[1] * 10 ** (above * decades)

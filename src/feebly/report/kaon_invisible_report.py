"""Searches for K+ -> π+ X, X invisible: limits against mass and lifetime, and the couplings they exclude."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from feebly.core.interfaces import FloatArray
from feebly.kaon.invisible import NS_TO_M, InvisiblePoint
from feebly.kaon.invisible_data import Counted, InvisibleData
from feebly.kaon.invisible_scan import InvisibleScan
from feebly.kaon.portals import CouplingEdges
from feebly.report.figure_style import figure_file, own_style
from feebly.report.kaon_columns import COLUMNS
from feebly.report.symbols import coupling_symbol

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EXPECTED, OBSERVED = "expected_branching_ratio_limit", "branching_ratio_limit"
Rows = dict[str, list[Any]]


def invisible_rows(
    scan: InvisibleScan,
    points: Sequence[InvisiblePoint],
    lifetimes_ns: Sequence[float],
    cl: float,
    data: InvisibleData | None = None,
) -> Rows:
    """One row for each mass: the search, what it expects, limits for a stable X and for each lifetime.

    Counts are those of the data, else those that a search has published; NaN where there are none.
    """
    counts = [_counted(scan, point, data) for point in points]
    rows: Rows = {
        "mass_gev": [point.mass_gev for point in points],
        "search": [point.search for point in points],
        "sigma_mass2_gev2": [point.sigma_mass2_gev2 for point in points],
        "relative_acceptance": [point.relative_acceptance for point in points],
        "window_share": [point.window_share for point in points],
        "single_event_sensitivity": [point.sensitivity for point in points],
        "b": [point.background for point in points],
        "sigma_b": [point.background_sigma for point in points],
    }
    limits = {EXPECTED: [point.expected_limit(cl) for point in points]}
    if any(count is not None for count in counts):
        pairs = list(zip(points, counts, strict=True))
        rows["n"] = [float("nan") if c is None else float(c.n) for c in counts]
        rows["b"] = [p.background if c is None or c.b is None else c.b for p, c in pairs]
        limits[OBSERVED] = [
            float("nan") if c is None else p.observed_limit(c.n, c.b, c.sigma_b, cl) for p, c in pairs
        ]
    escapes = {tau: [_escape(point, tau) for point in points] for tau in lifetimes_ns}
    for name, column in limits.items():
        rows[name] = column
        for tau, escape in escapes.items():
            with np.errstate(divide="ignore"):
                rows[f"{name}_{tau:g}_ns"] = (np.array(column) / np.array(escape)).tolist()
    return rows


def lifetime_words(lifetimes_ns: Sequence[float]) -> dict[str, tuple[str, str]]:
    """Unit and meaning of the columns of lifetimes."""
    return {
        f"{name}_{tau:g}_ns": ("1", f"{COLUMNS[name][1]}, {tau:g} ns")
        for name in (EXPECTED, OBSERVED)
        for tau in lifetimes_ns
    }


def _counted(scan: InvisibleScan, point: InvisiblePoint, data: InvisibleData | None) -> Counted | None:
    if data is not None:
        return data.counted(point)
    published = scan.search(point).file.observed
    return None if published is None else Counted(published.n)


def _escape(point: InvisiblePoint, tau_ns: float) -> float:
    return float(point.escape(np.array([tau_ns * NS_TO_M]))[0])


def invisible_figure(scan: InvisibleScan, rows: Rows, cl: float) -> Figure:
    """Limits on the branching ratio against the mass: expected dashed, observed solid.

    Where some masses alone are observed, for a stable X alone.
    """
    from matplotlib.figure import Figure

    partly = np.isnan(rows.get(OBSERVED, [np.nan])).any()
    lifetimes = [name.removeprefix(EXPECTED) for name in rows if name.startswith(EXPECTED)]
    mass = np.array(rows["mass_gev"])
    with own_style():
        figure = Figure(figsize=(7.0, 5.0), layout="constrained")
        axes = figure.subplots()
        for place, lifetime in enumerate(lifetimes):
            color = "black" if place == 0 else f"C{place - 1}"
            label = f"$\\tau$ = {lifetime.split('_')[1]} ns" if lifetime else "stable"
            for name, style in ((EXPECTED, "--"), (OBSERVED, "-")):
                values = np.array(rows.get(name + lifetime, np.full(mass.size, np.nan)))
                if name == OBSERVED and lifetime and partly:
                    continue
                for part in scan.pieces(mass, np.isfinite(values)):
                    words = f"{label}, {'expected' if style == '--' else 'observed'}"
                    axes.plot(1e3 * mass[part], values[part], color=color, ls=style, lw=1.6, label=words)
        _mark_searches(axes, mass, rows["search"])
        axes.set_yscale("log")
        axes.set_xlabel("$m_X$ [MeV]")
        axes.set_ylabel(rf"upper limit on BR($K^+\to\pi^+X$), {100 * cl:g}% CL")
        axes.set_title("$K^+\\to\\pi^+X$, $X$ invisible: window counting", fontsize=11)
        handles, labels = axes.get_legend_handles_labels()
        once = dict(zip(labels, handles, strict=True))
        axes.legend(once.values(), once.keys(), frameon=False)
        axes.tick_params(which="both", direction="in", top=True, right=True)
    return figure


def _mark_searches(axes: Axes, mass_gev: FloatArray, searches: Sequence[str]) -> None:
    """Where another search takes over: a thin line, and the names at the bottom."""
    changes = [k for k in range(1, len(searches)) if searches[k] != searches[k - 1]]
    if not changes:
        return
    ends = [0, *changes, len(searches)]
    for k in changes:
        axes.axvline(500 * (mass_gev[k - 1] + mass_gev[k]), color="0.8", lw=0.8, zorder=0)
    for first, last in pairwise(ends):
        middle = 500 * (mass_gev[first] + mass_gev[last - 1])
        axes.text(
            middle, 0.02, searches[first], transform=axes.get_xaxis_transform(), ha="center", fontsize=8
        )


def coupling_figure(
    scan: InvisibleScan, edges: CouplingEdges, coupling: str, model: str, cl: float, words: str
) -> Figure:
    """Excluded couplings against the mass, closed areas; words: expected or observed."""
    from matplotlib.figure import Figure

    style = "--" if words == "expected" else "-"
    with own_style():
        figure = Figure(figsize=(7.0, 5.0), layout="constrained")
        axes = figure.subplots()
        for mass, outline in coupling_outlines(scan, edges):
            axes.fill(1e3 * mass, outline, facecolor="0.85", edgecolor="black", lw=1.3, ls=style)
        axes.set_yscale("log")
        axes.set_xlabel("$m_X$ [MeV]")
        axes.set_ylabel(f"{coupling_symbol(coupling)} ({100 * cl:g}% CL)")
        axes.set_title(f"{model}: $K^+\\to\\pi^+X$, $X$ invisible, {words}", fontsize=11)
        axes.tick_params(which="both", direction="in", top=True, right=True)
    return figure


def coupling_outlines(scan: InvisibleScan, edges: CouplingEdges) -> list[tuple[FloatArray, FloatArray]]:
    """Closed curves (mass [GeV], coupling): lower edges, then upper edges back."""
    outlines = []
    for part in scan.pieces(edges.mass_gev, np.isfinite(edges.lower)):
        if part.size > 1:
            mass = np.concatenate([edges.mass_gev[part], edges.mass_gev[part][::-1]])
            value = np.concatenate([edges.lower[part], edges.upper[part][::-1]])
            outlines.append((np.append(mass, mass[0]), np.append(value, value[0])))
    return outlines


def figure_bytes(figure: Figure, title: str, file_format: str) -> bytes:
    """The figure as png, pdf or svg."""
    return figure_file(figure, file_format, title)

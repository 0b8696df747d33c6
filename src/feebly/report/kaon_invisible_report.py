"""A search for K+ -> π+ X, X invisible: limits against mass and lifetime, and the couplings they exclude."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from feebly.core.interfaces import FloatArray
from feebly.kaon.invisible import NS_TO_M, InvisiblePoint, InvisibleSearch
from feebly.kaon.portals import CouplingEdges
from feebly.report.figure_style import figure_file, own_style
from feebly.report.kaon_peak_report import decay_symbols
from feebly.report.symbols import coupling_symbol

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def invisible_rows(
    search: InvisibleSearch, points: Sequence[InvisiblePoint], lifetimes_ns: Sequence[float], cl: float
) -> dict[str, list[float]]:
    """One row for each mass: what is expected there, the limit for a stable X and for each lifetime."""
    stable = np.array([search.expected_limit(point, cl) for point in points])
    rows = {
        "mass_gev": [point.mass_gev for point in points],
        "sigma_mass2_gev2": [point.sigma_mass2_gev2 for point in points],
        "acceptance_over_pi_nu_nu": [point.relative_acceptance for point in points],
        "window_share": [point.window_share for point in points],
        "b": [point.background for point in points],
        "branching_ratio_limit": stable.tolist(),
    }
    for tau in lifetimes_ns:
        escape = np.array([point.escape(np.array([tau * NS_TO_M]))[0] for point in points])
        with np.errstate(divide="ignore"):
            rows[f"branching_ratio_limit_{tau:g}_ns"] = (stable / escape).tolist()
    return rows


def _pieces(mass_gev: FloatArray, regions_gev2: Sequence[tuple[float, float]]) -> list[NDArray[np.intp]]:
    """Indices of the masses of each region: curves are not joined across the gap between regions."""
    ends = [(np.sqrt(low) - 1e-9, np.sqrt(high) + 1e-9) for low, high in regions_gev2]
    return [np.flatnonzero((mass_gev >= low) & (mass_gev <= high)) for low, high in ends]


def invisible_figure(search: InvisibleSearch, rows: dict[str, list[float]], cl: float) -> Figure:
    """Expected limits on the branching ratio against the mass."""
    from matplotlib.figure import Figure

    columns = [name for name in rows if name.startswith("branching_ratio_limit")]
    mass = np.array(rows["mass_gev"])
    with own_style():
        figure = Figure(figsize=(7.0, 5.0), layout="constrained")
        axes = figure.subplots()
        for place, name in enumerate(columns):
            values = np.array(rows[name])
            color = "black" if place == 0 else f"C{place - 1}"
            label = "stable" if place == 0 else rf"$\tau$ = {name.split('_')[-2]} ns"
            for part in _pieces(mass, search.file.regions_gev2):
                axes.plot(1e3 * mass[part], values[part], color=color, ls="--", lw=1.6, label=label)
                label = "_"
        axes.set_yscale("log")
        axes.set_xlabel("$m_X$ [MeV]")
        axes.set_ylabel(rf"expected limit on BR($K^+\to\pi^+X$), {100 * cl:g}% CL")
        axes.set_title(f"{decay_symbols(search.file.title)}: expected, window counting", fontsize=11)
        axes.legend(frameon=False)
        axes.tick_params(which="both", direction="in", top=True, right=True)
    return figure


def coupling_figure(
    search: InvisibleSearch, edges: CouplingEdges, coupling: str, model: str, cl: float
) -> Figure:
    """Excluded couplings against the mass, one closed area for each region of the missing mass."""
    from matplotlib.figure import Figure

    with own_style():
        figure = Figure(figsize=(7.0, 5.0), layout="constrained")
        axes = figure.subplots()
        for mass, outline in coupling_outlines(search, edges):
            axes.fill(1e3 * mass, outline, facecolor="0.85", edgecolor="black", lw=1.3, ls="--")
        axes.set_yscale("log")
        axes.set_xlabel("$m_X$ [MeV]")
        axes.set_ylabel(f"{coupling_symbol(coupling)} ({100 * cl:g}% CL)")
        axes.set_title(f"{model}: {decay_symbols(search.file.title)}, expected", fontsize=11)
        axes.tick_params(which="both", direction="in", top=True, right=True)
    return figure


def coupling_outlines(search: InvisibleSearch, edges: CouplingEdges) -> list[tuple[FloatArray, FloatArray]]:
    """Closed curves (mass [GeV], coupling): lower edges, then upper edges back."""
    outlines = []
    for part in _pieces(edges.mass_gev, search.file.regions_gev2):
        part = part[np.isfinite(edges.lower[part])]
        if part.size > 1:
            mass = np.concatenate([edges.mass_gev[part], edges.mass_gev[part][::-1]])
            value = np.concatenate([edges.lower[part], edges.upper[part][::-1]])
            outlines.append((np.append(mass, mass[0]), np.append(value, value[0])))
    return outlines


def figure_bytes(figure: Figure, title: str, file_format: str) -> bytes:
    """The figure as png, pdf or svg."""
    return figure_file(figure, file_format, title)

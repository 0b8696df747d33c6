"""A peak search whose data are blinded: what is expected of it, as a table and a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from feebly.kaon.peaks import KaonPeakSearch
from feebly.report.figure_style import figure_file, own_style
from feebly.report.kaon_peak_report import decades, decay_symbols

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def expected_rows(search: KaonPeakSearch, cl: float) -> dict[str, list[float]]:
    """One row for each mass: resolution, expected background in the window, sensitivity, expected limits."""
    limits = search.expected_limits(cl)
    columns = {
        "mass_gev": search.mass_gev,
        "sigma_mass_gev": np.array(search.search.scan.resolutions),
        "b": search.expected_in_window,
        "single_event_sensitivity": search.sensitivity,
        "expected_branching_ratio_limit": limits,
    }
    if (mixing := search.mixing(limits)) is not None:
        columns["expected_mixing_squared_limit"] = mixing
    return {name: np.asarray(column, float).tolist() for name, column in columns.items()}


def expected_facts(search: KaonPeakSearch, rows: dict[str, list[float]], source: str) -> dict[str, Any]:
    """What the numbers mean; nothing in it is of the data."""
    limits = rows["expected_branching_ratio_limit"]
    return {
        "search": search.file.title,
        "decay": search.file.decay,
        "data": source,
        "experiment": search.experiment.name,
        "hypotheses": len(limits),
        "expected_branching_ratio_limits": [min(limits), max(limits)],
    }


def expected_figure(search: KaonPeakSearch, rows: dict[str, list[float]], cl: float) -> Figure:
    """Branching ratio that would be excluded with the background alone."""
    from matplotlib.figure import Figure

    limits = np.array(rows["expected_branching_ratio_limit"])
    with own_style():
        figure = Figure(figsize=(7.2, 4.6), layout="constrained")
        axes = figure.subplots()
        mass = 1e3 * np.array(rows["mass_gev"])
        axes.plot(mass, limits, color="black", ls="--", lw=1.3, label="expected")
        axes.set_yscale("log")
        decades(axes, limits)
        axes.set_xlabel("$m_X$ [MeV]")
        axes.set_xlim(mass[0], mass[-1])
        axes.set_ylabel(f"expected limit on BR({decay_symbols(search.file.decay)}), {100 * cl:g}% CL")
        axes.legend(frameon=False, loc="upper left")
        axes.set_title(f"{decay_symbols(search.file.title)}: blinded", fontsize=11)
        axes.tick_params(which="both", direction="in", top=True, right=True)
    return figure


def expected_figure_bytes(
    search: KaonPeakSearch, rows: dict[str, list[float]], cl: float, file_format: str
) -> bytes:
    """The figure as png, pdf or svg."""
    return figure_file(expected_figure(search, rows, cl), file_format, search.file.title, "blinded")

"""A peak search in kaon decays as a table and a figure: limits against the mass above, significance below."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from feebly.core.interfaces import FloatArray
from feebly.kaon.peaks import KaonPeakSearch, PeakResult
from feebly.report.figure_style import figure_file, own_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_Z_LINES = (2.0, 3.0)


def peak_rows(search: KaonPeakSearch, result: PeakResult) -> dict[str, list[float]]:
    """One row for each mass. NaN where there is no number: `PeakResult.problems` says why."""
    counts = result.counts
    columns = {
        "mass_gev": result.mass_gev,
        "sigma_mass_gev": np.array(search.search.scan.resolutions),
        "n": counts.n[0].astype(float),
        "b": counts.b[0],
        "sigma_b": counts.sigma_b[0],
        "p_value": counts.p_value[0],
        "local_z": result.local_z,
        "single_event_sensitivity": search.sensitivity,
        "signal_limit": result.signal,
        "branching_ratio_limit": result.branching_ratio,
    }
    if (mixing := search.mixing(result.branching_ratio)) is not None:
        columns["mixing_squared_limit"] = mixing
    if search.file.background:
        columns["expected_branching_ratio_limit"] = search.expected_limits(result.cl)
    return {name: np.asarray(column, float).tolist() for name, column in columns.items()}


def peak_csv(rows: dict[str, list[float]]) -> str:
    """The rows as CSV, numbers as they are."""
    memory = io.StringIO()
    writer = csv.writer(memory, lineterminator="\n")
    writer.writerow(rows)
    writer.writerows(zip(*(map(repr, column) for column in rows.values()), strict=True))
    return memory.getvalue()


def peak_facts(search: KaonPeakSearch, result: PeakResult, source: str) -> dict[str, Any]:
    """What the numbers mean; source: of the data."""
    best = int(np.nanargmax(np.where(np.isfinite(result.local_z), result.local_z, -np.inf)))
    return {
        "search": search.file.title,
        "decay": search.file.decay,
        "data": source,
        "experiment": search.experiment.name,
        "hypotheses": int(result.mass_gev.size),
        "method": result.method,
        "cl": result.cl,
        "largest_local_z": float(result.local_z[best]),
        "largest_at_gev": float(result.mass_gev[best]),
        "branching_ratio_limits": [
            float(np.nanmin(result.branching_ratio)),
            float(np.nanmax(result.branching_ratio)),
        ],
        "problems": list(result.problems),
    }


def peak_figure(search: KaonPeakSearch, result: PeakResult, source: str) -> Figure:
    """Branching ratio excluded, observed and expected, and the local Z of each mass."""
    from matplotlib.figure import Figure

    with own_style():
        figure = Figure(figsize=(7.2, 6.0), layout="constrained")
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
        mass = 1e3 * result.mass_gev
        label = "pseudo-data" if source.startswith("pseudo") else "observed"
        top.plot(mass, result.branching_ratio, color="black", lw=1.1, label=label)
        if search.file.background:
            top.plot(mass, search.expected_limits(result.cl), color="0.45", ls="--", lw=1.3, label="expected")
        top.set_yscale("log")
        decades(top, result.branching_ratio)
        top.set_ylabel(f"upper limit on BR({decay_symbols(search.file.decay)}), {100 * result.cl:g}% CL")
        top.legend(frameon=False, loc="upper left")
        top.set_title(f"{decay_symbols(search.file.title)}: {source}", fontsize=11)
        bottom.axhline(0, color="0.7", lw=0.8)
        for z in _Z_LINES:
            bottom.axhline(z, color="0.8", lw=0.8, ls=":")
        bottom.plot(mass, result.local_z, color="tab:blue", lw=0.9)
        bottom.set_ylabel("local $Z$")
        bottom.set_xlabel("$m_X$ [MeV]")
        bottom.set_xlim(mass[0], mass[-1])
        for axes in (top, bottom):
            axes.tick_params(which="both", direction="in", top=True, right=True)
    return figure


def decades(axes: Any, values: FloatArray) -> None:
    """Room for the legend, and labels on ranges of one decade."""
    from matplotlib.ticker import LogFormatterSciNotation

    finite = values[np.isfinite(values)]
    low, high = finite.min() / 1.5, finite.max() * 3
    axes.set_ylim(low, high)
    axes.yaxis.set_minor_formatter(LogFormatterSciNotation(minor_thresholds=(2, 0.6)))


def decay_symbols(decay: str) -> str:
    """``K+ -> pi+ a`` in mathematical signs."""
    signs = [
        ("E_gamma", r"$E_\gamma$"), ("gamma", r"$\gamma$"), ("nubar", r"$\bar\nu$"), ("nu", r"$\nu$"),
        ("K+", "$K^+$"), ("pi+", r"$\pi^+$"), ("pi-", r"$\pi^-$"), ("pi0", r"$\pi^0$"),
        ("mu+", r"$\mu^+$"), ("mu-", r"$\mu^-$"), ("e+", "$e^+$"), ("e-", "$e^-$"), ("->", r"$\to$"),
    ]  # fmt: skip
    for text, sign in signs:
        whole = rf"(?<![\\A-Za-z_]){re.escape(text)}(?![A-Za-z])"
        decay = re.sub(whole, sign.replace("\\", r"\\"), decay)
    return decay


def peak_figure_bytes(search: KaonPeakSearch, result: PeakResult, source: str, file_format: str) -> bytes:
    """The figure as png, pdf or svg."""
    return figure_file(peak_figure(search, result, source), file_format, search.file.title, source)

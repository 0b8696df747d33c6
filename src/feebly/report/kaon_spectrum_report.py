"""Missing mass squared of K+ decays as a table and a figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from feebly.kaon.spectrum import MissingMassSpectrum
from feebly.report.figure_style import own_style
from feebly.report.kaon_peak_report import decay_symbols

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def spectrum_rows(spectra: Sequence[MissingMassSpectrum]) -> dict[str, list[float]]:
    """One row for each bin: its ends [GeV²], and the tracks of each decay per K+ decay with their errors."""
    edges = spectra[0].edges_gev2
    rows = {"low_gev2": edges[:-1].tolist(), "high_gev2": edges[1:].tolist()}
    for spectrum in spectra:
        rows[spectrum.tag] = spectrum.per_decay.tolist()
        rows[f"{spectrum.tag}_mc_error"] = spectrum.error.tolist()
    return rows


def spectrum_figure(spectra: Sequence[MissingMassSpectrum], hypothesis: str) -> Figure:
    """All decays on a logarithmic scale, before any rejection."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    edges = spectra[0].edges_gev2
    highest = max(float(spectrum.per_decay.max()) for spectrum in spectra)
    seen = [s.per_decay[s.per_decay > 0].min() for s in spectra if np.any(s.per_decay > 0)]
    with own_style():
        figure = Figure(figsize=(8.0, 5.4), layout="constrained")
        axes = figure.subplots()
        colours = colormaps["tab20"].colors  # type: ignore[attr-defined]
        for k, spectrum in enumerate(spectra):
            values = np.where(spectrum.per_decay > 0, spectrum.per_decay, np.nan)
            axes.stairs(
                values, edges, color=colours[k % 20], lw=1.3, label=decay_symbols(spectrum.decay.decay)
            )
        axes.set_yscale("log")
        axes.set_ylim(min(seen, default=1e-12) / 2, 3 * highest if highest > 0 else 1.0)
        axes.set_xlim(edges[0], edges[-1])
        name = {"pi": r"\pi", "mu": r"\mu", "e": "e"}[hypothesis]
        axes.set_xlabel(rf"$m^2_\mathrm{{miss}} = (p_K - p_{{{name}}})^2$ [GeV$^2$]")
        axes.set_ylabel(
            rf"tracks per $K^+$ decay and {1e3 * (edges[1] - edges[0]):.3g}$\times10^{{-3}}$ GeV$^2$"
        )
        axes.legend(frameon=False, fontsize=9, loc="center left", bbox_to_anchor=(1.0, 0.5))
        axes.tick_params(which="both", direction="in", top=True, right=True)
    return figure

"""Missing mass squared of K+ decays as a table and a figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from feebly.kaon.experiment_file import KaonExperiment
from feebly.kaon.kaon_decays import decay_rate_hz
from feebly.kaon.spectrum import MissingMassSpectrum
from feebly.report.figure_style import own_style
from feebly.report.kaon_peak_report import decay_symbols
from feebly.report.text_table import aligned

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def spectrum_rows(
    spectra: Sequence[MissingMassSpectrum], kaon_decays: float | None = None
) -> dict[str, list[float]]:
    """One row for each bin: its ends [GeV²], and the tracks of each decay per K+ decay with their errors.

    kaon_decays: expected numbers for so many instead.
    """
    edges, scale = spectra[0].edges_gev2, kaon_decays or 1.0
    rows = {"low_gev2": edges[:-1].tolist(), "high_gev2": edges[1:].tolist()}
    for spectrum in spectra:
        rows[spectrum.tag] = (scale * spectrum.per_decay).tolist()
        rows[f"{spectrum.tag}_mc_error"] = (scale * spectrum.error).tolist()
    return rows


def spectrum_content(
    spectra: Sequence[MissingMassSpectrum], experiment: KaonExperiment, kaon_decays: float | None = None
) -> dict[str, Any]:
    """What is printed, for programs."""
    scale = kaon_decays or 1.0
    decays = {
        each.tag: {
            "acceptance": each.acceptance,
            "survival": each.survival,
            "tracks": scale * each.per_decay.sum(),
            "regions": [
                {"from_gev2": low, "to_gev2": high, "tracks": scale * number, "mc_error": scale * error}
                for (low, high), number, error in zip(
                    each.regions_gev2, each.in_regions, each.in_regions_error, strict=True
                )
            ],
        }
        for each in spectra
    }
    rate = {"kaon_decays_per_second": decay_rate_hz(experiment), "kaon_decays": kaon_decays}
    return {"decays": decays, **rate}


def spectrum_text(
    spectra: Sequence[MissingMassSpectrum], experiment: KaonExperiment, kaon_decays: float | None = None
) -> list[str]:
    """Lines: the rate of decays, and a table of the decays with what is in the regions."""
    beam, (start, end) = experiment.beam, experiment.decay_region_z_m
    rate = (
        f"{beam.rate_hz / 1e6:.4g} MHz, {100 * beam.kplus_fraction:.3g}% K+: "
        f"{decay_rate_hz(experiment) / 1e6:.2g} MHz of K+ decays in {start:.4g}-{end:.4g} m"
    )
    regions = [f"{low:g} to {high:g} GeV^2" for low, high in spectra[0].regions_gev2]
    rows = [["decay", "BR", "acceptance", "not rejected", *regions]]
    for each in spectra:
        counts = zip(each.in_regions, each.in_regions_error, strict=True)
        rows.append(
            [
                each.decay.decay,
                f"{each.decay.branching_ratio:.4g}",
                f"{each.acceptance:.3f}",
                f"{each.survival:.2g}",
                *(_with_error(kaon_decays or 1.0, number, error) for number, error in counts),
            ]
        )
    numbers = "per K+ decay" if kaon_decays is None else f"for {kaon_decays:.3g} K+ decays"
    return [rate, *([f"in regions: {numbers}"] if regions else []), *aligned(rows)]


def _with_error(scale: float, number: float, error: float) -> str:
    return f"{scale * number:.2g} +- {scale * error:.1g}" if number else "none simulated"


def spectrum_figure(
    spectra: Sequence[MissingMassSpectrum], hypothesis: str, kaon_decays: float | None = None
) -> Figure:
    """All decays on a logarithmic scale; regions are shaded."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    edges, scale = spectra[0].edges_gev2, kaon_decays or 1.0
    with own_style():
        figure = Figure(figsize=(8.0, 5.4), layout="constrained")
        axes = figure.subplots()
        colours = colormaps["tab20"].colors  # type: ignore[attr-defined]
        for low, high in spectra[0].regions_gev2:
            axes.axvspan(low, high, color="0.93", zorder=0)
        for k, each in enumerate(spectra):
            values = np.where(each.per_decay > 0, scale * each.per_decay, np.nan)
            rare = each.tag == "pi-nu-nu"  # what all others hide
            colour, width = ("black", 2.0) if rare else (colours[k % 20], 1.3)
            axes.stairs(values, edges, color=colour, lw=width, label=decay_symbols(each.decay.decay))
        axes.set_yscale("log")
        axes.set_ylim(*_heights(spectra, scale))
        axes.set_xlim(edges[0], edges[-1])
        name = {"pi": r"\pi", "mu": r"\mu", "e": "e"}[hypothesis]
        axes.set_xlabel(rf"$m^2_\mathrm{{miss}} = (p_K - p_{{{name}}})^2$ [GeV$^2$]")
        what = r"tracks per $K^+$ decay and" if kaon_decays is None else "tracks per"
        axes.set_ylabel(rf"{what} {1e3 * (edges[1] - edges[0]):.3g}$\times10^{{-3}}$ GeV$^2$")
        axes.legend(frameon=False, fontsize=9, loc="center left", bbox_to_anchor=(1.0, 0.5))
        axes.tick_params(which="both", direction="in", top=True, right=True)
    return figure


def _heights(spectra: Sequence[MissingMassSpectrum], scale: float) -> tuple[float, float]:
    """Ends of the axis: all bins, but nothing below 1e-12 of the highest (rejected for good)."""
    filled = [spectrum.per_decay[spectrum.per_decay > 0] for spectrum in spectra]
    highest = max((float(each.max()) for each in filled if each.size), default=1.0)
    lowest = min((float(each.min()) for each in filled if each.size), default=highest)
    return scale * max(lowest / 2, 1e-12 * highest), 3 * scale * highest

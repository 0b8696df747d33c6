"""Resolutions of K+ -> π+ X, X -> a pair, as a table and a figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from feebly.kaon.pair_resolution import PairResolution
from feebly.report.figure_style import own_style
from feebly.report.symbols import drawable, final_state_symbol
from feebly.report.text_table import aligned

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def resolution_rows(found: Sequence[PairResolution]) -> dict[str, list[Any]]:
    """One row for each pair and mass; masses and resolutions in GeV."""
    rows: dict[str, list[Any]] = {"final": [each.final for each in found for _ in each.mass_gev]}
    columns = {
        "mass_gev": "mass_gev",
        "sigma_pair_gev": "pair_gev",
        "sigma_missing_gev": "missing_gev",
        "sigma_kaon_gev": "kaon_gev",
        "acceptance": "acceptance",
        "acceptance_mc_error": "acceptance_error",
    }
    for column, name in columns.items():
        rows[column] = [float(value) for each in found for value in getattr(each, name)]
    return rows


def resolution_text(rows: dict[str, list[Any]]) -> list[str]:
    """The table in MeV."""
    lines: list[tuple[str, ...]] = [("X ->", "m_X", "pair", "missing mass", "kaon", "acceptance")]
    for k, final in enumerate(rows["final"]):
        sigmas = (rows[f"sigma_{name}_gev"][k] for name in ("pair", "missing", "kaon"))
        mass, acceptance = f"{1e3 * rows['mass_gev'][k]:.4g}", f"{rows['acceptance'][k]:.3g}"
        lines.append((final, mass, *(f"{1e3 * sigma:.2f}" for sigma in sigmas), acceptance))
    return ["masses and their resolutions [MeV]", *aligned(lines, left=1)]


def resolution_figure(found: Sequence[PairResolution]) -> Figure:
    """The mass of the pair solid, from the missing mass dashed."""
    from matplotlib.figure import Figure

    with own_style():
        figure = Figure(figsize=(7.2, 5.0), layout="constrained")
        axes = figure.subplots()
        for k, each in enumerate(found):
            name, mass = drawable(final_state_symbol(each.final)), 1e3 * each.mass_gev
            for values, how, style in (
                (each.pair_gev, "pair", "o-"),
                (each.missing_gev, "missing mass", "s--"),
            ):
                axes.plot(mass, 1e3 * values, style, ms=3, color=f"C{k}", lw=1.2, label=f"{name}: {how}")
        axes.set_yscale("log")
        axes.set_xlabel("$m_X$ [MeV]")
        axes.set_ylabel(r"$\sigma_m$ [MeV]")
        axes.set_title(r"$K^+\to\pi^+X$: resolution of the mass of $X$", fontsize=11)
        axes.legend(frameon=False, fontsize=10)
        axes.tick_params(which="both", direction="in", top=True, right=True)
    return figure

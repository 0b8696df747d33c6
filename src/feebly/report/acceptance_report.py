"""The factors of a yield as a table and as maps over mass and lifetime, as on sensitivity slides."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import numpy as np

from feebly.core.interfaces import FloatArray
from feebly.report.figure_style import figure_file, own_style
from feebly.report.result_tables import round_masses_gev
from feebly.report.symbols import drawable, final_state_symbol, mass_symbol, scientific
from feebly.workflow.acceptance import Acceptance

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DECADES = 8  # of a map below its largest value that have a colour
_KNOWN = 0.1  # largest relative error of an acceptance that is drawn


def facts(result: Acceptance) -> dict[str, Any]:
    """What the numbers mean, for the head of the tables and for JSON."""
    choices, tag = result.choices, result.final_state
    return {
        "model": choices.model.tag,
        "production": result.production,
        "final state": tag,
        "reference coupling": f"{choices.model.coupling_name} = {result.reference_coupling:g}",
        "branching ratio": 1,
        "POT": choices.analysis.pot,
        "response set": f"{choices.responses[tag]} (efficiency {choices.response(tag).efficiency:g})",
        "preset": choices.preset.name,
        "experiment": choices.experiment.name,
        "P_rd": "particles through the first aperture that decay in the fiducial volume, over all produced",
        "A_acc": "selected in the signal region, over such decays; without the efficiency",
    }


def rows(result: Acceptance) -> dict[str, list[float]]:
    """The long table: one row for each mass and lifetime."""
    shape = result.yields.shape
    columns = {
        "mass_gev": np.broadcast_to(result.mass_gev[:, None], shape),
        "ctau_m": np.broadcast_to(result.ctau_m, shape),
        "produced_per_pot": np.broadcast_to(result.produced[:, None], shape),
        "reach_and_decay": result.reach_and_decay,
        "acceptance": result.acceptance,
        "acceptance_mc_error": result.acceptance * result.acceptance_error,
        "yield": result.yields,
    }
    return {name: column.ravel().tolist() for name, column in columns.items()}


def resolution_rows(result: Acceptance) -> dict[str, list[float]]:
    """One row for each mass: half of the central 68% of what is reconstructed."""
    sigmas = {f"sigma_{name}": values.tolist() for name, values in result.resolution.items()}
    return {"mass_gev": result.mass_gev.tolist(), **sigmas}


def table_csv(head: dict[str, Any], columns: dict[str, list[float]]) -> str:
    """Header lines ``# key: value``, names of the columns, one line for each row; an empty cell: unknown."""
    text = io.StringIO()
    text.writelines(f"# {key}: {value}\n" for key, value in head.items())
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(
        ["" if np.isnan(value) else value for value in row] for row in zip(*columns.values(), strict=True)
    )
    return text.getvalue()


def maps_png(result: Acceptance) -> bytes:
    """Yield, P_rd and A_acc against mass and lifetime, and the mass resolution; as a PNG."""
    return figure_file(maps_figure(result), "png", f"feebly: {result.production} -> {result.final_state}")


def maps_figure(result: Acceptance) -> Figure:
    """Four panels; white is below eight decades, or nothing was sampled."""
    from matplotlib.figure import Figure

    pot = scientific(result.choices.analysis.pot)
    unit = f"{result.choices.model.coupling_name} = {result.reference_coupling:g}"
    with own_style():
        figure = Figure(figsize=(9.6, 7.4))
        (upper_left, upper_right), (lower_left, lower_right) = figure.subplots(2, 2)
        _map(upper_left, result, result.yields, f"events for {pot} POT, BR = 1, {unit}")
        _map(upper_right, result, result.reach_and_decay, r"$P_{\mathrm{rd}}$: reach and decay")
        _map(lower_left, result, result.acceptance, r"$A_{\mathrm{acc}}$", log=False)
        _resolution(lower_right, result)
        title = (
            f"{result.production} → {final_state_symbol(result.final_state)}, {result.choices.analysis.name}"
        )
        figure.suptitle(drawable(title), fontsize=13)
        figure.tight_layout(rect=(0, 0, 1, 0.98))
    return figure


def _map(axes: Axes, result: Acceptance, values: FloatArray, title: str, log: bool = True) -> None:
    from matplotlib.colors import LogNorm, Normalize

    shown = np.where(np.isfinite(values) & (values > 0), values, np.nan)
    axes.set_title(title, fontsize=11)
    axes.set(yscale="log")
    _mass_axis(axes, result)
    axes.set_ylabel(r"$c\tau$ [m]")
    if not np.isfinite(shown).any():
        axes.text(0.5, 0.5, "not known for this production", transform=axes.transAxes, ha="center")
        return
    top = float(np.nanmax(shown))
    low = max(float(np.nanmin(shown)), top * 10.0**-_DECADES)
    norm = LogNorm(low, top) if log else Normalize(0.0, min(top, 1.0))
    if not log:
        shown = np.where(result.acceptance_error < _KNOWN, shown, np.nan)
    else:
        shown = np.where(shown >= low, shown, np.nan)
    mesh = axes.pcolormesh(
        result.mass_gev, result.ctau_m, shown.T, norm=norm, shading="nearest", cmap="viridis", rasterized=True
    )
    axes.figure.colorbar(mesh, ax=axes)


def _resolution(axes: Axes, result: Acceptance) -> None:
    axes.plot(result.mass_gev, 1e3 * result.resolution["mass_gev"], color="black", marker="o", markersize=3)
    axes.set(ylim=(0, None))
    _mass_axis(axes, result)
    axes.set_ylabel(r"$\sigma_m$ [MeV]")
    axes.set_title("mass resolution, long-lived", fontsize=11)
    axes.tick_params(which="both", direction="in", top=True, right=True)


def _mass_axis(axes: Axes, result: Acceptance) -> None:
    """Logarithmic, with round masses as ticks."""
    low, high = result.mass_gev.min(), result.mass_gev.max()
    axes.set(xscale="log", xlabel=f"{mass_symbol(result.choices.model.tag)} [GeV]")
    if ticks := round_masses_gev(low, high):
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.set_xticks([], minor=True)

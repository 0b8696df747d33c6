"""Exclusion in a plane of two couplings: contours as CSV and a figure."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import numpy as np

from feebly.report.contour_paths import filled_path
from feebly.report.figure_style import figure_file, own_style
from feebly.report.symbols import drawable, final_state_symbol, mass_symbol, scientific
from feebly.workflow.coupling_plane import PlaneResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LINES: dict[str, dict[str, Any]] = {
    "observed": {"color": "black", "linewidth": 1.3},
    "expected": {"color": "#c03a2b", "linewidth": 1.2, "linestyle": (0, (3, 1.5))},
}


def facts(result: PlaneResult) -> dict[str, Any]:
    """What the numbers mean, for the head of the table and for JSON."""
    choices = result.choices
    return {
        "mass_gev": result.mass_gev,
        "axes": ", ".join(f"{name}/Lambda [1/GeV]" for name in result.axes),
        "sign of the second": result.sign,
        "other couplings": 0,
        "preset": choices.preset.name,
        "analysis": choices.analysis.name,
        "POT": choices.analysis.pot,
        "channels": ", ".join(choices.channels),
        "production": ", ".join(channel.tag for channel in choices.production),
        "CL": result.cl,
        "limit on the events": ", ".join(f"{kind} {value:.4g}" for kind, value in result.s_up.items()),
    }


def plane_csv(result: PlaneResult) -> str:
    """Closed contours: kind, piece, both couplings; the first point of a piece equals its last."""
    text = io.StringIO()
    text.writelines(f"# {key}: {value}\n" for key, value in facts(result).items())
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("kind", "piece", *(f"{name}_per_gev" for name in result.axes)))
    for piece in result.pieces:
        rows = zip(piece.mass_gev.tolist(), piece.coupling.tolist(), strict=True)
        writer.writerows((piece.kind, piece.piece, *row) for row in rows)
    return text.getvalue()


def plane_png(result: PlaneResult) -> bytes:
    """The figure as a PNG."""
    return figure_file(plane_figure(result), "png", f"feebly: couplings at {result.mass_gev:g} GeV")


def plane_figure(result: PlaneResult) -> Figure:
    """Excluded couplings, both logarithmic: filled what the first kind of limit excludes."""
    from matplotlib.figure import Figure
    from matplotlib.patches import PathPatch

    with own_style():
        figure = Figure(figsize=(5.2, 4.8))
        axes = figure.add_axes((0.17, 0.13, 0.8, 0.84))
        main = next(iter(result.s_up))
        if filled := result.contour(main):
            axes.add_patch(PathPatch(filled_path(filled), facecolor="#d5dfec", linewidth=0))
        for kind in reversed(tuple(result.s_up)):
            for k, piece in enumerate(result.contour(kind)):
                label = kind if k == 0 else None
                axes.plot(piece.mass_gev, piece.coupling, label=label, **_LINES[kind])
        axes.set(xscale="log", yscale="log", xlim=result.x[[0, -1]], ylim=result.y[[0, -1]])
        axes.set_xlabel(_axis(result.axes[0], 1), fontsize=13)
        axes.set_ylabel(_axis(result.axes[1], result.sign), fontsize=13)
        axes.tick_params(which="both", direction="in", top=True, right=True)
        axes.legend(frameon=False, loc="upper right", title=_title(result), alignment="right")
    return figure


def _axis(name: str, sign: int) -> str:
    group = name.removeprefix("c_").upper() if name != "c_ff" else "ff"
    return rf"${'-' if sign < 0 else ''}C_{{{group}}}/\Lambda$ [GeV$^{{-1}}$]"


def _title(result: PlaneResult) -> str:
    choices = result.choices
    lines = [
        f"{mass_symbol(choices.model.tag)} = {result.mass_gev:g} GeV",
        f"{choices.analysis.name}, {scientific(choices.analysis.pot)} POT, {100 * result.cl:g}% CL",
        ", ".join(map(final_state_symbol, choices.channels)),
    ]
    if not result.pieces:
        lines.append(f"nothing excluded: at most {np.max(result.events):.2g} events")
    return drawable("\n".join(lines))

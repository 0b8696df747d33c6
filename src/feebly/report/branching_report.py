"""Limits on a branching ratio against the lifetime: a CSV table and a figure."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import numpy as np

from feebly.report.figure_style import figure_file, own_style
from feebly.report.symbols import drawable, final_state_symbol, mass_symbol, meson_symbol, scientific
from feebly.workflow.lifetime import BranchingLimits

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DECADES = 5  # of the branching ratio above the best limit that are shown
_OBSERVED: dict[str, Any] = {"color": "black", "linewidth": 1.3}
_EXPECTED: dict[str, Any] = {"color": "#c03a2b", "linewidth": 1.2, "linestyle": (0, (3, 1.5))}


def facts(limits: BranchingLimits) -> dict[str, Any]:
    """What the numbers mean, for the head of the table and for JSON."""
    choices, question = limits.choices, limits.question
    ratios = {tag: choices.model.branching_ratio(tag, limits.mass_gev).item() for tag in choices.channels}
    return {
        "limit on": f"BR({choices.production[0].parent} -> recoil X), "
        f"sum of {', '.join(question.production)}",
        "branching ratios of X": ", ".join(f"{tag} {ratio:g}" for tag, ratio in ratios.items()),
        "mass_gev": limits.mass_gev,
        "kinematics of": f"{choices.model.tag}, preset {choices.preset.name}",
        "experiment": choices.experiment.name,
        "analysis": choices.analysis.name,
        "POT": choices.analysis.pot,
        "CL": question.cl,
        "convention": question.convention,
        "units": "ctau in m; limits of branching ratios, above 1: nothing is excluded",
    }


def branching_csv(limits: BranchingLimits) -> str:
    """Header lines ``# key: value``, names of the columns, one line for each lifetime."""
    text = io.StringIO()
    text.writelines(f"# {key}: {value}\n" for key, value in facts(limits).items())
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(limits.columns)
    writer.writerows(zip(*(column.tolist() for column in limits.columns.values()), strict=True))
    return text.getvalue()


def branching_png(limits: BranchingLimits) -> bytes:
    """The figure as a PNG; the same limits give the same bytes."""
    return figure_file(branching_figure(limits), "png", f"feebly: branching ratio at {limits.mass_gev:g} GeV")


def branching_figure(limits: BranchingLimits) -> Figure:
    """Upper limits against cτ, both logarithmic; what lies above the curve is excluded."""
    from matplotlib.figure import Figure

    best = float(np.nanmin(limits.expected))
    top = min(1.0, best * 10.0**_DECADES)
    with own_style():
        figure = Figure(figsize=(5.0, 4.2))
        axes = figure.add_axes((0.17, 0.14, 0.8, 0.82))
        shown = limits.expected if limits.observed is None else limits.observed
        axes.fill_between(limits.ctau_m, np.minimum(shown, top), top, color="#d5dfec", linewidth=0)
        axes.plot(limits.ctau_m, limits.expected, **_EXPECTED, label="expected")
        if limits.observed is not None:
            axes.plot(limits.ctau_m, limits.observed, **_OBSERVED, label="observed")
        seen = limits.ctau_m[np.minimum(limits.expected, shown) < top]
        axes.set(xscale="log", yscale="log", ylim=(best / 3, top))
        if seen.size > 1:
            axes.set_xlim(seen[0], seen[-1])
        axes.set_xlabel(r"$c\tau$ [m]", fontsize=14)
        axes.set_ylabel(_axis(limits), fontsize=13)
        axes.tick_params(which="both", direction="in", top=True, right=True)
        axes.legend(frameon=False, loc="upper center", title=_facts(limits), alignment="center")
    return figure


def _axis(limits: BranchingLimits) -> str:
    parent = str(limits.choices.production[0].parent)
    decay = "B → KX" if parent == "B" else f"{meson_symbol(parent)} → X + recoil"
    states = ", ".join(map(final_state_symbol, limits.choices.channels))
    return drawable(f"BR({decay}) × BR(X → {states})")


def _facts(limits: BranchingLimits) -> str:
    choices = limits.choices
    where = f"{choices.analysis.name}, {scientific(choices.analysis.pot)} POT"
    mass = f"{mass_symbol('X')} = {limits.mass_gev:g} GeV, {100 * limits.question.cl:g}% CL"
    return "\n".join(("PROJECTION\n" * (limits.observed is None) + where, mass))

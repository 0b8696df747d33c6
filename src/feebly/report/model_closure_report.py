"""What ``feebly closure MODEL`` tells and writes: a table, ``closure.csv``, ``.png`` and ``.json``."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from feebly.core.tables import write_atomically
from feebly.report.closure_report import draw_transforms
from feebly.report.software import made_with
from feebly.report.symbols import drawable, final_state_symbol
from feebly.statistics.proofs.closure import ENOUGH_EVENTS, P_MIN
from feebly.workflow.closure_result import EVENTS_P_MIN, ModelClosure, PointClosure, Pull, pull_ranges

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LIBRARIES = ("numpy", "scipy", "numba", "matplotlib")
_BRANCH_MARKERS = {"long-lived": "o", "short-lived": "^"}
_STATE_COLOURS = ("#1f5fa8", "#c03a2b", "#2e8b57", "#8a5fb0", "#b8860b")


def model_closure_text(closure: ModelClosure) -> str:
    """One line for each point, then the verdict."""
    lines = [
        f"{'m [GeV]':>8} {closure.coupling_name:>9} {'branch':<11} {'N':>8} {'b':>6}  {'p(uniform)':>10} "
        f"{'excluded':>8}  {'signal: pull, width':<19} {'coupling: +-, pull, width':<25}  simulated/table"
    ]
    lines += [_line(point, closure.cl) for point in closure.results]
    return "\n".join([*lines, *_verdict(closure)])


def _line(point: PointClosure, cl: float) -> str:
    failures = point.failures(cl)
    fit = point.fit
    events = ", ".join(
        f"{each.final_state} {each.ratio:.3f} +- {each.ratio_error:.3f}" for each in point.events
    )
    coupling = f"{fit.coupling_error:.1%}, {_pull(fit.coupling_pull)}" if fit.coupling_pull else ""
    return (
        f"{point.mass_gev:8.4g} {point.coupling:9.3g} {point.branch:<11} {point.signal:8.4g} "
        f"{point.background:6.2g}  {point.p_value:10.3g} {point.excluded / len(point.transforms):8.1%}  "
        f"{_pull(fit.pull):<19} {coupling:<25}  {events}"
        + (f"  FAILED: {', '.join(failures)}" if failures else "")
    ).rstrip()


def _pull(pull: Pull | None) -> str:
    return "" if pull is None else f"{pull[0]:+.3f}, {pull[1]:.3f}"


def _verdict(closure: ModelClosure) -> Iterator[str]:
    events, (mean, (low, high)) = closure.events_p_value, pull_ranges(closure.experiments)
    thrown = "" if closure.signal_scale == 1 else f", thrown signal x {closure.signal_scale:g}"
    yield (
        f"{closure.model} in {', '.join(closure.channels)} of {closure.analysis}, preset {closure.preset}: "
        f"{len(closure.results)} points x {closure.experiments} experiments{thrown}"
    )
    yield (
        f"counts of all points p = {closure.p_value:.3g} (each and all p > {P_MIN:g}); true point "
        f"excluded at most {1 - closure.cl:.0%}; pulls where N + b >= {ENOUGH_EVENTS:g}: |mean| <= "
        f"{mean:.2g}, width {low:.2g}-{high:.2g}"
        + ("" if events is None else f"; simulated events p = {events:.3g} (p > {EVENTS_P_MIN:g})")
        + (": passed" if closure.passed else f": FAILED{_reasons(closure)}")
    )


def _reasons(closure: ModelClosure) -> str:
    bad = sum(bool(point.failures(closure.cl)) for point in closure.results)
    reasons = [*closure.failures, *([f"{bad} of {len(closure.results)} points"] if bad else [])]
    return f" ({', '.join(reasons)})"


def model_closure_dict(closure: ModelClosure) -> dict[str, Any]:
    """Every point without its transforms, the criteria and the verdict."""
    settings = (
        *("model", "coupling_name", "analysis", "preset", "pot", "cl", "convention"),
        *("signal_error", "signal_scale", "seed", "experiments", "p_value", "events_p_value"),
    )
    mean, width = pull_ranges(closure.experiments)
    return {
        "passed": closure.passed,
        "failures": list(closure.failures),
        **{name: getattr(closure, name) for name in settings},
        "channels": list(closure.channels),
        "criteria": {
            "p_min": P_MIN,
            "excluded_at_most": 1 - closure.cl,
            "pull_mean": mean,
            "pull_width": list(width),
            "pulls_from_events": ENOUGH_EVENTS,
            "events_p_min": EVENTS_P_MIN,
        },
        "points": [_point_dict(point, closure.cl) for point in closure.results],
    }


def _point_dict(point: PointClosure, cl: float) -> dict[str, Any]:
    fit = point.fit
    return {
        "mass_gev": point.mass_gev,
        "coupling": point.coupling,
        "branch": point.branch,
        "solutions": list(point.solutions),
        "peak": point.peak,
        "signal": point.signal,
        "by_final_state": point.by_final_state,
        "background": point.background,
        "p_value": point.p_value,
        "excluded": point.excluded / len(point.transforms),
        "excluded_by_enumeration": point.exclusion,
        "pull": None if fit.pull is None else list(fit.pull),
        "coupling_pull": None if fit.coupling_pull is None else list(fit.coupling_pull),
        "coupling_relative_error": fit.coupling_error if np.isfinite(fit.coupling_error) else None,
        "beyond_branch": fit.at_edge,
        "simulated": {
            each.final_state: {
                "table": each.table,
                "table_error": each.table_error,
                "simulated": each.simulated,
                "simulated_error": each.simulated_error,
            }
            for each in point.events
        },
        "failures": list(point.failures(cl)),
    }


def model_closure_csv(closure: ModelClosure) -> str:
    """One line for each point; several numbers of one column are separated by blanks; empty: not tested."""
    rows = [_point_dict(point, closure.cl) for point in closure.results]
    lines = [
        f"# {closure.model} of {closure.analysis}, {closure.experiments} experiments at each point, seed "
        f"{closure.seed}; masses in GeV, signal, background and peak in events",
        ",".join(_cells(rows[0])),
    ]
    return "\n".join([*lines, *(",".join(_cells(row).values()) for row in rows)]) + "\n"


def _cells(row: dict[str, Any]) -> dict[str, str]:
    simulated = {
        tag: each["simulated"] / each["table"] for tag, each in row["simulated"].items() if each["table"]
    }
    changed = {"simulated": simulated, "failures": "; ".join(row["failures"])}
    return {name: _cell(value) for name, value in (row | changed).items()}


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{tag}={number:.6g}" for tag, number in value.items())
    if isinstance(value, list):
        return " ".join(f"{number:.6g}" for number in value)
    return "" if value is None else str(value)


def write_model_closure(closure: ModelClosure, folder: Path, command: Sequence[str] | None) -> None:
    """Write the three files into the folder (made if need be), each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "closure.csv", model_closure_csv(closure))
    memory = io.BytesIO()
    model_closure_figure(closure).savefig(memory, format="png", dpi=150, metadata={"Software": None})
    write_atomically(folder / "closure.png", memory.getvalue())
    content = model_closure_dict(closure) | {"provenance": made_with(_LIBRARIES, command)}
    write_atomically(folder / "closure.json", json.dumps(content, indent=2, allow_nan=False) + "\n")


def model_closure_figure(closure: ModelClosure) -> Figure:
    """Counts, exclusions of the truth, pulls, and simulated events against tables."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 6.8), layout="constrained")
    panels = figure.subplots(2, 2)
    draw_transforms(panels[0, 0], [point.transforms for point in closure.results])
    panels[0, 0].set_title("distribution of the counts", fontsize=10)
    _draw_exclusions(panels[0, 1], closure)
    _draw_pulls(panels[1, 0], closure)
    _draw_events(panels[1, 1], closure)
    thrown = "" if closure.signal_scale == 1 else f", thrown signal x {closure.signal_scale:g}"
    figure.suptitle(
        f"closure of {closure.model}, {closure.analysis}: {len(closure.results)} points x "
        f"{closure.experiments} experiments{thrown}",
        fontsize=11,
    )
    return figure


def _draw_exclusions(axes: Axes, closure: ModelClosure) -> None:
    for branch, marker in _BRANCH_MARKERS.items():
        points = [point for point in closure.results if point.branch == branch]
        if not points:
            continue
        signal = [point.signal for point in points]
        share = np.array([point.excluded for point in points]) / closure.experiments
        error = np.sqrt(share * (1 - share) / closure.experiments)
        axes.errorbar(
            signal, share, error, fmt=marker, color="black", markersize=4, linewidth=0.9, label=branch
        )
    signal = [point.signal for point in closure.results]
    axes.plot(
        signal, [point.exclusion for point in closure.results], "_", color="#1f5fa8", label="by enumeration"
    )
    axes.axhline(1 - closure.cl, color="#c03a2b", linestyle="--", linewidth=1.0)
    axes.set(xscale="log", ylim=(-0.005, None), xlabel="expected signal [events]", ylabel="fraction")
    axes.set_title(f"true point excluded at {closure.cl:.0%} CL ({closure.convention})", fontsize=10)
    axes.legend(fontsize=8, loc="upper left")


def _draw_pulls(axes: Axes, closure: ModelClosure) -> None:
    n = closure.experiments
    largest, widths = pull_ranges(n)
    for low, high in ((-largest, largest), widths):
        axes.axhspan(low, high, color="0.92", zorder=0)
    for name, colour, marker in (("pull", "black", "o"), ("coupling_pull", "#1f5fa8", "s")):
        found = [(point.signal, getattr(point.fit, name)) for point in closure.results]
        tested = [(signal, *pull) for signal, pull in found if pull]
        if not tested:
            continue
        signal, mean, width = np.array(tested).T
        style: dict[str, Any] = {"fmt": marker, "color": colour, "markersize": 4, "linewidth": 0.9}
        label = "signal" if name == "pull" else f"coupling {closure.coupling_name}"
        axes.errorbar(signal, mean, width / np.sqrt(n), **style, label=label)
        axes.errorbar(signal, width, width / np.sqrt(2 * n), **style, fillstyle="none")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8)
    low, high = axes.dataLim.intervaly
    axes.set_ylim(min(-0.35, 1.1 * low), max(1.35, 1.1 * high))  # what fails stays in view
    axes.set(xscale="log", xlabel="expected signal [events]", ylabel="pull")
    axes.set_title("pulls: mean (full), width (open)", fontsize=10)


def _draw_events(axes: Axes, closure: ModelClosure) -> None:
    for colour, tag in zip(_STATE_COLOURS * len(closure.channels), closure.channels, strict=False):
        found = [
            (point.mass_gev, each.ratio, each.ratio_error)
            for point in closure.results
            for each in point.events
            if each.final_state == tag
        ]
        if found:
            mass, ratio, error = np.array(found).T
            axes.errorbar(
                mass,
                ratio,
                error,
                fmt="o",
                color=colour,
                markersize=4,
                linewidth=0.9,
                label=drawable(final_state_symbol(tag)),
            )
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8)
    else:
        axes.text(0.5, 0.5, "no events simulated", transform=axes.transAxes, ha="center")
        axes.set_axis_off()
        return
    axes.axhline(1, color="0.5", linewidth=0.8)
    axes.set(xscale="log", xlabel="mass [GeV]", ylabel="simulated / table")
    axes.set_title("simulated events against the yield tables", fontsize=10)

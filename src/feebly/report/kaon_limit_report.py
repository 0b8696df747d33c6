"""Limits on branching ratios by counting as a table and a figure: own, published and earlier ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from feebly.kaon.counting import BranchingRatioLimit, implied_acceptance
from feebly.report.figure_style import figure_file, own_style
from feebly.report.kaon_peak_report import decay_symbols

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_OTHERS: dict[str, dict[str, Any]] = {
    "published_limit": {"marker": "|", "color": "tab:red", "ms": 13},
    "previous_limit": {"marker": "s", "color": "0.6", "ms": 5},
}


def limit_rows(found: Mapping[str, BranchingRatioLimit]) -> dict[str, list[Any]]:
    """One row for each search; None where there is no number."""
    each = [(name, limit, limit.search) for name, limit in found.items()]
    return {
        "name": [name for name, _, _ in each],
        "decay": [search.decay for _, _, search in each],
        "n": [limit.events.n if limit.is_observed else None for _, limit, _ in each],
        "b": [search.background.mean for _, _, search in each],
        "sigma_b": [search.background.sigma or None for _, _, search in each],
        "single_event_sensitivity": [limit.sensitivity.value for _, limit, _ in each],
        "acceptance": [implied_acceptance(search) for _, _, search in each],
        "signal_limit": [limit.events.s_up if limit.is_observed else None for _, limit, _ in each],
        "branching_ratio_limit": [
            limit.branching_ratio if limit.is_observed else None for _, limit, _ in each
        ],
        "expected_branching_ratio_limit": [limit.expected for _, limit, _ in each],
        "published_limit": [search.published.value if search.published else None for _, _, search in each],
        "previous_limit": [search.previous.value if search.previous else None for _, _, search in each],
    }


def limit_figure(found: Mapping[str, BranchingRatioLimit]) -> Figure:
    """A line for each decay; full points are own limits, open ones are derived from the published limit."""
    from matplotlib.figure import Figure

    rows = limit_rows(found)
    with own_style():
        figure = Figure(figsize=(7.2, 1.7 + 0.33 * len(found)), layout="constrained")
        axes = figure.subplots()
        for k, limit in enumerate(found.values()):
            value = limit.branching_ratio if limit.is_observed else limit.expected
            style = "none" if _circular(limit) else "full"
            axes.plot(value, k, ls="", marker="o", color="black", fillstyle=style)
            for column, look in _OTHERS.items():
                if (value := rows[column][k]) is not None:
                    axes.plot(value, k, ls="", **look)
        _legend(axes, found)
        axes.set_xscale("log")
        axes.set_yticks(range(len(found)), [decay_symbols(each.search.decay) for each in found.values()])
        axes.set_ylim(len(found) - 0.5, -0.5)
        events = next(iter(found.values())).events
        axes.set_xlabel(f"upper limit on the branching ratio, {100 * events.cl:g}% CL ({events.convention})")
        axes.grid(axis="x", color="0.9")
        axes.tick_params(which="both", direction="in", top=True)
    return figure


def limit_figure_bytes(found: Mapping[str, BranchingRatioLimit], file_format: str) -> bytes:
    """The figure as png, pdf or svg."""
    return figure_file(limit_figure(found), file_format, "limits on branching ratios")


def _circular(limit: BranchingRatioLimit) -> bool:
    return limit.sensitivity.is_circular


def _legend(axes: Any, found: Mapping[str, BranchingRatioLimit]) -> None:
    own = "observed" if any(limit.is_observed for limit in found.values()) else "expected"
    looks: list[tuple[str, dict[str, Any]]] = [
        (own, {"marker": "o", "color": "black"}),
        ("published", _OTHERS["published_limit"]),
        ("before", _OTHERS["previous_limit"]),
    ]
    if any(map(_circular, found.values())):
        circular = {"marker": "o", "color": "black", "fillstyle": "none"}
        looks.insert(1, ("sensitivity derived from the published limit", circular))
    for label, look in looks:
        axes.plot([], [], ls="", label=label, **look)
    axes.legend(frameon=False, fontsize=9, ncols=len(looks), loc="lower center", bbox_to_anchor=(0.4, 1.0))

"""Chains K+ -> π+ aa and K+ -> π+ S, S -> A'A' as a table, a curve and a map of limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from feebly.kaon.chains import ChainPoint, ChainScan, ChainSearch
from feebly.report.figure_style import figure_file, own_style
from feebly.report.symbols import scientific

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PRODUCTS = {
    "aa": "BR(K+ -> pi+ aa) BR(a -> e+e-)^2",
    "s": "BR(K+ -> pi+ S) BR(S -> A'A') BR(A' -> e+e-)^2",
}
"""What is limited, by chain."""

COLUMN_WORDS = {
    "mass_gev": ("GeV", "mass of what decays to e+e-: a, or A'"),
    "scalar_mass_gev": ("GeV", "mass of S"),
    "sigma_pair_gev": ("GeV", "resolution of the mass of e+e-"),
    "sigma_system_gev": ("GeV", "resolution of the mass of e+e-e+e-"),
    "acceptance": ("1", "acceptance of the chain in its windows, simulated"),
    "acceptance_mc_error": ("1", "Monte Carlo error of the acceptance"),
    "acceptance_over_pi_4e": ("1", "acceptance over that of K+ -> pi+ 4e"),
    "single_event_sensitivity": ("1", "product of branching ratios of one expected event"),
    "branching_ratio_limit": ("1", "upper limit on the product of branching ratios"),
    "branching_ratio_limit_mc_error": ("1", "Monte Carlo error of the limit"),
}
"""Unit and meaning of the columns of `chain_rows`."""


def chain_rows(search: ChainSearch, scan: ChainScan) -> dict[str, list[Any]]:
    """One row for each hypothesis that has a limit."""
    points = scan.points
    rows: dict[str, list[Any]] = {"mass_gev": [point.mass_gev for point in points]}
    if points[0].scalar_gev is not None:
        rows["scalar_mass_gev"] = [point.scalar_gev for point in points]
    return rows | {
        "sigma_pair_gev": [point.sigma_pair_gev for point in points],
        "sigma_system_gev": [point.sigma_system_gev for point in points],
        "acceptance": [point.acceptance for point in points],
        "acceptance_mc_error": [point.acceptance_error for point in points],
        "acceptance_over_pi_4e": [point.relative for point in points],
        "single_event_sensitivity": [point.ses for point in points],
        "branching_ratio_limit": [point.limit for point in points],
        "branching_ratio_limit_mc_error": [limit_error(search, point) for point in points],
    }


def limit_error(search: ChainSearch, point: ChainPoint) -> float:
    """Monte Carlo error of a limit, of both acceptances."""
    reference = search.reference
    return point.limit * float(
        np.hypot(point.acceptance_error / point.acceptance, reference.error / reference.acceptance)
    )


def chain_facts(search: ChainSearch, chain: str, scan: ChainScan, ctau_m: float, cl: float) -> dict[str, Any]:
    """What the numbers mean: range of the limits, what sets the scale, and the hypothesis of an axion."""
    limits = [point.limit for point in scan.points]
    counting = search.file.counting
    return {
        "search": search.file.title,
        "product": PRODUCTS[chain],
        "cl": cl,
        "ctau_m": ctau_m,
        "n": counting.n,
        "b": counting.background.mean,
        "points": len(scan.points),
        "without_limit": len(scan.problems),
        "limits": [min(limits), max(limits)],
        "at_gev": [scan.points[limits.index(edge(limits))].mass_gev for edge in (min, max)],
        "reference_acceptance": search.reference.acceptance,
        "reference_mc_error": search.reference.error,
        "axion": _axion(search, scan),
    }


def _axion(search: ChainSearch, scan: ChainScan) -> dict[str, Any] | None:
    """The predicted branching ratio over the limit at the mass of the hypothesis; None where it is not in."""
    axion = search.file.axion
    for point in scan.points:
        if point.scalar_gev is None and abs(point.mass_gev - axion.mass_gev) < 1e-9:
            factor = axion.branching_ratio.value / point.limit
            return {
                "mass_gev": axion.mass_gev,
                "predicted": axion.branching_ratio.value,
                "limit": point.limit,
                "limit_mc_error": limit_error(search, point),
                "predicted_over_limit": factor,
                "excluded": factor > 1,
            }
    return None


def chain_figure(search: ChainSearch, rows: dict[str, list[Any]], facts: dict[str, Any]) -> Figure:
    """Limits against m_a, or over the plane of m_S and m_A'."""
    from matplotlib.figure import Figure

    with own_style():
        figure = Figure(figsize=(7.2, 5.0), layout="constrained")
        axes = figure.subplots()
        if "scalar_mass_gev" in rows:
            _map(figure, axes, rows)
            heading = r"$K^+\to\pi^+S$, $S\to A^\prime A^\prime$, $A^\prime\to e^+e^-$"
        else:
            _curve(axes, rows, facts)
            heading = r"$K^+\to\pi^+aa$, $a\to e^+e^-$"
        life = "prompt" if facts["ctau_m"] == 0 else rf"$c\tau$ = {facts['ctau_m']:g} m"
        axes.set_title(f"{heading}, {life}: {100 * facts['cl']:g}% CL, counting", fontsize=11)
        axes.tick_params(which="both", direction="in", top=True, right=True)
    return figure


def _curve(axes: Any, rows: dict[str, list[Any]], facts: dict[str, Any]) -> None:
    order = np.argsort(rows["mass_gev"])
    mass, limit, error = (
        np.array(rows[name])[order]
        for name in ("mass_gev", "branching_ratio_limit", "branching_ratio_limit_mc_error")
    )
    axes.fill_between(1e3 * mass, limit - error, limit + error, color="0.8", lw=0, label="Monte Carlo error")
    axes.plot(1e3 * mass, limit, color="black", lw=1.5, label="upper limit")
    axion = facts["axion"]
    if axion is not None:
        label = rf"QCD axion of {1e3 * axion['mass_gev']:g} MeV: at least {scientific(axion['predicted'])}"
        axes.plot(1e3 * axion["mass_gev"], axion["predicted"], "^", color="#D55E00", ms=9, label=label)
    axes.set_yscale("log")
    axes.set_xlabel("$m_a$ [MeV]")
    axes.set_ylabel(r"BR($K^+\to\pi^+aa$) $\times$ BR($a\to e^+e^-$)$^2$")
    axes.legend(frameon=False)


def _map(figure: Figure, axes: Any, rows: dict[str, list[Any]]) -> None:
    from matplotlib.colors import LogNorm

    limit = np.array(rows["branching_ratio_limit"])
    scalar, mass = 1e3 * np.array(rows["scalar_mass_gev"]), 1e3 * np.array(rows["mass_gev"])
    if limit.size > 1:
        shown = axes.scatter(
            scalar, mass, c=limit, s=180, marker="s", cmap="viridis_r", norm=LogNorm(limit.min(), limit.max())
        )
        bar = figure.colorbar(shown, ax=axes)
        bar.set_label(
            r"limit on BR($K^+\to\pi^+S$) BR($S\to A^\prime A^\prime$) BR($A^\prime\to e^+e^-$)$^2$"
        )
    else:
        axes.plot(scalar, mass, "ks")
    ends = np.array([0.0, 360.0])
    axes.plot(ends, ends / 2, color="0.4", lw=1.0, ls="--")
    axes.set_xlim(0, 365)
    axes.set_ylim(0, 185)
    axes.set_xlabel("$m_S$ [MeV]")
    axes.set_ylabel(r"$m_{A^\prime}$ [MeV]")


def chain_figure_bytes(
    search: ChainSearch, rows: dict[str, list[Any]], facts: dict[str, Any], file_format: str
) -> bytes:
    """The figure as png, pdf or svg."""
    return figure_file(chain_figure(search, rows, facts), file_format, search.file.title, facts["product"])

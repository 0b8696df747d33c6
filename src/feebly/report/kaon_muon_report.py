"""K+ -> μ+ ν X by counting above a missing mass: limits against the mass of X, as a table and a figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from feebly.kaon.muon_invisible import EventLimits, MuonInvisibleSearch, SignalLimits
from feebly.physics.production.kaon_to_muon_invisible import Spin, br_kplus_to_muon_invisible
from feebly.report.figure_style import figure_file, own_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SPINS: tuple[Spin, ...] = ("scalar", "vector")

_COLOURS = {"scalar": "#0072B2", "vector": "#D55E00"}
_MEANINGS = {
    "acceptance": ("1", "acceptance above the cut that is observed of a {}"),
    "branching_ratio_limit": ("1", "upper limit on the branching ratio, observed, of a {}"),
    "coupling_limit": ("1", "upper limit on the coupling g to muons, observed, of a {}"),
    "observed_cut_gev2": ("GeV^2", "least missing mass squared of the observed limit of a {}"),
    "cut_gev2": ("GeV^2", "least missing mass squared of the best expected limit of a {}"),
    "expected_branching_ratio_limit": ("1", "expected upper limit on the branching ratio of a {}"),
    "expected_coupling_limit": ("1", "expected upper limit on the coupling g to muons of a {}"),
}

COLUMN_WORDS = {
    f"{name}_{spin}": (unit, meaning.format(spin))
    for spin in SPINS
    for name, (unit, meaning) in _MEANINGS.items()
}
"""Unit and meaning of the columns of `muon_rows`."""


def muon_rows(
    masses_gev: Sequence[float], limits: Sequence[tuple[SignalLimits, SignalLimits]]
) -> dict[str, list[Any]]:
    """One row for each mass; limits: of the scalar and of the vector."""
    rows: dict[str, list[Any]] = {"mass_gev": list(masses_gev)}
    for spin, found in zip(SPINS, zip(*limits, strict=True), strict=True):
        per_square = [br_kplus_to_muon_invisible(mass, spin) for mass in masses_gev]
        observed, expected = ([getattr(each, name) for each in found] for name in ("observed", "expected"))
        rows |= {
            f"acceptance_{spin}": [each.acceptance for each in found],
            f"branching_ratio_limit_{spin}": observed,
            f"coupling_limit_{spin}": np.sqrt(np.divide(observed, per_square)).tolist(),
            f"observed_cut_gev2_{spin}": [each.observed_cut_gev2 for each in found],
            f"cut_gev2_{spin}": [each.cut_gev2 for each in found],
            f"expected_branching_ratio_limit_{spin}": expected,
            f"expected_coupling_limit_{spin}": np.sqrt(np.divide(expected, per_square)).tolist(),
        }
    return rows


def muon_facts(
    search: MuonInvisibleSearch, rows: dict[str, list[Any]], three: SignalLimits, events: EventLimits
) -> dict[str, Any]:
    """What the numbers mean: ranges of the limits, and K+ -> μ+ ν ν ν̄ beside what was published."""
    published = search.file.three_neutrinos
    counted = zip(search.cuts_gev2.tolist(), search.backgrounds[0].tolist(), events.observed, strict=True)
    return {
        "search": search.file.title,
        "masses": len(rows["mass_gev"]),
        "cl": events.cl,
        "observed_events": [
            {"above_gev2": cut, "b": b, "s_up": float(s_up)} for cut, b, s_up in counted if np.isfinite(s_up)
        ],
        **{
            f"{kind}_limits_{spin}": [edge(rows[f"{kind}_limit_{spin}"]) for edge in (min, max)]
            for spin in SPINS
            for kind in ("branching_ratio", "expected_branching_ratio")
        },
        "three_neutrinos": {
            "acceptance": three.acceptance,
            "observed": three.observed,
            "expected": three.expected,
            "cut_gev2": three.cut_gev2,
            "published": None if published is None else published.value,
        },
    }


def muon_figure(rows: dict[str, list[Any]], cl: float, source: str) -> Figure:
    """Observed limits solid, expected ones of the best cut dashed; source: of the observed ones."""
    from matplotlib.figure import Figure

    with own_style():
        figure = Figure(figsize=(7.2, 5.0), layout="constrained")
        axes = figure.subplots()
        mass = 1e3 * np.array(rows["mass_gev"])
        for spin in SPINS:
            colour, observed = _COLOURS[spin], np.array(rows[f"branching_ratio_limit_{spin}"])
            if np.isfinite(observed).any():
                axes.plot(mass, observed, color=colour, lw=1.4, label=f"{spin}, {source}")
            expected = rows[f"expected_branching_ratio_limit_{spin}"]
            axes.plot(mass, expected, color=colour, lw=1.3, ls="--", label=f"{spin}, expected, best cut")
        axes.set_yscale("log")
        axes.set_xlim(0, mass[-1] * 1.02)
        axes.set_xlabel("$m_X$ [MeV]")
        axes.set_ylabel(rf"upper limit on BR($K^+ \to \mu^+ \nu X$), {100 * cl:g}% CL")
        axes.legend(frameon=False)
        axes.tick_params(which="both", direction="in", top=True, right=True)
    return figure


def muon_figure_bytes(
    search: MuonInvisibleSearch, rows: dict[str, list[Any]], cl: float, source: str, file_format: str
) -> bytes:
    """The figure as png, pdf or svg."""
    return figure_file(muon_figure(rows, cl, source), file_format, search.file.title, source)

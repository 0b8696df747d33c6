"""Couplings that the commands of ``feebly kaon`` exclude: the range that is looked at, and what is said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from feebly.cli import values

if TYPE_CHECKING:
    from feebly.kaon.portals import CouplingEdges


def coupling_range(model: str, coupling: str | None) -> tuple[float, float]:
    """MIN:MAX, or MIN:MAX:N of which N is not used; by default that of the grid of the model."""
    from feebly.kaon.portals import portal_of
    from feebly.physics.models.registry import MODELS

    portal_of(model)  # refuses a model that kaons do not make
    if coupling is None:
        grid = MODELS[model]().default_grid.coupling
        return float(grid[0]), float(grid[1])
    low, high, _ = values.value_range(f"{coupling}:2" if coupling.count(":") == 1 else coupling, "--coupling")
    return low, high


def edge_facts(edges: CouplingEdges) -> dict[str, Any]:
    """The interval whose lower end is lowest, and its mass."""
    import numpy as np

    if not np.isfinite(edges.lower).any():
        return {"excluded": None}
    best = int(np.nanargmin(edges.lower))
    return {
        "excluded": [float(edges.lower[best]), float(edges.upper[best])],
        "at_gev": float(edges.mass_gev[best]),
    }


def coupling_lines(found: Mapping[str, Any], kind: str) -> list[str]:
    """One line with the couplings of a model, none without a model; kind: observed or expected."""
    if "model" not in found:
        return []
    would, excluded = "is" if kind == "observed" else "would be", found["couplings"]["excluded"]
    if excluded is None:
        return [f"{found['model']}: no coupling {would} excluded"]
    low, high = excluded
    return [
        f"{found['model']}: {found['coupling']} = {low:.2g} to {high:.2g} {would} excluded at "
        f"{1e3 * found['couplings']['at_gev']:.0f} MeV"
    ]

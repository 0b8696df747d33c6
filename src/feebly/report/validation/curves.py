"""Excluded areas in ln(mass) x ln(coupling): their outer edges, and how much of two of them is common."""

from __future__ import annotations

import numpy as np

from feebly.core.interfaces import FloatArray
from feebly.limits.contour import edges_at
from feebly.limits.results import ContourPiece

Pieces = tuple[ContourPiece, ...]


def closed_piece(mass_gev: FloatArray, coupling: FloatArray) -> ContourPiece:
    """One curve through points in their order; the last is joined to the first."""
    return ContourPiece("reference", 0, np.append(mass_gev, mass_gev[0]), np.append(coupling, coupling[0]))


def outer_edges(pieces: Pieces, mass_gev: float) -> tuple[float, float] | None:
    """Smallest and largest coupling inside the pieces at a mass; None where there is none."""
    found = edges_at(pieces, mass_gev)
    return (found[0][0], found[-1][1]) if found else None


def overlap(
    first: Pieces, second: Pieces, mass_range_gev: tuple[float, float] | None = None, columns: int = 800
) -> float:
    """Intersection over union of two areas in ln(mass) x ln(coupling).

    Exact in the coupling, midpoint rule in ``columns`` of ln(mass) over the given masses or all of them.
    """
    low, high = mass_range_gev or _mass_range(first + second)
    edges = np.linspace(np.log(low), np.log(high), columns + 1)
    common = total = 0.0
    for mass in np.exp((edges[1:] + edges[:-1]) / 2):
        a, b = _intervals(first, mass), _intervals(second, mass)
        both = _common_length(a, b)
        common += both
        total += float(np.ptp(a, axis=1).sum() + np.ptp(b, axis=1).sum()) - both
    return common / total if total > 0 else 0.0


def _mass_range(pieces: Pieces) -> tuple[float, float]:
    masses = np.concatenate([piece.mass_gev for piece in pieces])
    return float(masses.min()), float(masses.max())


def _intervals(pieces: Pieces, mass_gev: float) -> FloatArray:
    """ln(coupling) of the excluded intervals at a mass, shape (n, 2)."""
    return np.asarray(np.log(edges_at(pieces, mass_gev))).reshape(-1, 2)


def _common_length(a: FloatArray, b: FloatArray) -> float:
    """Length that two sets of disjoint intervals share."""
    start = np.maximum(a[:, None, 0], b[None, :, 0])
    stop = np.minimum(a[:, None, 1], b[None, :, 1])
    return float(np.maximum(stop - start, 0.0).sum())

"""Excluded areas in ln(mass) x ln(coupling): their outer edges, and how much of two of them is common."""

from __future__ import annotations

import numpy as np

from feebly.core.interfaces import FloatArray
from feebly.limits.contour import edges_at
from feebly.limits.results import ContourPiece

Pieces = tuple[ContourPiece, ...]
_ON_FRAME = 1.02  # nearer to the frame than this is on it


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

    The curves are straight in the logarithms. Columns of ln(mass) end at every vertex, and there are at least
    ``columns`` of them over the given masses or all of them: the midpoint rule is exact but where two curves
    cross. A curve inside another one is a hole.
    """
    low, high = mass_range_gev or _mass_range(first + second)
    steps = np.linspace(np.log(low), np.log(high), columns + 1)
    vertices = [np.clip(np.log(piece.mass_gev), steps[0], steps[-1]) for piece in first + second]
    edges = np.unique(np.concatenate([steps, *vertices]))
    common = total = 0.0
    for mass, width in zip(np.exp((edges[1:] + edges[:-1]) / 2), np.diff(edges), strict=True):
        a, b = _intervals(first, mass), _intervals(second, mass)
        both = _common_length(a, b)
        common += width * both
        total += width * (float(np.ptp(a, axis=1).sum() + np.ptp(b, axis=1).sum()) - both)
    return common / total if total > 0 else 0.0


def distances(own: Pieces, reference: Pieces, frame: tuple[float, float], masses: int = 400) -> FloatArray:
    """Rows (mass [GeV], log10 of own over reference lower edge, of the upper edge), where both have areas.

    The masses are even in the logarithm over those of the reference. NaN for an edge that lies on the frame
    (smallest and largest coupling): there the curve was cut off.
    """
    low, high = _mass_range(reference)
    rows = []
    for mass in np.geomspace(low, high, masses + 2)[1:-1]:
        pair = outer_edges(own, mass), outer_edges(reference, mass)
        if pair[0] is None or pair[1] is None:
            continue
        edges = np.array(pair)
        seen = ((edges > frame[0] * _ON_FRAME) & (edges < frame[1] / _ON_FRAME)).all(axis=0)
        rows.append([mass, *np.where(seen, np.log10(edges[0] / edges[1]), np.nan)])
    return np.array(rows).reshape(-1, 3)


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

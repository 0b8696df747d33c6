"""Separable importance map (VEGAS, Lepage 1978) with a defensive uniform share.

Each dimension has its own grid of bins of equal probability. A fixed number of events at the start of every
block is left unmapped; all events carry the density of the mixture (balance heuristic), so no weight can
exceed 1/share of its uniform value and the estimate is unbiased whatever the map.
"""

from __future__ import annotations

import numpy as np

from feebly.core.block import FIRST_MAPPED, INDEX, JACOBIAN, STRIDE, U0, U_BODY
from feebly.core.compiled import inlined, stage
from feebly.core.interfaces import FloatArray

_HALVINGS = 5
BINS = 2**_HALVINGS
UNIFORM_EVENTS = 32  # of each block of 512: 6.25%
_DAMPING = 0.75  # exponent that slows the refinement (Lepage's alpha)


def uniform_map(dimensions: int) -> FloatArray:
    """Edges (dimensions, BINS + 1) of the identity map."""
    return np.tile(np.linspace(0.0, 1.0, BINS + 1), (dimensions, 1))


@inlined
def _find_bin(grid, y):
    """Bin of y in the BINS + 1 edges: halving without branches, which vectorises."""
    low, step = 0, BINS // 2
    for _ in range(_HALVINGS):
        low = low + step if y >= grid[low + step] else low
        step //= 2
    return low


@inlined
def mapped_row(d):
    """Row of dimension d of the map: U0 and those that follow, then U_BODY and those that follow."""
    return U0 + d * STRIDE if d < FIRST_MAPPED else U_BODY + (d - FIRST_MAPPED) * STRIDE


@stage
def save_coordinates(s, saved, dimensions):
    """Copy the mapped coordinates of a whole block to ``saved``, row by row."""
    for d in range(dimensions):
        row = mapped_row(d)
        for i in range(STRIDE):
            saved[d * STRIDE + i] = s[row + i]


@stage
def apply_map(s, n, edges, n_uniform):
    """Replace the uniform rows by mapped coordinates; fill JACOBIAN = 1/(density of the mixture)."""
    for i in range(n):
        s[JACOBIAN + i] = 1.0
        s[INDEX + i] = np.float64(i)
    for d in range(edges.shape[0]):
        row = mapped_row(d)
        grid = edges[d]
        for i in range(n_uniform):
            b = _find_bin(grid, s[row + i])
            s[JACOBIAN + i] *= BINS * (grid[b + 1] - grid[b])
        for i in range(n_uniform, n):
            x = s[row + i] * BINS
            b = int(x) & (BINS - 1)
            width = grid[b + 1] - grid[b]
            s[row + i] = grid[b] + (x - b) * width
            s[JACOBIAN + i] *= BINS * width
    share = n_uniform / n
    for i in range(n):
        s[JACOBIAN + i] /= (1.0 - share) + share * s[JACOBIAN + i]


@stage
def accumulate(training, edges, coordinates, event, value):
    """Add value to the bin of each coordinate of one event (as ``save_coordinates`` left them)."""
    for d in range(edges.shape[0]):
        training[d, _find_bin(edges[d], coordinates[d * STRIDE + event])] += value


def refine(edges: FloatArray, training: FloatArray, floor: float = 0.0) -> FloatArray:
    """New edges from the accumulated squared weights per bin (smoothed and damped as Lepage does).

    floor: share of each dimension that stays uniform. A map that is trained on few events is too narrow, and
    the rare events outside it would carry most of the variance.
    """
    new = np.empty_like(edges)
    for d, (grid, sums) in enumerate(zip(edges, training, strict=True)):
        padded = np.concatenate(([sums[0]], sums, [sums[-1]]))
        smooth = (padded[:-2] + 6.0 * padded[1:-1] + padded[2:]) / 8.0
        total = smooth.sum()
        if not total > 0.0:
            new[d] = grid
            continue
        share = np.clip(smooth / total, 1e-12, 1.0 - 1e-12)
        importance = ((share - 1.0) / np.log(share)) ** _DAMPING
        if floor:
            importance = (1.0 - floor) * importance / importance.sum() + floor * np.diff(grid)
        cumulative = np.concatenate(([0.0], np.cumsum(importance)))
        wanted = np.linspace(0.0, cumulative[-1], grid.size)
        new[d] = np.interp(wanted, cumulative, grid)
        new[d, 0], new[d, -1] = 0.0, 1.0
    return new

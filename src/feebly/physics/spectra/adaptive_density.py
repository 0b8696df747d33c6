"""From a list of mesons to a density: smooth over as many cells as the statistics asks, no more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from feebly.core.interfaces import FloatArray

ENOUGH_ENTRIES = 25.0
"""Effective entries (Σw)²/Σw² below which a block is not cut: 20% statistical error each."""

Block = tuple[int, int, int, int]
"""First and end row, first and end column."""


@dataclass(frozen=True, slots=True, eq=False)
class WeightedCounts:
    """Number of mesons, Σw and Σw² in the cells of (ln p, p_T)."""

    entries: FloatArray
    weight: FloatArray
    weight2: FloatArray

    @property
    def effective_entries(self) -> float:
        """Mesons of equal weight with the same relative error of their sum."""
        return float(self.weight.sum() ** 2 / self.weight2.sum()) if self.entries.any() else 0.0


def count_weighted(
    ln_p: FloatArray, pt_gev: FloatArray, weight: FloatArray, ln_p_edges: FloatArray, pt_edges_gev: FloatArray
) -> WeightedCounts:
    """Histograms of mesons; those outside the edges or of weight zero are left out."""
    real = weight > 0
    ln_p, pt, w = ln_p[real], pt_gev[real], weight[real]
    counts = [
        np.histogram2d(ln_p, pt, bins=(ln_p_edges, pt_edges_gev), weights=each)[0] for each in (w**0, w, w**2)
    ]
    return WeightedCounts(*counts)


def adaptive_density(
    counts: WeightedCounts, ln_p_edges: FloatArray, pt_edges_gev: FloatArray, enough: float = ENOUGH_ENTRIES
) -> FloatArray:
    """Σw per (ln p, p_T²) [GeV^-2], smoothed in blocks of cells.

    The table is cut into halves, again and again, each time across the longer side, as long as each half has
    ``enough`` effective entries or none at all. Inside a block p and p_T are taken as independent: the
    density is the product of the block's own distributions. The distributions of p and of p_T are therefore
    those of the list, only their correlation is smoothed; where the list is rich the blocks are single cells.
    """
    area = np.outer(np.diff(ln_p_edges), np.diff(pt_edges_gev**2))
    density = np.zeros_like(area)
    for first, end, left, right in _blocks(counts, enough):
        block = slice(first, end), slice(left, right)
        w = counts.weight[block]
        density[block] = np.outer(w.sum(axis=1), w.sum(axis=0)) / w.sum() / area[block]
    return density


def _blocks(counts: WeightedCounts, enough: float) -> Iterator[Block]:
    """Blocks that hold entries and are not cut further."""
    n, w, w2 = (_running_sums(cells) for cells in (counts.entries, counts.weight, counts.weight2))
    shape = counts.entries.shape

    def is_good(half: Block) -> bool:
        # numbers of entries are exact: no rounding error makes an empty half look full
        return _sum(n, half) == 0 or _sum(w, half) ** 2 >= enough * _sum(w2, half)

    waiting: list[Block] = [(0, shape[0], 0, shape[1])]
    while waiting:
        block = waiting.pop()
        if _sum(n, block) == 0:
            continue
        cut = next((halves for halves in _halves(block, shape) if all(map(is_good, halves))), None)
        if cut is None:
            yield block
        else:
            waiting.extend(cut)


def _halves(block: Block, shape: tuple[int, ...]) -> Iterator[tuple[Block, Block]]:
    """The two ways to cut a block, across its longer side (in units of the whole table) first."""
    first, end, left, right = block
    middle, centre = (first + end) // 2, (left + right) // 2
    across_rows = ((first, middle, left, right), (middle, end, left, right))
    across_columns = ((first, end, left, centre), (first, end, centre, right))
    rows_first = (end - first) * shape[1] >= (right - left) * shape[0]
    for rows in (rows_first, not rows_first):
        if (end - first if rows else right - left) > 1:
            yield across_rows if rows else across_columns


def _running_sums(cells: FloatArray) -> FloatArray:
    """Sums over all cells before each corner; a block is then four look-ups."""
    return np.pad(cells.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))


def _sum(sums: FloatArray, block: Block) -> float:
    first, end, left, right = block
    return float(sums[end, right] - sums[first, right] - sums[end, left] + sums[first, left])

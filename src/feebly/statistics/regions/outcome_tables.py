"""Probabilities of the counts of several regions along the signal strength, from tables of each region.

P(n_1 .. n_R | x) = sum_k w_k prod_r P_r(n_r | x, k), k the nodes of the common nuisances: the regions are
split into two halves, and the sum over k is the product of two matrices.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from feebly.core.interfaces import FloatArray
from feebly.statistics.intervals.strength_curves import PANEL, Curves, Rows, matrix_product
from feebly.statistics.regions.nuisances import Marginal, TooManyError
from feebly.statistics.regions.outcomes import (
    MAX_OUTCOMES,
    IntArray,
    largest_background_count,
    signal_pmf,
)

_TAIL = 1e-13  # probability of the counts of one region below, and above, those in its table
_ROUGH = 1e-14  # outcomes less probable than this are not tried
_LOSS = 1e-10  # of the sum of probabilities: outcomes left out
_LIGHT = 1e-12  # sum of the weights of nodes left out
_WIDTH = PANEL / 2  # of the curves behind the tables: exp(-2 y^2) to 1e-17, so that others see no edge of it
_STEP = 0.5  # in x, of the signals at which outcomes are chosen
_ELEMENTS = 1 << 22
_WIDE = 16  # elements of a product of halves for each outcome, more than which are computed one by one


@dataclass(frozen=True, eq=False)
class RegionTables:
    """P_r(n | x, k) of the counts of each region that matter for x = sqrt(mu S) <= x_max.

    shares: s_r / S at mu = 1. lowest, highest: counts of each region in its table.
    """

    averages: Marginal
    shares: FloatArray
    lowest: IntArray
    highest: IntArray
    by_mean: dict[int, Curves] = field(default_factory=dict)

    @classmethod
    def of(cls, averages: Marginal, shares: FloatArray, observed: IntArray, x_max: float) -> RegionTables:
        """Tables with the observed counts and all others up to a negligible tail."""
        averages = _without_light_nodes(averages)
        lowest, highest = observed.copy(), observed.copy()
        for r, (share, n) in enumerate(zip(shares, observed, strict=True)):
            below, above = _background_ends(averages, r)
            lowest[r] = min(n, below)
            highest[r] = max(n, above + _signal_end(averages, r, share * x_max**2))
        return cls(averages, shares, lowest, highest)

    def table(self, region: int, x: FloatArray) -> FloatArray:
        """P_r(n | x, k), n = lowest .. highest, shape (W, K, J)."""
        factors = self.averages.signal_factors[:, region]
        means = self.shares[region] * np.multiply.outer(factors, x**2)
        if np.ptp(self.averages.background_factors[:, region]) == 0 and factors.size > 1:
            return self._by_mean(region, means)
        return self._convolved(region, means)

    def _by_mean(self, region: int, means: FloatArray) -> FloatArray:
        """From curves in the mean, where the background is the same at all nodes."""
        root = np.sqrt(means)
        known = self.by_mean.get(region)
        if known is None or known.edges[-1] < root.max():

            def probability(y: FloatArray, rows: Rows) -> FloatArray:
                return self._convolved(region, (y**2)[None])[rows, 0]

            size = int(self.highest[region] - self.lowest[region]) + 1
            known = self.by_mean[region] = Curves.of(probability, size, float(root.max()), _WIDTH)
        return known.at(root.ravel()).reshape(-1, *means.shape)

    def remainder(self) -> float:
        """Size of what the curves behind the tables leave out of a sum of probabilities."""
        return sum(curves.remainder() for curves in self.by_mean.values())

    def _convolved(self, region: int, means: FloatArray) -> FloatArray:
        """Sum over the counts of the signal, from means (K, J)."""
        low, high = int(self.lowest[region]), int(self.highest[region])
        background = self.averages.background_pmf(region, high)
        if means.shape[0] == 1:
            background = background[:, :1]
        most = min(high, _signal_end(self.averages, region, float(means.max()), factors=np.ones(1)))
        signal = signal_pmf(most, means, self.averages.local[region])  # (m, K, J)
        padded = np.concatenate([background, np.zeros((most, background.shape[1]))])
        # row n, column m: the background has n - m; what would be below 0 falls into the padding
        shifted = padded[np.arange(low, high + 1)[:, None] - np.arange(most + 1)]
        if background.shape[1] == 1:
            return np.asarray(np.tensordot(shifted[:, :, 0], signal, axes=1))
        return np.asarray(np.matmul(shifted.transpose(2, 0, 1), signal.transpose(1, 0, 2)).transpose(1, 0, 2))

    def probable(self, observed: IntArray, x_max: float) -> IntArray:
        """The outcomes (D, R) that are probable anywhere up to x_max, the observed one first.

        Those left out have a probability of 1e-10 together; TooManyError for more than MAX_OUTCOMES.
        """
        x = np.linspace(0.0, x_max, int(x_max / _STEP) + 2)
        tables = [self.table(r, x) for r in range(len(self.shares))]
        found = np.zeros((1, 0), dtype=np.int64)
        largest = np.ones(1)
        for r, table in enumerate(tables):
            largest = self._largest(tables, found - self.lowest[:r], table)
            before, n = np.nonzero(largest > _ROUGH)
            if before.size > MAX_OUTCOMES:
                raise TooManyError(f"{len(tables)} regions: more than {MAX_OUTCOMES} outcomes to enumerate")
            found = np.column_stack([found[before], n + self.lowest[r]])
            largest = largest[before, n]
        order = np.argsort(largest)
        found = found[order[np.cumsum(largest[order]) > _LOSS]]
        return np.concatenate([observed[None], found[np.any(found != observed, axis=1)]])

    def _largest(self, tables: list[FloatArray], found: IntArray, table: FloatArray) -> FloatArray:
        """Largest P over x of the counts found so far (indices) with each count of one more region."""
        result = np.zeros((len(found), len(table)))
        step = max(1, _ELEMENTS // self.averages.weights.size)
        for j in range(table.shape[2]):
            for start in range(0, len(found), step):
                block = slice(start, start + step)
                product = np.tile(self.averages.weights, (len(found[block]), 1))
                for n, known in zip(found[block].T, tables, strict=False):
                    product *= known[n, :, j]
                result[block] = np.maximum(result[block], matrix_product(product, table[:, :, j]))
        return result


@dataclass(frozen=True, eq=False)
class Halves:
    """Listed outcomes as pairs: the counts of the first regions, and those of the others."""

    tables: RegionTables
    parts: tuple[tuple[int, IntArray, Rows], ...]  # first region, distinct counts, index of each outcome

    @classmethod
    def of(cls, tables: RegionTables, listed: IntArray) -> Halves:
        """The split that makes the product of the matrices smallest."""
        regions = listed.shape[1]

        def split(at: int) -> tuple[tuple[int, IntArray, Rows], ...]:
            found = []
            for first, part in ((0, listed[:, :at]), (at, listed[:, at:])):
                distinct, index = np.unique(
                    part - tables.lowest[first:][: part.shape[1]], axis=0, return_inverse=True
                )
                found.append((first, distinct, index.ravel()))
            return tuple(found)

        choices = [split(at) for at in range(1, regions)] or [split(1)]
        return cls(tables, min(choices, key=lambda parts: len(parts[0][1]) * len(parts[1][1])))

    @property
    def size(self) -> int:
        """Number of outcomes."""
        return int(self.parts[0][2].size)

    @property
    def products(self) -> int:
        """Multiplications of the matrices at one x."""
        (_, left, index), (_, right, _) = self.parts
        return min(len(left) * len(right), _WIDE * index.size) * self.tables.averages.weights.size

    def probability(self, x: FloatArray, rows: Rows) -> FloatArray:
        """P(outcome | x) of some of the outcomes, shape (D, J)."""
        regions = range(len(self.tables.shares))
        known = [self.tables.table(r, x) for r in regions]
        (_, left, of_left), (_, right, of_right) = self._of_rows(rows)
        result = np.empty((rows.size, x.size))
        for j in range(x.size):
            first = self._product(known, 0, left, j) * self.tables.averages.weights
            second = self._product(known, self.parts[1][0], right, j)
            result[:, j] = _summed(first, second, of_left, of_right)
        return result

    def _of_rows(self, rows: Rows) -> list[tuple[int, IntArray, Rows]]:
        found = []
        for first, counts, index in self.parts:
            used, again = np.unique(index[rows], return_inverse=True)
            found.append((first, counts[used], again.ravel()))
        return found

    def _product(self, known: list[FloatArray], first: int, counts: IntArray, j: int) -> FloatArray:
        product = np.ones((len(counts), self.tables.averages.weights.size))
        for r, n in enumerate(counts.T, start=first):
            product *= known[r][n, :, j]
        return product


def _summed(first: FloatArray, second: FloatArray, of_first: Rows, of_second: Rows) -> FloatArray:
    """sum_k first[i, k] second[j, k] of the pairs (i, j)."""
    if len(first) * len(second) <= _WIDE * of_first.size:
        return np.asarray(matrix_product(first, second)[of_first, of_second])
    result = np.empty(of_first.size)
    step = max(1, _ELEMENTS // 8 // first.shape[1])
    for start in range(0, result.size, step):
        block = slice(start, start + step)
        result[block] = np.einsum("dk,dk->d", first[of_first[block]], second[of_second[block]])
    return result


def _background_ends(averages: Marginal, region: int) -> tuple[int, int]:
    """Counts of the background below and above which there is next to nothing."""
    largest = largest_background_count(averages, region)
    pmf = averages.background_pmf(region, largest)
    pmf = pmf @ averages.weights if pmf.shape[1] > 1 else pmf[:, 0]
    below = int(np.count_nonzero(np.cumsum(pmf) < _TAIL))
    return below, int(np.count_nonzero(np.cumsum(pmf[::-1])[::-1] > _TAIL))


def _signal_end(averages: Marginal, region: int, mean: float, factors: FloatArray | None = None) -> int:
    """Count of the signal, expected to be ``mean`` times its nuisances, that is next to never exceeded."""
    from scipy.special import gammainc

    weights = averages.weights if factors is None else np.ones(1)
    factors = averages.signal_factors[:, region] if factors is None else factors
    kappas, local = averages.local[region]
    means = mean * np.multiply.outer(factors, kappas)
    low, high = -1, int(means.max() + 10 * np.sqrt(means.max()) + 20)
    while high - low > 1:  # P(N > middle)
        middle = (low + high) // 2
        beyond = float(weights @ gammainc(middle + 1.0, means) @ local)
        low, high = (middle, high) if beyond > _TAIL else (low, middle)
    return high


def _without_light_nodes(averages: Marginal) -> Marginal:
    order = np.argsort(averages.weights)
    kept = np.sort(order[np.cumsum(averages.weights[order]) > _LIGHT])
    weights = averages.weights[kept]
    return replace(
        averages,
        weights=weights / weights.sum(),
        signal_factors=averages.signal_factors[kept],
        background_factors=averages.background_factors[kept],
        known={},
    )

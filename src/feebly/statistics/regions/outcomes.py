"""Enumeration of the counts of several regions together, with their probabilities and quantiles."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from feebly.core.interfaces import FloatArray
from feebly.statistics.backgrounds import Fixed, poisson_pmf
from feebly.statistics.quadrature import Nodes
from feebly.statistics.regions.nuisances import Marginal, TooManyError
from feebly.statistics.regions.scaled_counts import convolved, largest_count

MAX_OUTCOMES = 200_000
"""Most outcomes of one enumeration; more are refused (use the total count, or toys)."""

TIE = 1e-9
"""Relative difference below which two values of a test statistic count as equal."""

NEGLIGIBLE = 1e-15
"""Probability of an outcome, relative to the most probable one, that is left out."""

_TAIL = 1e-13  # probability of the counts of one region beyond those that are listed
_BINS = 128
_ELEMENTS = 1 << 20  # outcomes x nodes x cells of one block

IntArray = NDArray[np.integer]


class Outcomes:
    """Outcomes of all regions and their probabilities for the cells of a block of signals (R, J)."""

    def __init__(self, marginal: Marginal, signals: FloatArray) -> None:
        self.marginal, self.signals = marginal, signals
        self.caps = self._caps()
        self._tables: dict[int, FloatArray] = {}

    def _caps(self) -> FloatArray:
        """Count of each region and cell (R, J) beyond which next to nothing is left under s + b or b."""
        caps = np.empty(self.signals.shape)
        for r, (kappas, _) in enumerate(self.marginal.local):
            largest = self.marginal.signal_factors[:, r].max() * kappas.max()
            background = largest_background_count(self.marginal, r)
            caps[r] = background + _largest_poisson_count(self.signals[r] * largest)
        return caps

    def listed(self, caps: IntArray, relative: FloatArray, negligible: float = NEGLIGIBLE) -> IntArray:
        """All outcomes (D, R) with n_r <= caps, sum n_r relative_r <= 1, that are not negligible.

        negligible: probability of an outcome, relative to the most probable one.
        """
        regions = len(caps)
        found, used = np.zeros((1, 0), dtype=np.int32), np.zeros(1)
        log_signal, log_background = np.zeros(1), np.zeros(1)
        for r in range(regions):
            at_signal, at_background = self._bounds(r, int(caps[r]))
            size = len(at_signal)
            if len(found) * size > 50 * MAX_OUTCOMES:
                raise _too_many(regions)
            n = np.tile(np.arange(size, dtype=np.int32), len(found))
            share = relative[r] if np.isfinite(relative[r]) else 2.0  # Q = 0: no further event
            used = np.repeat(used, size) + n * share
            log_signal = np.add.outer(log_signal, at_signal).ravel()
            log_background = np.add.outer(log_background, at_background).ravel()
            kept = used <= 1 + TIE
            limit = np.log(negligible)
            kept &= (log_signal >= log_signal[kept].max() + limit) | (
                log_background >= log_background[kept].max() + limit
            )
            if np.count_nonzero(kept) > MAX_OUTCOMES:
                raise _too_many(regions)
            found = np.column_stack([np.repeat(found, size, axis=0)[kept], n[kept]])
            used, log_signal, log_background = used[kept], log_signal[kept], log_background[kept]
        return found

    def _bounds(self, region: int, cap: int) -> tuple[FloatArray, FloatArray]:
        """ln of the largest probability of n = 0 .. cap over all nodes and cells: under s + b, under b."""
        signal = self._signal_table(region, cap).max(axis=(1, 2))
        background = self.marginal.background_pmf(region, cap).max(axis=1)
        return np.log(np.maximum(signal, 1e-300)), np.log(np.maximum(background, 1e-300))

    def _signal_table(self, region: int, cap: int) -> FloatArray:
        """P(n = 0 .. cap | s + b) of one region at each node and cell, (cap + 1, K, J)."""
        if region not in self._tables or len(self._tables[region]) <= cap:
            means = np.multiply.outer(self.marginal.signal_factors[:, region], self.signals[region])
            signal = signal_pmf(cap, means, self.marginal.local[region])
            background = self.marginal.background_pmf(region, cap)[:, :, None]
            self._tables[region] = convolved(signal, background)
        return self._tables[region][: cap + 1]

    def signal_probability(self, listed: IntArray) -> FloatArray:
        """P(outcome | s + b), shape (D, J)."""
        tables = [self._signal_table(r, int(cap)) for r, cap in enumerate(listed.max(axis=0))]
        result = np.zeros((len(listed), self.signals.shape[1]))
        step = max(1, _ELEMENTS // result.size)
        for start in range(0, self.marginal.weights.size, step):
            nodes = slice(start, start + step)
            product = np.ones(1)
            for n, table in zip(listed.T, tables, strict=True):
                product = product * table[:, nodes][n]
            result += np.einsum("dkj,k->dj", product, self.marginal.weights[nodes])
        return result

    def background_probability(self, listed: IntArray) -> FloatArray:
        """P(outcome | b), shape (D,)."""
        product = np.ones((1, 1))
        for r, n in enumerate(listed.T):
            product = product * self.marginal.background_pmf(r, int(n.max()))[n]
        return product[:, 0] if product.shape[1] == 1 else product @ self.marginal.weights


def counts_probability(marginal: Marginal, signals: FloatArray, counts: tuple[int, ...]) -> FloatArray:
    """P(counts | s + b) of one outcome as a function of the signals (R, J) [events], shape (J,)."""
    result = np.empty(signals.shape[1])
    step = max(1, _ELEMENTS // (marginal.weights.size * (max(counts) + 1)))
    for start in range(0, result.size, step):
        block = slice(start, start + step)
        product = np.ones((1, 1))
        for r, n in enumerate(counts):
            means = np.multiply.outer(marginal.signal_factors[:, r], signals[r, block])
            product = product * _count_probability(marginal, r, n, means)
        result[block] = marginal.weights @ product
    return result


def _count_probability(marginal: Marginal, region: int, n: int, means: FloatArray) -> FloatArray:
    """P(n | s + b) of one region for expected signals (K, J), its own nuisance averaged."""
    from scipy.special import gammaln, xlogy

    background = marginal.backgrounds[region]
    if isinstance(background, Fixed):  # one Poisson distribution of s + b
        b = background.mean * marginal.background_factors[:, region][:, None]
        result = np.zeros(means.shape)
        for kappa, weight in zip(*marginal.local[region], strict=True):
            result += weight * np.exp(xlogy(n, kappa * means + b) - kappa * means - b - gammaln(n + 1))
        return result
    signal = signal_pmf(n, means, marginal.local[region])
    of_background = np.broadcast_to(marginal.background_pmf(region, n)[::-1], signal.shape[:2])
    return np.asarray(np.einsum("nk,nkj->kj", of_background, signal))


def largest_background_count(marginal: Marginal, region: int) -> int:
    """Count that the background of a region exceeds with a negligible probability at any node."""
    return largest_count(marginal.largest_background(region), _TAIL)


def _largest_poisson_count(mean: FloatArray) -> FloatArray:
    """k with P(N > k | mean) <= 1e-13, exactly up to k = 300, from above beyond."""
    largest_mean = _largest_means()
    return np.where(
        mean < largest_mean[-1],
        np.searchsorted(largest_mean, mean),
        np.ceil(mean + 10 * np.sqrt(mean) + 20),
    )


@lru_cache(maxsize=1)
def _largest_means() -> FloatArray:
    """Means with P(N > k | mean) = 1e-13, k = 0 .. 300: the inverse of the incomplete Gamma function."""
    from scipy.special import gammaincinv

    return np.asarray(gammaincinv(np.arange(1, 302), _TAIL))


def _too_many(regions: int) -> TooManyError:
    return TooManyError(
        f"{regions} regions with ordering 'likelihood-ratio': more than {MAX_OUTCOMES} outcomes to "
        "enumerate; use ordering 'total-count', or method 'toys'"
    )


def signal_pmf(n: int, mean: FloatArray, local: Nodes) -> FloatArray:
    """E[P(N = k | kappa mean)], k = 0 .. n, over the own nuisance of a region; (n + 1, \\*shape of mean)."""
    pmf = np.zeros((n + 1, *mean.shape))
    for kappa, weight in zip(*local, strict=True):
        pmf += weight * poisson_pmf(n, kappa * mean)
    return pmf


def weighted_quantiles(values: FloatArray, weights: FloatArray, levels: FloatArray) -> FloatArray:
    """Smallest value v of each row with sum of weights of values <= v at least the level; (P, J).

    values (J, D) >= 0; weights (D,). A histogram tells where to look: only the bins that hold a quantile are
    sorted.
    """
    rows = len(values)
    probable = weights > 1e-5 * weights.max()  # what lies above all of these shares the last bin
    top = values[:, probable].max(axis=1)
    scale = (_BINS - 1) / np.where(top > 0, top, np.maximum(values.max(axis=1), 1e-300))
    bins = np.minimum(values * scale[:, None], _BINS - 1).astype(np.int32)
    bins += _BINS * np.arange(rows, dtype=np.int32)[:, None]
    flat = bins.ravel()
    content = np.bincount(flat, np.broadcast_to(weights, values.shape).ravel(), _BINS * rows)
    reached = np.cumsum(content.reshape(rows, _BINS), axis=1)
    wanted = np.minimum(levels, weights.sum()) * (1 - TIE)
    first = np.stack(
        [np.argmax(reached >= level, axis=1) for level in wanted]
    )  # bins of the quantiles (P, J)
    first += _BINS * np.arange(rows)
    looked_at = np.zeros(_BINS * rows, dtype=bool)
    looked_at[first.ravel()] = True
    picked = np.flatnonzero(looked_at[flat])
    picked = picked[np.lexsort((values.ravel()[picked], picked // len(weights)))]
    bin_of, value = flat[picked], values.ravel()[picked]
    last = np.append(np.diff(bin_of) > 0, True)
    inside = np.cumsum(weights[picked % len(weights)])
    groups = np.cumsum(np.append(0, last[:-1]))
    start = np.append(0.0, inside[last])[groups]
    below = np.where(bin_of % _BINS > 0, reached.ravel()[bin_of - 1], 0.0)
    total = inside - start + below
    result = np.empty(first.shape)
    for k, level in enumerate(wanted):
        enough = np.flatnonzero(((total >= level) | last) & (bin_of == first[k][bin_of // _BINS]))
        _, earliest = np.unique(bin_of[enough], return_index=True)
        result[k] = value[enough[earliest]]
    return result

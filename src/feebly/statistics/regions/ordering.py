"""Which outcomes of several regions count as more background-like, and how probable they are together.

An outcome (n_1 .. n_R) has the test statistic Q = sum n_r w_r; tails are P(Q <= q), ties included.
- ``total-count``: w_r = 1.
- ``likelihood-ratio``: w_r = ln(1 + s_r / b_r), Q = ln L(s + b) / L(b) up to a constant, with s_r the tested
  signal and b_r the central background of ``regions.central`` (A. L. Read, J. Phys. G 28 (2002) 2693, the
  choice of LEP). Any b_r is a valid order; the probabilities have the whole density of b.
Nothing is asymptotic: outcomes are enumerated, for all cells of a grid of signals at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from feebly.core.interfaces import FloatArray
from feebly.statistics.backgrounds import poisson_pmf
from feebly.statistics.regions.nuisances import Marginal, TooManyError
from feebly.statistics.regions.outcomes import (
    TIE,
    IntArray,
    Outcomes,
    largest_background_count,
    signal_pmf,
    weighted_quantiles,
)
from feebly.statistics.regions.scaled_counts import convolved

_NEGLIGIBLE_OF_QUANTILE = 1e-9  # outcomes left out where P(Q <= q) has to be good to 1e-7 only
_CELLS = 512  # of one block: neighbours on a grid of masses and couplings have the same outcomes
_NODES_AND_CELLS = 1 << 17  # of one block
_ELEMENTS = 1 << 21  # outcomes x cells of one block
_MASKS = 4  # most thresholds whose outcomes are picked out one threshold at a time
_SEARCHED = 1 << 18  # the same where quantiles are looked for: it stays in the cache


@dataclass(frozen=True, eq=False)
class Tails:
    """P(Q <= q | s + b) and P(Q <= q | b): thresholds q (T, J) for the cells J of a grid."""

    signal: FloatArray
    background: FloatArray


def total_count_tails(marginal: Marginal, means: FloatArray, signals: FloatArray, counts: IntArray) -> Tails:
    """Tails of the total count; signals (R, J), counts (R,) or a total ()."""
    n, cells, weights = int(np.sum(counts)), signals.shape[1], marginal.weights
    below = np.minimum(np.cumsum(marginal.total_background_pmf(n), axis=0), 1.0)  # (n + 1, K or 1)
    varies = below.shape[1] > 1
    signal = np.zeros(cells)
    nodes_step = int(np.clip(_ELEMENTS // (cells * (n + 1)), 1, weights.size))
    cells_step = int(np.clip(_ELEMENTS // (nodes_step * (n + 1)), 1, cells))
    for first_node in range(0, weights.size, nodes_step):
        nodes = slice(first_node, first_node + nodes_step)
        at_nodes = below[::-1, nodes] if varies else below[::-1]
        for first_cell in range(0, cells, cells_step):
            block = slice(first_cell, first_cell + cells_step)
            means = marginal.signal_factors[nodes].T[:, :, None] * signals[:, None, block]
            pmf = _total_signal_pmf(marginal, means, n)
            signal[block] += weights[nodes] @ np.einsum("nk,nkj->kj", at_nodes, pmf, optimize=False)
    background = float(weights @ below[-1]) if varies else float(below[-1, 0])
    return Tails(signal[None], np.full((1, cells), background))


def _total_signal_pmf(marginal: Marginal, means: FloatArray, n: int) -> FloatArray:
    """P(N_s = k), k = 0 .. n, of all regions together, (n + 1, K, J), from means (R, K, J).

    Means without an own nuisance add up.
    """
    known = [r for r, (kappas, _) in enumerate(marginal.local) if kappas.size == 1]
    pmf = poisson_pmf(n, means[known].sum(axis=0))
    for r, nodes in enumerate(marginal.local):
        if r not in known:
            pmf = convolved(pmf, signal_pmf(n, means[r], nodes))
    return pmf


def likelihood_ratio_tails(
    marginal: Marginal, means: FloatArray, signals: FloatArray, counts: IntArray
) -> Tails:
    """Tails of the likelihood ratio at one outcome ``counts`` (R,), or several (T, R), for each cell.

    signals: (R, J) [events].
    """

    def thresholds(weights: FloatArray) -> FloatArray:
        return np.atleast_2d(counts) @ weights

    return _by_blocks(marginal, means, signals, thresholds)


def likelihood_ratio_quantiles(
    marginal: Marginal, means: FloatArray, signals: FloatArray, probabilities: FloatArray
) -> Tails:
    """Tails of the likelihood ratio at its quantiles under the background: q with P(Q <= q | b) >= p."""
    listed, probability = background_outcomes(marginal)
    counts = np.ascontiguousarray(listed.T, dtype=float)

    def thresholds(weights: FloatArray) -> FloatArray:
        # einsum: a few regions are too few for the threads of a matrix product
        q = np.einsum("rj,rd->jd", weights, counts)
        return weighted_quantiles(q, probability, probabilities)

    return _by_blocks(marginal, means, signals, thresholds, _SEARCHED // len(listed))


def background_outcomes(marginal: Marginal) -> tuple[IntArray, FloatArray]:
    """The outcomes (D, R) that background alone makes, all but 1e-9 of the likeliest, and P(outcome | b)."""
    regions = len(marginal.backgrounds)
    caps = [largest_background_count(marginal, r) for r in range(regions)]
    outcomes = Outcomes(marginal, np.zeros((regions, 1)))
    listed = outcomes.listed(np.array(caps), np.zeros(regions), _NEGLIGIBLE_OF_QUANTILE)
    return listed, outcomes.background_probability(listed)


def _by_blocks(
    marginal: Marginal,
    means: FloatArray,
    signals: FloatArray,
    thresholds: Callable[[FloatArray], FloatArray],
    most_cells: int = _CELLS,
) -> Tails:
    step = int(np.clip(min(most_cells, _NODES_AND_CELLS // marginal.weights.size), 1, _CELLS))
    parts = []
    for start in range(0, signals.shape[1], step):
        block = signals[:, start : start + step]
        weights = log_ratio_weights(block, means)
        parts.append(_tails(marginal, block, weights, thresholds(weights)))
    return _joined(parts)


def log_ratio_weights(signals: FloatArray, means: FloatArray) -> FloatArray:
    """ln(1 + s / b), shape (R, J); where b is zero, as for the smallest number above."""
    return np.log1p(signals / np.maximum(means, 1e-300)[:, None])


def _tails(marginal: Marginal, signals: FloatArray, weights: FloatArray, q: FloatArray) -> Tails:
    """Sums over the outcomes with Q <= q, for a block of cells; halved until it fits."""
    outcomes = Outcomes(marginal, signals)
    highest = q.max(axis=0) * (1 + TIE)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(weights > 0, weights / highest, 0.0)  # of the weight of Q that is allowed
        caps = np.minimum(outcomes.caps, np.where(relative > 0, np.floor(1 / relative * (1 + TIE)), np.inf))
    cells = signals.shape[1]
    try:
        listed = outcomes.listed(caps.max(axis=1).astype(int), relative.min(axis=1))
    except TooManyError:
        if cells == 1:
            raise
        listed = None
    if cells > 1 and (listed is None or listed.shape[0] * cells > _ELEMENTS):
        half = cells // 2
        parts = [
            _tails(marginal, signals[:, c], weights[:, c], q[:, c]) for c in (slice(half), slice(half, None))
        ]
        return _joined(parts)
    assert listed is not None
    add_up = _sums_by_mask if len(q) <= _MASKS else _sums_by_order
    signal = outcomes.signal_probability(listed)
    background = outcomes.background_probability(listed)
    return add_up(listed @ weights, q * (1 + TIE), signal, background)


def _sums_by_mask(q: FloatArray, highest: FloatArray, signal: FloatArray, background: FloatArray) -> Tails:
    """Sums over the outcomes with q (D, J) <= highest (T, J): signal (D, J), background (D,)."""
    inside = q[None] <= highest[:, None]
    return Tails(
        np.stack([np.einsum("dj,dj->j", mask, signal) for mask in inside]),
        np.stack([background @ mask for mask in inside]),
    )


def _sums_by_order(q: FloatArray, highest: FloatArray, signal: FloatArray, background: FloatArray) -> Tails:
    """The same for many thresholds: the outcomes of a cell are sorted once."""
    order = np.argsort(np.ascontiguousarray(q.T), axis=1)
    columns = zip(np.take_along_axis(q.T, order, axis=1), highest.T, strict=True)
    found = np.stack([np.searchsorted(column, wanted, side="right") for column, wanted in columns])
    sums = np.zeros((q.shape[1], q.shape[0] + 1))
    result = []
    for part in (np.take_along_axis(signal.T, order, axis=1), background[order]):
        np.cumsum(part, axis=1, out=sums[:, 1:])
        result.append(np.take_along_axis(sums, found, axis=1).T)
    return Tails(*result)


def _joined(parts: list[Tails]) -> Tails:
    return Tails(
        np.concatenate([part.signal for part in parts], axis=1),
        np.concatenate([part.background for part in parts], axis=1),
    )


TailsOf = Callable[[Marginal, FloatArray, FloatArray, IntArray], Tails]

TOTAL_COUNT, LIKELIHOOD_RATIO = "total-count", "likelihood-ratio"

ORDERINGS: Mapping[str, TailsOf] = {
    TOTAL_COUNT: total_count_tails,
    LIKELIHOOD_RATIO: likelihood_ratio_tails,
}
"""Each order of the outcomes of several regions."""

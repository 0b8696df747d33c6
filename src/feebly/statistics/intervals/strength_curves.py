"""Probabilities of many outcomes as functions of the signal strength: Chebyshev series on panels of x.

x = sqrt(expected signal of all regions together). In x the probability of any counts changes over one unit,
so that a panel of width 2 needs some twenty nodes; an uncertain signal can ask for narrower ones near x = 0,
and gets them where the last coefficients of a series have not died away. What they leave is stated
(``Curves.remainder``).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray

Rows = NDArray[np.intp]
Probability = Callable[[FloatArray, Rows], FloatArray]
"""P(outcome | x) of some rows of the list of outcomes (D,) at x (J,); shape (D, J)."""

NODES = 24
"""Points of a panel."""

PANEL = 2.0
"""Width of a panel in x, where nothing asks for less."""

_NARROWEST = PANEL / 2**8
_LAST = 1e-10  # of the last two coefficients, over the largest value of the row on the panel
_NOISE = 1e3 * np.finfo(float).eps  # of the largest value of all rows: rounding of the sums behind a value
_RARE = 1e-9  # rows below this probability do not make the panels narrower
_LOOK = 2 * NODES + 1  # points of a panel among which the largest is looked for
_NEWTON = 5
_MAX_PANELS = 4_000
_ONE_THREAD = 1 << 18  # multiplications of a product of matrices

_POINTS = np.sin(np.pi / 2 * np.linspace(-1, 1, NODES))  # Chebyshev points with both ends
_FROM_VALUES: FloatArray = np.asarray(np.linalg.inv(chebyshev.chebvander(_POINTS, NODES - 1)), float)
_LOOKED = np.sin(np.pi / 2 * np.linspace(-1, 1, _LOOK))
_LOOK_BASIS: FloatArray = np.asarray(chebyshev.chebvander(_LOOKED, NODES - 1), float)


@dataclass(frozen=True, eq=False)
class Curves:
    """P(outcome | x) of D outcomes for 0 <= x <= edges[-1]; series: (D, NODES) of each panel."""

    edges: tuple[float, ...]
    series: tuple[FloatArray, ...]

    @classmethod
    def of(cls, probability: Probability, outcomes: int, x_max: float, widest: float = PANEL) -> Curves:
        """The curves of all outcomes from x = 0 to x_max at least, on panels up to ``widest`` wide."""
        edges: list[float] = [0.0]
        series: list[FloatArray] = []
        rows, width = np.arange(outcomes), widest
        while edges[-1] < x_max or not series:
            found, used = _panel(probability, rows, edges[-1], width)
            series.append(found)
            edges.append(edges[-1] + used)
            width = _next_width(width, used, widest)
            _require_end(len(series))
        return cls(tuple(edges), tuple(series))

    def remainder(self, weights: FloatArray | None = None) -> float:
        """Size of what the series leave out of a sum of probabilities: their last coefficients, added up.

        The largest of all panels; weights: how many outcomes each row stands for.
        """
        last = [np.abs(series[:, -2:]).sum(axis=1) for series in self.series]
        return max(float(rest.sum() if weights is None else weights @ rest) for rest in last)

    def at(self, x: FloatArray) -> FloatArray:
        """P(outcome | x), outcomes down and x across."""
        result = np.empty((len(self.series[0]), x.size))
        edges = np.array(self.edges)
        panel = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, len(self.series) - 1)
        for p in np.unique(panel):
            here = _place(np.flatnonzero(panel == p))
            t = (2 * x[here] - edges[p] - edges[p + 1]) / (edges[p + 1] - edges[p])
            result[:, here] = matrix_product(self.series[p], chebyshev.chebvander(t, NODES - 1))
        return np.maximum(result, 0.0, out=result)

    def peaks(self, probability: Probability) -> tuple[FloatArray, FloatArray]:
        """x >= 0 of the largest P of each outcome, and that P.

        An outcome whose P still rises at the last edge is followed beyond it until it falls; one that falls
        there is taken to go on falling.
        """
        best_x, best = np.zeros(len(self.series[0])), np.full(len(self.series[0]), -1.0)
        for p, series in enumerate(self.series):
            _improve(best_x, best, slice(None), series, self.edges[p], self.edges[p + 1])
        edge, width = self.edges[-1], self.edges[-1] - self.edges[-2]
        rising = np.flatnonzero(best_x >= edge)
        panels = len(self.series)
        while rising.size:
            series, used = _panel(probability, rising, edge, width)
            _improve(best_x, best, rising, series, edge, edge + used)
            edge, panels, width = edge + used, panels + 1, _next_width(width, used, PANEL)
            rising = rising[best_x[rising] >= edge]
            _require_end(panels)
        return best_x, best


def _place(columns: Rows) -> slice | Rows:
    """Rising columns as a slice where they are neighbours: it is filled without an index."""
    first, last = int(columns[0]), int(columns[-1])
    return slice(first, last + 1) if last - first + 1 == columns.size else columns


def matrix_product(first: FloatArray, second: FloatArray) -> FloatArray:
    """first @ second.T of (M, K) and (N, K), in blocks so small that each stays on one thread.

    The threads of the library wait for one another: where cores are shared two take longer than one.
    """
    side = max(1, math.isqrt(_ONE_THREAD // first.shape[1]))
    across = min(side, len(second))
    down = min(max(1, _ONE_THREAD // (first.shape[1] * across)), len(first))
    blocks = np.matmul(
        _blocks(first, down)[:, None], _blocks(second, across).transpose(0, 2, 1)[None]
    )  # (A, B, down, across)
    whole = blocks.transpose(0, 2, 1, 3).reshape(blocks.shape[0] * down, -1)
    return np.asarray(whole[: len(first), : len(second)])


def _blocks(matrix: FloatArray, size: int) -> FloatArray:
    """The rows in blocks (B, size, K), the last filled with zeros."""
    missing = -len(matrix) % size
    if missing:
        matrix = np.concatenate([matrix, np.zeros((missing, matrix.shape[1]))])
    return matrix.reshape(-1, size, matrix.shape[1])


def _panel(probability: Probability, rows: Rows, low: float, width: float) -> tuple[FloatArray, float]:
    """Series of the rows on a panel that starts at ``low``, and its width: at most the one given."""
    while True:
        values = probability(low + width * (1 + _POINTS) / 2, rows)
        series = matrix_product(values, _FROM_VALUES)
        top = values.max(axis=1)
        rest = np.abs(series[:, -2:]).max(axis=1)
        resolved = (rest <= _LAST * top) | (rest <= _NOISE * top.max()) | (top <= _RARE)
        if resolved.all() or width <= _NARROWEST:
            return series, width
        width /= 2


def _next_width(tried: float, used: float, widest: float) -> float:
    """Twice as wide after a panel that was accepted at once."""
    return min(2 * used, widest) if used == tried else used


def _improve(
    best_x: FloatArray, best: FloatArray, rows: Rows | slice, series: FloatArray, low: float, high: float
) -> None:
    """Put the largest P of a panel in the place of what was found before, where it is larger."""
    t, top = _largest(series)
    better = top > best[rows]
    best_x[rows] = np.where(better, (low + high) / 2 + t * (high - low) / 2, best_x[rows])
    best[rows] = np.where(better, top, best[rows])
    best_x[rows] = np.where(better & (t == 1), high, best_x[rows])


def _largest(series: FloatArray) -> tuple[FloatArray, FloatArray]:
    """t in -1 .. 1 of the largest value of each series, and that value: a look, then Newton's method."""
    looked = matrix_product(series, _LOOK_BASIS)
    place = np.argmax(looked, axis=1)
    top, start = looked[np.arange(len(series)), place], _LOOKED[place]
    left, right = _LOOKED[np.maximum(place - 1, 0)], _LOOKED[np.minimum(place + 1, _LOOK - 1)]
    coefficients = series.T
    slope = chebyshev.chebder(coefficients, axis=0)
    bend = chebyshev.chebder(slope, axis=0)
    t = start
    for _ in range(_NEWTON):
        with np.errstate(divide="ignore", invalid="ignore"):
            step = chebyshev.chebval(t, slope, tensor=False) / chebyshev.chebval(t, bend, tensor=False)
        t = np.clip(np.where(np.isfinite(step), t - step, t), left, right)
    value = chebyshev.chebval(t, coefficients, tensor=False)
    return np.where(value > top, t, start), np.maximum(value, top)


def _require_end(panels: int) -> None:
    if panels > _MAX_PANELS:
        raise DomainError(
            f"signals up to {(PANEL * panels) ** 2:.2g} events fit the counts as well as smaller ones: check "
            "counts, backgrounds and errors, or use 'cls-counting'"
        )

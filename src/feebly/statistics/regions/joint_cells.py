"""CLs and limits of several regions on many cells at once, each with its own signal in each region.

CLs = P(Q <= Q_obs | s + b) / P(Q <= Q_obs | b) with the order of ``ordering.py`` and all nuisances averaged
in numerator and denominator (``cls-counting``), or P(Q <= Q_obs | s + b) alone (``classical``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.errors import DomainError, unknown
from feebly.core.interfaces import FloatArray
from feebly.statistics.checks import require_confidence_level
from feebly.statistics.regions.model import CountingModel
from feebly.statistics.regions.nuisances import marginal
from feebly.statistics.regions.ordering import (
    ORDERINGS,
    Tails,
    likelihood_ratio_quantiles,
    total_count_tails,
)

JOINT_CONVENTIONS = ("cls-counting", "classical")
"""Conventions that several regions have."""

_SCAN = 64  # points of the first look for the largest crossing
_SECTIONS = 8
_SOLVER_RTOL = 1e-12
_CELLS_RTOL = 1e-9  # of the limits of many cells


def cls_of_cells(
    model: CountingModel,
    signals: ArrayLike,
    convention: str = "cls-counting",
    ordering: str = "total-count",
) -> FloatArray:
    """CLs of cells that each have their own signal in each region, shape (R, \\*cells) [events].

    The signals of the regions of ``model`` are not used; counts, backgrounds and nuisances are.
    """
    return cell_curve(model, convention, ordering)(np.asarray(signals, dtype=float))


def cell_curve(model: CountingModel, convention: str, ordering: str) -> Callable[[FloatArray], FloatArray]:
    """CLs as a function of the signals (R, \\*cells), the averages over the nuisances prepared once."""
    require_choices(convention, ordering)
    counts, means, regions = np.array(model.observed), model.central_backgrounds, len(model.regions)
    averages = marginal(model, int(counts.sum()))

    def curve(s: FloatArray) -> FloatArray:
        if s.shape[:1] != (regions,) or not np.all((s >= 0) & np.isfinite(s)):
            raise DomainError(
                f"signals of shape {s.shape}: expected finite numbers of events >= 0, "
                f"{regions} regions along the first axis"
            )
        tails = ORDERINGS[ordering](averages, means, s.reshape(regions, -1), counts)
        return statistic_of(tails, convention)[0].reshape(s.shape[1:])

    return curve


def limits_on_cells(
    model: CountingModel,
    shares: ArrayLike,
    cl: float = 0.90,
    convention: str = "cls-counting",
    ordering: str = "total-count",
) -> FloatArray:
    """Limits on the factor mu of the signals mu * shares of each cell; shares (R, J), result (J,).

    The largest mu that is not excluded: with the likelihood ratio the order of the outcomes changes with mu,
    and CLs may jump.
    """
    f = np.asarray(shares, dtype=float)

    statistic = cell_curve(model, convention, ordering)

    def curve(mu: FloatArray) -> FloatArray:
        return statistic(f[:, None] * mu)

    start = (sum(model.observed) + 1.0) / np.maximum(f.sum(axis=0), 1e-300)
    return largest_crossing(curve, 1 - require_confidence_level(cl), start, _CELLS_RTOL)


def expected_limits_on_cells(
    model: CountingModel,
    shares: ArrayLike,
    probability: float = 0.5,
    cl: float = 0.90,
    convention: str = "cls-counting",
    ordering: str = "total-count",
) -> FloatArray:
    """As ``limits_on_cells``, at a quantile of the outcome under the background alone (0.5: the median)."""
    f = np.asarray(shares, dtype=float)

    def curve(mu: FloatArray) -> FloatArray:
        signals = f[:, None] * mu
        flat = signals.reshape(len(f), -1)
        values = quantile_cls(model, flat, (probability,), convention, ordering)[0]
        return values.reshape(signals.shape[1:])

    start = (model.background_means.sum() + 1.0) / np.maximum(f.sum(axis=0), 1e-300)
    return largest_crossing(curve, 1 - require_confidence_level(cl), start, _CELLS_RTOL)


def quantile_cls(
    model: CountingModel,
    signals: ArrayLike,
    probabilities: Sequence[float],
    convention: str = "cls-counting",
    ordering: str = "total-count",
) -> FloatArray:
    """CLs at quantiles of the outcome under the background: signals (R, \\*cells), result (P, \\*cells).

    probabilities: P(Q <= q | b) of each quantile, such as Phi(z) for the bands.
    """
    require_choices(convention, ordering)
    s = np.asarray(signals, dtype=float)
    flat, levels = s.reshape(len(s), -1), np.asarray(probabilities, dtype=float)
    means = model.background_means
    if ordering == "likelihood-ratio":
        averages = marginal(model, int(means.sum() + 5 * np.sqrt(means.sum())) + 5)
        tails = likelihood_ratio_quantiles(averages, model.central_backgrounds, flat, levels)
        return statistic_of(tails, convention).reshape(len(levels), *s.shape[1:])
    counts = total_count_quantiles(model, levels)
    averages = marginal(model, max(counts))
    values = {
        n: statistic_of(total_count_tails(averages, means, flat, np.array(n)), convention)[0]
        for n in sorted(set(counts))
    }
    return np.stack([values[n] for n in counts]).reshape(len(levels), *s.shape[1:])


def total_count_quantiles(model: CountingModel, probabilities: ArrayLike) -> tuple[int, ...]:
    """Smallest total n with P(N <= n | b) >= p for each p."""
    levels = np.atleast_1d(np.asarray(probabilities, dtype=float))
    n = int(2 * model.background_means.sum()) + 16
    nothing = np.zeros((len(model.regions), 1))
    while True:
        averages = marginal(model, n)
        below = [
            float(total_count_tails(averages, model.background_means, nothing, np.array(k)).background[0, 0])
            for k in range(n + 1)
        ]
        if below[-1] >= levels.max():
            return tuple(int(k) for k in np.searchsorted(below, levels))
        n *= 2


def largest_crossing(
    curve: Callable[[FloatArray], FloatArray],
    target: float,
    start: FloatArray,
    rtol: float = _SOLVER_RTOL,
) -> FloatArray:
    """Largest x of each cell with curve(x) >= target, for curves that fall from 1 but for jumps.

    curve: from x of shape (P, J) to values of the same shape. start (J,): scale of x. rtol: of x.
    """
    high = np.array(start, dtype=float)
    for _ in range(60):
        open_ = curve(high[None])[0] > target / 10
        if not open_.any():
            break
        high = np.where(open_, 2 * high, high)
    x = np.concatenate([np.zeros((1, high.size)), high * np.geomspace(1e-4, 1.0, _SCAN)[:, None]])
    low, high = _bracket(curve, target, x)
    while np.any(high - low > rtol * high):
        x = low + (high - low) * np.linspace(0, 1, _SECTIONS + 1)[:, None]
        finer_low, finer_high = _bracket(curve, target, x)
        if np.all((finer_low == low) & (finer_high == high)):
            break
        low, high = finer_low, finer_high
    return low


def _bracket(
    curve: Callable[[FloatArray], FloatArray], target: float, x: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Neighbours of the last point of x (P, J) whose value reaches the target; (0, 0) where none does."""
    reached = curve(x[:-1]) >= target
    last = len(reached) - 1 - np.argmax(reached[::-1], axis=0)
    cells = np.arange(x.shape[1])
    none = ~reached.any(axis=0)
    low, high = x[last, cells], x[last + 1, cells]
    return np.where(none, x[0], low), np.where(none, x[0], high)


def statistic_of(tails: Tails, convention: str) -> FloatArray:
    """CLs, or CLs+b with the convention ``classical``."""
    if convention == "classical":
        return tails.signal
    if not np.all(tails.background > 0):
        raise DomainError(
            "P(Q <= Q_obs | b) is below the smallest number: check the counts and the backgrounds"
        )
    return np.minimum(tails.signal / tails.background, 1.0)


def require_choices(convention: str, ordering: str) -> None:
    if convention not in JOINT_CONVENTIONS:
        raise unknown("convention of several regions", convention, JOINT_CONVENTIONS)
    if ordering not in ORDERINGS:
        raise unknown("ordering", ordering, ORDERINGS)

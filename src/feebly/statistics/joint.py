"""Limits from several regions together, by enumeration of their counts.

CLs(mu) = P(Q <= Q_obs | mu s + b) / P(Q <= Q_obs | b) with the order of ``ordering.py`` and all nuisances
averaged in numerator and denominator (``cls-counting``), or P(Q <= Q_obs | mu s + b) alone (``classical``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.errors import ConfigError, DomainError, unknown
from feebly.core.interfaces import FloatArray
from feebly.statistics import quadrature
from feebly.statistics.backgrounds import Background, Sum, as_background
from feebly.statistics.checks import require_confidence_level, require_count
from feebly.statistics.limits import Limit, upper_limit
from feebly.statistics.nuisances import marginal
from feebly.statistics.ordering import (
    ORDERINGS,
    Tails,
    likelihood_ratio_quantiles,
    total_count_tails,
)
from feebly.statistics.regions import CountingModel

JOINT_CONVENTIONS = ("cls-counting", "classical")
"""Conventions that several regions have."""

_SCAN = 64  # points of the first look for the largest crossing
_SECTIONS = 8
_SOLVER_RTOL = 1e-12
_CELLS_RTOL = 1e-9  # of the limits of many cells


@dataclass(frozen=True, slots=True)
class JointLimit:
    """Upper limit on the signal strength mu of a counting model.

    mu_up: limit on mu at confidence level cl; s_up: the expected signal in all regions at mu_up [events].
    cls_error: bound on the numerical error of CLs(mu_up) - (1 - cl) by quadrature and solution (an ordering
    that changes with mu may jump across 1 - cl: mu_up is the largest mu that is not excluded). mc_error:
    standard deviation of CLs(mu_up) by toys, 0 for method "enumeration". convention "classical" has CLs+b in
    the place of CLs; there mu_up = 0 says that even mu = 0 is excluded.
    """

    mu_up: float
    s_up: float
    regions: tuple[str, ...]
    observed: tuple[int, ...]
    background_means: tuple[float, ...]
    cl: float
    convention: str
    ordering: str
    method: str
    cls_error: float
    mc_error: float = 0.0

    def __float__(self) -> float:
        return self.mu_up


def joint_upper_limit(
    model: CountingModel,
    cl: float = 0.90,
    convention: str = "cls-counting",
    ordering: str = "total-count",
) -> JointLimit:
    """Upper limit on mu for the observed counts of the model.

    convention: ``cls-counting`` or ``classical``. ordering: ``total-count`` or ``likelihood-ratio``. Raises
    ConfigError for a wrong cl, convention or ordering, DomainError for more outcomes than can be enumerated.
    """
    cl, observed = require_confidence_level(cl), model.observed
    signals = _shape_of_signals(model)

    def curve(mu: FloatArray) -> FloatArray:
        return joint_cls(model, mu, convention, ordering)

    (mu_up,) = largest_crossing(curve, 1 - cl, np.array([(sum(observed) + 1.0) / signals.sum()]))
    reached = float(curve(mu_up)) if mu_up > 0 else 1 - cl
    jump = reached - (1 - cl)
    return JointLimit(
        mu_up=float(mu_up),
        s_up=float(mu_up * signals.sum()),
        regions=tuple(region.name for region in model.regions),
        observed=observed,
        background_means=tuple(float(b) for b in model.background_means),
        cl=cl,
        convention=convention,
        ordering=ordering,
        method="enumeration",
        cls_error=quadrature.ACCURACY + (abs(jump) if ordering == "total-count" else 0.0),
    )


def joint_cls(
    model: CountingModel,
    mu: ArrayLike,
    convention: str = "cls-counting",
    ordering: str = "total-count",
) -> FloatArray:
    """CLs (or CLs+b) of each signal strength, for the observed counts; same shape as ``mu``."""
    strength = np.asarray(mu, dtype=float)
    signals = np.multiply.outer(_shape_of_signals(model), strength)
    return cls_of_cells(model, signals, convention, ordering)


def cls_of_cells(
    model: CountingModel,
    signals: ArrayLike,
    convention: str = "cls-counting",
    ordering: str = "total-count",
) -> FloatArray:
    """CLs of cells that each have their own signal in each region, shape (R, \\*cells) [events].

    The signals of the regions of ``model`` are not used; counts, backgrounds and nuisances are.
    """
    _require_choices(convention, ordering)
    s = np.asarray(signals, dtype=float)
    if s.shape[:1] != (len(model.regions),) or not np.all((s >= 0) & np.isfinite(s)):
        raise DomainError(
            f"signals of shape {s.shape}: expected finite numbers of events >= 0, "
            f"{len(model.regions)} regions along the first axis"
        )
    flat = s.reshape(len(s), -1)
    counts = np.array(model.observed)
    averages = marginal(model, int(counts.sum()))
    tails = ORDERINGS[ordering](averages, model.central_backgrounds, flat, counts)
    return _statistic(tails, convention)[0].reshape(s.shape[1:])


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

    def curve(mu: FloatArray) -> FloatArray:
        return cls_of_cells(model, f[:, None] * mu, convention, ordering)

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
    _require_choices(convention, ordering)
    s = np.asarray(signals, dtype=float)
    flat, levels = s.reshape(len(s), -1), np.asarray(probabilities, dtype=float)
    means = model.background_means
    if ordering == "likelihood-ratio":
        averages = marginal(model, int(means.sum() + 5 * np.sqrt(means.sum())) + 5)
        tails = likelihood_ratio_quantiles(averages, model.central_backgrounds, flat, levels)
        return _statistic(tails, convention).reshape(len(levels), *s.shape[1:])
    counts = total_count_quantiles(model, levels)
    averages = marginal(model, max(counts))
    values = {
        n: _statistic(total_count_tails(averages, means, flat, np.array(n)), convention)[0]
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


def _statistic(tails: Tails, convention: str) -> FloatArray:
    if convention == "classical":
        return tails.signal
    if not np.all(tails.background > 0):
        raise DomainError(
            "P(Q <= Q_obs | b) is below the smallest number: check the counts and the backgrounds"
        )
    return np.minimum(tails.signal / tails.background, 1.0)


def _shape_of_signals(model: CountingModel) -> FloatArray:
    signals = model.signals
    if not signals.sum() > 0:
        raise ConfigError("signal = 0 in every region: expected a signal in at least one")
    return signals


def _require_choices(convention: str, ordering: str) -> None:
    if convention not in JOINT_CONVENTIONS:
        raise unknown("convention of several regions", convention, JOINT_CONVENTIONS)
    if ordering not in ORDERINGS:
        raise unknown("ordering", ordering, ORDERINGS)


def combined_upper_limit(
    counts: Sequence[int],
    backgrounds: Sequence[float | Background],
    cl: float = 0.90,
    signal_error: float = 0.0,
) -> Limit:
    """CLs limit on the total signal [events] of regions with independent backgrounds, from the total count.

    The statistic is the total over the regions that are open, never the envelope of single limits. A region
    without observed event makes the combination at least as strong as the best region; with an event it need
    not be. ``signal_error`` is common to all regions.
    """
    if len(counts) == 0 or len(counts) != len(backgrounds):
        raise ConfigError(
            f"{len(counts)} counts for {len(backgrounds)} regions: expected one count for each region"
        )
    n = sum(require_count("n", count) for count in counts)
    background = Sum(tuple(as_background(b) for b in backgrounds))
    return upper_limit(n, background, cl=cl, signal_error=signal_error)

"""Quantiles of the limit of several regions when the signal is thrown too, on many cells at once.

As ``intervals/bands.py`` for one count: an experiment that had kappa times the signal it believes in, kappa
log-normal with mean 1, excludes mu(outcome) / kappa of it. This is a mixture of log-normals, one for each
outcome. With the likelihood ratio mu(outcome) differs from cell to cell: all outcomes are scanned together,
then those that weigh more are bracketed closer. Without throw these are the quantiles of mu(outcome); where a
background is uncertain CLs need not rise with Q, and the limit at the quantile of Q can be a little larger.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.statistics.checks import require_confidence_level
from feebly.statistics.quadrature import lognormal_width
from feebly.statistics.regions.joint_cells import require_choices, statistic_of
from feebly.statistics.regions.model import CountingModel
from feebly.statistics.regions.nuisances import marginal
from feebly.statistics.regions.ordering import LIKELIHOOD_RATIO, background_outcomes, likelihood_ratio_tails
from feebly.statistics.regions.outcomes import IntArray

NEGLIGIBLE = 1e-5
"""Probability of the outcomes whose limits are not computed: the least likely ones, taken as the weakest."""

ACCURACY = 1e-4
"""Relative accuracy of a quantile where two outcomes change places in the order; elsewhere 1e-6."""

_SCAN = 32  # points of the first look at all outcomes
_SECTIONS = 8
_ELEMENTS = 1 << 23  # outcomes x points x cells of one block
_HALVINGS = 34  # of the range of a quantile


def thrown_limits_on_cells(
    model: CountingModel,
    shares: ArrayLike,
    probabilities: ArrayLike,
    thrown_error: float,
    cl: float = 0.90,
    convention: str = "cls-counting",
) -> FloatArray:
    """Quantiles of the limit on the factor mu of mu * shares, by the likelihood ratio; (P, J).

    shares: (R, J). probabilities: of each quantile, such as Phi(z) for the bands. thrown_error: relative
    standard deviation of kappa. Raises DomainError where the interval of a probable outcome is empty.
    """
    require_choices(convention, LIKELIHOOD_RATIO)
    f, sigma = np.asarray(shares, dtype=float), lognormal_width(thrown_error)
    counts, weights = probable_outcomes(model)
    step = max(1, _ELEMENTS // (len(counts) * _SCAN))
    found = []
    for start in range(0, f.shape[1], step):
        block = f[:, start : start + step]
        mu = np.stack(list(_limits_of_outcomes(model, counts, weights, block, cl, convention)))
        if not mu.all():
            raise DomainError(
                f"full bands of {convention!r}: the interval of an outcome with b = "
                f"{model.background_means.sum():g} is empty; use 'cls-counting'"
            )
        # ln kappa has mean -sigma^2 / 2
        levels = np.asarray(probabilities, dtype=float)
        found.append(np.exp(_mixture_quantiles(np.log(mu) + sigma**2 / 2, weights, sigma, levels)))
    return np.concatenate(found, axis=1)


def probable_outcomes(model: CountingModel) -> tuple[IntArray, FloatArray]:
    """The fewest outcomes (T, R) that hold all but ``NEGLIGIBLE`` of P(outcome | b), and their probabilities.

    The likeliest comes first.
    """
    total = float(model.background_means.sum())
    listed, probability = background_outcomes(marginal(model, int(total + 5 * np.sqrt(total)) + 5))
    order = np.argsort(-probability, kind="stable")
    held = np.cumsum(probability[order])
    kept = order[: int(np.searchsorted(held, held[-1] * (1 - NEGLIGIBLE))) + 1]
    return listed[kept], probability[kept]


def _limits_of_outcomes(
    model: CountingModel,
    counts: IntArray,
    weights: FloatArray,
    shares: FloatArray,
    cl: float,
    convention: str,
) -> Iterator[FloatArray]:
    """Largest mu (J,) that is not excluded, of each outcome; 0 where every one is."""
    target = 1 - require_confidence_level(cl)
    averages, means = marginal(model, int(counts.sum(axis=1).max())), model.central_backgrounds

    def curves(outcomes: IntArray, mu: FloatArray) -> FloatArray:
        signals = (shares[:, None] * mu).reshape(len(shares), -1)
        tails = likelihood_ratio_tails(averages, means, signals, outcomes)
        return statistic_of(tails, convention).reshape(len(outcomes), *mu.shape)

    unit = 1 / np.maximum(shares.sum(axis=0), 1e-300)
    low, high = -0.8 * np.log(target) * unit, (counts.sum(axis=1).max() + 1) * unit
    while (not_yet := curves(counts, high[None])[:, 0].max(axis=0) > target / 10).any():
        high = np.where(not_yet, 1.5 * high, high)
    # from just above zero, where all outcomes tie
    x = np.concatenate([1e-6 * unit[None], low * (high / low) ** np.linspace(0, 1, _SCAN)[:, None]])
    for outcome, weight, values in zip(counts, weights, curves(counts, x), strict=True):
        ends = _bracketed(x, values, target)
        while np.any((ends[0][1] - ends[0][0]) * weight > ACCURACY * ends[0][1]):
            inside = ends[0][0] + (ends[0][1] - ends[0][0]) * np.linspace(0, 1, _SECTIONS + 1)[:, None]
            ends = _bracketed(inside, curves(outcome[None], inside)[0], target)
        yield _interpolated(*ends, target)


def _bracketed(x: FloatArray, values: FloatArray, target: float) -> tuple[FloatArray, FloatArray]:
    """The last points of x (P, J) with and without values >= target, (2, J), and their values.

    Two zeros where no value reaches the target.
    """
    reached = values[:-1] >= target
    last = len(reached) - 1 - np.argmax(reached[::-1], axis=0)
    pair = np.stack([last, last + 1])
    some = reached.any(axis=0)
    return np.where(some, np.take_along_axis(x, pair, axis=0), 0.0), np.take_along_axis(values, pair, axis=0)


def _interpolated(x: FloatArray, values: FloatArray, target: float) -> FloatArray:
    """Where ln of the value, a straight line between both ends (CLs falls like exp(-mu)), is ln target."""
    above, below = np.log(np.maximum(values, 1e-300)) - np.log(target)
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(above > below, above / (above - below), 0.0)
    return np.asarray(x[0] + (x[1] - x[0]) * np.clip(part, 0.0, 1.0))


def _mixture_quantiles(
    centres: FloatArray, weights: FloatArray, sigma: float, levels: FloatArray
) -> FloatArray:
    """Quantiles (P, J) of normals of one width about centres (T, J), by halving.

    The weight that is missing to 1 lies above them.
    """
    from scipy.special import ndtr, ndtri

    z = ndtri(levels)[:, None]
    low, high = centres.min(axis=0) + (z - 1e-6) * sigma, centres.max(axis=0) + (z + 1) * sigma
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        below = np.stack([weights @ ndtr((row - centres) / sigma) for row in middle]) < levels[:, None]
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray((low + high) / 2)

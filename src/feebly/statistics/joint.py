"""Several regions together: the total count, and the joint likelihood of counts with a common uncertainty."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from feebly.core.errors import ConfigError, DomainError
from feebly.core.interfaces import FloatArray
from feebly.statistics.backgrounds import Background, Sum, as_background
from feebly.statistics.checks import require_count, require_positive
from feebly.statistics.counting import distribution_of_all_counts, not_more_probable
from feebly.statistics.limits import Limit, upper_limit

_MAX_OUTCOMES = 20_000_000  # of a joint enumeration: memory, not principle


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
    _require_same_length(counts, backgrounds)
    n = sum(require_count("n", count) for count in counts)
    background = Sum(tuple(as_background(b) for b in backgrounds))
    return upper_limit(n, background, cl=cl, signal_error=signal_error)


def joint_likelihood_ordered_p_value(
    counts: Sequence[int], means: Sequence[float], total: Background
) -> float:
    """P(L <= L_obs) of the counts in several regions whose backgrounds share one relative uncertainty.

    means: central background of each region [events, > 0]; total: knowledge of their sum, whose relative
    uncertainty is common to all. With the shares f_r = mean_r / sum fixed the joint probability
    factorises, P(n_1 .. n_R) = P(N | total) * multinomial(n_1 .. n_R; N, f), and all outcomes are enumerated.
    """
    _require_same_length(counts, means)
    observed = tuple(require_count("n", count) for count in counts)
    expected = np.array([require_positive("background mean", mean) for mean in means])
    total_counts = distribution_of_all_counts(total, at_least=sum(observed))
    probabilities = _joint_pmf(expected / expected.sum(), total_counts.pmf[:-1])
    return not_more_probable(
        probabilities.ravel(), float(probabilities[observed]), beyond=float(total_counts.tail[-1])
    )


def _joint_pmf(shares: FloatArray, total_pmf: FloatArray) -> FloatArray:
    """P(n_1, .., n_R) up to the total that is listed: one axis per region, zero beyond that total."""
    from scipy.special import gammaln

    regions, size = len(shares), total_pmf.size
    if size**regions > _MAX_OUTCOMES:
        raise DomainError(
            f"{regions} regions with counts up to {size - 1}: too many outcomes to enumerate; "
            "use the total count"
        )
    n = np.indices((size,) * regions)
    n_total = n.sum(axis=0)
    log_shares = np.log(shares).reshape(-1, *(1,) * regions)
    log_multinomial = gammaln(n_total + 1.0) + (n * log_shares - gammaln(n + 1.0)).sum(axis=0)
    listed = n_total < size
    return np.where(listed, total_pmf[np.where(listed, n_total, 0)] * np.exp(log_multinomial), 0.0)


def _require_same_length(counts: Sequence[int], regions: Sequence[object]) -> None:
    if len(counts) == 0 or len(counts) != len(regions):
        raise ConfigError(
            f"{len(counts)} counts for {len(regions)} regions: expected one count for each region"
        )

"""Significance of an excess: p-values with the background marginalised, Z, and the counts that are needed.

A p-value is P(N >= n | b), one tail of the count. Its Z is a matter of convention and is always named:
``two-sided``, P(|z| > Z) = p, is the default, as NA62 quotes it (2303.08666: 1.587% is 2.41 sigma);
``one-sided``, P(z > Z) = p, is usual at the LHC (2.15 sigma).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from feebly.core.errors import DomainError, unknown
from feebly.statistics.backgrounds import Background, BetaProduct, as_background
from feebly.statistics.checks import require_count, require_positive
from feebly.statistics.counting import distribution_of_all_counts, not_more_probable

TWO_SIDED, ONE_SIDED = "two-sided", "one-sided"
SIDES: Mapping[str, int] = {TWO_SIDED: 2, ONE_SIDED: 1}
"""Tails of the normal distribution that a p-value is shared among, by name."""

_FAR = 1e-10  # p-value below which a product of Beta posteriors is integrated over its far tail


@dataclass(frozen=True, slots=True)
class Significance:
    """How surprising ``n`` events are under the background alone.

    background_mean: central b [events]. p_value: P(N >= n | b). p_likelihood: P(L <= L_obs), all counts that
    are not more probable than n. z: of p_value in the convention ``sides``; infinite for p_value = 0, events
    without any background.
    """

    n: int
    background_mean: float
    p_value: float
    p_likelihood: float
    z: float
    sides: str


def significance_of(
    n: int, b: float | Background, sigma_b: float | None = None, sides: str = TWO_SIDED
) -> Significance:
    """P-values and Z of ``n`` events on the background b (+- sigma_b: a truncated Gaussian).

    Raises DomainError for impossible numbers and where the p-value is below the smallest number, ConfigError
    for unknown ``sides``.
    """
    background = as_background(b, sigma_b)
    p = p_value(n, background)
    if p == 0 and background.mean > 0:
        raise DomainError(
            f"n = {n} with background {background.mean:g}: the p-value is below the smallest number; "
            "check n and b"
        )
    z = z_of(p, sides) if p > 0 else np.inf
    likelihood = likelihood_ordered_p_value(n, background) if p > 0 else 0.0
    return Significance(n, float(background.mean), p, likelihood, z, sides)


def p_value(n: int, background: float | Background) -> float:
    """P(N >= n | b), b marginalised: the p-value of an excess."""
    n = require_count("n", n)
    b = as_background(background)
    p = float(b.counts(n).tail[n])
    return b.far_tail(n) if isinstance(b, BetaProduct) and p < _FAR else p


def likelihood_ordered_p_value(n: int, background: float | Background) -> float:
    """P(L <= L_obs): sum of the probabilities of all counts not more probable than ``n``, ties included."""
    n = require_count("n", n)
    counts = distribution_of_all_counts(as_background(background), at_least=n)
    return not_more_probable(counts.pmf[:-1], float(counts.pmf[n]), beyond=float(counts.tail[-1]))


def events_for(sigmas: float, background: float | Background, sides: str = TWO_SIDED) -> int:
    """Smallest n whose P(N >= n | b) is ``sigmas`` standard deviations or more; at least 1."""
    threshold = p_of(require_positive("sigmas", sigmas), sides)
    if threshold == 0:
        raise DomainError(f"sigmas = {sigmas!r}: expected at most 37, the p-value is 0 beyond")
    # the listed counts end where the tail is below the threshold; 0.999 keeps rounding out of it
    counts = distribution_of_all_counts(as_background(background), negligible=0.999 * threshold)
    return int(np.argmax(counts.tail <= threshold))


def z_of(p: float, sides: str = TWO_SIDED) -> float:
    """Standard deviations of a normal that a p-value in (0, 1] corresponds to."""
    from scipy.special import ndtri

    if not 0 < p <= 1:
        raise DomainError(f"p-value = {p!r}: expected a probability in (0, 1]")
    return 0.0 - float(ndtri(p / number_of_sides(sides)))


def p_of(sigmas: float, sides: str = TWO_SIDED) -> float:
    """P-value of so many standard deviations: 5.73e-7 for 5 two-sided, 2.87e-7 one-sided."""
    from scipy.special import ndtr

    return float(number_of_sides(sides) * ndtr(-sigmas))


def number_of_sides(sides: str) -> int:
    """1 or 2; ConfigError for an unknown name."""
    if sides not in SIDES:
        raise unknown("convention of Z", sides, SIDES)
    return SIDES[sides]

"""Proportions of events that survive a cut, as intervals that say what they mean.

A proportion is measured by ``passed`` of ``trials`` simulated events. With weighted events both are effective
numbers (``effective_trials``) and need not be whole. The three methods: L. D. Brown, T. T. Cai and
A. DasGupta, Statist. Sci. 16 (2001) 101.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from feebly.core.errors import ConfigError, DomainError, unknown
from feebly.statistics.checks import require_non_negative, require_positive

Meaning = Literal["68%", "90%", "95%", "limit 68%", "limit 90%", "limit 95%"]
MEANINGS: tuple[str, ...] = get_args(Meaning)
"""``P%``: central interval of that probability; ``limit P%``: upper limit, from zero up. 68% is one sigma."""

_LEVELS = {"68%": math.erf(math.sqrt(0.5)), "90%": 0.90, "95%": 0.95}


@dataclass(frozen=True, slots=True)
class StatedInterval:
    """``lower`` .. ``upper`` with its meaning, one of ``MEANINGS``. Different meanings are never mixed."""

    lower: float
    upper: float
    meaning: str

    def __post_init__(self) -> None:
        require_meaning(self.meaning)
        if not self.lower <= self.upper:
            raise DomainError(f"interval {self.lower!r} .. {self.upper!r}: expected lower <= upper")

    @property
    def is_limit(self) -> bool:
        """Whether this is an upper limit: the lower end says nothing."""
        return self.meaning.startswith("limit")

    def scaled(self, factor: float) -> StatedInterval:
        """Both ends times a factor >= 0."""
        require_non_negative("factor of an interval", factor)
        return StatedInterval(factor * self.lower, factor * self.upper, self.meaning)

    def overlaps(self, other: StatedInterval) -> bool:
        """Whether two intervals of one meaning share a point; ConfigError for two meanings."""
        require_one_meaning(self, other)
        return self.lower <= other.upper and other.lower <= self.upper


def require_meaning(meaning: str) -> str:
    """The meaning, if it is one of ``MEANINGS``."""
    if not meaning:
        raise ConfigError(f"interval without meaning: expected one of {', '.join(MEANINGS)}")
    if meaning not in MEANINGS:
        raise unknown("meaning of an interval", str(meaning), MEANINGS)
    return meaning


def require_one_meaning(*intervals: StatedInterval) -> str:
    """The meaning that all intervals share; ConfigError where they differ."""
    meanings = list(dict.fromkeys(interval.meaning for interval in intervals))
    if len(meanings) != 1:
        raise ConfigError(f"intervals of meaning {' and '.join(map(repr, meanings))}: expected one meaning")
    return meanings[0]


def tail_probabilities(meaning: str) -> tuple[float, float]:
    """Probability below the lower and above the upper end."""
    level = _LEVELS[require_meaning(meaning).removeprefix("limit ")]
    return (0.0, 1 - level) if meaning.startswith("limit") else ((1 - level) / 2, (1 - level) / 2)


def effective_trials(total: float, sigma: float) -> float:
    """Unweighted events with the same relative error as total +- sigma, (sum w)^2 / sum w^2."""
    return (require_positive("total", total) / require_positive("sigma", sigma)) ** 2


def wilson(passed: float, trials: float, meaning: str = "68%") -> StatedInterval:
    """Score interval of E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209."""
    from scipy.special import ndtri

    k, n = _require_proportion(passed, trials)
    below, above = tail_probabilities(meaning)
    z = -float(ndtri(above))
    upper = (k + z**2 / 2 + z * math.sqrt(k * (n - k) / n + z**2 / 4)) / (n + z**2)
    # the product of the roots of the quadratic equation keeps the digits of a small lower end
    lower = 0.0 if below == 0 else k**2 / (n * (n + z**2)) / upper
    return StatedInterval(lower, min(upper, 1.0), meaning)


def jeffreys(passed: float, trials: float, meaning: str = "68%") -> StatedInterval:
    """Quantiles of Beta(passed + 1/2, trials - passed + 1/2), open towards 0 or 1 where none or all pass."""
    from scipy.special import betaincinv

    k, n = _require_proportion(passed, trials)
    below, above = tail_probabilities(meaning)
    a, b = k + 0.5, n - k + 0.5
    lower = 0.0 if k == 0 or below == 0 else float(betaincinv(a, b, below))
    return StatedInterval(lower, 1.0 if k == n else float(betaincinv(a, b, 1 - above)), meaning)


def clopper_pearson(passed: float, trials: float, meaning: str = "68%") -> StatedInterval:
    """Interval of C. J. Clopper and E. S. Pearson, Biometrika 26 (1934) 404: never below its coverage."""
    from scipy.special import betaincinv

    k, n = _require_proportion(passed, trials)
    below, above = tail_probabilities(meaning)
    lower = 0.0 if k == 0 or below == 0 else float(betaincinv(k, n - k + 1, below))
    upper = 1.0 if k == n else float(betaincinv(k + 1, n - k, 1 - above))
    # betaincinv is good to 1e-12 only where its first arguments are next to nothing
    return StatedInterval(min(lower, k / n), max(upper, k / n), meaning)


METHODS: Mapping[str, Callable[[float, float, str], StatedInterval]] = {
    "wilson": wilson,
    "jeffreys": jeffreys,
    "clopper-pearson": clopper_pearson,
}
"""Methods of an interval of a proportion, by name."""


def proportion_interval(
    passed: float, trials: float, meaning: str = "68%", method: str = "wilson"
) -> StatedInterval:
    """Interval of a proportion by a named method; ConfigError for an unknown one."""
    if method not in METHODS:
        raise unknown("method of a proportion", method, METHODS)
    return METHODS[method](passed, trials, meaning)


def _require_proportion(passed: float, trials: float) -> tuple[float, float]:
    n, k = require_positive("trials", trials), require_non_negative("passed", passed)
    if k > n:
        raise DomainError(f"passed = {passed!r}: expected at most trials = {trials!r}")
    return k, n

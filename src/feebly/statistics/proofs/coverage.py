"""Coverage: how often the interval of a convention contains the true signal, by enumeration and by toys.

Truth: signal s and background b are fixed. An experiment measures b_hat, normal about b with sigma_b and
truncated at zero, and counts n, Poisson about kappa s + b with kappa log-normal, mean 1. It states the
interval for n, b_hat +- sigma_b and its signal error. Without errors coverage is a sum over n; with sigma_b
each count contributes the probability of those b_hat whose interval contains s. Toys check both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import Chebyshev
from numpy.typing import ArrayLike

from feebly.core.errors import ConfigError
from feebly.core.interfaces import FloatArray
from feebly.statistics.backgrounds import poisson_pmf
from feebly.statistics.checks import (
    require_confidence_level,
    require_non_negative,
    require_positive,
    require_signal_error,
)
from feebly.statistics.intervals import feldman_cousins
from feebly.statistics.intervals.limit_arrays import upper_limits
from feebly.statistics.intervals.limits import confidence_interval, require_convention
from feebly.statistics.quadrature import lognormal_width, unit_lognormal_nodes

Progress = Callable[[int, int, str], None]
"""Called with (done, total, text)."""

ALLOWANCE = 0.01
"""Coverage below CL that is allowed where b or the signal is uncertain: no exact construction covers that."""

_NEGLIGIBLE = 1e-11  # probability of the counts that are not enumerated
_REACH = 6.0  # b_hat is within 6 sigma_b of b but for 2e-9
_DEGREE = 16  # of the Chebyshev polynomials in b_hat that stand for the ends of the intervals
_STEPS = 2000  # of b_hat, in the probability that an interval contains s


@dataclass(frozen=True, slots=True)
class CoverageSetting:
    """What is tested. relative_sigma_b: sigma_b / b. signal_error: relative, known to the experiment."""

    convention: str = "cls-counting"
    cl: float = 0.90
    relative_sigma_b: float = 0.0
    signal_error: float = 0.0

    def __post_init__(self) -> None:
        require_convention(self.convention)
        require_confidence_level(self.cl)
        require_non_negative("relative_sigma_b", self.relative_sigma_b)
        require_signal_error(self.signal_error)
        if self.convention == feldman_cousins.NAME and self.relative_sigma_b > 0:
            raise ConfigError(
                f"relative_sigma_b = {self.relative_sigma_b:g} with convention {self.convention!r}: its ends "
                "jump with b and are not interpolated; expected 0"
            )

    @property
    def required(self) -> float:
        """The coverage that every point must have."""
        known = self.relative_sigma_b == 0 and self.signal_error == 0
        return self.cl if known else self.cl - ALLOWANCE


@dataclass(frozen=True, eq=False)
class CoverageTable:
    """Coverage on backgrounds (B,) x signals (S,) [events]; toys: fraction of ``n_toys`` experiments."""

    setting: CoverageSetting
    signal: FloatArray
    background: FloatArray
    coverage: FloatArray
    toys: FloatArray | None = None
    n_toys: int = 0

    @property
    def minimum(self) -> tuple[float, float, float]:
        """(coverage, signal, background) where it is lowest."""
        i, j = np.unravel_index(np.argmin(self.coverage), self.coverage.shape)
        return float(self.coverage[i, j]), float(self.signal[j]), float(self.background[i])

    @property
    def covers(self) -> bool:
        """Whether no point is below the required coverage; rounding of a sum of probabilities aside."""
        return bool(self.coverage.min() >= self.setting.required - 1e-9)

    def chi_square(self) -> tuple[float, int, float]:
        """(chi^2, points, p-value) of the toys against the enumeration.

        Points where fewer than 20 toys are expected on either side are compared by their binomial p-value
        instead: the smallest of them, times their number, bounds the p-value.
        """
        from scipy.stats import binom, chi2

        if self.toys is None:
            return 0.0, 0, 1.0
        p = np.clip(self.coverage.ravel(), 0.0, 1.0)
        hits = np.rint(self.toys.ravel() * self.n_toys)
        normal = np.minimum(p, 1 - p) * self.n_toys >= 20
        variance = p[normal] * (1 - p[normal]) / self.n_toys
        total = float((((self.toys.ravel() - p)[normal] ** 2) / variance).sum())
        p_value = float(chi2.sf(total, normal.sum())) if normal.any() else 1.0
        rare_p, rare_hits = p[~normal], hits[~normal]
        if rare_p.size:
            sides = binom.cdf(rare_hits, self.n_toys, rare_p), binom.sf(rare_hits - 1, self.n_toys, rare_p)
            p_value = min(p_value, float(rare_p.size * 2 * np.minimum(*sides).min()))
        return total, int(normal.sum()), min(p_value, 1.0)


def scan_coverage(
    signal: ArrayLike,
    background: ArrayLike,
    setting: CoverageSetting,
    n_toys: int = 0,
    seed: int = 1,
    progress: Progress = lambda done, total, text: None,
) -> CoverageTable:
    """Coverage of all pairs of signals (S,) and backgrounds (B,) [events]; with n_toys > 0 by toys as well.

    seed: each point has its own stream. Raises ConfigError or DomainError with one line.
    """
    signals = np.array([require_non_negative("signal", s) for s in np.ravel(signal).tolist()])
    means = np.array([require_positive("background", b) for b in np.ravel(background).tolist()])
    exact, toys = np.empty((means.size, signals.size)), np.empty((means.size, signals.size))
    for i, b in enumerate(means):
        progress(i, means.size, f"coverage at b = {b:.3g}")
        intervals = _Intervals.of(float(b), float(signals.max(initial=0.0)), setting)
        exact[i] = [intervals.coverage(float(s)) for s in signals]
        for j, s in enumerate(signals if n_toys else []):
            toys[i, j] = intervals.toys(float(s), n_toys, np.random.default_rng([seed, i, j]))
    progress(means.size, means.size, "coverage")
    return CoverageTable(setting, signals, means, exact, toys if n_toys else None, n_toys)


@dataclass(frozen=True, eq=False)
class _Intervals:
    """Ends of the intervals of all counts that occur at one b: numbers, or polynomials in b_hat."""

    b: float
    setting: CoverageSetting
    lower: FloatArray
    upper: tuple[Chebyshev, ...]

    @classmethod
    def of(cls, b: float, s_max: float, setting: CoverageSetting) -> _Intervals:
        n = np.arange(_counts(b, s_max, setting))
        if setting.convention == feldman_cousins.NAME:
            found = [
                confidence_interval(int(k), b, None, setting.cl, setting.convention, setting.signal_error)
                for k in n
            ]
            lower = np.array([interval.lower for interval in found])
            return cls(b, setting, lower, tuple(Chebyshev([interval.upper]) for interval in found))
        sigma = setting.relative_sigma_b * b

        def ends(b_hat: FloatArray) -> FloatArray:
            return upper_limits(
                n[:, None],
                b_hat,
                sigma,
                setting.cl,
                setting.convention,
                setting.signal_error,
            )

        if sigma == 0:
            return cls(b, setting, np.zeros(n.size), tuple(Chebyshev([s]) for s in ends(np.array([b]))[:, 0]))
        domain = [max(b - _REACH * sigma, 0.0), b + _REACH * sigma]
        nodes = np.polynomial.chebyshev.chebpts1(_DEGREE + 1)
        values = ends(domain[0] + (nodes + 1) / 2 * (domain[1] - domain[0]))
        polynomials = (
            Chebyshev.fit(nodes, row, _DEGREE, domain=[-1, 1]).convert(domain=[-1, 1]).coef for row in values
        )
        return cls(b, setting, np.zeros(n.size), tuple(Chebyshev(c, domain=domain) for c in polynomials))

    def coverage(self, s: float) -> float:
        """Probability that the interval contains s, summed over the counts."""
        return float(_count_pmf(s, self.b, len(self.upper), self.setting.signal_error) @ self._contains(s))

    def _contains(self, s: float) -> FloatArray:
        """For each count the probability of those b_hat whose interval contains s."""
        sigma = self.setting.relative_sigma_b * self.b
        if sigma == 0:
            upper = np.array([end.coef[0] for end in self.upper])
            return np.asarray((self.lower <= s) & (s <= upper), float)
        from scipy.special import ndtr

        z = np.linspace(max(-self.b / sigma, -_REACH), _REACH, _STEPS + 1)
        weights = np.diff(ndtr(z))
        above = np.array([end(self.b + sigma * z) for end in self.upper]) - s
        # the part of each step where a straight line is above zero
        left, right = above[:, :-1], above[:, 1:]
        with np.errstate(divide="ignore", invalid="ignore"):
            crossing = np.maximum(left, right) / np.abs(left - right)
        part = np.where((left >= 0) & (right >= 0), 1.0, np.where((left < 0) & (right < 0), 0.0, crossing))
        return np.asarray(part @ weights / weights.sum())

    def toys(self, s: float, size: int, rng: np.random.Generator) -> float:
        """Fraction of ``size`` repetitions of the experiment whose interval contains s."""
        width = lognormal_width(self.setting.signal_error)
        kappa = rng.lognormal(-(width**2) / 2, width, size) if width else 1.0
        n = np.minimum(rng.poisson(kappa * s + self.b, size), len(self.upper) - 1)
        sigma = self.setting.relative_sigma_b * self.b
        if sigma == 0:
            upper = np.array([end.coef[0] for end in self.upper])
            return float(np.mean((self.lower[n] <= s) & (s <= upper[n])))
        b_hat = _truncated_normal(self.b, sigma, size, rng)
        return sum(int(np.count_nonzero(s <= self.upper[k](b_hat[n == k]))) for k in np.unique(n)) / size


def _truncated_normal(mean: float, sigma: float, size: int, rng: np.random.Generator) -> FloatArray:
    """Normal draws, those below zero or beyond the reach drawn again."""
    values = rng.normal(mean, sigma, size)
    while (bad := (values < 0) | (np.abs(values - mean) > _REACH * sigma)).any():
        values[bad] = rng.normal(mean, sigma, int(bad.sum()))
    return values


def _counts(b: float, s_max: float, setting: CoverageSetting) -> int:
    """Number of counts, from 0, that leave out a negligible probability at the largest signal."""
    from scipy.special import gammainc

    kappas, weights = unit_lognormal_nodes(setting.signal_error, int(s_max + b))
    size = 10
    while float(weights @ gammainc(float(size), kappas * s_max + b)) > _NEGLIGIBLE:
        size += 10
    return size


def _count_pmf(s: float, b: float, size: int, signal_error: float) -> FloatArray:
    """P(N = k | kappa s + b) for k = 0 .. size - 1 with the true b."""
    kappas, weights = unit_lognormal_nodes(signal_error, size - 1)
    return np.asarray(poisson_pmf(size - 1, kappas * s + b) @ weights)

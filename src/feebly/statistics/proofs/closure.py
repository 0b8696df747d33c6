"""Closure: experiments are thrown at known truth, and what the package says about them must be true.

- The probability-integral transform u = P(N < n) + v P(N = n), v uniform, of thrown counts is uniform when
  the marginalised distribution of the count is right (Kolmogorov's test). Nuisances are thrown from the
  definition of each density by numpy's generators, which share nothing with the quadratures.
- The pull of the fitted signal, the signed root of the likelihood ratio between the fit and the truth, is
  standard normal for large counts: it is tested where s + b >= 40.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from feebly.core.errors import ConfigError
from feebly.core.interfaces import FloatArray
from feebly.statistics.backgrounds import (
    NORMAL_QUANTILE,
    Background,
    BetaProduct,
    Fixed,
    Gamma,
    Interval,
    LogNormal,
    Sum,
    TruncatedGaussian,
    poisson_pmf,
)
from feebly.statistics.checks import require_count, require_non_negative, require_signal_error
from feebly.statistics.intervals.profile import fitted_background
from feebly.statistics.quadrature import lognormal_width, unit_lognormal_nodes

Progress = Callable[[int, int, str], None]
Random = np.random.Generator

P_MIN = 1e-3
"""Smallest p-value of Kolmogorov's test that passes."""

PULL_MEAN, PULL_WIDTH = 0.1, (0.9, 1.1)
"""Largest |mean| and range of the standard deviation of the pulls."""

ENOUGH_EVENTS = 40.0
"""s + b from which pulls are tested."""


@dataclass(frozen=True, slots=True)
class ClosurePoint:
    """Truth of one point: signal [events], knowledge of the background, relative error of the signal."""

    signal: float
    background: Background
    signal_error: float = 0.0

    def __post_init__(self) -> None:
        require_non_negative("signal", self.signal)
        require_signal_error(self.signal_error)

    @property
    def has_pulls(self) -> bool:
        """Whether the signal can be fitted: enough events, a measured background, a known signal."""
        fitted = isinstance(self.background, Fixed | TruncatedGaussian) and self.signal_error == 0
        return fitted and self.signal + self.background.mean >= ENOUGH_EVENTS


@dataclass(frozen=True, slots=True)
class ClosureResult:
    """What the repetitions at one point show. transforms: u of each; pull_mean, pull_width: None without."""

    point: ClosurePoint
    p_value: float
    transforms: tuple[float, ...]
    pull_mean: float | None = None
    pull_width: float | None = None

    @property
    def passed(self) -> bool:
        """Whether the transform is uniform and the pulls, if any, are standard."""
        if self.p_value <= P_MIN:
            return False
        if self.pull_mean is None or self.pull_width is None:
            return True
        return abs(self.pull_mean) <= PULL_MEAN and PULL_WIDTH[0] <= self.pull_width <= PULL_WIDTH[1]


@dataclass(frozen=True, slots=True)
class Closure:
    """All points; p_value: of Kolmogorov's test of all transforms together."""

    results: tuple[ClosureResult, ...]
    p_value: float

    @property
    def passed(self) -> bool:
        """Whether every point passed and the transforms of all together are uniform."""
        return self.p_value > P_MIN and all(result.passed for result in self.results)


_MUMU, _EE = TruncatedGaussian(0.016, 0.002), BetaProduct(59.9, (0.96, 0.72), 79.9)

POINTS = (
    ClosurePoint(2.3, Fixed(1e-6)),
    ClosurePoint(0.5, Fixed(0.016)),
    ClosurePoint(3.9, _MUMU),
    ClosurePoint(3.9, _MUMU, 0.2),
    ClosurePoint(1.0, TruncatedGaussian(0.5, 0.5)),
    ClosurePoint(4.0, TruncatedGaussian(2.57, 0.33)),
    ClosurePoint(12.0, TruncatedGaussian(3.0, 1.0), 0.2),
    ClosurePoint(0.0, TruncatedGaussian(26.3, 3.4)),
    ClosurePoint(2.0, LogNormal(0.9, 0.4)),
    ClosurePoint(8.0, LogNormal(5.0, 3.0)),
    ClosurePoint(1.0, Gamma(0.9, 0.6)),
    ClosurePoint(10.0, Gamma(20.0, 5.0)),
    ClosurePoint(2.0, Interval(0.0094, 0.049, 0.009, "90%")),
    ClosurePoint(3.0, Interval(2.0, 1.2, 0.8, "68%")),
    ClosurePoint(1.0, _EE),
    ClosurePoint(2.0, Sum((_MUMU, _EE))),
    ClosurePoint(30.0, Fixed(20.0)),
    ClosurePoint(60.0, Fixed(0.5)),
    ClosurePoint(30.0, TruncatedGaussian(40.0, 4.0)),
    ClosurePoint(100.0, TruncatedGaussian(10.0, 2.0)),
)
"""Every density, signals from none to 100 events, backgrounds from 1e-6 to 40."""


def closure_test(
    repetitions: int = 1000,
    seed: int = 1,
    points: tuple[ClosurePoint, ...] = POINTS,
    progress: Progress = lambda done, total, text: None,
) -> Closure:
    """Throw ``repetitions`` experiments at each point; each point has its own random stream of the seed."""
    if require_count("repetitions", repetitions) < 10:
        raise ConfigError(f"repetitions = {repetitions}: expected at least 10, such as 1000")
    results = []
    for i, point in enumerate(points):
        progress(i, len(points), f"closure at s = {point.signal:g}")
        results.append(close(point, repetitions, np.random.default_rng([seed, i])))
    together = np.concatenate([result.transforms for result in results])
    return Closure(tuple(results), uniformity(together))


def close(point: ClosurePoint, repetitions: int, rng: Random) -> ClosureResult:
    """Closure at one point."""
    n = thrown_counts(point, repetitions, rng)
    u = transforms(point, n, rng)
    p_value = uniformity(u)
    if not point.has_pulls:
        return ClosureResult(point, p_value, tuple(u.tolist()))
    pulls = thrown_pulls(point, repetitions, rng)
    return ClosureResult(point, p_value, tuple(u.tolist()), float(pulls.mean()), float(pulls.std(ddof=1)))


def thrown_counts(point: ClosurePoint, size: int, rng: Random) -> FloatArray:
    """Counts of experiments whose background and signal factor are thrown too."""
    width = lognormal_width(point.signal_error)
    kappa = rng.lognormal(-(width**2) / 2, width, size) if width else 1.0
    return np.asarray(rng.poisson(kappa * point.signal + thrown_background(point.background, size, rng)))


def thrown_background(background: Background, size: int, rng: Random) -> FloatArray:
    """Draws of the expected background from the definition of its density."""
    match background:
        case Fixed(mean):
            return np.full(size, float(mean))
        case TruncatedGaussian(mean, sigma):
            return _not_negative(lambda k: rng.normal(mean, sigma, k), size)
        case Interval(mean, plus, minus, meaning):
            up, down = plus / NORMAL_QUANTILE[meaning], minus / NORMAL_QUANTILE[meaning]

            def two_pieces(k: int) -> FloatArray:
                z = rng.normal(size=k)
                return np.asarray(mean + z * np.where(z < 0, down, up))

            return _not_negative(two_pieces, size)
        case LogNormal(mean, sigma):
            width = lognormal_width(sigma / mean)
            return np.asarray(mean * rng.lognormal(-(width**2) / 2, width, size))
        case Gamma(mean, sigma):
            return np.asarray(rng.gamma((mean / sigma) ** 2, sigma**2 / mean, size))
        case BetaProduct(candidates, passed, trials):
            factors = [rng.beta(k + 0.5, trials - k + 0.5, size) for k in passed]
            return np.asarray(candidates * np.prod(factors, axis=0))
        case Sum(parts):
            return np.sum([thrown_background(part, size, rng) for part in parts], axis=0)
    raise ConfigError(f"background {type(background).__name__}: cannot be thrown; use one of this package")


def _not_negative(draw: Callable[[int], FloatArray], size: int) -> FloatArray:
    values = draw(size)
    while (bad := values < 0).any():
        values[bad] = draw(int(bad.sum()))
    return values


def transforms(point: ClosurePoint, n: FloatArray, rng: Random) -> FloatArray:
    """u = P(N < n) + v P(N = n) of each count."""
    pmf = count_pmf(point, int(n.max()))
    return np.asarray((np.cumsum(pmf) - pmf)[n] + rng.random(n.size) * pmf[n])


def count_pmf(point: ClosurePoint, n_max: int) -> FloatArray:
    """P(N = k) for k = 0 .. n_max, averaged over background and factor of the signal."""
    kappas, weights = unit_lognormal_nodes(point.signal_error, n_max)
    signal = poisson_pmf(n_max, kappas * point.signal) @ weights
    return np.asarray(np.convolve(signal, point.background.counts(n_max).pmf)[: n_max + 1])


def uniformity(transforms: FloatArray) -> float:
    """p-value of Kolmogorov's test of numbers that should be uniform between 0 and 1."""
    from scipy.stats import kstest

    return float(kstest(transforms, "uniform").pvalue)


def thrown_pulls(point: ClosurePoint, size: int, rng: Random) -> FloatArray:
    """Signed root of 2 ln L(fit) / L(truth), with b fitted at the truth; b is measured where it has an error.

    The fit of (n, a) is s = n - a, b = a, where the Poisson term is n and that of a is one.
    """
    b, sigma = point.background.mean, getattr(point.background, "sigma", 0.0)
    n = rng.poisson(point.signal + b, size)
    a = rng.normal(b, sigma, size) if sigma > 0 else np.full(size, b)
    at_truth = fitted_background(n, a, point.signal, sigma) if sigma > 0 else a
    mean = point.signal + at_truth
    q = 2 * (n * np.log(np.maximum(n, 1) / mean) - (n - mean))
    if sigma > 0:
        q = q + ((at_truth - a) / sigma) ** 2
    return np.asarray(np.sign(n - a - point.signal) * np.sqrt(np.maximum(q, 0.0)))

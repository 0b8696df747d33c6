"""What is known about an expected background, and the distribution of its event count.

A background b that is not known exactly is described by a probability density. Everything a counting
experiment needs of it is the marginalised distribution of the count, P(N = k) = E[e^-b b^k / k!]; the
count of a sum of independent backgrounds is the convolution of their counts. All in expected events.
"""

from __future__ import annotations

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, Literal, Protocol, get_args, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.errors import ConfigError, DomainError, unknown
from feebly.core.interfaces import FloatArray
from feebly.statistics.checks import (
    require_count,
    require_listable,
    require_non_negative,
    require_positive,
    require_signal_error,
)
from feebly.statistics.quadrature import (
    Nodes,
    NormalMap,
    beta_nodes,
    beta_product_tail_nodes,
    lognormal,
    product_nodes,
    reduced_nodes,
    two_piece_normal,
    unit_lognormal_nodes,
)

IntervalMeaning = Literal["68%", "90%"]
_TINY = np.finfo(float).tiny  # stands for a mean of zero: P(1) becomes 2e-308 instead of 0 * inf
_BLOCK = 1 << 15  # elements of one block of a grid of signals: they stay in the cache
_MOST_CANDIDATES = 200_000  # of a Beta product: its nodes are a few of their square root
NORMAL_QUANTILE = {"68%": 1.0, "90%": 1.6448536269514722}
"""Half-width of a central interval in standard deviations, by its meaning."""


@dataclass(frozen=True, slots=True)
class CountDistribution:
    """Distribution of an event count N up to n_max.

    pmf: P(N = k), tail: P(N >= k), both of shape (n_max + 1,) for k = 0 .. n_max. The tail is kept beside
    the pmf because 1 - P(N < k) has lost its digits where a significance is computed.
    """

    pmf: FloatArray
    tail: FloatArray

    @property
    def cumulative(self) -> FloatArray:
        """P(N <= k) for k = 0 .. n_max."""
        return np.minimum(np.cumsum(self.pmf), 1.0)

    def plus(self, other: CountDistribution) -> CountDistribution:
        """Distribution of the sum with an independent count (same n_max)."""
        size = len(self.pmf)
        # P(N1 + N2 >= k) = P(N1 >= k) + sum_{j<k} P(N1 = j) P(N2 >= k - j)
        below = np.array([self.pmf[:k] @ other.tail[k:0:-1] for k in range(size)])
        return CountDistribution(np.convolve(self.pmf, other.pmf)[:size], self.tail + below)


@runtime_checkable
class Background(Protocol):
    """Knowledge of one expected background (or of a sum)."""

    @property
    def mean(self) -> float:
        """The central number of expected events."""
        ...

    def counts(self, n_max: int) -> CountDistribution:
        """Marginalised distribution of the number of background events, up to ``n_max``."""
        ...

    def __hash__(self) -> int: ...


class Averaged(ABC):
    """A background known through nodes and weights of its density."""

    __slots__ = ()

    @abstractmethod
    def quadrature(self) -> Nodes:
        """Nodes (expected events) and weights (sum 1) of the density."""

    def _normal(self) -> NormalMap | None:
        """The density as a map of a standard normal, which has a tail beyond its nodes; None for others."""
        return None

    def _nodes_up_to(self, n_max: int) -> Nodes:
        """Nodes of the density, and those in its far tail that many events ask for."""
        nodes, weights = self.quadrature()
        normal = self._normal()
        if normal is None:
            return nodes, weights
        far_nodes, far_weights = normal.tail_nodes(n_max)
        return np.append(nodes, far_nodes), np.append(weights, far_weights)

    def counts(self, n_max: int) -> CountDistribution:
        """Marginalised distribution of the number of background events, up to ``n_max``."""
        nodes, weights = self._nodes_up_to(n_max)
        last = _last_tail(n_max, nodes, weights)
        pmf = np.zeros(n_max + 1)
        step = max(1, _BLOCK // pmf.size)
        for start in range(0, nodes.size, step):
            block = slice(start, start + step)
            pmf += poisson_pmf(n_max, nodes[block]) @ weights[block]
        # the others add up from the last
        at_least = np.cumsum(np.append(last, pmf[n_max - 1 : 0 : -1]))[::-1]  # k = 1 .. n_max
        return CountDistribution(pmf, np.append(1.0, np.minimum(at_least, 1.0))[: n_max + 1])

    def last_tail(self, n_max: int) -> float:
        """The last P(N >= n_max) of ``counts(n_max)``, n_max >= 1, without the list; refused as that is."""
        return _last_tail(n_max, *self._nodes_up_to(n_max))


def _last_tail(n_max: int, nodes: FloatArray, weights: FloatArray) -> float:
    from scipy.special import gammainc

    require_listable(n_max, nodes.size)
    # P(N >= n_max | b) is the regularised lower incomplete Gamma function
    return float(weights @ gammainc(max(n_max, 1), nodes))


@dataclass(frozen=True, slots=True)
class Fixed(Averaged):
    """A background without uncertainty."""

    mean: float

    def __post_init__(self) -> None:
        require_non_negative("background mean", self.mean)

    def quadrature(self) -> Nodes:
        """The mean itself, with weight one."""
        return np.array([float(self.mean)]), np.ones(1)


@dataclass(frozen=True, slots=True)
class TruncatedGaussian(Averaged):
    """b +- sigma as a Gaussian truncated at zero: the default for a published symmetric error.

    mean: central value before truncation. It reproduces the printed validation table of the NA62 search
    for A' -> mu+ mu- (2303.08666), where log-normal and gamma do not.
    """

    mean: float
    sigma: float

    def __post_init__(self) -> None:
        require_non_negative("background mean", self.mean)
        require_non_negative("background sigma", self.sigma)

    def quadrature(self) -> Nodes:
        """Nodes (expected events) and weights (sum 1) of the density."""
        normal = self._normal()
        return Fixed(self.mean).quadrature() if normal is None else normal.nodes()

    def _normal(self) -> NormalMap | None:
        return two_piece_normal(self.mean, self.sigma, self.sigma) if self.sigma > 0 else None


@dataclass(frozen=True, slots=True)
class LogNormal(Averaged):
    """Log-normal density with this mean and standard deviation (not median and width)."""

    mean: float
    sigma: float

    def __post_init__(self) -> None:
        require_positive("background mean", self.mean)
        require_non_negative("background sigma", self.sigma)

    def quadrature(self) -> Nodes:
        """Nodes (expected events) and weights (sum 1) of the density."""
        normal = self._normal()
        return Fixed(self.mean).quadrature() if normal is None else normal.nodes()

    def _normal(self) -> NormalMap | None:
        return lognormal(self.mean, self.sigma) if self.sigma > 0 else None


@dataclass(frozen=True, slots=True)
class Gamma:
    """Gamma density with this mean and standard deviation; the count is negative binomial, in closed form."""

    mean: float
    sigma: float

    def __post_init__(self) -> None:
        require_positive("background mean", self.mean)
        require_non_negative("background sigma", self.sigma)

    def counts(self, n_max: int) -> CountDistribution:
        """Marginalised distribution of the number of background events, up to ``n_max``."""
        if self.sigma == 0:
            return Fixed(self.mean).counts(n_max)
        require_listable(n_max)
        from scipy.special import betainc

        shape, scale = (self.mean / self.sigma) ** 2, self.sigma**2 / self.mean
        k = np.arange(1, n_max + 1)
        # ln of P(k) / P(k - 1) = (k - 1 + shape) / k * scale / (1 + scale)
        steps = np.log((k - 1 + shape) / k * scale / (1 + scale))
        log_pmf = -shape * np.log1p(scale) + np.concatenate([[0.0], np.cumsum(steps)])
        tail = np.concatenate([[1.0], betainc(k, shape, scale / (1 + scale))])
        return CountDistribution(np.exp(log_pmf), tail)


@dataclass(frozen=True, slots=True)
class Interval(Averaged):
    """A published asymmetric interval central +plus -minus, whose meaning must be said.

    meaning: probability of the *central* interval, ``"68%"`` or ``"90%"``. The density is the two-piece
    normal of Barlow (physics/0306138), truncated at zero. A limit is not an interval and is refused.
    """

    mean: float
    plus: float
    minus: float
    meaning: IntervalMeaning

    def __post_init__(self) -> None:
        require_non_negative("background mean", self.mean)
        require_positive("background plus", self.plus)
        require_positive("background minus", self.minus)
        if str(self.meaning) == "limit":
            raise ConfigError(
                f"background interval +{self.plus:g} -{self.minus:g} with meaning 'limit': a limit is no "
                "expectation and does not enter; leave it out or give a 68% or 90% interval"
            )
        if self.meaning not in get_args(IntervalMeaning):
            raise unknown("meaning of a background interval", self.meaning, get_args(IntervalMeaning))

    def quadrature(self) -> Nodes:
        """Nodes (expected events) and weights (sum 1) of the density."""
        return self._normal().nodes()

    def _normal(self) -> NormalMap:
        z = NORMAL_QUANTILE[self.meaning]
        return two_piece_normal(self.mean, self.minus / z, self.plus / z)


@dataclass(frozen=True, slots=True)
class BetaProduct(Averaged):
    """Candidates times the probabilities to survive independent vetoes, N prod_k (1 - eta_k).

    Each 1 - eta_k is measured by ``passed[k]`` of ``trials`` simulated events and has the Beta posterior
    of the Jeffreys prior, Beta(passed + 1/2, trials - passed + 1/2). With weighted simulation ``trials``
    is the effective number (sum w)^2 / sum w^2, and ``passed`` need not be an integer.
    """

    candidates: float
    passed: tuple[float, ...]
    trials: float

    def __post_init__(self) -> None:
        if require_positive("background candidates", self.candidates) > _MOST_CANDIDATES:
            raise DomainError(
                f"background candidates = {self.candidates!r}: expected at most {_MOST_CANDIDATES}; apply "
                "the strongest veto first and start from what survives it"
            )
        require_positive("background trials", self.trials)
        if not isinstance(self.passed, tuple):
            raise ConfigError(
                f"background passed = {self.passed!r}: expected a list, one number for each veto"
            )
        if not self.passed:
            raise ConfigError("background passed = (): expected one number for each veto")
        for passed in self.passed:
            if require_non_negative("background passed", passed) > self.trials:
                raise DomainError(
                    f"background passed = {passed!r}: expected at most trials = {self.trials!r}"
                )

    @property
    def mean(self) -> float:
        """Posterior mean of the number of events."""
        return float(self.candidates) * math.prod(a / (a + b) for a, b in self._posteriors())

    def quadrature(self) -> Nodes:
        """Nodes (expected events) and weights (sum 1) of the density."""
        nodes, weights = self._survival_nodes(self._posteriors())
        return self.candidates * nodes, weights

    def far_tail(self, n: int) -> float:
        """P(N >= n), n >= 1, also where it is far below the weights that Gauss nodes resolve (1e-16)."""
        from scipy.special import gammainc

        def reached(survival: FloatArray) -> FloatArray:
            return np.asarray(gammainc(n, self.candidates * survival))

        nodes, weights = beta_product_tail_nodes(self._posteriors(), reached, self._order)
        return float(weights @ reached(nodes))

    def quantile(self, probability: float) -> float:
        """Quantile of the number of expected events, 0 < probability < 1."""
        from scipy.optimize import brentq
        from scipy.special import betainc

        *others, (a, b) = self._posteriors()
        nodes, weights = self._survival_nodes(others)

        def excess(log_survival: float) -> float:
            # P(x y < t) = E_x[P(y < t / x)]
            return float(weights @ betainc(a, b, np.minimum(np.exp(log_survival) / nodes, 1.0))) - probability

        return float(self.candidates * np.exp(brentq(excess, -700.0, 0.0, xtol=1e-12)))

    def _posteriors(self) -> list[tuple[float, float]]:
        return [(passed + 0.5, self.trials - passed + 0.5) for passed in self.passed]

    @property
    def _order(self) -> int:
        """exp(-N t) on (0, 1) asks for a few sqrt(N) Gauss nodes."""
        root = math.sqrt(self.candidates)
        return 32 + math.ceil(max(2 * root, 4 * root - 16))

    def _survival_nodes(self, posteriors: list[tuple[float, float]]) -> Nodes:
        order = self._order
        result = np.ones(1), np.ones(1)
        for a, b in posteriors:
            if result[0].size > order:
                result = reduced_nodes(*result, order)
            result = product_nodes(result, beta_nodes(a, b, order))
        return result


@dataclass(frozen=True, slots=True)
class Sum:
    """Independent backgrounds added up."""

    parts: tuple[Background, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise ConfigError("sum of backgrounds: expected at least one")

    @property
    def mean(self) -> float:
        """Sum of the central values."""
        return math.fsum(part.mean for part in self.parts)

    def counts(self, n_max: int) -> CountDistribution:
        """Marginalised distribution of the number of background events, up to ``n_max``."""
        require_listable(n_max, nodes=n_max if len(self.parts) > 1 else 1)  # a convolution
        return reduce(CountDistribution.plus, (part.counts(n_max) for part in self.parts))


SHAPES: Mapping[str, type[Any]] = {
    "fixed": Fixed,
    "truncated-gaussian": TruncatedGaussian,
    "log-normal": LogNormal,
    "gamma": Gamma,
    "interval": Interval,
    "beta-product": BetaProduct,
}
"""Name of each density in a data file."""


def background_from_table(table: Mapping[str, Any]) -> Background:
    """The background that a table of a data file describes: ``shape`` and the numbers of that shape.

    Raises ConfigError for an unknown shape, an unknown key or a missing key.
    """
    keys = dict(table)
    shape = keys.pop("shape", None)
    if not isinstance(shape, str) or shape not in SHAPES:
        raise unknown("background shape", str(shape), SHAPES)
    fields = [field.name for field in dataclasses.fields(SHAPES[shape])]
    for key in keys:
        if key not in fields:
            raise unknown(f"key of a {shape} background", key, fields)
    if missing := [field for field in fields if field not in keys]:
        raise ConfigError(f"background of shape {shape!r}: missing {', '.join(missing)}")
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in keys.items()}
    background: Background = SHAPES[shape](**values)
    return background


def as_background(b: float | Background, sigma_b: float | None = None) -> Background:
    """A number becomes ``Fixed``, with ``sigma_b`` a ``TruncatedGaussian``; a background stays itself."""
    if isinstance(b, Background):
        if sigma_b is not None:
            raise ConfigError(f"sigma_b = {sigma_b!r}: the background {b!r} already states its uncertainty")
        return b
    if b is None:
        with_sigma = "" if sigma_b is None else f" beside sigma_b = {sigma_b!r}"
        raise ConfigError(f"b is missing{with_sigma}: expected the mean number of background events")
    mean = require_non_negative("b", b)
    if sigma_b is None:
        return Fixed(mean)
    return TruncatedGaussian(mean, require_non_negative("sigma_b", sigma_b))


def poisson_pmf(n_max: int, mean: ArrayLike) -> FloatArray:
    """P(N = k | mean) for k = 0 .. n_max: shape (n_max + 1, \\*shape of mean)."""
    m = np.asarray(mean, dtype=float)
    return _poisson_pmf(n_max, m, np.log(np.maximum(m, _TINY)))


def probability_mass(n_max: int, background: float | Background, signal: float = 0.0) -> FloatArray:
    """P(N = k | signal + b) for k = 0 .. n_max with b marginalised; signal in events."""
    n_max = require_count("n_max", n_max)
    pmf = as_background(background).counts(n_max).pmf
    expected = poisson_pmf(n_max, require_non_negative("signal", signal))
    return np.convolve(expected, pmf)[: n_max + 1]


def cumulative(
    n: int, signal: ArrayLike, background: float | Background, signal_error: float = 0.0
) -> FloatArray:
    """P(N <= n | kappa signal + b), b and kappa marginalised; same shape as ``signal`` (events).

    signal_error: standard deviation of kappa, log-normal with mean 1.
    """
    n = require_count("n", n)
    below = as_background(background).counts(n).cumulative
    return signal_plus_background_cumulative(signal, below, signal_error)


def signal_plus_background_cumulative(
    signal: ArrayLike, background_cumulative: FloatArray, signal_error: float = 0.0
) -> FloatArray:
    """P(N <= n | kappa s + b) from P(N_b <= k), k = 0 .. n: sum_k P(N_s = k | kappa s) P(N_b <= n - k).

    The background enters through n + 1 numbers only, whatever the size of the grid of signals.
    """
    s = np.asarray(signal, dtype=float)
    if not np.all((s >= 0) & np.isfinite(s)):
        raise DomainError("signal: expected finite numbers of events >= 0")
    flat, size = s.ravel(), len(background_cumulative)
    kappas, weights = unit_lognormal_nodes(require_signal_error(signal_error), size - 1)
    result = np.zeros(s.size)
    rows = max(1, _BLOCK // size)
    for start in range(0, s.size, rows):
        block = slice(start, start + rows)
        log_s = np.log(np.maximum(flat[block], _TINY))
        for kappa, weight in zip(kappas, weights, strict=True):
            pmf = _poisson_pmf(size - 1, kappa * flat[block], log_s + np.log(kappa))
            result[block] += weight * (background_cumulative[::-1] @ pmf)
    return result.reshape(s.shape)


def _poisson_pmf(n_max: int, mean: FloatArray, log_mean: FloatArray) -> FloatArray:
    from scipy.special import gammaln

    k = np.arange(n_max + 1).reshape(-1, *(1,) * mean.ndim)
    return np.asarray(np.exp(k * log_mean - mean - gammaln(k + 1.0)))

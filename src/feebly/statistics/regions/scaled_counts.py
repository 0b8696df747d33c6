"""Distributions of the count of a background that is multiplied by many factors, one for each column."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, reduce

import numpy as np

from feebly.core.interfaces import FloatArray
from feebly.statistics.backgrounds import Background, CountDistribution, Sum, poisson_pmf
from feebly.statistics.counting import distribution_of_all_counts
from feebly.statistics.regions.model import scaled

_ELEMENTS = 1 << 20  # factors x nodes of one block


@dataclass(frozen=True, slots=True)
class Mixture:
    """A background that is one of several with given probabilities."""

    parts: tuple[Background, ...]
    weights: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Expected events."""
        return float(np.dot(self.weights, [part.mean for part in self.parts]))

    def counts(self, n_max: int) -> CountDistribution:
        """Marginalised distribution of the number of background events, up to ``n_max``."""
        counts = [part.counts(n_max) for part in self.parts]
        pmf = np.tensordot(self.weights, [c.pmf for c in counts], axes=1)
        return CountDistribution(pmf, np.tensordot(self.weights, [c.tail for c in counts], axes=1))

    def scaled(self, factor: float) -> Mixture:
        """Each part times the factor."""
        return Mixture(tuple(scaled(part, factor) for part in self.parts), self.weights)


def scaled_pmfs(background: Background, factors: FloatArray, n: int) -> FloatArray:
    """P(N = k), k = 0 .. n, of the background times each factor, (n + 1, K); (n + 1, 1) where all are 1."""
    if np.all(factors == 1):
        return pmf_up_to(background, n)[:, None]
    distinct, index = np.unique(factors, return_inverse=True)
    return _pmfs(background, distinct, n)[:, index]


def _pmfs(background: Background, factors: FloatArray, n: int) -> FloatArray:
    if isinstance(background, Mixture):
        parts = zip(background.weights, background.parts, strict=True)
        return np.asarray(sum(weight * _pmfs(part, factors, n) for weight, part in parts))
    if isinstance(background, Sum):
        return reduce(convolved, (_pmfs(part, factors, n) for part in background.parts))
    if not hasattr(background, "quadrature"):
        return np.stack([scaled(background, float(f)).counts(n).pmf for f in factors], axis=1)
    nodes, weights = background.quadrature()
    step = max(1, _ELEMENTS // (nodes.size * (n + 1)))
    blocks = (factors[start : start + step] for start in range(0, factors.size, step))
    return np.concatenate([poisson_pmf(n, np.outer(f, nodes)) @ weights for f in blocks], axis=1)


def convolved(first: FloatArray, second: FloatArray) -> FloatArray:
    """Distribution of the sum of two independent counts, column by column; (n + 1, K) or (n + 1, 1) each."""
    return np.stack([(first[: k + 1] * second[k::-1]).sum(axis=0) for k in range(len(first))])


@lru_cache(maxsize=4096)
def listed_counts(background: Background, n_max: int) -> CountDistribution:
    """``background.counts(n_max)``, remembered: blocks of a grid and sets of regions ask again and again."""
    return background.counts(n_max)


def pmf_up_to(background: Background, n_max: int) -> FloatArray:
    """P(N = k), k = 0 .. n_max."""
    return listed_counts(background, 32 * (n_max // 32) + 31).pmf[: n_max + 1]


@lru_cache(maxsize=4096)
def largest_count(background: Background, negligible: float) -> int:
    """Count that the background exceeds with less than this probability."""
    tail = distribution_of_all_counts(background, negligible=negligible).tail
    return int(np.argmax(tail <= negligible))

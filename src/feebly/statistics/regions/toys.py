"""Several regions by toys, for outcomes too many to enumerate or nuisances too many to integrate.

Each toy draws the nuisances, the background events and, on top of them, the signal events. Q never falls when
signal is added: the toys with Q <= q under s + b are some of those under b, and CLs is their fraction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from feebly.core.errors import ConfigError, DomainError
from feebly.core.interfaces import FloatArray
from feebly.statistics.backgrounds import Background, Gamma, Sum
from feebly.statistics.checks import require_count
from feebly.statistics.counting import distribution_of_all_counts
from feebly.statistics.quadrature import lognormal_width
from feebly.statistics.regions.model import CountingModel, Nuisance
from feebly.statistics.regions.nuisances import CommonNodes, common_names
from feebly.statistics.regions.ordering import TOTAL_COUNT, log_ratio_weights
from feebly.statistics.regions.outcomes import TIE, IntArray

DEFAULT_TOYS = 100_000
FEW = 100
"""Toys under the background as low as the data, fewer of which make no limit."""

_SIGNAL_STREAM = 1
_STEPS = 16  # of the bisection: 1e-4 of mu, far below the noise
_SLOPE_STEP = 0.1


@dataclass(frozen=True, eq=False)
class Toys:
    """Nuisances and background counts of all toys of a model; the signal is drawn for each mu anew.

    signal_factors: (R, T). background_counts: (R, T). Same model, number and seed: same toys.
    """

    model: CountingModel
    signal_factors: FloatArray
    background_counts: IntArray
    seed: int

    def tails(self, mu: float, ordering: str) -> tuple[int, int]:
        """Number of toys with Q <= Q_obs under mu s + b and under b."""
        signals = mu * self.model.signals
        weights = np.ones(len(signals))
        if ordering != TOTAL_COUNT:
            weights = log_ratio_weights(signals[:, None], self.model.central_backgrounds)[:, 0]
        threshold = float(np.array(self.model.observed) @ weights) * (1 + TIE)
        rng = philox(self.seed, _SIGNAL_STREAM)
        signal = rng.poisson(signals[:, None] * self.signal_factors)
        below = weights @ self.background_counts <= threshold
        both = weights @ (self.background_counts + signal) <= threshold
        return int(np.count_nonzero(both)), int(np.count_nonzero(below))

    def statistic(self, mu: float, convention: str, ordering: str) -> tuple[float, float]:
        """CLs (or CLs+b) of mu, and its standard deviation; DomainError where too few toys are left."""
        both, below = self.tails(mu, ordering)
        trials = self.background_counts.shape[1] if convention == "classical" else below
        if trials < FEW:
            raise DomainError(
                f"{trials} of {self.background_counts.shape[1]} toys under the background are as low as the "
                "data: expected at least 100; check counts and backgrounds, or ask for more toys"
            )
        value = both / trials
        return value, float(np.sqrt(max(value * (1 - value), 1 / trials) / trials))


def draw_toys(model: CountingModel, toys: int = DEFAULT_TOYS, seed: int = 1) -> Toys:
    """Nuisances and background counts of ``toys`` repetitions; the generator is Philox, its key the seed."""
    size, seed = require_count("toys", toys), require_count("seed", seed)
    if size < FEW:
        raise DomainError(f"toys = {size}: expected at least {FEW}, such as {DEFAULT_TOYS}")
    rng = philox(seed, 0)
    signal, background = _draw_factors(model, size, rng)
    counts = [
        draw_counts(region.background, factors, rng)
        for region, factors in zip(model.regions, background, strict=True)
    ]
    return Toys(model, signal, np.stack(counts), seed)


def toy_limit(toys: Toys, cl: float, convention: str, ordering: str) -> tuple[float, tuple[float, float]]:
    """mu where CLs of the toys meets 1 - cl, and the standard deviations of (CLs, mu) there."""

    def value(mu: float) -> float:
        return toys.statistic(mu, convention, ordering)[0]

    signals = toys.model.signals
    low, high = 0.0, (sum(toys.model.observed) + 1.0) / signals.sum()
    if value(low) < 1 - cl:
        return 0.0, (toys.statistic(low, convention, ordering)[1], 0.0)
    while value(high) >= 1 - cl:
        low, high = high, 2 * high
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if value(middle) >= 1 - cl else (low, middle)
    error = toys.statistic(low, convention, ordering)[1]
    fall = value(low * (1 - _SLOPE_STEP)) - value(low * (1 + _SLOPE_STEP))
    return low, (error, error * 2 * _SLOPE_STEP * low / max(fall, error))


def draw_counts(background: Background, factors: FloatArray, rng: np.random.Generator) -> IntArray:
    """Background events of each toy, the background multiplied by its factor."""
    if isinstance(background, Sum):
        return np.sum([draw_counts(part, factors, rng) for part in background.parts], axis=0)
    if isinstance(background, Gamma) and background.sigma > 0:
        shape = (background.mean / background.sigma) ** 2
        return rng.poisson(factors * rng.gamma(shape, background.mean / shape, factors.size))
    if isinstance(background, Gamma):
        return rng.poisson(factors * background.mean)
    if hasattr(background, "quadrature"):
        # the nodes stand for the density up to quadrature.ACCURACY
        nodes, weights = background.quadrature()
        return rng.poisson(factors * rng.choice(nodes, factors.size, p=weights / weights.sum()))
    if np.any(factors != 1):
        raise ConfigError(
            f"background {type(background).__name__}: cannot be scaled; use one of this package"
        )
    cumulative = distribution_of_all_counts(background).cumulative
    return np.searchsorted(cumulative, rng.random(factors.size))


def sampled_nodes(model: CountingModel, size: int, seed: int) -> CommonNodes:
    """The common nuisances at ``size`` points of equal weight, of a scrambled Sobol sequence of this seed."""
    from scipy.stats import qmc

    names = sorted(common_names(model))
    uniform = qmc.Sobol(len(names), seed=seed).random(size).T
    signal, background = _factors(model, dict(zip(names, uniform, strict=True)))
    return np.full(size, 1 / size), signal.T, background.T


def _draw_factors(model: CountingModel, size: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Factors on signals and backgrounds, (R, T) each: one draw for each name."""
    regions = model.regions
    names = sorted({nu.name for r in regions for nu in (*r.signal_nuisances, *r.background_nuisances)})
    if not names:
        return np.ones((len(regions), size)), np.ones((len(regions), size))
    return _factors(model, {name: rng.random(size) for name in names})


def _factors(model: CountingModel, uniforms: Mapping[str, FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Factors on signals and backgrounds, (R, T) each, at quantiles (T,) of each name; of no other names."""
    size = len(next(iter(uniforms.values())))
    signal, background = np.ones((2, len(model.regions), size))
    for name, uniform in uniforms.items():
        for r, region in enumerate(model.regions):
            for factors, nuisances in (
                (signal, region.signal_nuisances),
                (background, region.background_nuisances),
            ):
                for nuisance in nuisances:
                    if nuisance.name == name and nuisance.sigma > 0:
                        factors[r] *= _factor(nuisance, uniform)
    return signal, background


def _factor(nuisance: Nuisance, uniform: FloatArray) -> FloatArray:
    """The factor at quantiles ``uniform`` of its density."""
    from scipy.special import ndtr, ndtri

    if nuisance.shape == "log-normal":
        width = lognormal_width(nuisance.sigma)
        return np.asarray(np.exp(width * ndtri(uniform) - width**2 / 2))
    lowest = ndtr(-1 / nuisance.sigma)  # 1 + sigma z > 0
    return np.asarray(np.maximum(1 + nuisance.sigma * ndtri(lowest + (1 - lowest) * uniform), 0.0))


def philox(seed: int, stream: int) -> np.random.Generator:
    """The counter-based generator of a seed and a named stream."""
    return np.random.Generator(np.random.Philox(key=np.array([seed, stream], dtype=np.uint64)))

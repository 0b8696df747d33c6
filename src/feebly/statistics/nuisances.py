"""The averages over the nuisances of a counting model: common ones by nodes, those of one region inside it.

All log-normal nuisances together are normal in the logarithms of the factors, ln kappa = A z. Only the
rank of A counts, not the number of names: ten sources common to all signals are one dimension.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.statistics.backgrounds import Background, CountDistribution
from feebly.statistics.counting import distribution_of_all_counts
from feebly.statistics.quadrature import (
    Nodes,
    lognormal_width,
    product_nodes,
    two_piece_normal_nodes,
    unit_lognormal_nodes,
)
from feebly.statistics.regions import CountingModel, Nuisance, Region, scaled

MAX_NODES = 20_000
"""Most nodes of the common nuisances; more are refused (use toys)."""

_NEGLIGIBLE = 1e-14  # weight of nodes that are left out


@dataclass(frozen=True, slots=True)
class Mixture:
    """A background that is one of several with given probabilities."""

    parts: tuple[Background, ...]
    weights: tuple[float, ...]

    @property
    def mean(self) -> float:
        return float(np.dot(self.weights, [part.mean for part in self.parts]))

    def counts(self, n_max: int) -> CountDistribution:
        """Marginalised distribution of the number of background events, up to ``n_max``."""
        counts = [part.counts(n_max) for part in self.parts]
        pmf = np.tensordot(self.weights, [c.pmf for c in counts], axes=1)
        return CountDistribution(pmf, np.tensordot(self.weights, [c.tail for c in counts], axes=1))

    def scaled(self, factor: float) -> Mixture:
        """Each part times the factor."""
        return Mixture(tuple(scaled(part, factor) for part in self.parts), self.weights)


@dataclass(frozen=True, eq=False)
class Marginal:
    """A counting model at the nodes of its common nuisances.

    weights: (K,), sum 1. signal_factors, background_factors: (K, R). local: nodes of the factor on the signal
    of each region that no other region has. backgrounds: of each region, its own nuisances averaged.
    """

    weights: FloatArray
    signal_factors: FloatArray
    background_factors: FloatArray
    local: tuple[Nodes, ...]
    backgrounds: tuple[Background, ...]

    def background_at(self, node: int, region: int) -> Background:
        """Background of a region at one node."""
        factor, background = float(self.background_factors[node, region]), self.backgrounds[region]
        if factor == 1:
            return background
        return background.scaled(factor) if isinstance(background, Mixture) else scaled(background, factor)

    @property
    def backgrounds_vary(self) -> bool:
        """Whether any background differs from node to node."""
        return bool(np.any(self.background_factors != 1))


@lru_cache(maxsize=4096)
def listed_counts(background: Background, n_max: int) -> CountDistribution:
    """``background.counts(n_max)``, remembered: blocks of a grid and sets of regions ask again and again."""
    return background.counts(n_max)


def pmf_up_to(background: Background, n_max: int) -> FloatArray:
    """P(N_b = k), k = 0 .. n_max."""
    return listed_counts(background, 32 * (n_max // 32) + 31).pmf[: n_max + 1]


@lru_cache(maxsize=4096)
def largest_count(background: Background, negligible: float) -> int:
    """Count that the background exceeds with less than this probability."""
    tail = distribution_of_all_counts(background, negligible=negligible).tail
    return int(np.argmax(tail <= negligible))


def marginal(model: CountingModel, n: int) -> Marginal:
    """The averages that P(N <= n) of the model needs; DomainError for too many common nuisances."""
    places = Counter(
        nuisance.name for region in model.regions for nuisance in (*_signal(region), *_background(region))
    )
    common = {name for name, count in places.items() if count > 1}
    weights, signal, background = common_nodes(model, common, n)
    return Marginal(
        weights,
        signal,
        background,
        tuple(_local_signal(region, common, n) for region in model.regions),
        tuple(_own_background(region, common, n) for region in model.regions),
    )


def common_nodes(model: CountingModel, common: set[str], n: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Weights (K,) and factors on signals and backgrounds (K, R) of the common nuisances."""
    regions = len(model.regions)
    effects, gaussian = log_effects(model, common), gaussian_scales(model, common)
    axes, shift = _log_axes(effects), (effects**2).sum(axis=1) / 2
    grids = [_standard_nodes(float(np.abs(axis).max()), n) for axis in axes]
    grids += [_relative_nodes(sigma, b) for sigma, b, _ in gaussian]
    if np.prod([len(nodes) for nodes, _ in grids], dtype=float) > MAX_NODES:
        raise DomainError(
            f"{len(grids)} independent common nuisances: more than {MAX_NODES} nodes; "
            "expected at most two or three, or method 'toys'"
        )
    index, weights = _product([weights for _, weights in grids])
    z = [grid[0][i] for grid, i in zip(grids, index.T, strict=True)]
    log_factors = np.tile(-shift, (weights.size, 1))
    for axis, values in zip(axes, z, strict=False):
        log_factors += np.multiply.outer(values, axis)
    factors = np.exp(log_factors)
    for values, (_, _, affected) in zip(z[len(axes) :], gaussian, strict=True):
        factors[:, regions:] *= np.where(affected, values[:, None], 1.0)
    return weights, factors[:, :regions], factors[:, regions:]


def log_effects(model: CountingModel, names: set[str]) -> FloatArray:
    """A (2 R, names): change of ln kappa of each signal, then of each background, for one sigma."""
    order = sorted(names)
    effects = np.zeros((2 * len(model.regions), len(order)))
    for r, region in enumerate(model.regions):
        for row, nuisances in ((r, _signal(region)), (len(model.regions) + r, _background(region))):
            for nuisance in nuisances:
                if nuisance.name in names and nuisance.shape == "log-normal":
                    effects[row, order.index(nuisance.name)] = lognormal_width(nuisance.sigma)
    return effects


def gaussian_scales(model: CountingModel, names: set[str]) -> list[tuple[float, float, FloatArray]]:
    """(sigma, events that it moves, affected regions) of each truncated Gaussian among the names."""
    found = []
    for name in sorted(names):
        here = [
            [nu for nu in _background(region) if nu.name == name and nu.shape == "truncated-gaussian"]
            for region in model.regions
        ]
        affected = np.array([bool(nuisances) for nuisances in here])
        if affected.any():
            sigma = next(nuisances[0].sigma for nuisances in here if nuisances)
            found.append((sigma, float(model.background_means[affected].sum()), affected))
    return found


def _log_axes(effects: FloatArray) -> FloatArray:
    """Independent directions of ln kappa, shape (rank, 2 R)."""
    if effects.size == 0:
        return np.empty((0, effects.shape[0]))
    u, s, _ = np.linalg.svd(effects, full_matrices=False)
    kept = s > 1e-12 * max(s.max(), 1e-300)
    return np.asarray((u[:, kept] * s[kept]).T)


def _standard_nodes(sigma_ln: float, n: int) -> Nodes:
    """Nodes of a standard normal z that moves a mean by sigma_ln z in the logarithm."""
    kappas, weights = unit_lognormal_nodes(float(np.sqrt(np.expm1(sigma_ln**2))), n)
    return (np.log(kappas) + sigma_ln**2 / 2) / sigma_ln, weights


def _relative_nodes(sigma: float, events: float) -> Nodes:
    """Nodes of 1 + sigma z > 0, as fine as a background of so many events asks for."""
    scale = max(events, 1e-3)
    nodes, weights = two_piece_normal_nodes(scale, sigma * scale, sigma * scale)
    return nodes / scale, weights


def _product(weights: list[FloatArray]) -> tuple[np.ndarray, FloatArray]:
    """Indices (K, dimensions) and weights (K,) of all combinations whose weight matters."""
    index, total = np.zeros((1, 0), dtype=np.intp), np.ones(1)
    for axis in weights:
        index = np.column_stack(
            [np.repeat(index, axis.size, axis=0), np.tile(np.arange(axis.size), len(index))]
        )
        total = np.multiply.outer(total, axis).ravel()
        kept = total > _NEGLIGIBLE
        index, total = index[kept], total[kept]
    return index, total / total.sum()


def _local_signal(region: Region, common: set[str], n: int) -> Nodes:
    variance = sum(lognormal_width(nu.sigma) ** 2 for nu in _signal(region) if nu.name not in common)
    return unit_lognormal_nodes(float(np.sqrt(np.expm1(variance))), n)


def _own_background(region: Region, common: set[str], n: int) -> Background:
    own = [nuisance for nuisance in _background(region) if nuisance.name not in common]
    if not own:
        return region.background
    variance = sum(lognormal_width(nu.sigma) ** 2 for nu in own if nu.shape == "log-normal")
    nodes = unit_lognormal_nodes(float(np.sqrt(np.expm1(variance))), n)
    for nuisance in own:
        if nuisance.shape == "truncated-gaussian":
            nodes = product_nodes(nodes, _relative_nodes(nuisance.sigma, region.background.mean))
    parts = tuple(scaled(region.background, float(factor)) for factor in nodes[0])
    return Mixture(parts, tuple(float(w) for w in nodes[1] / nodes[1].sum()))


def _signal(region: Region) -> list[Nuisance]:
    return [nuisance for nuisance in region.signal_nuisances if nuisance.sigma > 0]


def _background(region: Region) -> list[Nuisance]:
    return [nuisance for nuisance in region.background_nuisances if nuisance.sigma > 0]

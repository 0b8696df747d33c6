"""The averages over the nuisances of a counting model: common ones by nodes, those of one region inside it.

All log-normal nuisances together are normal in the logarithms of the factors, ln kappa = A z. Only the
rank of A counts, not the number of names: ten sources common to all signals are one dimension.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import reduce

import numpy as np

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.statistics.backgrounds import Background
from feebly.statistics.quadrature import (
    Nodes,
    lognormal_width,
    product_nodes,
    two_piece_normal_nodes,
    unit_lognormal_nodes,
)
from feebly.statistics.regions.model import CountingModel, Nuisance, Region, scaled
from feebly.statistics.regions.scaled_counts import Mixture, convolved, scaled_pmfs

MAX_NODES = 20_000
"""Most nodes of the common nuisances; more are refused (use toys)."""

_NEGLIGIBLE = 1e-14  # weight of nodes that are left out


class TooManyError(DomainError):
    """An exact average or enumeration would need too many nodes or outcomes."""


@dataclass(frozen=True, eq=False)
class Marginal:
    """A counting model at the nodes of its common nuisances.

    weights: (K,), sum 1. signal_factors, background_factors: (K, R). local: nodes of the factor on the signal
    of each region that no other region has. backgrounds: of each region, its own nuisances averaged. known:
    what was computed before.
    """

    weights: FloatArray
    signal_factors: FloatArray
    background_factors: FloatArray
    local: tuple[Nodes, ...]
    backgrounds: tuple[Background, ...]

    known: dict[tuple[int, int], FloatArray] = field(default_factory=dict)

    def background_pmf(self, region: int, n: int) -> FloatArray:
        """P(N_b = k), k = 0 .. n, of a region at each node, (n + 1, K); (n + 1, 1) where all are the same."""
        if (region, n) not in self.known:
            factors = self.background_factors[:, region]
            self.known[region, n] = scaled_pmfs(self.backgrounds[region], factors, n)
        return self.known[region, n]

    def total_background_pmf(self, n: int) -> FloatArray:
        """The same of all regions together."""
        if (-1, n) not in self.known:
            parts = (self.background_pmf(r, n) for r in range(len(self.backgrounds)))
            self.known[-1, n] = reduce(convolved, parts)
        return self.known[-1, n]

    def largest_background(self, region: int) -> Background:
        """Background of a region at the node where it is largest."""
        factor = float(self.background_factors[:, region].max())
        background = self.backgrounds[region]
        return background.scaled(factor) if isinstance(background, Mixture) else scaled(background, factor)


CommonNodes = tuple[FloatArray, FloatArray, FloatArray]
"""Weights (K,) and factors on signals and backgrounds (K, R) of the common nuisances."""


def common_names(model: CountingModel) -> set[str]:
    """Nuisances that stand at several places."""
    places = Counter(
        nuisance.name for region in model.regions for nuisance in (*_signal(region), *_background(region))
    )
    return {name for name, count in places.items() if count > 1}


def marginal(model: CountingModel, n: int, nodes: CommonNodes | None = None) -> Marginal:
    """The averages that P(N <= n) of the model needs; DomainError for too many common nuisances.

    nodes: those of the common nuisances, where they are not to be a product of quadratures.
    """
    common = common_names(model)
    weights, signal, background = common_nodes(model, common, n) if nodes is None else nodes
    return Marginal(
        weights,
        signal,
        background,
        tuple(_local_signal(region, common, n) for region in model.regions),
        tuple(_own_background(region, common, n) for region in model.regions),
    )


def common_nodes(model: CountingModel, common: set[str], n: int) -> CommonNodes:
    """A product of quadratures over the common nuisances."""
    regions = len(model.regions)
    effects, gaussian = log_effects(model, common), gaussian_scales(model, common)
    axes, shift = independent_axes(effects), (effects**2).sum(axis=1) / 2
    grids = [_standard_nodes(float(np.abs(axis).max()), n) for axis in axes]
    grids += [_relative_nodes(sigma, b) for sigma, b, _ in gaussian]
    if np.prod([len(nodes) for nodes, _ in grids], dtype=float) > MAX_NODES:
        raise TooManyError(
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


def independent_axes(effects: FloatArray) -> FloatArray:
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

"""Deterministic averages over a nuisance parameter: nodes and weights that sum to one.

P(N <= n | b) changes over one unit of 2 sqrt(b) for every n. The panels below resolve that scale and the
width of the nuisance itself, so that an average of P(N <= n | b) is good to ``ACCURACY``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from feebly.core.interfaces import FloatArray

ACCURACY = 1e-9
"""Absolute error of a marginalised probability (the tests hold it against independent integration)."""

_Z_MAX = 9.0  # a standard normal beyond 9 has probability 2e-19
_Z_SMALLEST = 38.0  # beyond it the normal is below the smallest number
_TAIL_PANEL = 0.5  # exp(-z dz) over it, z up to 38: 16 nodes are good to 1e-13
_LIVING = 40.0  # e^-40 = 4e-18
_LOGIT_REACH, _LOGIT_STEP = 200.0, 0.1
_ROOTS_ABOVE = 9.0  # sqrt(b) - sqrt(n) where P(N >= n | b) is 1 to 1e-70
_Z_MAX_SIGNAL = 6.5  # few nodes for grids of signals; beyond it 8e-11
_NODES_PER_PANEL = 16
_MAX_ROOT_PANELS = 300  # sqrt(b) panels: counts above 300^2 are not resolved any more
_NEGLIGIBLE_WEIGHT = 1e-20

Nodes = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, slots=True)
class NormalMap:
    """A background b = from_normal(z) >= 0 of a standard normal z >= z_min, and its inverse; b in events."""

    from_normal: Callable[[FloatArray], FloatArray]
    to_normal: Callable[[FloatArray], FloatArray]
    z_min: float

    def nodes(self) -> Nodes:
        """Panels of Gauss-Legendre nodes for z up to 9."""
        root_low, root_high = np.sqrt(np.maximum(self.from_normal(np.array([self.z_min, _Z_MAX])), 0.0))
        z_even = np.append(np.linspace(self.z_min, _Z_MAX, 8), 0.0)  # 0: the kink of two pieces
        nodes, weights = self._panels(z_even, root_low, min(root_high, root_low + _MAX_ROOT_PANELS))
        return nodes, weights / weights.sum()

    def tail_nodes(self, n: int) -> Nodes:
        """Nodes beyond z = 9 that P(N >= n) has to be integrated over; weights of the same normalisation.

        The integrand has its peak there when n is many events above b: P(N >= n | b) grows faster than the
        normal falls. Nodes end where it is e^-40 of its peak, or the normal below the smallest number.
        """
        from scipy.special import gammainc, ndtr

        z = np.arange(self.z_min, _Z_SMALLEST, _TAIL_PANEL / 2)
        with np.errstate(divide="ignore"):
            log_integrand = np.log(gammainc(max(n, 1), np.maximum(self.from_normal(z), 0.0))) - z**2 / 2
        living = z[log_integrand > log_integrand.max() - _LIVING]
        if living.size == 0 or living[-1] <= _Z_MAX:
            return np.empty(0), np.empty(0)
        panels = np.ceil((living[-1] + _TAIL_PANEL - _Z_MAX) / _TAIL_PANEL)
        z_even = _Z_MAX + _TAIL_PANEL * np.arange(panels + 1)
        root_low, root_high = np.sqrt(self.from_normal(z_even[[0, -1]]))
        resolved = min(root_high, np.sqrt(n) + _ROOTS_ABOVE, root_low + _MAX_ROOT_PANELS)
        nodes, weights = self._panels(z_even, root_low, resolved)
        return nodes, weights / (np.sqrt(2 * np.pi) * ndtr(-self.z_min))

    def _panels(self, z_even: FloatArray, root_low: float, root_high: float) -> Nodes:
        """Nodes in b, weights exp(-z^2 / 2) dz: panels between z_even and where sqrt(b) is an integer."""
        z_roots = self.to_normal(np.arange(np.floor(root_low) + 1, root_high) ** 2)
        inside = (z_roots > z_even.min()) & (z_roots < z_even.max())
        edges = np.unique(np.concatenate([z_even, z_roots[inside]]))
        x, w = np.polynomial.legendre.leggauss(_NODES_PER_PANEL)
        centre, half = (edges[1:] + edges[:-1])[:, None] / 2, np.diff(edges)[:, None] / 2
        z = (centre + half * x).ravel()
        return np.maximum(self.from_normal(z), 0.0), (half * w).ravel() * np.exp(-(z**2) / 2)


def two_piece_normal(central: float, sigma_down: float, sigma_up: float) -> NormalMap:
    """central + z sigma, sigma by the sign of z, truncated at zero.

    The two straight lines of R. Barlow, physics/0306138: the stated interval keeps its probability.
    ``sigma_down == sigma_up`` is the truncated Gaussian. All arguments in events, both sigma > 0.
    """

    def from_normal(z: FloatArray) -> FloatArray:
        return central + z * np.where(z < 0, sigma_down, sigma_up)

    def to_normal(b: FloatArray) -> FloatArray:
        return (b - central) / np.where(b < central, sigma_down, sigma_up)

    return NormalMap(from_normal, to_normal, max(-_Z_MAX, -central / sigma_down))


def two_piece_normal_nodes(central: float, sigma_down: float, sigma_up: float) -> Nodes:
    """Nodes of ``two_piece_normal``."""
    return two_piece_normal(central, sigma_down, sigma_up).nodes()


def lognormal(mean: float, sigma: float) -> NormalMap:
    """The log-normal with this mean and standard deviation (both in events, > 0)."""
    sigma_ln = lognormal_width(sigma / mean)
    mu_ln = np.log(mean) - sigma_ln**2 / 2

    def from_normal(z: FloatArray) -> FloatArray:
        return np.asarray(np.exp(mu_ln + sigma_ln * z))

    def to_normal(b: FloatArray) -> FloatArray:
        return np.asarray((np.log(b) - mu_ln) / sigma_ln)

    return NormalMap(from_normal, to_normal, -_Z_MAX)


def lognormal_width(relative_sigma: float) -> float:
    """sigma_ln of a log-normal whose standard deviation is ``relative_sigma`` times its mean."""
    return float(np.sqrt(np.log1p(relative_sigma**2)))


@lru_cache(maxsize=64)
def unit_lognormal_nodes(sigma: float, n: int) -> Nodes:
    """Nodes of the log-normal with mean 1 and standard deviation ``sigma``, for P(N <= n | kappa s + b).

    The trapezoidal rule in the standard normal z behind kappa. Its error is exp(-2 pi^2 (width / step)^2)
    for an integrand of Gaussian width: that of the normal, 1, narrowed by the step of P(N <= n), whose width
    in ln kappa is 1 / sqrt(n + 1).
    """
    sigma_ln = lognormal_width(sigma)
    if sigma_ln == 0:
        return np.ones(1), np.ones(1)
    width = 1 / np.sqrt(1 + sigma_ln**2 * (n + 1))
    half = int(np.ceil(_Z_MAX_SIGNAL / (width / 1.5)))
    z = np.linspace(-_Z_MAX_SIGNAL, _Z_MAX_SIGNAL, 2 * half + 1)
    weights = np.exp(-(z**2) / 2)
    return np.exp(sigma_ln * z - sigma_ln**2 / 2), weights / weights.sum()


@lru_cache(maxsize=64)
def beta_nodes(a: float, b: float, order: int) -> Nodes:
    """Gauss nodes on (0, 1) with the Beta(a, b) density as weight (Golub and Welsch, 1969).

    Normalised weights from the recurrence of the Jacobi polynomials (NIST DLMF 18.9.2): no Gamma
    function appears, so large a or b do not overflow.
    """
    from scipy.linalg import eigh_tridiagonal

    alpha, beta = b - 1, a - 1  # Jacobi weight (1 - x)^alpha (1 + x)^beta with x = 2 t - 1
    k = np.arange(1, order)
    c = 2 * k + alpha + beta
    diagonal = np.empty(order)
    diagonal[0] = (beta - alpha) / (alpha + beta + 2)
    diagonal[1:] = (beta**2 - alpha**2) / (c * (c + 2))
    # (k + alpha + beta) / (c - 1) is 1 at k = 1, also where alpha + beta = -1 makes it 0/0
    ratio = np.ones(order - 1)
    ratio[1:] = (k[1:] + alpha + beta) / (c[1:] - 1)
    off_diagonal = np.sqrt(4 * k * (k + alpha) * (k + beta) * ratio / (c**2 * (c + 1)))
    x, vectors = eigh_tridiagonal(diagonal, off_diagonal)
    return np.clip((1 + x) / 2, 0, 1), vectors[0] ** 2


def beta_product_tail_nodes(
    shapes: Sequence[tuple[float, float]], rising: Callable[[FloatArray], FloatArray], order: int
) -> Nodes:
    """Nodes of the product of Beta(a, b) variables for the average of a function that lives in its far tail.

    The trapezoidal rule in the logit of each: all weights keep their digits. Nodes are left out where weight
    times ``rising``, which no further factor below 1 makes larger, is e^-40 of the largest. Between two
    factors those that are left become ``order`` Gauss nodes of that measure: what follows, a ratio of two
    ``rising``, is smooth. No nodes are left where all is below the smallest number.
    """
    from scipy.special import betaln, expit, log_expit

    x = np.arange(-_LOGIT_REACH, _LOGIT_REACH, _LOGIT_STEP)
    nodes, weights = np.ones(1), np.ones(1)
    for a, b in shapes:
        if nodes.size > order:
            measure = weights * rising(nodes)
            nodes, shares = reduced_nodes(nodes, measure, order)
            weights = measure.sum() * shares / rising(nodes)
        log_density = a * log_expit(x) + b * log_expit(-x) - betaln(a, b)
        product = product_nodes((nodes, weights), (expit(x), _LOGIT_STEP * np.exp(log_density)), 0.0)
        size = product[1] * rising(product[0])
        kept = size > size.max(initial=0.0) * np.exp(-_LIVING)
        nodes, weights = product[0][kept], product[1][kept]
    return nodes, weights


def reduced_nodes(nodes: FloatArray, weights: FloatArray, order: int) -> Nodes:
    """Gauss nodes of a measure that is given by many nodes: its moments up to 2 order - 1 are kept.

    The recurrence coefficients by Lanczos' method with full reorthogonalisation (W. Gautschi, Orthogonal
    Polynomials, 2004, Sec. 2.2.3.2), the nodes by Golub and Welsch.
    """
    from scipy.linalg import eigh_tridiagonal

    basis = np.zeros((order + 1, nodes.size))
    basis[0] = np.sqrt(weights / weights.sum())
    diagonal, off_diagonal = np.zeros(order), np.zeros(order)
    for k in range(order):
        following = nodes * basis[k]
        diagonal[k] = following @ basis[k]
        for _ in range(2):  # twice is enough (Parlett)
            following = following - (basis[: k + 1] @ following) @ basis[: k + 1]
        off_diagonal[k] = np.sqrt(following @ following)
        if off_diagonal[k] < 1e-14 * nodes.max():
            order = k + 1
            break
        basis[k + 1] = following / off_diagonal[k]
    x, vectors = eigh_tridiagonal(diagonal[:order], off_diagonal[: order - 1])
    return np.clip(x, nodes.min(), nodes.max()), vectors[0] ** 2


def product_nodes(first: Nodes, second: Nodes, negligible: float = _NEGLIGIBLE_WEIGHT) -> Nodes:
    """Nodes of the product of two independent quantities; weights up to ``negligible`` are dropped."""
    nodes = np.multiply.outer(first[0], second[0]).ravel()
    weights = np.multiply.outer(first[1], second[1]).ravel()
    kept = weights > negligible
    return nodes[kept], weights[kept]

"""What one count says about the signal: fit, pull and exclusion, each for all counts of repeated experiments.

The likelihood of a signal s is the marginalised distribution of the count, as in the limits:
P(n | s) = sum_k P_b(k) E[Poisson(n - k | kappa s)], k background events, kappa the factor of the signal.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from feebly.core.interfaces import FloatArray
from feebly.statistics.intervals.limits import upper_limit
from feebly.statistics.proofs.closure import ClosurePoint
from feebly.statistics.quadrature import unit_lognormal_nodes

_BISECTIONS = 60
_NEGLIGIBLE = 1e-25  # probability of a background count that is left out


@dataclass(frozen=True, eq=False)
class SignalLikelihood:
    """P(n | s) of counts n (D,), with background and signal error of a point; its signal is the truth."""

    point: ClosurePoint
    n: FloatArray

    @cached_property
    def _nuisances(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Background counts, signal factors and the logarithm of their joint probability, shapes (K J,)."""
        largest = int(self.n.max())
        pmf = self.point.background.counts(largest).pmf
        kept = np.flatnonzero(pmf > _NEGLIGIBLE)
        kappa, weight = unit_lognormal_nodes(self.point.signal_error, largest)
        k, factor = np.repeat(kept, kappa.size), np.tile(kappa, kept.size)
        return k.astype(float), factor, np.log(np.outer(pmf[kept], weight)).ravel()

    def _terms(self, signal: FloatArray) -> FloatArray:
        """Logarithm of each term of P(n | s) at one signal for each count, shape (D, K J)."""
        from scipy.special import gammaln, xlogy

        k, kappa, log_weight = self._nuisances
        m, mean = self.n[:, None] - k, signal[:, None] * kappa
        with np.errstate(invalid="ignore"):
            poisson = xlogy(m, mean) - mean - gammaln(m + 1.0)
        return np.where(m >= 0, log_weight + poisson, -np.inf)

    def log(self, signal: FloatArray) -> FloatArray:
        """ln P(n | s) at one signal [events] for each count."""
        terms = self._terms(signal)
        top = terms.max(axis=1, keepdims=True)
        return np.asarray(top[:, 0] + np.log(np.exp(terms - top).sum(axis=1)))

    def _rises(self, signal: FloatArray) -> NDArray[np.bool_]:
        """Whether ln P still rises with s: s dlnP/ds is the mean of n - k - kappa s over the terms."""
        k, kappa, _ = self._nuisances
        terms = self._terms(signal)
        weight = np.exp(terms - terms.max(axis=1, keepdims=True))
        return np.asarray((weight * (self.n[:, None] - k - signal[:, None] * kappa)).sum(axis=1) > 0)

    @cached_property
    def fit(self) -> FloatArray:
        """The signal of the largest likelihood [events] of each count; next to zero where n is low."""
        low, high = np.zeros(self.n.size), 4.0 * (self.n + 10.0)
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            rises = self._rises(middle)
            low, high = np.where(rises, middle, low), np.where(rises, high, middle)
        return np.asarray((low + high) / 2)

    @cached_property
    def pull(self) -> FloatArray:
        """Signed root of 2 ln P(n | fit) / P(n | truth) of each count; positive where the fit is too high."""
        truth = np.full(self.n.size, float(self.point.signal))
        q = 2 * (self.log(self.fit) - self.log(truth))
        return np.asarray(np.sign(self.fit - truth) * np.sqrt(np.maximum(q, 0.0)))


def count_moments(point: ClosurePoint) -> tuple[float, float]:
    """Mean and standard deviation of the count, averaged over background and factor of the signal."""
    likely = point.signal + point.background.mean
    pmf = point.background.counts(int(2 * likely + 20 * np.sqrt(likely) + 100)).pmf
    k = np.arange(pmf.size)
    mean = float(pmf @ k)
    # signal and background counts are independent; N_s is Poisson of kappa s with mean kappa = 1
    variance = float(pmf @ (k - mean) ** 2) + point.signal + (point.signal_error * point.signal) ** 2
    return point.signal + mean, float(np.sqrt(variance))


def largest_excluded(point: ClosurePoint, n_max: int, cl: float, convention: str) -> int:
    """The largest count, up to ``n_max``, whose upper limit excludes the point's signal; -1: none does.

    Limits rise with the count.
    """

    def excludes(n: int) -> bool:
        limit = upper_limit(n, point.background, None, cl, convention, point.signal_error)
        return limit.empty or limit.s_up < point.signal

    low, high = -1, n_max + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if excludes(middle) else (low, middle)
    return low

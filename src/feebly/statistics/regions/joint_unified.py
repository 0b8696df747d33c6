"""Unified intervals of Feldman and Cousins (physics/9711021) on the signal strength of several regions.

For each mu the outcomes (n_1 .. n_R) are accepted in the order of P(n | mu) / P(n | mu_best), mu_best >= 0
the best fit to the outcome, until their probability reaches CL (Sec. IV B; for several counts Sec. V). The
interval is the hull of the mu that accept the observed outcome, but for slivers narrower than one step of the
scan. Nuisances are averaged over in the probabilities and in the best fits, as in hep-ex/0202013.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.statistics.quadrature import ACCURACY
from feebly.statistics.regions.model import CountingModel
from feebly.statistics.regions.nuisances import Marginal, TooManyError, marginal
from feebly.statistics.regions.outcomes import IntArray, Outcomes, counts_probability

NAME = "feldman-cousins"

_SCAN_POINTS = 600
_FINE = 32  # parts of a step of the scan, three times
_ZOOMS = 3
_NEGLIGIBLE = 1e-13  # outcomes left out, relative to the most probable one
_MAX_TERMS = 1_500_000_000  # outcomes x mu x nodes of the common nuisances: some ten seconds
_ELEMENTS = 1 << 22  # of one block of outcomes x mu, and of a table of one region
_FAR = 1e-3  # likelihood ratio of the observed counts, over 1 - CL, where the scan ends
_TIE = 1e-10  # of ln R: rounding of outcomes with the same R


@dataclass(frozen=True, slots=True)
class JointEnds:
    """Ends of the interval of mu, their numerical error and that of the accepted probability."""

    lower: float
    upper: float
    mu_error: float
    probability_error: float


def unified_interval(model: CountingModel, cl: float) -> JointEnds:
    """The interval for the observed counts; DomainError for too many outcomes or nodes."""
    mu_max = _reach(model, cl)
    while True:
        scan = _Scan.of(model, cl, mu_max)
        mu = np.linspace(0.0, mu_max, _SCAN_POINTS)
        accepted = np.flatnonzero(scan.accepts(mu))
        if accepted.size == 0:
            raise DomainError(
                f"cl = {cl:g} with convention {NAME!r}: no step of the scan of mu is in the interval; use a "
                "larger cl"
            )
        if accepted[-1] < 0.95 * _SCAN_POINTS:
            break
        mu_max *= 1.5
    first, last = int(accepted[0]), int(accepted[-1])
    upper, missing = scan.zoomed(mu[last], mu[last + 1])
    lower, missing_below = (0.0, missing) if first == 0 else scan.zoomed(mu[first], mu[first - 1])
    return JointEnds(
        lower,
        upper,
        mu_error=float(mu[1]) / _FINE**_ZOOMS,
        probability_error=ACCURACY + max(missing, missing_below),
    )


@dataclass(frozen=True, eq=False)
class _Scan:
    """All outcomes (D, R) that matter for mu <= mu_max, the observed one first; ln P at their best fits."""

    averages: Marginal
    signals: FloatArray
    cl: float
    listed: IntArray
    log_best: FloatArray

    @classmethod
    def of(cls, model: CountingModel, cl: float, mu_max: float) -> _Scan:
        signals, observed = model.signals, np.array(model.observed)
        mean = 2 * model.background_means.sum() + mu_max * signals.sum()
        averages = marginal(model, int(observed.sum() + mean + 8 * math.sqrt(mean) + 20))
        listed = _listed(averages, np.multiply.outer(signals, np.linspace(0.0, mu_max, 24)), observed)
        largest = int(listed.sum(axis=1).max())
        root = np.linspace(0.0, math.sqrt(2.0 * largest / signals.sum()), _root_points(largest))
        terms = len(listed) * averages.weights.size * (_SCAN_POINTS + root.size)
        if terms > _MAX_TERMS:
            raise TooManyError(
                f"{len(observed)} regions with convention {NAME!r}: {len(listed)} outcomes at "
                f"{averages.weights.size} nodes are too many to enumerate; use 'cls-counting' or "
                "'bayesian-flat'"
            )
        scan = cls(averages, signals, cl, listed, np.zeros(len(listed)))
        return cls(averages, signals, cl, listed, scan._fitted_logs(root))

    def accepts(self, mu: FloatArray) -> FloatArray:
        """Whether the outcomes that precede the observed one have less than CL together, for each mu."""
        return np.concatenate([self._before(block)[0] < self.cl for block in self._blocks(mu)])

    def zoomed(self, inside: float, outside: float) -> tuple[float, float]:
        """Last accepted mu on the way from one that is to one that is not; probability not listed there."""
        missing = 0.0
        for _ in range(_ZOOMS):
            way = np.linspace(inside, outside, _FINE + 1)
            before, total = self._before(way)
            missing = float(np.max(1 - total))
            step = int(np.flatnonzero(before < self.cl)[-1])
            inside, outside = way[step], way[min(step + 1, _FINE)]
        return float(inside), max(missing, 0.0)

    def _before(self, mu: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Probability of the outcomes that precede the observed one, and of all that are listed."""
        pmf = self._pmf(mu)
        with np.errstate(divide="ignore"):
            log_ratio = np.log(pmf) - self.log_best[:, None]
        before = log_ratio > log_ratio[0] + _TIE
        return (pmf * before).sum(axis=0), pmf.sum(axis=0)

    def _pmf(self, mu: FloatArray) -> FloatArray:
        """P(outcome | mu), outcomes down and mu across."""
        return Outcomes(self.averages, np.multiply.outer(self.signals, mu)).signal_probability(self.listed)

    def _blocks(self, mu: FloatArray, overlap: int = 0) -> Iterator[FloatArray]:
        """Parts of mu whose tables fit; each starts with the last ``overlap`` of the one before."""
        table = self.averages.weights.size * (int(self.listed.max()) + 1)
        step = int(np.clip(_ELEMENTS // max(len(self.listed), table), 1, mu.size))
        for start in range(0, mu.size, step):
            yield mu[max(start - overlap, 0) : start + step]

    def _fitted_logs(self, root: FloatArray) -> FloatArray:
        """ln of the largest P(outcome | mu) over mu >= 0, between the points of a grid in sqrt(mu)."""
        best = np.full(len(self.listed), -np.inf)
        for block in self._blocks(root, overlap=4):
            with np.errstate(divide="ignore"):
                log_pmf = np.log(self._pmf(block**2))
            best = np.maximum(best, log_pmf.max(axis=1))
            if block.size >= 5:
                best = np.maximum(best, _peaks(log_pmf))
        return best


def _peaks(values: FloatArray) -> FloatArray:
    """Maximum of the quartic through the five points at the largest of each row; -inf where it has none."""
    top = np.clip(np.argmax(values, axis=1), 2, values.shape[1] - 3)
    a, b, c, d, e = (values[np.arange(len(top)), top + shift] for shift in range(-2, 3))
    with np.errstate(invalid="ignore", divide="ignore"):
        c1, c2 = (a - 8 * b + 8 * d - e) / 12, (-a + 16 * b - 30 * c + 16 * d - e) / 24
        c3, c4 = (-a + 2 * b - 2 * d + e) / 12, (a - 4 * b + 6 * c - 4 * d + e) / 24
        t = np.clip(-c1 / (2 * c2), -2.0, 2.0)
        for _ in range(4):
            slope, bend = c1 + t * (2 * c2 + t * (3 * c3 + 4 * t * c4)), 2 * c2 + t * (6 * c3 + 12 * t * c4)
            t = np.clip(t - slope / bend, -2.0, 2.0)
        peak = c + t * (c1 + t * (c2 + t * (c3 + t * c4)))
        found = np.isfinite(peak) & (bend < 0) & (np.abs(t) < 2)
    return np.where(found, peak, -np.inf)


def _listed(averages: Marginal, signals: FloatArray, observed: IntArray) -> IntArray:
    """The outcomes that are not negligible at any of the signals (R, J), the observed one first."""
    outcomes = Outcomes(averages, signals)
    caps = outcomes.caps.max(axis=1).astype(int)
    try:
        listed = outcomes.listed(caps, np.zeros(len(caps)), _NEGLIGIBLE)
    except TooManyError:
        raise TooManyError(
            f"{len(caps)} regions with convention {NAME!r}: too many outcomes to enumerate; use "
            "'cls-counting' or 'bayesian-flat'"
        ) from None
    others = listed[np.any(listed != observed, axis=1)]
    return np.concatenate([observed[None].astype(listed.dtype), others])


def _reach(model: CountingModel, cl: float) -> float:
    """mu where the likelihood ratio of the observed counts is far below 1 - CL."""
    averages = marginal(model, sum(model.observed))
    mu = (sum(model.observed) + 1.0) / model.signals.sum() * np.append(0.0, 1.2 ** np.arange(-20, 40))
    likelihood = counts_probability(averages, np.multiply.outer(model.signals, mu), model.observed)
    best = int(np.argmax(likelihood))
    if likelihood[best] == 0:
        raise DomainError(
            "probability of the observed counts is below the smallest number: check the counts and the "
            "backgrounds"
        )
    far = np.flatnonzero(likelihood[best:] < _FAR * (1 - cl) * likelihood[best])
    return float(mu[best + far[0]]) if far.size else float(mu[-1])


def _root_points(size: int) -> int:
    """Points of the grid in sqrt(mu) on which the best fits are looked for."""
    return 160 + 32 * math.ceil(math.sqrt(size))

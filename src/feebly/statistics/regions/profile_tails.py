"""P(q >= q_obs) of several regions in the profile convention: counts enumerated, or toys."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from feebly.core.interfaces import FloatArray
from feebly.statistics.backgrounds import Fixed
from feebly.statistics.regions.model import CountingModel, Region
from feebly.statistics.regions.nuisances import TooManyError, marginal
from feebly.statistics.regions.outcomes import Outcomes
from feebly.statistics.regions.profile_fit import Fit, Outcome, ProfileModel
from feebly.statistics.regions.toys import philox

NAME = "cls-profile"

MAX_ROWS = 30_000
"""Most undecided outcomes times directions of an enumeration; more are left to toys."""

TIE = 1e-12
"""Relative tolerance of ties: without events q is the same for every auxiliary measurement."""

Rising = Callable[[np.ndarray, FloatArray], tuple[FloatArray, FloatArray]]
"""q and its slope: of counts and measurements, or of rows and their distance along (1, .. 1)."""

_ROOT = 1e-11  # sigma, of the measurement where q is q_obs
_STEPS = 100
_REACH = 9.0  # an auxiliary measurement is within 9 sigma but for 2e-19
_ACROSS = np.linspace(-8.0, 8.0, 33)
_NEGLIGIBLE = 1e-11  # weight of a direction, relative probability of an outcome
_BLOCK = 1 << 14  # toys that are fitted together


def most_directions(measured: int) -> int:
    """Directions across which so many auxiliary measurements are averaged, at most."""
    return int(_ACROSS.size ** max(measured - 1, 0))


def too_many(regions: int, what: str) -> TooManyError:
    """The error that sends a limit to toys."""
    return TooManyError(
        f"{regions} regions with convention {NAME!r}: {what} are too many to enumerate; use method 'toys'"
    )


def enumerated_tail(
    profile: ProfileModel, truth: Fit, mu: float, threshold: float, stream: int
) -> tuple[float, float]:
    """P(q >= threshold) with counts enumerated and auxiliary measurements integrated; error of the latter."""
    counts, pmf = _listed(truth.mean[0])
    missing = abs(1 - float(pmf.sum()))
    size = int(np.count_nonzero(profile.sigmas)) + len(profile.straight)

    def q_and_slope(n: FloatArray, u: FloatArray) -> tuple[FloatArray, FloatArray]:
        return _q_at(profile, truth, mu, n, u)

    corner = np.full((len(counts), size), _REACH)
    always = q_and_slope(counts, -corner)[0] >= threshold
    certain = float(pmf[always].sum())
    if size == 0:
        return certain, missing
    split = np.flatnonzero((q_and_slope(counts, corner)[0] >= threshold) & ~always)
    fine, coarse, tie = _shares(q_and_slope, counts[split], size, threshold) @ pmf[split]
    return certain + float(fine), float(abs(fine - coarse) + tie) + missing


def _shares(q_and_slope: Rising, counts: FloatArray, size: int, threshold: float) -> FloatArray:
    """P(q >= threshold) of each of the counts (3, D): of all directions, of every second, and on the tie."""
    from scipy.special import ndtr

    nodes, weights = _across(size)
    if len(counts) * len(nodes) > MAX_ROWS:
        raise too_many(counts.shape[1], f"{len(counts)} outcomes at {len(nodes)} directions")
    n, across = np.repeat(counts, len(nodes), axis=0), np.tile(nodes, (len(counts), 1))

    def along(rows: np.ndarray, t: FloatArray) -> tuple[FloatArray, FloatArray]:
        return q_and_slope(n[rows], across[rows] + t[:, None] / math.sqrt(size))

    t, slope = _rising_root(along, threshold, len(n))
    width = np.minimum(TIE * threshold / np.maximum(slope, 1e-300), _REACH)
    beyond, lost = (x.reshape(len(counts), len(nodes)) for x in (ndtr(-t), ndtr(-t + width) - ndtr(-t)))
    return np.stack([beyond @ weights[0], beyond @ weights[1], lost @ weights[0]])


def _q_at(
    profile: ProfileModel, truth: Fit, mu: float, counts: FloatArray, u: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """q of counts, auxiliary measurements u sigmas (T, size) off the truth; its slope along (1, .. 1)."""
    measured = np.flatnonzero(profile.sigmas)
    a = np.tile(truth.background[0], (len(counts), 1))
    a[:, measured] += profile.sigmas[measured] * u[:, : measured.size]
    q, on_a, on_z = profile.q_and_slopes(Outcome(counts, a, truth.z + u[:, measured.size :]), mu)
    return q, (on_a.sum(axis=1) + on_z.sum(axis=1)) / math.sqrt(max(u.shape[1], 1))


def _rising_root(function: Rising, target: float, size: int) -> tuple[FloatArray, FloatArray]:
    """Where rising functions (value and slope) reach the target, or -9 and 9, and the slope there."""
    t, slope, everything = np.zeros(size), np.full(size, np.inf), np.arange(size)
    low, high = np.full(size, -_REACH), np.full(size, _REACH)
    above, below = function(everything, low)[0] >= target, function(everything, high)[0] < target
    t = np.where(above, low, np.where(below, high, t))
    todo = np.flatnonzero(~above & ~below)
    for _ in range(_STEPS):
        if todo.size == 0:
            break
        at = t[todo]
        value, slope[todo] = function(todo, at)
        reached = value >= target
        low[todo], high[todo] = np.where(reached, low[todo], at), np.where(reached, at, high[todo])
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            step = at + (target - value) / slope[todo]
        inside = (step > low[todo]) & (step < high[todo])
        met = np.abs(value - target) <= TIE / 10 * target
        t[todo] = np.where(met, at, np.where(inside, step, (low[todo] + high[todo]) / 2))
        todo = todo[np.abs(t[todo] - at) > _ROOT]
    return t, slope


def _across(size: int) -> tuple[FloatArray, FloatArray]:
    """Points (K, size) across the direction (1, .. 1), and weights (2, K): of all, of every second point."""
    if size <= 1:
        return np.zeros((1, size)), np.ones((2, 1))
    # orthonormal rows, the first of them along (1, .. 1)
    basis = np.linalg.svd(np.ones((1, size)))[2][1:]
    fine = np.exp(-(_ACROSS**2) / 2)
    coarse = fine * (np.arange(fine.size) % 2 == 0)
    grid = np.stack(np.meshgrid(*[_ACROSS] * (size - 1), indexing="ij"), axis=-1).reshape(-1, size - 1)
    weights = []
    for axis in (fine, coarse):
        product = np.ones(1)
        for _ in range(size - 1):
            product = np.multiply.outer(product, axis / axis.sum()).ravel()
        weights.append(product)
    kept = weights[1] + weights[0] > _NEGLIGIBLE
    return grid[kept] @ basis, np.stack(weights)[:, kept]


def _listed(means: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Outcomes (D, R) of Poisson counts with these means that are not negligible, and their probability."""
    regions = tuple(Region(f"{r}", 0, Fixed(float(mean))) for r, mean in enumerate(means))
    outcomes = Outcomes(marginal(CountingModel(regions), 0), np.zeros((len(means), 1)))
    try:
        listed = outcomes.listed(outcomes.caps[:, 0].astype(int), np.zeros(len(means)), _NEGLIGIBLE)
    except TooManyError:
        raise too_many(len(means), "the outcomes") from None
    return listed.astype(float), outcomes.background_probability(listed)


def toy_tail(
    profile: ProfileModel, truth: Fit, mu: float, threshold: float, size: int, key: tuple[int, int]
) -> float:
    """Fraction of toys with q >= threshold; the same random numbers for each mu."""
    from scipy.special import pdtr

    rng = philox(*key)
    counts = np.empty((size, profile.signals.size))
    for r, mean in enumerate(truth.mean[0].tolist()):
        below = pdtr(np.arange(mean + 10 * math.sqrt(mean) + 20), mean)
        counts[:, r] = np.searchsorted(below, rng.random(size), side="right")
    a = truth.background + profile.sigmas * rng.standard_normal(counts.shape)
    auxiliary = truth.z + rng.standard_normal((size, len(profile.straight)))
    data = Outcome(counts, a, auxiliary)
    reached = 0
    for start in range(0, size, _BLOCK):
        q = profile.q_tilde(data[np.arange(start, min(start + _BLOCK, size))], mu)
        reached += int(np.count_nonzero(q >= threshold))
    return reached / size

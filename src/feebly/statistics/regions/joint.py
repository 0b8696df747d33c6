"""Limits from several regions together, by enumeration of their counts or by toys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.errors import ConfigError, unknown
from feebly.core.interfaces import FloatArray
from feebly.statistics import quadrature
from feebly.statistics.backgrounds import Background, Sum, as_background
from feebly.statistics.checks import require_confidence_level, require_count
from feebly.statistics.intervals.limits import Limit, upper_limit
from feebly.statistics.regions import joint_bayesian, joint_profile, joint_unified
from feebly.statistics.regions.joint_cells import (
    JOINT_CONVENTIONS,
    cell_curve,
    cls_of_cells,
    expected_limits_on_cells,
    largest_crossing,
    limits_on_cells,
    quantile_cls,
    require_choices,
)
from feebly.statistics.regions.model import CountingModel
from feebly.statistics.regions.nuisances import TooManyError
from feebly.statistics.regions.ordering import TOTAL_COUNT
from feebly.statistics.regions.toys import DEFAULT_TOYS, draw_toys, toy_limit

__all__ = [
    "JOINT_CONVENTIONS",
    "JOINT_LIMIT_CONVENTIONS",
    "JointLimit",
    "cls_of_cells",
    "combined_upper_limit",
    "expected_limits_on_cells",
    "joint_cls",
    "joint_upper_limit",
    "limits_on_cells",
    "quantile_cls",
]

JOINT_LIMIT_CONVENTIONS = (*JOINT_CONVENTIONS, joint_profile.NAME, joint_bayesian.NAME, joint_unified.NAME)
"""Conventions of one limit from several regions; grids of cells have ``JOINT_CONVENTIONS``."""

NO_ORDERING = "none"
"""Ordering of a limit in whose convention the outcomes have no order to choose."""

METHODS = ("auto", "enumeration", "toys")
"""How the probabilities of several regions are computed."""


@dataclass(frozen=True, slots=True)
class JointLimit:
    """Upper limit on the signal strength mu of a counting model.

    mu_up: limit on mu at confidence level cl; s_up: the expected signal in all regions at mu_up [events].
    cls_error: bound on the numerical error of CLs(mu_up) - (1 - cl) by quadrature and solution (an ordering
    that changes with mu may jump across 1 - cl: mu_up is the largest mu that is not excluded). mc_error,
    mu_error: standard deviations of CLs(mu_up) and of mu_up where ``toys`` toys of this seed were drawn; zero
    for method "enumeration". convention "classical" has CLs+b in the place of CLs; there mu_up = 0 says that
    even mu = 0 is excluded; "bayesian-flat" the posterior probability above mu, and "feldman-cousins" the
    probability of the accepted outcomes, the interval mu_low .. mu_up, and mu_step, the length to which its
    ends are found (with toys mu_error is that of the less certain end); these two and
    "cls-profile" have ordering "none".
    """

    mu_up: float
    s_up: float
    regions: tuple[str, ...]
    observed: tuple[int, ...]
    background_means: tuple[float, ...]
    cl: float
    convention: str
    ordering: str
    method: str
    cls_error: float
    mc_error: float = 0.0
    mu_error: float = 0.0
    toys: int = 0
    seed: int | None = None
    mu_low: float = 0.0
    mu_step: float = 0.0

    def __float__(self) -> float:
        return self.mu_up


def joint_upper_limit(
    model: CountingModel,
    cl: float = 0.90,
    convention: str = "cls-counting",
    ordering: str = "total-count",
    method: str = "auto",
    toys: int | None = None,
    seed: int = 1,
    progress: joint_unified.Progress = lambda done, total, text: None,
) -> JointLimit:
    """Upper limit on mu for the observed counts of the model.

    convention: one of ``JOINT_LIMIT_CONVENTIONS``; only ``cls-counting`` and ``classical`` have an ordering
    to choose; all but ``bayesian-flat`` have toys. ordering: ``total-count`` or ``likelihood-ratio``.
    method: ``enumeration``, ``toys`` (their number and seed; None: 100 000, of ``cls-profile`` 10 000), or
    ``auto``: toys where an enumeration would need more than ``outcomes.MAX_OUTCOMES`` outcomes or
    ``nuisances.MAX_NODES`` nodes (of ``cls-profile``: ``joint_profile.MAX_ROWS`` rows); the result says
    which. Raises ConfigError for a wrong cl, convention, ordering or method, DomainError for what cannot be
    enumerated.
    """
    cl, signals = require_confidence_level(cl), _shape_of_signals(model)
    _require_choices(convention, ordering, method)
    if toys is None:
        toys = joint_profile.DEFAULT_TOYS if convention == joint_profile.NAME else DEFAULT_TOYS
    if convention in JOINT_CONVENTIONS:
        found = _ordered_limit(model, cl, convention, ordering, method, toys, seed)
    elif convention == joint_profile.NAME:
        found, ordering = _profile_limit(model, cl, method, toys, seed, progress), NO_ORDERING
    else:
        found, ordering = _unordered_limit(model, cl, convention, method, toys, seed, progress), NO_ORDERING
    by_toys = found.method == "toys"
    return JointLimit(
        mu_up=float(found.mu_up),
        s_up=float(found.mu_up * signals.sum()),
        regions=tuple(region.name for region in model.regions),
        observed=model.observed,
        background_means=tuple(float(b) for b in model.background_means),
        cl=cl,
        convention=convention,
        ordering=ordering,
        method=found.method,
        cls_error=found.cls_error,
        mc_error=found.mc_error,
        mu_error=found.mu_error,
        toys=toys if by_toys else 0,
        seed=seed if by_toys else None,
        mu_low=found.mu_low,
        mu_step=found.mu_step,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """What differs between the ways to a limit; fields as in ``JointLimit``."""

    mu_up: float
    cls_error: float
    method: str = "enumeration"
    mc_error: float = 0.0
    mu_error: float = 0.0
    mu_low: float = 0.0
    mu_step: float = 0.0


def _ordered_limit(
    model: CountingModel, cl: float, convention: str, ordering: str, method: str, toys: int, seed: int
) -> _Found:
    try:
        if method == "toys":
            raise TooManyError
        return _Found(*_enumerated_limit(model, cl, convention, ordering))
    except TooManyError:
        if method == "enumeration":
            raise
        drawn = draw_toys(model, toys, seed)
        mu_up, (mc_error, mu_error) = toy_limit(drawn, cl, convention, ordering)
        return _Found(mu_up, quadrature.ACCURACY, "toys", mc_error, mu_error)


def _profile_limit(
    model: CountingModel, cl: float, method: str, toys: int, seed: int, progress: joint_profile.Progress
) -> _Found:
    try:
        if method == "toys":
            raise TooManyError
        exact = joint_profile.profile_limit(model, cl, progress=progress)
        return _Found(exact.mu_up, exact.cls_error)
    except TooManyError:
        if method == "enumeration":
            raise
        found = joint_profile.profile_limit(model, cl, toys, seed, progress)
        return _Found(found.mu_up, found.cls_error, "toys", found.mc_error, found.mu_error)


def _unordered_limit(
    model: CountingModel,
    cl: float,
    convention: str,
    method: str,
    toys: int,
    seed: int,
    progress: joint_unified.Progress,
) -> _Found:
    if convention == joint_bayesian.NAME:
        return _Found(*joint_bayesian.posterior_limit(model, cl, progress))
    ends = joint_unified.unified_interval(model, cl, method, toys, seed, progress)
    errors = ends.probability_error, ends.method, ends.mc_error, ends.mu_error
    return _Found(ends.upper, *errors, mu_low=ends.lower, mu_step=ends.mu_step)


def _require_choices(convention: str, ordering: str, method: str) -> None:
    if convention not in JOINT_LIMIT_CONVENTIONS:
        raise unknown("convention of several regions", convention, JOINT_LIMIT_CONVENTIONS)
    if method not in METHODS:
        raise unknown("method", method, METHODS)
    if convention in JOINT_CONVENTIONS:
        require_choices(convention, ordering)
        return
    if ordering != TOTAL_COUNT:
        raise ConfigError(
            f"ordering {ordering!r} with convention {convention!r}: expected none, as the convention leaves "
            f"no choice; use {' or '.join(map(repr, JOINT_CONVENTIONS))}"
        )
    if method == "toys" and convention == joint_bayesian.NAME:
        raise ConfigError(
            f"method 'toys' with convention {convention!r}: expected 'auto' or 'enumeration'; use "
            f"{' or '.join(map(repr, JOINT_CONVENTIONS))}"
        )


def _enumerated_limit(model: CountingModel, cl: float, convention: str, ordering: str) -> tuple[float, float]:
    """mu_up, and the bound on the error of CLs there."""

    statistic = cell_curve(model, convention, ordering)

    def curve(mu: FloatArray) -> FloatArray:
        return statistic(np.multiply.outer(model.signals, mu))

    start = np.array([(sum(model.observed) + 1.0) / model.signals.sum()])
    (mu_up,) = largest_crossing(curve, 1 - cl, start)
    missed = 0.0
    if ordering == TOTAL_COUNT and mu_up > 0:
        missed = abs(float(curve(mu_up)) - (1 - cl))
    return float(mu_up), quadrature.ACCURACY + missed


def joint_cls(
    model: CountingModel,
    mu: ArrayLike,
    convention: str = "cls-counting",
    ordering: str = "total-count",
) -> FloatArray:
    """CLs (or CLs+b) of each signal strength, for the observed counts; same shape as ``mu``.

    ``cls-profile`` by enumeration only (DomainError where it is too much).
    """
    strength = np.asarray(mu, dtype=float)
    if convention == joint_profile.NAME:
        _require_choices(convention, ordering, "enumeration")
        curve = joint_profile.profile_curve(model)
        return np.reshape([curve(float(each))[0] for each in strength.ravel()], strength.shape)
    signals = np.multiply.outer(_shape_of_signals(model), strength)
    return cls_of_cells(model, signals, convention, ordering)


def _shape_of_signals(model: CountingModel) -> FloatArray:
    signals = model.signals
    if not signals.sum() > 0:
        raise ConfigError("signal = 0 in every region: expected a signal in at least one")
    return signals


def combined_upper_limit(
    counts: Sequence[int],
    backgrounds: Sequence[float | Background],
    cl: float = 0.90,
    signal_error: float = 0.0,
) -> Limit:
    """CLs limit on the total signal [events] of regions with independent backgrounds, from the total count.

    The statistic is the total over the regions that are open, never the envelope of single limits. A region
    without observed event makes the combination at least as strong as the best region; with an event it need
    not be. ``signal_error`` is common to all regions.
    """
    if len(counts) == 0 or len(counts) != len(backgrounds):
        raise ConfigError(
            f"{len(counts)} counts for {len(backgrounds)} regions: expected one count for each region"
        )
    n = sum(require_count("n", count) for count in counts)
    background = Sum(tuple(as_background(b) for b in backgrounds))
    return upper_limit(n, background, cl=cl, signal_error=signal_error)

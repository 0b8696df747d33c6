"""CLs of several regions with the profile likelihood ratio q-tilde of ``intervals/profile.py``.

CLs(mu) = P(q >= q_obs | mu) / P(q >= q_obs | 0), the nuisances of either hypothesis fitted to the data and
measured anew in each repetition. The counts are enumerated; for each of them q never falls along the sum of
the auxiliary measurements (in units of their errors), so that one normal tail probability remains to be
averaged over the directions across, by the trapezoidal rule. Toys where outcomes and directions are too
many, or where q is not known to be monotone: nuisances by name beside each other.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from feebly.core.errors import DomainError
from feebly.statistics.checks import require_count
from feebly.statistics.regions.model import CountingModel
from feebly.statistics.regions.profile_fit import Fit, Outcome, ProfileModel
from feebly.statistics.regions.profile_model import observed_outcome, profile_model
from feebly.statistics.regions.profile_tails import (
    MAX_ROWS,
    NAME,
    TIE,
    enumerated_tail,
    most_directions,
    too_many,
    toy_tail,
)
from feebly.statistics.regions.toys import FEW

DEFAULT_TOYS = 10_000
"""Each is fitted two or three times for every mu: fewer than where counts are compared, a limit to 1%."""

_ACCURACY = 1e-9  # of CLs: fits, roots and the directions left out
_SCAN = 8  # points above the fitted mu
_RTOL = 1e-9
_TOY_RTOL = 1e-4
_SLOPE_STEP = 0.1
_FIRST_LOOK = 8  # times fewer toys for the first look at the limit
_EVALUATIONS = 16  # of CLs in a limit, about: what progress is measured by
_TESTED, _NULL = 1, 2  # streams of random numbers

Progress = Callable[[int, int, str], None]
"""Called with (done, total, text)."""

Tail = Callable[[ProfileModel, Fit, float, float, int], tuple[float, float]]
"""P(q >= threshold) for the nuisances of a fit, and its error: (model, truth, mu, threshold, stream)."""


@dataclass(frozen=True, slots=True)
class ProfileLimit:
    """Limit on mu; bound on the error of CLs there from quadrature and solution; with toys, deviations."""

    mu_up: float
    cls_error: float
    mc_error: float = 0.0
    mu_error: float = 0.0


@dataclass(frozen=True, eq=False)
class ProfileCurve:
    """CLs as a function of mu for the observed data, and its error; ``told`` is called for each mu."""

    profile: ProfileModel
    observed: Outcome
    null: Fit
    tail: Tail
    told: Callable[[], None] = lambda: None

    def __call__(self, mu: float) -> tuple[float, float]:
        """CLs(mu) and its error: a bound by enumeration, a standard deviation by toys."""
        self.told()
        q = float(self.profile.q_tilde(self.observed, mu)[0])
        if q == 0:
            return 1.0, 0.0
        tested = self.profile.at(self.observed, mu)
        (both, error), (below, null_error) = (
            self.tail(self.profile, fit, mu, q * (1 - TIE), stream)
            for stream, fit in ((_TESTED, tested), (_NULL, self.null))
        )
        if below <= 0:
            raise DomainError(
                f"mu = {mu:g} with convention {NAME!r}: P(q >= q_obs | b) is below the smallest number; "
                "check the counts and the backgrounds"
            )
        return both / below, math.hypot(error / below, both * null_error / below**2)

    @property
    def fitted(self) -> float:
        """mu up to which q-tilde is zero: the best fit, or 0."""
        if self.null.slope[0] >= 0:
            return 0.0
        total = float(self.profile.signals.sum())
        top = np.array([(self.observed.counts.sum() + 1) / total])
        while self.profile.at(self.observed, float(top[0])).slope[0] <= 0:
            top = 2 * top
        return float(self.profile.between(self.observed, top / 2, float(top[0])).mu[0])


def profile_curve(model: CountingModel, toys: int | None = None, seed: int = 1) -> ProfileCurve:
    """CLs of the model by enumeration, or with so many toys; TooManyError for what cannot be enumerated."""
    profile = profile_model(model)
    observed = observed_outcome(model, profile)
    null = profile.at(observed, 0.0)
    if np.any((observed.counts > 0) & (profile.backgrounds + profile.sigmas + profile.signals == 0)):
        raise DomainError("events in a region without signal and background: check the counts")
    if toys is None:
        _require_monotone(profile)
        return ProfileCurve(profile, observed, null, enumerated_tail)
    size, key = require_count("toys", toys), require_count("seed", seed)
    if size < FEW:
        raise DomainError(f"toys = {size}: expected at least {FEW}, such as {DEFAULT_TOYS}")

    def by_toys(
        profile: ProfileModel, truth: Fit, mu: float, threshold: float, stream: int
    ) -> tuple[float, float]:
        p = toy_tail(profile, truth, mu, threshold, size, (key, stream))
        if stream == _NULL and p * size < FEW:
            raise DomainError(
                f"{p * size:.0f} of {size} toys under the background are as low as the data: expected at "
                f"least {FEW}; check counts and backgrounds, or ask for more toys"
            )
        return p, math.sqrt(max(p * (1 - p), 1 / size) / size)

    return ProfileCurve(profile, observed, null, by_toys)


def profile_limit(
    model: CountingModel,
    cl: float,
    toys: int | None = None,
    seed: int = 1,
    progress: Progress = lambda done, total, text: None,
) -> ProfileLimit:
    """Largest mu that is not excluded; arguments as in ``profile_curve``."""
    from scipy.optimize import brentq

    text, done = "outcomes of all regions" if toys is None else "toys of all regions", count()
    curve = replace(
        profile_curve(model, toys, seed),
        told=lambda: progress(min(next(done), _EVALUATIONS), _EVALUATIONS, text),
    )
    if toys is not None and toys >= 10 * _FIRST_LOOK * FEW:
        low, high = _bracket_by_toys(curve, profile_limit(model, cl, toys // _FIRST_LOOK, seed), 1 - cl)
    else:
        low, high = _bracket(curve, 1 - cl)
    rtol = _RTOL if toys is None else _TOY_RTOL
    mu_up = float(brentq(lambda mu: curve(mu)[0] - (1 - cl), low, high, xtol=1e-300, rtol=rtol))
    value, error = curve(mu_up)
    if toys is None:
        return ProfileLimit(mu_up, _ACCURACY + error + abs(value - (1 - cl)))
    fall = curve(mu_up * (1 - _SLOPE_STEP))[0] - curve(mu_up * (1 + _SLOPE_STEP))[0]
    return ProfileLimit(mu_up, _ACCURACY, error, error * 2 * _SLOPE_STEP * mu_up / max(fall, error))


def _bracket(curve: ProfileCurve, target: float) -> tuple[float, float]:
    """Neighbours about the last crossing: CLs may jump where the order of the outcomes changes with mu."""
    fitted, width = curve.fitted, 1 / float(curve.profile.signals.sum())
    low, high = fitted, fitted + (1 + math.sqrt(curve.observed.counts.sum())) * width
    for _ in range(60):
        if curve(high)[0] < target / 10:
            break
        high = fitted + 2 * (high - fitted)
    for mu in np.linspace(high, fitted, _SCAN)[1:-1].tolist():
        if curve(mu)[0] >= target:
            return mu, high
        high = mu
    return low, high


def _bracket_by_toys(curve: ProfileCurve, rough: ProfileLimit, target: float) -> tuple[float, float]:
    """Neighbours of the crossing, about a limit from fewer toys."""
    width = max(3 * rough.mu_error, 1e-3 * rough.mu_up)
    low, high = max(rough.mu_up - width, 0.0), rough.mu_up + width
    while low > 0 and curve(low)[0] < target:
        low, high, width = max(low - 2 * width, 0.0), low, 2 * width
    while curve(high)[0] >= target:
        low, high, width = high, high + 2 * width, 2 * width
    return low, high


def _require_monotone(profile: ProfileModel) -> None:
    """q never falls with the measurement of a background; with a nuisance by name only if it is alone.

    dq/da = 2 (b at the best fit - b at mu) / sigma^2 and the same for z_0. The fit falls with mu where one
    nuisance is alone or stands in another region than the others; those of one region compete.
    """
    own, named = int(np.count_nonzero(profile.sigmas)), len(profile.straight)
    if named and not (own + named == 1 and np.all(profile.effects >= 0)):
        raise too_many(profile.signals.size, f"{own} measured backgrounds and {named} nuisances by name")
    if most_directions(own) > MAX_ROWS:
        raise too_many(profile.signals.size, f"{own} measured backgrounds")

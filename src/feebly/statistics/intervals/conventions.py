"""What each convention compares with 1 - CL: a probability that falls with the signal.

- ``cls-counting``, ``cls-profile``: CLs(s) = P(data at least as background-like | s + b) / P(same | b),
  A. L. Read, J. Phys. G 28 (2002) 2693. "As background-like" is N <= n with b marginalised, or q-tilde with a
  fluctuating auxiliary measurement of b (``profile.py``).
- ``classical``: P(N <= n | s + b) of Neyman's one-sided construction (CL_s+b). Where it is below 1 - CL at
  s = 0 already, the interval is empty.
- ``bayesian-flat``: posterior probability above s, flat prior in s >= 0 (``bayesian.py``).

The unified intervals of ``feldman-cousins`` are no tail probability: see ``feldman_cousins.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.errors import ConfigError, DomainError
from feebly.core.interfaces import FloatArray
from feebly.statistics import quadrature
from feebly.statistics.backgrounds import (
    Background,
    Fixed,
    TruncatedGaussian,
    signal_plus_background_cumulative,
)
from feebly.statistics.intervals import bayesian, feldman_cousins, profile

_LEAST_RELATIVE_SIGMA = 1e-5  # of cls-profile


@dataclass(frozen=True, slots=True)
class TailCurve:
    """A probability as a function of the signal [events] for one observed count, and its numerical error."""

    value: Callable[[ArrayLike], FloatArray]
    numerical_error: float


def _counting(n: int, background: Background, signal_error: float) -> TailCurve:
    """P(N <= n | kappa s + b) / P(N <= n | b); at n = 0 it is E[exp(-kappa s)] whatever b is."""
    below = _cumulative(n, background)
    ratio = below / below[n]
    return TailCurve(
        lambda s: signal_plus_background_cumulative(s, ratio, signal_error), _error(background, signal_error)
    )


def _classical(n: int, background: Background, signal_error: float) -> TailCurve:
    below = _cumulative(n, background)
    return TailCurve(
        lambda s: signal_plus_background_cumulative(s, below, signal_error), _error(background, signal_error)
    )


def _bayesian(n: int, background: Background, signal_error: float) -> TailCurve:
    below = _cumulative(n, background)
    return TailCurve(
        lambda s: bayesian.probability_above(s, below, signal_error), _error(background, signal_error)
    )


def _profile(n: int, background: Background, signal_error: float) -> TailCurve:
    if signal_error:
        raise ConfigError(
            f"signal_error = {signal_error:g} with convention 'cls-profile': expected 0; use 'cls-counting'"
        )
    b, sigma = measured_background(background)
    if sigma == 0:
        return _profile_without_auxiliary(n, background)
    curve = np.vectorize(lambda s: profile.profile_cls(float(s), n, b, sigma), otypes=[float])
    return TailCurve(curve, profile.numerical_error(sigma))


def measured_background(background: Background) -> tuple[float, float]:
    """b and sigma_b [events] as ``cls-profile`` takes them: an auxiliary measurement, or (b, 0).

    Raises ConfigError for another density, DomainError for a sigma_b too small to order the outcomes.
    """
    if not isinstance(background, Fixed | TruncatedGaussian):
        raise ConfigError(
            f"background {type(background).__name__} with convention 'cls-profile': expected a number b, "
            "with or without sigma_b; use 'cls-counting'"
        )
    b, sigma = float(background.mean), float(getattr(background, "sigma", 0.0))
    if 0 < sigma < _LEAST_RELATIVE_SIGMA * b:
        raise DomainError(
            f"sigma_b = {sigma:g} with b = {b:g} and convention 'cls-profile': expected 0, or at least "
            f"{_LEAST_RELATIVE_SIGMA:g} of b, below which the order of the outcomes is lost in rounding"
        )
    return b, sigma


def _profile_without_auxiliary(n: int, background: Background) -> TailCurve:
    """With b known exactly q-tilde falls with N until N = s + b: the order of the counts, else q_obs = 0."""
    counting = _counting(n, background, 0.0)
    return TailCurve(
        lambda s: np.where(np.asarray(s) + background.mean <= n, 1.0, counting.value(s)),
        counting.numerical_error,
    )


def _cumulative(n: int, background: Background) -> FloatArray:
    below = background.counts(n).cumulative
    if below[n] == 0:
        raise DomainError(
            f"n = {n} with background {background.mean:g}: P(N <= n | b) is below the smallest number; "
            "check n and b"
        )
    return below


def _error(background: Background, signal_error: float) -> float:
    return 0.0 if isinstance(background, Fixed) and signal_error == 0 else quadrature.ACCURACY


TAIL_CURVES: Mapping[str, Callable[[int, Background, float], TailCurve]] = {
    "cls-counting": _counting,
    "cls-profile": _profile,
    "classical": _classical,
    "bayesian-flat": _bayesian,
}
"""Each convention whose upper limit is where a falling probability meets 1 - CL."""

CLS_CONVENTIONS = ("cls-counting", "cls-profile")
"""The two that differ when events are observed: both are told then."""

CONVENTIONS = (*TAIL_CURVES, feldman_cousins.NAME)
"""All conventions of a limit."""

SOURCES: Mapping[str, str] = {
    "cls-counting": "A. L. Read, J. Phys. G 28 (2002) 2693",
    "cls-profile": "A. L. Read, J. Phys. G 28 (2002) 2693; test statistic of 1007.1727",
    "classical": "J. Neyman, doi:10.1098/rsta.1937.0005",
    "bayesian-flat": "review of statistics of the PDG",
    feldman_cousins.NAME: "physics/9711021; nuisances averaged as in hep-ex/0202013",
}
"""Where each convention is from."""

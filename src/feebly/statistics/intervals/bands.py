"""Expected limits: quantiles -2, -1, 0, +1, +2 sigma of the limit when there is background alone.

- ``counting``: only the count varies. The limit rises with n, so its quantiles are exactly the limits at the
  quantiles of n. With b below about 0.02 all five are n = 0: the band has no width and is labelled so.
- ``full``: the signal factor kappa (POT, efficiency) varies too, log-normal with mean 1. An experiment that
  had kappa times the signal it believes in excludes s_up(n) / kappa of the believed signal. This is a mixture
  of log-normals, one for each n, whose quantiles are roots: nothing is sampled.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, get_args

import numpy as np

from feebly.core.errors import ConfigError, DomainError, unknown
from feebly.core.interfaces import FloatArray
from feebly.statistics.backgrounds import Background, as_background
from feebly.statistics.counting import SIGMAS, count_quantiles, distribution_of_all_counts
from feebly.statistics.intervals.limits import Limit, upper_limit
from feebly.statistics.quadrature import lognormal_width
from feebly.statistics.signal_errors import SignalError, total_signal_error

BandKind = Literal["counting", "full"]

_NEGLIGIBLE = 1e-9  # probability of the counts that a full band leaves out
_QUANTILE_RTOL = 1e-10


@dataclass(frozen=True, slots=True)
class ExpectedBand:
    """Quantiles of the limit under the background alone, for ``sigmas`` = -2 .. +2 of a normal.

    s_up: the limits [events of the nominal signal]. counts: the quantiles of n at the same sigmas.
    thrown_error: relative standard deviation of the signal that was varied (0 for ``counting``). cl,
    convention, signal_error: of the limits. s_error: bound on the numerical error of the limits [events].
    """

    kind: BandKind
    s_up: tuple[float, ...]
    counts: tuple[int, ...]
    thrown_error: float
    background_mean: float
    cl: float
    convention: str
    signal_error: float
    s_error: float
    sigmas: tuple[float, ...] = SIGMAS

    @property
    def median(self) -> float:
        """The limit at 0 sigma; in a full band it is not the limit at the median count."""
        return self.s_up[self.sigmas.index(0.0)]

    @property
    def degenerate(self) -> bool:
        """Whether all curves are one."""
        return len(set(self.s_up)) == 1

    def coinciding(self) -> Iterator[tuple[float, ...]]:
        """The groups of sigmas, two or more, whose curves are one."""
        for _, group in groupby(zip(self.sigmas, self.s_up, strict=True), key=lambda pair: pair[1]):
            sigmas = tuple(sigma for sigma, _ in group)
            if len(sigmas) > 1:
                yield sigmas

    def label(self) -> str:
        """What a figure says about curves that coincide; empty when none do."""
        parts = [f"{_sigmas(group[0])} to {_sigmas(group[-1])}" for group in self.coinciding()]
        if not parts:
            return ""
        return f"degenerate: {' and '.join(parts)} coincide" + (" (all)" if self.degenerate else "")


def _sigmas(z: float) -> str:
    return f"{z:+g}σ" if z else "0σ"


def expected_band(
    b: float | Background,
    sigma_b: float | None = None,
    cl: float = 0.90,
    convention: str = "cls-counting",
    signal_error: SignalError = 0.0,
    kind: str = "counting",
    thrown_error: SignalError = 0.0,
) -> ExpectedBand:
    """Expected limit with its bands. thrown_error: of the signal, varied in a ``full`` band.

    Other arguments as in ``upper_limit``. Raises ConfigError for an unknown kind, a full band without an
    error to throw and a counting band with one, DomainError where a limit is empty.
    """
    if kind not in get_args(BandKind):
        raise unknown("kind of bands", kind, get_args(BandKind))
    thrown = total_signal_error(thrown_error)
    if (kind == "full") != (thrown > 0):
        raise ConfigError(
            f"bands {kind!r} with thrown_error = {thrown:g}: expected the error of the signal, such as "
            "{'pot': 0.2}, with 'full' and none with 'counting'"
        )
    background = as_background(b, sigma_b)
    error = total_signal_error(signal_error)
    counts = count_quantiles(background, SIGMAS)
    if kind == "counting":
        limits = [_limit(n, background, cl, convention, error) for n in counts]
        s_up = tuple(limit.s_up for limit in limits)
    else:
        s_up, limits = _thrown_quantiles(background, cl, convention, error, thrown)
    return ExpectedBand(
        "full" if kind == "full" else "counting",
        s_up,
        counts,
        thrown,
        float(background.mean),
        cl,
        convention,
        error,
        max(limit.s_error for limit in limits) + _QUANTILE_RTOL * max(s_up),
    )


def _limit(n: int, background: Background, cl: float, convention: str, error: float) -> Limit:
    limit = upper_limit(n, background, None, cl, convention, error)
    if limit.empty:
        raise DomainError(
            f"bands of {convention!r}: the interval for n = {n} with b = {background.mean:g} is empty; use "
            "'cls-counting'"
        )
    return limit


def _thrown_quantiles(
    background: Background, cl: float, convention: str, error: float, thrown: float
) -> tuple[tuple[float, ...], list[Limit]]:
    """Quantiles of s_up(n) / kappa, and the limits s_up(n) of all counts that matter.

    ln kappa is normal with mean -sigma^2 / 2, so that ln(s_up / kappa) has mean ln s_up + sigma^2 / 2.
    """
    from scipy.optimize import brentq
    from scipy.special import ndtr

    counts = distribution_of_all_counts(background, negligible=_NEGLIGIBLE)
    size = int(np.argmax(counts.tail <= _NEGLIGIBLE))  # the tail may be far longer than that
    limits = [_limit(n, background, cl, convention, error) for n in range(size)]
    sigma = lognormal_width(thrown)
    centres = np.log([limit.s_up for limit in limits]) + sigma**2 / 2
    weights = counts.pmf[:size] / counts.pmf[:size].sum()

    def quantile(z: float) -> float:
        # the side of the normal that keeps its digits
        side = 1.0 if z <= 0 else -1.0

        def excess(x: float) -> float:
            return side * float(weights @ ndtr(side * (x - centres) / sigma) - ndtr(side * z))

        low, high = _bracket(centres, sigma, z)
        return math.exp(brentq(excess, low, high, xtol=_QUANTILE_RTOL / 2, rtol=1e-15))

    return tuple(quantile(z) for z in SIGMAS), limits


def _bracket(centres: FloatArray, sigma: float, z: float) -> tuple[float, float]:
    """The quantile of a mixture lies between those of its parts."""
    return float(centres.min() + (z - 1e-6) * sigma), float(centres.max() + (z + 1e-6) * sigma)

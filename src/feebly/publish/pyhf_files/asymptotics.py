"""What asymptotic CLs would give for one count, beside the exact limit: a warning in numbers.

q-tilde and its asymptotic distributions: Cowan, Cranmer, Gross, Vitells, 1007.1727, equations (16), (62),
(66); background known, one count. This is not how feebly computes a limit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feebly.statistics import Background, upper_limit
from feebly.statistics.backgrounds import cumulative

_LARGEST = 1e9  # events


@dataclass(frozen=True, slots=True)
class AsymptoticWarning:
    """Limits on the signal [events] for n events on b: exact and asymptotic.

    coverage: how often the asymptotic limit holds for a true signal just above it.
    """

    n: int
    b: float
    cl: float
    exact: float
    asymptotic: float
    coverage: float

    def __str__(self) -> str:
        return (
            f"asymptotic CLs with {self.b:.3g} expected background and n = {self.n} would give "
            f"{self.asymptotic:.2f} events instead of {self.exact:.2f} (coverage {self.coverage:.0%} at "
            f"{100 * self.cl:g}% CL)"
        )


def asymptotic_warning(
    n: int, background: Background, cl: float = 0.90, signal_error: float = 0.0
) -> AsymptoticWarning:
    """Both limits for a count; the asymptotic one takes b as known and no error of the signal."""
    exact = upper_limit(n, background, None, cl, "cls-counting", signal_error).s_up
    asymptotic = asymptotic_limit(n, float(background.mean), cl)
    missed = float(cumulative(n, asymptotic, background, signal_error))
    return AsymptoticWarning(n, float(background.mean), cl, exact, asymptotic, 1 - missed)


def asymptotic_limit(n: int, b: float, cl: float = 0.90) -> float:
    """Upper limit on the signal [events] from the asymptotic formulae of 1007.1727, b events known."""
    from scipy.optimize import brentq

    def excess(s: float) -> float:
        return asymptotic_cls(s, n, b) - (1 - cl)

    high = n + 1.0
    while excess(high) > 0 and high < _LARGEST:
        high *= 2
    return float(brentq(excess, 0.0, high, xtol=1e-300, rtol=1e-12))


def asymptotic_cls(s: float, n: float, b: float) -> float:
    """CLs of a signal s [events] for n events on a known b."""
    from scipy.special import ndtr

    if s == 0:
        return 1.0
    q, asimov = _q_tilde(s, n, b), _q_tilde(s, b, b)
    if q <= asimov:  # 1007.1727 (66): Phi of the square roots
        tails = ndtr(-np.sqrt(q)), ndtr(np.sqrt(asimov) - np.sqrt(q))
    else:
        tails = ndtr(-(q + asimov) / (2 * np.sqrt(asimov))), ndtr((asimov - q) / (2 * np.sqrt(asimov)))
    return float(tails[0] / tails[1])


def _q_tilde(s: float, n: float, b: float) -> float:
    """1007.1727 (16): -2 ln of the likelihood ratio against the best fit in 0 .. s; 0 if that is above s."""
    best = min(max(n - b, 0.0), s)
    return max(2 * (_log_poisson(n, best + b) - _log_poisson(n, s + b)), 0.0)


def _log_poisson(n: float, mean: float) -> float:
    """ln of the Poisson probability but for n!."""
    return (n * np.log(mean) if n > 0 else 0.0) - mean

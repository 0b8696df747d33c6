"""Posterior probability of the signal strength of several regions with a flat prior in mu >= 0.

The posterior of mu is proportional to E[prod_r P(n_r | mu kappa_r s_r + b_r)] over all nuisances: no order of
the outcomes enters, only the counts that were observed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.statistics.quadrature import ACCURACY
from feebly.statistics.regions.model import CountingModel
from feebly.statistics.regions.nuisances import marginal
from feebly.statistics.regions.outcomes import counts_probability

NAME = "bayesian-flat"

_NODES = 16  # of a panel
_PANELS = 16  # of one step outwards
_MAX_PANELS = 4_000
_REST = 1e-14  # of the integral: the last panel
_ROOT_RTOL = 1e-12

Integral = Callable[[FloatArray], FloatArray]

Progress = Callable[[int, int, str], None]
"""Called with (done, total, text)."""


def posterior_limit(
    model: CountingModel, cl: float, progress: Progress = lambda done, total, text: None
) -> tuple[float, float]:
    """mu with posterior probability 1 - cl above it, and the numerical error of that probability.

    Integrated over x = sqrt(mu S), S the signal of all regions at mu = 1: in x the probability of any counts
    changes over one unit, which is the width of the panels of Gauss-Legendre nodes. The error is that of the
    averages over nuisances and what half the width of the panels changes.
    """
    from scipy.optimize import brentq

    scale = float(model.signals.sum())
    integral = _integral(model)
    edges = _edges(integral, sum(model.observed), progress)
    parts = integral(edges)
    above = np.append(np.cumsum(parts[::-1])[::-1], 0.0)
    target = (1 - cl) * above[0]
    inside = int(np.flatnonzero(above >= target)[-1])

    def excess(x: float) -> float:
        rest = float(integral(np.array([x, edges[inside + 1]]))[0])
        return (above[inside + 1] + rest - target) / above[0]

    x_up = float(brentq(excess, edges[inside], edges[inside + 1], xtol=1e-300, rtol=_ROOT_RTOL))
    fraction = _fraction_above(integral, x_up, edges[-1])
    return x_up**2 / scale, ACCURACY + abs(fraction - (1 - cl))


def _integral(model: CountingModel) -> Integral:
    """Integrals of the probability of the observed counts over mu S, between neighbours of x."""
    averages, counts = marginal(model, sum(model.observed)), model.observed
    shares = model.signals / model.signals.sum()
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)

    def integral(edges: FloatArray) -> FloatArray:
        half = np.diff(edges)[:, None] / 2
        x = edges[:-1, None] + half * (1 + nodes)
        values = counts_probability(averages, np.multiply.outer(shares, x.ravel() ** 2), counts)
        return np.asarray((2 * x * values.reshape(x.shape) * half) @ weights)  # d(x^2) = 2 x dx

    return integral


def _edges(integral: Integral, observed: int, progress: Progress) -> FloatArray:
    """x = 0, 1, 2 .. as far as there is something to integrate; beyond x^2 = sum n it only falls."""
    total, top = 0.0, 0
    while top < _MAX_PANELS:
        reached = top / (top + 2 * _PANELS)
        progress(int(100 * reached), 100, "posterior probability")
        parts = integral(np.arange(top, top + _PANELS + 1.0))
        total, top = total + float(parts.sum()), top + _PANELS
        if top**2 > observed and parts[-1] <= _REST * total:
            if total == 0:
                raise DomainError(
                    "probability of the observed counts is below the smallest number: check the counts and "
                    "the backgrounds"
                )
            return np.arange(top + 1.0)
    raise DomainError(
        f"{observed} events with these errors of the signal: the posterior reaches beyond {_MAX_PANELS**2:g} "
        "events; use 'cls-counting', or smaller errors"
    )


def _fraction_above(integral: Integral, x: float, top: float) -> float:
    """The posterior probability above x, with panels of half the width."""
    below = np.linspace(0.0, x, 2 * int(np.ceil(x)) + 1)
    beyond = np.linspace(x, top, 2 * int(np.ceil(top - x)) + 1)
    rest = float(integral(beyond).sum())
    return rest / (rest + float(integral(below).sum()))

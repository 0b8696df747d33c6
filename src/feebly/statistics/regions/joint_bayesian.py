"""Posterior probability of the signal strength of several regions with a flat prior in mu >= 0.

The posterior of mu is proportional to E[prod_r P(n_r | mu kappa_r s_r + b_r)] over all nuisances: no order of
the outcomes enters, only the counts that were observed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.polynomial import chebyshev

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.statistics.intervals.strength_curves import Curves, Rows
from feebly.statistics.quadrature import ACCURACY
from feebly.statistics.regions.model import CountingModel
from feebly.statistics.regions.nuisances import marginal
from feebly.statistics.regions.outcomes import counts_probability

NAME = "bayesian-flat"

_WIDEST = 8.0  # panel: errors of the signal make the posterior of many events wide
_STEP = 0.5  # of the first look, in x
_FURTHER = 1.05  # from one x to the next beyond the sum of the counts
_MAX_SIGNAL = 1.6e7  # events
_REST = 1e-16  # density times x, over the largest, where the integral ends
_ROOT_RTOL = 1e-12

Density = Callable[[FloatArray], FloatArray]
"""Of x (J,), shape (J,)."""

Progress = Callable[[int, int, str], None]
"""Called with (done, total, text)."""


def posterior_limit(
    model: CountingModel, cl: float, progress: Progress = lambda done, total, text: None
) -> tuple[float, float]:
    """mu with posterior probability 1 - cl above it, and the numerical error of that probability.

    Integrated over x = sqrt(mu S), S the signal of all regions at mu = 1: in x the probability of any counts
    changes over one unit or more, and ``strength_curves`` finds the width of the panels. The error is that of
    the averages over nuisances and of the series.
    """
    density = _density(model)
    top, end = _largest_and_end(density, sum(model.observed))

    def relative(x: FloatArray, rows: Rows) -> FloatArray:
        progress(int(100 * min(float(x.max()) / end, 0.99)), 100, "posterior probability")
        return density(x)[None] / top

    x_up, error = _quantile(Curves.of(relative, 1, end, _WIDEST), cl)
    return x_up**2 / float(model.signals.sum()), ACCURACY + error


def _quantile(curves: Curves, cl: float) -> tuple[float, float]:
    """x with the fraction cl of the integral below it, and what the series leave out of the integral."""
    from scipy.optimize import brentq

    panels = list(zip(curves.series, curves.edges[:-1], curves.edges[1:], strict=True))
    integrals = [chebyshev.Chebyshev(series[0], (low, high)).integ(lbnd=low) for series, low, high in panels]
    parts = [float(f(high)) for f, (_, _, high) in zip(integrals, panels, strict=True)]
    below = np.append(0.0, np.cumsum(parts))
    inside = int(np.flatnonzero(below <= cl * below[-1])[-1])
    _, low, high = panels[inside]
    x_up = brentq(
        lambda x: below[inside] + integrals[inside](x) - cl * below[-1],
        low,
        high,
        xtol=1e-300,
        rtol=_ROOT_RTOL,
    )
    left_out = sum((high - low) * np.abs(series[0, -2:]).sum() for series, low, high in panels)
    return float(x_up), float(left_out / below[-1])


def _density(model: CountingModel) -> Density:
    """Probability of the observed counts times d(x^2)/dx."""
    averages, counts = marginal(model, sum(model.observed)), model.observed
    shares = model.signals / model.signals.sum()

    def density(x: FloatArray) -> FloatArray:
        return 2 * x * counts_probability(averages, np.multiply.outer(shares, x**2), counts)

    return density


def _largest_and_end(density: Density, observed: int) -> tuple[float, float]:
    """The largest density, nearly, and the x beyond which there is nothing to integrate.

    Beyond x^2 = sum n the density only falls, slowly where the signal is very uncertain.
    """
    top, x = 0.0, np.arange(_STEP, np.sqrt(observed) + 1 + _STEP, _STEP)
    while x[0] ** 2 < _MAX_SIGNAL:
        values = density(x)
        top = max(top, float(values.max()))
        if top > 0 and values[-1] * x[-1] <= _REST * top:
            living = np.flatnonzero(values * x > _REST * top)
            return top, float(x[living[-1] + 1 if living.size else 0])
        if top == 0 and x[-1] ** 2 > 4 * observed + 4:
            raise DomainError(
                "probability of the observed counts is below the smallest number: check the counts and "
                "the backgrounds"
            )
        x = x[-1] * _FURTHER ** np.arange(1, 9)
    raise DomainError(
        f"{observed} events with these errors of the signal: the posterior reaches beyond {_MAX_SIGNAL:g} "
        "events; use 'cls-counting', or smaller errors"
    )

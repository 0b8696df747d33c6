"""All lifetimes from one sample: log-binned moments of the proper decay length, and their transform.

With tau = (z - z0)/p_z [m/GeV] and lambda = ctau/m, the yield is N = sum w exp(-tau/lambda)/lambda.
Kept per bin of ln tau: sum w, w tau, w tau^2 (second-order accurate inside each bin) and w^2.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from feebly.core.block import MASK, REGION, TAU, WEIGHT
from feebly.core.compiled import stage
from feebly.core.interfaces import FloatArray
from feebly.core.vecmath import log

TAU_MIN, TAU_MAX = 1e-3, 1e3  # m/GeV: 1 cm at 10 GeV .. 10 km at 10 GeV
BINS_PER_DECADE = 128
TAU_BINS = round(np.log10(TAU_MAX / TAU_MIN)) * BINS_PER_DECADE
MOMENTS = 4
_LN_TAU_MIN = float(np.log(TAU_MIN))
_PER_LN = BINS_PER_DECADE / float(np.log(10.0))


def bin_centres() -> FloatArray:
    """Centres (geometric) of the bins of tau [m/GeV]."""
    return TAU_MIN * 10.0 ** ((np.arange(TAU_BINS) + 0.5) / BINS_PER_DECADE)


@stage
def fill(s, n, histogram):
    """Add the selected events (REGION > 0) to histogram[region, bin, moment]; MASK becomes the bin."""
    for i in range(n):  # a loop of its own: it vectorises
        x = (log(s[TAU + i]) - _LN_TAU_MIN) * _PER_LN
        s[MASK + i] = min(max(x, 0.0), TAU_BINS - 1.0)
    for i in range(n):
        region = int(s[REGION + i])
        if region == 0:
            continue
        tau, w = s[TAU + i], s[WEIGHT + i]
        cell = histogram[region - 1, int(s[MASK + i])]
        cell[0] += w
        cell[1] += w * tau
        cell[2] += w * tau * tau
        cell[3] += w * w


@cache
def _grid_kernel(low: float, high: float, n: int) -> tuple[FloatArray, FloatArray]:
    lam = np.geomspace(low, high, n)
    return lam, np.exp(-bin_centres()[:, None] / lam) / lam


def coarse_laplace(weights: FloatArray, low: float, high: float, n: int) -> tuple[FloatArray, FloatArray]:
    """lambda (log-spaced) and yield from the sum of weights per bin alone: 0.2%, for choosing lifetimes."""
    lam, kernel = _grid_kernel(low, high, n)
    return lam, weights @ kernel


def laplace(histogram: FloatArray, ctau_over_mass: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Yield and its MC standard deviation for each lambda = ctau/m [m/GeV].

    histogram: (..., TAU_BINS, MOMENTS), already divided by the number of events. Returns two arrays of shape
    (..., lambda).
    """
    lam = np.asarray(ctau_over_mass, dtype=float)
    filled = np.flatnonzero(histogram[..., 0].reshape(-1, TAU_BINS).any(axis=0))
    bins = slice(filled[0], filled[-1] + 1) if filled.size else slice(0, 1)
    tau = bin_centres()[bins]
    w, wt, wtt, ww = (np.ascontiguousarray(histogram[..., bins, k]) for k in range(MOMENTS))
    g = np.exp(-tau[:, None] / lam) / lam
    # second-order expansion of exp(-tau/lambda) about the bin centre
    first = wt - w * tau
    second = wtt - 2.0 * wt * tau + w * tau**2
    value = w @ g - first @ (g / lam) + 0.5 * (second @ (g / lam**2))
    return value, np.sqrt(ww @ g**2)

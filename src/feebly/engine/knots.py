"""Masses at which a channel is sampled: fixed per channel, so that tables are shared between runs."""

from __future__ import annotations

import itertools
import math

import numpy as np

from feebly.core.interfaces import FloatArray

BLOCK_OF_MASSES = 8  # knots per task: the importance map is warm-started inside it
LOW_MASS_BREAK_GEV = 0.01  # below it tables are only made when a run asks for such masses
EDGE = 1e-4  # relative distance of the outermost knots from a kinematic threshold
_PER_E_FOLD, _LEAST, _MOST = 6.0, 9, 33


def segments(low_gev: float, high_gev: float) -> list[tuple[float, float]]:
    """Ranges in which the yield is a smooth function of the mass, from threshold to threshold."""
    low, high = low_gev * (1 + EDGE), high_gev * (1 - EDGE)
    if low >= high:
        return []
    breaks = [b for b in (LOW_MASS_BREAK_GEV,) if low * 1.5 < b < high / 1.5]
    edges = [low, *breaks, high]
    return list(itertools.pairwise(edges))


def knots(low_gev: float, high_gev: float) -> FloatArray:
    """Chebyshev-Lobatto points in ln m: dense at both ends, where thresholds bend the curve most."""
    span = math.log(high_gev / low_gev)
    n = min(max(7 + math.ceil(_PER_E_FOLD * span), _LEAST), _MOST)
    x = 0.5 * (1.0 - np.cos(np.pi * np.arange(n) / (n - 1)))
    return low_gev * np.exp(span * x)


def blocks(masses: FloatArray) -> list[FloatArray]:
    """The knots of one segment in tasks of fixed edges, whatever the number of workers."""
    return [masses[k : k + BLOCK_OF_MASSES] for k in range(0, masses.size, BLOCK_OF_MASSES)]

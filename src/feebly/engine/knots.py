"""Masses at which a channel is sampled: fixed per channel, so that tables are shared between runs.

The variable of interpolation is x = ln(m - opening), the opening being the mass from which on a decay can be
seen (``opening``; the threshold of the decay without a hard cut on the pair separation). Close to it the
yield is a power of m - opening (the two tracks hardly separate), so that ln N is linear in x there.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from feebly.core.interfaces import FloatArray

BLOCK_OF_MASSES = 8  # knots per task: the importance map is warm-started inside it
LOW_MASS_BREAK_GEV = 0.01  # below it tables are only made when a run asks for such masses
ABOVE_THRESHOLD = 2e-3  # relative distance of the first knot from the opening; below it the yield is zero
BELOW_END = 1e-4  # relative distance of the last knot from the end of the production
_PER_E_FOLD, _LEAST = 4.0, 6
_MARGIN = 0.01  # relative to the opening
# Steps shrink like a cosine, to zero where the production closes and to 0.45 of the first one elsewhere.
_CLOSED_ANGLE, _OPEN_ANGLE = 0.5 * math.pi, 1.1


def segments(low_gev: float, high_gev: float, opening_gev: float) -> list[tuple[float, float]]:
    """Ranges of mass in which the yield is smooth, for a channel that is open from low to high."""
    low, high = max(low_gev, opening_gev * (1 + ABOVE_THRESHOLD)), high_gev * (1 - BELOW_END)
    if low >= high:
        return []
    breaks = [b for b in (LOW_MASS_BREAK_GEV,) if low * 1.5 < b < high / 1.5]
    return list(itertools.pairwise([low, *breaks, high]))


def knots(low_gev: float, high_gev: float, opening_gev: float, closes: bool = True) -> FloatArray:
    """Masses from low to high, placed in ln(m - opening + margin): thin where ln N is straight in x.

    closes: the production ends at ``high_gev``; knots are dense there.
    """
    shift, angle = opening_gev * (1 - _MARGIN), _CLOSED_ANGLE if closes else _OPEN_ANGLE
    low, high = math.log(low_gev - shift), math.log(high_gev - shift)
    sine = math.sin(angle)
    # the first step is the same whatever the angle
    steps = math.ceil((_LEAST - 1 + _PER_E_FOLD * (high - low)) * angle / (sine * _CLOSED_ANGLE))
    y = low + (high - low) * np.sin(angle * np.arange(steps + 1) / steps) / sine
    masses = shift + np.exp(y)
    masses[0], masses[-1] = low_gev, high_gev
    return masses


def blocks(masses: FloatArray) -> list[FloatArray]:
    """The knots of one segment in tasks of fixed edges, whatever the number of workers."""
    return [masses[k : k + BLOCK_OF_MASSES] for k in range(0, masses.size, BLOCK_OF_MASSES)]

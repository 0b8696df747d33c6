"""The sum of all partial widths, kept for the last masses that were asked for.

Lifetime and the branching ratio of each final state need it in turn at the same masses.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from feebly.core.interfaces import FloatArray

Width = Callable[[str, FloatArray], FloatArray]
"""Partial width of a channel at masses [GeV]; the same for the same masses."""


def total_width(width: Width, channels: tuple[str, ...], mass_gev: FloatArray) -> FloatArray:
    """Sum of the widths of all channels, in their order; not to be written to."""
    return _total(width, channels, mass_gev.tobytes(), mass_gev.shape)


@lru_cache(maxsize=4)
def _total(width: Width, channels: tuple[str, ...], raw: bytes, shape: tuple[int, ...]) -> FloatArray:
    mass = np.frombuffer(raw).reshape(shape)
    total = np.array(sum(width(channel, mass) for channel in channels))
    total.setflags(write=False)
    return total

"""What a model computes of masses alone, kept for the last masses that were asked for.

Lifetime and the branching ratio of each final state need the same widths in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from feebly.core.interfaces import FloatArray

Widths = Callable[[FloatArray], Mapping[str, FloatArray]]
"""Partial width of every channel at masses [GeV]; the same for the same masses."""


class UnitWidths(NamedTuple):
    """Partial widths by channel and their sum, at unit coupling; not to be written to."""

    by_channel: Mapping[str, FloatArray]
    total: FloatArray


def unit_widths(widths: Widths, mass_gev: FloatArray) -> UnitWidths:
    """The widths of all channels, and their sum in the order of the channels."""
    return _kept(widths, mass_gev.tobytes(), mass_gev.shape)


@lru_cache(maxsize=4)
def _kept(widths: Widths, raw: bytes, shape: tuple[int, ...]) -> UnitWidths:
    mass = np.frombuffer(raw).reshape(shape)
    by_channel = {channel: np.array(width) for channel, width in widths(mass).items()}
    total = np.array(sum(by_channel.values()))
    for values in (*by_channel.values(), total):
        values.setflags(write=False)
    return UnitWidths(MappingProxyType(by_channel), total)

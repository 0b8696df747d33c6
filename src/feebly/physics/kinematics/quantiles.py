"""Random numbers with a given density: a table of quantiles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from feebly.core.interfaces import FloatArray

_TABLE = 2049


def quantile_table(
    density: Callable[[FloatArray], FloatArray], low: float, high: float
) -> tuple[FloatArray, FloatArray]:
    """Cumulated probability between two ends, and where it is reached; finer at the ends.

    density: in any unit. np.interp(u, *table) of uniform u has this density.
    """
    t = (1 - np.cos(np.pi * np.linspace(0, 1, _TABLE))) / 2
    x = low + (high - low) * t
    middle = density((x[1:] + x[:-1]) / 2) * np.diff(x)
    total = np.concatenate(([0.0], np.cumsum(middle)))
    return total / total[-1], x

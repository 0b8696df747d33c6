"""Gauss-Legendre quadrature of phase-space integrands, which start and end like square roots."""

from __future__ import annotations

from functools import cache
from math import pi

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.interfaces import FloatArray


@cache
def _unit(number: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights in (0, 1); u = (1 - cos x)/2 takes roots at both ends away."""
    x, weight = np.polynomial.legendre.leggauss(number)
    angle = pi * (1 + x) / 2
    return (1 - np.cos(angle)) / 2, weight * pi / 4 * np.sin(angle)


def between(low: ArrayLike, high: ArrayLike, number: int) -> tuple[FloatArray, FloatArray]:
    """Nodes between ``low`` and ``high``, and their weights; the ends broadcast against (number,)."""
    unit, weight = _unit(number)
    width = np.asarray(high, float) - np.asarray(low, float)
    return np.asarray(low, float) + width * unit, width * weight

"""A smooth function on (knots of x) x (even steps of y), evaluated at many points at once.

Cubic spline along x (not-a-knot), four-point Lagrange along y: the few gathers per point are an order of
magnitude faster than a bivariate B-spline, and the even steps in y are fine enough for local cubics.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feebly.core.interfaces import FloatArray


@dataclass(frozen=True, eq=False)
class Surface:
    """Polynomials in x - x_k by interval, for every y.

    coefficients: (powers, intervals * y), highest power first.
    """

    x_knots: FloatArray
    y_first: float
    y_step: float
    columns: int
    coefficients: FloatArray

    @staticmethod
    def cubic(x: FloatArray, y: FloatArray, values: FloatArray) -> Surface:
        """Cubic in x through values (x, y); y in even steps."""
        from scipy.interpolate import CubicSpline

        return Surface(x, float(y[0]), float(y[1] - y[0]), y.size, _rows(CubicSpline(x, values, axis=0).c))

    @staticmethod
    def linear(x: FloatArray, y: FloatArray, values: FloatArray) -> Surface:
        """Straight lines in x through values (x, y); y in even steps."""
        slopes = np.diff(values, axis=0) / np.diff(x)[:, None]
        return Surface(x, float(y[0]), float(y[1] - y[0]), y.size, _rows(np.stack([slopes, values[:-1]])))

    def __call__(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Values at points inside the knots; x and y of equal shape."""
        i = np.clip(np.searchsorted(self.x_knots, x) - 1, 0, self.x_knots.size - 2)
        position = (y - self.y_first) / self.y_step
        j = np.clip(position.astype(np.int64), 1, self.columns - 3)
        dx, corner = x - self.x_knots[i], i * self.columns + j
        return np.asarray(
            sum(
                weight * self._along_x(dx, corner + offset)
                for offset, weight in zip((-1, 0, 1, 2), _lagrange(position - j), strict=True)
            )
        )

    def _along_x(self, dx: FloatArray, index: NDArray[np.int64]) -> FloatArray:
        value: FloatArray = self.coefficients[0].take(index)
        for power in self.coefficients[1:]:
            value *= dx
            value += power.take(index)
        return value


def _rows(coefficients: FloatArray) -> FloatArray:
    """(powers, intervals, y) with one contiguous row per power: gathers take flat indices."""
    return np.ascontiguousarray(coefficients).reshape(len(coefficients), -1)


def _lagrange(t: FloatArray) -> tuple[FloatArray, ...]:
    """Weights of the points at -1, 0, 1, 2 for the value at t."""
    below, here, above = t + 1.0, t - 1.0, t - 2.0
    return (
        -t * here * above / 6.0,
        below * here * above / 2.0,
        -below * t * above / 2.0,
        below * t * here / 6.0,
    )

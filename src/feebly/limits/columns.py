"""Masses of the first lattice of a contour: close enough for everything that a model does with the mass."""

from __future__ import annotations

import numpy as np

from feebly.core.interfaces import FloatArray
from feebly.limits.lattice import both_sides, subdivided
from feebly.limits.observation import Observation
from feebly.limits.signal import SignalYields

_MASS_STEP = 0.06  # largest step, in the logarithm
_PROBES = 1000  # masses at which the model is asked for thresholds and resonances
_FACTOR_TOLERANCE = 0.05  # of rates, branching ratios and lifetime between the columns
_FACTOR_FLOOR = 1e-3  # a factor this much below its largest value nearby is of no interest
_NEARBY = 50  # probes on either side


def first_columns(
    signal: SignalYields, observation: Observation, mass_gev: FloatArray, coupling: FloatArray
) -> FloatArray:
    """Masses of the first lattice beside the grid: no step too large, both sides of jumps, resonances."""
    low, high = mass_gev[0], mass_gev[-1]
    jumps = np.union1d(signal.jumps_gev(), observation.jumps_gev())
    probes = np.geomspace(low, high, _PROBES)
    factors = signal.smooth_factors(probes, float(np.sqrt(coupling[0] * coupling[-1])))
    return np.concatenate(
        [
            subdivided(mass_gev, _MASS_STEP),
            both_sides(jumps, low, high),
            knots_of_curvature(probes, _log_with_floor(factors), _FACTOR_TOLERANCE),
        ]
    )


def _log_with_floor(factors: FloatArray) -> FloatArray:
    """ln of rows (K, n), level where they are much smaller than nearby.

    Nearby, not anywhere: a zero of a coupling is a notch in the contour however small its rate is.
    """
    padded = np.pad(factors, ((0, 0), (_NEARBY, _NEARBY)))
    largest = np.lib.stride_tricks.sliding_window_view(padded, 2 * _NEARBY + 1, axis=1).max(axis=2)
    return np.asarray(np.log(factors + _FACTOR_FLOOR * np.maximum(largest, _FACTOR_FLOOR**2)))


def knots_of_curvature(x: FloatArray, values: FloatArray, tolerance: float) -> FloatArray:
    """Points between which each row of ``values`` (K, n), on log-spaced x (n,), is a line.

    tolerance: largest distance of the rows from these lines.

    A line over a step h misses by h^2 |f''| / 8; at most two points come between two neighbours.
    """
    bend = np.abs(np.diff(values, 2, axis=1)).max(axis=0)
    density = np.minimum(np.sqrt(bend / (8 * tolerance)), 2.0)  # knots per step of x
    reached = np.concatenate([[0.0], np.cumsum(np.concatenate([density, density[-1:]]))])
    wanted = np.arange(1.0, reached[-1])
    return np.asarray(np.exp(np.interp(wanted, reached, np.log(x))))

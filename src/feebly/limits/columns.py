"""The first lattice of a contour: masses close enough for everything that a model does with the mass."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from feebly.core.interfaces import FloatArray
from feebly.limits.lattice import Lattice, LogYield, both_sides, subdivided
from feebly.limits.observation import Observation
from feebly.limits.signal import SignalYields

_MASS_STEP, _COUPLING_STEP = 0.08, 0.24  # largest steps, in the logarithms
_PROBES = 1000  # masses at which the model is asked for thresholds and resonances
_FACTOR_TOLERANCE = 0.05  # of rates, branching ratios and lifetime between the columns
_FACTOR_FLOOR = 1e-3  # a factor this much below its largest value nearby is of no interest
_SHARP = 0.5  # turn of a logarithm at one probe that shows a narrow resonance
_ZOOMS, _CLOSER = 4, 5  # to an 80th of the probes' distance
_NEARBY = 50  # probes on either side


def first_lattice(
    signal: SignalYields,
    observation: Observation,
    mass_gev: FloatArray,
    coupling: FloatArray,
    field: LogYield,
) -> Lattice:
    """``field`` on the grid, and between it where steps are too large or N(m) bends or jumps."""
    masses = np.union1d(mass_gev, first_columns(signal, observation, mass_gev, coupling))
    couplings = subdivided(coupling, _COUPLING_STEP)
    return Lattice(masses, couplings, field(masses[:, None], couplings[None, :]))


def first_columns(
    signal: SignalYields, observation: Observation, mass_gev: FloatArray, coupling: FloatArray
) -> FloatArray:
    """Masses of the first lattice beside the grid: no step too large, both sides of jumps, resonances."""
    low, high = mass_gev[0], mass_gev[-1]
    jumps = np.union1d(signal.jumps_gev(), observation.jumps_gev())
    at = float(np.sqrt(coupling[0] * coupling[-1]))

    def factors(masses: FloatArray) -> FloatArray:
        return signal.smooth_factors(masses, at)

    probes = np.geomspace(low, high, _PROBES)
    values = factors(probes)
    floor = _floor(values)
    return np.concatenate(
        [
            subdivided(mass_gev, _MASS_STEP),
            both_sides(jumps, low, high),
            knots_of_curvature(probes, np.log(values + _FACTOR_FLOOR), _FACTOR_TOLERANCE),
            narrow_extrema(factors, probes, values, floor, jumps),
        ]
    )


def _floor(values: FloatArray) -> FloatArray:
    """Of rows (K, n): below it a factor is of no interest.

    Much smaller than nearby, not than anywhere: a zero of a coupling is a notch in the contour however small
    its rate is.
    """
    padded = np.pad(values, ((0, 0), (_NEARBY, _NEARBY)))
    largest = np.lib.stride_tricks.sliding_window_view(padded, 2 * _NEARBY + 1, axis=1).max(axis=2)
    return np.asarray(_FACTOR_FLOOR * np.maximum(largest, _FACTOR_FLOOR**2))


def narrow_extrema(
    factors: Callable[[FloatArray], FloatArray],
    probes: FloatArray,
    values: FloatArray,
    floor: FloatArray,
    jumps_gev: FloatArray,
) -> FloatArray:
    """Masses closer and closer to maxima and minima that are too narrow for the probes to show.

    values, floor: of each factor at the probes (K, n). A jump is none: it has no width.
    """
    slope = np.diff(np.log(values + floor), axis=1)
    turn = np.where(slope[:, 1:] * slope[:, :-1] < 0, np.diff(slope, axis=1), 0.0)
    row, i = np.abs(turn).argmax(axis=0), np.arange(turn.shape[1])
    smooth = np.searchsorted(jumps_gev, probes[:-2]) == np.searchsorted(jumps_gev, probes[2:])
    i = i[(np.abs(turn[row, i]) > _SHARP) & smooth]
    row, sign = row[i], np.sign(-turn[row[i], i])  # plus for a maximum
    low, high, found = np.log(probes[i]), np.log(probes[i + 2]), [np.empty(0)]
    for _ in range(_ZOOMS if i.size else 0):
        x = low + (high - low) * np.linspace(0, 1, _CLOSER + 2)[:, None]
        at = factors(np.exp(x).ravel()).reshape(len(values), *x.shape)
        each = np.arange(i.size)
        top = np.argmax(sign * (at[row, 1:-1, each] + floor[row, i + 1][:, None]).T, axis=0) + 1
        found.append(np.exp(x[1:-1]).ravel())
        low, high = x[top - 1, each], x[top + 1, each]
    return np.concatenate(found)


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

"""Yields of many channels at many masses and lifetimes at once: the tables of a run in flat arrays, compiled.

A contour asks for the sum of a hundred channels at 1e5 points; one call of NumPy per channel would cost more
in calls than in arithmetic. The numbers are those of ``Segment.events`` and ``Segment.relative_error``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from feebly.core.compiled import FASTMATH, inlined
from feebly.core.interfaces import FloatArray
from feebly.engine.surface import Surface
from feebly.engine.yields import ChannelTable, Segment

IntArray = NDArray[np.int64]
_NOTHING_MISSING = -1


class Flat(NamedTuple):
    """Segments of all channels one after the other; arrays over the segments if not said otherwise.

    first_segment: of each channel, and one more. low, high: masses that a segment covers; seen_low,
    seen_high: between which there are events; clip_low, clip_high: first and last sampled mass of these
    [GeV]. opening: reference of x = ln(m - opening). first_knot, knots, x_knots: of x. y_first, y_step,
    columns: of y = ln(ctau/m). first_coefficient, and one more: in ``coefficients``, by power, interval and
    column.
    """

    first_segment: IntArray
    low: FloatArray
    high: FloatArray
    seen_low: FloatArray
    seen_high: FloatArray
    clip_low: FloatArray
    clip_high: FloatArray
    opening: FloatArray
    first_knot: IntArray
    knots: IntArray
    x_knots: FloatArray
    y_first: FloatArray
    y_step: FloatArray
    columns: IntArray
    first_coefficient: IntArray
    coefficients: FloatArray


def flat(tables: Sequence[ChannelTable], errors: bool) -> Flat:
    """The surfaces of ln N, or those of the relative error, of all segments of the tables."""
    segments = [segment for table in tables for segment in table.segments]
    surfaces = [_surface(segment, errors) for segment in segments]
    knots = [surface.x_knots for surface in surfaces]
    coefficients = [np.ravel(surface.coefficients) for surface in surfaces]
    low, high, seen_low, seen_high, clip_low, clip_high, opening = (
        np.array([_masses(segment) for segment in segments]).reshape(-1, 7).T.copy()
    )
    return Flat(
        _starts([len(table.segments) for table in tables]),
        low,
        high,
        seen_low,
        seen_high,
        clip_low,
        clip_high,
        opening,
        _starts([x.size for x in knots])[:-1],
        np.array([x.size for x in knots], np.int64),
        np.concatenate([*knots, np.empty(0)]),
        np.array([surface.y_first for surface in surfaces], float),
        np.array([surface.y_step for surface in surfaces], float),
        np.array([surface.columns for surface in surfaces], np.int64),
        _starts([c.size for c in coefficients]),
        np.concatenate([*coefficients, np.empty(0)]),
    )


def _starts(sizes: Sequence[int]) -> IntArray:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _surface(segment: Segment, errors: bool) -> Surface:
    if segment.silent:
        return Surface(np.empty(0), 0.0, 1.0, 0, np.empty((0, 0)))
    return segment.surfaces[int(errors)]


def _masses(segment: Segment) -> tuple[float, ...]:
    """low .. opening of `Flat`; a segment without events has an empty range of masses with events."""
    covered = segment.covered_gev
    if segment.silent:
        return (*covered, np.inf, -np.inf, 0.0, 0.0, segment.opening_gev)
    first, last = segment.open.masses_gev[[0, -1]]
    return (*covered, *segment.seen_gev, first, last, segment.opening_gev)


@njit(nogil=True, cache=True, error_model="numpy", fastmath=FASTMATH)
def add_up(result, slots, channels, is_open, mass, y, rates, decays, factors, flat, errors, line):
    """Add rate x decay x N of channel ``channels[k]`` to ``result[slots[k]]`` where it is open.

    result: (slots, M, C). is_open: (K, M). mass: (M,). y: ln(ctau/m) (M, C). rates, decays: (P, M, C),
    (F, M, C); factors: row of each for each k. errors: ``flat`` holds relative errors, which are put into the
    slots as they are, wherever there are events. line: work space of the largest number of columns. Returns
    -1, or k M + row of the first mass that no segment covers.
    """
    lowest, highest = _ends(y)
    x_knots, first_knot, knots = flat.x_knots, flat.first_knot, flat.knots
    coefficients, at = flat.coefficients, flat.first_coefficient
    for k in range(channels.size):  # one table after the other: its coefficients stay near
        first, stop = flat.first_segment[channels[k]], flat.first_segment[channels[k] + 1]
        for row in range(mass.size):
            if not is_open[k, row]:
                continue
            s = _segment_at(flat.low, flat.high, first, stop, mass[row])
            if s < 0:
                return k * mass.size + row
            if not flat.seen_low[s] <= mass[row] <= flat.seen_high[s]:
                continue
            start, per_y, columns = flat.y_first[s], 1.0 / flat.y_step[s], flat.columns[s]
            end = start + (columns - 1) * flat.y_step[s]
            x = math.log(min(max(mass[row], flat.clip_low[s]), flat.clip_high[s]) - flat.opening[s])
            needed = (lowest[row] - start) * per_y, (highest[row] - start) * per_y
            _fill_line(
                x_knots, first_knot[s], knots[s], coefficients, at[s], at[s + 1], columns, x, needed, line
            )
            slot, i, f = slots[k], factors[k, 0], factors[k, 1]
            for c in range(y.shape[1]):
                if y[row, c] < start:
                    continue  # decays before it gets there
                beyond = max(y[row, c] - end, 0.0)
                value = _along((y[row, c] - beyond - start) * per_y, columns, line)
                if errors:
                    result[slot, row, c] = max(value, 0.0)
                else:
                    weight = rates[i, row, c] * decays[f, row, c]
                    result[slot, row, c] += weight * math.exp(value - beyond)
    return _NOTHING_MISSING


@njit(nogil=True, error_model="numpy", fastmath=FASTMATH)
def _ends(y):
    """Smallest and largest of each row."""
    lowest, highest = y[:, 0].copy(), y[:, 0].copy()
    for row in range(y.shape[0]):
        for c in range(y.shape[1]):
            lowest[row] = min(lowest[row], y[row, c])
            highest[row] = max(highest[row], y[row, c])
    return lowest, highest


@njit(nogil=True, error_model="numpy", fastmath=FASTMATH)
def _segment_at(low, high, first, stop, mass):
    for s in range(first, stop):
        if low[s] <= mass <= high[s]:
            return s
    return -1


@njit(nogil=True, error_model="numpy", fastmath=FASTMATH)
def _interval(knots, first, stop, x):
    """The knot below x, not the last one."""
    while stop - first > 1:
        middle = (first + stop) // 2
        if knots[middle] < x:
            first = middle
        else:
            stop = middle
    return first


@njit(nogil=True, error_model="numpy", fastmath=FASTMATH)
def _fill_line(x_knots, first_knot, knots, coefficients, at, end, columns, x, needed, line):
    """The polynomials at one x, for the columns that the positions between the two of ``needed`` want."""
    i = _interval(x_knots, first_knot, first_knot + knots - 1, x)
    dx = x - x_knots[i]
    begin = _column(min(max(needed[0], 0.0), columns - 1.0), columns) - 1
    stop = _column(min(max(needed[1], 0.0), columns - 1.0), columns) + 3
    at += (i - first_knot) * columns
    for j in range(begin, stop):
        line[j] = coefficients[at + j]
    at += (knots - 1) * columns
    while at < end:
        for j in range(begin, stop):
            line[j] = line[j] * dx + coefficients[at + j]
        at += (knots - 1) * columns


@inlined
def _column(position, columns):
    """The column below, with one more below and two above it."""
    return min(max(int(position), 1), columns - 3)


@inlined
def _along(position, columns, line):
    """Four-point Lagrange along y, as of ``surface.py``."""
    j = _column(position, columns)
    t = position - j
    below, here, above = t + 1.0, t - 1.0, t - 2.0
    outer, inner = t * here / 6.0, below * above / 2.0
    return outer * (below * line[j + 2] - above * line[j - 1]) + inner * (here * line[j] - t * line[j + 1])

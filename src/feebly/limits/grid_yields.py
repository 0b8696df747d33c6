"""Yields between the points of a grid that was kept: the tables N_if(m, ctau) recovered from it.

The yield of a channel is a table times rates and branching ratios of the model (``signal.py``). Divided by
these at the points of the grid, what is left is smooth in mass and lifetime, and is interpolated; thresholds
and resonances of the model come out exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feebly.core.errors import DataError
from feebly.core.interfaces import FloatArray
from feebly.limits.lattice import LOG_NOTHING
from feebly.limits.signal import SignalYields

_SWING = 0.3  # of ln N; a smooth table swings less over one step of any sensible grid


@dataclass(frozen=True, eq=False)
class _Rows:
    """ln N_if of one channel (R, C) at masses (R,), with ln ctau (R, C) rising along each row."""

    mass_gev: FloatArray
    ln_ctau: FloatArray
    ln_events: FloatArray

    def at(self, mass_gev: FloatArray, ln_ctau: FloatArray) -> FloatArray:
        """ln N_if at points (n,): linear in ln m between two rows, and for one step beyond the outer ones."""
        x, nodes = np.log(mass_gev), np.log(self.mass_gev)
        if nodes.size == 1:
            return self._on_rows(np.zeros(x.size, np.int64), ln_ctau)
        k = np.clip(np.searchsorted(nodes, x, side="right") - 1, 0, nodes.size - 2)
        u = np.clip((x - nodes[k]) / (nodes[k + 1] - nodes[k]), -1.0, 2.0)
        below, above = self._on_rows(k, ln_ctau), self._on_rows(k + 1, ln_ctau)
        # a row without events tells nothing about what lies beyond it
        seen = np.minimum(below, above) > LOG_NOTHING + 1
        u = np.where(seen, u, np.clip(u, 0.0, 1.0))
        return (1 - u) * below + u * above

    def _on_rows(self, rows: NDArray[np.int64], ln_ctau: FloatArray) -> FloatArray:
        """Along each row a local cubic in ln ctau, beyond its ends along its last two points."""
        from scipy.interpolate import Akima1DInterpolator

        result = np.empty(ln_ctau.size)
        for row in np.unique(rows):
            here = rows == row
            x, y, wanted = self.ln_ctau[row], self.ln_events[row], ln_ctau[here]
            j = np.where(wanted < x[0], 0, x.size - 2)
            straight = y[j] + (y[j + 1] - y[j]) / (x[j + 1] - x[j]) * (wanted - x[j])
            inside = (wanted >= x[0]) & (wanted <= x[-1])
            if x.size > 2:
                i = np.clip(np.searchsorted(x, wanted) - 1, 0, x.size - 2)
                curved = Akima1DInterpolator(x, y)(np.clip(wanted, x[0], x[-1]))
                straight = np.where(inside, _within(curved, y[i], y[i + 1]), straight)
            result[here] = straight
        return result


def _within(value: FloatArray, one: FloatArray, other: FloatArray) -> FloatArray:
    """ln N not far outside of its two neighbours: beside a point without events a curve swings wildly."""
    return np.clip(value, np.minimum(one, other) - _SWING, np.maximum(one, other) + _SWING)


@dataclass(frozen=True, eq=False)
class GridTables:
    """N_if for every mass and lifetime, by "production/final state", as a `YieldSource`."""

    channels: Mapping[str, _Rows]

    def expected_events(
        self, production: str, final_state: str, mass_gev: ArrayLike, ctau_m: ArrayLike
    ) -> FloatArray:
        name = f"{production}/{final_state}"
        mass, ctau = np.broadcast_arrays(np.asarray(mass_gev, float), np.asarray(ctau_m, float))
        if name not in self.channels:  # closed at every mass of the grid
            return np.zeros(mass.shape)
        found = self.channels[name].at(mass.ravel(), np.log(ctau.ravel()))
        return np.asarray(np.exp(np.maximum(found, LOG_NOTHING)).reshape(mass.shape))

    def relative_error(
        self, production: str, final_state: str, mass_gev: ArrayLike, ctau_m: ArrayLike
    ) -> FloatArray:
        raise DataError("the yields of a grid do not keep the Monte Carlo error of each channel")


class _One:
    """A source of one event everywhere: the yield is the product of all factors of the model."""

    def expected_events(
        self, production: str, final_state: str, mass_gev: ArrayLike, ctau_m: ArrayLike
    ) -> FloatArray:
        return np.ones(np.broadcast_shapes(np.shape(mass_gev), np.shape(ctau_m)))

    def relative_error(
        self, production: str, final_state: str, mass_gev: ArrayLike, ctau_m: ArrayLike
    ) -> FloatArray:
        return np.zeros(np.broadcast_shapes(np.shape(mass_gev), np.shape(ctau_m)))


def recovered(
    signal: SignalYields, mass_gev: FloatArray, coupling: FloatArray, by_channel: Mapping[str, FloatArray]
) -> SignalYields:
    """The signal with the tables that gave the yields ``by_channel`` (M, C) on a grid, not its own."""
    rows = {}
    for part in replace(signal, source=_One()).on_grid(mass_gev, coupling).channels:
        name = f"{part.production}/{part.final_state}"
        kept = (part.events > 0).all(axis=1)
        if name not in by_channel or not kept.any():
            continue
        kept = kept & _told(np.asarray((by_channel[name][part.rows] > 0).any(axis=1)))
        with np.errstate(divide="ignore"):
            ln_events = np.log(by_channel[name][part.rows][kept] / part.events[kept])
        ln_ctau = np.log(part.ctau_m[kept])
        order = np.argsort(ln_ctau, axis=1)
        rows[name] = _Rows(
            mass_gev[part.rows][kept],
            np.take_along_axis(ln_ctau, order, 1),
            np.take_along_axis(np.maximum(ln_events, LOG_NOTHING), order, 1),
        )
    return replace(signal, source=GridTables(rows))


def _told(seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without an empty first or last row beside one with events: the yield begins or ends between the two."""
    told = np.ones(seen.size, bool)
    if seen.size > 1:
        told[0] = seen[0] or not seen[1]
        told[-1] = seen[-1] or not seen[-2]
    return told

"""ln N on a lattice of masses x couplings whose columns and rows are chosen where the contour needs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feebly.core.interfaces import FloatArray

LogYield = Callable[[FloatArray, FloatArray], FloatArray]
"""ln N of masses and couplings that broadcast: (M, 1) with (1, C), or points (n,) with (n,)."""

LOG_NOTHING = float(np.log(1e-30))
"""Stands for ln N where there is no signal."""

SIDE = 1e-7
"""Relative distance of the two columns on either side of a mass where the limit jumps."""

SPACING = 1e-5
"""Smallest distance in ln m and ln coupling of a refinement from what is there."""


@dataclass(frozen=True, eq=False)
class Lattice:
    """ln N, shape (M, C), on masses (M,) and couplings (C,), both rising."""

    mass_gev: FloatArray
    coupling: FloatArray
    log_yield: FloatArray

    @property
    def ln_mass(self) -> FloatArray:
        return np.asarray(np.log(self.mass_gev))

    @property
    def ln_coupling(self) -> FloatArray:
        return np.asarray(np.log(self.coupling))

    @property
    def jumps(self) -> NDArray[np.bool_]:
        """Cells between neighbouring masses, shape (M - 1,), that only separate two sides of a jump."""
        return np.diff(self.ln_mass) < 5 * SIDE

    def extended(self, masses_gev: ArrayLike, couplings: ArrayLike, log_yield: LogYield) -> Lattice:
        """With further columns and rows; those that are there already are not repeated."""
        masses = np.setdiff1d(masses_gev, self.mass_gev)
        couplings = np.setdiff1d(couplings, self.coupling)
        result = self
        if masses.size:
            columns = log_yield(masses[:, None], self.coupling[None, :])
            order = np.argsort(np.concatenate([self.mass_gev, masses]))
            values = np.concatenate([self.log_yield, columns])[order]
            result = Lattice(np.concatenate([self.mass_gev, masses])[order], self.coupling, values)
        if couplings.size:
            rows = log_yield(result.mass_gev[:, None], couplings[None, :])
            order = np.argsort(np.concatenate([self.coupling, couplings]))
            values = np.concatenate([result.log_yield, rows], axis=1)[:, order]
            result = Lattice(result.mass_gev, np.concatenate([self.coupling, couplings])[order], values)
        return result

    def refined(self, ln_mass: ArrayLike, ln_coupling: ArrayLike, log_yield: LogYield) -> Lattice:
        """With further columns and rows, except those that nearly are there or lie outside."""
        masses = np.exp(_apart(ln_mass, self.ln_mass))
        couplings = np.exp(_apart(ln_coupling, self.ln_coupling))
        return self.extended(masses, couplings, log_yield)


class Remembered:
    """A function of points whose values are kept: a contour that begins anew asks for most points again."""

    def __init__(self, function: Callable[[FloatArray, FloatArray], FloatArray]) -> None:
        self._function = function
        self._points = np.empty(0, complex)  # mass + i coupling, in order
        self._values = np.empty(0)

    def __call__(self, mass_gev: FloatArray, coupling: FloatArray) -> FloatArray:
        """As the function; masses and couplings of points (n,)."""
        asked, back = np.unique(mass_gev + 1j * coupling, return_inverse=True)
        at = np.searchsorted(self._points, asked)
        new = np.append(self._points, np.nan)[at] != asked
        if new.any():
            points = asked[new]
            values = self._function(points.real.copy(), points.imag.copy())
            self._points = np.insert(self._points, at[new], points)
            self._values = np.insert(self._values, at[new], values)
            at += np.cumsum(new) - new
        return np.asarray(self._values[at][back])


def subdivided(values: ArrayLike, largest_step: float) -> FloatArray:
    """The rising values with points between, evenly in the logarithm, so that no step exceeds the largest."""
    ln = np.log(np.asarray(values, float))
    between = [
        np.linspace(low, high, int(np.ceil((high - low) / largest_step)) + 1)[1:-1]
        for low, high in pairwise(ln)
    ]
    return np.union1d(values, np.exp(np.concatenate(between)))


def both_sides(masses_gev: ArrayLike, low_gev: float, high_gev: float) -> FloatArray:
    """The columns just below and just above each mass, as far as they lie in the range."""
    jumps = np.asarray(masses_gev, float)
    columns = np.concatenate([jumps * (1 - SIDE), jumps * (1 + SIDE)])
    return columns[(columns >= low_gev) & (columns <= high_gev)]


def _apart(asked: ArrayLike, there: FloatArray) -> FloatArray:
    """The asked values, sorted, that are inside ``there`` and not too near to it or to each other."""
    values = np.unique(np.asarray(asked, float))
    values = values[(values > there[0]) & (values < there[-1])]
    above = np.searchsorted(there, values)
    values = values[np.minimum(there[above] - values, values - there[above - 1]) > SPACING]
    return np.asarray(values[np.diff(values, prepend=-np.inf) > SPACING])

"""The yield against the coupling at one mass, and which couplings give a yield.

N(coupling) is not monotonic: it rises with the coupling as long as the particle outlives the way to the
detector (production and decay both grow), and falls where it decays before. A yield has two solutions, or
none. A branch is a range of couplings over which N only rises (``long-lived``) or only falls
(``short-lived``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.interfaces import FloatArray
from feebly.limits.lattice import LOG_NOTHING
from feebly.limits.searches import log_events
from feebly.limits.signal import SignalYields

_POINTS_PER_DECADE = 80
_BISECTIONS = 24  # of a step of the curve: 2e-9 in the logarithm of the coupling
_STEP = 0.03  # in ln coupling, of the local slope


@dataclass(frozen=True, eq=False)
class YieldCurve:
    """N(coupling) of a signal at one mass, between two couplings; at ``coupling`` a point of interest."""

    signal: SignalYields
    mass_gev: float
    coupling: float
    low: float
    high: float

    def log_yield(self, ln_coupling: ArrayLike) -> FloatArray:
        """ln N at the mass."""
        coupling = np.exp(np.atleast_1d(np.asarray(ln_coupling, float)))
        return log_events(self.signal.total_at_points(np.full(coupling.size, self.mass_gev), coupling))

    @cached_property
    def _ln_coupling(self) -> FloatArray:
        n = int(np.ceil(np.log10(self.high / self.low) * _POINTS_PER_DECADE)) + 1
        return np.union1d(np.linspace(np.log(self.low), np.log(self.high), n), np.log(self.coupling))

    @cached_property
    def _log_yield(self) -> FloatArray:
        return self.log_yield(self._ln_coupling)

    @cached_property
    def events(self) -> float:
        """N at the point of interest."""
        return float(np.exp(self.log_yield(np.log(self.coupling))[0]))

    @cached_property
    def peak(self) -> float:
        """The largest N of the curve's points."""
        return float(np.exp(self._log_yield.max()))

    @cached_property
    def slopes(self) -> tuple[float, float]:
        """First and second derivative of ln N by ln coupling at the point of interest."""
        at = np.log(self.coupling)
        below, here, above = self.log_yield(at + _STEP * np.array([-1.0, 0.0, 1.0]))
        return float((above - below) / (2 * _STEP)), float((above - 2 * here + below) / _STEP**2)

    @property
    def rising(self) -> bool:
        """Whether N rises with the coupling at the point of interest."""
        return self.slopes[0] > 0

    @property
    def branch_name(self) -> str:
        """``long-lived`` where N rises with the coupling, ``short-lived`` where it falls."""
        return "long-lived" if self.rising else "short-lived"

    @cached_property
    def branch(self) -> tuple[FloatArray, FloatArray]:
        """ln coupling and ln N of the points on the branch of the point of interest, in order of coupling."""
        x, y = self._ln_coupling, self._log_yield
        along = (np.diff(y) > 0) == self.rising
        along &= (y[:-1] > LOG_NOTHING) & (y[1:] > LOG_NOTHING)
        here = int(np.searchsorted(x, np.log(self.coupling)))
        broken = np.flatnonzero(~along)  # steps between points k and k + 1
        first = int(broken[broken < here].max(initial=-1)) + 1
        last = int(broken[broken >= here].min(initial=along.size))
        return x[first : last + 1], y[first : last + 1]

    def on_branch(self, events: ArrayLike) -> FloatArray:
        """Coupling on the branch at which each number of events is expected.

        Beyond the yields of the branch its nearer end: the peak for too many events.
        """
        x, y = self.branch
        x, y = (x, y) if self.rising else (x[::-1], y[::-1])
        asked = np.clip(log_events(np.atleast_1d(np.asarray(events, float))), y[0], y[-1])
        cell = np.clip(np.searchsorted(y, asked), 1, y.size - 1)
        return np.exp(self._bisected(x[cell - 1], x[cell], asked))

    def solutions(self) -> tuple[float, ...]:
        """All couplings with the N of the point of interest, itself among them, rising."""
        x, y, asked = self._ln_coupling, self._log_yield, np.log(self.events)
        crossed = np.flatnonzero((y[:-1] < asked) != (y[1:] < asked))
        rises = y[crossed] < y[crossed + 1]
        low, high = np.where(rises, x[crossed], x[crossed + 1]), np.where(rises, x[crossed + 1], x[crossed])
        return tuple(np.exp(np.sort(self._bisected(low, high, np.full(low.size, asked)))).tolist())

    def _bisected(self, below: FloatArray, above: FloatArray, asked: FloatArray) -> FloatArray:
        """ln coupling with ln N = asked, between one with less (or equal) and one with more."""
        for _ in range(_BISECTIONS if asked.size else 0):
            middle = (below + above) / 2
            less = self.log_yield(middle) < asked
            below, above = np.where(less, middle, below), np.where(less, above, middle)
        return np.asarray((below + above) / 2)

"""A search for a narrow peak at many hypotheses: the local test statistics, for one data set or many.

The position x of an event (a mass, in any unit) is smeared by a resolution that depends on the hypothesis;
the background has a known density. Every test statistic is a Z: larger is more signal-like.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feebly.core.errors import ConfigError, DomainError
from feebly.core.interfaces import FloatArray
from feebly.statistics.checks import require_positive

REACH = 5.0
"""Resolutions beyond the first and the last hypothesis up to which events matter."""

_DENSITY_STEPS = 4096  # of the tabulated background between the ends
_BINS_PER_SIGMA = 4  # of the likelihood: bins widen the peak by (1/4)^2 / 24 of its resolution
_NEWTON_STEPS = 40
_NEWTON_RTOL = 1e-8
_ELEMENTS = 1 << 22  # of one block of data sets x hypotheses x bins


@dataclass(frozen=True, slots=True)
class MassScan:
    """Hypotheses of a peak and what is expected there without one.

    hypotheses: positions, rising. resolutions: sigma of the peak at each. densities: expected background
    events per unit of x at each, straight lines between, constant beyond the ends.
    """

    hypotheses: tuple[float, ...]
    resolutions: tuple[float, ...]
    densities: tuple[float, ...]

    def __post_init__(self) -> None:
        sizes = {len(self.hypotheses), len(self.resolutions), len(self.densities)}
        if len(sizes) != 1 or 0 in sizes:
            raise ConfigError(
                f"scan of {len(self.hypotheses)} hypotheses, {len(self.resolutions)} resolutions, "
                f"{len(self.densities)} densities: expected one of each for every hypothesis"
            )
        x = np.array(self.hypotheses, float)
        if not np.isfinite(x).all() or not np.all(np.diff(x) > 0):
            raise DomainError("hypotheses of a scan: expected finite numbers in rising order")
        for sigma, density in zip(self.resolutions, self.densities, strict=True):
            require_positive("resolution", sigma)
            require_positive("background density", density)

    @classmethod
    def of(cls, hypotheses: ArrayLike, resolution: ArrayLike, density: ArrayLike) -> MassScan:
        """From arrays or single numbers, which hold at every hypothesis."""
        arrays = np.broadcast_arrays(np.atleast_1d(np.asarray(hypotheses, float)), resolution, density)
        return cls(*(tuple(array.astype(float).tolist()) for array in arrays))

    @property
    def ends(self) -> tuple[float, float]:
        """Range of x in which an event can matter."""
        x, reach = np.array(self.hypotheses), REACH * np.array(self.resolutions)
        return float((x - reach).min()), float((x + reach).max())

    def density_at(self, x: FloatArray) -> FloatArray:
        """Background events per unit of x."""
        return np.asarray(np.interp(x, self.hypotheses, self.densities))

    def expected_below(self) -> tuple[FloatArray, FloatArray]:
        """Positions and the background events expected below them; the last number is the total."""
        x = np.linspace(*self.ends, _DENSITY_STEPS + 1)
        steps = self.density_at((x[1:] + x[:-1]) / 2) * np.diff(x)
        return x, np.concatenate([[0.0], np.cumsum(steps)])

    def expected_within(self, half_width_sigma: float) -> FloatArray:
        """Background events within so many resolutions of each hypothesis."""
        x, below = self.expected_below()
        half = half_width_sigma * np.array(self.resolutions)
        centre = np.array(self.hypotheses)
        return np.asarray(np.interp(centre + half, x, below) - np.interp(centre - half, x, below))

    def refined(self, step_sigma: float) -> MassScan:
        """The same search with hypotheses at most ``step_sigma`` resolutions apart."""
        require_positive("step_sigma", step_sigma)
        x, sigma = np.array(self.hypotheses), np.array(self.resolutions)
        parts = np.ceil(np.diff(x) / (step_sigma * np.minimum(sigma[1:], sigma[:-1]))).astype(int)
        between = [np.linspace(a, b, n, endpoint=False) for a, b, n in zip(x[:-1], x[1:], parts, strict=True)]
        fine = np.concatenate([*between, x[-1:]])
        return MassScan.of(fine, np.interp(fine, x, sigma), self.density_at(fine))


@dataclass(frozen=True, eq=False)
class DataSets:
    """Events of many data sets: ``position`` sorted within each, ``owner`` the data set, 0 .. size - 1."""

    position: FloatArray
    owner: NDArray[np.intp]
    size: int

    def counts(self, edges: FloatArray, ends: tuple[float, float]) -> NDArray[np.intp]:
        """Events below each edge in each data set, (size, \\*shape of edges); edges within ``ends``."""
        stride = 2 * (ends[1] - ends[0])  # one axis for all data sets: no two share a place
        line = self.position - ends[0] + stride * self.owner
        places = np.clip(edges, *ends).ravel() - ends[0] + stride * np.arange(self.size)[:, None]
        below = np.searchsorted(line, places, side="right")
        before = np.searchsorted(self.owner, np.arange(self.size))
        return np.asarray((below - before[:, None]).reshape(self.size, *edges.shape))


def data_set(positions: Sequence[float], scan: MassScan) -> DataSets:
    """One data set; events outside the range of the scan are left out."""
    x = np.sort(np.asarray(positions, float))
    if not np.isfinite(x).all():
        raise DomainError("events of a scan: expected finite numbers")
    low, high = scan.ends
    x = x[(x >= low) & (x <= high)]
    return DataSets(x, np.zeros(x.size, np.intp), 1)


class LocalTest(Protocol):
    """A test of every hypothesis of a scan."""

    def z(self, scan: MassScan, data: DataSets) -> FloatArray:
        """Local Z (one-sided) of each data set and hypothesis, (size, H); -inf where nothing is seen."""
        ...


@dataclass(frozen=True, slots=True)
class WindowCount:
    """Events within +- ``half_width_sigma`` resolutions, exact for any background."""

    half_width_sigma: float = 1.5

    def __post_init__(self) -> None:
        if require_positive("half width of the window", self.half_width_sigma) > REACH:
            raise DomainError(
                f"half width of the window = {self.half_width_sigma:g} sigma: expected at most {REACH:g}"
            )

    def z(self, scan: MassScan, data: DataSets) -> FloatArray:
        """Z of P(N >= n | b) of each window."""
        from scipy.special import gammainc, ndtri

        centre, half = np.array(scan.hypotheses), self.half_width_sigma * np.array(scan.resolutions)
        below = data.counts(np.stack([centre - half, centre + half]), scan.ends)
        n = below[:, 1] - below[:, 0]
        b = scan.expected_within(self.half_width_sigma)
        table = np.arange(n.max(initial=0) + 1.0)[:, None]
        # P(N >= n | b) is the regularised lower incomplete Gamma function
        tail = np.where(table > 0, gammainc(np.maximum(table, 1.0), b), 1.0)
        return np.asarray(np.take_along_axis(-ndtri(tail), n, axis=0))


@dataclass(frozen=True, slots=True)
class PeakLikelihood:
    """sqrt(q0) of a Gaussian peak of free height s >= 0 on the known background (1007.1727, Eq. (12)).

    It is the Z of the local p-value where the background under the peak is 10 or more (``reached_p`` of
    ``global_significance`` tells what it is elsewhere).
    """

    def z(self, scan: MassScan, data: DataSets) -> FloatArray:
        """sqrt(q0) of each data set and hypothesis; -inf where the best height is zero."""
        centre, sigma = np.array(scan.hypotheses)[:, None], np.array(scan.resolutions)[:, None]
        u = np.linspace(-REACH, REACH, int(2 * REACH * _BINS_PER_SIGMA) + 1)
        middle = (u[1:] + u[:-1]) / 2
        peak = np.exp(-(middle**2) / 2) / (np.sqrt(2 * np.pi) * sigma)
        ratio = peak / scan.density_at(centre + sigma * middle)  # (H, bins)
        edges = centre + sigma * u
        result = np.empty((data.size, centre.size))
        step = max(1, _ELEMENTS // ratio.size)
        for start in range(0, data.size, step):
            some = _part(data, start, min(start + step, data.size))
            counts = np.diff(some.counts(edges, scan.ends), axis=-1)
            result[start : start + step] = _root_q0(counts.astype(float), ratio)
        return result


def _part(data: DataSets, start: int, end: int) -> DataSets:
    first, last = np.searchsorted(data.owner, [start, end])
    return DataSets(data.position[first:last], data.owner[first:last] - start, end - start)


def _root_q0(counts: FloatArray, ratio: FloatArray) -> FloatArray:
    """sqrt(2 (sum n ln(1 + s r) - s)) at its maximum over s > 0; -inf where the slope at 0 is not positive.

    counts (T, H, bins), ratio r of peak and background (H, bins).
    """
    slope = np.einsum("thb,hb->th", counts, ratio) - 1
    result = np.full(slope.shape, -np.inf)
    rising = np.nonzero(slope > 0)
    n, r = counts[rising], ratio[rising[1]]
    s = np.zeros(len(n))
    for _ in range(_NEWTON_STEPS):
        # the slope falls and is convex: Newton from below climbs to the root and never passes it
        share = r / (1 + s[:, None] * r)
        step = ((n * share).sum(axis=1) - 1) / (n * share**2).sum(axis=1)
        s = s + step
        if np.all(np.abs(step) <= _NEWTON_RTOL * s):
            break
    gain = (n * np.log1p(s[:, None] * r)).sum(axis=1) - s
    result[rising] = np.sqrt(2 * np.maximum(gain, 0.0))
    return result

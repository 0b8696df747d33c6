"""Yields of one channel for every mass and lifetime, interpolated between the sampled masses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.engine.histogram import bin_centres, laplace
from feebly.engine.knots import ABOVE_THRESHOLD, BELOW_END
from feebly.engine.sampler import MassSample
from feebly.engine.surface import Surface

SIGNAL = 0  # index of the signal region in the histograms
# lambda = ctau/m [m/GeV] of the interpolation, in units of the shortest and longest tau of the events: below,
# N is less than exp(-80) of its largest value; above, it is proportional to 1/lambda to 1e-4.
_SHORTEST, _LONGEST = 1 / 90, 1e4
_LAMBDAS_PER_DECADE = 24
_TINY = 1e-300


@dataclass(frozen=True, eq=False)
class Segment:
    """Samples between two kinematic thresholds, in order of mass.

    threshold_gev: of the decay. opening_gev: mass up to which nothing can be seen (``opening_mass_gev``), the
    reference point of the interpolation. Right above it no event may be accepted: the yield is zero below the
    first sampled mass with events, and interpolated between those that have some.
    """

    samples: tuple[MassSample, ...]
    threshold_gev: float
    opening_gev: float

    @cached_property
    def masses_gev(self) -> FloatArray:
        return np.array([sample.mass_gev for sample in self.samples])

    @cached_property
    def open(self) -> Segment:
        """The samples that have events in the signal region."""
        opened = tuple(s for s in self.samples if s.histogram[SIGNAL, :, 0].any())
        return Segment(opened, self.threshold_gev, self.opening_gev)

    def transform(self, ctau_over_mass: FloatArray, region: int) -> tuple[FloatArray, FloatArray]:
        """Yield and MC error at the sampled masses, shape (mass, lambda)."""
        histogram = np.stack([sample.histogram[region] for sample in self.samples])
        return laplace(histogram, ctau_over_mass)

    @property
    def silent(self) -> bool:
        """Whether too few masses have accepted events for any yield but zero."""
        return len(self.open.samples) < 2

    @cached_property
    def covered_gev(self) -> tuple[float, float]:
        """Between the outermost samples; at the ends of the channel up to its kinematic limits."""
        low, high = (float(m) for m in self.masses_gev[[0, -1]])
        low = self.threshold_gev if low <= self.opening_gev * (1 + 1.01 * ABOVE_THRESHOLD) else low
        return low * (1 - 1e-12), high * (1 + 1.01 * BELOW_END)

    @cached_property
    def seen_gev(self) -> tuple[float, float]:
        """Masses between which a segment that is not silent has events."""
        first, last = (float(m) for m in self.open.masses_gev[[0, -1]])
        return first * (1 - 1e-12), last * (1 + 1.01 * BELOW_END)

    def covers(self, mass: FloatArray) -> NDArray[np.bool_]:
        low, high = self.covered_gev
        return (mass >= low) & (mass <= high)

    @cached_property
    def _lambda(self) -> FloatArray:
        """Lifetimes over mass [m/GeV] of the interpolation, log-spaced."""
        tau = bin_centres()[np.any([s.histogram[SIGNAL, :, 0] > 0 for s in self.samples], axis=0)]
        low, high = np.log10(tau[0] * _SHORTEST), np.log10(tau[-1] * _LONGEST)
        return np.logspace(low, high, math.ceil((high - low) * _LAMBDAS_PER_DECADE) + 1)

    @cached_property
    def surfaces(self) -> tuple[Surface, Surface]:
        """ln N (cubic in x) and the relative error (linear) over (x, ln lambda), signal region."""
        value, error = self.open.transform(self._lambda, SIGNAL)
        x, ln_lambda = self._x(self.open.masses_gev), np.log(self._lambda)
        value = np.maximum(value, _TINY)
        return Surface.cubic(x, ln_lambda, np.log(value)), Surface.linear(x, ln_lambda, error / value)

    def _coordinates(self, mass: FloatArray, ctau: FloatArray) -> tuple[FloatArray, FloatArray]:
        return self._x(mass), np.log(np.clip(ctau / mass, self._lambda[0], self._lambda[-1]))

    def events(self, mass: FloatArray, ctau: FloatArray) -> FloatArray:
        if self.silent:
            return np.zeros(mass.shape)
        value = np.exp(self.surfaces[0](*self._coordinates(mass, ctau)))
        lam, shortest, longest = ctau / mass, self._lambda[0], self._lambda[-1]
        value = np.where(lam > longest, value * longest / lam, value)
        first, last = self.seen_gev
        closed = (mass < first) | (mass > last)
        return np.where((lam < shortest) | closed, 0.0, value)

    def relative_error(self, mass: FloatArray, ctau: FloatArray) -> FloatArray:
        if self.silent:
            return np.zeros(mass.shape)
        return np.maximum(self.surfaces[1](*self._coordinates(mass, ctau)), 0.0)

    def _x(self, mass: FloatArray) -> FloatArray:
        """ln(m - opening), the mass taken to the nearest sampled one where it lies outside."""
        inside = np.clip(mass, self.open.masses_gev[0], self.open.masses_gev[-1])
        return np.log(inside - self.opening_gev)


@dataclass(frozen=True, eq=False)
class ChannelTable:
    """All samples of one (production, final state), by segment."""

    production: str
    final_state: str
    segments: tuple[Segment, ...]

    def _by_segment(self, quantity: str, mass_gev: ArrayLike, *rest: ArrayLike) -> NDArray[np.generic]:
        mass, *others = np.broadcast_arrays(np.asarray(mass_gev, float), *rest)
        result: NDArray[np.generic] | None = None
        missing = np.ones(mass.shape, bool)
        for segment in self.segments:
            here = missing & segment.covers(mass)
            if not here.any():
                continue
            part = getattr(segment, quantity)(mass[here], *(other[here] for other in others))
            result = np.zeros(mass.shape, dtype=part.dtype) if result is None else result
            result[here] = part
            missing &= ~here
        if missing.any() or result is None:
            raise self.no_table_at(mass[missing][0])
        return result

    def no_table_at(self, mass_gev: float) -> DomainError:
        """What to raise where no segment covers a mass."""
        ranges = ", ".join(f"{s.masses_gev[0]:.4g}-{s.masses_gev[-1]:.4g} GeV" for s in self.segments)
        return DomainError(
            f"{self.production} -> {self.final_state}: no table at m = {mass_gev:.6g} GeV; tabulated {ranges}"
        )

    @property
    def silent(self) -> bool:
        """Whether no segment has a yield but zero."""
        return all(segment.silent for segment in self.segments)

    @property
    def last_seen_gev(self) -> tuple[float, ...]:
        """Lowest mass with accepted events of each segment that has samples without any below it."""
        opened = [s for s in self.segments if 0 < len(s.open.samples) < len(s.samples)]
        return tuple(float(s.open.masses_gev[0]) for s in opened if s.open.masses_gev[0] > s.masses_gev[0])

    def events(self, mass_gev: ArrayLike, ctau_m: ArrayLike) -> FloatArray:
        """Events in the signal region per POT for unit rate, BR = 1, efficiency 1; broadcasts."""
        return np.asarray(self._by_segment("events", mass_gev, ctau_m), dtype=float)

    def relative_error(self, mass_gev: ArrayLike, ctau_m: ArrayLike) -> FloatArray:
        """Relative Monte Carlo standard deviation of ``events``."""
        return np.asarray(self._by_segment("relative_error", mass_gev, ctau_m), dtype=float)


def assemble(
    production: str,
    final_state: str,
    threshold_gev: float,
    blocks: Sequence[Sequence[Sequence[MassSample]]],
    opening_gev: float | None = None,
) -> ChannelTable:
    """A channel's table from its segments, each a sequence of blocks of samples.

    opening_gev: mass up to which nothing can be seen; the threshold of the decay if not said.
    """
    opening = threshold_gev if opening_gev is None else opening_gev
    segments = (tuple(sample for block in segment for sample in block) for segment in blocks)
    parts = tuple(Segment(samples, threshold_gev, opening) for samples in segments)
    return ChannelTable(production, final_state, parts)

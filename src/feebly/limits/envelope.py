"""The largest and the smallest yield among several choices of physics, and what they exclude."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.interfaces import FloatArray
from feebly.limits.columns import first_lattice
from feebly.limits.contour import find_contours
from feebly.limits.observation import Observation
from feebly.limits.results import ContourPiece
from feebly.limits.scan import Range, log_spaced
from feebly.limits.searches import contour_searches
from feebly.limits.signal import Breakdown, ChannelEvents, SignalYields

BAND_LOW, BAND_HIGH = "band-low", "band-high"
_COUPLINGS = 2000  # of the search for edges at one mass: 0.6% steps over five decades, interpolated


class Member(NamedTuple):
    """Yields of one choice, and the mass [GeV] from which on it says something."""

    signal: SignalYields
    mass_min_gev: float


@dataclass(frozen=True, eq=False)
class Envelope(SignalYields):
    """At each mass and coupling the yields of the member whose total is largest (or smallest)."""

    members: tuple[Member, ...] = ()
    largest: bool = True

    @classmethod
    def of(cls, members: Sequence[Member], largest: bool) -> Envelope:
        """The first member is the one that holds at all masses."""
        shared = {f.name: getattr(members[0].signal, f.name) for f in fields(SignalYields)}
        return cls(**shared, members=tuple(members), largest=largest)

    def edges_gev(self) -> FloatArray:
        edges = [member.signal.edges_gev() for member in self.members]
        starts = [member.mass_min_gev for member in self.members if member.mass_min_gev > 0]
        return np.unique(np.concatenate([*edges, starts]))

    def smooth_factors(self, mass_gev: ArrayLike, coupling: float) -> FloatArray:
        return np.concatenate([member.signal.smooth_factors(mass_gev, coupling) for member in self.members])

    def _total(self, mass: FloatArray, coupling: FloatArray) -> FloatArray:
        totals = self._totals(mass, [member.signal._total(mass, coupling) for member in self.members])
        return np.asarray(totals.max(axis=0) if self.largest else totals.min(axis=0))

    def _totals(self, mass: FloatArray, totals: Sequence[FloatArray]) -> FloatArray:
        """Totals of the members, with one that is never chosen below the mass where a member begins."""
        silent = -np.inf if self.largest else np.inf
        starts = [member.mass_min_gev for member in self.members]
        return np.array(
            [np.where(mass < start, silent, total) for start, total in zip(starts, totals, strict=True)]
        )

    def _breakdown(self, mass: FloatArray, coupling: FloatArray) -> Breakdown:
        parts = [member.signal._breakdown(mass, coupling) for member in self.members]
        totals = self._totals(mass, [part.total() for part in parts])
        chosen = (totals.argmax(axis=0) if self.largest else totals.argmin(axis=0))[None]
        rows, ctau = np.ones(len(mass), bool), self.model.ctau_m(mass, coupling)
        channels = []
        for tag in self.final_states:
            events = np.array([part.by_final_state()[tag] for part in parts])
            picked = np.take_along_axis(events, chosen, axis=0)[0]
            channels.append(ChannelEvents("envelope", tag, rows, mass, ctau, picked))
        return Breakdown(parts[0].shape, self.final_states, tuple(channels))


def theory_band(
    members: Sequence[Member], observation: Observation, mass: Range, coupling: Range
) -> tuple[ContourPiece, ...]:
    """Contours ``band-low`` (excluded by every member) and ``band-high`` (by at least one)."""
    masses, couplings = log_spaced("mass", mass), log_spaced("coupling", coupling)
    pieces: list[ContourPiece] = []
    for kind in (BAND_LOW, BAND_HIGH):
        envelope = Envelope.of(members, largest=kind == BAND_HIGH)
        search = contour_searches(envelope, observation)[0]
        limit = next(iter(search.limits.values()))
        start = first_lattice(envelope, observation, masses, couplings, search.field)
        pieces += find_contours(start, {kind: limit}, search.field)[1]
    return tuple(pieces)


def excluded_interval(
    signal: SignalYields, observation: Observation, mass_gev: ArrayLike, coupling: Range
) -> FloatArray:
    """Lowest and highest excluded coupling at each mass, shape (M, 2); NaN where none is excluded.

    Ends of the range stand for edges outside it.
    """
    masses, couplings = np.asarray(mass_gev, float), np.geomspace(coupling[0], coupling[1], _COUPLINGS)
    search = contour_searches(signal, observation)[0]
    limit = next(iter(search.limits.values()))(masses)
    with np.errstate(invalid="ignore"):
        excess = search.field(masses[:, None], couplings[None, :]) - np.log(limit)[:, None]
    return np.array([_ends(np.log(couplings), row) for row in excess])


def _ends(ln_coupling: FloatArray, excess: FloatArray) -> tuple[float, float]:
    """First and last root of the excess, linear between the points."""
    inside = np.flatnonzero(excess > 0)
    if inside.size == 0:
        return np.nan, np.nan
    return tuple(
        float(np.exp(_root(ln_coupling, excess, int(last), step)))
        for last, step in ((inside[0], -1), (inside[-1], 1))
    )  # type: ignore[return-value]


def _root(x: FloatArray, excess: FloatArray, inside: int, step: int) -> float:
    outside = inside + step
    if not 0 <= outside < x.size:
        return float(x[inside])
    share = excess[inside] / (excess[inside] - excess[outside])
    return float(x[inside] + share * (x[outside] - x[inside]))

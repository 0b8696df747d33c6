"""What a yield is made of where a reader asks: at the best point and at the ends of the contour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from feebly.limits.contour import edges_at
from feebly.limits.results import ContourPiece
from feebly.limits.signal import ChannelEvents, SignalYields
from feebly.physics.production.totals import particles_per_unit

PEAK, LOWEST, ABOVE_LOWEST, HEAVIEST = (
    "largest yield over limit",
    "lower edge at the smallest coupling",
    "upper edge at the same mass",
    "largest mass",
)


@dataclass(frozen=True, slots=True)
class ChannelFactors:
    """N = particles x branching_ratio x selected x efficiency of one production and final state.

    events: N. relative_error: Monte Carlo. particles: made in the dump by all protons, in any direction;
    selected: chance of one of them to decay in the volume and to be selected (both None where the production
    has no closed total). efficiency: of the response, times the share of π0 and η that decay to photons.
    """

    production: str
    final_state: str
    events: float
    relative_error: float
    particles: float | None
    branching_ratio: float
    selected: float | None
    efficiency: float


@dataclass(frozen=True, slots=True)
class PointYields:
    """Expected signal events at one mass [GeV] and coupling, and the lifetime ctau [m] there.

    place: what the point is. events: of all channels, with its relative Monte Carlo error. channels: open
    ones, the largest first.
    """

    place: str
    mass_gev: float
    coupling: float
    ctau_m: float
    events: float
    relative_error: float
    channels: tuple[ChannelFactors, ...]


def point_yields(
    signal: SignalYields, peak: tuple[float, float, float], pieces: Sequence[ContourPiece]
) -> tuple[PointYields, ...]:
    """The yields, not interpolated, at the peak and at the ends of the contour (pieces: of one kind)."""
    points = [(PEAK, *peak[:2]), *_ends(pieces)]
    return tuple(_at(signal, *point) for point in points)


def _ends(pieces: Sequence[ContourPiece]) -> Iterator[tuple[str, float, float]]:
    """Place, mass and coupling of the extremes of a contour."""
    if not pieces:
        return
    mass, coupling = (np.concatenate([getattr(p, axis) for p in pieces]) for axis in ("mass_gev", "coupling"))
    lowest, heaviest = int(np.argmin(coupling)), int(np.argmax(mass))
    m, low = float(mass[lowest]), float(coupling[lowest])
    yield LOWEST, m, low
    above = [up for start, up in edges_at(pieces, m) if start <= low * (1 + 1e-9) < up]
    if above:
        yield ABOVE_LOWEST, m, above[0]
    yield HEAVIEST, float(mass[heaviest]), float(coupling[heaviest])


def _at(signal: SignalYields, place: str, mass: float, coupling: float) -> PointYields:
    events = signal.at_points([mass], [coupling])
    channels = [_factors(signal, part, coupling) for part in events.channels if part.rows[0]]
    return PointYields(
        place,
        mass,
        coupling,
        float(signal.model.ctau_m(mass, coupling)),
        float(events.total()[0]),
        float(events.relative_error(signal.source)[0]),
        tuple(sorted(channels, key=lambda each: -each.events)),
    )


def _factors(signal: SignalYields, part: ChannelEvents, coupling: float) -> ChannelFactors:
    mass, events, tag = float(part.mass_gev[0]), float(part.events[0]), part.final_state
    (mode,) = (each for each in signal.production_channels if each.tag == part.production)
    rate = float(mode.rate(mass, coupling, signal.multiplicities.get(mode.tag)))
    particles = signal.pot * rate * particles_per_unit(mode.sampling(), mass)
    ratio = float(signal.model.branching_ratio(tag, mass, coupling))
    efficiency = signal.efficiencies[tag] * signal.to_photons.get(tag, 1.0)
    made = particles * ratio * efficiency
    error = signal.source.relative_error(part.production, tag, part.mass_gev, part.ctau_m)
    return ChannelFactors(
        part.production,
        tag,
        events,
        float(np.ravel(error)[0]),
        particles if np.isfinite(particles) else None,
        ratio,
        events / made if made > 0 else None,
        efficiency,
    )

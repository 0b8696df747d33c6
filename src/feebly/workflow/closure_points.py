"""Where a model is closed: masses and couplings with few and with many expected events, on both branches."""

from __future__ import annotations

import numpy as np

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.limits.signal import SignalYields
from feebly.statistics.proofs.closure import ENOUGH_EVENTS
from feebly.workflow.choices import GridRange

Point = tuple[float, float]
"""Mass [GeV] and coupling."""

_MASSES, _COUPLINGS = 300, 400
_FEWEST = 3.0  # largest yield of a mass worth a point: below, nothing can be excluded
_DIM = (0.3, 20.0)  # events about the limit
_BRIGHTEST = 3000.0
_BELOW_PEAK = 0.8  # of the largest yield of a mass, for both branches to exist


def draw_points(
    signal: SignalYields, mass: GridRange, coupling: GridRange, number: int, rng: np.random.Generator
) -> tuple[Point, ...]:
    """Points within the ranges, in order of mass: half of them with events enough for pulls, if there are.

    Masses are spread over those that can be excluded, evenly in the logarithm; the yields are log-uniform,
    and a coin decides between the coupling below the peak of N and the one above. DomainError where no mass
    has three events.
    """
    masses = np.geomspace(*mass[:2], _MASSES)
    couplings = np.geomspace(*coupling[:2], _COUPLINGS)
    masses = masses[signal.any_open_at(masses)]
    events = signal.on_grid(masses, couplings).total()
    peak = events.max(axis=1, initial=0.0)
    if not (peak > _FEWEST).any():
        raise DomainError(
            f"no point: at most {peak.max(initial=0.0):.2g} events are expected at {mass[0]:g}-{mass[1]:g} "
            f"GeV, {_FEWEST:g} are needed; take more --pot, or choose points by --at MASS:COUPLING"
        )
    bright = np.flatnonzero(_BELOW_PEAK * peak > 1.25 * ENOUGH_EVENTS)
    shares = (0, number) if not bright.size else (number // 2, number - number // 2)
    chosen = [
        *((k, (1.25 * ENOUGH_EVENTS, _BRIGHTEST)) for k in _spread(bright, shares[0], rng)),
        *((k, _DIM) for k in _spread(np.flatnonzero(peak > _FEWEST), shares[1], rng)),
    ]
    lots = rng.permutation((np.arange(number) + rng.random(number)) / number)
    return tuple(
        (float(masses[k]), _coupling_of(_target(span, peak[k], lot), couplings, events[k], rng))
        for (k, span), lot in sorted(zip(chosen, lots, strict=True), key=lambda pair: int(pair[0][0]))
    )


def _spread(among: np.ndarray, number: int, rng: np.random.Generator) -> list[int]:
    """Indices at random, one of each of ``number`` equal parts."""
    lots = (np.arange(number) + rng.random(number)) / max(number, 1)
    return [int(among[int(lot * among.size)]) for lot in lots]


def _target(span: tuple[float, float], peak: float, lot: float) -> float:
    low, high = span[0], min(span[1], _BELOW_PEAK * peak)
    return float(low * (high / low) ** lot)


def _coupling_of(target: float, couplings: FloatArray, events: FloatArray, rng: np.random.Generator) -> float:
    """Coupling with about the target yield, on a random side of the peak if both are in the range."""
    top = int(np.argmax(events))
    above = events >= target
    first, last = int(np.flatnonzero(above)[0]), int(np.flatnonzero(above)[-1])
    sides = [k for k, inside in ((first, first > 0), (last, last < couplings.size - 1)) if inside]
    index = int(rng.choice(sides)) if sides else top
    return float(couplings[index])

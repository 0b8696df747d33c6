"""Training of the importance map of one channel: at one mass, and on the way to it from an easier one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from feebly.core.block import BLOCK, FIRST_MAPPED
from feebly.core.interfaces import FloatArray
from feebly.engine.histogram import coarse_laplace, laplace
from feebly.engine.importance import refine, uniform_map
from feebly.engine.opening import opening_mass_gev
from feebly.engine.runner import Runner, per_event
from feebly.engine.setup import ChannelSetup

# Training draws its events far from those of the measurement, long training far from those of the short one.
TRAINING_BLOCK, _LONG_TRAINING_BLOCK = 1 << 40, (1 << 40) + (1 << 20)
TRAINING_BLOCKS, FIRST_ROUNDS, WARM_ROUNDS = 48, 6, 2
# Long training: rounds, each twice the one before, until training had this share of the measurement's events;
# from nothing two of them at least.
_LONG_ROUNDS, _LONG_BLOCKS, _MOST_BLOCKS = 5, 192, 1024
_TRAINING_SHARE = 0.1
_STEP = 1.3  # of the mass, on the way up to where hardly an event is accepted
_SHORT = (1e-2, 1e-4, 1e-6)  # short lifetimes: fractions of the largest yield
_LAMBDA_RANGE = (1e-3, 1e5, 241)  # lambda = ctau/m [m/GeV] in which the maximum is searched
_VERY_LONG = 1e8
# Where the precision is asked, in units of --precision: maximum, long lifetime, 1e-2 and 1e-4 of the maximum.
TOLERANCE = np.array([1.0, 1.0, 1.0, 3.0])


# Share of each dimension that stays uniform: a map that saw few events is too narrow.
_FLOOR = 0.05
# Weights of the relative variances at the maximum, long lifetime and _SHORT: where more numbers are shaped or
# few events accepted, a map is trained for what is asked.
_EVEN, _AS_ASKED = np.ones(5), np.array([1.0, 1.0, 1.0, 0.3, 0.3])


@dataclass(frozen=True)
class Map:
    """Edges of an importance map, and the objective that it was refined for (``_objective``) if there is one.

    The next mass starts with that of its neighbour: lifetimes of the maximum move little from knot to knot.
    """

    edges: FloatArray
    objective: FloatArray | None = None


def weights_of(setup: ChannelSetup) -> FloatArray:
    """What short training weights the lifetimes with: photons and four tracks have more numbers to shape."""
    return _AS_ASKED if setup.dimensions > FIRST_MAPPED else _EVEN


def _lifetimes(signal: FloatArray) -> tuple[FloatArray, FloatArray]:
    """lambda and yield at the maximum, long lifetime (inf: yield is the limit of N lambda) and _SHORT."""
    grid, value = coarse_laplace(signal[:, 0], *_LAMBDA_RANGE)
    top = int(np.argmax(value))
    lam, height = [grid[top], np.inf], [value[top], signal[:, 0].sum()]
    for fraction in _SHORT:
        below = np.flatnonzero(value[: top + 1] < fraction * value[top])
        if below.size and value[below[-1]] > 0.0:
            lam.append(grid[below[-1]])
            height.append(value[below[-1]])
    return np.array(lam), np.array(height)


def _objective(signal: FloatArray, weights: FloatArray) -> FloatArray:
    """Rows (lambda, norm) so that each lifetime contributes its relative variance with its weight."""
    lam, height = _lifetimes(signal)
    finite = np.isfinite(lam)
    norm = np.where(finite, height * np.where(finite, lam, 1.0), height) / np.sqrt(weights[: lam.size])
    return np.column_stack([np.where(finite, lam, 1e30), norm])


def reached(signal: FloatArray) -> FloatArray:
    """Relative MC error at the lifetimes where a precision is asked; inf without events."""
    lam, _ = _lifetimes(signal)
    lam = np.where(np.isfinite(lam), lam, _VERY_LONG)[: TOLERANCE.size]
    value, error = laplace(signal, lam)
    relative = np.full(TOLERANCE.size, np.inf)
    with np.errstate(invalid="ignore", divide="ignore"):
        relative[: lam.size] = np.where(value > 0.0, error / value, np.inf)
    return relative


def times_as_many(relative: FloatArray, precision: float) -> float:
    """How many times the events that reached these errors the asked precision needs, at all lifetimes."""
    return float(np.max(relative / (precision * TOLERANCE))) ** 2


_LONG_LIFETIME = np.array([[1e30, 1.0]])  # the objective before anything is known


def train(run: Runner, mass: float, start: Map, weights: FloatArray) -> Map:
    """Refine the map on the squared integrand of several lifetimes at once.

    A round of its own looks for the lifetimes where they are not known. Without any event the map stays.
    """
    edges, objective = start.edges, start.objective
    for k in range(FIRST_ROUNDS if objective is None else WARM_ROUNDS):
        first = TRAINING_BLOCK + k * TRAINING_BLOCKS
        asked = _LONG_LIFETIME if objective is None else objective
        sums, training, _ = run(mass, first, TRAINING_BLOCKS, edges, asked)
        signal = per_event(sums, TRAINING_BLOCKS * BLOCK)[0]
        if not signal[:, 0].sum() > 0.0:
            return Map(edges)
        if objective is not None:
            edges = refine(edges, training, _FLOOR)
        objective = _objective(signal, weights)
    return Map(edges, objective)


def train_longer(run: Runner, mass: float, start: Map, precision: float) -> Map:
    """The same on more and more events, until they are a fair share of those that the measurement needs."""
    edges, objective = start.edges, start.objective
    spent, first = 0, _LONG_TRAINING_BLOCK
    for k in range(_LONG_ROUNDS):
        blocks, known = min(_LONG_BLOCKS << k, _MOST_BLOCKS), objective is not None
        sums, training, _ = run(
            mass, first, blocks, edges, _LONG_LIFETIME if objective is None else objective
        )
        first, spent = first + blocks, spent + blocks
        signal = per_event(sums, blocks * BLOCK)[0]
        if not signal[:, 0].sum() > 0.0:
            continue
        edges, objective = refine(edges, training, _FLOOR), _objective(signal, _AS_ASKED)
        if known and _TRAINING_SHARE * times_as_many(reached(signal), precision) * blocks < spent:
            break
    return Map(edges, objective)


def _way_down(setup: ChannelSetup, mass: float) -> list[float]:
    """Masses on the way from twice the opening (or half way to where the production closes) down to one."""
    opening = opening_mass_gev(setup)
    distance, far = mass - opening, min(opening, 0.5 * (setup.mass_end_gev - opening))
    steps = math.ceil(math.log2(far / distance)) if 0.0 < distance < 0.5 * far else 0
    return [opening + far * 0.5**k for k in range(steps)]


def way_up(setup: ChannelSetup, mass: float) -> list[float]:
    """From the same mass up to one far above it; nothing where a channel is open at any mass (photons)."""
    opening = opening_mass_gev(setup)
    start = opening + min(opening, 0.5 * (setup.mass_end_gev - opening))
    number = math.ceil(math.log(mass / start) / math.log(_STEP)) if mass > start > 0.0 else 0
    return [start * (mass / start) ** (k / number) for k in range(number)]


def first_map(run: Runner, setup: ChannelSetup, mass: float) -> Map:
    """Map trained from nothing at one mass; close to the opening of the channel on the way down to it.

    There hardly an event is accepted and a uniform map sees none. The way halves the distance at each step.
    """
    return _along(run, setup, [*_way_down(setup, mass), mass], weights_of(setup))


def first_long_map(run: Runner, setup: ChannelSetup, mass: float) -> Map:
    """Map trained on the way up to a mass far above the opening, where a uniform map sees hardly an event."""
    return _along(run, setup, way_up(setup, mass), _AS_ASKED)


def _along(run: Runner, setup: ChannelSetup, masses: list[float], weights: FloatArray) -> Map:
    found = Map(uniform_map(setup.dimensions))
    for mass in masses:
        found = train(run, mass, found, weights)
    return found

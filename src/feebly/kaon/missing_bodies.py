"""What a simulated one-track decay leaves beside its track: neutrinos, photons, pions and leptons."""

from __future__ import annotations

import numpy as np

from feebly.core.constants import KAON_MASS_GEV
from feebly.core.interfaces import FloatArray
from feebly.kaon.momenta import Momenta, daughter_in_flight, isotropic, two_body_in_flight
from feebly.kaon.one_track import TrackEvents
from feebly.kaon.photons import photon_pair
from feebly.physics.decays.kaon_matrix_elements import Element
from feebly.physics.decays.kaon_standard import MISSING_MASSES_GEV, StandardDecay
from feebly.physics.kinematics.two_body import kallen_gev4

_COSINES = 65


def missing_bodies(
    decay: StandardDecay, events: TrackEvents, random: np.random.Generator
) -> list[tuple[str, Momenta]]:
    """Names and momenta in the laboratory, π0 as their two photons: in sum kaon less track.

    Two bodies follow the matrix element of the decay, or are isotropic in their rest frame; three are flat
    in phase space.
    """
    masses = [MISSING_MASSES_GEV[name] for name in decay.missing]
    q = np.sqrt(np.maximum(events.true_mass2_gev2, sum(masses) ** 2))
    if len(masses) == 1:
        momenta = [events.kaon - events.track]
    elif len(masses) == 2:
        momenta = _two(decay, events, q, random)
    else:
        momenta = _three(events.kaon - events.track, q, masses, random)
    particles: list[tuple[str, Momenta]] = []
    for name, momentum in zip(decay.missing, momenta, strict=True):
        if name == "pi0":
            mass2 = np.full(q.size, MISSING_MASSES_GEV["pi0"] ** 2)
            particles += [("gamma", photon) for photon in photon_pair(momentum, mass2, random)]
        else:
            particles.append((name, momentum))
    return particles


def _two(
    decay: StandardDecay, events: TrackEvents, q: FloatArray, random: np.random.Generator
) -> list[Momenta]:
    """Both missing bodies: decay of their system in the rest frame of the kaon, then a boost."""
    first, second = (MISSING_MASSES_GEV[name] for name in decay.missing)
    pair = events.kaon - events.track
    momentum, u_cos = _momentum(q, first, second), random.random(q.size)
    if decay.element is not None:
        u_cos = (1 + _cosine(decay, decay.element, q, u_cos)) / 2
    rest = isotropic(momentum, u_cos, random.random(q.size))
    pair_energy = np.sqrt(pair.squared + q**2)
    in_kaon = _along_kaon(events.kaon, pair, pair_energy, -1)
    body = daughter_in_flight(in_kaon, q, np.hypot(momentum, first), rest)
    body = _along_kaon(events.kaon, body, np.sqrt(body.squared + first**2), 1)
    return [body, pair - body]


def _along_kaon(kaon: Momenta, body: Momenta, energy: FloatArray, sign: int) -> Momenta:
    """Boost into the rest frame of the kaon (-1), or out of it (1)."""
    p = np.sqrt(kaon.squared)
    gamma, beta_gamma = np.hypot(p, KAON_MASS_GEV) / KAON_MASS_GEV, sign * p / KAON_MASS_GEV
    n = Momenta(kaon.x / p, kaon.y / p, kaon.z / p)
    more = (gamma - 1) * body.dot(n) + beta_gamma * energy
    return Momenta(body.x + more * n.x, body.y + more * n.y, body.z + more * n.z)


def _cosine(decay: StandardDecay, element: Element, q: FloatArray, u: FloatArray) -> FloatArray:
    """Cosine of the first missing body against the flight of the pair, at quantiles u of |M|²."""
    first, second = (MISSING_MASSES_GEV[name] for name in decay.missing)
    cos = -np.cos(np.pi * np.linspace(0, 1, _COSINES))  # dense where soft photons are
    q = q[:, None]
    p_track, p_pair = _momentum(KAON_MASS_GEV, decay.track_mass_gev, q), _momentum(q, first, second)
    energy = (np.hypot(q, p_track) * np.hypot(first, p_pair) + p_track * p_pair * cos) / q
    e_track = np.hypot(decay.track_mass_gev, p_track)
    value = np.maximum(element(e_track, energy, KAON_MASS_GEV - e_track - energy), 0.0)
    width = np.diff(cos)
    steps = (value[:, 1:] + value[:, :-1]) / 2 * width
    # between two nodes of the table of Q² the element may vanish at all angles, where the decay is closed
    steps = np.where(steps.sum(axis=1, keepdims=True) > 0, steps, width)
    below = np.cumsum(steps, axis=1)
    aim = (u * below[:, -1])[:, None]
    k = np.minimum((below < aim).sum(axis=1), _COSINES - 2)[:, None]
    step = np.take_along_axis(steps, k, 1)
    inside = (aim - np.take_along_axis(below, k, 1) + step) / np.where(step > 0, step, 1.0)
    return np.asarray((cos[k] + np.clip(inside, 0, 1) * width[k])[:, 0])


def _three(system: Momenta, q: FloatArray, masses: list[float], random: np.random.Generator) -> list[Momenta]:
    """Body 1 and the pair of 2 and 3: the mass of the pair has the density p_1 p_2 (`phase_space`)."""
    first, second, third = masses
    pair_mass = _pair_mass(q, masses, random)
    body, pair = two_body_in_flight(system, q, (first, pair_mass), random)
    return [body, *two_body_in_flight(pair, pair_mass, (second, third), random)]


def _pair_mass(q: FloatArray, masses: list[float], random: np.random.Generator) -> FloatArray:
    """By rejection: p_1 is largest for the lightest pair, p_2 for the heaviest."""
    first, second, third = masses
    least, most = second + third, q - first
    bound = _momentum(q, first, least) * _momentum(most, second, third)
    found, open_ = np.full(q.size, least), np.flatnonzero(most > least)
    while open_.size:
        mass = least + (most[open_] - least) * random.random(open_.size)
        density = _momentum(q[open_], first, mass) * _momentum(mass, second, third)
        taken = random.random(open_.size) * bound[open_] <= density
        found[open_[taken]] = mass[taken]
        open_ = open_[~taken]
    return found


def _momentum(mass: FloatArray | float, one: FloatArray | float, two: FloatArray | float) -> FloatArray:
    return np.asarray(np.sqrt(np.maximum(kallen_gev4(mass, one, two), 0.0)) / (2 * np.asarray(mass)))

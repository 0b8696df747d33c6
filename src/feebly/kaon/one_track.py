"""Fast simulation of K+ and π+ decays with one track: beam, decay in flight, spectrometer, missing mass.

Only the charged daughter is followed: its energy in the rest frame of the kaon tells the decay, its direction
there is isotropic. Unweighted; the momentum of the beam is that of all kaons, 1e-4 above that of those that
decay in the region.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from feebly.apparatus.experiment import ChargedParticle, Tracking
from feebly.apparatus.shapes import BoolArray
from feebly.core.constants import (
    HBAR_GEV_S,
    HBARC_GEV_M,
    KAON_MASS_GEV,
    KPLUS_LIFETIME_S,
    PION_MASS_GEV,
    PIPLUS_LIFETIME_S,
)
from feebly.core.errors import ConfigError
from feebly.core.interfaces import FloatArray
from feebly.core.records import require
from feebly.kaon.experiment_file import KaonExperiment
from feebly.physics.kinematics.two_body import two_body_momentum_gev

EnergySampler = Callable[[FloatArray], FloatArray]
"""From uniform numbers in (0, 1) to energies [GeV] of the track in the rest frame of the kaon."""

KAON_CTAU_M = HBARC_GEV_M / HBAR_GEV_S * KPLUS_LIFETIME_S


class Parent(NamedTuple):
    """A hadron of the beam that decays: mass [GeV] and c τ [m]."""

    mass_gev: float
    ctau_m: float


KPLUS = Parent(KAON_MASS_GEV, KAON_CTAU_M)
PIPLUS = Parent(PION_MASS_GEV, HBARC_GEV_M / HBAR_GEV_S * PIPLUS_LIFETIME_S)


@dataclass(frozen=True)
class TrackDecay:
    """K+ or π+ -> a track and what is not reconstructed.

    particle: what the track must cross of the detector as; track_mass_gev: its mass; energy_gev: sampler of
    its energy in the rest frame of the kaon.
    """

    name: str
    particle: ChargedParticle
    track_mass_gev: float
    energy_gev: EnergySampler
    parent: Parent = KPLUS


@dataclass(frozen=True, slots=True)
class TrackSelection:
    """Momentum window of the reconstructed track [GeV], and what is asked of what is missing.

    photon_energy_gev: the missing mass is a pair of photons, each above this energy and on the calorimeter;
    None: nothing is asked of it.
    """

    momentum_gev: tuple[float, float] = (15.0, 45.0)
    photon_energy_gev: float | None = None

    def __post_init__(self) -> None:
        low, high = self.momentum_gev
        require(0 <= low < high, self, "momentum_gev", "two momenta in order")
        least = self.photon_energy_gev
        require(least is None or least >= 0, self, "photon_energy_gev", "zero or a positive energy")


@dataclass(frozen=True, slots=True)
class TrackEvents:
    """Simulated decays in the region, shape (n,).

    missing_mass2_gev2: (p_K - p_track)² with measured momenta and the mass of the track's own hypothesis;
    true_mass2_gev2: without resolutions. momentum_gev: reconstructed, of the track. z_m: of the decay.
    accepted: on all planes that its particle must cross, inside the momentum window. kaon_energy_gev,
    track_energy_gev: true energies.
    """

    missing_mass2_gev2: FloatArray
    true_mass2_gev2: FloatArray
    momentum_gev: FloatArray
    z_m: FloatArray
    accepted: BoolArray
    kaon_energy_gev: FloatArray
    track_energy_gev: FloatArray

    @property
    def acceptance(self) -> float:
        return float(self.accepted.mean())


def two_body(
    name: str,
    particle: ChargedParticle,
    track_mass_gev: float,
    missing_mass_gev: float,
    parent: Parent = KPLUS,
) -> TrackDecay:
    """K+ or π+ -> track + X of one mass. DomainError at and above the endpoint."""
    momentum = two_body_momentum_gev(parent.mass_gev, track_mass_gev, missing_mass_gev)
    energy = float(np.hypot(momentum, track_mass_gev))
    return TrackDecay(name, particle, track_mass_gev, lambda u: np.full(u.shape, energy), parent)


@dataclass(frozen=True, slots=True)
class _Momenta:
    """Three-momenta [GeV] as arrays x, y, z."""

    x: FloatArray
    y: FloatArray
    z: FloatArray

    @property
    def squared(self) -> FloatArray:
        return np.asarray(self.x**2 + self.y**2 + self.z**2)

    def dot(self, other: _Momenta) -> FloatArray:
        return np.asarray(self.x * other.x + self.y * other.y + self.z * other.z)


def _from_slopes(momentum: FloatArray, tx: FloatArray, ty: FloatArray) -> _Momenta:
    pz = momentum / np.sqrt(1 + tx**2 + ty**2)
    return _Momenta(tx * pz, ty * pz, pz)


def simulate(
    experiment: KaonExperiment,
    decay: TrackDecay,
    events: int,
    seed: int,
    block: int = 0,
    selection: TrackSelection | None = None,
    hypothesis_mass_gev: float | None = None,
) -> TrackEvents:
    """``events`` decays inside the region; the same for the same seed, decay and block.

    hypothesis_mass_gev: mass of the track in the reconstructed missing mass; None: its own.
    """
    random = _generator(seed, decay.name, block)
    kaon, tx, ty = _beam(experiment, events, random)
    z = _decay_z(experiment.decay_region_z_m, kaon, decay.parent, random)
    lever = z - experiment.beam.bend_z_m
    track = _track(decay, kaon, tx, ty, random)
    inside = _on_planes(experiment, decay.particle, track, tx * lever, ty * lever, z)
    momentum, sx, sy = _measured_track(experiment.detectors.tracking, track, random)
    spectrometer = experiment.beam_spectrometer
    kaon_measured = _from_slopes(
        kaon * (1 + spectrometer.momentum_resolution * random.standard_normal(events)),
        tx + spectrometer.angle_resolution_rad * random.standard_normal(events),
        ty + spectrometer.angle_resolution_rad * random.standard_normal(events),
    )
    selection = selection or TrackSelection()
    low, high = selection.momentum_gev
    true_kaon = _from_slopes(kaon, tx, ty)
    true_mass2 = missing_mass2_gev2(true_kaon, track, decay)
    if selection.photon_energy_gev is not None:
        pair = _Momenta(true_kaon.x - track.x, true_kaon.y - track.y, true_kaon.z - track.z)
        at = tx * lever, ty * lever, z
        inside &= _photons_seen(experiment, pair, true_mass2, at, selection.photon_energy_gev, random)
    return TrackEvents(
        missing_mass2_gev2(kaon_measured, _from_slopes(momentum, sx, sy), decay, hypothesis_mass_gev),
        true_mass2,
        momentum,
        z,
        inside & (momentum > low) & (momentum < high),
        np.hypot(kaon, decay.parent.mass_gev),
        np.sqrt(track.squared + decay.track_mass_gev**2),
    )


def missing_mass2_gev2(
    parent: _Momenta, track: _Momenta, decay: TrackDecay, track_mass_gev: float | None = None
) -> FloatArray:
    """(p_K - p_track)² [GeV²] with the masses of the decay, or another mass of the track."""
    mass = decay.track_mass_gev if track_mass_gev is None else track_mass_gev
    big2, small2 = decay.parent.mass_gev**2, mass**2
    energies = np.sqrt((big2 + parent.squared) * (small2 + track.squared))
    return np.asarray(big2 + small2 - 2 * (energies - parent.dot(track)))


def _generator(seed: int, name: str, block: int) -> np.random.Generator:
    from feebly.core.randomness import stream_key

    words = stream_key(seed, "kaon", name)
    key = int(words[0]) | int(words[1]) << 32
    return np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, block]))


def _beam(experiment: KaonExperiment, n: int, random: np.random.Generator) -> tuple[FloatArray, ...]:
    """Momentum [GeV] and slopes behind the bend."""
    beam = experiment.beam
    momentum = beam.momentum_gev * (1 + beam.momentum_spread * random.standard_normal(n))
    tx = beam.slope_x + beam.divergence_rad * random.standard_normal(n)
    return momentum, tx, beam.divergence_rad * random.standard_normal(n)


def _decay_z(
    region_m: tuple[float, float], kaon: FloatArray, parent: Parent, random: np.random.Generator
) -> FloatArray:
    """Exponential with β γ c τ of each kaon, inside the region."""
    length = kaon / parent.mass_gev * parent.ctau_m
    share = -np.expm1(-(region_m[1] - region_m[0]) / length)
    return np.asarray(region_m[0] - length * np.log1p(-random.random(kaon.size) * share))


def _track(
    decay: TrackDecay, kaon: FloatArray, tx: FloatArray, ty: FloatArray, random: np.random.Generator
) -> _Momenta:
    """The daughter in the laboratory: isotropic in the rest frame, boosted along the kaon."""
    u = random.random((3, kaon.size))
    energy, cos, phi = decay.energy_gev(u[0]), 2 * u[1] - 1, 2 * np.pi * u[2]
    momentum = np.sqrt(np.maximum(energy**2 - decay.track_mass_gev**2, 0.0))
    mass = decay.parent.mass_gev
    gamma, beta_gamma = np.hypot(kaon, mass) / mass, kaon / mass
    along = gamma * momentum * cos + beta_gamma * energy
    across = momentum * np.sqrt(1 - cos**2)
    # axes: the kaon, and two across it of which one has no y
    norm = 1 / np.sqrt(1 + tx**2 + ty**2)
    ex_norm = 1 / np.sqrt(1 + tx**2)
    a, b = across * np.cos(phi), across * np.sin(phi)
    kx, ky, kz = tx * norm, ty * norm, norm
    ux, uz = ex_norm, -tx * ex_norm
    return _Momenta(
        along * kx + a * ux + b * ky * uz,
        along * ky + b * (kz * ux - kx * uz),
        along * kz + a * uz - b * ky * ux,
    )


def _on_planes(
    experiment: KaonExperiment,
    particle: ChargedParticle,
    track: _Momenta,
    x: FloatArray,
    y: FloatArray,
    z: FloatArray,
) -> BoolArray:
    """Whether tracks from (x, y, z) cross every plane that the particle needs; positive ones bend to -x."""
    magnet = experiment.detectors.magnet
    tx, ty = track.x / track.z, track.y / track.z
    px = track.x - magnet.kick_gev
    pz = np.sqrt(np.maximum(track.squared - px**2 - track.y**2, 1e-12))
    x_magnet, y_magnet = x + tx * (magnet.z_centre_m - z), y + ty * (magnet.z_centre_m - z)
    inside = track.z > 0
    for plane in experiment.detectors.planes:
        if particle not in plane.particles:
            continue
        lever = plane.z_m - magnet.z_centre_m
        behind = lever > 0
        at_x = x_magnet + (px / pz if behind else tx) * lever
        at_y = y_magnet + (track.y / pz if behind else ty) * lever
        inside &= plane.shape.contains(at_x, at_y)
        if plane.name in experiment.least_radius_m:
            inside &= np.hypot(at_x, at_y) > experiment.least_radius_m[plane.name]
    return np.asarray(inside)


def _photons_seen(
    experiment: KaonExperiment,
    pair: _Momenta,
    mass2: FloatArray,
    vertex: tuple[FloatArray, FloatArray, FloatArray],
    least_energy_gev: float,
    random: np.random.Generator,
) -> BoolArray:
    """Whether both photons of an isotropic decay at the vertex reach the calorimeter with enough energy."""
    calorimeter = experiment.detectors.calorimeter
    if calorimeter is None:
        raise ConfigError(
            f"{experiment.apparatus} has no calorimeter; expected one where photons are asked for"
        )
    plane = experiment.detectors.plane(calorimeter.plane)
    radius = experiment.least_radius_m.get(plane.name, 0.0)
    mass, momentum = np.sqrt(np.maximum(mass2, 1e-18)), np.sqrt(pair.squared)
    gamma, beta_gamma = np.hypot(momentum, mass) / mass, momentum / mass
    cos, phi = 2 * random.random(mass.size) - 1, 2 * np.pi * random.random(mass.size)
    tx, ty, lever = pair.x / pair.z, pair.y / pair.z, plane.z_m - vertex[2]
    seen = np.ones(mass.size, bool)
    for side in (1.0, -1.0):
        energy = mass / 2 * (gamma + side * beta_gamma * cos)
        along = mass / 2 * (side * gamma * cos + beta_gamma)
        slope = side * mass / 2 * np.sqrt(1 - cos**2) / np.where(along > 0, along, np.inf)
        x = vertex[0] + (tx + slope * np.cos(phi)) * lever  # slopes add up: angles are small
        y = vertex[1] + (ty + slope * np.sin(phi)) * lever
        seen &= (along > 0) & (energy > least_energy_gev)
        seen &= plane.shape.contains(x, y) & (np.hypot(x, y) > radius)
    return seen


def _measured_track(
    tracking: Tracking, track: _Momenta, random: np.random.Generator
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Momentum [GeV] and slopes: two hits, multiple scattering once, as `apparatus.response` for pairs."""
    p = np.sqrt(track.squared)
    span = tracking.chambers_z_m[1] - tracking.chambers_z_m[0]
    angle = np.sqrt(2 * (tracking.hit_sigma_m / span) ** 2 + (tracking.multiple_scattering_gev_rad / p) ** 2)
    relative = np.hypot(tracking.momentum_resolution.constant, tracking.momentum_resolution.slope_per_gev * p)
    g = random.standard_normal((3, p.size))
    return p * (1 + relative * g[0]), track.x / track.z + angle * g[1], track.y / track.z + angle * g[2]

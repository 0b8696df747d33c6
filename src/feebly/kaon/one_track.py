"""Fast simulation of K+ and π+ decays with one track: beam, decay in flight, spectrometer, missing mass.

Only the charged daughter is followed: its energy in the rest frame of the kaon tells the decay, its direction
there is isotropic. Unweighted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from feebly.apparatus.experiment import ChargedParticle
from feebly.apparatus.shapes import BoolArray
from feebly.core.interfaces import FloatArray
from feebly.core.records import require
from feebly.kaon.beam_decays import KPLUS, Parent, Vertex, beam_decays, generator, measured_beam
from feebly.kaon.experiment_file import KaonExperiment
from feebly.kaon.momenta import Momenta, daughter_in_flight, isotropic
from feebly.kaon.photons import on_calorimeter, photon_pair
from feebly.kaon.spectrometer import measured_track, on_planes
from feebly.physics.kinematics.two_body import two_body_momentum_gev

EnergySampler = Callable[[FloatArray], FloatArray]
"""From uniform numbers in (0, 1) to energies [GeV] of the track in the rest frame of the kaon."""


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
    track_energy_gev: true energies. kaon, track: true momenta; measured: of the track.
    """

    missing_mass2_gev2: FloatArray
    true_mass2_gev2: FloatArray
    momentum_gev: FloatArray
    z_m: FloatArray
    accepted: BoolArray
    kaon_energy_gev: FloatArray
    track_energy_gev: FloatArray
    kaon: Momenta
    track: Momenta
    measured: Momenta
    vertex_m: Vertex

    @property
    def acceptance(self) -> float:
        return float(self.accepted.mean())

    def only_accepted(self) -> TrackEvents:
        """The accepted decays alone."""

        def kept(values: Any) -> Any:
            if isinstance(values, tuple):
                return tuple(kept(each) for each in values)
            if isinstance(values, Momenta):
                return Momenta(kept(values.x), kept(values.y), kept(values.z))
            return values[self.accepted]

        return TrackEvents(*(kept(getattr(self, field.name)) for field in fields(self)))


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
    random = generator(seed, decay.name, block)
    beam = beam_decays(experiment, decay.parent, events, random)
    kaon = beam.momenta
    track = _track(decay, kaon, random)
    inside = on_planes(experiment, decay.particle, track, beam.vertex_m)
    momentum, measured = measured_track(experiment.detectors.tracking, track, random)
    kaon_measured = measured_beam(experiment, beam, random)
    selection = selection or TrackSelection()
    low, high = selection.momentum_gev
    true_mass2 = missing_mass2_gev2(kaon, track, decay)
    if selection.photon_energy_gev is not None:
        for photon in photon_pair(kaon - track, true_mass2, random):
            inside &= on_calorimeter(experiment, photon, beam.vertex_m, selection.photon_energy_gev)
    return TrackEvents(
        missing_mass2_gev2(kaon_measured, measured, decay, hypothesis_mass_gev),
        true_mass2,
        momentum,
        beam.vertex_m[2],
        inside & (momentum > low) & (momentum < high),
        np.hypot(beam.momentum_gev, decay.parent.mass_gev),
        np.sqrt(track.squared + decay.track_mass_gev**2),
        kaon,
        track,
        measured,
        beam.vertex_m,
    )


def missing_mass2_gev2(
    parent: Momenta, track: Momenta, decay: TrackDecay, track_mass_gev: float | None = None
) -> FloatArray:
    """(p_K - p_track)² [GeV²] with the masses of the decay, or another mass of the track."""
    mass = decay.track_mass_gev if track_mass_gev is None else track_mass_gev
    big2, small2 = decay.parent.mass_gev**2, mass**2
    energies = np.sqrt((big2 + parent.squared) * (small2 + track.squared))
    return np.asarray(big2 + small2 - 2 * (energies - parent.dot(track)))


def _track(decay: TrackDecay, kaon: Momenta, random: np.random.Generator) -> Momenta:
    """The daughter in the laboratory: isotropic in the rest frame of the kaon."""
    u = random.random((3, kaon.x.size))
    energy = decay.energy_gev(u[0])
    momentum = np.sqrt(np.maximum(energy**2 - decay.track_mass_gev**2, 0.0))
    return daughter_in_flight(kaon, decay.parent.mass_gev, energy, isotropic(momentum, u[1], u[2]))

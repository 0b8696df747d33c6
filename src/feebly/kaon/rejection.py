"""Rejection of standard decays with one selected track: identification, vetoes of photons and of tracks.

Weights, not decisions: each simulated decay carries the chance that nothing rejects it, so that rejections of
ten orders of magnitude need no more events than none. The chances of one decay are independent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feebly.apparatus.experiment import ChargedParticle
from feebly.core.errors import ConfigError
from feebly.core.interfaces import FloatArray
from feebly.kaon.beam_decays import Vertex
from feebly.kaon.experiment_file import KaonExperiment
from feebly.kaon.missing_bodies import missing_bodies
from feebly.kaon.momenta import Momenta
from feebly.kaon.one_track import TrackEvents
from feebly.kaon.photon_veto import step_value
from feebly.kaon.photons import impact
from feebly.kaon.spectrometer import crossings
from feebly.physics.decays.kaon_standard import StandardDecay


@dataclass(frozen=True, slots=True)
class Rejection:
    """What is asked of a decay beside its track.

    identify: the track passes as this particle; None: not asked. photons, tracks: nothing else is seen.
    """

    identify: ChargedParticle | None = None
    photons: bool = False
    tracks: bool = False

    @property
    def anything(self) -> bool:
        return self.identify is not None or self.photons or self.tracks


def require_rejection(experiment: KaonExperiment, rejection: Rejection) -> None:
    """ConfigError where the experiment does not say how well it rejects."""
    asked = {
        "identification": rejection.identify is not None,
        "photon_veto": rejection.photons,
        "track_veto": rejection.tracks,
    }
    for group, needed in asked.items():
        if needed and getattr(experiment, group) is None:
            raise ConfigError(f"{experiment.name} has no [{group}]; expected one where it is asked for")


def survival(
    experiment: KaonExperiment,
    decay: StandardDecay,
    events: TrackEvents,
    rejection: Rejection,
    random: np.random.Generator,
) -> FloatArray:
    """Chance that each decay is not rejected, given that its track is accepted; 1 where nothing is asked.

    Not simulated: decays in flight and showers of the particles, photons that convert, and, beyond the
    accidental activity, that one particle hides another. ConfigError as `require_rejection`.
    """
    require_rejection(experiment, rejection)
    chance = np.ones(events.accepted.size)
    if rejection.identify is not None and experiment.identification is not None:
        momentum = np.sqrt(events.track.squared)
        chance *= experiment.identification.probability(decay.particle, rejection.identify, momentum)
    if rejection.photons and experiment.photon_veto is not None:
        chance *= experiment.photon_veto.accidental_efficiency
    if rejection.photons or rejection.tracks:
        for name, momenta in missing_bodies(decay, events, random):
            if name == "gamma" and rejection.photons and experiment.photon_veto is not None:
                chance *= unseen_photon(experiment, momenta, events.vertex_m)
            elif name[-1] in "+-" and rejection.tracks and experiment.track_veto is not None:
                charge = 1 if name[-1] == "+" else -1
                chance *= unseen_track(experiment, momenta, events.vertex_m, charge)
    return chance


def unseen_photon(experiment: KaonExperiment, photon: Momenta, vertex_m: Vertex) -> FloatArray:
    """Chance that each photon is not seen by the first detector of the photon veto that it hits.

    1 for those that hit none. What lies behind the first is taken to be shadowed by it.
    """
    veto = experiment.photon_veto
    assert veto is not None
    energy = np.sqrt(photon.squared)
    unseen, flying = np.ones(energy.size), photon.z > 0
    for station in veto.stations:
        hit = flying & (station.z_m > vertex_m[2])
        hit &= station.shape.contains(*impact(photon, vertex_m, station.z_m))
        unseen[hit] = step_value(veto.inefficiency[station.inefficiency], energy[hit])
        flying &= ~hit
    return unseen


def unseen_track(experiment: KaonExperiment, track: Momenta, vertex_m: Vertex, charge: int) -> FloatArray:
    """Of a further charged particle: through all holes, or missed where it hits a plane or a photon detector.

    Detectors of photons count in front of the magnet, where it flies straight.
    """
    assert experiment.track_veto is not None
    hit = np.zeros(track.x.size, bool)
    for plane, x, y in crossings(experiment, track, vertex_m, charge):
        hit |= plane.shape.contains(x, y)
    for station in experiment.photon_veto.stations if experiment.photon_veto else ():
        if station.z_m < experiment.detectors.magnet.z_centre_m:
            inside = station.shape.contains(*impact(track, vertex_m, station.z_m))
            hit |= inside & (station.z_m > vertex_m[2])
    return np.where(hit & (track.z > 0), experiment.track_veto.inefficiency, 1.0)

"""Chance that a decay with one accepted track and nothing else to see is kept."""

from __future__ import annotations

import numpy as np

from feebly.apparatus.experiment import ChargedParticle
from feebly.core.interfaces import FloatArray
from feebly.kaon.experiment_file import KaonExperiment
from feebly.kaon.one_track import TrackEvents
from feebly.kaon.rejection import Rejection, require_rejection


def track_efficiency(
    experiment: KaonExperiment, particle: ChargedParticle, events: TrackEvents
) -> FloatArray:
    """Of each event: the track is identified, and no accidental activity in the photon veto rejects it.

    ConfigError where the experiment does not tell one of them.
    """
    require_rejection(experiment, Rejection(particle, photons=True))
    assert experiment.identification is not None
    assert experiment.photon_veto is not None
    identified = experiment.identification.probability(particle, particle, np.sqrt(events.track.squared))
    return np.asarray(identified * experiment.photon_veto.accidental_efficiency)

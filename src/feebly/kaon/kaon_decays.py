"""Numbers of K+ decays in the decay region: per second, and per proton on target."""

from __future__ import annotations

import numpy as np

from feebly.core.constants import KAON_MASS_GEV
from feebly.core.errors import DomainError
from feebly.kaon.beam_decays import KAON_CTAU_M
from feebly.kaon.experiment_file import KaonExperiment


def decay_probability(experiment: KaonExperiment) -> float:
    """Chance that a K+ of the beam at the start of the decay region decays in it: 1 - exp(-L m/(p c τ))."""
    start, end = experiment.decay_region_z_m
    length = experiment.beam.momentum_gev / KAON_MASS_GEV * KAON_CTAU_M
    return float(-np.expm1(-(end - start) / length))


def decay_rate_hz(experiment: KaonExperiment) -> float:
    """K+ decays in the decay region per second of the spill, at the nominal rate of the beam."""
    return experiment.beam.rate_hz * experiment.beam.kplus_fraction * decay_probability(experiment)


def decays_of_protons(experiment: KaonExperiment, protons: float) -> float:
    """K+ decays in the decay region of so many protons on target; nothing lost to dead time or selection.

    DomainError below zero.
    """
    if not protons >= 0:
        raise DomainError(f"protons = {protons:g}: expected zero or more")
    return protons * decay_rate_hz(experiment) / experiment.beam.protons_per_second

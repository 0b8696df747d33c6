"""Small samples for the comparisons that need the engine alone: one channel at one mass."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from feebly.analysis.analysis import Analysis, FinalState, PairSeparation
from feebly.apparatus.experiment import Experiment
from feebly.core.interfaces import FloatArray, ProductionChannel
from feebly.engine.histogram import laplace
from feebly.engine.sampler import MassSample, sample_masses
from feebly.engine.setup import ChannelSetup
from feebly.physics.spectra.library import DEFAULT_SOURCE, load_spectrum

SEED = 1
PRECISION = 0.003
LONG = 1e9
"""ctau/m [m/GeV] beyond any flight: yields are then proportional to its inverse."""


@dataclass(frozen=True)
class Sampling:
    """Experiment and analysis whose selection is applied, without pair separation."""

    experiment: Experiment
    analysis: Analysis

    def setup(
        self, channel: ProductionChannel, final_state: FinalState, source: str = DEFAULT_SOURCE
    ) -> ChannelSetup:
        """The channel with efficiency 1 and no pair separation; source: of the meson spectrum."""
        spectrum = load_spectrum(channel.parent, source) if channel.parent else None
        return ChannelSetup(
            channel.tag, channel.sampling(), spectrum, self.experiment, final_state, PairSeparation(), SEED
        )


def one_mass(setup: ChannelSetup, mass_gev: float) -> MassSample:
    """Sample of a channel at one mass."""
    (sample,) = sample_masses(setup, np.array([mass_gev]), PRECISION)
    return sample


def selected(sample: MassSample, ctau_over_mass: FloatArray) -> FloatArray:
    """Events in the signal region per POT of unit rate for BR = 1, for each ctau/m [m/GeV]."""
    return np.asarray(laplace(sample.histogram[0], ctau_over_mass)[0])


def pion_pair(ee: FinalState) -> FinalState:
    """The ee selection for two charged pions: hadrons on the planes, no cut on clusters."""
    return replace(ee, tag="pipi", daughters=("hadron", "hadron"), calorimeter=None)

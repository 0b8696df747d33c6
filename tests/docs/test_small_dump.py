"""The experiment of the documentation against forward simulation: plain draws, no aim, no map."""

import numpy as np
import pytest
from scipy import stats

from docs.blocks import ROOT
from feebly.analysis.analysis import PairSeparation, load_analysis
from feebly.apparatus.experiment import load_experiment
from feebly.engine.histogram import laplace
from feebly.engine.sampler import sample_masses
from feebly.engine.setup import ChannelSetup
from twins.channels import production, spectrum
from twins.forward import forward_yield

FOLDER = ROOT / "examples" / "small-dump"
POINTS = [  # production, decay, mass [GeV], ctau [m], trials
    ("brems", "mumu", 0.5, 0.005, 60_000),
    ("brems", "ee", 0.05, 0.01, 60_000),
    ("eta", "mumu", 0.3, 0.1, 100_000),
    ("brems", "mumu", 0.5, 100.0, 60_000),
]


def pull(seed: int, tag: str, decay: str, mass: float, ctau: float, trials: int) -> float:
    """(forward - engine)/standard deviation in the signal region; decays forced into the region."""
    experiment, analysis = (
        load_experiment(FOLDER / "experiment.toml"),
        load_analysis(FOLDER / "analysis.toml"),
    )
    source, state = production(tag), analysis.final_state(decay)
    parent = spectrum(source.parent) if source.parent else None
    none = PairSeparation()
    setup = ChannelSetup(tag, source.sampling(), parent, experiment, state, none, seed)
    (sample,) = sample_masses(setup, np.array([mass]), 0.01)
    value, error = laplace(sample.histogram[0], np.array([ctau / mass]))
    masses = (mass, *setup.daughter_masses_gev)
    forward, forward_error = forward_yield(
        np.random.default_rng(seed),
        setup.sampling,
        parent,
        experiment,
        state,
        none,
        masses,
        ctau,
        trials,
        True,
    )
    assert forward_error[0] < 0.03 * forward[0]
    return float((forward[0] - value[0]) / np.hypot(forward_error[0], error[0]))


@pytest.mark.slow
def test_yields_of_the_example_agree_with_forward_simulation() -> None:
    pulls = np.array([pull(seed, *point) for seed, point in enumerate(POINTS)])
    assert stats.chi2.sf(np.sum(pulls**2), pulls.size) > 1e-4, pulls

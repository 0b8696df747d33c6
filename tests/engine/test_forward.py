"""The engine's yield against forward simulation: no aiming, no map, plain draws (``twins.forward``)."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy import stats

from feebly.analysis.analysis import PairSeparation
from feebly.engine.histogram import laplace
from feebly.engine.sampler import sample_masses
from twins.channels import channel
from twins.forward import forward_yield


class Point(NamedTuple):
    production: str
    decay: str
    mass_gev: float
    ctau_m: float
    trials: int
    forced: bool = (
        False  # decays forced into the region and weighted: a plain exponential leaves < 1e-3 of them
    )
    separation: PairSeparation = PairSeparation()
    options: dict[str, Any] = {}  # noqa: RUF012  (of the sampling; never changed)


FR21 = {"splitting": "fr21", "lambda_p_gev": 1.5, "pt_max_gev": 4.0, "sigma_weight": "nsd"}
FR24 = {"splitting": "fr24", "lambda_p_gev": 1.5, "sigma_weight": "none", "z_max": 0.95}
SMOOTH, HARD = PairSeparation("smooth", 0.02), PairSeparation("hard", 0.025)
POINTS = [
    Point("brems", "ee", 0.05, 0.05, 250_000),
    Point("brems", "mumu", 0.30, 0.2, 250_000, separation=SMOOTH),
    Point("brems", "ee", 0.10, 30.0, 60_000, forced=True),
    Point("brems", "mumu", 0.50, 0.02, 60_000, forced=True, separation=HARD),
    Point("pi0", "ee", 0.05, 0.05, 700_000),
    Point("eta", "ee", 0.10, 0.1, 500_000),
    Point("eta", "mumu", 0.30, 0.2, 500_000, separation=HARD),
    Point("eta", "mumu", 0.40, 50.0, 200_000, forced=True),
    Point("omega-pi0", "ee", 0.20, 0.1, 500_000),
    Point("omega-pi0", "mumu", 0.40, 0.3, 500_000, separation=SMOOTH),
    Point("mixing-rho", "mumu", 0.60, 0.3, 500_000),
    Point("mixing-rho", "ee", 0.50, 0.03, 350_000, forced=True, separation=SMOOTH),
    # options
    Point("brems", "mumu", 0.40, 0.2, 250_000, options=FR21),
    Point("brems", "ee", 0.20, 0.1, 250_000, options=FR24 | {"polarisation": "by-production"}),
    Point("brems", "mumu", 0.70, 0.2, 250_000, options={"polarisation": "by-production"}),
    Point("brems", "ee", 0.30, 0.2, 250_000, options={"polarisation": "transverse"}),
    Point("eta", "ee", 0.10, 0.1, 500_000, options={"polarisation": "by-production"}),
    Point("omega-pi0", "mumu", 0.60, 0.5, 500_000, options={"polarisation": "by-production"}),
    Point("mixing-rho", "mumu", 1.20, 30.0, 120_000, forced=True, options={"kinematics": "cm-momentum"}),
    Point("mixing-rho", "mumu", 0.30, 30.0, 120_000, forced=True, options={"kinematics": "cm-energy"}),
    Point("mixing-rho", "mumu", 1.20, 30.0, 120_000, forced=True, options={"kinematics": "lab-energy"}),
    # B mesons to a dark scalar
    Point("b-k", "mumu", 0.25, 30.0, 400_000, forced=True),
    Point("b-k1-1400", "mumu", 0.80, 20.0, 1_000_000, forced=True),
    Point("b-kstar892", "ee", 0.10, 50.0, 600_000, forced=True),
    Point("b-k-ss", "mumu", 0.50, 30.0, 1_000_000, forced=True),
    Point("scalar-brems", "mumu", 0.30, 1.0, 60_000, forced=True),
    # D mesons to an axion-like particle
    Point("dplus-pi", "mumu", 0.40, 30.0, 400_000, forced=True),
]


def pull(point: Point, seed: int) -> float:
    """(forward - engine)/standard deviation in the signal region."""
    setup = channel(point.production, point.decay, point.separation)
    setup = replace(setup, sampling=replace(setup.sampling, **point.options))
    mass, ctau = point.mass_gev, point.ctau_m
    (sample,) = sample_masses(setup, np.array([mass]), 0.01)  # the forward simulation has 3%
    value, error = laplace(sample.histogram[0], np.array([ctau / mass]))
    forward, forward_error = forward_yield(
        np.random.default_rng(seed), setup.sampling, setup.spectrum, setup.experiment, setup.final_state,
        setup.separation, (mass, *setup.daughter_masses_gev), ctau, point.trials, point.forced,
    )  # fmt: skip
    assert forward_error[0] < 0.035 * forward[0]  # a comparison that can see a few per cent
    return float((forward[0] - value[0]) / np.hypot(forward_error[0], error[0]))


@pytest.mark.slow
def test_yields_agree_with_forward_simulation() -> None:
    pulls = np.array([pull(point, seed) for seed, point in enumerate(POINTS)])
    table = "\n".join(f"{point[:4]}: {x:+.2f}" for point, x in zip(POINTS, pulls, strict=True))
    assert stats.chi2.sf(np.sum(pulls**2), pulls.size) > 1e-4, table
    # and none is off in common: the mean of n pulls has the error 1/sqrt(n)
    assert abs(pulls.mean()) < 4 / np.sqrt(pulls.size), table


def test_kinds_of_production() -> None:
    """Those that are compared here; the others are in ``test_forward_many``."""
    kinds = {channel(point.production, point.decay).sampling.kind for point in POINTS}
    assert kinds == {"bremsstrahlung", "meson-decay", "mixing", "pair-decay"}

"""Yields of decays with photons and four tracks against forward simulation (``twins.many_bodies``)."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from scipy import stats

from feebly.analysis.analysis import PairSeparation
from feebly.engine.histogram import laplace
from feebly.engine.sampler import sample_masses
from twins.channels import many_body_channel
from twins.many_bodies import forward_many

SMOOTH, HARD = PairSeparation("smooth", 0.02), PairSeparation("hard", 0.025)


class Point(NamedTuple):
    decay: str
    matrix_element: str
    meson: str
    mass_gev: float
    ctau_m: float
    trials: int
    separation: PairSeparation = PairSeparation()
    from_tracks_m: float | None = None  # of the photons, 0.10 m from each other


POINTS = [
    Point("pipigamma", "rho-gamma", "eta", 0.35, 0.05, 200_000),
    Point("3pi", "vector-3pi", "omega", 0.6, 0.05, 300_000, HARD, 0.25),
    Point("4pi", "flat", "omega", 1.0, 0.1, 300_000, SMOOTH),
    Point("gammagamma", "flat", "eta", 0.3, 0.05, 150_000),
]


def pull(point: Point, seed: int) -> float:
    setup = many_body_channel(point.meson, point.decay, point.matrix_element, point.separation)
    if setup.final_state.photons is not None:
        photons = replace(setup.final_state.photons, track_separation_min_m=point.from_tracks_m)
        setup = replace(setup, final_state=replace(setup.final_state, photons=photons))
    (sample,) = sample_masses(setup, np.array([point.mass_gev]), 0.01)
    value, error = laplace(sample.histogram[0], np.array([point.ctau_m / point.mass_gev]))
    forward, forward_error = forward_many(
        np.random.default_rng(seed), setup, point.mass_gev, point.ctau_m, point.trials
    )
    assert forward_error[0] < 0.09 * forward[0]
    return float((forward[0] - value[0]) / np.hypot(forward_error[0], error[0]))


@pytest.mark.slow
def test_yields_agree_with_forward_simulation() -> None:
    pulls = np.array([pull(point, seed) for seed, point in enumerate(POINTS)])
    table = "\n".join(f"{point[:5]}: {x:+.2f}" for point, x in zip(POINTS, pulls, strict=True))
    assert stats.chi2.sf(np.sum(pulls**2), pulls.size) > 1e-4, table

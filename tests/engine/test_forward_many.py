"""Yields of decays with photons and four tracks, and of photon conversion, against forward simulation."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from scipy import stats

from feebly.analysis.analysis import PairSeparation
from feebly.engine.groups import KINDS
from feebly.engine.histogram import laplace
from feebly.engine.sampler import sample_masses
from feebly.engine.setup import ChannelSetup
from feebly.physics.models.alp import MesonMixing
from feebly.physics.models.alp_couplings import AlpCouplings
from feebly.physics.production.photon_conversion import PhotonConversion, Primakoff
from twins.channels import many_body_channel, spectrum
from twins.many_bodies import forward_many

SMOOTH, HARD = PairSeparation("smooth", 0.02), PairSeparation("hard", 0.025)


_PHOTONS = AlpCouplings(c_bb=1.0), MesonMixing()
CONVERSIONS = {"primakoff": Primakoff(*_PHOTONS), "photon-eta": PhotonConversion("photon-eta", *_PHOTONS)}


class Point(NamedTuple):
    decay: str
    matrix_element: str
    source: str  # a meson that mixes, or one of CONVERSIONS
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
    Point("gammagamma", "flat", "primakoff", 0.1, 0.05, 600_000),
    Point("gammagamma", "flat", "photon-eta", 0.3, 0.5, 400_000),
]


def setup_of(point: Point) -> ChannelSetup:
    """With the cuts of three pions where the analysis has no such final state."""
    conversion = CONVERSIONS.get(point.source)
    meson = "eta" if conversion else point.source
    setup = many_body_channel(meson, point.decay, point.matrix_element, point.separation)
    if conversion:
        table = spectrum(conversion.parent) if conversion.parent else None
        sampling = conversion.sampling()
        setup = replace(setup, production=point.source, sampling=sampling, spectrum=table)
    if setup.final_state.photons is not None:
        photons = replace(setup.final_state.photons, track_separation_min_m=point.from_tracks_m)
        setup = replace(setup, final_state=replace(setup.final_state, photons=photons))
    return setup


def pull(point: Point, seed: int) -> float:
    setup = setup_of(point)
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


def test_kinds_of_production_that_are_not_in_test_forward() -> None:
    here = {setup_of(point).sampling.kind for point in POINTS}
    assert here >= set(KINDS) - {"bremsstrahlung", "meson-decay", "mixing", "pair-decay"}

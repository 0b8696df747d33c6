"""Resolutions of pairs in K+ -> π+ X: closed formulae, the one-track simulation, published ones."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.constants import ELECTRON_MASS_GEV, MUON_MASS_GEV, PION_MASS_GEV
from feebly.core.errors import ConfigError, DomainError
from feebly.kaon.chain_decays import ChainDecay
from feebly.kaon.chain_masses import fixed_masses
from feebly.kaon.experiment_file import load_kaon_experiment
from feebly.kaon.many_tracks import TracksSelection, simulate_chain
from feebly.kaon.one_track import TrackSelection
from feebly.kaon.pair_resolution import pair_resolution
from feebly.kaon.resolution import core_sigma, mass_resolution

NA62 = load_kaon_experiment("na62-kaon")


def test_missing_mass_is_that_of_the_one_track_simulation():
    """Two ways to the same decay; the ends are published as 2.0 and 0.2 MeV (2311.01837)."""
    masses = [0.207, 0.28, 0.35]
    many = pair_resolution(NA62, "gammagamma", masses, TracksSelection((10.0, 70.0)), 30_000)
    one = mass_resolution(NA62, "hadron", PION_MASS_GEV, masses, TrackSelection((10.0, 70.0), 2.0), 30_000)
    assert_allclose(many.missing_gev, one.sigma_mass_gev, rtol=0.05)
    assert_allclose(many.missing_gev[[0, 2]], [2.0e-3, 0.2e-3], rtol=0.12)
    error = np.hypot(many.acceptance_error, one.acceptance_error)
    assert np.all(np.abs(many.acceptance - one.acceptance) < 4 * error)


def test_electron_pairs_by_hand():
    """m² = p1 p2 θ²: (σ_m/m)² = (σ1² + σ2²)/4 + (σ_θ/θ)², with the errors that the experiment states."""
    decay = ChainDecay("x", fixed_masses(0.2, (ELECTRON_MASS_GEV,) * 2), ("e+", "e-"))
    found = simulate_chain(NA62, decay, 20_000, 1)
    relative2, angle2 = 0.0, 0.0
    for k in (1, 2):
        p = np.sqrt(found.true[k].squared)
        relative2 = relative2 + 0.003**2 + (5e-5 * p) ** 2
        angle2 = angle2 + 2 * (130e-6 / (194.066 - 183.508)) ** 2 + (0.6e-3 / p) ** 2
    one, two = found.true[1], found.true[2]
    theta2 = (one.x / one.z - two.x / two.z) ** 2 + (one.y / one.z - two.y / two.z) ** 2
    width = 0.2 * np.sqrt(relative2 / 4 + angle2 / theta2)
    assert_allclose(core_sigma((found.mass_gev((1, 2)) - 0.2) / width), 1.0, atol=0.05)
    told = pair_resolution(NA62, "ee", [0.2], TracksSelection(), 20_000)
    assert_allclose(told.pair_gev, np.median(width), rtol=0.1)


def test_pairs_at_threshold_are_sharp():
    """The mass of a pair at rest is that of its members whatever is measured."""
    masses = [2 * MUON_MASS_GEV * 1.0005, 0.3]
    found = pair_resolution(NA62, "mumu", masses, TracksSelection(), 20_000)
    assert found.pair_gev[0] < 0.1 * found.pair_gev[1]
    assert_allclose(found.kaon_gev[1], 1.1e-3, rtol=0.3)  # remembered from 1905.07770


def test_wrong_values():
    selection = TracksSelection()
    with pytest.raises(ConfigError, match="unknown pair"):
        pair_resolution(NA62, "eemu", [0.2], selection)
    with pytest.raises(DomainError, match="closed"):
        pair_resolution(NA62, "mumu", [0.2], selection)
    with pytest.raises(DomainError, match="closed"):
        pair_resolution(NA62, "ee", [0.36], selection)
    with pytest.raises(DomainError, match="expected one at least"):
        pair_resolution(NA62, "ee", [0.2], selection, 0)
    with pytest.raises(DomainError, match=r"X of 200 MeV: 0 of 100 simulated decays are accepted"):
        pair_resolution(NA62, "ee", [0.2], TracksSelection((60.0, 65.0)), 100)

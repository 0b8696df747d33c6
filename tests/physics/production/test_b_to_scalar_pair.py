from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError
from feebly.core.interfaces import PairDecaySampling
from feebly.physics.formfactors.b_to_kaon import KAON_STATES
from feebly.physics.production.b_to_scalar import br_b_to_kaon, br_exclusive, width_b_to_kaon_gev
from feebly.physics.production.b_to_scalar_pair import (
    BToScalarPair,
    br_b_to_kaon_pair,
    br_bs_to_pair,
    pair_energy_quantiles_gev,
    pair_spectrum_gev_m1,
    quartic_coupling,
)
from twins.forward import one_of_a_pair

M_B, M_K, M_H, V = 5.27941, 0.493677, 125.20, 246.2197


def test_published_coupling():
    # FORESEE: BR(h -> S S) = 4700 λ² for a light S
    assert_allclose(0.01 / quartic_coupling(0.01, 0.1) ** 2, 4700, rtol=0.01)


@pytest.mark.parametrize("state", ["k", "kstar892", "k1-1400"])
@given(share=st.floats(0.05, 0.95), mass=st.floats(0.05, 1.8))
def test_spectrum_is_a_decay_to_a_virtual_higgs_boson(state, share, mass):
    # dΓ/dq² = Γ(B -> X h*(q²)) × q Γ(h*(q²) -> S S)/π/(q² - m_h²)², h* coupling like S at sin θ = 1
    low, high = 4 * mass**2, (M_B - KAON_STATES[state].mass_gev) ** 2
    q2 = low + share * (high - low)
    beta = np.sqrt(1 - low / q2)
    expected = width_b_to_kaon_gev(state, np.sqrt(q2)) * V**2 * beta / (8 * np.pi**2) / (q2 - M_H**2) ** 2
    assert_allclose(pair_spectrum_gev_m1(state, q2, mass), expected, rtol=1e-5)


@pytest.mark.parametrize(("state", "mass"), [("k", 0.5), ("k2star1430", 1.2), ("kstar892", 2.15)])
def test_branching_ratio_agrees_with_a_plain_sum(state, mass):
    q2 = np.linspace(4 * mass**2, (M_B - KAON_STATES[state].mass_gev) ** 2, 200_001)
    width = np.trapezoid(pair_spectrum_gev_m1(state, q2, mass), q2)
    assert_allclose(br_b_to_kaon_pair(state, mass), width * 1.638e-12 / 6.582119569e-25, rtol=1e-5)


def test_sum_over_kaon_states_stays_below_free_quarks():
    # 3.68e-10 at λ = 3.3e-3 in FORESEE's spectrum: 4.6e-4 λ² at 0.5 GeV, 13 times the K alone
    pairs = sum(br_b_to_kaon_pair(state, 0.5) for state in KAON_STATES)
    assert_allclose(pairs / br_b_to_kaon_pair("k", 0.5), 3.8, rtol=0.1)
    assert pairs < 4.6e-4 < 1.1 * 13 * br_b_to_kaon_pair("k", 0.5)
    # less than the ratio of the decays to one light S: the pair needs q² > 4m², where heavy kaons are closed
    assert pairs / br_b_to_kaon_pair("k", 0.5) < br_exclusive(0.5) / br_b_to_kaon("k", 0.5)


def test_closed_beyond_half_of_what_is_left():
    assert br_b_to_kaon_pair("k", 2.4) == 0
    assert br_b_to_kaon_pair("k", 2.39) > 0
    assert br_bs_to_pair(2.69) == 0
    assert_allclose(BToScalarPair("k").mass_range_gev((0.001, 5.0))[1], (M_B - M_K) / 2, rtol=1e-9)


@pytest.mark.parametrize(("state", "mass"), [("k", 0.3), ("k", 2.2), ("kstar892", 1.0)])
def test_energies_against_two_isotropic_decays(state, mass):
    """Kolmogorov's distance of 1e5 decays at rest, drawn one after the other, from the quantiles."""
    n = 100_000
    sampling = BToScalarPair(state).sampling()
    assert isinstance(sampling, PairDecaySampling)
    at_rest = np.full((n, 3), 1e-9)  # a boost needs a direction
    drawn = np.sort(one_of_a_pair(np.random.default_rng(1), sampling, mass, at_rest)[:, 0])
    quantiles = pair_energy_quantiles_gev(state, mass)
    share = np.interp(drawn, quantiles, np.linspace(0, 1, quantiles.size))
    assert np.abs(share - (np.arange(n) + 0.5) / n).max() < 1.95 / np.sqrt(n)  # p = 1e-3
    # each S takes half of what the K leaves, on average
    assert_allclose(quantiles.mean(), drawn.mean(), rtol=5e-3)


def test_bs_gives_half_of_its_mass_to_each():
    assert_allclose(pair_energy_quantiles_gev(None, 1.0), 5.36693 / 2, rtol=1e-12)


def test_two_scalars_per_decay_and_no_dependence_on_the_angle():
    channel = BToScalarPair("k", higgs_br=0.02)
    lam2 = quartic_coupling(0.02, 0.5) ** 2
    rate = channel.rate(np.array([[0.5]]), np.array([1e-6, 1e-3]), 10.0)
    assert rate.shape == (1, 2)
    assert_allclose(rate, 2 * 10 * lam2 * br_b_to_kaon_pair("k", 0.5, "B"), rtol=1e-12)
    per_bs = 2 * 1.0227e-4 * quartic_coupling(0.01, 1) ** 2
    assert_allclose(BToScalarPair(None).rate(1.0, 1e-3, 1.0), per_bs, rtol=3e-3)
    assert "lambda = 0.001459" in BToScalarPair(None).numbers[0]


def test_refusals():
    with pytest.raises(ConfigError, match=r"unknown kaon state 'kk'; .*did you mean 'k'"):
        BToScalarPair("kk")
    with pytest.raises(ConfigError, match="higgs_br = 1: expected a fraction"):
        BToScalarPair("k", higgs_br=1.0)
    with pytest.raises(ConfigError, match="production 'bs-ss' needs the multiplicity of its parent 'Bs'"):
        BToScalarPair(None).rate(0.3, 1e-3)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError, DomainError
from feebly.physics.formfactors.b_to_kaon import KAON_STATES
from feebly.physics.models.alp_couplings import AlpCouplings, couplings_per_unit
from feebly.physics.production.alp_flavour import (
    BC11_KBS,
    gluon_k_bs,
    k_bs_per_gev,
    k_cu_per_gev,
    top_bracket,
)
from feebly.physics.production.alp_meson_decay import (
    CHARM_MODES,
    BToAlp,
    DToAlp,
    br_b_to_alp_gev2,
    br_d_to_alp_gev2,
    br_kaon_to_alp,
)

FERMION, GLUON = couplings_per_unit("alp-fermion"), couplings_per_unit("alp-gluon")
TEV = 1000.0


def test_pseudoscalar_and_vector_kaons_by_hand():
    # (m_B² - m_K²)² f0² √λ/(64π m_B³) and λ^{3/2} A0²/(64π m_B³), 2201.05170
    mb, m = 5.27941, 1.0
    tau = 1.638e-12 / 6.582119569e-25

    def root(big, other):
        a, b, c = big**2, other**2, m**2
        return np.sqrt(a * a + b * b + c * c - 2 * a * b - 2 * a * c - 2 * b * c)

    f0 = 0.33 / (1 - m**2 / 38)
    kaon = tau * (mb**2 - 0.493677**2) ** 2 * f0**2 * root(mb, 0.493677) / (64 * np.pi * mb**3)
    assert_allclose(br_b_to_alp_gev2("k", m), kaon, rtol=1e-6)
    a0 = 1.364 / (1 - m**2 / mb**2) - 0.990 / (1 - m**2 / 36.78)
    vector = tau * root(mb, 0.89167) ** 3 * a0**2 / (64 * np.pi * mb**3)
    assert_allclose(br_b_to_alp_gev2("kstar892", m), vector, rtol=1e-6)


def test_coupling_of_the_pilot():
    # k_bs/(C/Λ) = 4.02e-4 at 1 TeV and, with a running y_t, 8.1e-4 at 12.6 TeV for universal fermions
    assert_allclose(k_bs_per_gev(FERMION, TEV), 4.0194e-4, rtol=1e-4)
    assert_allclose(k_bs_per_gev(FERMION, 4 * np.pi * TEV), 8.1e-4, rtol=0.25)


@given(scale=st.floats(200, 1e6), c=st.floats(-5, 5).filter(lambda c: abs(c) > 1e-3))
def test_one_loop_coupling_is_linear_and_grows_with_the_scale(scale, c):
    assert_allclose(k_bs_per_gev(AlpCouplings(c_ff=c), scale), c * k_bs_per_gev(FERMION, scale), rtol=1e-12)
    both = k_bs_per_gev(AlpCouplings(c_ff=c, c_ww=2.0, c_gg=-1.0), scale)
    parts = [AlpCouplings(c_ff=c), AlpCouplings(c_ww=2.0), AlpCouplings(c_gg=-1.0)]
    assert_allclose(both, sum(k_bs_per_gev(part, scale) for part in parts), rtol=1e-9, atol=1e-15)
    # RG: dk/dlnΛ = V y_t²/16π², 2110.10698
    slope = top_bracket(scale * np.e) - top_bracket(scale)
    assert_allclose(slope, 1.0, rtol=1e-9)


def test_photons_alone_make_no_kaon_and_a_photon():
    assert k_bs_per_gev(AlpCouplings(c_bb=1.0), TEV) == 0.0


def test_gluons_are_an_option_with_a_band():
    rates = {option: gluon_k_bs(option) ** 2 for option in BC11_KBS}
    assert next(iter(BC11_KBS)) == "fixed"
    assert_allclose(rates["rg"] / rates["fixed"], 0.314 / 0.110, rtol=1e-2)
    assert rates["rg"] / rates["inclusive"] > 50
    channel = BToAlp("k", GLUON, TEV, "rg")
    assert_allclose(channel.branching_ratio(1.0) * (1 / (32 * np.pi**2)) ** 2, 0.314 * 0.964, rtol=5e-2)
    assert "not settled" in channel.numbers[1].source
    with pytest.raises(ConfigError, match="unknown bc11_kbs 'RG'"):
        BToAlp("k", GLUON, TEV, "RG")


def test_scale_is_part_of_the_model_and_printed():
    assert "Lambda = 12600 GeV" in BToAlp("k", FERMION, 12600.0).numbers[1].source
    with pytest.raises(TypeError):
        BToAlp("k", FERMION)  # type: ignore[call-arg]
    with pytest.raises(DomainError, match="scale Lambda = 100 GeV: expected one above the top mass"):
        BToAlp("k", FERMION, 100.0)
    with pytest.raises(DomainError, match="scale Lambda"):
        DToAlp("dplus-pi", FERMION, 100.0)


@pytest.mark.parametrize("state", KAON_STATES)
def test_b_channel_closes_at_the_end_point(state):
    channel = BToAlp(state, FERMION, TEV)
    low, high = channel.mass_range_gev((0.01, 5.0))
    assert low == 0.01
    assert high == channel.sampling().parent_mass_gev - channel.recoil_mass_gev
    assert channel.branching_ratio(high * 0.99) > 0
    assert channel.branching_ratio(high) == 0
    assert channel.tag == f"b-{state}"
    assert channel.parent == "B"
    assert_allclose(channel.rate(0.5, 1e-6, 2e-7), 2e-7 * 1e-12 * channel.branching_ratio(0.5), rtol=1e-12)
    with pytest.raises(ConfigError, match="needs the multiplicity"):
        channel.rate(0.5, 1e-6)


@pytest.mark.parametrize("tag", CHARM_MODES)
def test_charm_to_pion(tag):
    channel = DToAlp(tag, FERMION, TEV)
    mode = CHARM_MODES[tag]
    high = channel.mass_range_gev((0.01, 5.0))[1]
    assert_allclose(high, mode.parent_mass_gev - mode.pion_mass_gev, rtol=1e-12)
    assert channel.branching_ratio(high) == 0 < channel.branching_ratio(0.9 * high)
    # massless a: (m_D² - m_π²)³ f0²/(64π m_D³) τ, half of it for the π0
    big, small = mode.parent_mass_gev, mode.pion_mass_gev
    massless = (big**2 - small**2) ** 3 * 0.612**2 / (64 * np.pi * big**3) * mode.isospin
    assert_allclose(br_d_to_alp_gev2(tag, 1e-5), massless * mode.lifetime_s / 6.582119569e-25, rtol=1e-6)
    # a loop of light quarks: nothing against b -> s
    assert k_cu_per_gev(FERMION, TEV) < 1e-4 * k_bs_per_gev(FERMION, TEV)
    assert_allclose(channel.rate(0.3, 2.0, 0.5), 2.0 * channel.branching_ratio(0.3), rtol=1e-12)


def test_names():
    with pytest.raises(ConfigError, match="unknown kaon state 'k2'"):
        BToAlp("k2", FERMION, TEV)
    with pytest.raises(ConfigError, match="unknown charm decay 'd-pi'"):
        DToAlp("d-pi", FERMION, TEV)
    with pytest.raises(ConfigError, match="unknown B meson 'Bc'"):
        br_b_to_alp_gev2("k", 0.5, "Bc")


def test_kaons_add_octet_and_loop_coherently():
    # opposite signs, 2110.10698: at the right ratio the two cancel
    octet, loop = (np.sqrt(float(br_kaon_to_alp(0.1, *pair))) for pair in ((1.0, 0.0), (0.0, 1.0)))
    assert_allclose(br_kaon_to_alp(0.1, 1.0, octet / loop), 0.0, atol=1e-12 * octet**2)
    assert_allclose(br_kaon_to_alp(0.1, 1.0, -octet / loop), 4 * octet**2, rtol=1e-9)
    assert br_kaon_to_alp(0.36, 1.0) == 0

"""K+, π+ -> l N and K+ -> π0 l N: limits, endpoints, and the massless rates of the Standard Model."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import quad

from feebly.core.constants import (
    ELECTRON_MASS_GEV,
    HBAR_GEV_S,
    KAON_DECAY_CONSTANT_GEV,
    KAON_MASS_GEV,
    KPLUS_LIFETIME_S,
    MUON_MASS_GEV,
    PION0_MASS_GEV,
    V_US_KAON,
)
from feebly.core.constants import FERMI_GEV_M2 as G_F
from feebly.physics.production.meson_to_hnl import (
    LEPTONIC_MODES,
    br_kaon_to_pion_lepton,
    br_to_lepton,
    helicity_factor,
)

MODES = list(LEPTONIC_MODES)


@pytest.mark.parametrize("tag", MODES)
def test_a_massless_neutrino_gives_the_rate_of_the_standard_model(tag):
    mode = LEPTONIC_MODES[tag]
    assert_allclose(br_to_lepton(mode, 1e-9), mode.branching_ratio, rtol=1e-9)


@given(st.sampled_from(MODES), st.floats(1e-6, 0.999))
def test_helicity_factor_is_the_tree_level_rate(tag, share):
    """Its ratio to m_N = 0 from the matrix element and the momentum."""
    mode = LEPTONIC_MODES[tag]
    big, lepton, hnl = mode.meson_mass_gev, mode.lepton_mass_gev, share * mode.endpoint_gev

    def rate(m):
        momentum = np.sqrt((big**2 - (lepton + m) ** 2) * (big**2 - (lepton - m) ** 2)) / (2 * big)
        energies = np.hypot(momentum, lepton), np.hypot(momentum, m)
        # |M|² of a V-A current with momentum q: 2 (q·p_l)(q·p_N) - q² p_l·p_N, in the rest frame of q
        product = energies[0] * energies[1] + momentum**2
        contraction = 2 * big * energies[0] * big * energies[1] - big**2 * product
        return contraction * momentum

    assert_allclose(helicity_factor(hnl, lepton, big), rate(hnl) / rate(0.0), rtol=2e-5)


def test_leptonic_rate_of_kaons_from_first_principles():
    """BR(K -> μ ν) = τ G_F² f_K² V_us² M m_μ²/(8π) (1 - m_μ²/M²)²: 2% for radiative corrections."""
    mode, ratio = LEPTONIC_MODES["k-mu"], (MUON_MASS_GEV / KAON_MASS_GEV) ** 2
    width = (
        (G_F * KAON_DECAY_CONSTANT_GEV * V_US_KAON * MUON_MASS_GEV * (1 - ratio)) ** 2
        * KAON_MASS_GEV
        / (8 * np.pi)
    )
    assert_allclose(width * KPLUS_LIFETIME_S / HBAR_GEV_S, mode.branching_ratio, rtol=0.03)


def test_endpoints_in_mev():
    """From the masses of the PDG: 493.17, 388.02, 139.06 MeV."""
    found = [1e3 * LEPTONIC_MODES[tag].endpoint_gev for tag in ("k-e", "k-mu", "pi-e")]
    assert_allclose(found, [493.17, 388.02, 139.06], atol=0.01)


@pytest.mark.parametrize("tag", MODES)
def test_closed_above_the_endpoint(tag):
    mode = LEPTONIC_MODES[tag]
    found = br_to_lepton(mode, np.array([0.999999, 1.000001]) * mode.endpoint_gev)
    assert found[0] > 0
    assert found[1] == 0


@pytest.mark.parametrize("lepton", [ELECTRON_MASS_GEV, MUON_MASS_GEV])
def test_semileptonic_rate_falls_with_the_mass_and_ends(lepton):
    end = KAON_MASS_GEV - PION0_MASS_GEV - lepton
    rates = br_kaon_to_pion_lepton(np.linspace(0, 1, 40) * end, lepton)
    assert np.all(np.diff(rates) < 0)
    assert_allclose(rates[-1], 0, atol=1e-15)
    assert br_kaon_to_pion_lepton(1.01 * end, lepton) == 0


def test_electron_rate_is_the_textbook_integral():
    """m_l = m_N = 0: Γ = G_F² V² ½/(24π³) ∫ p³ f_+² dq², p the momentum of the pion (PDG, V_us review)."""

    def integrand(q2):
        s = (KAON_MASS_GEV**2 - (PION0_MASS_GEV + np.sqrt(q2)) ** 2) * (
            KAON_MASS_GEV**2 - (PION0_MASS_GEV - np.sqrt(q2)) ** 2
        )
        return (np.sqrt(s) / (2 * KAON_MASS_GEV)) ** 3 * (0.970 / (1 - q2 / 0.892**2)) ** 2

    width = (
        G_F**2
        * V_US_KAON**2
        / 2
        / (24 * np.pi**3)
        * quad(integrand, 0, (KAON_MASS_GEV - PION0_MASS_GEV) ** 2)[0]
    )
    assert_allclose(br_kaon_to_pion_lepton(0.0, 1e-6), width * KPLUS_LIFETIME_S / HBAR_GEV_S, rtol=1e-6)

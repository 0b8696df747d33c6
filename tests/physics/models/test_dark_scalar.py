from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError, DomainError
from feebly.physics.formfactors.scalar_pairs import pair_couplings
from feebly.physics.models.dark_scalar import (
    SWITCH_GEV,
    DarkScalar,
    DarkScalarQuartic,
    gluon_width_gev,
    photon_width_gev,
)

MODEL = DarkScalar()
log_uniform = lambda low, high: st.floats(np.log10(low), np.log10(high)).map(lambda u: 10.0**u)  # noqa: E731
mass = log_uniform(0.00103, 4.9999)
sine = log_uniform(1e-9, 1e-1)
every_table = pytest.mark.parametrize(
    "model", [DarkScalar(t) for t in pair_couplings()], ids=pair_couplings()
)


@pytest.mark.parametrize(
    ("m", "foresee", "tolerance"),
    [  # ctau sin²θ [m] of the tables of FORESEE (2105.07077), which follow 1809.01876
        (0.25, 7.21e-7, 0.03),
        (0.3, 5.6e-8, 0.08),
        (0.5, 8.1e-9, 0.05),
        (0.8, 2.2e-9, 0.08),
        (1.0, 2.98e-10, 0.35),  # the f0(980) as read off a figure
        (1.2, 1.64e-9, 0.04),
        (1.5, 1.61e-9, 0.09),
        (1.8, 1.77e-9, 0.19),
    ],
)
def test_lifetime_of_a_public_program(m, foresee, tolerance):
    assert_allclose(MODEL.ctau_m(m, 1.0), foresee, rtol=tolerance)


def test_muon_width_by_hand():
    # m_μ² m/(8π v²) β³ with v = 246.22 GeV
    velocity = np.sqrt(1 - 4 * 0.1056583755**2)
    width = 0.1056583755**2 / (8 * np.pi * 246.22**2) * velocity**3
    assert_allclose(MODEL.partial_width_gev("mumu", 1.0, 1e-3), 1e-6 * width, rtol=1e-5)


def test_higgs_boson_to_photons_and_gluons():
    # a scalar of 125 GeV is the Higgs boson at sin θ = 1; LHC Higgs cross section group, 1610.07922: Γ(γγ) =
    # 9.3 keV; Γ(gg) = 0.335 MeV after a factor 1.7-1.9 of higher orders
    assert_allclose(photon_width_gev(125.0), 9.3e-6, rtol=0.03)
    assert_allclose(gluon_width_gev(125.0), 0.335e-3 / 1.8, rtol=0.10)


def test_kaon_threshold_opens_with_the_velocity():
    # Γ ~ β right above 2 m_K
    edge = 2 * 0.493677
    widths = MODEL.partial_width_gev("kk", edge * (1 + np.array([1e-8, 4e-8])), 1.0)
    assert_allclose(widths[1] / widths[0], 2.0, rtol=1e-4)


def test_isospin():
    for m in (0.35, 0.9, 1.3, 1.9):
        ratio = MODEL.branching_ratio("pipi", m) / MODEL.branching_ratio("pi0pi0", m)
        assert_allclose(ratio, 2.0, rtol=1e-12)
    assert_allclose(MODEL.branching_ratio("kk", 1.1), MODEL.branching_ratio("k0k0", 1.1), rtol=1e-12)


def test_four_pions_are_two_charged_two_neutral_twice_as_often():
    # as two rho pairs share them, 2201.05170
    ratio = MODEL.branching_ratio("2pi2pi0", 1.5) / MODEL.branching_ratio("4pi", 1.5)
    assert_allclose(ratio, 2.0, rtol=1e-12)


def test_strange_quarks_by_hand():
    # 3 m_s² m/(8π v²) (1 - 4 m_K²/m²)^(3/2)
    width = 3 * 0.0935**2 * 3.0 / (8 * np.pi * 246.22**2) * (1 - 4 * 0.493677**2 / 9) ** 1.5
    assert_allclose(MODEL.partial_width_gev("ss", 3.0, 1.0), width, rtol=1e-5)


def test_charm_is_to_tau_as_their_masses():
    # far above both thresholds of the formula: 3 m_c² against m_τ², apart from β³ of D mesons and taus
    m = 4.9
    velocities = ((m**2 - 4 * 1.86484**2) / (m**2 - 4 * 1.77693**2)) ** 1.5
    ratio = MODEL.partial_width_gev("cc", m, 1.0) / MODEL.partial_width_gev("tautau", m, 1.0)
    assert_allclose(ratio, 3 * (1.273 / 1.77693) ** 2 * velocities, rtol=1e-9)


def test_low_energy_theorem_is_a_lower_envelope():
    # 1809.01876: dispersive/leading order of ππ 2.6 at 0.3 GeV and about 25 on the f0(980)
    low = DarkScalar("leading-order")
    for m, ratio in {0.3: 2.6, 0.98: 25.0}.items():
        got = MODEL.partial_width_gev("pipi", m, 1.0) / low.partial_width_gev("pipi", m, 1.0)
        assert_allclose(got, ratio, rtol=0.2)


def test_mesons_meet_quarks_at_the_switch():
    # the 4π model is made to meet the gluons; nothing else ties the two sides
    below, above = MODEL.total_width_gev([SWITCH_GEV, SWITCH_GEV * (1 + 1e-9)], 1.0)
    assert_allclose(above, below, rtol=0.05)


@every_table
@given(m=mass)
def test_branching_ratios_are_unitary(model, m):
    ratios = [float(model.branching_ratio(c, m)) for c in model.channels]
    assert_allclose(sum(ratios), 1.0, rtol=1e-12)
    assert all(0 <= r <= 1 for r in ratios)


@every_table
@given(m=mass, s=sine)
def test_widths_scale_as_the_square_and_lifetime_is_their_inverse(model, m, s):
    unit = model.partial_width_gev("ee", m, 1.0)
    assert_allclose(model.partial_width_gev("ee", m, s), s**2 * unit, rtol=1e-12)
    width = sum(model.partial_width_gev(c, m, s) for c in model.channels)
    assert_allclose(width, model.total_width_gev(m, s), rtol=1e-12)
    assert_allclose(model.ctau_m(m, s) * width, 1.973269804e-16, rtol=1e-12)  # ħc [GeV m]


@given(m=mass)
def test_every_channel_opens_at_its_threshold(m):
    for channel in MODEL.channels:
        width = MODEL.partial_width_gev(channel, m, 1.0)
        if m <= MODEL.threshold_gev(channel):
            assert width == 0
        elif channel in ("ee", "mumu", "tautau", "gammagamma", "cc"):
            assert width > 0


def test_masses_and_couplings_broadcast():
    m, s = np.array([0.2, 0.3, 2.4])[:, None], np.array([1e-4, 1e-3])
    assert MODEL.ctau_m(m, s).shape == (3, 2)
    assert MODEL.branching_ratio("mumu", m, s).shape == (3, 2)
    assert MODEL.branching_ratio("mumu", 0.3).shape == ()
    assert_allclose(MODEL.ctau_m(m, s)[1, 1], MODEL.ctau_m(0.3, 1e-3), rtol=1e-14)


def test_errors_and_identity():
    with pytest.raises(
        DomainError, match=r"mass 300 GeV is outside 0\.0011-5 GeV for dark-scalar; did you mean"
    ):
        MODEL.ctau_m(300, 1e-3)
    with pytest.raises(DomainError, match="sin-theta = 0"):
        MODEL.ctau_m(0.3, 0.0)
    with pytest.raises(ConfigError, match=r"unknown channel 'mumuu'.*did you mean 'mumu'\?"):
        MODEL.branching_ratio("mumuu", 0.3)
    with pytest.raises(ConfigError, match="unknown width table 'deliver'"):
        DarkScalar("deliver")
    quartic = DarkScalarQuartic()
    assert (quartic.tag, quartic.coupling_name) == ("dark-scalar-quartic", "sin-theta")
    assert quartic.ctau_m(0.5, 1e-4) == MODEL.ctau_m(0.5, 1e-4)
    assert (MODEL.tag, MODEL.coupling_name, MODEL.pdg_code) == ("dark-scalar", "sin-theta", 35)


def test_default_grid_ends_with_the_angle():
    for model in (DarkScalar(), DarkScalarQuartic()):
        grid = model.default_grid
        assert model.mass_range_gev[0] < grid.mass_gev[0] < 0.003
        assert grid.coupling[1] == 1.0
        assert grid.coupling_end == "an angle of mixing has no larger sine"

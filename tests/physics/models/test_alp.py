from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError, DomainError
from feebly.physics.models.alp import Alp, MesonMixing, lepton_width_gev, photon_coupling, photon_width_gev
from feebly.physics.models.alp_couplings import (
    DIRECTIONS,
    AlpCouplings,
    conventions_of,
    couplings_per_unit,
)

PILOT = json.loads((Path(__file__).parents[2] / "reference" / "pilot_alp_yields.json").read_text())
PHOTON, FERMION, GLUON = (Alp.benchmark(tag) for tag in ("alp-photon", "alp-fermion", "alp-gluon"))
log_uniform = lambda low, high: st.floats(np.log10(low), np.log10(high)).map(lambda u: 10.0**u)  # noqa: E731
signed = st.tuples(log_uniform(1e-3, 1e3), st.sampled_from([-1, 0, 1])).map(lambda t: t[0] * t[1])
mixtures = st.tuples(signed, signed, signed, signed).filter(any).map(lambda c: AlpCouplings(*c))


@given(couplings=mixtures, m=log_uniform(0.00101, 2.89), value=log_uniform(1e-12, 1e-2))
def test_branching_ratios_of_any_mixture_add_up_to_one(couplings, m, value):
    model = Alp("mixture", couplings)
    ratios = [float(model.branching_ratio(channel, m)) for channel in model.channels]
    assert all(0 <= ratio <= 1 for ratio in ratios)
    assert_allclose(sum(ratios), 1.0, rtol=1e-9)
    assert_allclose(model.ctau_m(m, value) * value**2, model.ctau_m(m, 1.0), rtol=1e-9)
    for channel in model.channels:
        if m <= model.threshold_gev(channel):
            assert model.branching_ratio(channel, m) == 0


@given(m=log_uniform(0.002, 2.8), factor=log_uniform(1e-6, 1e6))
def test_only_the_product_of_direction_and_coupling_counts(m, factor):
    couplings = AlpCouplings(0.3, -0.2, 1.0, 0.7)
    scaled = Alp("mixture", couplings.scaled(factor))
    assert_allclose(scaled.ctau_m(m, 1e-6 / factor), Alp("mixture", couplings).ctau_m(m, 1e-6), rtol=1e-9)


@pytest.mark.parametrize("m", [0.01, 0.3, 1.0])
def test_benchmarks_of_the_physics_beyond_colliders_report(m):
    # 1901.09966: Γ(γγ) = g² m³/64π; Γ(ll) = m_l² m β/(2π f²); α_s/8π a/f G G̃ <=> C_GG/Λ = 1/(32π² f)
    photon = Alp.benchmark("alp-photon", "g_agamma")
    assert_allclose(photon.partial_width_gev("gammagamma", m, 1e-4), 1e-8 * m**3 / (64 * np.pi), rtol=1e-9)
    fermion = Alp.benchmark("alp-fermion", "1/f")
    electron = 0.51099895e-3
    beta = np.sqrt(1 - (2 * electron / m) ** 2)
    expected = electron**2 * m * beta / (2 * np.pi) * 1e-6
    assert_allclose(fermion.partial_width_gev("ee", m, 1e-3), expected, rtol=1e-9)
    gluon = Alp.benchmark("alp-gluon", "1/f")
    assert_allclose(gluon.ctau_m(m, 1e-3), GLUON.ctau_m(m, 1e-3 / (32 * np.pi**2)), rtol=1e-9)


def test_conventions_are_named_and_checked():
    assert conventions_of("alp-photon") == ("C/Lambda", "g_agamma")
    assert conventions_of("alp-fermion") == ("C/Lambda", "1/f")
    for tag, direction in DIRECTIONS.items():
        assert couplings_per_unit(tag) == direction
        assert Alp.benchmark(tag).coupling_name == "C/Lambda"
    # g = 1e-4 GeV⁻¹ <=> C/Λ = 2.7262e-4 GeV⁻¹
    assert_allclose(couplings_per_unit("alp-photon", "g_agamma").c_bb * 1e-4, 2.7262e-4, rtol=1e-4)
    with pytest.raises(ConfigError, match=r"'1/f' is not defined for alp-photon; it has C/Lambda, g_agamma"):
        couplings_per_unit("alp-photon", "1/f")
    with pytest.raises(ConfigError, match="unknown coupling convention 'C'"):
        couplings_per_unit("alp-gluon", "C")
    with pytest.raises(ConfigError, match="not all of them zero"):
        AlpCouplings()


@pytest.mark.parametrize(("mass", "expected"), PILOT["theory_checks"]["cgg_over_CGG"].items())
def test_photon_coupling_of_gluons(mass, expected):
    value = photon_coupling(float(mass), AlpCouplings(c_gg=1.0), MesonMixing())
    assert_allclose(value.real, expected, rtol=1e-3)
    assert value.imag == 0


def test_electroweak_couplings_are_coherent():
    # C_γγ = C_BB + C_WW at tree level; the W loop is 2α/(π s_W²) 2/3 (m/2m_W)² of C_WW: nothing at 1 GeV
    both = photon_coupling(1.0, AlpCouplings(c_bb=1.0, c_ww=-1.0), MesonMixing())
    assert_allclose(both.real, -2 / 137.036 / (np.pi * 0.23121) * 2 / 3 / (2 * 80.369) ** 2, rtol=1e-3)
    alone = photon_coupling(0.5, AlpCouplings(c_gg=1.0), MesonMixing())
    mixed = photon_coupling(0.5, AlpCouplings(c_bb=2.0, c_gg=1.0), MesonMixing())
    assert_allclose(mixed - alone, 2.0, rtol=1e-12)


def test_leptons_in_the_loop_decouple_when_heavy():
    # between 2 m_e and 2 m_μ the electron counts as light (B₁ = 1), muon and tau as heavy (-m²/12 m_l²)
    value = photon_coupling(0.02, AlpCouplings(c_ff=1.0), MesonMixing()) * 16 * np.pi**2
    heavy = sum(c * (0.02 / mass) ** 2 / 12 for c, mass in ((1, 0.10566), (1, 1.777), (4 / 3, 1.273)))
    mesons = (value.real - 1 + heavy) / value.real
    assert abs(mesons) < 0.05
    assert abs(value.imag) < 0.05


@pytest.mark.parametrize("row", PILOT["CBB_2gamma"], ids=lambda row: f"{row['m']}")
def test_lifetime_of_the_pilot_photons(row):
    assert_allclose(PHOTON.ctau_m(row["m"], row["C"]), row["ctau"], rtol=1e-9)


@pytest.mark.parametrize("row", PILOT["Cff"], ids=lambda row: f"{row['m']}-{row['mode']}-{row['decay']}")
def test_lifetime_and_branching_ratios_of_the_pilot_fermions(row):
    assert_allclose(FERMION.ctau_m(row["m"], row["C"]), row["ctau"], rtol=1e-4)
    channel = {"2El": "ee", "2Mu": "mumu"}[row["decay"]]
    assert_allclose(FERMION.branching_ratio(channel, row["m"]), row["BR"], rtol=1e-4)


@pytest.mark.parametrize(
    "row", [row for row in PILOT["CGG"] if row["m"] != 0.85], ids=lambda row: f"{row['m']}-{row['C']}"
)
def test_lifetime_of_the_pilot_gluons(row):
    # at 0.85 GeV the pilot interpolates a factor 6 between two knots linearly: 40% shorter
    assert_allclose(GLUON.ctau_m(row["m"], row["C"]), row["ctau"], rtol=0.02)


def test_muon_width_by_hand():
    beta = np.sqrt(1 - 4 * 0.1056583755**2)
    width = 1e-12 * 0.1056583755**2 / (8 * np.pi) * beta
    assert_allclose(lepton_width_gev(1.0, 0.1056583755, 1e-6), width, rtol=1e-12)
    assert_allclose(photon_width_gev(0.5, 1e-4j), 4 * np.pi / 137.035999**2 * 1e-8 * 0.125, rtol=1e-9)


def test_a_photon_alp_has_photons_only():
    for m in (0.01, 0.5, 4.9):
        assert_allclose(PHOTON.branching_ratio("gammagamma", m), 1.0, rtol=1e-12)
    assert PHOTON.width_source[0] == "none"
    assert GLUON.width_source[0] == "aloni2018"
    assert Alp("mixture", AlpCouplings(c_gg=1.0, c_ff=1.0)).width_source[0] == "aloni2018+2310.03524"


def test_masses_beyond_the_widths_are_refused():
    for model, end in ((PHOTON, 5.0), (FERMION, 3.0), (GLUON, 2.8985)):
        assert model.mass_range_gev[1] == end
        low, high, _ = model.default_grid.mass_gev
        assert model.mass_range_gev[0] < low < 0.003  # electron pairs close the contour of BC10 at 3.3 MeV
        assert high <= end
        with pytest.raises(DomainError, match=r"mass 5\.1 GeV is outside"):
            model.ctau_m(5.1, 1e-4)
    with pytest.raises(ConfigError, match="unknown channel 'pipi'"):
        GLUON.threshold_gev("pipi")
    with pytest.raises(ConfigError, match="unknown table of hadronic ALP widths"):
        Alp.benchmark("alp-gluon", width_table="aloni")

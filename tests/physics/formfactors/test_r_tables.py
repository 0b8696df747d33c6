from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError, DataError
from feebly.physics.formfactors.pion import r_pipi
from feebly.physics.formfactors.r_tables import (
    HADRONIC_CHANNELS,
    THRESHOLD_GEV,
    Column,
    _deliver_values,
    r_table,
    width_tables,
)
from feebly.physics.formfactors.radiative import r_eta_gamma, r_pi0_gamma
from feebly.physics.formfactors.three_pions import r_three_pions

DELIVER = r_table("deliver")
REPOSITORY = Path(__file__).parents[3]
REFERENCE = Path(os.environ.get("FEEBLY_REFERENCE") or REPOSITORY / "tests" / "reference")
mass = st.floats(np.log10(0.15), np.log10(2.0)).map(lambda u: 10.0**u)


@pytest.mark.parametrize(
    ("m", "channel", "published"),
    [  # 2201.01788 as tabulated: R relative to the massless point cross section
        (0.3, "pipi", 0.0179),
        (0.77, "pipi", 8.76),
        (1.03, "kk", 1.4685),
        (1.05, "k0k0", 0.2066),
        (1.2, "4pi", 0.1544),
        (1.2, "2pi2pi0", 0.2945),
        (1.5, "pipieta", 0.0996),
        (1.5, "omegapi0", 0.0341),
    ],
)
def test_published_values_of_deliver(m, channel, published):
    assert_allclose(DELIVER.r(channel, m), published, rtol=5e-3)


def test_charges_of_kaon_pairs_with_a_pion_add_up():
    # KKpi of all charges, 2201.01788; K+ K- pi0 is 1/6 of it where isospin 0 and 1 do not interfere
    charges = {tag: DELIVER.r(tag, [1.5, 1.6, 1.7, 1.8]) for tag in ("kkpi0", "k0k0pi0", "k0kpi")}
    assert_allclose(sum(charges.values()), [0.0773, 0.1900, 0.2030, 0.1053], rtol=2e-3)
    assert_allclose(charges["kkpi0"][0] / 0.0773, 1 / 6, rtol=0.06)


def test_phi_peak_has_the_measured_height():
    # R = 9 BR_ee BR_f/α² on the peak with BR_ee = 2.979e-4, BR_KK = 0.491 and 0.339 (PDG 2024); the resampled
    # 1 MeV grid misses the peak by a few per cent without the spline
    m = np.arange(1.018, 1.0212, 1e-4)
    for channel, branching_ratio in {"kk": 0.491, "k0k0": 0.339}.items():
        peak = 9 * 2.979e-4 * branching_ratio * 137.036**2
        assert_allclose(np.max(DELIVER.r(channel, m)), peak, rtol=0.08)


def test_total_at_the_phi_and_in_the_continuum():
    # sums of the columns of 2201.01788; above 1.7 GeV the inclusive R of three quarks
    assert_allclose(DELIVER.r_total(1.02), 43.85, rtol=1e-3)
    assert_allclose(DELIVER.r_total(1.4), 1.644, rtol=1e-3)
    assert_allclose(DELIVER.r_total([1.75, 1.9]), [2.18, 2.175], rtol=1e-3)


@pytest.mark.parametrize("name", width_tables())
@given(m=mass)
def test_channels_are_disjoint_and_complete(name, m):
    table = r_table(name)
    assert_allclose(sum(table.r(c, m) for c in HADRONIC_CHANNELS), table.r_total(m), rtol=1e-12)
    assert all(table.r(c, m) >= 0 for c in HADRONIC_CHANNELS)


@pytest.mark.parametrize("name", width_tables())
@pytest.mark.parametrize("channel", HADRONIC_CHANNELS)
def test_closed_below_and_rising_from_threshold(name, channel):
    table, threshold = r_table(name), THRESHOLD_GEV[channel]
    assert table.r(channel, threshold * (1 - 1e-12)) == 0
    opening = np.flatnonzero(table.r(channel, np.arange(threshold, 2.0, 1e-4)) > 0)[0] * 1e-4 + threshold
    just_above = table.r(channel, opening + np.linspace(0, 2e-3, 50))
    assert np.all(np.diff(just_above) >= 0)


def test_spline_goes_through_the_table():
    values = _deliver_values()
    for channel in ("pipi", "3pi", "kk", "pipieta"):
        assert_allclose(DELIVER.r(channel, values["mass_gev"]), values[channel], rtol=1e-9)


@pytest.mark.parametrize(
    ("formula", "threshold", "power"),
    [
        (r_pipi, THRESHOLD_GEV["pipi"], 1.5),
        (r_three_pions, 0.42, 1.0),
        (r_pi0_gamma, THRESHOLD_GEV["pi0gamma"], 3.0),
        (r_eta_gamma, THRESHOLD_GEV["etagamma"], 3.0),
    ],
)
def test_interpolation_error_on_closed_formulas(formula, threshold, power):
    grid = _deliver_values()["mass_gev"]
    column = Column.through(grid, formula(grid), threshold, power)
    m = np.concatenate(
        [np.linspace(0.6, 1.5, 800), np.linspace(0.775, 0.79, 60), np.linspace(1.01, 1.03, 60)]
    )
    error = column(m) / formula(m) - 1
    assert np.max(np.abs(error)) < 5e-3
    assert np.sqrt(np.mean(error**2)) < 1e-3


@given(m=mass)
def test_own_table_is_the_formula(m):
    own = r_table("own")
    for channel, formula in {"pipi": r_pipi, "pi0gamma": r_pi0_gamma, "3pi": r_three_pions}.items():
        assert_allclose(own.r(channel, m), formula(m), rtol=1e-3, atol=1e-7)


def test_own_and_deliver_agree_on_the_total():
    off_peak = np.array([0.3, 0.5, 0.7, 0.9, 1.0, 1.2, 1.5, 1.8, 1.99])
    assert_allclose(r_table("own").r_total(off_peak), DELIVER.r_total(off_peak), rtol=0.10)


def test_last_value_is_held_to_the_end_of_the_range():
    assert_allclose(DELIVER.r_total(2.0), DELIVER.r_total(1.99), rtol=1e-12)


def test_unknown_names():
    with pytest.raises(ConfigError, match=r"did you mean 'deliver'\?"):
        r_table("delivr")
    with pytest.raises(ConfigError, match=r"unknown hadronic channel 'pipi0'.*did you mean 'pipi'\?"):
        DELIVER.r("pipi0", 1.0)


def test_hole_in_a_table_is_an_error():
    with pytest.raises(DataError, match=r"not positive at 1\.2 GeV"):
        Column.through(np.array([1.0, 1.1, 1.2, 1.3]), np.array([0.0, 1.0, 0.0, 1.0]), 0.5, 1.0)


@pytest.mark.reference
def test_shipped_table_is_rebuilt_by_its_script():
    source = REFERENCE / "tables" / "dark_photon_R.json"
    if not source.exists():
        pytest.skip("the resampled DeLiVeR tables are not in the folder of references")
    spec = importlib.util.spec_from_file_location("build", REPOSITORY / "scripts" / "build_dark_photon_r.py")
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    table = json.loads(source.read_text())
    rebuilt = np.array(build.rows(table["m"], table["R"])).T
    assert_allclose(list(_deliver_values().values()), rebuilt, rtol=6e-4)

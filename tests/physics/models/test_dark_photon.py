from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.constants import ALPHA, ELECTRON_MASS_GEV
from feebly.core.errors import ConfigError, DomainError
from feebly.physics.formfactors.r_tables import width_tables
from feebly.physics.models.dark_photon import DarkPhoton
from feebly.physics.models.registry import MODELS

MODEL = DarkPhoton()
log_uniform = lambda low, high: st.floats(np.log10(low), np.log10(high)).map(lambda u: 10.0**u)  # noqa: E731
mass = log_uniform(0.00103, 1.9999)
epsilon = log_uniform(1e-9, 1e-2)
every_table = pytest.mark.parametrize("model", [DarkPhoton(t) for t in width_tables()], ids=width_tables())


@pytest.mark.parametrize(
    ("m", "deliver", "darkcast"),
    [  # ctau ε² [m] of 2201.01788 and 1801.04847
        (0.01, 8.115e-12, 8.118e-12),
        (0.1, 8.112e-13, 8.118e-13),
        (0.3, 1.420e-13, 1.422e-13),
        (0.5, 6.547e-14, 6.515e-14),
        (0.77, 8.87e-15, 8.68e-15),
        (1.0, 2.59e-14, 2.55e-14),
        (1.5, 1.334e-14, 1.276e-14),
    ],
)
def test_lifetime_of_public_programs(m, deliver, darkcast):
    assert_allclose(MODEL.ctau_m(m, 1.0), deliver, rtol=2e-3)
    assert_allclose(MODEL.ctau_m(m, 1.0), darkcast, rtol=0.01 if m < 0.6 else 0.05)


def test_lifetime_on_the_narrow_peaks():
    # 2201.01788; public programs differ by 30% here
    assert_allclose(MODEL.ctau_m([0.7827, 1.0195], 1.0), [4.9e-15, 1.66e-15], rtol=0.06)


@pytest.mark.parametrize(
    ("m", "ee", "mumu", "pipi", "three_pi"),
    [
        (0.3, 0.5252, 0.4653, 0.0095, 0),
        (0.5, 0.4016, 0.3965, 0.2017, 1e-6),
        (0.77, 0.082, 0.0819, 0.744, 0.0809),
    ],
)
def test_branching_ratios_from_closed_form_factors(m, ee, mumu, pipi, three_pi):
    own = DarkPhoton("own")
    got = [own.branching_ratio(c, m) for c in ("ee", "mumu", "pipi", "3pi")]
    assert_allclose(got, [ee, mumu, pipi, three_pi], rtol=7e-3, atol=1e-7)
    assert_allclose([MODEL.branching_ratio(c, m) for c in ("ee", "mumu")], [ee, mumu], rtol=0.03)


@pytest.mark.reference
def test_lifetimes_and_branching_ratios_of_the_pilot_yields():
    folder = Path(os.environ.get("FEEBLY_REFERENCE") or Path(__file__).parents[2] / "reference")
    for point in json.loads((folder / "pilot_yields.json").read_text())["points"]:
        m, channel = point["mass_gev"], point["channel"]
        assert_allclose(MODEL.ctau_m(m, point["eps"]), point["ctau_m"], rtol=1e-3)
        assert_allclose(MODEL.branching_ratio(channel, m), point["branching_ratio"], rtol=1e-3)


@every_table
@given(m=mass, eps=epsilon)
def test_branching_ratios_sum_to_one(model, m, eps):
    ratios = [model.branching_ratio(c, m, eps) for c in model.channels]
    assert_allclose(sum(ratios), 1.0, rtol=1e-12)
    assert all(0 <= r <= 1 for r in ratios)


@every_table
@given(m=mass, eps=epsilon)
def test_widths_scale_as_epsilon_squared_and_lifetime_is_their_inverse(model, m, eps):
    assert_allclose(
        model.partial_width_gev("ee", m, eps), eps**2 * model.partial_width_gev("ee", m, 1.0), rtol=1e-12
    )
    width = sum(model.partial_width_gev(c, m, eps) for c in model.channels)
    assert_allclose(width, model.total_width_gev(m, eps), rtol=1e-12)
    assert_allclose(model.ctau_m(m, eps) * width, 1.973269804e-16, rtol=1e-12)  # ħc [GeV m]


@given(m=mass)
def test_every_channel_opens_at_its_threshold(m):
    for channel in MODEL.channels:
        if m < MODEL.threshold_gev(channel):
            assert MODEL.partial_width_gev(channel, m, 1.0) == 0


def test_massless_electron_width():
    # far above threshold Γ(ee) = ε² α m/3
    assert_allclose(MODEL.partial_width_gev("ee", 1.0, 2e-6), 4e-12 * ALPHA / 3, rtol=1e-6)


def test_muon_channel_near_threshold():
    # Γ -> α m/3 β × 3/2 for β -> 0
    m = 2 * 0.1056583755 * (1 + 1e-8)
    beta = np.sqrt(1 - (2 * 0.1056583755 / m) ** 2)
    assert_allclose(MODEL.partial_width_gev("mumu", m, 1.0), ALPHA * m / 2 * beta, rtol=1e-6)


def test_charged_kaons_beat_neutral_ones_at_the_phi():
    # PDG 2024: BR(phi -> K+K-)/BR(phi -> K_L K_S) = 0.491/0.339
    ratio = MODEL.branching_ratio("kk", 1.0195) / MODEL.branching_ratio("k0k0", 1.0195)
    assert_allclose(ratio, 0.491 / 0.339, rtol=0.06)


def test_masses_and_couplings_broadcast():
    m, eps = np.array([0.2, 0.3, 1.1])[:, None], np.array([1e-7, 1e-6])
    assert MODEL.ctau_m(m, eps).shape == (3, 2)
    assert MODEL.branching_ratio("mumu", m, eps).shape == (3, 2)
    assert MODEL.branching_ratio("mumu", 0.3).shape == ()
    assert_allclose(MODEL.ctau_m(m, eps)[1, 1], MODEL.ctau_m(0.3, 1e-6), rtol=1e-14)


def test_errors():
    with pytest.raises(DomainError, match=r"0\.0011-2 GeV for dark-photon; did you mean 0\.215"):
        MODEL.ctau_m(215, 1e-6)
    with pytest.raises(DomainError, match="epsilon = 0"):
        MODEL.ctau_m(0.2, 0.0)
    with pytest.raises(ConfigError, match=r"unknown channel 'mumuu'; known: ee, .*did you mean 'mumu'\?"):
        MODEL.branching_ratio("mumuu", 0.3)
    with pytest.raises(ConfigError, match="unknown channel 'mumuu'"):
        MODEL.threshold_gev("mumuu")
    with pytest.raises(ConfigError, match="unknown width table 'ownn'"):
        DarkPhoton("ownn")


def test_identity():
    assert MODELS["BC1"] is MODELS["dark-photon"] is DarkPhoton
    assert (MODEL.tag, MODEL.coupling_name) == ("dark-photon", "epsilon")
    assert MODEL.mass_range_gev == (2 * ELECTRON_MASS_GEV, 2.0)
    assert MODEL.threshold_gev("mumu") == pytest.approx(0.2113167510, rel=1e-9, abs=0)

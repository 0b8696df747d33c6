from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError
from feebly.physics.production.meson_decay import MESON_MODES, MesonDecay

every_mode = pytest.mark.parametrize("tag", list(MESON_MODES))


@pytest.mark.parametrize(
    ("tag", "m", "expected"),
    [  # kinematics times PDG branching ratios, per ε²
        ("pi0", 0.05, 1.2694),
        ("eta", 0.1, 0.7111),
        ("etaprime", 0.3, 0.03385),
        ("omega-pi0", 0.3, 0.04906),
        ("phi-eta", 0.3, 0.00565),
        ("rho0-pi0", 0.1, 4.447e-4),
    ],
)
def test_branching_ratios(tag, m, expected):
    assert_allclose(MesonDecay(tag).branching_ratio(m), expected, rtol=1e-3)


@every_mode
def test_light_dark_photon_replaces_a_real_photon(tag):
    # two photons of a pseudoscalar can each be the A'
    mode = MESON_MODES[tag]
    photons = 2 if mode.recoil_mass_gev == 0 else 1
    assert_allclose(MesonDecay(tag).branching_ratio(1e-6), photons * mode.branching_ratio, rtol=1e-6)


@every_mode
def test_closed_above_the_end_point(tag):
    channel = MesonDecay(tag)
    end = channel.mass_range_gev((1e-3, 2.0))[1]
    mode = MESON_MODES[tag]
    assert end == mode.parent_mass_gev - mode.recoil_mass_gev
    assert channel.mass_range_gev((1e-3, 0.1)) == (1e-3, 0.1)
    assert_allclose(channel.branching_ratio([end, end * 1.001, 2.0]), 0.0, atol=0)
    assert channel.branching_ratio(end * 0.999) > 0


@every_mode
@given(x=st.floats(0.001, 0.999))
def test_falls_with_the_mass(tag, x):
    channel = MesonDecay(tag)
    end = channel.mass_range_gev((1e-3, 2.0))[1]
    assert channel.branching_ratio(x * end) > channel.branching_ratio((x + 1e-3) * end)


def test_rate_is_multiplicity_times_weight_times_branching_ratio():
    eps = np.array([1e-6, 2e-6])
    expected = 4.0 * 0.5 * eps**2 * 1.2694
    assert_allclose(MesonDecay("pi0", weight=0.5).rate(0.05, eps, multiplicity=4.0), expected, rtol=1e-4)


def test_vector_decay_near_the_end_point_is_p_cubed():
    channel = MesonDecay("omega-pi0")
    end = channel.mass_range_gev((1e-3, 2.0))[1]
    ratio = channel.branching_ratio(end * (1 - 4e-6)) / channel.branching_ratio(end * (1 - 1e-6))
    assert_allclose(ratio, 8, rtol=1e-3)


def test_sampling_names_parent_and_recoil():
    sampling = MesonDecay("rho-pi").sampling()
    assert (sampling.parent, sampling.parent_mass_gev, sampling.recoil_mass_gev) == (
        "rho",
        0.77526,
        0.13957039,
    )
    assert MesonDecay("eta").sampling().recoil_mass_gev == 0


def test_errors():
    with pytest.raises(ConfigError, match=r"unknown meson decay 'etaprim'.*did you mean 'etaprime'\?"):
        MesonDecay("etaprim")
    with pytest.raises(ConfigError, match="production 'eta' needs the multiplicity"):
        MesonDecay("eta").rate(0.1, 1e-6)
    with pytest.raises(ConfigError, match="meson weight = -1"):
        MesonDecay("eta", weight=-1.0)

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.constants import ALPHA
from feebly.core.errors import ConfigError
from feebly.physics.production.mixing import VECTOR_MESONS, Mixing, mixing_angle_squared

every_meson = pytest.mark.parametrize("tag", list(VECTOR_MESONS))


@pytest.mark.parametrize(
    ("tag", "m", "r"),
    [  # σ(e+e- -> V -> hadrons)/σ_point from 2201.01788: pi+pi-, 3 pi, K+K- and K0K0bar
        ("mixing-rho", 0.77, 8.76),
        ("mixing-omega", 0.9, 0.0979),
        ("mixing-phi", 1.02, 36.09),
    ],
)
def test_weight_is_r_of_the_main_final_state(tag, m, r):
    assert_allclose(Mixing(tag).weight(m), r, rtol=5e-3)


@every_meson
def test_no_mixing_below_the_hadronic_range(tag):
    assert_allclose(Mixing(tag).weight([0.01, 0.2, 0.2799]), 0.0, atol=0)


def test_rate_is_multiplicity_times_scale_times_weight():
    eps = np.array([1e-6, 3e-6])
    rate = Mixing("mixing-rho", scale=0.7).rate(0.77, eps, multiplicity=0.45)
    assert_allclose(rate, 0.45 * 0.7 * eps**2 * 8.76, rtol=1e-3)


@every_meson
def test_mixing_angle_limits(tag):
    v = VECTOR_MESONS[tag]
    at_zero = mixing_angle_squared(1e-6, v.mass_gev, v.width_gev, v.coupling)
    on_pole = mixing_angle_squared(v.mass_gev, v.mass_gev, v.width_gev, v.coupling)
    e2 = 4 * np.pi * ALPHA
    assert_allclose(on_pole, e2 / v.coupling**2 * (v.mass_gev / v.width_gev) ** 2, rtol=1e-12)
    assert_allclose(at_zero, e2 / v.coupling**2, rtol=0.04)  # vector-meson dominance, up to (Γ/m)²


@pytest.mark.parametrize(
    ("tag", "m", "theta2"),
    [("mixing-rho", 0.3, 0.00483), ("mixing-omega", 0.77, 0.2753), ("mixing-phi", 1.0, 0.3819)],
)
def test_weight_theta_is_the_mixing_angle_at_all_masses(tag, m, theta2):
    mixing = Mixing(tag, scale=0.5, weight_kind="theta")
    assert_allclose(mixing.rate(m, 2e-6, multiplicity=3.0), 0.5 * 3 * 4e-12 * theta2, rtol=2e-3)
    assert mixing.mass_range_gev((1e-3, 2.0)) == (1e-3, 2.0)
    assert mixing.weight(0.01) > 0


@every_meson
def test_sampling_takes_the_momentum_of_the_meson(tag):
    sampling = Mixing(tag).sampling()
    assert sampling.parent == Mixing(tag).parent == {"rho": "rho0"}.get(tag[7:], tag[7:])
    assert sampling.kinematics == "lab-momentum"
    assert Mixing(tag).mass_range_gev((1e-3, 2.0)) == (0.28, 2.0)


def test_errors():
    with pytest.raises(ConfigError, match="unknown mixing channel 'mixing-eta'"):
        Mixing("mixing-eta")
    with pytest.raises(ConfigError, match="needs the multiplicity of its parent 'rho0'"):
        Mixing("mixing-rho").rate(0.5, 1e-6)
    with pytest.raises(
        ConfigError, match=r"unknown mixing kinematics 'lab'; known: lab-momentum, lab-energy"
    ):
        Mixing("mixing-rho", kinematics="lab")
    with pytest.raises(ConfigError, match=r"unknown mixing weight 'r'"):
        Mixing("mixing-rho", weight_kind="r")
    with pytest.raises(ConfigError, match="unknown width table"):
        Mixing("mixing-rho", width_table="x")
    with pytest.raises(ConfigError, match="mixing scale = nan"):
        Mixing("mixing-rho", scale=float("nan"))

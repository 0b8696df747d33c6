from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.physics.kinematics.boost import boost_from_rest_frame, cm_boost, sqrt_s_fixed_target_gev

component = st.floats(-1, 1)
vector = st.tuples(component, component, component)
magnitude = st.floats(-3, 3).map(lambda u: 10.0**u)


@given(p=vector, parent=vector, scale=magnitude, mass=magnitude, daughter_mass=magnitude)
def test_boost_keeps_the_invariant_mass_and_the_invariant_product(p, parent, scale, mass, daughter_mass):
    p, parent = np.array(p), scale * np.array(parent)
    e = np.sqrt(p @ p + daughter_mass**2)
    p_lab, e_lab = boost_from_rest_frame(p, e, parent, mass)
    parent_energy = np.sqrt(parent @ parent + mass**2)
    size = float(e_lab)
    assert_allclose((e_lab**2 - p_lab @ p_lab) / size**2, daughter_mass**2 / size**2, atol=1e-13)
    # P·p is M e in the rest frame
    assert_allclose(
        (parent_energy * e_lab - parent @ p_lab) / (parent_energy * size),
        mass * e / (parent_energy * size),
        atol=1e-13,
    )


@given(direction=vector, scale=magnitude, mass=magnitude)
def test_particle_at_rest_is_carried_along(direction, scale, mass):
    parent = scale * np.array(direction)
    p_lab, e_lab = boost_from_rest_frame(np.zeros(3), mass, parent, mass)
    assert_allclose(p_lab, parent, rtol=1e-13)
    assert_allclose(e_lab, np.sqrt(parent @ parent + mass**2), rtol=1e-13)


def test_boost_along_z_is_the_textbook_formula():
    gamma, beta = 1.25, 0.6
    p_lab, e_lab = boost_from_rest_frame([0.1, 0.2, 0.3], 0.7, [0, 0, gamma * beta * 2.0], 2.0)
    assert_allclose(p_lab, [0.1, 0.2, gamma * (0.3 + beta * 0.7)], rtol=1e-14)
    assert_allclose(e_lab, gamma * (0.7 + beta * 0.3), rtol=1e-14)


def test_many_particles_at_once():
    rng = np.random.default_rng(1)
    p, parent = rng.normal(size=(2, 5, 3))
    p_lab, e_lab = boost_from_rest_frame(p, np.full(5, 3.0), parent, np.full(5, 0.5))
    for i in range(5):
        one_p, one_e = boost_from_rest_frame(p[i], 3.0, parent[i], 0.5)
        assert_allclose(p_lab[i], one_p, rtol=1e-14)
        assert_allclose(e_lab[i], one_e, rtol=1e-14)


def test_sps_beam_on_a_nucleon():
    # 400 GeV protons of the SPS: √s = 27.4 GeV
    assert_allclose(sqrt_s_fixed_target_gev(400.0), 27.4296, rtol=2e-6)
    gamma, beta_gamma = cm_boost(400.0)
    assert_allclose(gamma**2 - beta_gamma**2, 1.0, rtol=1e-12)
    # total laboratory energy is γ √s
    assert_allclose(
        gamma * sqrt_s_fixed_target_gev(400.0), np.hypot(400, 0.93827209) + 0.93827209, rtol=1e-12
    )

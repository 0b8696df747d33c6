from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.physics.formfactors.triangle import (
    fermion_amplitude,
    loop_function,
    pseudoscalar_boson_loop,
    pseudoscalar_fermion_loop,
    vector_amplitude,
)


@pytest.mark.parametrize("tau", [1.2, 3.0, 1e3, 1e7])
def test_loop_function_above_threshold_is_the_continuation_of_the_one_below(tau):
    # m_i² - i0: asin of a number just above the cut
    assert_allclose(loop_function(tau), np.arcsin(np.sqrt(tau + 1e-12j)) ** 2, rtol=1e-6)


@pytest.mark.parametrize("tau", [1e-6, 5e-4, 2e-3, 0.1, 0.6, 0.95])
def test_fermion_amplitude_is_the_feynman_parameter_integral(tau):
    # A_½ = 4 ∫dx dy (1 - 4xy)/(1 - 4τxy) over the triangle x + y < 1; x = u v, y = u (1 - v)
    node, weight = np.polynomial.legendre.leggauss(200)
    u, w = (node + 1) / 2, weight / 2
    xy = (u**2)[:, None] * (u * (1 - u))[None, :]
    integral = (w * u) @ ((1 - 4 * xy) / (1 - 4 * tau * xy)) @ w
    assert_allclose(fermion_amplitude(tau), 4 * integral, rtol=1e-6)


def test_heavy_particles_and_continuity():
    assert_allclose(fermion_amplitude(0.0), 4 / 3, rtol=1e-12)
    assert_allclose(vector_amplitude(0.0), -7, rtol=1e-12)
    for amplitude in (fermion_amplitude, vector_amplitude):
        assert_allclose(amplitude(0.9999e-3), amplitude(1.0001e-3), rtol=1e-7)
        assert_allclose(amplitude(1 - 1e-10), amplitude(1 + 1e-10), rtol=1e-4)


def test_amplitudes_of_a_higgs_boson():
    # Carena, Low, Wagner, 1206.1082: A_1(W) = -8.32 and 4/3 A_½(t) = 1.84 at 125 GeV
    assert_allclose(vector_amplitude((125.2 / 2 / 80.369) ** 2), -8.32, rtol=3e-3)
    assert_allclose(fermion_amplitude((125.2 / 2 / 172.57) ** 2) * 4 / 3, 1.84, rtol=5e-3)


@pytest.mark.parametrize("tau", [0.01, 0.3, 2.0, 50.0, 999.0, 1001.0, 1e6])
def test_loops_of_a_pseudoscalar(tau):
    # with f = asin(1/√τ): continued above threshold (τ < 1) by m_f² - i0
    f2 = np.arcsin(np.sqrt(1 / tau + (1e-13j if tau < 1 else 0))) ** 2
    assert_allclose(pseudoscalar_fermion_loop(tau), 1 - tau * f2, rtol=1e-6, atol=1e-9)
    assert_allclose(pseudoscalar_boson_loop(tau), 1 - (tau - 1) * f2, rtol=1e-6, atol=1e-9)


def test_limits_of_pseudoscalar_loops():
    assert_allclose(pseudoscalar_fermion_loop(1e8), -1e-8 / 3, rtol=1e-6)
    assert_allclose(pseudoscalar_boson_loop(1e8), 2e-8 / 3, rtol=1e-6)
    for loop in (pseudoscalar_fermion_loop, pseudoscalar_boson_loop):
        assert_allclose(loop(0.9999e3), loop(1.0001e3), rtol=1e-3)
        assert_allclose(loop(1 - 1e-10), loop(1 + 1e-10), rtol=1e-4, atol=1e-4)
    assert_allclose(pseudoscalar_fermion_loop(1e-12), 1.0, rtol=1e-6)

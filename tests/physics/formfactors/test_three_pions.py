from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.constants import ALPHA
from feebly.physics.formfactors.three_pions import _MPI, r_three_pions, three_pion_current


@pytest.mark.parametrize(
    ("mass", "deliver"),
    [(0.5, 2.654e-6), (0.6, 2.006e-4), (0.9, 0.09787), (1.0, 0.3093), (1.2, 0.07953), (1.5, 0.1002)],
)
def test_r_agrees_with_the_table_of_deliver_off_the_peaks(mass, deliver):
    assert_allclose(r_three_pions(mass), deliver, rtol=1e-3)


def test_omega_peak_has_the_measured_cross_section():
    # σ(e+e- -> omega -> 3pi) = 12π BR_ee BR_3pi/m² at the peak, BR 7.38e-5 and 0.892 (PDG 2024)
    peak = 12 * np.pi * 7.38e-5 * 0.892 / 0.78266**2
    point = 4 * np.pi * ALPHA**2 / (3 * 0.78266**2)
    assert_allclose(np.max(r_three_pions(np.arange(0.780, 0.785, 2e-4))), peak / point, rtol=0.08)


def test_closed_below_three_pions():
    assert_allclose(r_three_pions([0.1, 0.3, 0.42]), 0.0, atol=0)


def test_shape_of_the_input_is_kept():
    assert r_three_pions(0.9).shape == ()
    assert r_three_pions([[0.5, 0.9]]).shape == (1, 2)


def test_lorentz_factor_is_the_area_of_the_momentum_triangle():
    # at the symmetric point the three momenta are equal and 120° apart
    s = 0.6
    q2 = s / 3 + _MPI**2
    energy = np.sqrt(s) / 3
    p2 = energy**2 - _MPI**2
    _, lorentz = three_pion_current(s, q2, q2)
    assert_allclose(lorentz, s * p2**2 * 0.75, rtol=1e-12)


def test_current_is_symmetric_in_the_charges():
    f, lorentz = three_pion_current(0.8, 0.25, 0.31)
    g, lorentz_swapped = three_pion_current(0.8, 0.31, 0.25)
    assert_allclose(f, g, rtol=1e-13)
    assert_allclose(lorentz, lorentz_swapped, rtol=1e-13)

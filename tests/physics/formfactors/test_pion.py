from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.constants import PION_MASS_GEV
from feebly.physics.formfactors import pion

THRESHOLD = 2 * PION_MASS_GEV


@pytest.mark.parametrize(
    ("mass", "darkcast", "deliver"),
    [  # R(pipi) of two public programs, 1801.04847 and 2201.01788; data sets and fits differ
        (0.5, 0.505, 0.491),
        (0.7, 4.91, 4.78),
        (0.77, 9.04, 8.76),
        (0.9, 1.728, 1.627),
        (1.0, 0.686, 0.652),
    ],
)
def test_r_pipi_lies_between_or_near_public_programs(mass, darkcast, deliver):
    r = float(pion.r_pipi(mass))
    assert r == pytest.approx(darkcast, rel=0.05, abs=0)
    assert r == pytest.approx(deliver, rel=0.10, abs=0)


def test_derivative_of_h_is_its_derivative():
    s, step = 0.77502**2, 1e-5
    numerical = (pion._h(s + step) - pion._h(s - step)) / (2 * step)
    assert_allclose(pion._h_prime(s), numerical, rtol=1e-8)


def test_rho_phase_crosses_ninety_degrees_at_the_mass():
    # the Gounaris-Sakurai form is built such that the real part of the denominator vanishes at m
    m, width = 0.77502, 0.14959
    assert_allclose(pion._gounaris_sakurai(np.array(m**2), m, width).real, 0.0, atol=1e-12)


def test_form_factor_at_threshold_follows_from_charge_and_radius():
    # F(s) = 1 + <r²> s/6 + ..., <r²> = 0.43 fm² (PDG 2024); curvature adds 2-3% at threshold
    radius2 = 0.43 / 0.1973269804**2
    assert_allclose(
        abs(pion.pion_form_factor(THRESHOLD**2 * 1.0001)), 1 + radius2 * THRESHOLD**2 / 6, rtol=0.05
    )


def test_r_pipi_vanishes_like_the_third_power_of_velocity():
    assert pion.r_pipi(THRESHOLD) == 0
    assert_allclose(pion.r_pipi([0.1, 0.27]), 0.0, atol=0)
    near, far = pion.r_pipi(THRESHOLD * (1 + 1e-6)), pion.r_pipi(THRESHOLD * (1 + 4e-6))
    assert_allclose(far / near, 8, rtol=1e-3)  # β² ~ distance to the threshold

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError
from feebly.physics.production.bremsstrahlung import (
    G_SNN,
    bremsstrahlung_per_proton,
    sigma_pp_mb,
    splitting_scalar_gev_m2,
    virtuality_h_gev2,
)
from feebly.physics.production.scalar_bremsstrahlung import ScalarBremsstrahlung

M_P = 0.93827209
log_uniform = lambda low, high: st.floats(np.log10(low), np.log10(high)).map(lambda u: 10.0**u)  # noqa: E731


@given(z=st.floats(0.1, 0.9), pt2=log_uniform(1e-4, 10.0))
def test_massless_scalar_far_from_the_mass_shell(z, pt2):
    # collinear factorisation, dP/(dz dpT²) = z (1-z)/(16π²) <|M|²>/pT⁴; for L = -g S f f the mean over spins
    # is <|M|²> = g² Tr[p' p]/2 = 2 g² p'.p = g² pT²/(1-z). (<|M|²> = 2e² [1+(1-z)²] pT²/(z² (1-z)) for a
    # photon gives the known α/2π [1+(1-z)²]/z.)
    big = pt2 * 1e12
    expected = z * (1 - z) / (16 * np.pi**2) * 1.2e-3**2 * big / (1 - z) / big**2
    assert_allclose(splitting_scalar_gev_m2(z, big, 1e-6), expected, rtol=1e-6)


@given(z=st.floats(0.1, 0.9), pt2=log_uniform(1e-4, 10.0), m=log_uniform(0.01, 2.0))
def test_numerator_in_terms_of_the_virtuality(z, pt2, m):
    # m_p² (2-z)² + pT² = H + (1-z)(4 m_p² - m²), the form of 2108.05900
    h = virtuality_h_gev2(z, pt2, m)
    expected = G_SNN**2 * z / (16 * np.pi**2) * (1 + (1 - z) * (4 * M_P**2 - m**2) / h) / h
    assert_allclose(splitting_scalar_gev_m2(z, pt2, m), expected, rtol=1e-10)


def test_rate_per_proton_agrees_with_an_independent_quadrature():
    channel = ScalarBremsstrahlung()
    z, pt2 = np.linspace(0.1, 0.9, 801)[:, None], np.linspace(0, 16, 20001)
    h = pt2 + (1 - z) * 0.25 + (z * M_P) ** 2
    w = 1.44e-6 * z * (M_P**2 * (2 - z) ** 2 + pt2) / (16 * np.pi**2 * h**2) / (1 + (h / z / 2.25) ** 2) ** 2
    s = lambda e: 2 * M_P * e + 2 * M_P**2  # noqa: E731
    ratio = sigma_pp_mb(s(400 * (1 - z[:, 0]))) / sigma_pp_mb(s(400.0))
    expected = np.trapezoid(np.trapezoid(w, pt2, axis=1) * ratio, z[:, 0])
    assert_allclose(bremsstrahlung_per_proton(0.5, channel.sampling()), expected, rtol=1e-4)


@given(m=log_uniform(0.01, 1.8), sine=log_uniform(1e-6, 1e-1))
def test_rate_is_the_coupling_squared_times_form_factor_and_norm(m, sine):
    point_like = ScalarBremsstrahlung(form_factor="none")
    assert_allclose(point_like.rate(m, sine), sine**2, rtol=1e-12)
    doubled = ScalarBremsstrahlung(form_factor="none", norm="8pi2")
    assert_allclose(doubled.rate(m, sine), 2 * sine**2, rtol=1e-12)
    assert doubled.sampling() == point_like.sampling()  # the table does not know the norm


def test_poles_of_the_form_factor():
    # |F_S|²: 1.67 at 0.5 GeV, 989 on the f0(980), 36 at 1.2 GeV (2108.05900, parameters of 2008.08108)
    rate = ScalarBremsstrahlung().rate([0.5, 0.98, 1.2], 1.0)
    assert_allclose(rate, [1.667, 989.1, 36.06], rtol=1e-3)


def test_ends_at_the_proton_antiproton_threshold():
    assert_allclose(ScalarBremsstrahlung().mass_range_gev((0.001, 5.0)), (0.001, 2 * M_P), rtol=1e-9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"norm": "16pi"}, "unknown norm '16pi'.*did you mean '16pi2'"),
        ({"form_factor": "dipole"}, "unknown form factor 'dipole'; known: none, time-like, fixed-width"),
        ({"z_min": 0.95}, "expected 0 < z_min < z_max < 1"),
        ({"lambda_p_gev": 0.0}, "lambda_p_gev = 0: expected a positive number"),
    ],
)
def test_refusals(options, message):
    with pytest.raises(ConfigError, match=message):
        ScalarBremsstrahlung(**options)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.constants import ALPHA
from feebly.core.errors import ConfigError
from feebly.physics.production.bremsstrahlung import (
    Bremsstrahlung,
    bremsstrahlung_nodes,
    bremsstrahlung_per_proton,
    sigma_pp_mb,
    splitting_bb_gev_m2,
    virtuality_h_gev2,
)

log_uniform = lambda low, high: st.floats(np.log10(low), np.log10(high)).map(lambda u: 10.0**u)  # noqa: E731


def test_total_cross_section_of_the_pdg():
    # measured: 40.0 ± 0.2 mb at 400 GeV/c (Carroll et al., Phys. Lett. B80 (1979) 423)
    assert_allclose(sigma_pp_mb(27.43**2), 40.0, rtol=0.01)


@given(z=st.floats(0.1, 0.9), pt2=log_uniform(1e-4, 1.0))
def test_massless_vector_far_from_the_mass_shell_is_the_photon_splitting(z, pt2):
    # m -> 0 and pT >> z m_p: (α/2π) [1 + (1-z)²]/(z pT²), the Altarelli-Parisi form
    big = pt2 * 1e8
    expected = ALPHA / (2 * np.pi) * (1 + (1 - z) ** 2) / z / big
    assert_allclose(splitting_bb_gev_m2(z, big, 1e-6), expected, rtol=1e-3)


def test_virtuality_of_the_radiating_proton():
    assert_allclose(virtuality_h_gev2(0.5, 0.04, 0.3), 0.04 + 0.5 * 0.09 + 0.25 * 0.93827209**2, rtol=1e-12)


@pytest.mark.parametrize(
    ("m", "published"),
    [(0.05, 7.77e-3), (0.1, 7.66e-3), (0.3, 6.33e-3), (0.5, 4.95e-3), (0.77, 3.56e-3), (1, 2.75e-3)],
)
def test_integrated_rate(m, published):
    assert_allclose(bremsstrahlung_per_proton(m), published, rtol=2e-3)


def test_integral_agrees_with_an_independent_quadrature():
    z = np.linspace(0.1, 0.9, 1001)[:, None]
    pt2 = np.linspace(0, 1, 4001)
    w = splitting_bb_gev_m2(z, pt2, 0.3)
    s = lambda e: 2 * 0.93827209 * e + 2 * 0.93827209**2  # noqa: E731
    ratio = sigma_pp_mb(s(400 * (1 - z[:, 0]))) / sigma_pp_mb(s(400.0))
    assert_allclose(
        bremsstrahlung_per_proton(0.3), np.trapezoid(np.trapezoid(w, pt2, axis=1) * ratio, z[:, 0]), rtol=1e-4
    )


def test_nodes_average_the_momentum_fraction():
    # <z> of the sample against a plain sum over z and pT², other cuts than the defaults
    sampling = Bremsstrahlung(z_min=0.2, z_max=0.6, pt_max_gev=0.5).sampling()
    z, pt2, weights = bremsstrahlung_nodes(0.3, sampling)
    assert pt2.max() < 0.25
    fine_z = np.linspace(0.2, 0.6, 801)
    w = splitting_bb_gev_m2(fine_z[:, None], np.linspace(0, 0.25, 2001), 0.3).sum(axis=1)
    s = lambda e: 2 * 0.93827209 * e + 2 * 0.93827209**2  # noqa: E731
    w *= sigma_pp_mb(s(400 * (1 - fine_z)))
    expected = np.trapezoid(fine_z * w, fine_z) / np.trapezoid(w, fine_z)
    assert_allclose((weights * z).sum() / weights.sum(), expected, rtol=1e-3)


def test_validity_cut_is_inert_at_400_gev_and_bites_when_tightened():
    assert_allclose(
        bremsstrahlung_per_proton(0.3, validity_max=1.0), bremsstrahlung_per_proton(0.3), rtol=1e-12
    )
    assert bremsstrahlung_per_proton(0.3, validity_max=1e-5) < bremsstrahlung_per_proton(0.3)
    assert bremsstrahlung_per_proton(0.3, validity_max=1e-9) == 0


@given(m=log_uniform(0.01, 1.5), eps=log_uniform(1e-8, 1e-3))
def test_rate_is_epsilon_squared_times_the_form_factor(m, eps):
    assert_allclose(Bremsstrahlung().rate(m, eps), eps**2, rtol=1e-12)
    enhanced = Bremsstrahlung(form_factor="time-like").rate(m, eps)
    assert_allclose(enhanced, eps**2 * Bremsstrahlung(form_factor="time-like").rate(m, 1.0), rtol=1e-12)


def test_time_like_form_factor_enhances_at_half_a_gev():
    # |F1|² = 3.90 at 0.5 GeV with the parameters of 2108.05900
    assert_allclose(
        Bremsstrahlung(form_factor="time-like").rate([0.5, 0.3], 2.0), [4 * 3.903, 4 * 1.526], rtol=1e-3
    )


def test_sampling_carries_the_event_dependent_choices():
    sampling = Bremsstrahlung(pt_max_gev=0.5, beam_momentum_gev=120.0).sampling()
    assert (sampling.splitting, sampling.z_min, sampling.z_max) == ("bb", 0.1, 0.9)
    assert (sampling.pt_max_gev, sampling.validity_max, sampling.beam_momentum_gev) == (0.5, 0.1, 120.0)
    assert Bremsstrahlung().parent is None


def test_errors():
    with pytest.raises(ConfigError, match=r"unknown form factor 'timelike'.*did you mean 'time-like'\?"):
        Bremsstrahlung(form_factor="timelike")
    with pytest.raises(ConfigError, match="unknown splitting 'fr21'"):
        Bremsstrahlung(splitting="fr21")
    with pytest.raises(ConfigError, match="expected 0 < z_min < z_max < 1"):
        Bremsstrahlung(z_min=0.9, z_max=0.1)

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.constants import ALPHA
from feebly.core.errors import ConfigError
from feebly.physics.production.bremsstrahlung import (
    SPLITTINGS,
    Bremsstrahlung,
    bremsstrahlung_nodes,
    bremsstrahlung_per_proton,
    off_shell_factor,
    sigma_pp_mb,
    sigma_weight,
    splitting_bb_gev_m2,
    virtuality_h_gev2,
)


def per_proton(mass: float, **options: Any) -> float:
    return bremsstrahlung_per_proton(mass, Bremsstrahlung(**options).sampling())


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
    assert_allclose(per_proton(m), published, rtol=2e-3)


def test_integral_agrees_with_an_independent_quadrature():
    z = np.linspace(0.1, 0.9, 1001)[:, None]
    pt2 = np.linspace(0, 1, 4001)
    w = splitting_bb_gev_m2(z, pt2, 0.3)
    s = lambda e: 2 * 0.93827209 * e + 2 * 0.93827209**2  # noqa: E731
    ratio = sigma_pp_mb(s(400 * (1 - z[:, 0]))) / sigma_pp_mb(s(400.0))
    assert_allclose(per_proton(0.3), np.trapezoid(np.trapezoid(w, pt2, axis=1) * ratio, z[:, 0]), rtol=1e-4)


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
    assert_allclose(per_proton(0.3, validity_max=1.0), per_proton(0.3), rtol=1e-12)
    assert per_proton(0.3, validity_max=1e-5) < per_proton(0.3)
    assert per_proton(0.3, validity_max=1e-9) == 0


@pytest.mark.parametrize("splitting", ["fr21", "fr24"])
@pytest.mark.parametrize(
    ("m", "fr21", "fr24"), [(0.3, 8.58e-3, 3.85e-3), (0.5, 6.63e-3, 5.26e-3), (1, 3.74e-3, 4.41e-3)]
)
def test_integrated_rate_of_the_quasi_real_splittings(splitting, m, fr21, fr24):
    # with |F1|², Lambda_p = 1.5 GeV and pT < 4 GeV: an independent calculation, to three digits
    options = {"splitting": splitting, "lambda_p_gev": 1.5, "pt_max_gev": 4.0, "form_factor": "time-like"}
    rate = per_proton(m, **options) * Bremsstrahlung(**options).rate(m, 1.0)
    assert_allclose(rate, fr21 if splitting == "fr21" else fr24, rtol=2e-3)


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


def test_splittings_agree_for_a_light_vector_at_large_transverse_momentum():
    # m -> 0, m_p << pT: the photon splitting of the Altarelli-Parisi form
    bb, fr24 = (SPLITTINGS[name]([0.2, 0.8], 1e8, 1e-3) for name in ("bb", "fr24"))
    assert_allclose(fr24, bb, rtol=1e-6)


@given(z=st.floats(0.1, 0.9), m=log_uniform(0.01, 2.0), pt2=log_uniform(1e-4, 10.0))
def test_off_shell_factor_is_half_where_the_virtuality_is_the_scale(z, m, pt2):
    # H = z Lambda_p² gives 1/2; none is one; far beyond it the factor falls as H^-2
    scale = np.sqrt(virtuality_h_gev2(z, pt2, m) / z)
    assert_allclose(off_shell_factor(z, pt2, m, float(scale)), 0.5, rtol=1e-12)
    assert_allclose(off_shell_factor(z, pt2, m, 1e3), 1.0, rtol=1e-6)
    assert off_shell_factor(z, pt2, m, None) == 1
    assert_allclose(off_shell_factor(z, pt2, m, float(scale) / 100), 1e-8, rtol=1e-6)


def test_cross_section_weights():
    # 400 GeV, z = 0.3: the fit of 2409.09123 is 0.754 of the total cross section of the beam
    assert_allclose(sigma_weight("nsd", 280.0, 400.0), 0.754, rtol=1e-3)
    assert_allclose(sigma_weight("total", [400.0, 280.0], 400.0), [1.0, 39.357 / 39.861], rtol=1e-3)
    assert_allclose(sigma_weight("none", [10.0, 280.0], 400.0), 1.0, rtol=0)
    rates = [per_proton(0.3, sigma_weight=name) for name in ("nsd", "total", "none")]
    assert rates[0] < rates[1] < rates[2]


def test_quasi_real_splitting_of_2021_is_not_offered_below_its_range():
    assert Bremsstrahlung(splitting="fr21").mass_range_gev((0.01, 2.0)) == (0.3, 2.0)
    assert Bremsstrahlung(splitting="fr24").mass_range_gev((0.01, 2.0)) == (0.01, 2.0)


def test_dipole_suppresses_where_the_time_like_form_factor_enhances():
    # (1 + m²/0.71)^-2 squared: 1/16 at m² = 0.71 GeV²
    assert_allclose(Bremsstrahlung(form_factor="dipole").rate(np.sqrt(0.71), 3.0), 9 / 16, rtol=1e-12)


def test_sampling_carries_the_event_dependent_choices():
    sampling = Bremsstrahlung(pt_max_gev=0.5, beam_momentum_gev=120.0).sampling()
    assert (sampling.splitting, sampling.z_min, sampling.z_max) == ("bb", 0.1, 0.9)
    assert (sampling.pt_max_gev, sampling.validity_max, sampling.beam_momentum_gev) == (0.5, 0.1, 120.0)
    assert Bremsstrahlung().parent is None


def test_errors():
    with pytest.raises(ConfigError, match=r"unknown form factor 'timelike'.*did you mean 'time-like'\?"):
        Bremsstrahlung(form_factor="timelike")
    with pytest.raises(ConfigError, match=r"unknown splitting 'fr22'.*did you mean 'fr24'\?"):
        Bremsstrahlung(splitting="fr22")
    with pytest.raises(ConfigError, match=r"unknown sigma weight 'nds'.*did you mean 'nsd'\?"):
        Bremsstrahlung(sigma_weight="nds")
    with pytest.raises(ConfigError, match="unknown polarisation 'T'; known: isotropic, transverse"):
        Bremsstrahlung(polarisation="T")
    with pytest.raises(ConfigError, match="lambda_p_gev = 0: expected a positive number"):
        Bremsstrahlung(lambda_p_gev=0.0)
    with pytest.raises(ConfigError, match="pt_max_gev = nan: expected a positive number"):
        Bremsstrahlung(pt_max_gev=float("nan"))
    with pytest.raises(ConfigError, match="expected 0 < z_min < z_max < 1"):
        Bremsstrahlung(z_min=0.9, z_max=0.1)

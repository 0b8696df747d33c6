from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.special import spherical_jn

from feebly.core.errors import ConfigError
from feebly.physics.formfactors.nucleus import FIRST_ZERO, helm_form_factor, helm_radius_per_gev
from feebly.physics.models.alp import MesonMixing
from feebly.physics.models.alp_couplings import AlpCouplings, couplings_per_unit
from feebly.physics.production.photon_conversion import PhotonConversion, Primakoff, g_photon_squared
from feebly.physics.production.primakoff import (
    cross_section,
    differential_cross_section,
    largest_transfer_gev2,
    proton_photon_density,
)

CU = (29.0, 63.546)
PHOTON = couplings_per_unit("alp-photon", "g_agamma")


def test_form_factor_is_the_bessel_function_of_a_smeared_sphere():
    fm = 1e-15 / 1.973269804e-16
    for q in (1e-6, 1e-3, 0.05, 0.15):
        x = q * helm_radius_per_gev(63.546)
        expected = 3 * spherical_jn(1, x) / x * np.exp(-((q * 0.9 * fm) ** 2) / 2)
        assert_allclose(helm_form_factor(q**2, 63.546), expected, rtol=1e-9)
    # 4.02 fm for copper
    assert_allclose(helm_radius_per_gev(63.546) / fm, 4.55, rtol=0.01)
    q_zero = np.sqrt(largest_transfer_gev2(63.546))
    assert abs(helm_form_factor(q_zero**2, 63.546)) < 1e-3
    assert_allclose(FIRST_ZERO, 4.4934, rtol=1e-3)


def test_point_charge_without_form_factor():
    # a light ALP on a small nucleus: ∫ q_T² dq_T²/(q_T² + q_L²)² = ln(1 + Q²/q_L²) - Q²/(Q² + q_L²)
    m, energy, q_max2 = 0.05, 50.0, 1e-7
    q_l2 = (m**2 / (2 * energy)) ** 2
    expected = (1 / 137.035999) * 29**2 / 8 * (np.log1p(q_max2 / q_l2) - q_max2 / (q_max2 + q_l2))
    numeric = quad(
        lambda u: float(differential_cross_section(np.exp(u), m, energy, *CU)) * np.exp(u),
        -40,
        np.log(q_max2),
    )[0]
    assert_allclose(numeric, expected, rtol=1e-4)


@pytest.mark.parametrize(("m", "energy"), [(0.02, 30.0), (0.3, 100.0), (1.0, 200.0)])
def test_cross_section_is_the_integral_of_its_density(m, energy):
    least, most = (m**2 / (2 * energy)) ** 2, largest_transfer_gev2(63.546)
    numeric = quad(
        lambda u: float(differential_cross_section(np.exp(u) - least, m, energy, *CU)) * np.exp(u),
        np.log(least),
        np.log(most),
        limit=500,
    )[0]
    assert_allclose(cross_section(m, energy, *CU), numeric, rtol=1e-6)


def test_no_coherence_for_a_heavy_particle():
    edge = np.sqrt(2 * 10.0 * np.sqrt(largest_transfer_gev2(63.546)))
    assert cross_section(edge * 1.001, 10.0, *CU) == 0.0
    assert cross_section(edge * 0.99, 10.0, *CU) > 0.0


@pytest.mark.parametrize(
    ("x", "all_photons", "with_cut"),
    [(0.05, 0.15021, 0.14873), (0.2, 0.010342, 0.010021), (0.5, 4.6577e-4, 3.6181e-4)],  # pilot
)
def test_photons_of_a_proton(x, all_photons, with_cut):
    for cut, expected in (("none", all_photons), ("et2-plus-x", with_cut)):
        edge = 1 - x - (x * 0.93827209) ** 2 if cut != "none" else 1e3
        numeric = quad(
            lambda u, cut=cut: float(proton_photon_density(x, np.exp(u), cut)) * np.exp(u),
            -30,
            np.log(edge),
            limit=300,
        )[0]
        assert_allclose(numeric, expected, rtol=1e-3)
    assert proton_photon_density(0.7, 1e-4, "et2-plus-x") == 0
    assert proton_photon_density(0.7, 1e-4) > 0


def test_soft_photons_are_those_of_a_point_charge():
    # x -> 0 at q_T >> x m_p: n = (α/π x q_T²) G_E² + ... with G_E -> 1 for small q_T
    x, qt2 = 1e-6, 1e-4
    assert_allclose(proton_photon_density(x, qt2), 1 / 137.036 / (np.pi * x * qt2), rtol=2e-3)


def test_conversion_probability():
    # 2 BR(π0 -> γγ) × g²/σ_abs; with σ/g² = 10.22 at m = 0.1, E = 100 GeV: 6.24e-4 g² GeV² per photon
    channel = PhotonConversion("photon-pi0", PHOTON, MesonMixing())
    rate = float(channel.rate(0.1, 1e-4, 4.0))
    per_photon = rate / (4.0 * 2 * 0.98823) * cross_section(0.1, 100.0, *CU)
    assert_allclose(per_photon, 6.24e-4 * 1e-8, rtol=1e-3)
    other = PhotonConversion("photon-pi0", PHOTON, MesonMixing(), "alpinist")
    assert_allclose(other.rate(0.1, 1e-4, 4.0) / rate, 6.38 / 6.0, rtol=1e-9)
    eta = PhotonConversion("photon-eta", PHOTON, MesonMixing())
    assert_allclose(eta.rate(0.1, 1e-4, 0.4) / rate, 0.1 * 0.3936 / 0.98823, rtol=1e-9)
    assert "6.38 b" in channel.numbers[0]


def test_rate_of_protons():
    channel = Primakoff(PHOTON, MesonMixing())
    # σ_pp A^0.77 with 39.85 mb; 0.3894 mb GeV²
    expected = 1e-8 * 0.3893793721 / (39.86 * 63.546**0.77)
    assert_allclose(channel.rate(0.3, 1e-4), expected, rtol=1e-3)
    assert channel.parent is None
    assert channel.sampling().cut == "et2-plus-x"
    assert Primakoff(PHOTON, MesonMixing(), cut="none").sampling().cut == "none"


def test_gluons_convert_photons_by_their_effective_coupling():
    # C_γγ^eff/C_GG = -5.590 at 0.5 GeV (pilot)
    g2 = g_photon_squared(0.5, AlpCouplings(c_gg=1.0), MesonMixing())
    assert_allclose(g2, (16 * np.pi / 137.035999 * 5.590) ** 2, rtol=1e-3)


def test_names():
    with pytest.raises(ConfigError, match="unknown photon channel 'photon-rho'"):
        PhotonConversion("photon-rho", PHOTON, MesonMixing())
    with pytest.raises(ConfigError, match=r"unknown absorption of photons '6\.38'"):
        PhotonConversion("photon-pi0", PHOTON, MesonMixing(), "6.38")
    with pytest.raises(ConfigError, match="unknown cut on the photons of a proton 'all'"):
        Primakoff(PHOTON, MesonMixing(), cut="all")
    with pytest.raises(ConfigError, match="expected 0 < x < 1"):
        proton_photon_density(1.0, 0.1)
    with pytest.raises(ConfigError, match="needs the multiplicity"):
        PhotonConversion("photon-pi0", PHOTON, MesonMixing()).rate(0.1, 1e-4)

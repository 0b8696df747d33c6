from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError
from feebly.physics.formfactors.meson_mixing import (
    F_PI_GEV,
    MESON_MASS_GEV,
    MIXING_BASES,
    RESONANCE_GEV,
    flavour_content,
    hadronic_suppression,
    kappa,
    mixing_angle,
)

GLUON = 1 / (32 * np.pi**2)  # C_GG/Λ of f_G = 1 GeV


@pytest.mark.parametrize("basis", MIXING_BASES)
def test_kappa_is_a_rotation_of_the_whole_gluon_coupling(basis):
    assert_allclose(kappa(basis).sum(), 1.0, rtol=1e-12)
    assert np.all(kappa(basis) >= 0)


def test_kappa_of_inverse_masses_removes_the_mixing_with_the_octet():
    masses = (2e-3, 5e-3, 90e-3)
    product = kappa("inverse-mass", masses) * masses
    assert_allclose(product, product[0], rtol=1e-12)
    assert kappa("up-down", masses)[2] == 0.0


@pytest.mark.parametrize("angle", [-13.0, -19.4712206, 5.0])
def test_mesons_are_orthogonal_and_of_one_norm(angle):
    content = np.array([flavour_content(meson, angle) for meson in MESON_MASS_GEV])
    assert_allclose(content @ content.T, 2 * np.eye(3), rtol=1e-12, atol=1e-12)


def test_eta_without_octet_singlet_mixing_is_the_octet():
    assert_allclose(flavour_content("eta", 0.0), np.array([1, 1, -2]) / np.sqrt(3), rtol=1e-12)


@pytest.mark.parametrize(
    ("m", "eta", "etaprime"),
    [(0.4, -0.0433, -0.0227), (0.6, 0.228, -0.0694)],  # pilot: θ over C_ff/Λ [GeV]
)
def test_universal_fermion_coupling(m, eta, etaprime):
    assert_allclose(mixing_angle("eta", m, 0.0, 1.0), eta, rtol=2e-3)
    assert_allclose(mixing_angle("etaprime", m, 0.0, 1.0), etaprime, rtol=2e-3)
    assert_allclose(mixing_angle("pi0", m, 0.0, 1.0), 0.0, atol=1e-12)  # isospin


@pytest.mark.parametrize("basis", MIXING_BASES)
def test_heavy_particle_keeps_the_kinetic_mixing(basis):
    # m -> ∞: θ -> F_π/2 Σ κ_q P_q/f_G, of an ALP that couples to the quarks' axial currents only
    for meson in MESON_MASS_GEV:
        limit = F_PI_GEV / 2 * flavour_content(meson) @ kappa(basis)
        assert_allclose(mixing_angle(meson, 1e4, GLUON, basis=basis), limit, rtol=1e-6, atol=1e-10)


def test_pion_angle_of_two_flavours():
    # κ_s = 0: (F_π/2f)(κ_u - κ_d) m²/(m² - m_π²), hep-ph/9807363 for the axion; no mass mixing for κ ~ 1/m_q
    difference = (4.70 - 2.16) / (4.70 + 2.16)
    m, pion = 0.3, 0.1349768
    expected = F_PI_GEV / 2 * difference * m**2 / (m**2 - pion**2)
    assert_allclose(mixing_angle("pi0", m, GLUON, basis="up-down"), expected, rtol=1e-9)


def test_angle_is_held_at_the_meson():
    for meson, mass in MESON_MASS_GEV.items():
        edge = mixing_angle(meson, mass + RESONANCE_GEV, 0.0, 1.0)
        inside = mixing_angle(meson, mass + 1e-6, 0.0, 1.0)
        assert_allclose(inside, edge * (mass / (mass + RESONANCE_GEV)) ** 2, rtol=1e-4)


def test_suppression_is_smooth():
    assert_allclose(hadronic_suppression([0.5, 1.4, 2.0, 2.8]), [1, 1, 0.7**4, 0.5**4], rtol=1e-12)
    h = 1e-6
    for m, slope in ((1.4, 0.0), (2.0, -4 * 0.7**4 / 2)):
        for side in (-h, h):
            step = (hadronic_suppression(m + side) - hadronic_suppression(m)) / side
            assert_allclose(step, slope, rtol=1e-4, atol=1e-5)
    values = hadronic_suppression(np.linspace(1.4, 3, 500))
    assert np.all(np.diff(values) < 0)


def test_unknown_names():
    with pytest.raises(ConfigError, match=r"unknown mixing basis 'inverse'.*did you mean 'inverse-mass'"):
        kappa("inverse")
    with pytest.raises(ConfigError, match="unknown meson 'eta-prime'"):
        mixing_angle("eta-prime", 0.3, 1.0)

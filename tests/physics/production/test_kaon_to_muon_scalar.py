"""K+ -> μ+ ν X: endpoint, positivity, and the soft limit of radiation."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose
from scipy.integrate import quad

from feebly.core.constants import HBAR_GEV_S, KAON_MASS_GEV, KPLUS_LIFETIME_S, MUON_MASS_GEV
from feebly.physics.production.kaon_to_muon_scalar import br_kplus_to_muon_scalar, muon_scalar_spectrum_gev_m1

END = KAON_MASS_GEV - MUON_MASS_GEV


def test_falls_with_the_mass_and_ends():
    rates = br_kplus_to_muon_scalar(np.geomspace(1e-3, END, 30))
    assert np.all(np.diff(rates) < 0)
    assert_allclose(rates[-1], 0, atol=1e-12)
    assert br_kplus_to_muon_scalar(1.01 * END) == 0


def test_quadrature_by_adaptive_integration():
    for mass in (0.005, 0.05, 0.25):
        low, high = (MUON_MASS_GEV + mass) ** 2, KAON_MASS_GEV**2

        def density(u, m=mass, low=low):  # Q² = low + u² takes the root at threshold away
            return 2 * u * float(muon_scalar_spectrum_gev_m1(low + u * u, m))

        total = quad(density, 0, np.sqrt(high - low), limit=500)[0]
        assert_allclose(br_kplus_to_muon_scalar(mass), total * KPLUS_LIFETIME_S / HBAR_GEV_S, rtol=5e-6)


def test_soft_scalars_factorise():
    """A light soft X: dΓ -> Γ(K -> μν) g² 4m² ∫ d³k/((2π)³ 2ω) 1/(2 p·k)²; compared at Q² near m_μ²."""
    mass, width_munu = 1e-7, 0.63
    q2 = np.array([1.0005, 1.001, 1.002]) * MUON_MASS_GEV**2
    # two-body phase space of μ X at Q²: k_cm/(8π √Q²)... times dQ²/(2π): the eikonal factor is 4m²/(Q² - m²)²
    energy_gap = q2 - MUON_MASS_GEV**2
    two_body = energy_gap / q2 / (8 * np.pi)
    eikonal = 4 * MUON_MASS_GEV**2 / energy_gap**2 * two_body / (2 * np.pi)
    found = muon_scalar_spectrum_gev_m1(q2, mass) * KPLUS_LIFETIME_S / HBAR_GEV_S
    assert_allclose(found, width_munu * eikonal, rtol=0.03)

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.constants import ALPHA, ETA_MASS_GEV, PION0_MASS_GEV
from feebly.physics.formfactors.radiative import r_eta_gamma, r_pi0_gamma


def peak_r(br_ee: float, br_final: float) -> float:
    """R of a narrow resonance at its peak: 12π BR_ee BR_f/m² over 4πα²/3m²."""
    return 9 * br_ee * br_final / ALPHA**2


def test_pi0_gamma_peaks_at_the_omega_with_the_measured_rate():
    # PDG 2024: BR(omega -> ee) = 7.38e-5, BR(omega -> pi0 gamma) = 8.35%
    peak = np.max(r_pi0_gamma(np.arange(0.778, 0.788, 1e-4)))
    assert_allclose(peak, peak_r(7.38e-5, 0.0835), rtol=0.25)  # interference with the rho


def test_eta_gamma_peaks_at_the_phi_with_the_measured_rate():
    # PDG 2024: BR(phi -> ee) = 2.979e-4, BR(phi -> eta gamma) = 1.301%
    peak = np.max(r_eta_gamma(np.arange(1.015, 1.024, 1e-4)))
    assert_allclose(peak, peak_r(2.979e-4, 0.01301), rtol=0.06)


@pytest.mark.parametrize(
    ("r", "m", "deliver"),
    [
        (r_pi0_gamma, 0.6, 1.491e-3),
        (r_pi0_gamma, 0.9, 5.035e-3),
        (r_pi0_gamma, 1.0, 4.961e-3),
        (r_eta_gamma, 0.9, 2.059e-3),
        (r_eta_gamma, 1.0, 1.221e-2),
        (r_eta_gamma, 1.2, 2.561e-4),
    ],
)
def test_interference_between_the_peaks_is_that_of_deliver(r, m, deliver):
    assert_allclose(r(m), deliver, rtol=1.5e-2)  # 2201.01788


@pytest.mark.parametrize(("r", "meson"), [(r_pi0_gamma, PION0_MASS_GEV), (r_eta_gamma, ETA_MASS_GEV)])
def test_threshold_is_the_meson_mass_and_the_rate_rises_as_p_cubed(r, meson):
    assert r(meson * (1 - 1e-9)) == 0
    assert_allclose(r(meson * (1 + 2e-6)) / r(meson * (1 + 1e-6)), 8, rtol=1e-3)

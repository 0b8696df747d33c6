from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose

from feebly.physics.formfactors.nucleon import dirac_form_factor, dirac_form_factor_squared


def test_charge_of_the_proton_at_zero():
    assert_allclose(dirac_form_factor_squared(0.0), 1.0, rtol=0.02)  # rounded couplings, fixed widths


def test_rho_and_omega_interfere():
    # destructive between omega(782) and phi: the sum of moduli would be larger
    mass = np.array([0.3, 0.5, 0.77, 1.0, 1.5])
    squared = dirac_form_factor_squared(mass)
    assert_allclose(squared, abs(dirac_form_factor(mass)) ** 2, rtol=1e-14)
    assert np.all(np.diff(squared[:3]) > 0)  # rises to the rho
    assert squared[3] < 20 < squared[2]  # and falls beyond


def test_width_of_the_omega_pole():
    # at the omega the pole dominates: |F1|² = (f m/Γ)² = (1.011 × 0.78266/0.00868)² = 8310, rho adds 7%
    assert_allclose(dirac_form_factor_squared(0.78266), (1.011 * 0.78266 / 0.00868) ** 2, rtol=0.1)

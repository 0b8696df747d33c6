"""K+ -> π+ A': threshold, the scale of the loop, and the rate of K+ -> π+ l+ l- that it comes from."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad

from feebly.core.constants import ALPHA, ELECTRON_MASS_GEV, KAON_MASS_GEV, MUON_MASS_GEV, PION_MASS_GEV
from feebly.core.errors import ConfigError
from feebly.physics.production.kaon_to_vector import VECTOR_FORM_FACTORS, br_kplus_to_pion_vector

END = KAON_MASS_GEV - PION_MASS_GEV


@pytest.mark.parametrize("name", VECTOR_FORM_FACTORS)
def test_open_between_zero_and_the_endpoint(name):
    found = br_kplus_to_pion_vector(np.array([1e-9, 0.1, 0.99999 * END, END, 1.1 * END]), name)
    assert found[1] > found[2] > 0
    assert_allclose(found[[0, 3, 4]], 0, atol=1e-18)


@pytest.mark.parametrize("name", VECTOR_FORM_FACTORS)
def test_small_masses_go_with_their_square(name):
    one, two = br_kplus_to_pion_vector(np.array([1e-4, 2e-4]), name)
    assert_allclose(two / one, 4, rtol=1e-4)


@pytest.mark.parametrize(
    ("lepton", "measured", "missing"), [(ELECTRON_MASS_GEV, 3.00e-7, 0.11), (MUON_MASS_GEV, 9.17e-8, 0.22)]
)
def test_lepton_pairs_are_virtual_dark_photons(lepton, measured, missing):
    """BR(π l l) = ∫ dq²/(π q⁴) BR(A')(q)/ε² q Γ(γ* -> l l): PDG 2024, less what the ππ loop adds."""

    def integrand(q2):
        q, beta = np.sqrt(q2), np.sqrt(1 - 4 * lepton**2 / q2)
        width = ALPHA * q / 3 * beta * (1 + 2 * lepton**2 / q2)
        return float(br_kplus_to_pion_vector(q, "2209.05076")) * q * width / (np.pi * q2**2)

    total = quad(integrand, 4 * lepton**2, END**2, limit=400)[0]
    assert_allclose(total, measured * (1 - missing), rtol=0.03)


def test_unknown_form_factor():
    with pytest.raises(ConfigError, match="form factor of K\\+ -> pi\\+ A'"):
        br_kplus_to_pion_vector(0.1, "none")

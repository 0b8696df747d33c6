"""The constants are the ones of the sources: relations between them that no typing error survives."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from numpy.testing import assert_allclose

from feebly.core import constants as c


def test_hbar_c_is_hbar_times_the_speed_of_light():
    assert_allclose(c.HBARC_GEV_M, c.HBAR_GEV_S * 299_792_458, rtol=1e-9)  # exact in the SI


def test_cross_section_unit_is_hbar_c_squared():
    assert_allclose(c.GEV_M2_TO_MB, c.HBARC_GEV_M**2 * 1e31, rtol=1e-9)  # 1 m² = 1e31 mb


def test_higgs_vacuum_expectation_value():
    assert_allclose(c.HIGGS_VEV_GEV, 246.2197, rtol=1e-6)  # PDG 2024


def test_fermi_constant_reproduces_the_muon_lifetime():
    # Γ = G_F² m_mu⁵/(192 π³) up to 0.44% of phase space and radiation; lifetime 2.1970e-6 s (PDG 2024)
    width = c.FERMI_CONSTANT_GEV_M2**2 * c.MUON_MASS_GEV**5 / (192 * np.pi**3)
    assert_allclose(c.HBAR_GEV_S / width, 2.1970e-6, rtol=6e-3)


def test_first_row_of_the_ckm_matrix_is_almost_unitary():
    assert_allclose(c.V_UD**2 + c.V_US**2 + c.V_UB**2, 1.0, rtol=3e-3)
    assert_allclose(c.V_TD**2 + c.V_TS**2 + c.V_TB**2, 1.0, rtol=3e-3)


def test_lepton_mass_ratios():
    # CODATA 2018: m_mu/m_e = 206.7682830; PDG 2024: m_tau/m_mu = 16.818
    assert_allclose(c.MUON_MASS_GEV / c.ELECTRON_MASS_GEV, 206.7682830, rtol=1e-7)
    assert_allclose(c.TAU_MASS_GEV / c.MUON_MASS_GEV, 16.818, rtol=1e-4)


def test_physics_rooms_import_no_heavy_library():
    code = (
        "import sys, feebly.physics.production.presets, feebly.physics.models.registry;"
        "print([m for m in ('scipy', 'numba', 'h5py', 'matplotlib') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"

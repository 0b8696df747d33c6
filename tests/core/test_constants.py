"""The constants are the ones of the sources: relations between them that no typing error survives."""

from __future__ import annotations

import subprocess
import sys

from numpy.testing import assert_allclose

from feebly.core import constants as c


def test_hbar_c_is_hbar_times_the_speed_of_light():
    assert_allclose(c.HBARC_GEV_M, 6.582119569e-25 * 299_792_458, rtol=1e-9)  # exact in the SI


def test_cross_section_unit_is_hbar_c_squared():
    # (hbar c)² = 0.3893793721 GeV² mb (PDG 2024, table of physical constants); 1 m² = 1e31 mb
    assert_allclose(c.HBARC_GEV_M**2 * 1e31, 0.3893793721, rtol=1e-9)


def test_lepton_mass_ratio():
    assert_allclose(c.MUON_MASS_GEV / c.ELECTRON_MASS_GEV, 206.7682830, rtol=1e-7)  # CODATA 2018


def test_hbar():
    assert_allclose(c.HBAR_GEV_S * 299_792_458, c.HBARC_GEV_M, rtol=1e-9)  # exact in the SI


def test_vacuum_expectation_value():
    assert_allclose(c.HIGGS_VEV_GEV, 246.2197, rtol=1e-6)  # PDG 2024, review of electroweak physics


def test_top_row_of_the_ckm_matrix_is_a_unit_vector():
    v_td = 8.6e-3  # PDG 2024, section 12
    assert_allclose(v_td**2 + c.ABS_V_TS**2 + c.ABS_V_TB**2, 1.0, rtol=1e-4)


def test_ratio_of_b_lifetimes():
    assert_allclose(c.BPLUS_LIFETIME_S / c.B0_LIFETIME_S, 1.076, rtol=5e-3)  # HFLAV, measured as a ratio


def test_physics_rooms_import_no_heavy_library():
    code = (
        "import sys, feebly.physics.production.presets, feebly.physics.models.registry;"
        "print([m for m in ('scipy', 'numba', 'h5py', 'matplotlib') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"

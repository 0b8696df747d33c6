from __future__ import annotations

from numpy.testing import assert_allclose

from feebly.physics.formfactors.inclusive import r_uds


def test_parton_model_is_three_colours_times_squared_charges():
    assert_allclose(r_uds(0.0), 3 * (4 / 9 + 1 / 9 + 1 / 9), rtol=1e-14)


def test_measured_value_at_two_gev():
    # BES 2009 (0903.0900): R = 2.18 ± 0.02 ± 0.08 at 2.60 GeV, α_s = 0.27
    assert_allclose(r_uds(0.27), 2.18, rtol=0.04)

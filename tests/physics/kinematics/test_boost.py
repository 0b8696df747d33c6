from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose

from feebly.physics.kinematics.boost import cm_boost, sqrt_s_fixed_target_gev


def test_sps_beam_on_a_nucleon():
    # 400 GeV protons of the SPS: √s = 27.4 GeV
    assert_allclose(sqrt_s_fixed_target_gev(400.0), 27.4296, rtol=2e-6)
    gamma, beta_gamma = cm_boost(400.0)
    assert_allclose(gamma**2 - beta_gamma**2, 1.0, rtol=1e-12)
    # total laboratory energy is γ √s
    assert_allclose(
        gamma * sqrt_s_fixed_target_gev(400.0), np.hypot(400, 0.93827209) + 0.93827209, rtol=1e-12
    )

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.physics.formfactors.strong_coupling import alpha_s


@pytest.mark.parametrize(("scale", "published"), [(1.77693, 0.314), (2.0, 0.301), (91.1880, 0.1180)])
def test_published_values(scale, published):
    # PDG 2024, section 9: world average at m_Z and its five-loop evolution
    assert_allclose(alpha_s(scale), published, rtol=0.02)


@pytest.mark.parametrize(("scale", "flavours"), [(1.8, 4), (3.0, 4), (4.5, 5), (40.0, 5)])
def test_slope_is_the_two_loop_beta_function(scale, flavours):
    step = 1e-4
    slope = (alpha_s(scale * np.exp(step)) - alpha_s(scale * np.exp(-step))) / (4 * step)
    a = alpha_s(scale)
    b0, b1 = (33 - 2 * flavours) / (12 * np.pi), (153 - 19 * flavours) / (24 * np.pi**2)
    assert_allclose(slope, -b0 * a**2 - b1 * a**3, rtol=1e-6)


def test_continuous_at_the_bottom_mass():
    assert_allclose(alpha_s(4.183 * (1 - 1e-9)), alpha_s(4.183 * (1 + 1e-9)), rtol=1e-7)

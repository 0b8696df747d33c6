"""Tables of quantiles against closed formulae."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose

from feebly.physics.kinematics.quantiles import quantile_table


def test_power_law():
    """Density x² in any unit: the quantile at u is u^(1/3)."""
    u = np.array([0.01, 0.2, 0.5, 0.9, 0.999])
    assert_allclose(np.interp(u, *quantile_table(lambda x: 7 * x**2, 0.0, 1.0)), np.cbrt(u), rtol=2e-5)


def test_ends_like_square_roots():
    """√(x(1 - x)), the start and end of phase space: half of it below the middle, 1.7% below 0.0467."""
    below, x = quantile_table(lambda x: np.sqrt(x * (1 - x)), 0.0, 1.0)
    assert_allclose(np.interp(0.5, below, x), 0.5, rtol=1e-9)
    angle = 2 * np.arcsin(np.sqrt(0.0467))
    assert_allclose(np.interp(0.0467, x, below), (angle - np.sin(2 * angle) / 2) / np.pi, rtol=1e-4)
    assert (below[0], below[-1], x[0], x[-1]) == (0, 1, 0, 1)

"""Production points against the inverse distributions of scipy."""

import numpy as np
from numpy.testing import assert_allclose
from scipy import stats

from feebly.apparatus.beam import interaction_point
from feebly.core.block import BLOCK
from twins.scratch import row, scratch, vectors

BEAM = (0.01, -0.022, 0.006, 0.004, 23.07, 0.153)  # x, y, their sigmas, z of the face, interaction length


def points(u8: np.ndarray, u9: np.ndarray, u10: np.ndarray) -> np.ndarray:
    s = scratch(U_SPOT_RADIUS=u8, U_SPOT_PHI=u9, U_DEPTH=u10)
    interaction_point(s, u8.size, *BEAM)
    return vectors(s, "X0 Y0 Z0", u8.size)


def test_spot_and_depth_are_quantiles() -> None:
    u = np.random.default_rng(1).uniform(size=(3, BLOCK))
    x, y, sigma_x, sigma_y, face, length = BEAM
    made = points(*u)
    radius = stats.rayleigh.isf(u[0])
    assert_allclose(made[:, 0], x + sigma_x * radius * np.cos(2 * np.pi * u[1]), rtol=1e-12, atol=1e-15)
    assert_allclose(made[:, 1], y + sigma_y * radius * np.sin(2 * np.pi * u[1]), rtol=1e-12, atol=1e-15)
    assert_allclose(made[:, 2], face + stats.expon.isf(u[2], scale=length), rtol=1e-14)


def test_distribution_of_the_points() -> None:
    rng = np.random.default_rng(2)
    made = np.concatenate([points(*rng.uniform(size=(3, BLOCK))) for _ in range(100)])
    x, y, sigma_x, sigma_y, face, length = BEAM
    assert stats.kstest((made[:, 0] - x) / sigma_x, "norm").pvalue > 1e-4
    assert stats.kstest((made[:, 1] - y) / sigma_y, "norm").pvalue > 1e-4
    assert stats.kstest((made[:, 2] - face) / length, "expon").pvalue > 1e-4
    correlation = np.corrcoef(made.T) - np.eye(3)
    assert np.abs(correlation).max() < 4.5 / np.sqrt(len(made))


def test_production_starts_at_the_face_of_the_dump() -> None:
    s = scratch(U_SPOT_RADIUS=[0.5], U_SPOT_PHI=[0.0], U_DEPTH=[1 - 2**-33])
    interaction_point(s, 1, *BEAM)
    assert row(s, "Z0", 1)[0] >= 23.07

"""Directions at the disc: solid angles in closed form, and points uniform in area."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from scipy.integrate import dblquad

from feebly.core.block import BLOCK
from feebly.engine.aim import aim_at_disc
from twins.scratch import row, scratch, vectors

Z, RADIUS = 194.066, 1.05


def aimed(origin: tuple[float, float, float], u: np.ndarray, jacobian: np.ndarray) -> np.ndarray:
    x0, y0, z0 = (np.full(BLOCK, value) for value in origin)
    s = scratch(X0=x0, Y0=y0, Z0=z0, U_AIM_RADIUS=u[0], U_AIM_PHI=u[1], JACOBIAN=jacobian)
    aim_at_disc(s, BLOCK, Z, RADIUS)
    return s


def test_directions_hit_the_disc_uniformly() -> None:
    rng = np.random.default_rng(1)
    r2, phi = [], []
    for _ in range(40):
        s = aimed((0.01, -0.03, 23.2), rng.uniform(size=(2, BLOCK)), np.ones(BLOCK))
        n = vectors(s, "NX NY NZ")
        assert_allclose(np.linalg.norm(n, axis=1), 1, rtol=1e-14)
        hit = np.array([0.01, -0.03]) + n[:, :2] / n[:, 2:] * (Z - 23.2)
        r2.append(np.sum(hit**2, axis=1) / RADIUS**2)
        phi.append(np.arctan2(hit[:, 1], hit[:, 0]))
    assert stats.kstest(np.concatenate(r2), "uniform").pvalue > 1e-4
    assert stats.kstest(np.concatenate(phi), "uniform", args=(-np.pi, 2 * np.pi)).pvalue > 1e-4


@pytest.mark.parametrize("z0", [23.2, 193.0])
def test_solid_angle_from_the_axis(z0: float) -> None:
    """2 pi (1 - cos(alpha)); U_AIM_RADIUS on a Gauss grid, so that the sum is an integral."""
    nodes, weights = np.polynomial.legendre.leggauss(BLOCK)
    u = np.array([(nodes + 1) / 2, np.zeros(BLOCK)])
    total = row(aimed((0.0, 0.0, z0), u, np.ones(BLOCK)), "WEIGHT") @ weights / 2
    distance = Z - z0
    # 1 - cos(alpha) without the difference of nearly equal numbers
    one_minus_cos = RADIUS**2 / np.hypot(distance, RADIUS) / (np.hypot(distance, RADIUS) + distance)
    assert_allclose(total, 2 * np.pi * one_minus_cos, rtol=1e-10)


def test_solid_angle_from_beside_the_axis() -> None:
    rng = np.random.default_rng(2)
    origin = (0.4, -0.3, 192.0)
    means = [
        row(aimed(origin, rng.uniform(size=(2, BLOCK)), np.ones(BLOCK)), "WEIGHT").mean() for _ in range(400)
    ]

    def d_omega(y: float, x: float) -> float:
        d = np.array([x - origin[0], y - origin[1], Z - origin[2]])
        return float(d[2] / np.sum(d**2) ** 1.5)

    edge = lambda x: np.sqrt(RADIUS**2 - x**2)  # noqa: E731
    expected = dblquad(d_omega, -RADIUS, RADIUS, lambda x: -edge(x), edge, epsabs=1e-8)[0]
    assert abs(np.mean(means) - expected) < 4 * np.std(means) / np.sqrt(len(means))
    assert np.std(means) / np.sqrt(len(means)) < 0.005 * expected


def test_weight_carries_the_jacobian_of_the_map() -> None:
    rng = np.random.default_rng(3)
    u, jacobian = rng.uniform(size=(2, BLOCK)), rng.uniform(1, 2, BLOCK)
    plain, mapped = (row(aimed((0, 0, 23.07), u, j), "WEIGHT") for j in (np.ones(BLOCK), jacobian))
    assert_allclose(mapped, plain * jacobian, rtol=1e-14)

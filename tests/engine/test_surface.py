"""Interpolation on knots x even steps: exact for cubics, close for exponentials of decay."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.engine.surface import Surface

X = np.array([-7.0, -5.5, -4.2, -3.0, -2.1, -1.0, 0.2])
Y = np.linspace(-6.0, 11.0, 192)


def cubic_in_both(x, y):
    return 1.0 + 0.3 * x - 0.02 * x**3 + 0.5 * y * x**2 - 0.01 * y**3


@pytest.fixture
def points():
    rng = np.random.default_rng(5)
    return rng.uniform(X[0], X[-1], 400), rng.uniform(Y[0], Y[-1], 400)


def test_cubics_are_exact(points) -> None:
    surface = Surface.cubic(X, Y, cubic_in_both(X[:, None], Y))
    assert_allclose(surface(*points), cubic_in_both(*points), rtol=1e-10, atol=1e-10)


def test_straight_lines_in_x(points) -> None:
    surface = Surface.linear(X, Y, 2.0 + 3.0 * X[:, None] - 0.5 * Y)
    assert_allclose(surface(*points), 2.0 + 3.0 * points[0] - 0.5 * points[1], rtol=1e-11, atol=1e-11)
    bent = Surface.linear(X, Y, np.abs(X + 3.0)[:, None] + 0.0 * Y)
    assert_allclose(bent(np.array([-3.6]), np.array([0.0])), [0.6], rtol=1e-12)


def test_knots_and_corners_are_reproduced() -> None:
    values = np.random.default_rng(6).normal(size=(X.size, Y.size))
    for surface in (Surface.cubic(X, Y, values), Surface.linear(X, Y, values)):
        grid = np.meshgrid(X, Y, indexing="ij")
        assert_allclose(surface(grid[0].ravel(), grid[1].ravel()), values.ravel(), rtol=1e-9, atol=1e-9)


def test_logarithm_of_an_exponential_of_decay() -> None:
    """ln N = -tau/lambda - ln lambda at the shortest tabulated lifetimes, steps as in the yield tables."""
    ln_lambda = np.log(np.logspace(np.log10(2e-3), 5.0, 192))
    surface = Surface.cubic(X, ln_lambda, -0.2 / np.exp(ln_lambda) - ln_lambda + 0.0 * X[:, None])
    y = np.linspace(np.log(1e-2), 5.0, 999)
    assert_allclose(surface(np.full(999, -2.5), y), -0.2 / np.exp(y) - y, atol=5e-4, rtol=0)

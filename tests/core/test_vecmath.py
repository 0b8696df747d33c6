"""Elementary functions against extended precision."""

import numpy as np
import pytest
from numba import njit
from numpy.testing import assert_allclose

from feebly.core.vecmath import cos_sin_turn, exp, log

pytestmark = pytest.mark.skipif(
    np.finfo(np.longdouble).eps > 1e-18, reason="needs an extended long double as the reference"
)


@njit
def each(function, x):
    y = np.empty_like(x)
    for i in range(x.size):
        y[i] = function(x[i])
    return y


@njit
def each_pair(x):
    y = np.empty((2, x.size))
    for i in range(x.size):
        y[0, i], y[1, i] = cos_sin_turn(x[i])
    return y


def wide(rng: np.random.Generator, low: float, high: float, n: int = 20000) -> np.ndarray:
    return 10.0 ** rng.uniform(np.log10(low), np.log10(high), n)


@pytest.mark.parametrize(("low", "high"), [(2.3e-308, 1e308), (1e-10, 1.0), (0.25, 4.0), (0.99, 1.01)])
def test_logarithm(low: float, high: float) -> None:
    x = wide(np.random.default_rng(1), low, high)
    assert_allclose(each(log, x), np.log(x.astype(np.longdouble)).astype(float), rtol=5e-16)


def test_logarithm_keeps_its_digits_beside_one() -> None:
    below, above = 1.0 - 2.0 ** -np.arange(1.0, 54.0), 1.0 + 2.0 ** -np.arange(1.0, 53.0)
    x = np.concatenate([below, above])
    assert_allclose(each(log, x), np.log(x.astype(np.longdouble)).astype(float), rtol=5e-16)
    assert each(log, np.array([1.0]))[0] == 0.0


@pytest.mark.parametrize("size", [1e-12, 1e-3, 1.0, 50.0, 700.0])
def test_exponential(size: float) -> None:
    x = np.random.default_rng(2).uniform(-size, size, 20000)
    assert_allclose(each(exp, x), np.exp(x.astype(np.longdouble)).astype(float), rtol=5e-16)


def test_exponential_and_logarithm_are_inverse() -> None:
    x = wide(np.random.default_rng(3), 1e-30, 1e30)
    assert_allclose(each(exp, each(log, x)), x, rtol=2e-14)  # the error of ln x times |ln x| = 69


@pytest.mark.parametrize("size", [1e-9, 0.5, 1.0, 20.0, 1e6])
def test_azimuth(size: float) -> None:
    u = np.random.default_rng(4).uniform(-size, size, 20000)
    rest = (u - np.rint(u)).astype(np.longdouble)  # exact
    angle = rest * 2 * np.arccos(np.longdouble(-1))
    cos, sin = each_pair(u)
    # 3e-16 where 4 u is exact; for large |u| the argument itself is only known to its last digit
    assert_allclose(cos, np.cos(angle).astype(float), rtol=0, atol=4e-16)
    assert_allclose(sin, np.sin(angle).astype(float), rtol=0, atol=4e-16)


def test_azimuth_at_the_quarters() -> None:
    cos, sin = each_pair(np.array([0.0, 0.25, 0.5, 0.75, 1.0, -0.25, -0.5]))
    assert_allclose(cos, [1, 0, -1, 0, 1, 0, -1], rtol=0, atol=1e-16)
    assert_allclose(sin, [0, 1, 0, -1, 0, -1, 0], rtol=0, atol=1e-16)

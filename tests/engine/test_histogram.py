"""The histogram of proper decay lengths against the exact sum over events."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.block import BLOCK
from feebly.engine.histogram import MOMENTS, TAU_BINS, TAU_MAX, TAU_MIN, fill, laplace
from twins.scratch import scratch


def filled(region: np.ndarray, tau: np.ndarray, weight: np.ndarray, regions: int = 2) -> np.ndarray:
    histogram = np.zeros((regions, TAU_BINS, MOMENTS))
    for k in range(0, tau.size, BLOCK):
        here = slice(k, k + BLOCK)
        s = scratch(REGION=region[here], TAU=tau[here], WEIGHT=weight[here])
        fill(s, tau[here].size, histogram)
    return histogram


def exact(tau: np.ndarray, weight: np.ndarray, lam: np.ndarray) -> np.ndarray:
    return np.array([np.sum(weight * np.exp(-tau / x)) / x for x in lam])


def sample(n: int = 40 * BLOCK) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Regions, tau between 0.2 and 8 m/GeV as for decays at 74-160 m of 20-400 GeV, weights over decades."""
    rng = np.random.default_rng(1)
    tau = 10.0 ** rng.uniform(-0.7, 0.9, n)
    return rng.integers(0, 3, n).astype(float), tau, 10.0 ** rng.uniform(-3, 0, n)


def test_all_lifetimes_from_the_moments() -> None:
    region, tau, weight = sample()
    lam = np.logspace(-2, 6, 60)  # from exp(-20) of the maximum to the long-lifetime limit
    value, _ = laplace(filled(region, tau, weight), lam)
    for k in (0, 1):
        mine = region == k + 1
        truth = exact(tau[mine], weight[mine], lam)
        assert_allclose(value[k], truth, rtol=1e-4)
        longer = lam > 0.1
        assert_allclose(value[k][longer], truth[longer], rtol=3e-6)


@pytest.mark.parametrize("tau", [0.2, 1.0, 7.7])
def test_one_event_anywhere_in_its_bin(tau: float) -> None:
    """The expansion about the bin centre is of third order in (tau - centre)/lambda."""
    offsets = tau * np.linspace(1, 1.018, 20)  # across one bin
    for t in offsets:
        lam = t / np.array([0.01, 1.0, 10.0])
        histogram = filled(np.ones(1), np.array([t]), np.array([2.5]), regions=1)
        value, error = laplace(histogram, lam)
        truth = 2.5 * np.exp(-t / lam) / lam
        # half a bin is 0.9% of tau: (0.009 tau/lambda)^3/6
        assert np.all(np.abs(value[0] / truth - 1) < [1e-11, 1.5e-7, 1.5e-4])
        # the error of the weights' own sum, at the bin centre: 1% in tau
        assert_allclose(error[0], truth, rtol=0.1)


def test_error_is_the_standard_deviation_of_repeated_sums() -> None:
    rng = np.random.default_rng(2)
    lam = np.array([0.3, 3.0, 300.0])
    n, repeats = 400, 300
    values, errors = [], []
    for _ in range(repeats):
        tau, weight = rng.uniform(0.5, 2.0, n), rng.exponential(size=n)
        kept = rng.uniform(size=n) < 0.2  # most events give nothing, as behind an acceptance
        value, error = laplace(filled(kept.astype(float), tau, weight, regions=1), lam)
        values.append(value[0])
        errors.append(error[0])
    # sum w^2 is the variance up to the square of the mean, here 0.2 x 1/2 of it
    ratio = np.std(values, axis=0) / np.mean(errors, axis=0)
    assert_allclose(ratio, 1.0, atol=0.15)


def test_moments_by_hand() -> None:
    histogram = filled(
        np.array([1.0, 0.0, 2.0, 1.0]), np.array([2.0, 2.0, 2.0, 2.001]), np.array([3.0, 9.0, 5.0, 1.0])
    )
    assert_allclose(histogram[0].sum(axis=0), [4.0, 6 + 2.001, 12 + 2.001**2, 10.0], rtol=1e-12)
    assert_allclose(histogram[1].sum(axis=0), [5.0, 10.0, 20.0, 25.0], rtol=1e-12)


def test_lengths_beyond_the_axis_are_kept() -> None:
    tau = np.array([TAU_MIN / 10, TAU_MAX * 10])
    histogram = filled(np.ones(2), tau, np.array([1.0, 2.0]), regions=1)
    assert histogram[0, 0, 0] == 1.0
    assert histogram[0, -1, 0] == 2.0
    value, _ = laplace(histogram, np.array([1e7]))
    assert_allclose(value[0] * 1e7, 3.0, rtol=1e-3)

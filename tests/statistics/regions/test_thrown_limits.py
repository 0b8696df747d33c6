"""Limits of several regions with a thrown signal: one region and proportional ones as one count."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import brentq
from scipy.stats import norm, poisson

from feebly.core.errors import DomainError
from feebly.statistics import Fixed, TruncatedGaussian, expected_band
from feebly.statistics.regions.model import CountingModel, Nuisance, Region
from feebly.statistics.regions.nuisances import marginal
from feebly.statistics.regions.ordering import background_outcomes, likelihood_ratio_tails
from feebly.statistics.regions.thrown_limits import NEGLIGIBLE, probable_outcomes, thrown_limits_on_cells

LEVELS = norm.cdf([-2, -1, 0, 1, 2])


def model(*backgrounds, error=0.0):
    nuisances = (Nuisance("pot", error),) if error else ()
    return CountingModel(
        tuple(Region(f"r{i}", None, b, signal_nuisances=nuisances) for i, b in enumerate(backgrounds))
    )


@pytest.mark.parametrize("b", [Fixed(0.016), TruncatedGaussian(0.5, 0.2), Fixed(2.2), Fixed(12.0)])
@pytest.mark.parametrize(("error", "thrown"), [(0.0, 0.2), (0.1, 0.3)])
def test_one_region_is_one_count(b, error, thrown):
    band = expected_band(b, kind="full", thrown_error=thrown, signal_error=error)
    found = thrown_limits_on_cells(model(b, error=error), np.array([[1.0, 0.5]]), LEVELS, thrown)
    assert_allclose(found[:, 0], band.s_up, rtol=1e-5)
    assert_allclose(found[:, 1], 2 * found[:, 0], rtol=1e-9)


def test_signals_in_proportion_to_the_backgrounds_are_ordered_by_the_total_count():
    band = expected_band(1.2, kind="full", thrown_error=0.2)
    regions = model(Fixed(0.4), Fixed(0.8))
    (found,) = thrown_limits_on_cells(regions, np.array([[1 / 3], [2 / 3]]), LEVELS, 0.2).T
    assert_allclose(found, band.s_up, rtol=1e-5)


def test_a_small_throw_is_no_throw():
    regions, shares = model(Fixed(0.4), Fixed(0.8)), np.array([[1 / 3], [2 / 3]])
    (found,) = thrown_limits_on_cells(regions, shares, LEVELS, 1e-4).T
    assert_allclose(found, expected_band(1.2).s_up, rtol=1e-3)


def test_three_regions_by_outcomes_written_out():
    b, shares, thrown = np.array([0.3, 0.5, 0.2]), np.array([0.6, 0.3, 0.1]), 0.2
    width = np.sqrt(np.log1p(thrown**2))
    n = np.stack(np.meshgrid(*[np.arange(10)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    under_b = poisson.pmf(n, b).prod(axis=1)
    mu = np.geomspace(1.5, 20, 600)
    q = n @ np.log1p(np.multiply.outer(shares / b, mu))  # Q of each outcome and mu
    under_s = np.stack([poisson.pmf(n, b + m * shares).prod(axis=1) for m in mu], axis=1)
    centres, weights = [], []
    for i in np.flatnonzero(under_b > 1e-7):
        low = q <= q[i] * (1 + 1e-9)
        cls = (under_s * low).sum(axis=0) / (under_b[:, None] * low).sum(axis=0)
        last = np.flatnonzero(cls >= 0.1)[-1]
        centres.append(np.log(mu[last] * mu[last + 1]) / 2 + width**2 / 2)
        weights.append(under_b[i])
    expected = [
        np.exp(brentq(lambda x, p=p: np.dot(weights, norm.cdf((x - np.array(centres)) / width)) - p, -2, 5))
        for p in LEVELS
    ]
    (found,) = thrown_limits_on_cells(model(*map(Fixed, b)), shares[:, None], LEVELS, thrown).T
    assert_allclose(found, expected, rtol=2.5e-3)  # half a step of mu


def test_probable_outcomes_hold_what_they_say():
    counts, probability = probable_outcomes(model(Fixed(0.4), Fixed(0.8)))
    exact = poisson.pmf(counts[:, 0], 0.4) * poisson.pmf(counts[:, 1], 0.8)
    assert_allclose(probability, exact, rtol=1e-9)
    assert np.all(np.diff(probability) <= 0)
    assert len(np.unique(counts, axis=0)) == len(counts)
    assert 1 - NEGLIGIBLE <= exact.sum() < 1
    assert exact[:-1].sum() < 1 - NEGLIGIBLE


def test_tails_of_many_outcomes_are_those_of_each():
    regions = model(TruncatedGaussian(0.4, 0.1), Fixed(0.8), error=0.2)
    averages = marginal(regions, 12)
    counts = background_outcomes(averages)[0][:9]
    signals = np.random.default_rng(3).uniform(0, 6, (2, 40))
    signals[:, 0] = 0.8, 1.6  # proportional: ties
    together = likelihood_ratio_tails(averages, regions.central_backgrounds, signals, counts)
    for k, outcome in enumerate(counts):
        alone = likelihood_ratio_tails(averages, regions.central_backgrounds, signals, outcome)
        assert_allclose(together.signal[k], alone.signal[0], rtol=1e-12)
        assert_allclose(together.background[k], alone.background[0], rtol=1e-12)


def test_empty_intervals_are_refused():
    with pytest.raises(DomainError, match="is empty") as error:
        thrown_limits_on_cells(model(Fixed(4.0), Fixed(2.0)), np.ones((2, 1)), LEVELS, 0.2, 0.9, "classical")
    assert "\n" not in str(error.value)

"""Interval of a measured signal against the likelihood and the branching ratio of K+ -> pi+ nu nubar."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from feebly.core.errors import DomainError
from feebly.statistics.intervals.likelihood_interval import likelihood_interval, profile_interval


def test_pi_nu_nu_of_run_1_by_counting():
    # 2103.15389: single event sensitivity 0.839e-11; published 10.6 +4.0 -3.4, a fit of categories
    signal, interval = likelihood_interval(20, 7.03)
    br, low, high = 0.839 * np.array([signal, interval.lower, interval.upper])
    assert_allclose([br, high - br, br - low], [10.88, 4.04, 3.48], rtol=2e-3)
    assert interval.meaning == "68%"


@pytest.mark.parametrize(("n", "b"), [(1, 0.0), (5, 1.2), (51, 18.0), (1000, 10.0)])
def test_likelihood_falls_by_one_half_at_the_ends(n, b):
    signal, interval = likelihood_interval(n, b)
    best = stats.poisson(signal + b).logpmf(n)
    for end in (interval.lower, interval.upper):
        assert_allclose(best - stats.poisson(end + b).logpmf(n), 0.5, rtol=1e-8)
    assert interval.lower < signal < interval.upper


def test_lower_end_stops_at_zero():
    assert likelihood_interval(3, 2.9)[1].lower == 0


@pytest.mark.parametrize(
    ("n", "b", "words"), [(0, 0.0, "n = 0"), (2, 3.0, "below b = 3"), (-1, 0.0, "n = -1")]
)
def test_no_excess_is_refused(n, b, words):
    with pytest.raises(DomainError, match=words):
        likelihood_interval(n, b)


def test_a_profiled_background_known_exactly_changes_nothing():
    (signal, narrow), (known, fixed) = profile_interval(20, 7.03, 1e-4), likelihood_interval(20, 7.03)
    assert signal == known
    assert_allclose([narrow.lower, narrow.upper], [fixed.lower, fixed.upper], rtol=1e-6)


def test_errors_of_large_counts_add_in_quadrature():
    signal, interval = profile_interval(1_000_000, 400_000.0, 2000.0)
    width = np.sqrt(1e6 + 2000.0**2)
    assert_allclose([interval.upper - signal, signal - interval.lower], [width, width], rtol=2e-3)

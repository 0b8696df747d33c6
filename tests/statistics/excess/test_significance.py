"""Significances against the printed tables of NA62 and against closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from feebly.core.errors import ConfigError, DomainError
from feebly.statistics.backgrounds import BetaProduct, TruncatedGaussian
from feebly.statistics.excess.significance import (
    ONE_SIDED,
    events_for,
    likelihood_ordered_p_value,
    p_of,
    p_value,
    significance_of,
    z_of,
)

# region: (b, sigma, n, P(N >= n), P(L <= L_obs)) as printed in the A' -> mu+ mu- search, 2303.08666.
# The row of three regions together has the joint likelihood: test_joint.py.
MUMU_TABLE = {
    "outside CR": (26.3, 3.4, 28, 0.41, 0.74),
    "OCR3": (1.70, 0.22, 2, 0.50, 0.69),
    "OCR2": (0.58, 0.07, 1, 0.44, 0.44),
    "OCR1": (0.29, 0.04, 1, 0.25, 0.25),
    "OCR1+2+3": (2.57, 0.33, 4, 0.26, None),
    "CR": (0.17, 0.02, 0, 1.0, 1.0),
    "SR": (0.016, 0.002, 1, 0.0159, 0.0159),
}


@pytest.mark.parametrize("region", MUMU_TABLE)
def test_mumu_validation_table(region):
    b, sigma, n, p_n, p_l = MUMU_TABLE[region]
    background = TruncatedGaussian(b, sigma)
    digit = 0.00005 if region == "SR" else 0.005
    assert p_value(n, background) == pytest.approx(p_n, rel=0, abs=digit)
    if p_l is not None:
        assert likelihood_ordered_p_value(n, background) == pytest.approx(p_l, rel=0, abs=digit)


def test_mumu_event_is_2_41_sigma_two_sided():
    assert_allclose(z_of(p_value(1, TruncatedGaussian(0.016, 0.002))), 2.41, rtol=0.002)


def test_two_sided_z_of_one_and_five_sigma():
    assert_allclose(z_of(0.31731050786), 1, rtol=1e-9)
    assert_allclose(z_of(5.7330314e-7), 5, rtol=1e-8)


def test_pnunu_excess_of_run_1():
    assert_allclose(
        p_value(20, 7.03), 4.7e-5, rtol=0.01
    )  # counting; the published 3.4 sigma is a category fit


def test_ee_probability_of_an_event():
    trials = (59.9 / 6.7) ** 2
    background = BetaProduct(59.9, (0.72 / 59.9 * trials, 0.47 / 59.9 * trials), trials)
    assert p_value(1, background) == pytest.approx(0.015, rel=0, abs=0.0005)


EVENTS_FOR = [
    (1e-9, 1, 1),
    (4.6e-7, 1, 1),
    (1e-3, 1, 2),
    (0.016, 2, 4),
    (0.2, 3, 6),
    (3.0, 10, 16),
    (40, 60, 75),
]


@pytest.mark.parametrize(("b", "three", "five"), EVENTS_FOR)
def test_events_for_three_and_five_sigma_are_the_first_rare_enough_poisson_counts(b, three, five):
    assert (events_for(3, b), events_for(5, b)) == (three, five)
    for sigmas, n in ((3, three), (5, five)):
        threshold = 2 * stats.norm.sf(sigmas)
        assert stats.poisson(b).sf(n - 1) <= threshold < stats.poisson(b).sf(n - 2)


def test_events_for_take_the_sides_and_the_uncertainty_into_account():
    # 4.6e-7 lies between 2.87e-7 and 5.73e-7: one event is 5 sigma two-sided only
    assert (events_for(5, 4.6e-7), events_for(5, 4.6e-7, ONE_SIDED)) == (1, 2)
    assert events_for(5, TruncatedGaussian(3.0, 1.5)) > events_for(5, 3.0)
    assert events_for(5, 0) == 1


@settings(max_examples=40, deadline=None)
@given(u=st.floats(-9, 1.5), sigmas=st.floats(0.5, 8), relative=st.floats(0.05, 1))
def test_events_for_are_the_smallest_count_with_that_z(u, sigmas, relative):
    background = TruncatedGaussian(10**u, relative * 10**u)
    n = events_for(sigmas, background)
    assert z_of(p_value(n, background)) >= sigmas * (1 - 1e-9)
    assert n == 1 or z_of(p_value(n - 1, background)) < sigmas


def test_p_of_and_z_of_are_inverse_in_both_conventions():
    assert_allclose([p_of(5), p_of(5, ONE_SIDED)], [5.7330314e-7, 2.8665157e-7], rtol=1e-7)
    for sides in ("two-sided", "one-sided"):
        assert_allclose(z_of(p_of(3.3, sides), sides), 3.3, rtol=1e-12)


def test_significance_of_the_mumu_event_by_both_conventions():
    # 2303.08666: 1.59%, 2.4 sigma; one-sided the same p-value is 2.15 sigma
    found = significance_of(1, 0.016, 0.002)
    assert_allclose([found.p_value, found.p_likelihood, found.z], [0.01587, 0.01587, 2.412], rtol=1e-3)
    assert (found.n, found.background_mean, found.sides) == (1, 0.016, "two-sided")
    assert_allclose(significance_of(1, 0.016, 0.002, "one-sided").z, 2.148, rtol=1e-3)
    assert significance_of(0, 3.0).z == 0


def test_an_event_without_any_background_is_infinitely_significant():
    found = significance_of(1, 0)
    assert (found.p_value, found.p_likelihood, found.z) == (0, 0, np.inf)
    with pytest.raises(DomainError, match="n = 400 with background 1e-09: the p-value is below the smallest"):
        significance_of(400, 1e-9)


@pytest.mark.parametrize("sigmas", [0, -1, float("nan"), 40])
def test_impossible_sigmas_are_refused(sigmas):
    with pytest.raises(DomainError, match="sigmas"):
        events_for(sigmas, 1.0)


def test_unknown_sides_are_refused():
    with pytest.raises(ConfigError, match="unknown convention of Z 'two'; known: two-sided, one-sided"):
        z_of(0.1, "two")


@pytest.mark.parametrize("b", [1e-9, 1.6e-5, 0.3, 30.0])
def test_p_value_of_a_known_background_is_the_poisson_tail(b):
    for n in (0, 1, 2, 7, 50):
        assert_allclose(p_value(n, b), stats.poisson(b).sf(n - 1), rtol=1e-9)


def test_likelihood_ordering_of_a_known_background_against_direct_sum():
    k = np.arange(200)
    pmf = stats.poisson(4.0).pmf(k)
    for n in (0, 3, 4, 9, 25):  # n = 3 and 4 are a tie
        assert_allclose(likelihood_ordered_p_value(n, 4.0), pmf[pmf <= pmf[n] * (1 + 1e-9)].sum(), rtol=1e-9)
    assert_allclose(likelihood_ordered_p_value(3, 4.0), 1, rtol=1e-12)


def test_likelihood_ordered_p_value_keeps_its_digits_far_out():
    assert_allclose(likelihood_ordered_p_value(12, 0.01), stats.poisson(0.01).sf(11), rtol=1e-6)


@settings(max_examples=30, deadline=None)
@given(n=st.integers(0, 20), u=st.floats(-5, 1.5), relative=st.floats(0.01, 1))
def test_p_values_are_ordered(n, u, relative):
    background = TruncatedGaussian(10**u, relative * 10**u)
    assert 1 >= p_value(n, background) > p_value(n + 1, background) > 0
    assert 0 < likelihood_ordered_p_value(n, background) <= 1


def test_p_values_under_the_background_are_valid():
    # P(p <= alpha) <= alpha for every alpha that occurs, by enumeration
    background = TruncatedGaussian(1.7, 0.5)
    pmf = background.counts(40).pmf
    p = np.array([likelihood_ordered_p_value(n, background) for n in range(25)])
    for alpha in p:
        assert pmf[:25][p <= alpha * (1 + 1e-9)].sum() <= alpha * (1 + 1e-6)


@pytest.mark.parametrize("n", [-1, 1.5, "1", True])
def test_impossible_counts_are_refused(n):
    with pytest.raises(DomainError, match="integer number of events"):
        p_value(n, 1.0)


@pytest.mark.parametrize("p", [0.0, -0.1, 1.1, float("nan")])
def test_impossible_p_values_are_refused(p):
    with pytest.raises(DomainError, match="p-value"):
        z_of(p)

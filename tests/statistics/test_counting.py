"""Significances against the printed tables of NA62 and against closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from feebly.core.errors import DomainError
from feebly.statistics.backgrounds import BetaProduct, Fixed, Sum, TruncatedGaussian
from feebly.statistics.counting import (
    count_quantiles,
    likelihood_ordered_p_value,
    p_value,
    two_sided_z,
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
    assert_allclose(two_sided_z(p_value(1, TruncatedGaussian(0.016, 0.002))), 2.41, rtol=0.002)


def test_two_sided_z_of_one_and_five_sigma():
    assert_allclose(two_sided_z(0.31731050786), 1, rtol=1e-9)
    assert_allclose(two_sided_z(5.7330314e-7), 5, rtol=1e-8)


def test_pnunu_excess_of_run_1():
    assert_allclose(
        p_value(20, 7.03), 4.7e-5, rtol=0.01
    )  # counting; the published 3.4 sigma is a category fit


def test_ee_probability_of_an_event():
    trials = (59.9 / 6.7) ** 2
    background = BetaProduct(59.9, (0.72 / 59.9 * trials, 0.47 / 59.9 * trials), trials)
    assert p_value(1, background) == pytest.approx(0.015, rel=0, abs=0.0005)


# Expected background (CR, SR) and N_obs for > 5 sigma in (SR, SR + CR), 2502.04241
HADRONS = {
    "pipi": (0.013, 0.007, 3, 4),
    "pipigamma": (0.031, 0.007, 3, 5),
    "3pi": (1.3e-7, 1.2e-7, 1, 1),
    "2pi2pi0": (1.6e-8, 1.5e-8, 1, 1),
    "pipieta": (7.3e-8, 7.0e-8, 1, 1),
    "KK": (4.7e-7, 4.6e-7, 1, 2),
    "KKpi0": (1.6e-9, 1.5e-9, 1, 1),
}


def events_for_five_sigma(background):
    return next(n for n in range(1, 20) if two_sided_z(p_value(n, background)) > 5)


def test_events_for_five_sigma_agree_in_13_of_14_regions():
    differences = {}
    for channel, (control, signal, n_signal, n_both) in HADRONS.items():
        for region, b, published in (
            ("SR", Fixed(signal), n_signal),
            ("SR+CR", Sum((Fixed(signal), Fixed(control))), n_both),
        ):
            if (n := events_for_five_sigma(b)) != published:
                differences[channel, region] = n
    assert differences == {("pipigamma", "SR+CR"): 4}


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


def test_count_quantiles_are_degenerate_for_a_small_background():
    assert count_quantiles(0.02) == (0, 0, 0, 0, 0)
    assert count_quantiles(0.03) == (0, 0, 0, 0, 1)


@pytest.mark.parametrize("b", [0.1, 0.7, 3.0, 41.5])
def test_count_quantiles_of_a_known_background_are_those_of_poisson(b):
    expected = stats.poisson(b).ppf(stats.norm.cdf([-2, -1, 0, 1, 2]))
    assert_allclose(count_quantiles(b), expected, rtol=0, atol=0)


def test_count_quantiles_far_out_keep_their_side():
    for b in (1e-6, 0.3, 100.0):
        poisson = stats.poisson(b)
        expected = [*poisson.ppf(stats.norm.cdf([-7, -5])), *poisson.isf(stats.norm.sf([5, 7]))]
        assert_allclose(count_quantiles(b, (-7, -5, 5, 7)), expected, rtol=0, atol=0)


class Listed:
    """A background that remembers up to which count it was asked."""

    def __init__(self, background):
        self.background, self.mean, self.asked = background, background.mean, []

    def counts(self, n_max):
        self.asked.append(n_max)
        return self.background.counts(n_max)


# the background of ee at 3e19 POT: 2.2 events with a tail beyond 50
PROJECTED_EE = BetaProduct(12835.7, (0.96075, 0.62716), 79.929)


def test_no_counts_beyond_the_largest_quantile_are_asked_for():
    background = Listed(PROJECTED_EE)
    assert count_quantiles(background) == (0, 0, 1, 6, 18)
    assert max(background.asked) <= 2 * (2 * PROJECTED_EE.mean + 16)
    likelihood_ordered_p_value(0, background)  # needs them all
    assert max(background.asked) > 100


def test_count_quantiles_of_a_long_tail_are_those_of_its_distribution():
    cumulative = PROJECTED_EE.counts(400).cumulative
    levels = stats.norm.cdf([-2, -1, 0, 1, 2])
    assert count_quantiles(PROJECTED_EE) == tuple(np.searchsorted(cumulative, levels))


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
        two_sided_z(p)

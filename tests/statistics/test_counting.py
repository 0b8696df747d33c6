"""Quantiles of the count against Poisson and against the listed distribution."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from feebly.statistics.backgrounds import BetaProduct, Fixed, TruncatedGaussian
from feebly.statistics.counting import count_quantiles, distribution_of_all_counts
from feebly.statistics.excess.significance import likelihood_ordered_p_value


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


@pytest.mark.parametrize("background", [Fixed(0.016), Fixed(90.0), TruncatedGaussian(3.0, 2.0), PROJECTED_EE])
def test_the_tail_alone_finds_where_the_list_ends(background):
    every_list = Listed(background)  # knows its tail from its lists only
    expected, found = (distribution_of_all_counts(each) for each in (every_list, background))
    assert_allclose(found.tail, expected.tail, rtol=0, atol=0)
    assert len(found.pmf) == every_list.asked[-1] + 1
    for n in every_list.asked:
        assert_allclose(background.last_tail(n), background.counts(n).tail[-1], rtol=1e-12)


def test_count_quantiles_of_a_long_tail_are_those_of_its_distribution():
    cumulative = PROJECTED_EE.counts(400).cumulative
    levels = stats.norm.cdf([-2, -1, 0, 1, 2])
    assert count_quantiles(PROJECTED_EE) == tuple(np.searchsorted(cumulative, levels))

"""Several regions: total counts and the joint likelihood of the mu+ mu- validation table."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from feebly.core.errors import ConfigError, DomainError
from feebly.statistics import combined_upper_limit, upper_limit
from feebly.statistics.backgrounds import Fixed, TruncatedGaussian
from feebly.statistics.joint import joint_likelihood_ordered_p_value
from feebly.statistics.significance import likelihood_ordered_p_value


def test_total_count_of_known_backgrounds():
    limit = combined_upper_limit([1, 0], [0.016, 0.0094])
    assert limit.n == 1
    assert_allclose(limit.s_up, upper_limit(1, 0.0254).s_up, rtol=1e-11)
    assert_allclose(limit.background_mean, 0.0254, rtol=1e-12)


def test_total_count_of_uncertain_backgrounds_against_toys():
    rng, size = np.random.default_rng(2), 400_000
    parts = TruncatedGaussian(1.7, 0.8), TruncatedGaussian(0.6, 0.5)
    s = combined_upper_limit([2, 1], parts).s_up
    b = sum((x := rng.normal(part.mean, part.sigma, 4 * size))[x > 0][:size] for part in parts)
    p_sb, p_b = (np.mean(rng.poisson(mean) <= 3) for mean in (s + b, b))
    error = p_sb / p_b * np.sqrt((1 - p_sb) / (p_sb * size) + (1 - p_b) / (p_b * size))
    assert 2 * stats.norm.sf(abs(p_sb / p_b - 0.1) / error) > 1e-6


@settings(max_examples=20, deadline=None)
@given(means=st.lists(st.floats(0, 3), min_size=1, max_size=4))
def test_combination_without_event_is_ln10(means):
    assert_allclose(combined_upper_limit([0] * len(means), means).s_up, np.log(10), rtol=1e-10)


def test_outer_control_regions_of_the_mumu_table():
    # 2303.08666: OCR1 1, OCR2 1, OCR3 2 observed; printed P(L <= L_obs) = 0.24 with one common uncertainty
    p = joint_likelihood_ordered_p_value((1, 1, 2), (0.29, 0.58, 1.70), TruncatedGaussian(2.57, 0.33))
    assert p == pytest.approx(0.24, rel=0, abs=0.005)


def test_joint_p_value_of_one_region_is_that_of_the_count():
    background = TruncatedGaussian(1.7, 0.4)
    for n in (0, 1, 2, 5):
        assert_allclose(
            joint_likelihood_ordered_p_value((n,), (1.7,), background),
            likelihood_ordered_p_value(n, background),
            rtol=1e-9,
        )


def test_joint_p_value_of_known_backgrounds_against_independent_poissons():
    n = np.arange(60)
    joint = np.multiply.outer(stats.poisson(0.7).pmf(n), stats.poisson(2.2).pmf(n))
    for observed in ((0, 2), (3, 1), (0, 9)):
        expected = joint[joint <= joint[observed] * (1 + 1e-9)].sum()
        assert_allclose(
            joint_likelihood_ordered_p_value(observed, (0.7, 2.2), Fixed(2.9)), expected, rtol=1e-9
        )


def test_joint_p_value_does_not_depend_on_the_order_of_regions():
    background = TruncatedGaussian(2.0, 0.5)
    assert_allclose(
        joint_likelihood_ordered_p_value((3, 0), (0.5, 1.5), background),
        joint_likelihood_ordered_p_value((0, 3), (1.5, 0.5), background),
        rtol=1e-10,
    )


def test_wrong_inputs_are_refused():
    with pytest.raises(ConfigError, match="2 counts for 1 regions"):
        combined_upper_limit([1, 2], [0.1])
    with pytest.raises(ConfigError, match="0 counts"):
        combined_upper_limit([], [])
    with pytest.raises(DomainError, match="n = -1"):
        combined_upper_limit([-1], [0.1])
    with pytest.raises(DomainError, match="background mean = 0"):
        joint_likelihood_ordered_p_value((1,), (0.0,), Fixed(1))
    with pytest.raises(DomainError, match="use the total count"):
        joint_likelihood_ordered_p_value((1,) * 8, (1.0,) * 8, Fixed(8))

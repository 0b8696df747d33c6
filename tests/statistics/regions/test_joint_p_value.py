"""Likelihood-ordered p-values of several regions: the whole validation table of 2303.08666 among them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from feebly.statistics.backgrounds import Fixed, TruncatedGaussian
from feebly.statistics.excess.significance import likelihood_ordered_p_value, p_value
from feebly.statistics.regions.joint_p_value import joint_p_value
from feebly.statistics.regions.model import CountingModel, Nuisance, Region

# region: (b, sigma), (name, n, central b of each part), P(N >= n), P(L <= L_obs), as printed in 2303.08666
MUMU_TABLE = {
    "outside CR": ((26.3, 3.4), ((28, 26.3),), 0.41, 0.74),
    "OCR3": ((1.70, 0.22), ((2, 1.70),), 0.50, 0.69),
    "OCR2": ((0.58, 0.07), ((1, 0.58),), 0.44, 0.44),
    "OCR1": ((0.29, 0.04), ((1, 0.29),), 0.25, 0.25),
    "OCR1+2+3": ((2.57, 0.33), ((1, 0.29), (1, 0.58), (2, 1.70)), 0.26, 0.24),
    "CR": ((0.17, 0.02), ((0, 0.17),), 1.0, 1.0),
    "SR": ((0.016, 0.002), ((1, 0.016),), 0.0159, 0.0159),
}


def common_scale(parts, sigma):
    """Known backgrounds with one common relative uncertainty."""
    scale = (Nuisance("b", sigma, "truncated-gaussian"),)
    return CountingModel(
        tuple(Region(f"r{i}", n, Fixed(b), background_nuisances=scale) for i, (n, b) in enumerate(parts))
    )


@pytest.mark.parametrize("row", MUMU_TABLE)
def test_all_seven_rows_of_the_mumu_validation_table(row):
    (b, sigma), parts, p_n, p_l = MUMU_TABLE[row]
    last_digit = 0.0001 if row == "SR" else 0.01
    total = sum(n for n, _ in parts)
    assert p_value(total, TruncatedGaussian(b, sigma)) == pytest.approx(p_n, rel=0, abs=last_digit / 2)
    assert joint_p_value(common_scale(parts, sigma / b)) == pytest.approx(p_l, rel=0, abs=last_digit / 2)


def test_joint_p_value_of_one_region_is_that_of_the_count():
    background = TruncatedGaussian(1.7, 0.4)
    for n in (0, 1, 2, 5, 30):
        expected = likelihood_ordered_p_value(n, background)
        assert_allclose(joint_p_value(CountingModel((Region("r", n, background),))), expected, rtol=1e-6)
        assert_allclose(joint_p_value(common_scale([(n, 1.7)], 0.4 / 1.7)), expected, rtol=1e-6)


def test_joint_p_value_of_a_common_scale_is_a_multinomial_of_the_total():
    # P(n_1, n_2) = P(N | total) * binomial: independent of the quadrature over regions
    parts, total = [(3, 0.5), (0, 1.5)], TruncatedGaussian(2.0, 0.5)
    pmf = total.counts(40).pmf
    joint = np.array([[pmf[i + j] * stats.binom(i + j, 0.25).pmf(i) for j in range(20)] for i in range(20)])
    expected = joint[joint <= joint[3, 0] * (1 + 1e-9)].sum()
    assert_allclose(joint_p_value(common_scale(parts, 0.25)), expected, rtol=1e-7)


def test_joint_p_value_of_known_backgrounds_against_independent_poissons():
    n = np.arange(60)
    joint = np.multiply.outer(stats.poisson(0.7).pmf(n), stats.poisson(2.2).pmf(n))
    for observed in ((0, 2), (3, 1), (0, 9), (12, 0)):
        expected = joint[joint <= joint[observed] * (1 + 1e-9)].sum()
        found = joint_p_value(common_scale(list(zip(observed, (0.7, 2.2), strict=True)), 0.0))
        assert_allclose(found, expected, rtol=1e-5)


def test_joint_p_value_does_not_depend_on_the_order_of_regions():
    parts = [(3, 0.5), (0, 1.5), (1, 0.2)]
    assert_allclose(
        joint_p_value(common_scale(parts, 0.25)), joint_p_value(common_scale(parts[::-1], 0.25)), rtol=1e-10
    )


def test_a_common_uncertainty_makes_a_common_excess_more_probable():
    parts = [(3, 0.5), (4, 1.0)]
    independent = CountingModel(
        tuple(Region(f"r{i}", n, TruncatedGaussian(b, 0.5 * b)) for i, (n, b) in enumerate(parts))
    )
    assert joint_p_value(common_scale(parts, 0.5)) > 1.1 * joint_p_value(independent)

"""The likelihood ratio of the regions of a search: limits by cell, and the notch of the observed event."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError
from feebly.limits.contour import edges_at
from feebly.limits.ratio_limits import expected_limits, observed_limits, ratio_cls
from feebly.limits.scan import scan
from feebly.statistics import cls_value, upper_limit
from limits.toy_search import toy_edges, toy_observation, toy_signal

RATIO = "likelihood-ratio"
MASS = np.array([0.1, 0.3, 0.411])
B_MUMU, B_EE = 0.016, 0.0151  # means of the densities; the medians are 0.016 and 0.0075


@pytest.fixture(scope="module")
def ratio():
    return toy_observation(toy_signal(), ordering=RATIO)


def in_shares(total, share_of_ee):
    return {"ee": total * share_of_ee, "mumu": total * (1 - share_of_ee)}


def test_no_event_is_ln_10_whatever_the_shares(ratio):
    yields = in_shares(np.full((2, 3), 5.0), np.array([0.1, 0.5, 0.9]))
    assert_allclose(observed_limits(ratio, MASS[:2], yields), math.log(10), rtol=1e-9)
    assert_allclose(expected_limits(ratio, MASS, in_shares(np.ones((3, 2)), 0.3)), math.log(10), rtol=1e-9)


def test_the_event_in_mumu_against_the_outcomes_written_out(ratio):
    # b is small: CLs of {none, one mumu, and one ee where it is less signal-like than one mumu}
    share = np.array([0.05, 0.45, 0.6])
    (s_up,) = observed_limits(ratio, MASS[2:], in_shares(np.full((1, 3), 5.0), share))
    for f, s in zip(share, s_up, strict=True):
        ee_is_below = math.log1p(f * s / 0.0075) <= math.log1p((1 - f) * s / B_MUMU)
        above = 1 + (1 - f) * s + B_MUMU + ee_is_below * (f * s + B_EE)
        below = 1 + B_MUMU + ee_is_below * B_EE
        assert_allclose(math.exp(-s) * above / below, 0.1, rtol=5e-3)  # two and more events: b^2, b s


def test_cls_at_the_limit_is_one_minus_cl(ratio):
    shares = in_shares(np.ones((2, 2)), np.array([0.2, 0.6]))
    s_up = observed_limits(ratio, MASS[1:], shares)
    below, above = (
        ratio_cls(ratio, MASS[1:], {tag: share * s_up * factor for tag, share in shares.items()})
        for factor in (1 - 1e-7, 1 + 1e-7)
    )
    assert np.all(below >= 0.1 * (1 - 1e-6))
    assert np.all(above <= 0.1 * (1 + 1e-6))


def test_one_open_region_is_the_limit_of_the_count(ratio):
    observation = toy_observation(toy_signal(final_states=("mumu",)), ordering=RATIO, signal_error=0.2)
    background = observation.region("mumu").background.density
    yields = {"mumu": np.array([[3.0, 4.0]])}
    expected = upper_limit(1, background, signal_error=0.2).s_up
    assert_allclose(observed_limits(observation, MASS[2:], yields), expected, rtol=1e-9)
    assert_allclose(ratio_cls(observation, MASS[2:], yields)[0], cls_value(1, [3.0, 4.0], background, 0.2))


def test_a_projection_with_background_has_its_median_by_the_ratio():
    # b = 2.2 at 1e19 POT: the median outcome is not empty
    observation = toy_observation(toy_signal(), pot=1e19, ordering=RATIO)
    yields = in_shares(np.full((1, 3), 5.0), np.array([0.001, 0.5, 0.999]))
    (s_up,) = expected_limits(observation, MASS[1:2], yields)
    # nearly all in one channel: its own expected limit, the other region does not count
    alone = [
        toy_observation(toy_signal(final_states=(tag,)), pot=1e19).s_up_expected(MASS[1:2])[0]
        for tag in ("mumu", "ee")
    ]
    assert_allclose(s_up[[0, 2]], alone, rtol=0.15)
    assert np.all(s_up > math.log(10))
    with pytest.raises(ValueError, match="projection"):
        observed_limits(observation, MASS[1:2], yields)


def test_notch_of_the_combined_contour(ratio):
    # steps of the edges: total 1.16 / 0.938, likelihood ratio 1.115 / 0.956. An edge moves by a power of
    # s_up, the power from the first pair; 43% of the signal at the edges is e+e- (na62-ff-mixing).
    (s_up,) = observed_limits(ratio, MASS[2:], in_shares(np.full((1, 1), 3.0), 0.43))[0]
    (total_count,) = ratio.s_up_observed(MASS[2:])
    assert_allclose(total_count, 3.860, rtol=2e-4)
    assert_allclose(s_up, 3.37, rtol=0.005)
    power = math.log(s_up / math.log(10)) / math.log(total_count / math.log(10))
    assert_allclose(1.16**power, 1.115, rtol=0.002)
    assert_allclose(0.938**power, 0.956, rtol=0.003)


def test_contours_by_the_ratio_are_closed_forms():
    pot = 1e19
    signal = toy_signal(pot=pot)
    observation = toy_observation(signal, ordering=RATIO)
    result = scan(signal, observation, (0.35, 0.5, 12), (1e-8, 1e-3, 40))
    (s_up,) = observed_limits(observation, MASS[2:], in_shares(np.full((1, 1), 3.0), 0.5))[0]
    assert s_up < 3.4 < toy_observation(signal).s_up_observed(MASS[2:])[0]
    for mass, limit in ((0.38, math.log(10)), (0.411, s_up), (0.45, math.log(10))):
        # equal branching ratios: the yields of the two states are the same
        assert_allclose(edges_at(result.contour(), mass), [toy_edges(mass, limit, pot=pot)], rtol=3e-3)
    assert_allclose(
        edges_at(result.contour("expected"), 0.411), [toy_edges(0.411, math.log(10), pot=pot)], rtol=3e-3
    )
    assert result.grid.s_up_observed.shape == (12,)
    assert result.grid.cls.shape == (12, 40)


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"ordering": "likelihood"}, "did you mean 'likelihood-ratio'?"),
        ({"ordering": RATIO, "convention": "cls-profile"}, "or ordering 'total-count'"),
    ],
)
def test_wrong_orders_are_refused(choices, words):
    with pytest.raises(ConfigError) as error:
        toy_observation(toy_signal(), **choices)
    assert words in str(error.value)
    assert "\n" not in str(error.value)

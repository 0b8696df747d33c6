"""Counts by mass hypothesis and the limit on the total signal."""

import time

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.analysis.analysis import load_analysis
from feebly.core.errors import ConfigError
from feebly.limits.observation import Observation
from feebly.statistics import Fixed, cls_value, upper_limit
from limits.toy_search import ToyModel, toy_observation, toy_signal

LN10 = np.log(10)


@pytest.fixture(scope="module")
def both():
    return toy_observation(toy_signal())


@pytest.fixture(scope="module")
def mumu():
    return toy_observation(toy_signal(final_states=("mumu",)))


def test_no_event_is_ln_10_whatever_the_background(both):
    assert_allclose(both.s_up_observed([0.05, 0.3, 0.406, 0.416]), LN10, rtol=1e-9)


def test_the_event_counts_in_its_window_in_mumu(mumu):
    # n = 1, b = 0.016 +- 0.002, 90% CLs: 3.874
    s_up = mumu.s_up_observed([0.4069, 0.4071, 0.411, 0.4149, 0.4151])
    assert_allclose(s_up, [LN10, 3.8739, 3.8739, 3.8739, LN10], rtol=3e-5)


def test_all_regions_count_together(both):
    # b = 0.016 in mumu and 0.015 in ee: near the limit for b = 0.031 exactly
    assert_allclose(both.s_up_observed([0.411]), upper_limit(1, Fixed(0.03106)).s_up, rtol=1e-3)


def test_a_closed_region_does_not_count():
    # the event at 0.411 GeV is below this threshold of mumu
    thresholds = {"ee": 0.001, "mumu": 0.5}
    observation = toy_observation(toy_signal(thresholds=thresholds))
    assert_allclose(observation.s_up_observed([0.411]), LN10, rtol=1e-9)
    counts = observation.counts(np.array([0.411]))
    assert counts["mumu"] == [0]


def test_no_limit_where_everything_is_closed(mumu):
    assert np.isnan(mumu.s_up_observed([0.2, 0.3])).tolist() == [True, False]
    assert np.isnan(mumu.s_up_expected([0.2, 0.3])).tolist() == [True, False]


def test_expected_is_at_the_median_count_without_the_event(both):
    assert_allclose(both.s_up_expected([0.05, 0.411, 1.0]), LN10, rtol=1e-9)


def test_a_projection_has_no_observed_limit():
    signal = toy_signal()
    observation = toy_observation(signal, pot=1e18)
    assert observation.s_up_observed([0.3]) is None
    assert observation.counts(np.array([0.3])) is None
    assert observation.cls(np.array([0.3]), np.ones((1, 1))) is None
    # b = 0.22 at 1e18 POT: the median is still no event
    assert_allclose(observation.s_up_expected([0.3]), LN10, rtol=1e-9)
    # b = 2.2 at 1e19 POT: the median is 2 (n = 2: 4.84 at b = 0.5, 3.52 at b = 3)
    assert 3.52 < toy_observation(signal, pot=1e19).s_up_expected([0.3])[0] < 4.84


def test_jumps_are_thresholds_and_window_edges(both):
    assert_allclose(both.jumps_gev(), [0.001, 0.2113, 0.407, 0.415], rtol=1e-12)


def test_cls_at_the_limit_is_one_minus_cl(both):
    mass = np.array([0.1, 0.3, 0.411])
    cls = both.cls(mass, both.s_up_observed(mass)[:, None] * np.array([1.0, 2.0]))
    assert_allclose(cls[:, 0], 0.1, rtol=1e-8)
    assert np.all(cls[:, 1] < 0.05)


def test_cls_is_one_where_everything_is_closed(mumu):
    assert_allclose(mumu.cls(np.array([0.1]), np.zeros((1, 2))), 1.0)


def test_options_reach_the_statistics():
    signal = toy_signal(final_states=("mumu",))
    assert_allclose(toy_observation(signal, cl=0.95).s_up_observed([0.3]), np.log(20), rtol=1e-9)
    # signal error 20%: 2.4086 and 4.0961; profile convention at n = 1: 3.28 +- 1%
    blurred = toy_observation(signal, signal_error=0.20).s_up_observed([0.3, 0.411])
    assert_allclose(blurred, [2.4086, 4.0961], rtol=3e-5)
    profile = toy_observation(signal, convention="cls-profile").s_up_observed([0.411])
    assert_allclose(profile, 3.28, rtol=0.01)


def test_cls_uses_the_signal_error():
    observation = toy_observation(toy_signal(final_states=("mumu",)), signal_error=0.2)
    background = observation.region("mumu").background.density
    expected = cls_value(1, [3.0, 5.0], background, 0.2)
    assert_allclose(observation.cls(np.array([0.411]), np.array([[3.0, 5.0]]))[0], expected, rtol=1e-8)


def test_cls_of_the_profile_convention():
    mass_gev = 0.411
    observation = toy_observation(toy_signal(final_states=("mumu",)), convention="cls-profile")
    n, background = 1, observation.region("mumu").background.density
    signal = np.array([0.05, 0.5, 2.0, 3.28, 7.0, 20.0])
    exact = cls_value(n, signal, background, 0.0, "cls-profile")
    found = observation.cls(np.array([mass_gev]), signal[None])[0]
    assert_allclose(found, exact, rtol=4e-3)
    assert observation.cls(np.array([mass_gev]), np.array([[0.0, 1e4]])).tolist() == [[1.0, 0.0]]


@pytest.mark.parametrize("final_states", [("ee", "mumu"), ("ee",)])
def test_the_profile_convention_is_refused_for_several_regions_and_for_ee(final_states):
    with pytest.raises(ConfigError) as refusal:
        toy_observation(toy_signal(final_states=final_states), convention="cls-profile")
    alone = "mumu alone, or " if "mumu" in final_states else ""
    assert str(refusal.value) == (
        f"convention 'cls-profile' with channels {', '.join(final_states)}: expected one region with a "
        f"background b +- sigma; choose {alone}convention 'cls-counting'"
    )


def test_a_projection_far_ahead_takes_no_time():
    # b = 9.6 +- 14 at 1e20 POT with a tail beyond 100 events; it once took minutes
    signal = toy_signal(final_states=("ee",))
    start = time.process_time()
    s_up = toy_observation(signal, pot=1e20).s_up_expected([0.3])
    assert time.process_time() - start < 2
    assert_allclose(s_up, 7.609, rtol=1e-3)


def test_limits_are_computed_once_per_hypothesis(both):
    found, index = both.hypotheses(np.linspace(0.01, 2, 500))
    assert len(found) == 3
    assert {hypothesis.observed for hypothesis in found} == {0, 1}
    assert index.shape == (500,)


def test_unknown_final_states_are_refused():
    with pytest.raises(ConfigError, match="unknown channel 'mumuu'"):
        Observation(load_analysis("na62-dump-2021"), ToyModel(), ("mumuu",))

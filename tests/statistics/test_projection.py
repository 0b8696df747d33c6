"""Projections against closed forms and direct Poisson sums."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from feebly.core.errors import ConfigError, DomainError
from feebly.statistics import BetaProduct, TruncatedGaussian
from feebly.statistics.projection import BackgroundAssumption, discovery_reach, project

RUN2 = 1e18 / 1.4e17


def test_na62_at_1e18_pot():
    # NA62 at the end of Run 2: b of mu mu 0.114, P(0) = 0.89; ee 0.067 from the published centre 0.0094
    assert_allclose(RUN2, 7.143, rtol=1e-4)
    mumu = project(TruncatedGaussian(0.016, 0.002), RUN2)
    assert_allclose([mumu.background.mean, mumu.background.sigma], [0.1143, 0.0143], rtol=1e-3)
    assert_allclose(mumu.background.counts(0).pmf[0], 0.89, rtol=0.005)
    ee = project(0.0094, RUN2).background
    assert_allclose([ee.mean, ee.counts(0).pmf[0]], [0.067, 0.935], rtol=0.005)
    assert_allclose(mumu.exclusion.s_up, math.log(10), rtol=1e-9)
    assert_allclose(mumu.relative(mumu.exclusion.s_up), math.log(10) / RUN2, rtol=1e-9)


def test_posterior_of_rejection_factors_scales_with_the_exposure():
    background = BetaProduct(59.9, (0.96, 0.63), 79.9)
    projected = project(background, 7.0).background
    assert_allclose(projected.mean, 7 * background.mean, rtol=1e-12)
    assert_allclose(projected.quantile(0.95), 7 * background.quantile(0.95), rtol=1e-6)


def test_without_background_one_event_is_a_discovery():
    found = project(TruncatedGaussian(0.016, 0.002), RUN2, BackgroundAssumption("none"))
    assert found.background.mean == 0
    for reach in found.discovery:
        assert (reach.n, reach.p_value) == (1, 0)
        assert_allclose(reach.s, math.log(2), rtol=1e-10)  # P(N >= 1 | s) = 1/2


@pytest.mark.parametrize("b", [0.016, 0.114, 3.0, 40.0])
@pytest.mark.parametrize(("sigmas", "sides", "tails"), [(3, "two-sided", 2), (5, "one-sided", 1)])
def test_reach_is_where_the_median_outcome_is_significant(b, sigmas, sides, tails):
    found = discovery_reach(b, sigmas=sigmas, sides=sides)
    threshold = tails * stats.norm.sf(sigmas)
    assert stats.poisson(b).sf(found.n - 1) <= threshold < stats.poisson(b).sf(found.n - 2)
    assert_allclose(stats.poisson(b + found.s).sf(found.n - 1), 0.5, rtol=1e-9)
    assert stats.poisson(b + 1.0001 * found.s).median() == found.n
    assert stats.poisson(b + 0.9999 * found.s).median() == found.n - 1


def test_other_powers_and_errors_of_the_signal():
    found = discovery_reach(0.114, sigmas=5, power=0.9)
    assert_allclose(stats.poisson(0.114 + found.s).sf(found.n - 1), 0.9, rtol=1e-9)
    uncertain = discovery_reach(0.114, sigmas=5, power=0.9, signal_error=0.3)
    rng = np.random.default_rng(6)
    kappa = rng.lognormal(-math.log(1.09) / 2, math.sqrt(math.log(1.09)), 400_000)
    seen = int((rng.poisson(uncertain.s * kappa + 0.114) >= uncertain.n).sum())
    assert stats.binomtest(seen, kappa.size, 0.9).pvalue > 1e-6
    assert uncertain.s > found.s


def test_large_background_approaches_the_asymptotic_reach():
    # s / sqrt(b) = 5 one-sided with the median at s + b; the tail of Poisson above Gauss takes 3% more here
    found = discovery_reach(1e4, sigmas=5, sides="one-sided")
    assert_allclose(found.s, 500, rtol=0.03)


@settings(max_examples=25, deadline=None)
@given(u=st.floats(-6, 1), exposure=st.floats(1, 1e3), suppression=st.floats(1, 100))
def test_more_exposure_reaches_further_and_less_background_too(u, exposure, suppression):
    b = 10**u
    own, more = project(b, 1.0), project(b, exposure)
    less = project(b, exposure, BackgroundAssumption("suppress", suppression))
    none = project(b, exposure, BackgroundAssumption("none"))
    assert_allclose(less.background.mean, b * exposure / suppression, rtol=1e-12)
    for k in range(2):
        assert none.discovery[k].s <= less.discovery[k].n
        assert none.discovery[k].n <= less.discovery[k].n <= more.discovery[k].n
        assert own.discovery[k].n <= more.discovery[k].n
        assert more.discovery[k].sigmas == (3.0, 5.0)[k]


@pytest.mark.parametrize(
    ("text", "kind", "suppression"),
    [("scale", "scale", 1), ("none", "none", 1), ("suppress:10", "suppress", 10)],
)
def test_assumptions_are_read_and_written(text, kind, suppression):
    found = BackgroundAssumption.parse(text)
    assert (found.kind, found.suppression, str(found)) == (kind, suppression, text)
    assert found.factor(5.0) == {"scale": 5, "none": 0, "suppress": 0.5}[kind]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: BackgroundAssumption.parse("suppress"), "expected scale, none, or suppress:FACTOR"),
        (lambda: BackgroundAssumption.parse("suppress:x"), "'suppress:x': expected scale, none, or"),
        (lambda: BackgroundAssumption.parse("scale:2"), "'scale:2'"),
        (lambda: BackgroundAssumption.parse("half"), "'half'"),
        (lambda: BackgroundAssumption.parse("suppress:0"), "suppression of the background = 0.0"),
        (lambda: BackgroundAssumption("scale", 2.0), "belongs to 'suppress' alone"),
        (lambda: project(0.1, 0.0), "exposure = 0.0"),
        (lambda: project(-0.1, 1.0), "b = -0.1"),
        (lambda: discovery_reach(0.1, power=1.0), "power = 1.0"),
        (lambda: discovery_reach(0.1, sigmas=-3), "sigmas = -3"),
        (lambda: discovery_reach(5.0, sigmas=0.1, power=0.2), "reached without any signal"),
    ],
)
def test_bad_input_is_refused_in_one_line(make, words):
    with pytest.raises((ConfigError, DomainError)) as error:
        make()
    assert words in str(error.value)
    assert "\n" not in str(error.value)

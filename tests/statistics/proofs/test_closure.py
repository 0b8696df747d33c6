"""Closure at all points, and that it notices a wrong distribution."""

import numpy as np
import pytest
from scipy import stats

from feebly.core.errors import ConfigError, DomainError
from feebly.statistics import Fixed, Interval, LogNormal, TruncatedGaussian, closure_test
from feebly.statistics.proofs.closure import (
    POINTS,
    Closure,
    ClosurePoint,
    close,
    thrown_background,
    thrown_counts,
    thrown_pulls,
    transforms,
)


def test_closure_at_twenty_points_of_a_thousand():
    found = closure_test(1000, seed=1)
    assert len(found.results) == 20
    assert min(result.p_value for result in found.results) > 1e-3
    assert found.p_value > 1e-3
    pulls = [result for result in found.results if result.pull_mean is not None]
    assert len(pulls) == 4
    for result in pulls:
        assert result.point.signal + result.point.background.mean >= 40
        assert abs(result.pull_mean) <= 0.1
        assert 0.9 <= result.pull_width <= 1.1
    assert found.passed


def test_every_density_is_thrown():
    kinds = {type(point.background).__name__ for point in POINTS}
    assert kinds == {
        "Fixed", "TruncatedGaussian", "LogNormal", "Gamma", "Interval", "BetaProduct", "Sum"
    }  # fmt: skip
    assert {point.signal_error for point in POINTS} == {0.0, 0.2}


@pytest.mark.parametrize(
    ("truth", "believed"),
    [
        (ClosurePoint(4.0, Fixed(0.5)), ClosurePoint(4.4, Fixed(0.5))),
        (ClosurePoint(12.0, Fixed(3.0), 0.3), ClosurePoint(12.0, Fixed(3.0))),
        (ClosurePoint(1.0, LogNormal(5.0, 3.0)), ClosurePoint(1.0, LogNormal(5.0, 1.5))),
        (ClosurePoint(1.0, TruncatedGaussian(2.0, 2.0)), ClosurePoint(1.0, Fixed(2.0))),
    ],
)
def test_a_wrong_distribution_is_noticed(truth, believed):
    rng = np.random.default_rng(4)
    u = transforms(believed, thrown_counts(truth, 4000, rng), rng)
    assert stats.kstest(u, "uniform").pvalue < 1e-3


@pytest.mark.parametrize("background", [point.background for point in POINTS], ids=lambda b: type(b).__name__)
def test_thrown_backgrounds_have_the_moments_of_their_density(background):
    thrown = thrown_background(background, 400_000, np.random.default_rng(9))
    # E[exp(-b)] and E[b exp(-b)] are P(0) and P(1), which the package gets from its quadratures
    pmf = background.counts(1).pmf
    for k, values in enumerate((np.exp(-thrown), thrown * np.exp(-thrown))):
        spread = values.std() / np.sqrt(thrown.size)
        assert abs(values.mean() - pmf[k]) <= 5 * spread + 1e-12


def test_two_pieces_are_on_their_sides():
    thrown = thrown_background(Interval(2.0, 1.2, 0.4, "68%"), 400_000, np.random.default_rng(9))
    quantiles = np.quantile(thrown, stats.norm.cdf([-1, 0, 1]))
    assert quantiles == pytest.approx([1.6, 2.0, 3.2], abs=0.02)
    wide = thrown_background(Interval(20.0, 2.0, 1.0, "90%"), 400_000, np.random.default_rng(9))
    assert np.quantile(wide, [0.05, 0.95]) == pytest.approx([19.0, 22.0], abs=0.05)


def test_all_points_together_must_be_uniform_too():
    good = close(ClosurePoint(2.0, Fixed(0.5)), 100, np.random.default_rng(1))
    assert Closure((good,), 0.5).passed
    assert not Closure((good,), 1e-3).passed


def test_transforms_stay_in_their_step_of_the_distribution():
    point, rng = ClosurePoint(1.5, Fixed(0.5)), np.random.default_rng(0)
    n = np.array([0, 0, 1, 4])
    u = transforms(point, n, rng)
    assert np.all(u >= stats.poisson(2.0).cdf(n - 1))
    assert np.all(u <= stats.poisson(2.0).cdf(n))


def test_pulls_are_standard_for_many_repetitions():
    for point in (ClosurePoint(60.0, Fixed(0.5)), ClosurePoint(100.0, TruncatedGaussian(10.0, 2.0))):
        pulls = thrown_pulls(point, 100_000, np.random.default_rng(1))
        # the signed root of the likelihood ratio of a Poisson count has mean 1 / (6 sqrt(s + b)), width 1
        assert pulls.mean() == pytest.approx(0, abs=0.03)
        assert pulls.std() == pytest.approx(1, abs=0.01)


def test_pulls_only_where_there_are_events_and_a_measurement():
    assert not ClosurePoint(39.0, Fixed(0.5)).has_pulls
    assert ClosurePoint(39.5, Fixed(0.5)).has_pulls
    assert not ClosurePoint(60.0, LogNormal(1.0, 0.5)).has_pulls
    assert not ClosurePoint(60.0, Fixed(1.0), 0.2).has_pulls


def test_a_failing_pull_fails_the_point():
    good = close(ClosurePoint(60.0, Fixed(0.5)), 1000, np.random.default_rng(1))
    assert good.passed
    for change in ({"pull_mean": 0.11}, {"pull_width": 0.89}, {"pull_width": 1.11}, {"p_value": 1e-3}):
        fields = {name: getattr(good, name) for name in type(good).__slots__} | change
        assert not type(good)(**fields).passed


def test_same_seed_same_result():
    assert closure_test(50, 3, POINTS[:3]) == closure_test(50, 3, POINTS[:3])
    assert closure_test(50, 3, POINTS[:3]) != closure_test(50, 4, POINTS[:3])


def test_refusals():
    with pytest.raises(ConfigError, match="repetitions = 5: expected at least 10"):
        closure_test(5)
    with pytest.raises(DomainError, match=r"signal = -1\.0|signal = -1"):
        ClosurePoint(-1.0, Fixed(1.0))

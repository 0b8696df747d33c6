"""Toys against enumeration, and where there is no enumeration."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from feebly.core.errors import ConfigError, DomainError
from feebly.statistics import BetaProduct, Fixed, Gamma, Interval, Sum, TruncatedGaussian, upper_limit
from feebly.statistics.regions.joint import joint_cls, joint_upper_limit
from feebly.statistics.regions.model import CountingModel, Nuisance, Region
from feebly.statistics.regions.toys import draw_counts, draw_toys

POT = Nuisance("pot", 0.2)
SCALE = Nuisance("scale", 0.4, "truncated-gaussian")
MODEL = CountingModel(
    (
        Region("a", 1, TruncatedGaussian(0.5, 0.3), 1.0, (POT,), (SCALE,)),
        Region("b", 2, Gamma(1.5, 0.8), 2.0, (POT, Nuisance("efficiency", 0.3)), (SCALE, POT)),
        Region("c", 0, Fixed(0.2), 0.5, (), (Nuisance("own", 0.5),)),
    )
)


@pytest.mark.parametrize("ordering", ["total-count", "likelihood-ratio"])
@pytest.mark.parametrize("convention", ["cls-counting", "classical"])
def test_toys_agree_with_the_enumeration(ordering, convention):
    toys = draw_toys(MODEL, 400_000, seed=3)
    pulls = []
    for mu in (0.3, 1.0, 2.5):
        value, error = toys.statistic(mu, convention, ordering)
        pulls.append((value - float(joint_cls(MODEL, mu, convention, ordering))) / error)
    assert stats.chi2(len(pulls)).sf(np.sum(np.square(pulls))) > 1e-4


def test_the_limit_by_toys_is_that_by_enumeration_within_its_error():
    exact = joint_upper_limit(MODEL, method="enumeration")
    toys = joint_upper_limit(MODEL, method="toys", toys=200_000, seed=5)
    assert (exact.method, exact.mc_error, exact.mu_error) == ("enumeration", 0.0, 0.0)
    assert toys.method == "toys"
    assert 0 < toys.mc_error < 0.003
    assert 0 < toys.mu_error < 0.02 * toys.mu_up
    assert abs(toys.mu_up - exact.mu_up) < 4 * toys.mu_error


def test_same_seed_same_limit():
    limits = [joint_upper_limit(MODEL, method="toys", toys=2000, seed=seed).mu_up for seed in (1, 1, 2)]
    assert limits[0] == limits[1] != limits[2]


def test_too_many_outcomes_become_toys_and_say_so():
    # equal ratios of signal to background: the order is that of the total count
    many = CountingModel(tuple(Region(f"r{i}", 30, Fixed(26.0), 5.0) for i in range(6)))
    limit = joint_upper_limit(many, ordering="likelihood-ratio", toys=50_000)
    assert limit.method == "toys"
    assert abs(limit.s_up - upper_limit(180, 156.0).s_up) < 4 * limit.mu_error * 30
    assert joint_upper_limit(many).method == "enumeration"  # the total count


def test_too_many_nuisances_become_toys():
    names = [f"n{i}" for i in range(6)]
    regions = CountingModel(
        tuple(
            Region(
                f"r{i}",
                1,
                Fixed(0.5),
                1.0,
                tuple(Nuisance(n, 0.1 * (1 + i * j % 5)) for j, n in enumerate(names)),
            )
            for i in range(6)
        )
    )
    assert joint_upper_limit(regions, toys=5000).method == "toys"


BACKGROUNDS = [
    Fixed(1.3),
    TruncatedGaussian(1.0, 0.8),
    Gamma(1.2, 0.9),
    Interval(0.5, 1.0, 0.3, "90%"),
    BetaProduct(59.9, (0.96, 6.4), 79.9),
    Sum((Fixed(0.3), Gamma(0.4, 0.3))),
]


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_drawn_counts_have_the_distribution_of_the_background(background):
    rng = np.random.Generator(np.random.Philox(7))
    drawn = draw_counts(background, np.ones(200_000), rng)
    pmf = background.counts(40).pmf
    listed = int(np.argmax(200_000 * pmf < 10))
    expected = 200_000 * np.append(pmf[:listed], 1 - pmf[:listed].sum())
    seen = np.bincount(np.minimum(drawn, listed), minlength=listed + 1)
    assert stats.chisquare(seen, expected).pvalue > 1e-4


def test_a_foreign_background_is_drawn_from_its_counts():
    class Foreign:
        mean = 1.3

        def counts(self, n_max):
            return Fixed(1.3).counts(n_max)

    rng = np.random.Generator(np.random.Philox(7))
    drawn = draw_counts(Foreign(), np.ones(100_000), rng)
    assert abs(drawn.mean() - 1.3) < 5 * math.sqrt(1.3 / 100_000)
    with pytest.raises(ConfigError, match="Foreign"):
        draw_counts(Foreign(), np.full(10, 1.1), rng)


def test_impossible_toys_are_refused_in_one_line():
    with pytest.raises(DomainError, match="toys = 10: expected at least 100"):
        draw_toys(MODEL, 10)
    low = CountingModel((Region("a", 0, Fixed(30.0)),))
    with pytest.raises(DomainError, match="of 1000 toys under the background"):
        joint_upper_limit(low, method="toys", toys=1000)
    with pytest.raises(ConfigError, match="did you mean 'toys'"):
        joint_upper_limit(MODEL, method="toy")


def test_classical_limit_by_toys_may_be_empty():
    low = CountingModel((Region("a", 0, Fixed(3.0)),))
    limit = joint_upper_limit(low, convention="classical", method="toys", toys=1000)
    assert limit.mu_up == 0
    assert_allclose(limit.s_up, 0, rtol=0, atol=0)

"""Unified intervals of several regions: against one region, closed forms and enumeration written out."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import optimize, special, stats

from feebly.core.errors import ConfigError, DomainError
from feebly.statistics import confidence_interval
from feebly.statistics.backgrounds import Fixed, TruncatedGaussian
from feebly.statistics.regions.joint import joint_upper_limit
from feebly.statistics.regions.model import CountingModel, Nuisance, Region

POT = Nuisance("pot", 0.2)


def model(counts, backgrounds, signals, **more):
    known = [b if hasattr(b, "counts") else Fixed(b) for b in backgrounds]
    rows = zip(counts, known, signals, strict=True)
    return CountingModel(tuple(Region(f"r{i}", n, b, s, **more) for i, (n, b, s) in enumerate(rows)))


def unified(regions, cl=0.90):
    return joint_upper_limit(regions, cl, "feldman-cousins")


@pytest.mark.parametrize(
    ("n", "b", "cl"),
    [(0, 0.0, 0.9), (1, 0.016, 0.9), (3, 0.5, 0.95), (5, 3.0, 0.9), (0, 3.0, 0.9), (8, 3.0, 0.68)],
)
def test_one_region_with_known_background_is_the_exact_interval(n, b, cl):
    found, single = unified(model([n], [b], [2.0]), cl), confidence_interval(n, b, cl=cl)
    assert_allclose(
        [found.mu_low, found.mu_up], [single.lower / 2, single.upper / 2], atol=1.05 * found.mu_step
    )
    assert 0 < found.mu_step < 1e-5
    assert found.cls_error < 1e-8
    assert (found.ordering, found.method) == ("none", "enumeration")


def test_one_region_with_uncertain_background_and_signal():
    background = TruncatedGaussian(1.0, 0.3)
    found = unified(model([4], [background], [2.0], signal_nuisances=(POT,)))
    single = confidence_interval(4, background, signal_error=0.2)
    assert_allclose([found.mu_low, found.mu_up], [single.lower / 2, single.upper / 2], rtol=2e-6)


@pytest.mark.parametrize("counts", [(2, 1), (0, 0), (1, 4)])
def test_known_backgrounds_in_proportion_to_the_signals_are_one_region(counts):
    found, single = unified(model(counts, [0.4, 0.8], [1.0, 2.0])), confidence_interval(sum(counts), 1.2)
    assert_allclose(
        [found.mu_low, found.mu_up], [single.lower / 3, single.upper / 3], atol=1.05 * found.mu_step
    )


def test_a_common_error_of_the_signal_in_proportional_regions_is_that_of_their_sum():
    # the total alone carries what a common factor on both signals does
    found = unified(model([1, 0], [0.2, 0.4], [1.0, 2.0], signal_nuisances=(POT,)))
    single = confidence_interval(1, 0.6, signal_error=0.2)
    assert_allclose([found.mu_low, found.mu_up], [single.lower / 3, single.upper / 3], rtol=3e-6, atol=1e-9)


class WrittenOut:
    """Acceptance of the observed counts at one mu, with best fits by a root of the likelihood equation."""

    def __init__(self, counts, b, s, top=30):
        self.b, self.s = np.array(b), np.array(s)
        self.outcomes = np.array(list(itertools.product(range(top), repeat=len(b))))
        self.observed = int(np.flatnonzero((self.outcomes == counts).all(axis=1))[0])
        self.log_best = np.array([self.log_p(n, self.best(n)) for n in self.outcomes])

    def log_p(self, n, mu):
        mean = mu * self.s + self.b
        return (special.xlogy(n, mean) - mean - special.gammaln(np.asarray(n) + 1)).sum(axis=-1)

    def best(self, n):
        def slope(mu):
            return float((n * self.s / (mu * self.s + self.b)).sum() - self.s.sum())

        return 0.0 if slope(0.0) <= 0 else optimize.brentq(slope, 0, n.sum() / self.s.sum() + 1, xtol=1e-14)

    def accepts(self, mu, cl):
        log_p = self.log_p(self.outcomes, mu)
        log_ratio = log_p - self.log_best
        return np.exp(log_p[log_ratio > log_ratio[self.observed] + 1e-9]).sum() < cl


@pytest.mark.parametrize(
    ("counts", "b", "s", "cl"),
    [
        ((1, 0), (0.016, 0.015), (1.7, 1.3), 0.9),
        ((3, 1), (0.5, 1.5), (1.7, 0.4), 0.9),
        ((4, 6), (0.7, 6.0), (2.0, 1.0), 0.68),
    ],
)
def test_ends_against_an_enumeration_written_out(counts, b, s, cl):
    found, check = unified(model(counts, b, s), cl), WrittenOut(counts, b, s)
    step = 3 * found.mu_step
    assert check.accepts(found.mu_up - step, cl)
    assert not check.accepts(found.mu_up + step, cl)
    if found.mu_low > 0:
        assert check.accepts(found.mu_low + step, cl)
        assert not check.accepts(found.mu_low - step, cl)
    inside = [mu for mu in np.linspace(0, 2 * found.mu_up, 57) if check.accepts(mu, cl)]
    assert found.mu_low <= min(inside)
    assert max(inside) <= found.mu_up
    assert found.mu_low > 0 or check.accepts(0.0, cl)


def test_coverage_with_known_backgrounds_is_never_below_the_level():
    b, s, mu, cl = (0.3, 1.0), (1.0, 0.5), 1.7, 0.9
    means = mu * np.array(s) + b
    covered = sum(
        np.prod(stats.poisson.pmf(counts, means))
        for counts in itertools.product(range(7), range(7))
        if (found := unified(model(counts, b, s), cl)).mu_low <= mu <= found.mu_up
    )
    assert covered >= cl


def test_what_it_has_not_is_refused_with_the_mend():
    with pytest.raises(
        DomainError, match=r"4 regions .*'feldman-cousins': .*use 'cls-counting' or 'bayesian"
    ):
        unified(model([30] * 4, [26.0] * 4, [1.0, 2.0, 3.0, 4.0]))
    with pytest.raises(ConfigError, match="method 'toys' with convention 'feldman-cousins'"):
        joint_upper_limit(model([0], [1.0], [1.0]), convention="feldman-cousins", method="toys")
    with pytest.raises(DomainError, match="below the smallest number"):
        unified(model([0, 0], [2000.0, 1.0], [1.0, 1.0]))

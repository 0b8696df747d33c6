"""Unified intervals of several regions: against one region, closed forms and enumeration written out."""

import functools
import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import optimize, special, stats

from feebly.core.errors import ConfigError, DomainError
from feebly.statistics import confidence_interval
from feebly.statistics.backgrounds import Fixed, TruncatedGaussian
from feebly.statistics.intervals.strength_curves import Curves
from feebly.statistics.regions.combination import combined_model
from feebly.statistics.regions.combination_file import read_combination
from feebly.statistics.regions.joint import joint_upper_limit
from feebly.statistics.regions.model import CountingModel, Nuisance, Region
from feebly.statistics.regions.nuisances import marginal
from feebly.statistics.regions.outcome_tables import Halves, RegionTables

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


def test_too_many_outcomes_are_toys_and_the_result_says_so():
    # of four regions in proportion one region is left: 120 events on 104
    found = joint_upper_limit(
        model([30] * 4, [26.0] * 4, [1.0] * 4), 0.9, "feldman-cousins", toys=8_000, seed=3
    )
    single = confidence_interval(120, 104.0)
    assert (found.method, found.toys, found.seed) == ("toys", 8_000, 3)
    assert 0 < found.mu_error < 0.05 * found.mu_up
    assert abs(found.mu_up - single.upper / 4) < 5 * found.mu_error
    assert abs(found.mu_low - single.lower / 4) < 5 * found.mu_error
    again = joint_upper_limit(
        model([30] * 4, [26.0] * 4, [1.0] * 4), 0.9, "feldman-cousins", toys=8_000, seed=3
    )
    assert again == found


def test_toys_against_the_enumeration_with_a_common_error():
    regions = model([3, 1], [0.5, 1.5], [1.7, 0.4], signal_nuisances=(POT,))
    exact = joint_upper_limit(regions, 0.9, "feldman-cousins", method="enumeration")
    toys = joint_upper_limit(regions, 0.9, "feldman-cousins", method="toys", toys=8_000)
    assert (exact.method, toys.method) == ("enumeration", "toys")
    assert abs(toys.mu_up - exact.mu_up) < 5 * toys.mu_error + 1e-3 * exact.mu_up
    assert toys.mu_error < 0.05 * exact.mu_up


def test_nuisances_too_many_for_a_product_of_nodes():
    names = [Nuisance(f"n{i}", 0.1) for i in range(5)]
    regions = CountingModel(
        tuple(Region(f"r{i}", 1, Fixed(0.1), 1.0, (names[i], names[(i + 1) % 5])) for i in range(5))
    )
    found = joint_upper_limit(regions, 0.9, "feldman-cousins", toys=4_000)
    known = confidence_interval(5, 0.5).upper / 5
    assert found.method == "toys"
    assert known * 0.95 < found.mu_up < known * 1.15


def test_nodes_of_unequal_weight_against_sums_written_out():
    # two thirds at a small factor: weights in the wrong order would exchange 0.65 with 0.05
    factors, weights = np.array([(0.5, 1.5), (1.0, 1.0), (3.0, 0.2)]), np.array([0.65, 0.3, 0.05])
    counts, b, s = np.array([2, 1]), np.array([0.4, 0.9]), np.array([1.5, 0.6])
    on_signal, on_background = (side[:, None] * np.ones(2) for side in factors.T)
    regions = model(counts, b, s, signal_nuisances=(POT,))
    averages = marginal(regions, 60, (weights, on_signal, on_background))
    tables = RegionTables.of(averages, s / s.sum(), counts, 3.0)
    listed, mu = tables.probable(counts, 3.0), np.array([0.0, 0.3, 1.0, 4.0])
    found = Halves.of(tables, listed).probability(np.sqrt(mu * s.sum()), np.arange(len(listed)))
    means = np.multiply.outer(mu, on_signal * s) + on_background * b  # (J, K, R)
    expected = stats.poisson.pmf(listed[:, None, None], means).prod(axis=-1) @ weights
    assert_allclose(found, expected, rtol=1e-6, atol=1e-13)
    assert_allclose(found.sum(axis=0), 1, rtol=1e-9)


def sum_written_out(n, sigma, x):
    """E[P(n | kappa x^2)], kappa log-normal with mean 1, by a plain sum over 4001 z."""
    z, width = np.linspace(-9, 9, 4001), np.sqrt(np.log1p(sigma**2))
    mean = np.multiply.outer(x**2, np.exp(width * z - width**2 / 2))
    return stats.poisson.pmf(n, mean) @ (stats.norm.pdf(z) * (z[1] - z[0]))


@pytest.mark.parametrize("sigma", [0.3, 1.0, 2.0])
def test_remainder_of_the_series_covers_their_error(sigma):
    # a wide log-normal makes P(0) steep at x = 0: the panels there are narrow
    counts = np.arange(12)

    def probability(x, rows):
        return np.array([sum_written_out(n, sigma, x) for n in counts[rows]])

    curves = Curves.of(probability, counts.size, 3.0)
    x = np.concatenate([np.geomspace(1e-4, 0.5, 23), np.linspace(0.5, 3.0, 19)])
    error = np.abs(curves.at(x) - probability(x, counts)).sum(axis=0).max()
    assert error < 4 * curves.remainder() + 1e-13
    assert curves.remainder() < 1e-9


def test_the_remainder_stands_in_the_stated_error(monkeypatch):
    monkeypatch.setattr(Curves, "remainder", lambda self, weights=None: 0.01)
    known = unified(model([1, 0], [0.016, 0.1], [1.0, 1.0]))
    common = unified(model([1, 0], [0.016, 0.1], [1.0, 1.0], signal_nuisances=(POT,)))
    assert_allclose(known.cls_error, 0.01, rtol=1e-5)
    assert_allclose(common.cls_error, 0.03, rtol=1e-5)  # those of the two tables behind the outcomes too


def test_rounding_does_not_narrow_the_panels_and_a_kink_is_stated():
    counts, noise = np.arange(25), np.random.default_rng(5)  # of 18, P < 2e-7 up to x = 2

    def rough(x, rows):
        exact = stats.poisson.pmf(counts[rows][:, None], x**2)
        return exact + 1e-14 * noise.uniform(-1, 1, exact.shape)

    curves = Curves.of(rough, counts.size, 4.0)
    assert np.diff(curves.edges).min() >= 1.0
    assert 0 < curves.remainder() < 1e-11

    def kinked(x, rows):
        return np.abs(x - 0.777)[None] * np.ones((rows.size, 1))

    curves = Curves.of(kinked, 3, 2.0)
    x = np.linspace(0, 2, 4001)
    error = np.abs(curves.at(x) - kinked(x, np.arange(3))).sum(axis=0).max()
    assert 1e-6 < error < 30 * curves.remainder()


def test_best_fits_are_followed_beyond_the_scan():
    # of 0 .. 60 counts, looked at up to x = 2: P at s = n is the largest, far beyond the last panel
    counts = np.arange(61)

    def probability(x, rows):
        return stats.poisson.pmf(counts[rows][:, None], x**2)

    best_x, best = Curves.of(probability, counts.size, 2.0).peaks(probability)
    assert_allclose(best_x**2, counts, rtol=1e-6, atol=1e-12)
    assert_allclose(best, stats.poisson.pmf(counts, counts), rtol=1e-9)


def test_shipped_combination_with_correlated_errors_is_enumerated():
    regions = combined_model(read_combination(["example-dileptons"]))
    found = unified(regions)
    toys = joint_upper_limit(regions, 0.9, "feldman-cousins", method="toys", toys=16_000)
    assert found.method == "enumeration"
    assert found.cls_error < 2e-9
    assert 0 < found.mu_low < found.mu_up
    assert abs(toys.mu_up - found.mu_up) < 5 * toys.mu_error


@pytest.mark.parametrize("background", [Fixed(2.0), TruncatedGaussian(1.0, 0.3)])
def test_a_region_without_signal_and_without_shared_error_is_left_out(background):
    alone = model([1], [0.3], [2.0], signal_nuisances=(POT,))
    with_idle = CountingModel(
        (*alone.regions, Region("idle", 4, background, 0.0, (POT,), (Nuisance("own", 0.3),)))
    )
    first, second = unified(alone), unified(with_idle)
    assert (first.mu_low, first.mu_up) == (second.mu_low, second.mu_up)


def test_a_region_without_signal_that_shares_an_error_is_kept():
    scale = (Nuisance("scale", 0.6),)
    signal = Region("signal", 2, Fixed(1.0), 1.0, (), scale)
    low, high = (
        unified(CountingModel((signal, Region("control", n, Fixed(10.0), 0.0, (), scale)))).mu_up
        for n in (20, 4)
    )
    assert high > low * 1.1  # few events in the control region: the background is small


def test_the_least_signal_breaks_ties_and_shortens_the_interval():
    # with no signal in r1 its count is a tie; with any, however small, it orders the outcomes of equal n_0
    none = WrittenOut((1, 2), (0.3, 1.0), (2.0, 0.0))
    ends = [unified(model([1, 2], [0.3, 1.0], [2.0, s])).mu_up for s in (0.0, 1e-8, 1e-6, 1e-4)]
    assert none.accepts(ends[0] * (1 - 1e-6), 0.9)
    assert not none.accepts(ends[0] * (1 + 1e-6), 0.9)
    assert_allclose(ends[1:3], ends[3], rtol=1e-3)
    assert ends[1] < ends[0] * 0.99
    small = WrittenOut((1, 2), (0.3, 1.0), (2.0, 1e-6))
    assert small.accepts(ends[2] * (1 - 1e-6), 0.9)
    assert not small.accepts(ends[2] * (1 + 1e-6), 0.9)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("b", "s"),
    [
        ((0.3, 1.0), (1.0, 0.5)),
        ((0.016, 0.3), (1.0, 0.5)),
        ((0.05, 2.0), (1.0, 1.0)),
        ((1.5, 0.5), (0.2, 1.0)),
    ],
)
def test_coverage_with_known_backgrounds_is_never_below_the_level(b, s):
    # 24 points of (s, b); intervals in the order of the construction, until they reach the level
    interval = functools.cache(lambda counts: unified(model(counts, b, s)))
    outcomes = list(itertools.product(range(30), range(30)))

    def probability(total):
        return stats.poisson.pmf(outcomes, total * np.array(s) / sum(s) + b).prod(axis=1)

    best = np.max([probability(total) for total in np.linspace(0, 20, 81)], axis=0)
    for total in (0.0, 0.25, 0.6, 1.2, 2.55, 5.0):
        p, covered = probability(total), 0.0
        for i in (i for i in np.argsort(-p / best) if p[i] > 1e-12):
            found = interval(outcomes[i])
            covered += p[i] if found.mu_low <= total / sum(s) <= found.mu_up else 0.0
            if covered >= 0.9 - 1e-6:
                break
        assert covered >= 0.9 - 1e-6, f"{total} events"


def test_what_it_has_not_is_refused_with_the_mend():
    with pytest.raises(DomainError, match=r"4 regions.* too many to enumerate|more than \d+ outcomes"):
        joint_upper_limit(
            model([30] * 4, [26.0] * 4, [1.0, 2.0, 3.0, 4.0]),
            convention="feldman-cousins",
            method="enumeration",
        )
    with pytest.raises(ConfigError, match="ordering 'likelihood-ratio' with convention 'feldman-cousins'"):
        joint_upper_limit(model([0], [1.0], [1.0]), 0.9, "feldman-cousins", "likelihood-ratio")
    with pytest.raises(DomainError, match="below the smallest number"):
        unified(model([0, 0], [2000.0, 1.0], [1.0, 1.0]))


@pytest.mark.parametrize(
    ("convention", "method"),
    [("feldman-cousins", "enumeration"), ("feldman-cousins", "toys"), ("bayesian-flat", "auto")],
)
def test_progress_is_told_and_stays_below_its_total(convention, method):
    told = []
    regions = model([2, 1], [0.5, 1.5], [1.7, 0.4])
    joint_upper_limit(
        regions, 0.9, convention, method=method, toys=800, progress=lambda *state: told.append(state)
    )
    fractions = [done / total for done, total, text in told if text]
    assert len(fractions) >= 3
    assert 0 <= min(fractions) < max(fractions) < 1

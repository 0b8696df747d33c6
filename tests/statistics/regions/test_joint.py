"""Limits of several regions: against closed forms, brute sums, toys and single regions."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from feebly.core.errors import ConfigError, DomainError
from feebly.statistics import combined_upper_limit, upper_limit
from feebly.statistics.backgrounds import Fixed, Gamma, TruncatedGaussian
from feebly.statistics.counting import count_quantiles
from feebly.statistics.regions.joint import joint_cls, joint_upper_limit
from feebly.statistics.regions.joint_cells import (
    cls_of_cells,
    expected_limits_on_cells,
    limits_on_cells,
    quantile_cls,
    total_count_quantiles,
)
from feebly.statistics.regions.model import CountingModel, Nuisance, Region
from feebly.statistics.regions.outcomes import weighted_quantiles

ORDERINGS = ("total-count", "likelihood-ratio")
POT = Nuisance("pot", 0.2)


def model(counts, backgrounds, signals=None, **more):
    """Regions r0, r1, ...; numbers are known backgrounds."""
    known = [b if hasattr(b, "counts") else Fixed(b) for b in backgrounds]
    rows = zip(counts, known, signals or [1.0] * len(known), strict=True)
    return CountingModel(tuple(Region(f"r{i}", n, b, s, **more) for i, (n, b, s) in enumerate(rows)))


def log_uniform(low, high):
    return st.floats(np.log10(low), np.log10(high)).map(lambda u: 10.0**u)


# --- the total count of single regions ----------------------------------------------------------------


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


def test_wrong_counts_are_refused():
    with pytest.raises(ConfigError, match="2 counts for 1 regions"):
        combined_upper_limit([1, 2], [0.1])
    with pytest.raises(ConfigError, match="0 counts"):
        combined_upper_limit([], [])
    with pytest.raises(DomainError, match="n = -1"):
        combined_upper_limit([-1], [0.1])


@pytest.mark.parametrize("ordering", ORDERINGS)
@pytest.mark.parametrize("n", [0, 1, 4])
def test_one_region_is_the_single_limit_in_both_orders(ordering, n):
    background = TruncatedGaussian(1.0, 0.3)
    limit = joint_upper_limit(model([n], [background], [2.0], signal_nuisances=(POT,)), ordering=ordering)
    single = upper_limit(n, background, signal_error=0.2)
    assert_allclose(limit.s_up, single.s_up, rtol=1e-9)
    assert_allclose(limit.mu_up, single.s_up / 2, rtol=1e-9)
    assert limit.cls_error < 1e-8


def test_model_and_combined_limit_agree_in_the_total_count():
    backgrounds = TruncatedGaussian(1.0, 0.3), Gamma(0.5, 0.4)
    joint = joint_upper_limit(model([1, 2], backgrounds, [1.0, 2.0], signal_nuisances=(POT,)))
    assert_allclose(joint.s_up, combined_upper_limit([1, 2], backgrounds, signal_error=0.2).s_up, rtol=1e-9)


def test_the_result_says_what_it_is():
    limit = joint_upper_limit(model([1, 0], [0.1, 0.2], [1.0, 3.0]), cl=0.95, ordering="likelihood-ratio")
    assert (limit.regions, limit.observed) == (("r0", "r1"), (1, 0))
    assert (limit.cl, limit.convention, limit.ordering) == (0.95, "cls-counting", "likelihood-ratio")
    assert (limit.method, limit.mc_error) == ("enumeration", 0.0)
    assert_allclose(limit.s_up, 4 * float(limit), rtol=1e-12)


# --- likelihood ratio against sums written out ---------------------------------------------------------


def brute_cls(counts, backgrounds, signals, top=40):
    """CLs of the likelihood ratio for known backgrounds, all outcomes up to ``top`` in each region."""
    weights = [math.log1p(s / b) for s, b in zip(signals, backgrounds, strict=True)]
    observed = sum(n * w for n, w in zip(counts, weights, strict=True))
    sums = np.zeros(2)
    for outcome in itertools.product(range(top), repeat=len(counts)):
        if sum(n * w for n, w in zip(outcome, weights, strict=True)) <= observed * (1 + 1e-12):
            for i, with_signal in enumerate((1, 0)):
                means = [b + with_signal * s for s, b in zip(signals, backgrounds, strict=True)]
                sums[i] += np.prod(stats.poisson(means).pmf(outcome))
    return sums[0] / sums[1]


@pytest.mark.parametrize(
    ("counts", "backgrounds", "signals"),
    [
        ((1, 0), (0.016, 0.015), (1.7, 1.3)),
        ((2, 1), (0.5, 2.0), (3.0, 1.0)),
        ((0, 3), (0.5, 2.0), (3.0, 1e-3)),
        ((1, 1, 0), (0.2, 0.1, 0.7), (1.0, 2.0, 0.5)),
    ],
)
def test_cls_of_the_likelihood_ratio_against_the_sum_over_all_outcomes(counts, backgrounds, signals):
    found = joint_cls(model(counts, backgrounds, list(signals)), 1.0, ordering="likelihood-ratio")
    top = 40 if len(counts) == 2 else 16
    assert_allclose(found, brute_cls(counts, backgrounds, signals, top), rtol=1e-9)


def test_equal_ratios_of_signal_to_background_order_like_the_total_count():
    both = [joint_upper_limit(model([2, 1], [0.4, 0.8], [1.0, 2.0]), ordering=o).s_up for o in ORDERINGS]
    assert_allclose(both[1], both[0], rtol=1e-10)
    assert_allclose(both[0], upper_limit(3, 1.2).s_up, rtol=1e-10)


def test_an_event_where_no_signal_is_expected_costs_nothing_in_the_likelihood_ratio():
    assert_allclose(
        joint_upper_limit(model([0, 5], [0.1, 3.0], [1.0, 0.0]), ordering="likelihood-ratio").mu_up,
        np.log(10),
        rtol=1e-9,
    )


def test_common_signal_error_with_the_likelihood_ratio_against_toys():
    rng, size = np.random.default_rng(11), 400_000
    regions = model([1, 2], [0.5, 2.0], [3.0, 1.0], signal_nuisances=(POT,))
    mu = joint_upper_limit(regions, ordering="likelihood-ratio").mu_up
    kappa = np.exp(math.sqrt(math.log(1.04)) * rng.normal(size=size) - math.log(1.04) / 2)
    weights = np.log1p(mu * np.array([3.0, 1.0]) / [0.5, 2.0])
    b = np.array([0.5, 2.0])[:, None]
    means = mu * kappa * np.array([3.0, 1.0])[:, None] + b, np.broadcast_to(b, (2, size))
    observed = weights @ [1, 2] * (1 + 1e-9)
    tails = [np.mean(weights @ rng.poisson(mean) <= observed) for mean in means]
    error = tails[0] / tails[1] * np.sqrt(sum((1 - p) / (p * size) for p in tails))
    reached = joint_cls(regions, mu * (1 + 1e-9), ordering="likelihood-ratio")
    assert 2 * stats.norm.sf(abs(tails[0] / tails[1] - float(reached)) / error) > 1e-6


def test_classical_is_the_tail_itself():
    limit = joint_upper_limit(model([0, 0], [0.2, 0.3]), convention="classical")
    assert_allclose(limit.s_up, np.log(10) - 0.5, rtol=1e-9)  # exp(-s - b) = 0.1
    assert joint_upper_limit(model([0], [3.0]), convention="classical").mu_up == 0


# --- nuisances ----------------------------------------------------------------------------------------


def with_signal_nuisances(*names, background_names=((), ())):
    return CountingModel(
        tuple(
            Region(
                f"r{i}",
                1,
                Fixed(1.0),
                1.0,
                tuple(Nuisance(name, 0.3) for name in own),
                tuple(Nuisance(name, 0.3) for name in on_b),
            )
            for i, (own, on_b) in enumerate(zip(names, background_names, strict=True))
        )
    )


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_one_name_is_one_nuisance_and_two_names_are_two(ordering):
    common, independent = (
        joint_upper_limit(with_signal_nuisances(*names), ordering=ordering).s_up
        for names in ((["pot"], ["pot"]), (["pot 1"], ["pot 2"]))
    )
    without = joint_upper_limit(with_signal_nuisances([], []), ordering=ordering).s_up
    # fluctuations of the whole signal cost more than those that average out
    assert common > 1.005 * independent > 1.005 * without


def test_independent_signal_nuisances_against_the_double_average():
    regions = with_signal_nuisances(["a"], ["b"])
    rng = np.random.default_rng(4)
    z = rng.normal(size=(2, 2_000_000))
    width = math.sqrt(math.log(1.09))
    kappas = np.exp(width * z - width**2 / 2)
    below = [stats.poisson.cdf(2, 4.0 * kappas.sum(axis=0) / 2 + 2.0), stats.poisson.cdf(2, 2.0)]
    expected, error = np.mean(below[0]) / below[1], np.std(below[0]) / below[1] / math.sqrt(2e6)
    assert abs(float(joint_cls(regions, 2.0)) - expected) < 5 * error


def test_sources_of_one_factor_add_in_the_logarithm():
    # two common log-normal sources are one of sigma^2 = (1 + s1^2)(1 + s2^2) - 1
    two = CountingModel(
        tuple(
            Region(f"r{i}", 1, Fixed(0.5), 1.0, (Nuisance("pot", 0.2), Nuisance("trigger", 0.1)))
            for i in range(2)
        )
    )
    sigma = math.sqrt(1.04 * 1.01 - 1)
    assert_allclose(
        joint_upper_limit(two).s_up,
        combined_upper_limit([1, 1], [0.5, 0.5], signal_error=sigma).s_up,
        rtol=1e-9,
    )


def test_common_background_scale_of_two_regions_is_that_of_their_sum():
    scale = (Nuisance("scale", 0.3, "truncated-gaussian"),)
    limit = joint_upper_limit(model([1, 2], [0.5, 1.5], background_nuisances=scale))
    assert_allclose(limit.s_up, upper_limit(3, TruncatedGaussian(2.0, 0.6)).s_up, rtol=1e-8)
    single = joint_upper_limit(model([3], [2.0], background_nuisances=scale))
    assert_allclose(single.s_up, upper_limit(3, TruncatedGaussian(2.0, 0.6)).s_up, rtol=1e-8)


def test_log_normal_scale_of_a_background_is_a_log_normal_background():
    from feebly.statistics import LogNormal

    scale = (Nuisance("scale", 0.4),)
    for counts, backgrounds in (([3], [2.0]), ([1, 2], [0.5, 1.5])):
        limit = joint_upper_limit(model(counts, backgrounds, background_nuisances=scale))
        assert_allclose(limit.s_up, upper_limit(3, LogNormal(2.0, 0.8)).s_up, rtol=1e-8)


def test_pot_moves_signal_and_background_together():
    # one node sum over z with both means moved, written out
    both = CountingModel((Region("r0", 2, Fixed(1.0), 1.0, (POT,), (POT,)),))
    z = np.linspace(-8, 8, 4001)
    weight = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    kappa = np.exp(math.sqrt(math.log(1.04)) * z - math.log(1.04) / 2)
    expected = weight @ stats.poisson.cdf(2, 4 * kappa) / (weight @ stats.poisson.cdf(2, kappa))
    assert_allclose(joint_cls(both, 3.0), expected, rtol=1e-9)


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_names_of_different_size_in_two_regions_against_a_dense_sum(ordering):
    # A z has full rank: no name is a multiple of the other; "b" moves a background too
    sigma = np.array([[0.3, 0.1], [0.05, 0.4]])  # region, name
    rows = [("r0", 2, Fixed(1.0), 1.5), ("r1", 1, Fixed(0.6), 1.0)]
    regions = CountingModel(
        tuple(
            Region(*row, tuple(map(Nuisance, "ab", own)), (Nuisance("b", 0.2),))
            for row, own in zip(rows, sigma, strict=True)
        )
    )
    z = np.linspace(-7, 7, 241)
    weight = np.exp(-(np.add.outer(z**2, z**2)) / 2)
    weight /= weight.sum()
    width, b_width = np.sqrt(np.log1p(sigma**2)), math.sqrt(math.log(1.04))
    kappa = [np.exp(np.add.outer(a * z - a**2 / 2, b * z - b**2 / 2)) for a, b in width]
    scale = np.exp(b_width * z - b_width**2 / 2)
    mu, weights = 1.3, np.ones(2)
    if ordering == "likelihood-ratio":
        weights = np.log1p(mu * np.array([1.5, 1.0]) / [1.0, 0.6])
    outcomes = [n for n in itertools.product(range(9), repeat=2) if n @ weights <= [2, 1] @ weights + 1e-9]
    tails = []
    for strength in (mu, 0.0):
        means = strength * 1.5 * kappa[0] + scale * 1.0, strength * 1.0 * kappa[1] + scale * 0.6
        pmfs = [[stats.poisson(mean).pmf(k) for k in range(9)] for mean in means]
        tails.append(sum(np.sum(weight * pmfs[0][i] * pmfs[1][j]) for i, j in outcomes))
    assert_allclose(joint_cls(regions, mu, ordering=ordering), tails[0] / tails[1], rtol=1e-8)


def test_too_many_independent_common_nuisances_are_refused():
    names = [f"n{i}" for i in range(6)]
    regions = tuple(
        Region(
            f"r{i}",
            1,
            Fixed(0.5),
            1.0,
            tuple(Nuisance(n, 0.1 * (1 + (i * j) % 5)) for j, n in enumerate(names)),
        )
        for i in range(6)
    )
    with pytest.raises(DomainError, match="independent common nuisances"):
        joint_upper_limit(CountingModel(regions), method="enumeration")


# --- cells and quantiles ------------------------------------------------------------------------------


def test_cells_are_the_single_points():
    regions = model([1, 2], [TruncatedGaussian(0.5, 0.1), 1.2])
    signals = np.random.default_rng(0).exponential(3.0, (2, 30, 40))
    for ordering in ORDERINGS:
        grid = cls_of_cells(regions, signals, ordering=ordering)
        assert grid.shape == (30, 40)
        for i, j in ((0, 0), (13, 5), (29, 39)):
            one = cls_of_cells(regions, signals[:, i, j], ordering=ordering)
            assert_allclose(grid[i, j], one, rtol=1e-10)


def test_limits_on_cells_reach_the_confidence_level_or_a_jump():
    regions = model([1, 0], [0.016, 0.015])
    shares = np.array([[0.9, 0.5, 0.45, 0.1], [0.1, 0.5, 0.55, 0.9]])
    mu = limits_on_cells(regions, shares, ordering="likelihood-ratio")
    below, above = (
        cls_of_cells(regions, shares * mu * (1 + e), ordering="likelihood-ratio") for e in (-1e-9, 1e-9)
    )
    assert np.all(below >= 0.1 * (1 - 1e-6))
    assert np.all(above < 0.1)
    # the event in the region with the larger share cannot be outdone by one in the other
    assert_allclose(mu[0], upper_limit(1, 0.031).s_up, rtol=1e-9)
    assert mu[2] < mu[0]


def test_quantiles_of_the_total_count_are_those_of_the_sum():
    levels = stats.norm.cdf([-2, -1, 0, 1, 2])
    assert total_count_quantiles(model([0, 0], [1.0, 2.3]), levels) == count_quantiles(3.3)


def test_expected_limit_of_one_region_is_that_of_its_median_count():
    for ordering in ORDERINGS:
        (found,) = expected_limits_on_cells(model([0], [2.5]), np.ones((1, 1)), ordering=ordering)
        assert_allclose(found, upper_limit(2, 2.5).s_up, rtol=1e-9)


def test_quantile_of_the_likelihood_ratio_against_sorting_all_outcomes():
    backgrounds, signals = (0.7, 1.5), np.array([2.0, 1.0])
    regions, top = model([0, 0], backgrounds), 30
    n = np.array(list(itertools.product(range(top), repeat=2)))
    p = stats.poisson(backgrounds).pmf(n).prod(axis=1)
    p_signal = stats.poisson(np.array(backgrounds) + signals).pmf(n).prod(axis=1)
    q = n @ np.log1p(signals / backgrounds)
    order = np.argsort(q)
    for level in (0.023, 0.16, 0.5, 0.84, 0.977):
        threshold = q[order][np.searchsorted(np.cumsum(p[order]), level)] * (1 + 1e-12)
        expected = p_signal[q <= threshold].sum() / p[q <= threshold].sum()
        found = quantile_cls(regions, signals, (level,), ordering="likelihood-ratio")
        assert_allclose(found[0], expected, rtol=1e-8)


def test_weighted_quantiles_against_sorting():
    rng = np.random.default_rng(0)
    values = np.round(rng.exponential(size=(40, 300)), 2)  # with ties
    weights = rng.exponential(size=300) ** 4
    weights /= weights.sum()
    levels = np.array([0.02, 0.16, 0.5, 0.84, 0.977, 1.0])
    found = weighted_quantiles(values, weights, levels)
    for row, quantiles in zip(values, found.T, strict=True):
        order = np.argsort(row, kind="stable")
        cumulative = np.cumsum(weights[order])
        expected = row[order][np.searchsorted(cumulative, levels * (1 - 1e-9))]
        assert_allclose(quantiles, expected, rtol=0, atol=0)


def test_weighted_quantiles_of_one_dominant_value():
    values = np.array([[0.0, 1.0, 2.0], [0.0, 0.0, 0.0]])
    weights = np.array([1 - 3e-9, 2e-9, 1e-9])
    levels = np.array([0.5, 1 - 2e-9, 1.0])
    assert weighted_quantiles(values, weights, levels)[:, 1].tolist() == [0, 0, 0]
    assert weighted_quantiles(values, weights, levels)[0, 0] == 0


@pytest.mark.parametrize("ordering", ORDERINGS)
@pytest.mark.parametrize("b", [(0.016, 0.015), (0.3, 1.2), (2.0, 0.1)])
def test_limits_of_two_regions_cover(b, ordering):
    # P(mu is not excluded | mu) by enumeration: never below the confidence level, whatever the order
    top = 18
    counts = list(itertools.product(range(top), repeat=2))
    for mu in (0.5, 2.0, 4.0):
        means = mu * np.array([1.0, 0.7]) + b
        probability = stats.poisson(means).pmf(counts).prod(axis=1)
        kept = [
            float(joint_cls(model(n, b, [1.0, 0.7]), mu, ordering=ordering)) >= 0.1 if p > 1e-7 else False
            for n, p in zip(counts, probability, strict=True)
        ]
        assert probability[kept].sum() >= 0.9 - 1e-5


# --- properties ---------------------------------------------------------------------------------------

REGIONS = st.lists(
    st.tuples(st.integers(0, 3), log_uniform(1e-3, 3), log_uniform(0.01, 10)), min_size=2, max_size=3
)
ORDER = st.sampled_from(ORDERINGS)


def limit_of(rows, **choices):
    counts, backgrounds, signals = (list(column) for column in zip(*rows, strict=True))
    return joint_upper_limit(model(counts, backgrounds, signals), **choices).mu_up


@settings(max_examples=25, deadline=None)
@given(rows=REGIONS, ordering=ORDER, seed=st.randoms(use_true_random=False))
def test_relabelling_regions_changes_nothing(rows, ordering, seed):
    shuffled = list(rows)
    seed.shuffle(shuffled)
    assert_allclose(limit_of(shuffled, ordering=ordering), limit_of(rows, ordering=ordering), rtol=1e-9)


@settings(max_examples=25, deadline=None)
@given(rows=REGIONS, ordering=ORDER, share=st.floats(0.05, 0.95))
def test_splitting_a_region_without_event_changes_nothing(rows, ordering, share):
    (_, b, s), *others = rows
    whole = [(0, b, s), *others]
    split = [(0, b * share, s * share), (0, b * (1 - share), s * (1 - share)), *others]
    assert_allclose(limit_of(split, ordering=ordering), limit_of(whole, ordering=ordering), rtol=1e-8)


@settings(max_examples=25, deadline=None)
@given(rows=REGIONS, ordering=ORDER, factors=st.lists(st.floats(0.1, 10), min_size=3, max_size=3))
def test_without_event_the_background_does_not_matter_and_no_channel_is_stronger(rows, ordering, factors):
    none = [(0, b, s) for _, b, s in rows]
    other = [(0, b * factor, s) for (_, b, s), factor in zip(rows, factors, strict=False)]
    limit = limit_of(none, ordering=ordering)
    assert_allclose(limit, np.log(10) / sum(s for _, _, s in rows), rtol=1e-9)
    assert_allclose(limit_of(other, ordering=ordering), limit, rtol=1e-9)
    assert limit <= min(limit_of([row], ordering=ordering) for row in none) * (1 + 1e-9)


@settings(max_examples=25, deadline=None)
@given(rows=REGIONS, factor=st.floats(1.01, 5))
def test_total_count_limit_rises_with_n_and_cl_and_falls_with_b_and_s(rows, factor):
    (n, b, s), *others = rows
    limit = limit_of(rows)
    assert limit_of([(n + 1, b, s), *others]) > limit
    assert limit_of(rows, cl=0.95) > limit
    assert limit_of([(n, b * factor, s), *others]) <= limit * (1 + 1e-9)
    assert limit_of([(n, b, s * factor), *others]) < limit


@settings(max_examples=25, deadline=None)
@given(rows=REGIONS)
def test_likelihood_ratio_limit_rises_with_n_and_cl(rows):
    (n, b, s), *others = rows
    limit = limit_of(rows, ordering="likelihood-ratio")
    assert limit_of([(n + 1, b, s), *others], ordering="likelihood-ratio") >= limit * (1 - 1e-9)
    assert limit_of(rows, cl=0.95, ordering="likelihood-ratio") >= limit * (1 - 1e-9)


# --- refusals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: joint_upper_limit(model([0], [0.1]), cl=90), "did you mean 0.9?"),
        (lambda: joint_upper_limit(model([0], [0.1]), convention="cls"), "did you mean"),
        (
            lambda: joint_upper_limit(model([0], [0.1]), ordering="likelihood"),
            "did you mean 'likelihood-ratio'?",
        ),
        (lambda: joint_upper_limit(model([0, 0], [0.1, 0.1], [0.0, 0.0])), "signal = 0 in every region"),
        (lambda: joint_upper_limit(model([None], [0.1])), "region r0: n is missing"),
    ],
)
def test_wrong_words_are_refused_in_one_line(call, words):
    with pytest.raises(ConfigError) as error:
        call()
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_wrong_signals_of_cells_are_refused():
    with pytest.raises(DomainError, match="2 regions along the first axis"):
        cls_of_cells(model([0, 0], [0.1, 0.1]), np.ones((3, 4)))
    with pytest.raises(DomainError, match="finite numbers"):
        cls_of_cells(model([0], [0.1]), np.array([[math.nan]]))


def test_more_outcomes_than_can_be_enumerated_are_refused():
    regions = model([30] * 6, [26.0] * 6, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    with pytest.raises(DomainError, match="more than 200000 outcomes"):
        joint_upper_limit(regions, ordering="likelihood-ratio", method="enumeration")

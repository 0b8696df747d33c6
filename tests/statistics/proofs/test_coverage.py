"""Coverage by enumeration against closed sums, and by toys against the enumeration."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import optimize, stats

from feebly.core.errors import ConfigError, DomainError
from feebly.statistics import CoverageSetting, scan_coverage, upper_limit, upper_limits
from feebly.statistics.proofs.coverage import CoverageTable, _truncated_normal

SIGNAL, BACKGROUND = np.geomspace(0.05, 30, 40), np.geomspace(1e-3, 30, 12)


@pytest.mark.parametrize("convention", ["cls-counting", "cls-profile", "bayesian-flat", "classical"])
def test_one_sided_limits_cover_at_480_points(convention):
    table = scan_coverage(SIGNAL, BACKGROUND, CoverageSetting(convention))
    assert table.coverage.shape == (12, 40)
    assert table.coverage.size >= 400
    assert table.coverage.min() >= 0.90
    assert table.covers


def test_unified_intervals_cover():
    table = scan_coverage(SIGNAL[::2], BACKGROUND[::2], CoverageSetting("feldman-cousins", 0.68))
    assert 0.68 <= table.coverage.min() < 0.70


@pytest.mark.parametrize("b", [1e-9, 0.016, 0.5, 3.0, 12.0])
def test_coverage_where_it_is_lowest(b):
    # coverage falls to its minima just above each s_up(n)
    limits = upper_limits(np.arange(30), b)
    table = scan_coverage(limits * (1 + 1e-9), [b], CoverageSetting())
    assert table.coverage.min() >= 0.90
    assert table.coverage.min() < 0.93
    on = scan_coverage(limits, [b], CoverageSetting())
    assert np.all(on.coverage > table.coverage)


def test_enumeration_is_the_sum_over_the_counts():
    s, b = 5.0, 0.7
    covers = [n for n in range(40) if upper_limit(n, b).s_up >= s]
    table = scan_coverage([s], [b], CoverageSetting())
    assert_allclose(table.coverage[0, 0], stats.poisson(s + b).pmf(covers).sum(), rtol=1e-9)


def test_without_background_it_jumps_at_the_limits():
    # b -> 0: below ln 10 the limit without event covers always, above it covers when there is one
    table = scan_coverage([2.30, 2.31], [1e-12], CoverageSetting())
    assert_allclose(table.coverage[0], [1.0, 1 - np.exp(-2.31)], rtol=1e-9)


def test_million_toys_agree_with_the_enumeration():
    table = scan_coverage(
        np.geomspace(2.6, 20, 9), np.geomspace(0.01, 1.5, 5), CoverageSetting(), n_toys=1_000_000, seed=1
    )
    chi2, points, p_value = table.chi_square()
    assert points >= 40
    assert chi2 > 10
    assert p_value > 1e-4


@pytest.mark.parametrize("relative_sigma", [0.1, 0.4, 1.0])
def test_coverage_with_nuisances(relative_sigma):
    setting = CoverageSetting("cls-counting", 0.90, relative_sigma, 0.2)
    table = scan_coverage([1.0, 2.6, 4.0, 6.0, 9.0], [0.016, 0.1, 0.5, 1.5], setting, n_toys=20_000, seed=2)
    assert table.coverage.size == 20
    assert table.coverage.min() >= 0.89
    assert table.chi_square()[2] > 1e-4


def test_coverage_with_nuisances_against_a_plain_repetition():
    # experiments that each compute their own limit
    s, b, sigma, error, size = 6.0, 1.5, 0.75, 0.2, 300
    rng = np.random.default_rng(6)
    b_hat = _truncated_normal(b, sigma, size, rng)
    kappa = rng.lognormal(-np.log(1.04) / 2, np.sqrt(np.log(1.04)), size)
    n = rng.poisson(kappa * s + b)
    covered = [
        upper_limit(int(k), x, sigma, signal_error=error).s_up >= s for k, x in zip(n, b_hat, strict=True)
    ]
    table = scan_coverage([s], [b], CoverageSetting("cls-counting", 0.90, 0.5, error))
    assert stats.binomtest(int(np.sum(covered)), size, float(table.coverage[0, 0])).pvalue > 1e-4


def test_coverage_with_nuisances_from_the_thresholds_in_the_measured_background():
    # the limit falls with b_hat: count n covers s where b_hat is below the root of s_up(n, b_hat) = s
    s, b, sigma = 5.0, 1.0, 0.5
    total = 0.0
    for n in range(30):
        ends = [upper_limit(n, x, sigma).s_up - s for x in (1e-9, 3.9)]
        if ends[0] < 0:
            continue
        highest = 4.0
        if ends[1] < 0:
            highest = optimize.brentq(lambda x, n=n: upper_limit(n, x, sigma).s_up - s, 1e-9, 3.9, xtol=1e-10)
        below = stats.norm(b, sigma).cdf([highest, 0.0, 4.0])
        total += stats.poisson(s + b).pmf(n) * (below[0] - below[1]) / (below[2] - below[1])
    table = scan_coverage([s], [b], CoverageSetting("cls-counting", 0.90, 0.5))
    assert_allclose(table.coverage[0, 0], total, rtol=2e-6)


def test_known_background_is_the_limit_of_small_errors():
    tight = scan_coverage([3.0, 5.1], [0.7], CoverageSetting("cls-counting", 0.9, 1e-6))
    known = scan_coverage([3.0, 5.1], [0.7], CoverageSetting())
    assert_allclose(tight.coverage, known.coverage, rtol=1e-6)


def test_undercoverage_is_noticed():
    table = scan_coverage([25.0], [4.6], CoverageSetting("cls-counting", 0.9, 1.0, 0.2))
    # an error as large as a background of several events: the marginalised limit undercovers
    assert table.coverage[0, 0] == pytest.approx(0.867, abs=0.005)
    assert not table.covers
    assert table.setting.required == pytest.approx(0.89, abs=1e-12)


def test_exact_limits_must_reach_cl_itself():
    assert CoverageSetting().required == 0.90
    assert CoverageSetting(signal_error=0.2).required == pytest.approx(0.89, abs=1e-12)
    low = CoverageTable(CoverageSetting(), np.ones(1), np.ones(1), np.array([[0.8999]]))
    assert not low.covers


def test_toys_that_disagree_have_a_small_p_value():
    setting, exact = CoverageSetting(), np.array([[0.95, 0.92, 1.0]])
    good = CoverageTable(setting, np.ones(3), np.ones(1), exact, exact, 10_000)
    assert good.chi_square() == (0.0, 2, 1.0)
    shifted = CoverageTable(setting, np.ones(3), np.ones(1), exact, exact - 0.02, 10_000)
    assert shifted.chi_square()[2] < 1e-10
    missed = CoverageTable(setting, np.ones(3), np.ones(1), exact, np.array([[0.95, 0.92, 0.9]]), 10_000)
    assert missed.chi_square()[2] < 1e-10


def test_seed_gives_each_point_its_own_toys():
    one, two = (
        scan_coverage(signal, [0.5], CoverageSetting(), n_toys=2000, seed=5) for signal in ([4.0], [4.0, 4.0])
    )
    assert one.toys[0, 0] == two.toys[0, 0] != two.toys[0, 1]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: CoverageSetting("cls"), ConfigError, "unknown convention 'cls'"),
        (lambda: CoverageSetting(cl=90), ConfigError, "did you mean 0.9"),
        (lambda: CoverageSetting(relative_sigma_b=-1), DomainError, "relative_sigma_b = -1"),
        (lambda: CoverageSetting("feldman-cousins", 0.9, 0.1), ConfigError, "jump with b"),
        (lambda: scan_coverage([-1.0], [1.0], CoverageSetting()), DomainError, "signal = -1.0"),
        (lambda: scan_coverage([1.0], [0.0], CoverageSetting()), DomainError, "background = 0.0"),
    ],
)
def test_refusals(call, error, words):
    with pytest.raises(error) as found:
        call()
    assert words in str(found.value)
    assert "\n" not in str(found.value)

"""Marginalised counts against independent integration of the densities."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import integrate, special, stats

from feebly.core.errors import ConfigError, DomainError
from feebly.statistics.backgrounds import (
    BetaProduct,
    Fixed,
    Gamma,
    Interval,
    LogNormal,
    Sum,
    TruncatedGaussian,
    as_background,
    background_from_table,
    cumulative,
    probability_mass,
)
from feebly.statistics.quadrature import ACCURACY, beta_nodes


def log_uniform(low, high):
    return st.floats(np.log10(low), np.log10(high)).map(lambda u: 10.0**u)


def integrated(f, breaks):
    """Adaptive integral between breaks where f is smooth."""
    return sum(integrate.quad(f, *piece, epsabs=0, epsrel=1e-11, limit=200)[0] for piece in pairwise(breaks))


def integrated_cumulative(n, density, breaks):
    """E[P(N <= n | b)] for a density of any norm."""
    below = integrated(lambda b: density(b) * special.gammaincc(n + 1, b), breaks)
    return below / integrated(density, breaks)


def density_and_breaks(background):
    """The density written out again, of any norm, and points between which it is smooth."""
    mean = background.mean
    if isinstance(background, Interval):
        z = {"68%": 1.0, "90%": 1.6448536269514722}[background.meaning]
        up, down = background.plus / z, background.minus / z

        def two_piece(b):  # half of the probability on each side of the central value
            sigma = up if b > mean else down
            return math.exp(-(((b - mean) / sigma) ** 2) / 2) / sigma

        return two_piece, np.unique(np.maximum(0, mean + np.array([-10, -3, 0, 0, 0]) * down
                                               + np.array([0, 0, 0, 3, 10]) * up))  # fmt: skip
    sigma = background.sigma
    quantiles = [1e-18, 1e-6, 0.01, 0.2, 0.5, 0.8, 0.99, 1 - 1e-6, 1 - 1e-13]
    if isinstance(background, LogNormal):
        variance = math.log(1 + (sigma / mean) ** 2)
        median = mean / math.sqrt(1 + (sigma / mean) ** 2)
        breaks = stats.lognorm(s=math.sqrt(variance), scale=median).ppf(quantiles)
        return lambda b: math.exp(-(math.log(b / median) ** 2) / (2 * variance)) / b, breaks
    if isinstance(background, Gamma):
        shape, scale = (mean / sigma) ** 2, sigma**2 / mean
        breaks = stats.gamma(a=shape, scale=scale).ppf(quantiles)
        return lambda b: math.exp((shape - 1) * math.log(b / mean) - (b - mean) / scale), breaks
    breaks = np.unique(np.maximum(0, mean + sigma * np.array([-10, -3, 0, 3, 10])))
    return lambda b: math.exp(-(((b - mean) / sigma) ** 2) / 2), breaks


NARROW_TO_WIDE = [(0.016, 0.002), (0.17, 0.02), (0.91, 0.41), (1.8, 1.4), (26.3, 3.4), (5.6, 2.8), (80, 60)]


@pytest.mark.parametrize("shape", [TruncatedGaussian, LogNormal, Gamma])
@pytest.mark.parametrize(("mean", "sigma"), NARROW_TO_WIDE)
def test_marginalised_cumulative_agrees_with_adaptive_integration(shape, mean, sigma):
    background = shape(mean, sigma)
    pdf, breaks = density_and_breaks(background)
    for n in (0, 1, 4, 30, 100):
        expected = integrated_cumulative(n, pdf, breaks)
        assert background.counts(n).cumulative[n] == pytest.approx(expected, rel=1e-8, abs=ACCURACY)


@pytest.mark.parametrize(
    "background",
    [
        Interval(0.0094, 0.049, 0.009, "90%"),
        Interval(0.0094, 0.049, 0.009, "68%"),
        Interval(1.3e-7, 4.4e-7, 1.0e-7, "68%"),
        Interval(3, 2, 1, "90%"),
        Interval(40, 5, 20, "68%"),
        TruncatedGaussian(0, 2),
        TruncatedGaussian(0.5, 40),
        LogNormal(1, 3),
    ],
)
def test_skewed_and_truncated_densities_agree_with_adaptive_integration(background):
    pdf, breaks = density_and_breaks(background)
    for n in (0, 1, 5, 40):
        expected = integrated_cumulative(n, pdf, breaks)
        assert background.counts(n).cumulative[n] == pytest.approx(expected, rel=1e-8, abs=ACCURACY)


def test_interval_of_68_percent_holds_68_percent():
    nodes, weights = Interval(10, 3, 1, "68%").quadrature()
    inside = weights[(nodes > 9) & (nodes < 13)].sum()
    assert_allclose(inside, 0.6827, rtol=0.02)  # panels do not end at the interval: node granularity
    assert_allclose(weights[nodes < 10].sum(), 0.5, rtol=1e-9)


def test_interval_of_90_percent_is_narrower_in_sigma_than_one_of_68():
    def spread(meaning):
        nodes, weights = Interval(10, 2, 2, meaning).quadrature()
        return np.sqrt(weights @ (nodes - 10) ** 2)

    assert_allclose(spread("68%"), 2, rtol=1e-4)
    assert_allclose(spread("90%"), 2 / 1.6448536, rtol=1e-4)


@pytest.mark.parametrize("background", [LogNormal(0.5, 0.2), TruncatedGaussian(26.3, 2.0)])
def test_first_two_moments_are_mean_and_sigma(background):
    nodes, weights = background.quadrature()
    assert_allclose(weights.sum(), 1, rtol=1e-12)
    assert_allclose(weights @ nodes, background.mean, rtol=1e-9)
    assert_allclose(np.sqrt(weights @ (nodes - background.mean) ** 2), background.sigma, rtol=1e-9)


def test_gamma_count_is_negative_binomial():
    counts = Gamma(3.0, 1.2).counts(20)
    shape, scale = 3.0**2 / 1.2**2, 1.2**2 / 3.0
    expected = stats.nbinom(shape, 1 / (1 + scale))
    assert_allclose(counts.pmf, expected.pmf(np.arange(21)), rtol=1e-11)
    assert_allclose(counts.tail, expected.sf(np.arange(21) - 1), rtol=1e-9)


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (1.46, 79.4), (30.5, 1e5)])
def test_beta_nodes_have_the_moments_of_the_beta_distribution(a, b):
    nodes, weights = beta_nodes(a, b, 40)
    assert_allclose(weights.sum(), 1, rtol=1e-12)
    for moment in (1, 2, 5):
        r = np.arange(moment)
        assert_allclose(weights @ nodes**moment, np.prod((a + r) / (a + b + r)), rtol=1e-9)


# e+e- rejection factors of 2312.12055: 59.9 +- 6.7 events after PID, of which 0.72 survive the LAV and ANTI0
# vetoes, 0.51 point to the control region and 0.47 to the signal region.
TRIALS = (59.9 / 6.7) ** 2
EE_SIGNAL_REGION = BetaProduct(59.9, (0.72 / 59.9 * TRIALS, 0.47 / 59.9 * TRIALS), TRIALS)
EE_CONTROL_REGION = BetaProduct(59.9, (0.72 / 59.9 * TRIALS, 0.51 / 59.9 * TRIALS), TRIALS)


def test_beta_product_probability_of_no_event_against_kummer_function():
    background = BetaProduct(59.9, (0.96, 0.64), 79.9)
    # E[exp(-t y)] of a Beta(a, b) variable is M(a, a + b, -t) (NIST DLMF 13.4.1)
    a, b = 0.64 + 0.5, 79.9 - 0.64 + 0.5
    first = stats.beta(0.96 + 0.5, 79.9 - 0.96 + 0.5)
    expected, _ = integrate.quad(
        lambda x: first.pdf(x) * special.hyp1f1(a, a + b, -59.9 * x), 0, 1, points=[0.01, 0.1], epsrel=1e-12
    )
    assert_allclose(background.counts(0).pmf[0], expected, rtol=1e-9)


def test_beta_product_of_one_veto_against_kummer_function():
    background = BetaProduct(2000, (3,), 500)
    assert_allclose(background.counts(0).pmf[0], special.hyp1f1(3.5, 501, -2000), rtol=1e-9)


@pytest.mark.parametrize(
    ("background", "low", "high"), [(EE_SIGNAL_REGION, 0.0004, 0.055), (EE_CONTROL_REGION, 0.0004, 0.057)]
)
def test_ee_background_interval_is_the_published_one(background, low, high):
    assert_allclose(background.quantile(0.95), high, rtol=0.03)
    assert background.quantile(0.05) == pytest.approx(low, abs=0.00005)  # the last printed digit


def test_ee_background_median_and_mean():
    # published centre 0.0094 is neither: kept as a difference, not forced
    assert_allclose(EE_SIGNAL_REGION.quantile(0.5), 0.0075, rtol=0.01)
    assert_allclose(EE_SIGNAL_REGION.mean, 0.0151, rtol=0.01)
    nodes, weights = EE_SIGNAL_REGION.quadrature()
    assert_allclose(weights @ nodes, EE_SIGNAL_REGION.mean, rtol=1e-10)


def test_beta_product_quantiles_against_seeded_sampling():
    rng = np.random.default_rng(7)
    background = BetaProduct(10, (2, 5, 0), 20)
    draws = 10 * np.prod([rng.beta(p + 0.5, 20.5 - p, 200_000) for p in background.passed], axis=0)
    for probability in (0.05, 0.5, 0.95):
        below = int((draws < background.quantile(probability)).sum())
        assert stats.binomtest(below, draws.size, probability).pvalue > 1e-6


def test_sum_of_fixed_backgrounds_is_the_fixed_sum():
    parts, total = Sum((Fixed(0.4), Fixed(2.1), Fixed(0))).counts(12), Fixed(2.5).counts(12)
    assert_allclose(parts.pmf, total.pmf, rtol=1e-12)
    assert_allclose(parts.tail, total.tail, rtol=1e-12)


def test_sum_of_uncertain_backgrounds_against_the_double_average():
    first, second = TruncatedGaussian(1.7, 0.6), LogNormal(0.9, 0.5)
    (b1, w1), (b2, w2) = first.quadrature(), second.quadrature()
    expected = special.gammaincc(4, b1[:, None] + b2)  # P(N <= 3 | b1 + b2)
    assert_allclose(Sum((first, second)).counts(3).cumulative[3], w1 @ expected @ w2, rtol=1e-10)
    assert_allclose(Sum((first, second)).mean, 2.6, rtol=1e-12)


ANY_BACKGROUND = st.builds(
    lambda shape, mean, relative: shape(mean, mean * relative),
    st.sampled_from([TruncatedGaussian, LogNormal, Gamma]),
    log_uniform(1e-6, 50),
    log_uniform(1e-3, 1),
)


@settings(max_examples=40, deadline=None)
@given(background=ANY_BACKGROUND, n=st.integers(0, 30))
def test_pmf_and_tail_share_all_probability(background, n):
    counts = background.counts(n + 1)
    assert_allclose(counts.cumulative[n] + counts.tail[n + 1], 1, rtol=1e-9)
    assert_allclose(counts.tail[:-1] - counts.tail[1:], counts.pmf[:-1], rtol=1e-6, atol=1e-14)


@settings(max_examples=40, deadline=None)
@given(background=ANY_BACKGROUND, signal=log_uniform(1e-4, 50))
def test_signal_plus_background_pmf_sums_to_its_cumulative(background, signal):
    pmf = probability_mass(40, background, signal)
    for n in (0, 3, 40):
        assert_allclose(cumulative(n, signal, background), pmf[: n + 1].sum(), rtol=1e-12)


def test_probability_mass_of_signal_on_known_background_is_poisson():
    assert_allclose(probability_mass(30, 1.6, 3.4), stats.poisson(5.0).pmf(np.arange(31)), rtol=1e-12)


@pytest.mark.parametrize("signal_error", [0.05, 0.2, 1.0])
@pytest.mark.parametrize("n", [0, 1, 5, 60])
def test_signal_nuisance_against_adaptive_integration(signal_error, n):
    variance = math.log(1 + signal_error**2)
    kappa = stats.lognorm(s=math.sqrt(variance), scale=math.exp(-variance / 2))
    assert_allclose([kappa.mean(), kappa.std()], [1, signal_error], rtol=1e-12)
    breaks = kappa.ppf([1e-15, 1e-4, 0.05, 0.3, 0.5, 0.7, 0.95, 1 - 1e-4, 1 - 1e-13])
    density, _ = density_and_breaks(LogNormal(1, signal_error))
    norm = math.sqrt(2 * math.pi * variance)
    for s in (0.1, 3.0, 20.0, 80.0):
        expected = integrated(
            lambda x, s=s: density(x) * special.gammaincc(n + 1, s * x + 0.3) / norm, breaks
        )
        got = float(cumulative(n, s, Fixed(0.3), signal_error))
        assert got == pytest.approx(expected, rel=1e-9, abs=ACCURACY)


def test_cumulative_keeps_the_shape_of_the_signal():
    assert cumulative(2, np.ones((3, 4, 5)), 0.1).shape == (3, 4, 5)
    assert cumulative(2, 1.0, 0.1).shape == ()
    assert_allclose(cumulative(2, [0.0, 1e5], Fixed(0)), [1, 0], rtol=1e-12)


def test_grid_larger_than_one_block_equals_single_points():
    signal = np.geomspace(1e-3, 30, 40_000)
    grid = cumulative(3, signal, TruncatedGaussian(0.5, 0.2), 0.2)
    for i in (0, 12_345, 39_999):
        assert_allclose(grid[i], cumulative(3, signal[i], TruncatedGaussian(0.5, 0.2), 0.2), rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Fixed(-1), "background mean = -1"),
        (lambda: Fixed(float("nan")), "nan"),
        (lambda: Fixed("1"), "'1'"),
        (lambda: Fixed(float("inf")), "inf"),
        (lambda: TruncatedGaussian(1, -0.1), "background sigma = -0.1"),
        (lambda: Gamma(0, 1), "expected a finite number > 0"),
        (lambda: LogNormal(0, 1), "expected a finite number > 0"),
        (lambda: Interval(1, 1, -1, "68%"), "background minus = -1"),
        (lambda: BetaProduct(59.9, (80.0,), 79.9), "at most trials = 79.9"),
        (lambda: BetaProduct(59.9, (-1,), 79.9), "background passed = -1"),
        (lambda: as_background(1, -2), "sigma_b = -2"),
        (lambda: cumulative(1, [-1.0], 0), "signal"),
        (lambda: cumulative(1, np.nan, 0), "signal"),
        (lambda: cumulative(1, 1.0, 0, signal_error=20), "such as 0.20"),
    ],
)
def test_impossible_numbers_are_refused_in_one_line(make, words):
    with pytest.raises(DomainError) as error:
        make()
    assert words in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Interval(1, 1, 1, "limit"), "a limit is no expectation"),
        (lambda: Interval(1, 1, 1, "95%"), "known: 68%, 90%"),
        (lambda: BetaProduct(1, (), 1), "passed"),
        (lambda: Sum(()), "at least one"),
        (lambda: as_background(None, 0.1), "b is missing beside sigma_b = 0.1"),
        (lambda: as_background(Fixed(1), 0.1), "already states its uncertainty"),
        (lambda: background_from_table({"shape": "gausian", "mean": 1}), "unknown background shape"),
        (lambda: background_from_table({"mean": 1}), "unknown background shape"),
        (lambda: background_from_table({"shape": "fixed", "men": 1}), "did you mean 'mean'?"),
        (lambda: background_from_table({"shape": "gamma", "mean": 1}), "missing sigma"),
    ],
)
def test_wrong_words_are_refused_in_one_line(make, words):
    with pytest.raises(ConfigError) as error:
        make()
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_background_from_a_data_file():
    table = {"shape": "beta-product", "candidates": 59.9, "passed": [0.96, 0.64], "trials": 79.9}
    assert background_from_table(table) == BetaProduct(59.9, (0.96, 0.64), 79.9)
    assert background_from_table({"shape": "fixed", "mean": 0.1}) == Fixed(0.1)

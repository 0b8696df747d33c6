"""CLs limits against printed tables, closed forms and direct evaluation."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from feebly.core.errors import ConfigError, DomainError
from feebly.statistics import BetaProduct, cls_value, expected_limit, upper_limit
from feebly.statistics.backgrounds import Fixed, Gamma, LogNormal, Sum, TruncatedGaussian


def log_uniform(low, high):
    return st.floats(np.log10(low), np.log10(high)).map(lambda u: 10.0**u)


# 90% CL, b known, n = 0 .. 4; printed to 4 decimals
PRINTED = {
    0: (2.3026, 3.8897, 5.3223, 6.6808, 7.9936),
    0.016: (2.3026, 3.8739, 5.3063, 6.6648, 7.9776),
    0.1: (2.3026, 3.7956, 5.2225, 6.5808, 7.8936),
    0.5: (2.3026, 3.5082, 4.8433, 6.1836, 7.4939),
    3: (2.3026, 2.8389, 3.5228, 4.3624, 5.3447),
}


@pytest.mark.parametrize("b", PRINTED)
def test_printed_limits(b):
    assert_allclose([upper_limit(n, b).s_up for n in range(5)], PRINTED[b], rtol=3e-5)


@pytest.mark.parametrize("b", [0, 0.016, 3, TruncatedGaussian(1, 2), BetaProduct(59.9, (1, 0.6), 80)])
def test_limit_without_event_is_ln10_whatever_the_background(b):
    assert_allclose(float(upper_limit(0, b)), np.log(10), rtol=1e-10)
    assert_allclose(float(upper_limit(0, b, cl=0.95)), np.log(20), rtol=1e-10)


@pytest.mark.parametrize(("n", "b"), [(1, 0.016), (4, 2.57), (28, 26.3), (300, 280.0)])
def test_limit_solves_the_ratio_of_poisson_sums(n, b):
    limit = upper_limit(n, b)
    ratio = stats.poisson(limit.s_up + b).cdf(n) / stats.poisson(b).cdf(n)
    assert_allclose(ratio, 0.1, rtol=1e-9)
    assert limit.cls_error < 1e-9


def test_signal_nuisance_of_20_percent():
    assert_allclose(upper_limit(0, 0.016, signal_error=0.2).s_up, 2.4086, rtol=3e-5)
    assert_allclose(upper_limit(1, 0.016, signal_error=0.2).s_up, 4.0961, rtol=3e-5)


# BR < limit(n, b) SES, b known: (n, b, sigma_b, SES, published BR)
KAON_LIMITS = {
    "pi- mu+ e+": (0, 1.07, 0.20, 1.82e-11, 4.2e-11),
    "pi+ mu- e+": (2, 0.92, 0.34, 1.44e-11, 6.6e-11),
    "pi- mu+ mu+": (1, 0.91, 0.41, 1.28e-11, 4.2e-11),
    "pi0 -> mu- e+": (0, 0.23, 0.15, 1.39e-10, 3.2e-10),
    "pi- e+ e+ (2017)": (0, 0.16, 0.03, 0.94e-10, 2.2e-10),
}
# the same where the SES was derived from the published limit itself: no test of the limit, an alarm
KAON_REGRESSION = {
    "pi- e+ e+ (Run 1)": (0, 0.43, 0.09, 2.30e-11, 5.3e-11),
    "pi- pi0 e+ e+": (0, 0.044, 0.020, 3.69e-10, 8.5e-10),
    "mu- nu e+ e+": (0, 0.26, 0.04, 3.52e-11, 8.1e-11),
    "pi0 pi- mu+ e+": (0, 0.33, 0.07, 1.26e-10, 2.9e-10),
    "pi0 pi+ mu- e+": (0, 0.004, 0.003, 1.35e-10, 3.1e-10),
    "pi0 pi+ mu+ e-": (0, 0.29, 0.07, 2.17e-10, 5.0e-10),
    "pi+ 4e": (0, 0.18, 0.14, 6.08e-9, 1.4e-8),
}


@pytest.mark.parametrize("channel", KAON_LIMITS)
def test_published_kaon_branching_ratio_limits(channel):
    n, b, sigma, ses, published = KAON_LIMITS[channel]
    assert_allclose(upper_limit(n, b).s_up * ses, published, rtol=0.03)
    assert_allclose(upper_limit(n, b, sigma).s_up * ses, published, rtol=0.03)


@pytest.mark.parametrize("channel", KAON_REGRESSION)
def test_kaon_limits_whose_sensitivity_is_their_own(channel):
    n, b, sigma, ses, published = KAON_REGRESSION[channel]
    assert_allclose(upper_limit(n, b).s_up * ses, published, rtol=5e-3)
    assert_allclose(upper_limit(n, b, sigma).s_up, upper_limit(n, b).s_up, rtol=1e-9)  # n = 0: blind to b


def test_marginalised_limits():
    # n = 1, 0.91 +- 0.41 and n = 2, 0.92 +- 0.34: printed digits of an independent calculation
    assert_allclose(upper_limit(1, 0.91, 0.41).s_up, 3.37, rtol=2e-3)
    assert_allclose(upper_limit(2, 0.92, 0.34).s_up, 4.55, rtol=2e-3)


def test_marginalised_cls_against_seeded_toys():
    rng = np.random.default_rng(11)
    n, s, size = 3, 4.0, 400_000
    b = rng.normal(1.2, 0.8, 2 * size)
    b = b[b > 0][:size]
    kappa = rng.lognormal(-np.log(1.09) / 2, np.sqrt(np.log(1.09)), size)  # mean 1, 30%
    below_sb, below_b = (int((rng.poisson(mean) <= n).sum()) for mean in (s * kappa + b, b))
    background = TruncatedGaussian(1.2, 0.8)
    p_b = background.counts(n).cumulative[n]
    p_sb = float(cls_value(n, s, background, signal_error=0.3)) * p_b
    assert stats.binomtest(below_b, size, p_b).pvalue > 1e-6
    assert stats.binomtest(below_sb, size, p_sb).pvalue > 1e-6


def test_cls_value_at_the_limit_is_one_minus_cl():
    for n in (0, 1, 6):
        limit = upper_limit(n, 0.5, 0.2, cl=0.95, signal_error=0.2)
        assert_allclose(cls_value(n, limit.s_up, TruncatedGaussian(0.5, 0.2), 0.2), 0.05, rtol=1e-9)


def test_cls_value_keeps_the_shape_and_starts_at_one():
    signal = np.linspace(0, 12, 24).reshape(2, 3, 4)
    values = cls_value(1, signal, 0.016)
    assert values.shape == signal.shape
    assert values[0, 0, 0] == pytest.approx(1, rel=1e-14, abs=0)
    assert np.all(np.diff(values.ravel()) < 0)
    assert_allclose(cls_value(0, signal, 0.016), np.exp(-signal), rtol=1e-12)


def test_expected_limit_is_that_of_the_median_count():
    assert_allclose(float(expected_limit(0.016)), np.log(10), rtol=1e-10)
    assert expected_limit(3.0).n == 3
    assert_allclose(expected_limit(3.0).s_up, 4.3624, rtol=3e-5)
    assert expected_limit(26.3, 3.4).n == 26
    assert expected_limit(0.016, 0.002, convention="cls-profile").convention == "cls-profile"


def test_limit_names_its_inputs_and_does_not_change():
    limit = upper_limit(1, 0.016, 0.002, cl=0.95, signal_error=0.1)
    assert (limit.n, limit.background_mean, limit.cl, limit.signal_error) == (1, 0.016, 0.95, 0.1)
    assert limit.convention == "cls-counting"
    assert limit.cls_error < 1e-8
    with pytest.raises(dataclasses.FrozenInstanceError):
        limit.s_up = 0.0


BACKGROUND = st.builds(
    lambda shape, mean, relative: shape(mean, mean * relative),
    st.sampled_from([TruncatedGaussian, LogNormal, Gamma]),
    log_uniform(1e-4, 10),
    log_uniform(1e-2, 1),
)


@settings(max_examples=25, deadline=None)
@given(background=BACKGROUND, n=st.integers(0, 15), cl=st.floats(0.5, 0.98), error=st.floats(0, 0.5))
def test_limit_rises_with_the_count_with_cl_and_with_the_signal_error(background, n, cl, error):
    limit = upper_limit(n, background, cl=cl, signal_error=error).s_up
    assert upper_limit(n + 1, background, cl=cl, signal_error=error).s_up > limit
    assert upper_limit(n, background, cl=cl + 0.01, signal_error=error).s_up > limit


@settings(max_examples=25, deadline=None)
@given(n=st.integers(0, 15), b=log_uniform(1e-4, 10), factor=st.floats(1.01, 3))
def test_limit_does_not_rise_with_the_background(n, b, factor):
    limit = upper_limit(n, b).s_up
    assert upper_limit(n, b * factor).s_up <= limit * (1 + 1e-10)
    assert limit <= upper_limit(n, 0).s_up * (1 + 1e-10)


def test_uncertain_background_with_sigma_zero_is_a_known_one():
    for shape in (TruncatedGaussian, LogNormal, Gamma):
        assert upper_limit(2, shape(0.9, 0.0)).s_up == upper_limit(2, 0.9).s_up
        assert_allclose(upper_limit(2, shape(0.9, 1e-6)).s_up, upper_limit(2, 0.9).s_up, rtol=1e-8)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: upper_limit(-1, 0.1), "n = -1"),
        (lambda: upper_limit(1.0, 0.1), "n = 1.0: expected an integer"),
        (lambda: upper_limit(1, float("nan")), "b = nan"),
        (lambda: upper_limit(1, -0.1), "b = -0.1"),
        (lambda: upper_limit(1, 0.1, -0.1), "sigma_b = -0.1"),
        (lambda: upper_limit(1, 0.1, signal_error=-0.1), "signal_error = -0.1"),
        (lambda: upper_limit(0, 1e5), "check n and b"),
    ],
)
def test_impossible_numbers_are_refused_in_one_line(call, words):
    with pytest.raises(DomainError) as error:
        call()
    assert words in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: upper_limit(1, 0.1, cl=90), "did you mean 0.9?"),
        (lambda: upper_limit(1, 0.1, cl=0), "cl = 0"),
        (lambda: upper_limit(1, 0.1, cl="0.9"), "cl = '0.9'"),
        (lambda: upper_limit(1, None, 0.1), "b is missing"),
        (lambda: upper_limit(1, Fixed(0.1), 0.1), "already states its uncertainty"),
        (lambda: upper_limit(1, 0.1, convention="cls-countin"), "did you mean 'cls-counting'?"),
        (lambda: upper_limit(1, 0.1, 0.1, convention="cls-profile", signal_error=0.2), "signal_error = 0.2"),
        (lambda: upper_limit(1, Gamma(1, 1), convention="cls-profile"), "background Gamma"),
        (lambda: upper_limit(1, Sum((Fixed(1),)), convention="cls-profile"), "background Sum"),
    ],
)
def test_wrong_words_are_refused_in_one_line(call, words):
    with pytest.raises(ConfigError) as error:
        call()
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_import_does_not_load_scipy():
    code = "import sys, feebly.statistics; sys.exit(any(m.split('.')[0] == 'scipy' for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

"""The profile convention against brute maximisation of the likelihood and against toys."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import optimize, stats

from feebly.statistics import TruncatedGaussian, cls_value, upper_limit
from feebly.statistics.intervals.profile import fitted_background, profile_cls, q_tilde


def minus_log_likelihood(s, b, n, a, sigma):
    return -stats.poisson(s + b).logpmf(n) - stats.norm(b, sigma).logpdf(a)


def brute_q_tilde(n, a, s, sigma):
    """Numerical maximisation over b >= 0 (and over 0 <= s' <= s for the best fit)."""

    def best(s_fixed):
        top = max(n, a, 0) + 10 * sigma + 1
        fit = optimize.minimize_scalar(
            lambda b: minus_log_likelihood(s_fixed, b, n, a, sigma),
            bounds=(1e-12, top),
            method="bounded",
            options={"xatol": 1e-11},
        )
        return fit.fun

    free = optimize.minimize_scalar(best, bounds=(0, s), method="bounded", options={"xatol": 1e-9})
    return 2 * (best(s) - min(free.fun, best(0.0), best(s)))


@pytest.mark.parametrize(
    ("n", "a", "s", "sigma"),
    [(0, 1.0, 2.0, 0.5), (1, 0.016, 3.0, 0.002), (1, 3.0, 2.0, 0.8), (4, 1.0, 5.0, 0.9), (9, 1.0, 4.0, 0.9),
     (2, -0.4, 4.0, 0.5), (30, 26.0, 9.0, 3.4)],
)  # fmt: skip
def test_q_tilde_against_brute_maximisation(n, a, s, sigma):
    assert float(q_tilde(n, a, s, sigma)) == pytest.approx(brute_q_tilde(n, a, s, sigma), rel=1e-5, abs=1e-7)


@settings(max_examples=100, deadline=None)
@given(
    n=st.integers(0, 40),
    s=st.floats(0.01, 40),
    a=st.lists(st.floats(-5, 40), min_size=2, max_size=2),
    sigma=st.floats(0.01, 8),
)
def test_q_tilde_never_falls_with_the_auxiliary_measurement(n, s, a, sigma):
    low, high = q_tilde(n, np.sort(a), s, sigma)
    assert high >= low - 1e-9 * (1 + low)


@settings(max_examples=100, deadline=None)
@given(n=st.integers(1, 40), s=st.floats(0, 40), a=st.floats(0.1, 40), sigma=st.floats(0.01, 8))
def test_fitted_background_is_stationary_inside_the_boundary(n, s, a, sigma):
    b = float(fitted_background(n, a, s, sigma))
    slope = n / (s + b) - 1 + (a - b) / sigma**2 if s + b > 0 else 0.0
    scale = 1 + n / (s + b) + abs(a - b) / sigma**2
    assert abs(slope) < 1e-6 * scale if b > 0 else slope < 1e-6 * scale


def test_mumu_event_gives_3_28():
    limit = upper_limit(1, 0.016, 0.002, convention="cls-profile")
    assert_allclose(limit.s_up, 3.28, rtol=0.01)
    assert limit.cls_error < 1e-8
    # half of the outcomes with one event are less signal-like: exp(-s) (1 + (s + b) / 2) / (1 + b / 2) = 0.1
    half = optimize.brentq(lambda s: np.exp(-s) * (1 + (s + 0.016) / 2) / 1.008 - 0.1, 1, 6)
    assert_allclose(limit.s_up, half, rtol=2e-3)


@pytest.mark.parametrize(("b", "sigma"), [(0.016, 0.002), (1.0, 0.5), (3.0, 0.3)])
def test_limit_without_event_is_ln10(b, sigma):
    assert_allclose(upper_limit(0, b, sigma, convention="cls-profile").s_up, np.log(10), rtol=1e-8)


SIGNALS = np.geomspace(1e-12, 1e3, 61)
MEASURED = [(0.016, 0.002), (1.0, 0.5), (26.3, 3.4), (0.0, 0.5), (1e-3, 5.0)]


@pytest.mark.parametrize(("b", "sigma"), MEASURED)
def test_cls_without_event_is_exp_minus_s_for_every_signal(b, sigma):
    cls = cls_value(0, SIGNALS, TruncatedGaussian(b, sigma), convention="cls-profile")
    assert_allclose(cls, np.exp(-SIGNALS), rtol=1e-12)
    # 1 - CLs would hide a wrong tie at signals far below one event
    assert_allclose(q_tilde(0, np.linspace(-9, 9, 7)[:, None], 1e-12, sigma), 2e-12, rtol=1e-12)


@pytest.mark.parametrize("n", [1, 3, 30])
@pytest.mark.parametrize(("b", "sigma"), MEASURED)
def test_cls_falls_from_one_to_zero_over_fifteen_decades(n, b, sigma):
    cls = cls_value(n, SIGNALS, TruncatedGaussian(b, sigma), convention="cls-profile")
    assert_allclose(cls[0], 1, rtol=1e-9)
    assert np.all(np.diff(cls) <= 1e-12)
    assert np.all(cls >= 0)
    assert cls[-1] < 1e-200


@pytest.mark.parametrize(("n", "a"), [(0, 1.0), (1, 3.0), (20, 26.0)])
def test_q_tilde_of_a_tiny_signal_is_the_slope_of_the_likelihood(n, a):
    # -2 dlnL/ds at s = 0, b = b_0: q = 2 s (1 - n / b_0), in the range where the difference of two
    # likelihoods has no digits left
    b_null = float(fitted_background(n, a, 0.0, 0.5))
    for s in (1e-11, 1e-8):
        assert_allclose(q_tilde(n, a, s, 0.5), 2 * s * (1 - n / b_null), rtol=1e-6)


def test_known_background_orders_like_the_count():
    for n, b in ((0, 0.5), (3, 1.2)):
        assert upper_limit(n, b, convention="cls-profile").s_up == upper_limit(n, b).s_up
    # signals below the fitted one, n - b = 1.8, are all compatible: q-tilde = 0
    assert_allclose(cls_value(3, [1.0, 1.79], 1.2, convention="cls-profile"), 1, rtol=1e-15)
    assert cls_value(3, 1.81, 1.2, convention="cls-profile") < 0.9


@pytest.mark.parametrize(
    ("n", "b", "sigma"), [(1, 0.91, 0.41), (3, 1.0, 1.5), (2, 0.0, 0.5), (28, 26.3, 3.4)]
)
def test_cls_against_seeded_toys(n, b, sigma):
    rng, size = np.random.default_rng(5), 100_000
    s = upper_limit(n, b, sigma, convention="cls-profile").s_up
    q_observed = float(q_tilde(n, b, s, sigma)) * (1 - 1e-10)
    tails = []
    for s_true in (s, 0.0):
        b_true = float(fitted_background(n, b, s_true, sigma))
        q = q_tilde(rng.poisson(s_true + b_true, size), rng.normal(b_true, sigma, size), s, sigma)
        tails.append(np.mean(q >= q_observed))
    ratio = tails[0] / tails[1]
    error = ratio * np.sqrt(sum((1 - p) / (p * size) for p in tails))
    assert 2 * stats.norm.sf(abs(ratio - 0.1) / error) > 1e-6
    assert_allclose(profile_cls(s, n, b, sigma), 0.1, rtol=1e-8)


def test_large_counts_approach_the_asymptotic_limit():
    # 1007.1727 Eq. (65)-(66) give CLs = Phi-bar(sqrt q) / Phi(sqrt q_A - sqrt q) for q below q_A
    n, b, sigma = 110, 100.0, 10.0
    s = upper_limit(n, b, sigma, convention="cls-profile").s_up
    root_q = np.sqrt(float(q_tilde(n, b, s, sigma)))
    b_null = float(fitted_background(n, b, 0.0, sigma))
    root_q_asimov = np.sqrt(float(q_tilde(b_null, b_null, s, sigma)))
    assert_allclose(stats.norm.sf(root_q) / stats.norm.cdf(root_q_asimov - root_q), 0.1, rtol=0.05)

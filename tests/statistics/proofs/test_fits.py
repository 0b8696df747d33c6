"""Fits of counts against closed forms, scipy's distributions and integrals; exclusion against every count."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import integrate, stats

from feebly.statistics import Fixed, Gamma, Sum, TruncatedGaussian, upper_limit
from feebly.statistics.proofs.closure import ClosurePoint, thrown_counts
from feebly.statistics.proofs.fits import SignalLikelihood, count_moments, largest_excluded


def counts(*n):
    return np.array(n)


def test_a_known_background_is_subtracted():
    fits = SignalLikelihood(ClosurePoint(50.0, Fixed(3.5)), counts(0, 2, 4, 60, 2000))
    assert_allclose(fits.fit[2:], [0.5, 56.5, 1996.5], rtol=1e-9)
    assert np.all(fits.fit[:2] < 1e-12)  # no signal is better than a little


def test_the_pull_of_a_poisson_count_in_closed_form():
    n, mean = counts(40, 57, 80), 53.5
    pull = SignalLikelihood(ClosurePoint(50.0, Fixed(3.5)), n).pull
    assert_allclose(pull, np.sign(n - mean) * np.sqrt(2 * (n * np.log(n / mean) - n + mean)), rtol=1e-6)


def test_likelihood_with_a_gamma_background_is_poisson_with_negative_binomial():
    background, s, n = Gamma(4.0, 2.0), 3.0, 6
    shape, scale = 4.0, 1.0
    k = np.arange(n + 1)
    expected = stats.poisson.pmf(n - k, s) @ stats.nbinom.pmf(k, shape, 1 / (1 + scale))
    found = SignalLikelihood(ClosurePoint(1.0, background), counts(n)).log(np.array([s]))
    assert_allclose(np.exp(found), [expected], rtol=1e-9)


def test_likelihood_with_a_signal_error_is_an_integral_over_a_log_normal():
    s, b, n, error = 30.0, 0.5, 41, 0.2
    width = np.sqrt(np.log(1.04))
    factor = stats.lognorm(width, scale=np.exp(-(width**2) / 2))
    expected, _ = integrate.quad(
        lambda kappa: factor.pdf(kappa) * stats.poisson.pmf(n, kappa * s + b), 0.2, 4, epsabs=0, epsrel=1e-10
    )
    found = SignalLikelihood(ClosurePoint(1.0, Fixed(b), error), counts(n)).log(np.array([s]))
    assert_allclose(np.exp(found), [expected], rtol=1e-7)


def test_with_a_signal_error_the_fit_of_many_events_is_that_of_the_logarithm():
    # ln n is normal about ln s - w^2 / 2 with w^2 + 1/n: the largest likelihood is at ln n + w^2 / 2
    n = counts(100_000)
    fit = SignalLikelihood(ClosurePoint(1.0, Fixed(0.0), 0.2), n).fit
    assert_allclose(fit, n * np.exp(np.log(1.04) / 2), rtol=1e-4)


@given(n=st.integers(0, 300), b=st.floats(-3, 1.5).map(lambda u: 10.0**u), error=st.sampled_from([0.0, 0.3]))
def test_no_signal_is_likelier_than_the_fit(n, b, error):
    fits = SignalLikelihood(ClosurePoint(1.0, TruncatedGaussian(b, 0.3 * b), error), counts(n))
    best, near = fits.log(fits.fit), fits.fit + 1e-3
    for other in (fits.fit * 0.99, near, fits.fit * 1.01 + 1e-6):
        assert np.all(fits.log(other) <= best + 1e-9)


@pytest.mark.parametrize(
    "point",
    [
        ClosurePoint(60.0, Fixed(0.5)),
        ClosurePoint(200.0, Sum((TruncatedGaussian(20.0, 3.0), Gamma(5.0, 2.0)))),
        ClosurePoint(300.0, Fixed(1.0), 0.2),
    ],
)
def test_pulls_are_standard_for_many_experiments(point):
    n, which = np.unique(thrown_counts(point, 40_000, np.random.default_rng(2)), return_inverse=True)
    pulls = SignalLikelihood(point, n).pull[which]
    assert pulls.mean() == pytest.approx(0, abs=0.035)
    assert pulls.std() == pytest.approx(1, abs=0.02)


def test_moments_of_the_count_in_closed_form():
    # variances add: Poisson of the signal, its factor, negative binomial of the background
    mean, width = count_moments(ClosurePoint(10.0, Gamma(4.0, 2.0), 0.2))
    assert_allclose((mean, width**2), (14.0, 10.0 + 4.0 + 4.0 + 4.0), rtol=1e-9)
    mean, width = count_moments(ClosurePoint(500.0, Fixed(0.0)))
    assert_allclose((mean, width), (500.0, np.sqrt(500.0)), rtol=1e-9)


@pytest.mark.parametrize("convention", ["cls-counting", "bayesian-flat", "feldman-cousins", "classical"])
@pytest.mark.parametrize("signal", [0.5, 2.30, 2.31, 9.0, 25.0])
def test_the_largest_excluded_count_is_that_of_the_limits(convention, signal):
    point = ClosurePoint(signal, Fixed(0.4))
    limits = [upper_limit(n, 0.4, cl=0.9, convention=convention) for n in range(20)]
    excluding = [n for n, limit in enumerate(limits) if limit.empty or limit.s_up < signal]
    assert largest_excluded(point, 19, 0.9, convention) == max(excluding, default=-1)
    assert largest_excluded(point, 0, 0.9, convention) == (0 if 0 in excluding else -1)


def test_the_limit_without_events_is_ln_10():
    for signal, edge in ((2.302, -1), (2.303, 0)):
        assert (
            largest_excluded(ClosurePoint(signal, TruncatedGaussian(0.016, 0.002)), 5, 0.9, "cls-counting")
            == edge
        )

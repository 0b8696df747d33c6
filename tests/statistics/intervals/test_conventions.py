"""Classical and Bayesian limits against closed forms and integrals; arrays against single limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import integrate, special, stats

from feebly.core.errors import ConfigError, DomainError
from feebly.statistics import (
    CONVENTIONS,
    BetaProduct,
    Gamma,
    Interval,
    LogNormal,
    Sum,
    TruncatedGaussian,
    cls_value,
    confidence_interval,
    total_signal_error,
    upper_limit,
    upper_limits,
)

UNCERTAIN = {
    "truncated Gaussian": TruncatedGaussian(0.9, 0.4),
    "log-normal": LogNormal(0.9, 0.4),
    "gamma": Gamma(0.9, 0.4),
    "two-piece": Interval(0.9, 0.5, 0.3, "68%"),
    "two-piece 90%": Interval(0.9, 0.5, 0.3, "90%"),
    "Beta product": BetaProduct(59.9, (10, 6), 80),
    "sum": Sum((Gamma(0.4, 0.2), TruncatedGaussian(0.5, 0.3))),
}


@pytest.mark.parametrize(("n", "b"), [(0, 0.0), (0, 1.2), (3, 0.016), (5, 4.0), (40, 30.0)])
def test_classical_limit_is_the_quantile_of_the_gamma_distribution(n, b):
    # Garwood (1936): P(N <= n | mu) = P(Gamma(n + 1) > mu)
    limit = upper_limit(n, b, convention="classical")
    assert_allclose(limit.s_up, stats.gamma(n + 1).ppf(0.9) - b, rtol=1e-10)
    assert not limit.empty


def test_classical_interval_is_empty_far_below_the_background():
    limit = upper_limit(0, 3.0, convention="classical")  # exp(-3) is below 0.1
    assert (limit.s_up, limit.empty) == (0.0, True)
    interval = confidence_interval(0, 3.0, convention="classical")
    assert (interval.lower, interval.upper, interval.empty) == (0.0, 0.0, True)
    assert_allclose(cls_value(0, 0.0, 3.0, convention="classical"), np.exp(-3.0), rtol=1e-12)


@pytest.mark.parametrize("n", [0, 1, 4])
@pytest.mark.parametrize("name", UNCERTAIN)
def test_flat_prior_gives_the_cls_limit(name, n):
    background = UNCERTAIN[name]
    assert_allclose(
        upper_limit(n, background, convention="bayesian-flat").s_up,
        upper_limit(n, background).s_up,
        rtol=1e-11,
    )


def posterior_above(s_up, n, b, error):
    """Integral of the posterior above s_up over that above 0, by quadrature in ln kappa and s."""
    sigma = np.sqrt(np.log1p(error**2))
    z = np.linspace(-8, 8, 401)
    kappa, weight = np.exp(sigma * z - sigma**2 / 2), np.exp(-(z**2) / 2)

    def density(s):
        return stats.poisson(kappa * s + b).pmf(n) @ weight

    below, above = integrate.quad(density, 0, s_up)[0], integrate.quad(density, s_up, 60 + 20 * n)[0]
    return above / (below + above)


@pytest.mark.parametrize(("n", "b", "error"), [(0, 0.5, 0.2), (1, 0.016, 0.2), (3, 2.0, 0.35)])
def test_posterior_with_signal_error_by_integration(n, b, error):
    s_up = upper_limit(n, b, convention="bayesian-flat", signal_error=error).s_up
    assert_allclose(posterior_above(s_up, n, b, error), 0.1, rtol=1e-6)
    assert_allclose(s_up, (1 + error**2) * upper_limit(n, b, signal_error=error).s_up, rtol=1e-10)


@pytest.mark.parametrize("name", UNCERTAIN)
def test_classical_limit_against_seeded_draws(name):
    background, rng, size = UNCERTAIN[name], np.random.default_rng(3), 200_000
    limit = upper_limit(2, background, convention="classical", signal_error=0.3)
    kappa = rng.lognormal(-np.log(1.09) / 2, np.sqrt(np.log(1.09)), size)
    probability = np.mean(special.gammaincc(3, kappa * limit.s_up + draws(background, rng, size)))
    assert probability == pytest.approx(0.1, abs=2e-3)


def draws(background, rng, size):
    """Seeded draws of the expected background, from the definition of each density."""
    match background:
        case TruncatedGaussian(mean, sigma):
            values = rng.normal(mean, sigma, 3 * size)
            return values[values >= 0][:size]
        case LogNormal(mean, sigma):
            variance = np.log1p((sigma / mean) ** 2)
            return rng.lognormal(np.log(mean) - variance / 2, np.sqrt(variance), size)
        case Gamma(mean, sigma):
            return rng.gamma((mean / sigma) ** 2, sigma**2 / mean, size)
        case Interval(mean, plus, minus, meaning):
            z = rng.normal(size=3 * size) / {"68%": 1.0, "90%": stats.norm.ppf(0.95)}[meaning]
            values = mean + z * np.where(z < 0, minus, plus)
            return values[values >= 0][:size]
        case BetaProduct(candidates, passed, trials):
            factors = [rng.beta(k + 0.5, trials - k + 0.5, size) for k in passed]
            return candidates * np.prod(factors, axis=0)
        case Sum(parts):
            return sum(draws(part, rng, size) for part in parts)
    raise AssertionError(background)


ONE_SIDED = [name for name in CONVENTIONS if name != "feldman-cousins"]


@pytest.mark.parametrize("convention", ONE_SIDED)
def test_limit_solves_its_own_probability(convention):
    for n, b, sigma in ((0, 0.2, 0.1), (2, 1.0, 0.3)):
        limit = upper_limit(n, b, sigma, cl=0.95, convention=convention)
        value = cls_value(n, limit.s_up, TruncatedGaussian(b, sigma), convention=convention)
        assert_allclose(value, 0.05, rtol=1e-8)
        assert 0 < limit.s_error < 1e-6


@pytest.mark.parametrize("convention", ["cls-counting", "classical", "bayesian-flat"])
def test_numerical_error_of_the_limit_is_honest(convention):
    exact = stats.gamma(4).ppf(0.9) if convention != "cls-counting" else upper_limit(3, 0.0).s_up
    limit = upper_limit(3, 0.0, convention=convention)
    assert abs(limit.s_up - exact) <= max(limit.s_error, 1e-11)


def test_error_of_the_limit_is_that_of_the_probability_over_its_slope():
    limit = upper_limit(3, TruncatedGaussian(1.0, 0.4))
    # d ln P(N <= n) / ds = -P(N = n) / P(N <= n) with b averaged over
    b = 1 + 0.4 * np.linspace(-2.5, 6, 4001)
    weight = np.exp(-(((b - 1) / 0.4) ** 2) / 2)
    pmf, below = (weight @ f(3, limit.s_up + b) for f in (stats.poisson.pmf, stats.poisson.cdf))
    assert_allclose(limit.s_error, limit.cls_error / (0.1 * pmf / below), rtol=1e-3)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_arrays_are_the_single_limits(convention):
    n, b = np.array([0, 1, 4, 11])[:, None], np.array([0.0, 0.016, 0.9, 7.3])
    found = upper_limits(n, b, convention=convention)
    single = [[upper_limit(int(k), x, convention=convention).s_up for x in b] for k in n.ravel()]
    assert_allclose(found, single, rtol=1e-9)


@pytest.mark.parametrize("convention", ["cls-counting", "classical", "bayesian-flat"])
def test_arrays_with_errors_are_the_single_limits(convention):
    n, b = np.array([0, 2])[:, None], np.array([0.016, 0.9])
    found = upper_limits(n, b, cl=0.95, convention=convention, signal_error=0.3)
    single = [[upper_limit(k, x, None, 0.95, convention, 0.3).s_up for x in b] for k in (0, 2)]
    assert_allclose(found, single, rtol=1e-8)
    uncertain = upper_limits(n, b, 0.3 * b, convention=convention)
    single = [[upper_limit(k, x, 0.3 * x, 0.9, convention).s_up for x in b] for k in (0, 2)]
    assert_allclose(uncertain, single, rtol=1e-9)


def log_uniform(low, high):
    return st.floats(np.log10(low), np.log10(high)).map(lambda u: 10.0**u)


@settings(max_examples=30, deadline=None)
@given(
    n=st.lists(st.integers(0, 300), min_size=1, max_size=8),
    b=log_uniform(1e-9, 300),
    cl=st.floats(0.05, 0.9999),
    error=st.floats(0, 1),
)
def test_arrays_solve_the_ratio_of_poisson_sums(n, b, cl, error):
    found = upper_limits(np.array(n), b, cl=cl, signal_error=error)
    for k, s_up in zip(n, found, strict=True):
        assert_allclose(cls_value(k, s_up, b, error), 1 - cl, rtol=1e-7, atol=2e-10)  # nodes of other n


@pytest.mark.parametrize("convention", ["cls-counting", "classical", "bayesian-flat"])
@settings(max_examples=30, deadline=None)
@given(n=st.integers(0, 40), b=log_uniform(1e-9, 40), cl=st.floats(0.5, 0.99), factor=st.floats(1.01, 3))
def test_limits_rise_with_the_count_and_cl_and_do_not_rise_with_b(convention, n, b, cl, factor):
    def limit(k=n, mean=b, level=cl):
        return float(upper_limits(k, mean, cl=level, convention=convention))

    assert limit(k=n + 1) > limit() or limit(k=n + 1) == 0  # an empty classical interval
    assert limit(level=(1 + cl) / 2) > limit() or limit(level=(1 + cl) / 2) == 0
    assert limit(mean=factor * b) <= limit() * (1 + 1e-10)
    if n == 0 and convention != "classical":
        assert limit() == pytest.approx(-np.log1p(-cl), rel=1e-10, abs=0)


@pytest.mark.parametrize("convention", ONE_SIDED)
@settings(max_examples=10, deadline=None)
@given(n=st.integers(0, 8), b=log_uniform(1e-3, 8), relative=st.floats(0.05, 1))
def test_probability_falls_with_the_signal(convention, n, b, relative):
    signal = np.geomspace(1e-3, 40, 12)
    values = cls_value(n, signal, TruncatedGaussian(b, relative * b), convention=convention)
    assert np.all(np.diff(values) <= 1e-9)
    assert np.all((values >= 0) & (values <= 1 + 1e-9))


def test_arrays_keep_their_shape_and_refuse_nonsense():
    assert upper_limits(1, 0.5).shape == ()
    assert upper_limits(np.zeros((2, 3), int), np.full(3, 0.1)).shape == (2, 3)
    for call, words in (
        (lambda: upper_limits([0, -1], 0.1), "n = "),
        (lambda: upper_limits([0.0, 1.0], 0.1), "whole numbers"),
        (lambda: upper_limits(1, [0.1, np.nan]), "b = "),
        (lambda: upper_limits(1, 0.1, [-1.0]), "sigma_b = "),
        (lambda: upper_limits([1, 0], [1.0, 1e5]), "n = 0 with background 100000"),
    ):
        with pytest.raises(DomainError, match=words) as error:
            call()
        assert "\n" not in str(error.value)


def test_named_parts_of_the_signal_error_are_one_log_normal():
    parts = {"pot": 0.2, "efficiency": 0.1}
    assert_allclose(total_signal_error(parts) ** 2, 1.04 * 1.01 - 1, rtol=1e-12)
    rng = np.random.default_rng(2)
    factors = [rng.lognormal(-np.log1p(e**2) / 2, np.sqrt(np.log1p(e**2)), 400_000) for e in parts.values()]
    product = np.prod(factors, axis=0)
    assert product.mean() == pytest.approx(1, abs=2e-3)
    assert product.std() == pytest.approx(total_signal_error(parts), rel=1e-2)
    limit = upper_limit(1, 0.016, signal_error=parts)
    assert limit.signal_error == total_signal_error(parts)
    assert limit.s_up == upper_limit(1, 0.016, signal_error=total_signal_error(parts)).s_up
    with pytest.raises(DomainError, match="efficiency: signal_error = 20"):
        upper_limit(1, 0.016, signal_error={"pot": 0.2, "efficiency": 20})


def test_bad_names():
    with pytest.raises(ConfigError, match="did you mean 'classical'"):
        upper_limit(1, 0.1, convention="clasical")
    with pytest.raises(ConfigError, match="meaning of a background interval"):
        Interval(1, 1, 1, "1 sigma")

"""P-values down to 1e-40 with an uncertain background, by independent integration and closed forms."""

from decimal import Decimal, getcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import integrate, special

from feebly.core.errors import DomainError
from feebly.statistics import (
    BetaProduct,
    Gamma,
    Interval,
    LogNormal,
    Sum,
    TruncatedGaussian,
    p_value,
    significance_of,
)


def integrated(n, background, z_min):
    """The average of P(N >= n | b(z)) over the normal z >= z_min, in logarithms, to z = 40."""
    z = np.linspace(max(z_min, -40.0), 40.0, 200_001)
    with np.errstate(divide="ignore"):
        log_integrand = np.log(special.gammainc(n, np.maximum(background(z), 0.0))) - z**2 / 2
    top = log_integrand.max()
    integral = integrate.simpson(np.exp(log_integrand - top), x=z)
    return np.exp(top) * integral / np.sqrt(2 * np.pi) / special.ndtr(-z_min)


@pytest.mark.parametrize(
    ("n", "b", "sigma"),
    [(1, 0.016, 0.002), (8, 0.016, 0.002), (15, 0.016, 0.002), (30, 0.3, 0.3), (22, 1.0, 1.0), (40, 3.0, 1.0),
     (100, 26.3, 3.4), (130, 26.3, 3.4), (500, 100.0, 30.0), (60, 1.0, 3.0)],
)  # fmt: skip
def test_truncated_gaussian(n, b, sigma):
    p = p_value(n, TruncatedGaussian(b, sigma))
    assert_allclose(p, integrated(n, lambda z: b + sigma * z, -b / sigma), rtol=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    b=st.floats(-3, 1.5).map(lambda x: 10.0**x),
    relative=st.floats(-1.5, 0.3).map(lambda x: 10.0**x),
    n=st.integers(1, 90),
)
def test_truncated_gaussian_anywhere(b, relative, n):
    sigma = relative * b
    expected = integrated(n, lambda z: b + sigma * z, -1 / relative)
    if expected > 1e-280:
        assert_allclose(p_value(n, TruncatedGaussian(b, sigma)), expected, rtol=1e-8)


@pytest.mark.parametrize(
    ("n", "b", "sigma"), [(10, 0.05, 0.02), (25, 0.3, 0.2), (60, 3.0, 1.0), (6000, 100.0, 40.0)]
)
def test_log_normal(n, b, sigma):
    width = np.sqrt(np.log1p((sigma / b) ** 2))
    p = p_value(n, LogNormal(b, sigma))
    assert_allclose(p, integrated(n, lambda z: b * np.exp(width * z - width**2 / 2), -40.0), rtol=1e-8)


def test_asymmetric_interval():
    p = p_value(40, Interval(3.0, 1.5, 0.8, "68%"))
    assert_allclose(p, integrated(40, lambda z: 3.0 + z * np.where(z < 0, 0.8, 1.5), -3.0 / 0.8), rtol=1e-8)


@pytest.mark.parametrize("n", [20, 60, 100])
def test_gamma_is_negative_binomial(n):
    # shape 4, scale 1/4: P(N = k) = C(k + 3, 3) (4/5)^4 (1/5)^k, summed with fifty digits
    getcontext().prec = 50
    tail = sum(
        Decimal(special.comb(k + 3, 3, exact=True)) * Decimal(4) ** 4 / Decimal(5) ** (k + 4)
        for k in range(n, n + 300)
    )
    assert_allclose(p_value(n, Gamma(1.0, 0.5)), float(tail), rtol=1e-10)


def test_sum_of_backgrounds():
    # two Gaussians far from zero are one
    p = p_value(120, Sum((TruncatedGaussian(12.0, 0.9), TruncatedGaussian(14.0, 1.2))))
    assert_allclose(p, p_value(120, TruncatedGaussian(26.0, 1.5)), rtol=1e-9)


@pytest.mark.parametrize(
    ("n", "candidates", "passed", "trials"), [(20, 5, 2, 50), (30, 5, 2, 50), (70, 59.9, 1, 79.9)]
)
def test_one_veto_in_closed_form(n, candidates, passed, trials):
    # E[C^k t^k e^-Ct / k!] over Beta(a, b): Kummer function M(b, a + b + k, C), all terms positive
    a, b, k = passed + 0.5, trials - passed + 0.5, np.arange(n, n + 300.0)
    log_p = -candidates + k * np.log(candidates) - special.gammaln(k + 1)
    log_p += special.betaln(a + k, b) - special.betaln(a, b)
    expected = np.sum(np.exp(log_p) * special.hyp1f1(b, a + b + k, candidates))
    assert_allclose(p_value(n, BetaProduct(candidates, (passed,), trials)), expected, rtol=1e-9)


def test_two_vetoes_by_the_closed_form_of_one():
    candidates, trials, n = 59.9, 79.9, 30
    (a1, b1), (a2, b2) = (1.46, 79.44), (1.13, 79.77)
    x = np.arange(-120.0, 40.0, 0.05)  # logit of the first survival probability
    first = special.expit(x)
    weights = 0.05 * np.exp(a1 * special.log_expit(x) + b1 * special.log_expit(-x) - special.betaln(a1, b1))
    k = np.arange(n, n + 40.0)
    mean = candidates * first[:, None]
    log_p = (
        -mean
        + k * np.log(mean)
        - special.gammaln(k + 1)
        + special.betaln(a2 + k, b2)
        - special.betaln(a2, b2)
    )
    expected = weights @ (np.exp(log_p) * special.hyp1f1(b2, a2 + b2 + k, mean)).sum(axis=1)
    p = p_value(n, BetaProduct(candidates, (0.96, 0.63), trials))
    assert p < 1e-33
    assert_allclose(p, expected, rtol=1e-8)


@pytest.mark.parametrize(
    ("n", "candidates", "passed", "trials"),
    [
        (3, "5", ("0.72",) * 8, "79.9"),
        (10, "59.9", ("3", "10", "5", "40"), "79.9"),
        (40, "59.9", ("3", "10", "5", "40"), "79.9"),
        (10, "300", ("1", "2", "0"), "50"),
    ],
)
def test_several_vetoes_by_their_series(n, candidates, passed, trials):
    # P(N >= n) = sum_{j >= n} (-1)^(j - n) C(j - 1, n - 1) N^j E[t^j] / j!, E[t^j] = prod (a)_j / (a + b)_j
    getcontext().prec = 400
    total, term = Decimal(0), Decimal(1)
    for j in range(1200):
        if j >= n:
            total += (-1) ** (j - n) * special.comb(j - 1, n - 1, exact=True) * term
        for k in passed:
            term *= (Decimal(k) + Decimal("0.5") + j) / (Decimal(trials) + 1 + j)
        term *= Decimal(candidates) / (j + 1)
    background = BetaProduct(float(candidates), tuple(map(float, passed)), float(trials))
    assert_allclose(p_value(n, background), float(total), rtol=1e-10)


def test_product_below_the_smallest_number_is_refused():
    with pytest.raises(DomainError, match="the p-value is below the smallest number"):
        significance_of(900, BetaProduct(300.0, (10.0, 20.0, 30.0, 0.0, 0.0, 0.0), 50.0))


def test_far_tail_joins_the_usual_nodes():
    background = BetaProduct(59.9, (0.96, 0.63), 79.9)
    for n in (1, 4, 6):
        assert_allclose(background.far_tail(n), background.counts(n).tail[n], rtol=1e-7)


def test_significance_of_a_certain_discovery():
    found = significance_of(8, 0.016, 0.002)
    assert_allclose(found.z, -special.ndtri(found.p_value / 2), rtol=1e-12)
    assert_allclose(found.p_value, 1.5626399506728e-19, rtol=1e-9)

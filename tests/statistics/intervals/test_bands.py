"""Expected bands against direct enumeration and seeded repetitions of the experiment."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from feebly.core.errors import ConfigError, DomainError
from feebly.statistics import BetaProduct, TruncatedGaussian, expected_band, expected_limit, upper_limit

PROBABILITIES = stats.norm.cdf([-2, -1, 0, 1, 2])


@pytest.mark.parametrize("b", [1e-9, 0.001, 0.016, 0.02])
def test_rare_backgrounds_make_a_degenerate_band(b):
    # P(N = 0) = exp(-0.02) is above Phi(2) = 0.9772: all five quantiles are n = 0
    band = expected_band(b)
    assert band.counts == (0, 0, 0, 0, 0)
    assert_allclose(band.s_up, np.log(10), rtol=1e-10)
    assert band.degenerate
    assert band.label() == "degenerate: -2σ to +2σ coincide (all)"


def test_counting_band_is_the_limit_at_the_quantiles_of_the_count():
    band = expected_band(3.0)
    counts = stats.poisson(3.0).ppf(PROBABILITIES)
    assert band.counts == tuple(counts)
    assert_allclose(band.s_up, [upper_limit(int(n), 3.0).s_up for n in counts], rtol=1e-12)
    assert band.median == expected_limit(3.0).s_up
    assert not band.degenerate
    assert band.label() == ""


def test_partly_degenerate_band_says_which_curves():
    # b = 0.1: P(0) = 0.905 is above Phi(1) = 0.841 and below Phi(2) = 0.977
    band = expected_band(0.1)
    assert band.counts == (0, 0, 0, 0, 1)
    assert band.label() == "degenerate: -2σ to +1σ coincide"
    assert tuple(band.coinciding()) == ((-2.0, -1.0, 0.0, 1.0),)


def test_each_group_of_equal_curves_is_named():
    # b = 0.2: P(0) = 0.819, P(N <= 1) = 0.982
    band = expected_band(0.2)
    assert band.counts == (0, 0, 0, 1, 1)
    assert band.label() == "degenerate: -2σ to 0σ and +1σ to +2σ coincide"


def test_full_band_without_counts_is_log_normal():
    # b -> 0: s_up = ln 10 / kappa, ln kappa ~ N(-sigma^2 / 2, sigma), sigma^2 = ln 1.04
    sigma = np.sqrt(np.log(1.04))
    expected = np.log(10) * np.exp(sigma**2 / 2 + sigma * np.array([-2, -1, 0, 1, 2]))
    band = expected_band(1e-12, kind="full", thrown_error={"pot": 0.2})
    assert_allclose(band.s_up, expected, rtol=1e-9)
    assert band.thrown_error == pytest.approx(0.2, rel=1e-12, abs=0)
    assert band.label() == ""


@pytest.mark.parametrize(
    ("b", "error", "convention"),
    [
        (TruncatedGaussian(0.6, 0.3), 0.0, "cls-counting"),
        (3.0, 0.2, "cls-counting"),
        (BetaProduct(59.9, (1, 0.6), 80), 0.0, "bayesian-flat"),
        (1.5, 0.0, "feldman-cousins"),
    ],
)
def test_full_band_against_seeded_repetitions(b, error, convention):
    rng, size, thrown = np.random.default_rng(8), 400_000, 0.25
    band = expected_band(b, None, 0.9, convention, error, "full", {"pot": thrown})
    values = b if isinstance(b, float) else draws(b, rng, size)
    n = rng.poisson(values, size)
    table = np.array([upper_limit(k, b, None, 0.9, convention, error).s_up for k in range(n.max() + 1)])
    sigma = np.sqrt(np.log1p(thrown**2))
    found = table[n] / rng.lognormal(-(sigma**2) / 2, sigma, size)
    below = [np.mean(found <= s_up) for s_up in band.s_up]
    spread = np.sqrt(PROBABILITIES * (1 - PROBABILITIES) / size)
    assert np.all(np.abs(below - PROBABILITIES) < 5 * spread)


def draws(background, rng, size):
    if isinstance(background, TruncatedGaussian):
        values = rng.normal(background.mean, background.sigma, 2 * size)
        return values[values >= 0][:size]
    factors = [rng.beta(k + 0.5, background.trials - k + 0.5, size) for k in background.passed]
    return background.candidates * np.prod(factors, axis=0)


@settings(max_examples=25, deadline=None)
@given(b=st.floats(-6, 1).map(lambda u: 10.0**u), thrown=st.floats(0.01, 0.5))
def test_bands_are_ordered_and_throwing_widens_them(b, thrown):
    counting = expected_band(b)
    full = expected_band(b, kind="full", thrown_error=thrown)
    assert list(counting.s_up) == sorted(counting.s_up)
    assert np.all(np.diff(full.s_up) > 0)
    assert full.counts == counting.counts


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"kind": "both"}, ConfigError, "unknown kind of bands 'both'"),
        ({"kind": "full"}, ConfigError, "thrown_error = 0"),
        ({"thrown_error": 0.2}, ConfigError, "bands 'counting' with thrown_error = 0.2"),
        ({"convention": "classical"}, DomainError, "the interval for n = 0 with b = 3 is empty"),
        ({"cl": 90}, ConfigError, "did you mean 0.9"),
    ],
)
def test_refusals(arguments, error, words):
    with pytest.raises(error) as found:
        expected_band(3.0, **arguments)
    assert words in str(found.value)
    assert "\n" not in str(found.value)

"""The spey plug-in: found by name, exact limits, the likelihood and the sampler of the same model."""

from itertools import product

import numpy as np
import pytest
import spey
from numpy.testing import assert_allclose
from scipy import stats

from feebly.core.errors import ConfigError, DomainError
from feebly.publish.spey_backend import ExactModel, exact
from feebly.statistics import CountingModel, Gamma, Nuisance, Region, TruncatedGaussian, joint_upper_limit

APRIORI = spey.ExpectationType.apriori


def model(**settings) -> spey.StatisticalModel:
    one = {"signal_yields": [1.0], "background_yields": [0.016], "data": [0], "analysis": "test"}
    return spey.get_backend("feebly.counting")(**(one | settings))


TWO = {
    "signal_yields": [1.0, 0.5],
    "background_yields": [0.3, Gamma(1.2, 0.4)],
    "data": [1, 0],
    "signal_error": 0.2,
}


@pytest.mark.parametrize(
    ("settings", "limit"),
    [
        ({"data": [0]}, np.log(10)),
        ({"data": [1]}, 3.8739),
        ({"data": [4], "background_yields": [3.0]}, 5.3447),
        ({"data": [0], "signal_error": 0.2}, 2.4086),
        ({"data": [1], "background_uncertainties": [0.002], "signal_error": 0.2}, 4.0961),
        ({"data": [0], "signal_yields": [4.0]}, np.log(10) / 4),
    ],
)
def test_exact_limits(settings, limit):
    """Pins of the counting statistics, among them n = 0 for which asymptotic formulae give 1.38."""
    assert_allclose(exact(model(**settings)).poi_upper_limit(confidence_level=0.90), limit, rtol=3e-5)


def test_the_asymptotic_limit_of_spey_is_the_wrong_one():
    poisson = spey.get_backend("default.poisson")(
        signal_yields=[1.0], background_yields=[0.016], data=[0], analysis="test"
    )
    assert_allclose(poisson.poi_upper_limit(confidence_level=0.90), 1.38, rtol=5e-3)


@pytest.mark.parametrize("ordering", ["total-count", "likelihood-ratio"])
def test_several_regions_are_the_joint_model(ordering):
    shared = (Nuisance("any name", 0.2),)
    backgrounds = TWO["background_yields"]
    regions = (
        Region("a", 1, TruncatedGaussian(backgrounds[0], 0.1), 1.0, shared),
        Region("b", 0, backgrounds[1], 0.5, shared),
    )
    limit = joint_upper_limit(CountingModel(regions), 0.95, ordering=ordering)
    first = TruncatedGaussian(backgrounds[0], 0.1)
    own = model(**(TWO | {"background_yields": [first, backgrounds[1]], "ordering": ordering}))
    assert_allclose(exact(own).poi_upper_limit(), limit.mu_up, rtol=1e-9)
    assert_allclose(exact(own).exclusion_confidence_level(limit.mu_up), [0.95], rtol=1e-6)


def test_expected_limits_are_those_of_the_discrete_counts():
    wide = exact(model(data=[9], background_yields=[3.0]))
    found = wide.poi_upper_limit(expected=APRIORI, confidence_level=0.90, expected_pvalue="2sigma")
    counts = stats.poisson(3.0).ppf(stats.norm.cdf([-2, -1, 0, 1, 2])).astype(int)
    one_by_one = [
        exact(model(data=[int(n)], background_yields=[3.0])).poi_upper_limit(confidence_level=0.90)
        for n in counts
    ]
    assert_allclose(found, one_by_one, rtol=1e-6)
    assert len(wide.exclusion_confidence_level(1.0, APRIORI)) == 5
    assert_allclose(wide.poi_upper_limit(expected=APRIORI, confidence_level=0.90), one_by_one[2], rtol=1e-6)


def test_likelihood_sums_to_one_and_the_sampler_follows_it():
    backend = model(**TWO).backend
    outcomes = np.array(list(product(range(14), range(20))))
    probability = np.array([np.exp(backend.get_logpdf_func(data=n)(np.array([0.7]))) for n in outcomes])
    assert_allclose(probability.sum(), 1, rtol=1e-6)
    drawn = backend.get_sampler(np.array([0.7]))(20_000).astype(int)
    seen = np.array([np.sum(np.all(drawn == n, axis=1)) for n in outcomes])
    often = probability * 20_000 > 10
    expected = np.append(probability[often], 1 - probability[often].sum()) * 20_000
    observed = np.append(seen[often], 20_000 - seen[often].sum())
    assert stats.chisquare(observed, expected).pvalue > 1e-5


def test_likelihood_of_one_fixed_background_is_poisson():
    logpdf = model(background_yields=[1.5], data=[4]).backend.get_logpdf_func()
    for mu in (0.0, 0.3, 5.0):
        assert_allclose(logpdf(np.array([mu])), stats.poisson(1.5 + mu).logpmf(4), rtol=1e-9)


def test_spey_toys_agree_with_the_exact_value():
    """One region, b fixed, s + b > n: the order of q-tilde is that of the counts."""
    own = model(data=[1], background_yields=[0.5], ntoys=1500)
    toys = own.exclusion_confidence_level(3.5, calculator="toy", verbose=False)[0]
    p_signal = stats.poisson(4.0).cdf(1)
    error = np.sqrt(p_signal * (1 - p_signal) / 1500) / stats.poisson(0.5).cdf(1)
    assert abs(toys - exact(own).exclusion_confidence_level(3.5)[0]) < 5 * error


@pytest.mark.parametrize("call", ["poi_upper_limit", "exclusion_confidence_level"])
def test_asymptotic_formulae_are_refused_in_one_line(call):
    with pytest.raises(ConfigError, match=r"1\.38 events instead of 2\.30.*exact\(model\)") as error:
        getattr(model(), call)()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"data": [-1]}, "region 1: n = -1"),
        ({"data": [0, 1]}, "for 2 counts"),
        ({"signal_error": 3.0}, "sigma of nuisance signal = 3.0"),
        ({"ordering": "best"}, "total-count"),
    ],
)
def test_wrong_input(settings, message):
    with pytest.raises((ConfigError, DomainError), match=message):
        model(**settings)


def test_only_its_own_models_become_exact():
    other = spey.get_backend("default.poisson")(
        signal_yields=[1.0], background_yields=[1.0], data=[0], analysis="test"
    )
    with pytest.raises(ConfigError, match=r"default\.poisson.*feebly\.counting"):
        exact(other)
    assert isinstance(exact(model()), ExactModel)
    with pytest.raises(ConfigError, match="expected_pvalue"):
        exact(model()).poi_upper_limit(expected=APRIORI, expected_pvalue="3sigma")

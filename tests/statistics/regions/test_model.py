"""Regions and models: what is refused, and what a scaled background is."""

import math

import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError, DomainError
from feebly.statistics import BetaProduct, Fixed, Gamma, Interval, LogNormal, Sum, TruncatedGaussian
from feebly.statistics.regions.model import CountingModel, Nuisance, Region, scaled


def region(name="SR", observed=0, background=None, **more):
    return Region(name, observed, background or Fixed(0.1), **more)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: region(observed=-1), "region SR: n = -1"),
        (lambda: region(observed=1.5), "region SR: n = 1.5"),
        (lambda: region(signal=math.nan), "region SR: signal = nan"),
        (lambda: region(pot=0.0), "region SR: pot = 0.0"),
        (lambda: Nuisance("pot", -0.1), "sigma of nuisance pot = -0.1"),
        (lambda: Nuisance("pot", 20), "expected a fraction, 0 to 1"),
        (lambda: region(background=Fixed(math.nan)), "background mean = nan"),
    ],
)
def test_impossible_numbers_are_refused_in_one_line(make, words):
    with pytest.raises(DomainError) as error:
        make()
    assert words in str(error.value)
    assert "\n" not in str(error.value)


POT_TWICE = (Nuisance("pot", 0.2), Nuisance("pot", 0.2))
WIDE, NARROW = (Nuisance("scale", s, "truncated-gaussian") for s in (0.2, 0.1))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: region(background=0.1), "region SR: background = 0.1"),
        (lambda: region(name=""), "region name"),
        (lambda: Nuisance("", 0.1), "nuisance name"),
        (lambda: Nuisance("pot", 0.1, "log-norml"), "did you mean 'log-normal'?"),
        (lambda: region(signal_nuisances=POT_TWICE), "nuisance 'pot' stands twice"),
        (lambda: region(signal_nuisances=(WIDE,)), "signal nuisance 'scale'"),
        (lambda: CountingModel(()), "at least one region"),
        (lambda: CountingModel((region(), region())), "overlapping regions: 'SR' stands twice"),
        (
            lambda: CountingModel((region(), region(name="CR", contains=("SR",)))),
            "overlapping regions: 'CR' contains 'SR'",
        ),
        (
            lambda: CountingModel((region(pot=1.4e17), region(name="CR", pot=1e18))),
            "different POT in one combination: SR 1.4e+17 POT, CR 1e+18 POT",
        ),
        (
            lambda: CountingModel((region(), region(name="CR", pot=1e18))),
            "different POT in one combination: SR without POT, CR 1e+18 POT",
        ),
        (
            lambda: CountingModel(
                (
                    region(background_nuisances=(Nuisance("scale", 0.2),)),
                    region(name="CR", background_nuisances=(WIDE,)),
                )
            ),
            "nuisance 'scale': log-normal and truncated-gaussian",
        ),
        (
            lambda: CountingModel(
                (region(background_nuisances=(WIDE,)), region(name="CR", background_nuisances=(NARROW,)))
            ),
            "nuisance 'scale': sigma 0.2 and 0.1",
        ),
        (lambda: CountingModel((region(observed=None),)).observed, "region SR: n is missing"),
    ],
)
def test_wrong_models_are_refused_in_one_line(make, words):
    with pytest.raises(ConfigError) as error:
        make()
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_a_region_may_contain_one_that_is_not_part_of_the_model():
    assert CountingModel((region(name="CR", contains=("SR",)),)).observed == (0,)


@pytest.mark.parametrize(
    "background",
    [
        Fixed(0.7),
        TruncatedGaussian(0.7, 0.3),
        LogNormal(0.7, 0.3),
        Gamma(0.7, 0.3),
        Interval(0.7, 0.4, 0.3, "90%"),
        Sum((Fixed(0.4), Gamma(0.3, 0.2))),
    ],
)
def test_scaled_background_is_thinned_back_by_its_inverse(background):
    # thinning by p turns a count of mean x b into one of mean p x b: sum_n P(n) C(n, k) p^k (1 - p)^(n - k)
    larger = scaled(background, 2.5)
    assert_allclose(larger.mean, 2.5 * background.mean, rtol=1e-12)
    pmf, n = larger.counts(80).pmf, range(81)
    thinned = sum(pmf[k] * math.comb(k, 2) * 0.4**2 * 0.6 ** (k - 2) for k in n if k >= 2)
    assert_allclose(thinned, background.counts(2).pmf[2], rtol=1e-8)


def test_scaled_rejection_factors_scale_the_candidates():
    background = BetaProduct(59.9, (0.96, 0.64), 79.9)
    assert_allclose(scaled(background, 3).quantile(0.3), 3 * background.quantile(0.3), rtol=2e-4)
    assert scaled(background, 0) == Fixed(0.0)


def test_a_foreign_background_is_not_scaled():
    class Foreign:
        mean = 1.0

        def counts(self, n_max):
            return Fixed(1.0).counts(n_max)

    with pytest.raises(ConfigError, match="Foreign"):
        scaled(Foreign(), 2.0)

"""Bayesian limits of several regions: against the single region, closed forms and independent integration."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import integrate, stats

from feebly.core.errors import ConfigError, DomainError
from feebly.statistics import upper_limit
from feebly.statistics.backgrounds import Fixed, Gamma, TruncatedGaussian
from feebly.statistics.regions.joint import joint_upper_limit
from feebly.statistics.regions.model import CountingModel, Nuisance, Region

POT = Nuisance("pot", 0.2)


def model(counts, backgrounds, signals, **more):
    known = [b if hasattr(b, "counts") else Fixed(b) for b in backgrounds]
    rows = zip(counts, known, signals, strict=True)
    return CountingModel(tuple(Region(f"r{i}", n, b, s, **more) for i, (n, b, s) in enumerate(rows)))


def flat(regions, cl=0.90):
    return joint_upper_limit(regions, cl, "bayesian-flat")


@pytest.mark.parametrize("n", [0, 1, 4, 60])
@pytest.mark.parametrize("background", [Fixed(0.3), TruncatedGaussian(1.0, 0.3), Gamma(2.0, 1.5)])
@pytest.mark.parametrize("error", [0.0, 0.2, 0.6])
def test_one_region_is_the_single_limit(n, background, error):
    nuisances = (Nuisance("pot", error),)
    limit = flat(model([n], [background], [2.0], signal_nuisances=nuisances))
    single = upper_limit(n, background, convention="bayesian-flat", signal_error=error)
    assert_allclose(limit.s_up, single.s_up, rtol=3e-8)
    assert limit.cls_error < 3e-9
    assert (limit.ordering, limit.method) == ("none", "enumeration")


def test_without_background_only_the_total_matters():
    # the gamma distribution of n + 1 events
    limit = flat(model([2, 0, 1], [0, 0, 0], [1.0, 3.0, 0.5]), cl=0.95)
    assert_allclose(limit.s_up, stats.gamma(4).ppf(0.95), rtol=1e-9)


def test_known_backgrounds_in_proportion_to_the_signals_are_one_region():
    limit = flat(model([2, 1], [0.4, 0.8], [1.0, 2.0]))
    assert_allclose(limit.s_up, upper_limit(3, 1.2, convention="bayesian-flat").s_up, rtol=1e-9)


def test_an_empty_region_only_adds_to_the_exposure():
    # its factor is exp(-mu s - b); the limit is that of the other with a rate of both
    limit = flat(model([0, 0], [5.0, 0.1], [1.0, 4.0]))
    assert_allclose(limit.mu_up, math.log(10) / 5, rtol=1e-9)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 8), st.floats(-2, 1), st.floats(-2, 2)), min_size=2, max_size=4),
    st.sampled_from([0.68, 0.90, 0.99]),
)
def test_known_backgrounds_against_adaptive_integration(rows, cl):
    counts, backgrounds, signals = ([row[i] for row in rows] for i in range(3))
    b, s = 10.0 ** np.array(backgrounds), 10.0 ** np.array(signals)
    scale = s.sum()

    def likelihood(total):
        return float(np.prod(stats.poisson.pmf(counts, total * s / scale + b)))

    s_up = flat(model(counts, b, s), cl).s_up
    settings_ = {"epsrel": 1e-11, "epsabs": 0, "limit": 400}
    below = integrate.quad(likelihood, 0, s_up, **settings_)[0]
    above = sum(
        integrate.quad(likelihood, s_up + x, s_up + x + 15, **settings_)[0] for x in range(0, 120, 15)
    )
    assert_allclose(above / (above + below), 1 - cl, rtol=1e-6)


def test_common_and_own_errors_against_integrals_written_out():
    regions = CountingModel(
        (
            Region("r0", 2, Gamma(0.5, 0.4), 3.0, (POT, Nuisance("own", 0.3)), (Nuisance("scale", 0.5),)),
            Region("r1", 1, Fixed(2.0), 1.0, (POT,), (Nuisance("scale", 0.3),)),
        )
    )
    z, dz = np.linspace(-7, 7, 121, retstep=True)
    density = stats.norm.pdf(z) * dz

    def kappa(sigma):
        width = math.sqrt(math.log1p(sigma**2))
        return np.exp(width * z - width**2 / 2)

    shape, rate = (0.5 / 0.4) ** 2, 0.5 / 0.4**2
    pot, own = kappa(0.2)[:, None, None], kappa(0.3)[None, :, None]
    scales = [kappa(sigma)[None, None, :] for sigma in (0.5, 0.3)]

    def likelihood(mu):
        first = 0.0
        for k in range(3):  # k of the two events are background: negative binomial
            p = rate / (rate + scales[0])
            first = first + stats.nbinom.pmf(k, shape, p) * stats.poisson.pmf(2 - k, 3 * mu * pot * own)
        second = stats.poisson.pmf(1, mu * pot + 2 * scales[1])
        return np.einsum("pos,p,o,s->", first * second, density, density, density)

    limit = flat(regions)
    x, w = np.polynomial.legendre.leggauss(24)
    below, above = (
        sum(
            (high - low)
            / 2
            * sum(
                wi * likelihood((low + high) / 2 + (high - low) / 2 * xi) for xi, wi in zip(x, w, strict=True)
            )
            for low, high in itertools.pairwise(edges)
        )
        for edges in ((0, limit.mu_up), (limit.mu_up, 2 * limit.mu_up, 5 * limit.mu_up, 20 * limit.mu_up))
    )
    assert_allclose(above / (above + below), 0.1, rtol=1e-5)


@pytest.mark.parametrize("sigma", [0.0, 0.2])
def test_a_thousand_events_against_sums_written_out(sigma):
    counts, b, s = np.array([1000, 1100]), np.array([900.0, 1000.0]), np.array([50.0, 30.0])
    limit = flat(model(counts, b, s, signal_nuisances=(Nuisance("pot", sigma),)))
    z, width = np.linspace(-6, 6, 121), math.sqrt(math.log1p(sigma**2))
    mu = np.linspace(0, 24, 4801)
    mean = np.multiply.outer(np.multiply.outer(mu, np.exp(width * z - width**2 / 2)), s) + b
    likelihood = np.exp(stats.poisson.logpmf(counts, mean).sum(axis=-1)) @ stats.norm.pdf(z)
    below = integrate.cumulative_simpson(likelihood, x=mu, initial=0)
    assert_allclose(limit.mu_up, np.interp(0.9, below / below[-1], mu), rtol=2e-5)
    assert limit.cls_error < 3e-9


def test_what_it_has_not_is_refused_with_the_mend():
    regions = model([0, 1], [0.1, 0.2], [1.0, 1.0])
    with pytest.raises(ConfigError, match="ordering 'likelihood-ratio' with convention 'bayesian-flat'"):
        joint_upper_limit(regions, convention="bayesian-flat", ordering="likelihood-ratio")
    with pytest.raises(ConfigError, match="method 'toys' with convention 'bayesian-flat'"):
        joint_upper_limit(regions, convention="bayesian-flat", method="toys")
    with pytest.raises(DomainError, match="below the smallest number"):
        flat(model([0, 0], [2000.0, 1.0], [1.0, 1.0]))

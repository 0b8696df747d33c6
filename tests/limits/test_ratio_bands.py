"""Bands of the expected limit by the likelihood ratio: against outcomes written out, and the total count."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.optimize import brentq
from scipy.stats import lognorm, norm, poisson

from feebly.core.errors import DomainError
from feebly.limits.contour import edges_at
from feebly.limits.expected_bands import BAND_KINDS, EXPECTED_KINDS, BandChoice
from feebly.limits.ratio_limits import counting_band_limits, expected_limits, full_band_limits
from feebly.limits.scan import scan
from limits.toy_search import flat, toy_edges, toy_observation, toy_signal
from report.synthetic import synthetic_result

RATIO = "likelihood-ratio"
MASS = np.array([0.3])
COUNTING, FULL = BandChoice("counting"), BandChoice.of("full", None, pot_error=0.2)
POT = 7e18  # b = 0.8 in mumu, 0.75 in ee
LN10 = np.log(10)


def observed_by(bands, pot=POT, **conventions):
    return toy_observation(toy_signal(), pot=pot, ordering=RATIO, bands=bands, **conventions)


def in_shares(share_of_ee):
    share = np.atleast_2d(share_of_ee)
    return {"ee": 5 * share, "mumu": 5 * (1 - share)}


def band(observation, kind, share_of_ee):
    yields = in_shares(share_of_ee)
    if kind == "expected":
        return expected_limits(observation, MASS, yields)[0]
    return counting_band_limits(observation, kind, MASS, yields)[0]


def all_bands(observation, share_of_ee):
    """Limits by kind and cell."""
    if observation.bands is FULL:
        limits = full_band_limits(observation)
        return np.array([limits(kind, MASS, in_shares(share_of_ee))[0] for kind in BAND_KINDS])
    return np.array([band(observation, kind, share_of_ee) for kind in BAND_KINDS])


class Enumeration:
    """All outcomes of two regions in a box; nothing of the package but the densities of b."""

    def __init__(self, observation, share_of_ee, size=(60, 30)):
        regions = [observation.region(tag).background for tag in ("ee", "mumu")]
        self.shares = share_of_ee, 1 - share_of_ee
        self.pmfs = [region.density.counts(n).pmf for region, n in zip(regions, size, strict=True)]
        self.medians = regions[0].quantile(0.5), regions[1].mean
        self.n = np.meshgrid(*(np.arange(n + 1) for n in size), indexing="ij")
        self.p_b = np.multiply.outer(*self.pmfs)
        self.scan = np.linspace(0.5, 45, 1500)
        self.at_scan = [self.at(s) for s in self.scan]

    def at(self, s):
        """Weights of the counts in Q, Q and P(outcome | s + b) of all outcomes."""
        signals = [share * s for share in self.shares]
        weights = [np.log1p(mean / b) for mean, b in zip(signals, self.medians, strict=True)]
        both = [
            np.convolve(poisson.pmf(np.arange(len(pmf)), mean), pmf)[: len(pmf)]
            for mean, pmf in zip(signals, self.pmfs, strict=True)
        ]
        return weights, self.n[0] * weights[0] + self.n[1] * weights[1], np.multiply.outer(*both)

    def is_allowed(self, outcome, weights, q, p_sb):
        """P(Q <= Q of the outcome | s + b) / P(the same | b) >= 0.1."""
        below = q <= (outcome[0] * weights[0] + outcome[1] * weights[1]) * (1 + 1e-9)
        return p_sb[below].sum() >= 0.1 * self.p_b[below].sum()

    def limit(self, outcome_at):
        """Largest s that is not excluded by the outcome, or by the one that is chosen at (weights, Q)."""

        def allowed(weights, q, p_sb):
            return self.is_allowed(outcome_at(weights, q), weights, q, p_sb)

        last = max(k for k, at in enumerate(self.at_scan) if allowed(*at))
        low, high = self.scan[last], self.scan[last + 1]
        for _ in range(30):
            middle = (low + high) / 2
            low, high = (middle, high) if allowed(*self.at(middle)) else (low, middle)
        return low

    def limit_at_quantile(self, level):
        """The same for the outcome with P(Q <= q | b) >= level."""

        def quantile(weights, q):
            order = np.argsort(q, axis=None)
            place = order[np.searchsorted(np.cumsum(self.p_b.ravel()[order]), level)]
            return np.unravel_index(place, q.shape)

        return self.limit(quantile)

    def limits(self, missing):
        """Limits and probabilities of the likeliest outcomes."""
        order = np.argsort(-self.p_b, axis=None)
        kept = order[: np.searchsorted(np.cumsum(self.p_b.ravel()[order]), 1 - missing) + 1]
        outcomes = np.column_stack(np.unravel_index(kept, self.p_b.shape))
        found = [self.limit(lambda weights, q, outcome=outcome: outcome) for outcome in outcomes]
        return np.array(found), self.p_b.ravel()[kept]


@pytest.fixture(scope="module", params=[0.12, 0.5, 0.83])
def cell(request):
    """Share of ee at one cell, and its outcomes."""
    return request.param, Enumeration(observed_by(COUNTING), request.param)


def test_counting_quantiles_are_those_of_all_outcomes(cell):
    share, outcomes = cell
    for kind, z in {"expected": 0.0, **BAND_KINDS}.items():
        exact = outcomes.limit_at_quantile(norm.cdf(z))
        assert_allclose(band(observed_by(COUNTING), kind, share), exact, rtol=1e-7)


def test_full_quantiles_are_those_of_the_limits_over_a_thrown_signal(cell):
    share, outcomes = cell
    s_up, probability = outcomes.limits(missing=1e-3)
    width = np.sqrt(np.log(1.04))
    kappa = lognorm(width, scale=np.exp(-(width**2) / 2))
    assert kappa.mean() == pytest.approx(1, rel=1e-12, abs=0)
    assert kappa.std() == pytest.approx(0.2, rel=1e-12, abs=0)
    for found, z in zip(all_bands(observed_by(FULL), share), BAND_KINDS.values(), strict=True):
        level = norm.cdf(z)
        exact = brentq(lambda x, level=level: probability @ kappa.sf(s_up / x) - level, 0.1, 60)
        # 1e-3 of the outcomes are left out here: of the tail above +2 sigma that is 4%
        assert_allclose(found, exact, rtol=3e-3 if z == 2 else 3e-4)


@pytest.mark.parametrize("choice", [COUNTING, FULL])
def test_one_open_region_has_the_bands_of_the_total_count(choice):
    signal = toy_signal(lambda m: 50 * flat(m), pot=POT)
    by_ratio, by_count = (
        toy_observation(signal, pot=POT, bands=choice, ordering=order) for order in (RATIO, "total-count")
    )
    grids = [scan(signal, o, (0.05, 0.2, 5), (1e-8, 1e-4, 6)) for o in (by_ratio, by_count)]
    for kind in BAND_KINDS:  # mumu is closed below 0.211 GeV
        assert np.array_equal(*(result.grid.s_up_bands[kind] for result in grids))
        edges = [edges_at(result.contour(kind), 0.1) for result in grids]
        assert_allclose(*edges, rtol=1e-3)


@given(share=st.floats(0.01, 0.99))
@settings(max_examples=6, deadline=None)
@pytest.mark.parametrize("choice", [COUNTING, FULL])
def test_quantiles_rise(choice, share):
    observation = observed_by(choice)
    s_up = all_bands(observation, share)[:, 0]
    assert np.all(np.diff(s_up) >= 0)
    assert s_up[0] < s_up[-1]
    if choice is COUNTING:
        median = band(observation, "expected", share)[0]
        assert s_up[1] <= median <= s_up[2]


def test_a_rare_background_has_the_limit_without_events_up_to_one_sigma():
    observation = observed_by(COUNTING, pot=None)
    share = np.array([0.1, 0.6])
    for kind in ("expected-2s", "expected-1s", "expected+1s"):
        assert_allclose(band(observation, kind, share), LN10, rtol=1e-9)
    # P(no event) = 0.970: one event at +2 sigma, in the region with the smaller weight first
    assert np.all(band(observation, "expected+2s", share) > 1.05 * LN10)


def test_an_empty_interval_is_refused():
    # 5e19 POT: no event in either region has a probability of 1e-5
    observation = observed_by(FULL, pot=5e19, convention="classical")
    with pytest.raises(DomainError, match="is empty") as error:
        all_bands(observation, 0.5)
    assert "\n" not in str(error.value)


@pytest.fixture(scope="module")
def scanned():
    """Contours of 2021 with bands of the counts, equal yields in both regions."""
    signal = toy_signal(lambda m: 50 * flat(m))
    observation = toy_observation(signal, ordering=RATIO, bands=COUNTING)
    return scan(signal, observation, (0.25, 0.7, 8), (1e-8, 1e-4, 20))


def test_contours_of_the_bands_are_closed_forms(scanned):
    two_sigma = band(observed_by(COUNTING, pot=None), "expected+2s", 0.5)[0]
    assert_allclose(scanned.grid.s_up_bands["expected+2s"], two_sigma, rtol=1e-6)
    for kind, s_up in {"expected-2s": LN10, "expected+1s": LN10, "expected+2s": two_sigma}.items():
        assert_allclose(edges_at(scanned.contour(kind), 0.5), [toy_edges(0.5, s_up, 50)], rtol=3e-3)


def test_degenerate_bands_are_named(scanned):
    result = replace(synthetic_result(), scan=scanned, ordering=RATIO, bands=COUNTING)
    assert result.degenerate_bands == (EXPECTED_KINDS[:-1],)
    # equal limits at the nearest couplings do not make one curve of two contours
    moved = tuple(
        replace(piece, coupling=1.01 * piece.coupling) if piece.kind == "expected-2s" else piece
        for piece in scanned.pieces
    )
    result = replace(result, scan=replace(scanned, pieces=moved))
    assert result.degenerate_bands == (EXPECTED_KINDS[1:-1],)


def test_full_bands_nest_and_know_what_has_converged():
    signal = toy_signal(lambda m: 50 * flat(m))
    plain, banded = (
        scan(signal, toy_observation(signal, ordering=RATIO, bands=choice), (0.25, 0.7, 6), (1e-8, 1e-4, 20))
        for choice in (BandChoice(), FULL)
    )
    lower, upper = np.array([edges_at(banded.contour(kind), 0.5)[0] for kind in BAND_KINDS]).T
    assert np.all(np.diff(lower) > 0)
    assert np.all(np.diff(upper) < 0)
    assert np.array_equal(plain.grid.unconverged, banded.grid.unconverged)

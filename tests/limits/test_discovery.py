"""Contours of discovery in a projection, on the toy search with a closed yield."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from feebly.analysis.analysis import load_analysis
from feebly.limits.contour import edges_at
from feebly.limits.discovery import DISCOVERY_KINDS, discovery_by_mass
from feebly.limits.observation import Observation
from feebly.limits.scan import scan
from feebly.statistics import TruncatedGaussian, discovery_reach
from limits.toy_search import flat, toy_edges, toy_observation, toy_signal

MASS, COUPLING = (0.02, 1.5, 30), (1e-8, 1e-4, 30)
POT = 1e18


def bright():
    return toy_signal(lambda m: 50 * flat(m), pot=POT)


def projected(signal, factor=None, final_states=None):
    analysis = load_analysis("na62-dump-2021").projected(POT, factor)
    return Observation(analysis, signal.model, final_states or signal.final_states)


def test_reach_is_the_median_outcome_of_the_open_regions():
    # b of mu mu alone: 0.1143 +- 0.0143, nearly known; the median of s + b is the smallest significant count
    reach = discovery_by_mass(projected(bright(), final_states=("mumu",)))
    for kind, sigmas in DISCOVERY_KINDS.items():
        closed, s = reach[kind](np.array([0.2, 0.5]))
        n = next(k for k in range(1, 30) if stats.poisson(0.1143).sf(k - 1) <= 2 * stats.norm.sf(sigmas))
        assert np.isnan(closed)
        assert_allclose(stats.poisson(s + 0.1143).sf(n - 1), 0.5, rtol=1e-3)


@pytest.mark.parametrize("factor", [0.1, 0.3, 1, 3, 10, 30, 100])
def test_reach_is_two_sided_with_the_error_of_the_signal(factor):
    b = TruncatedGaussian(0.016 * factor, 0.002 * factor)
    seen = replace(projected(bright(), factor, ("mumu",)), signal_error=0.3)
    for kind, reach in discovery_by_mass(seen).items():
        expected = discovery_reach(b, None, DISCOVERY_KINDS[kind], 0.5, "two-sided", 0.3).s
        assert_allclose(reach(np.array([0.5])), expected, rtol=1e-9)


def test_without_background_half_of_the_outcomes_have_an_event():
    for reach in discovery_by_mass(projected(bright(), 0.0)).values():
        assert_allclose(reach(np.array([0.05, 0.5])), np.log(2), rtol=1e-9)


def test_contours_lie_where_the_yield_is_the_reach():
    signal = bright()
    observation = projected(signal)
    result = scan(signal, observation, MASS, COUPLING)
    assert {piece.kind for piece in result.pieces} == {"expected", *DISCOVERY_KINDS}
    for kind, reach in discovery_by_mass(observation).items():
        assert_allclose(result.grid.s_discovery[kind], reach(result.grid.mass_gev), rtol=1e-12)
        for mass in (0.1, 0.3):
            s = reach(np.array([mass]))[0]
            (found,) = edges_at(result.contour(kind), mass)
            assert_allclose(found, toy_edges(mass, s, 50, POT), rtol=3e-3)


def test_five_sigma_lies_inside_three_sigma():
    signal = bright()
    result = scan(signal, projected(signal), MASS, COUPLING)
    for mass in (0.05, 0.15, 0.5):
        ((low3, up3),), ((low5, up5),) = (edges_at(result.contour(kind), mass) for kind in DISCOVERY_KINDS)
        assert low3 < low5 < up5 < up3


def test_cells_near_the_reach_must_converge_too():
    signal = toy_signal(lambda m: 5000 * flat(m), pot=POT)
    signal.source.error[("brems", "mumu")] = signal.source.error[("brems", "ee")] = 0.5
    result = scan(signal, projected(signal), MASS, COUPLING)
    s5 = result.grid.s_discovery["discovery-5s"][:, None]
    beyond = (result.grid.total > 3 * result.grid.s_up_expected[:, None]) & (result.grid.total < 2.9 * s5)
    steep = beyond & (result.grid.coupling < 1e-7)
    assert steep.any()
    assert result.grid.unconverged[steep].all()


@pytest.mark.parametrize("ordering", ["total-count", "likelihood-ratio"])
def test_counts_that_were_observed_have_no_reach(ordering):
    signal = bright()
    assert discovery_by_mass(toy_observation(signal, ordering=ordering)) == {}


def test_likelihood_ratio_has_no_reach():
    signal = bright()
    assert discovery_by_mass(toy_observation(signal, pot=POT, ordering="likelihood-ratio")) == {}

"""K+ -> π+ X with an invisible X: lifetimes against the published curve, expectation, couplings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError, DomainError
from feebly.kaon.invisible import NS_TO_M, excluded_coupling, load_invisible_search
from feebly.kaon.portals import excluded_edges
from feebly.physics.models.dark_scalar import DarkScalar
from feebly.physics.production.kaon_to_scalar import br_kplus_to_pion
from feebly.publish.kaon_limit import edges_as_limit
from kaon.test_one_track import _pilot

SEARCH = load_invisible_search()
HEAVY = SEARCH.point(0.2)


@pytest.mark.reference
@pytest.mark.parametrize("mass", ["0.03", "0.05", "0.1", "0.1715", "0.2", "0.24"])
def test_limits_against_the_lifetime(mass):
    """1/<escape>: within 6% of the published curve for τ >= 1 ns, within 2% of an independent calculation."""
    expected = _pilot("K.piX.lifetime")["expected"][mass]
    tau = np.array(expected["tau_ns"])
    found = 1 / SEARCH.point(float(mass)).escape(tau * NS_TO_M)
    assert_allclose(found[tau >= 1], np.array(expected["pub"], float)[tau >= 1], rtol=0.06)
    assert_allclose(found, expected["model"], rtol=0.03)


def test_expected_limits_have_the_size_of_the_published_ones():
    """Observed limits at long lifetimes are 6e-12 to 3.4e-11 (2507.17286, digitised): within a factor 2."""
    published = {0.05: 1.6e-11, 0.1: 3.4e-11, 0.2: 6.2e-12, 0.252: 1.1e-11}
    for mass, limit in published.items():
        assert 0.5 < SEARCH.expected_limit(SEARCH.point(mass)) / limit < 2.0


def test_background_of_the_regions_is_the_published_one():
    """20 expected π νν and 18 others in both regions; a window has its share."""
    assert_allclose(SEARCH._background(0.0, 0.010) + SEARCH._background(0.026, 0.068), 38.0, rtol=1e-9)
    assert SEARCH._background(0.011, 0.025) == 0
    assert 1 < HEAVY.background < 4
    assert_allclose(HEAVY.window_share, 0.866, atol=0.02)


def test_limit_is_events_times_sensitivity():
    """At a whole expected background the limit is that of n = b."""
    from feebly.statistics import upper_limit

    point = replace(HEAVY, background=2.0)
    ses = 4.2e-12 / (HEAVY.relative_acceptance * HEAVY.window_share)
    assert_allclose(SEARCH.expected_limit(point), upper_limit(2, 2.0).s_up * ses, rtol=1e-9)


def test_escape_is_a_probability_that_rises_with_the_lifetime():
    escape = HEAVY.escape(np.geomspace(0.01, 1e6, 40))
    assert np.all(np.diff(escape) >= 0)
    assert 0 <= escape[0] < 1e-6
    assert_allclose(escape[-1], 1, rtol=1e-4)


def test_couplings_of_the_dark_scalar():
    """Lower edge: BR = limit for a stable S; the signal crosses the limit at the upper edge."""
    edges = excluded_edges(SEARCH, "dark-scalar", [HEAVY, SEARCH.point(0.24)], (1e-6, 1e-1))
    limit = SEARCH.expected_limit(HEAVY)
    assert_allclose(edges.lower[0], np.sqrt(limit / br_kplus_to_pion(0.2)), rtol=0.01)
    assert edges.at_end  # 0.2 GeV: electrons alone, S lives long up to sin θ = 0.1
    heavy, model = SEARCH.point(0.24), DarkScalar()
    for factor, sign in ((0.97, 1), (1.03, -1)):
        g = factor * edges.upper[1]
        signal = br_kplus_to_pion(0.24) * g**2 * heavy.escape(np.array([model.ctau_m(0.24, g)]))[0]
        assert np.sign(signal / edges.limit[1] - 1) == sign


def test_edges_of_intervals():
    x = np.geomspace(1e-3, 1.0, 61)
    always = replace(HEAVY, momentum_gev=np.array([1e12]), to_end_m=np.array([1e-9]))
    (found,) = excluded_coupling(x**2, np.full(x.size, 1e9), always, 1e-4, x)
    assert_allclose(found, (1e-2, 1.0), rtol=1e-3)
    assert excluded_coupling(x**2, np.full(x.size, 1e9), always, 2.0, x) == ()


def test_limit_file_of_the_couplings():
    points = [SEARCH.point(mass) for mass in (0.05, 0.08, 0.2, 0.24)]
    limit = edges_as_limit(
        SEARCH, excluded_edges(SEARCH, "dark-scalar", points, (1e-6, 1e-1)), "dark-scalar", 0.9
    )
    assert limit.kind == "projection"
    assert limit.coupling == "sin-theta"
    assert len(limit.pieces) == 2  # one for each region, not joined
    assert all(piece.is_closed for piece in limit.pieces)
    nothing = excluded_edges(SEARCH, "dark-scalar", points, (1e-9, 1e-8))
    assert edges_as_limit(SEARCH, nothing, "dark-scalar", 0.9) is None


def test_wrong_values():
    with pytest.raises(DomainError, match="expected a mass in 0-100 or 161-261 MeV"):
        SEARCH.point(0.130)
    with pytest.raises(DomainError, match="above 0"):
        SEARCH.point(0.0)
    with pytest.raises(ConfigError, match="unknown model with K"):
        excluded_edges(SEARCH, "alp-photon", [HEAVY], (1e-6, 1e-1))
    with pytest.raises(DomainError, match="two positive numbers in order"):
        excluded_edges(SEARCH, "dark-scalar", [HEAVY], (1e-1, 1e-6))
    with pytest.raises(ConfigError, match="regions_gev2"):
        replace(SEARCH.file, regions_gev2=((0.01, 0.0),))


def test_default_masses_are_in_the_regions_and_know_the_threshold():
    masses = SEARCH.default_masses_gev
    assert np.all(np.diff(masses) > 0)
    assert np.sum((masses > 0.2113168 * (1 - 2e-6)) & (masses < 0.2113168 * 1.002)) == 2
    assert not np.any((masses > 0.1001) & (masses < 0.1612))

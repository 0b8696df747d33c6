"""K+ -> π+ X with an invisible X: lifetimes against the published curve, expectation, windows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError, DomainError
from feebly.kaon.invisible import NS_TO_M, load_invisible_search
from feebly.kaon.invisible_file import TaggedPions, invisible_search_names, load_invisible_file
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
        assert 0.5 < SEARCH.point(mass).expected_limit() / limit < 2.0


def test_background_of_the_regions_is_the_published_one():
    """20 expected π νν and 18 +- 2.5 others in both regions; a window has its share."""
    assert_allclose(SEARCH._background(SEARCH.file.regions_gev2), (38.0, 2.5), rtol=1e-9)
    assert SEARCH._background(((0.011, 0.025),))[0] < 38 * 0.014 / 0.052
    assert 1 < HEAVY.background < 4
    assert_allclose(HEAVY.window_share, 0.866, atol=0.02)
    (window,) = HEAVY.window_gev2
    assert_allclose(np.mean(window), 0.2**2, rtol=1e-12)
    assert_allclose(np.diff(window)[0], 3 * HEAVY.sigma_mass2_gev2, rtol=1e-12)
    assert_allclose(HEAVY.background_sigma, 2.5 * np.diff(window)[0] / 0.052, rtol=1e-12)


def test_windows_are_cut_at_the_regions_and_keep_a_half_outside():
    window = SEARCH.file.window  # regions 0-0.010, 0.026-0.068
    assert_allclose(window(0.009, 0.001), ((0.0075, 0.010),), rtol=1e-12)
    for outside in (0.010, 0.0121, 0.0179):
        assert_allclose(window(outside, 0.001), ((0.0085, 0.010),), rtol=1e-12)
    assert_allclose(window(0.0181, 0.001), ((0.026, 0.0275),), rtol=1e-12)
    assert load_invisible_file("pi0-invisible").window(0.012, 0.001) == ((0.015, 0.021),)


def test_limit_is_events_times_sensitivity():
    """At a whole expected background the limit is that of n = b."""
    from feebly.statistics import upper_limit

    point = replace(HEAVY, background=2.0)
    ses = 4.2e-12 / (HEAVY.relative_acceptance * HEAVY.window_share)
    assert_allclose(point.sensitivity, ses, rtol=1e-12)
    sigma = HEAVY.background_sigma
    assert_allclose(point.expected_limit(), upper_limit(2, 2.0, sigma).s_up * ses, rtol=1e-9)
    assert_allclose(point.observed_limit(5), upper_limit(5, 2.0, sigma).s_up * ses, rtol=1e-9)
    assert_allclose(point.observed_limit(5, 1.5, cl=0.95), upper_limit(5, 1.5, cl=0.95).s_up * ses, rtol=1e-9)


def test_between_whole_backgrounds_the_limit_is_between_its_neighbours():
    point = replace(HEAVY, background=2.5, background_sigma=0.0)
    assert point.observed_limit(2) < point.expected_limit() < point.observed_limit(3)


def test_escape_is_a_probability_that_rises_with_the_lifetime():
    escape = HEAVY.escape(np.geomspace(0.01, 1e6, 40))
    assert np.all(np.diff(escape) >= 0)
    assert 0 <= escape[0] < 1e-6
    assert_allclose(escape[-1], 1, rtol=1e-4)


def test_wrong_values():
    with pytest.raises(DomainError, match="expected a mass in 0-110 or 154-260 MeV"):
        SEARCH.point(0.130)
    with pytest.raises(DomainError, match="above 0"):
        SEARCH.point(0.0)
    for wrong, line in (
        ({"regions_gev2": ((0.01, 0.0),)}, "regions_gev2"),
        ({"masses_mev": ()}, "masses_mev"),
        ({"masses_mev": ((-1.0, 5.0),)}, "masses_mev"),
        ({"window_sigma": 0.0}, "window_sigma"),
        ({"observed": load_invisible_file("pi0-invisible").observed}, "observed"),
        ({"step_mev": 0.0}, "step_mev"),
    ):
        with pytest.raises(ConfigError, match=line):
            replace(SEARCH.file, **wrong)
    far = replace(SEARCH, file=replace(SEARCH.file, masses_mev=((0.0, 134.0),)))
    with pytest.raises(DomainError, match="expected a mass nearer"):
        far.point(0.13)


def test_default_masses_are_in_the_regions_and_know_the_threshold():
    masses = SEARCH.default_masses_gev
    assert np.all(np.diff(masses) > 0)
    assert np.sum((masses > 0.2113168 * (1 - 2e-6)) & (masses < 0.2113168 * 1.002)) == 2
    assert not np.any((masses > 0.1101) & (masses < 0.1539))


def test_shipped_searches():
    assert set(invisible_search_names()) == {"pi-x-2016-22", "pi0-invisible"}
    file = load_invisible_file("pi0-invisible")
    assert isinstance(file.normalisation, TaggedPions)
    assert file.observed.n == 12

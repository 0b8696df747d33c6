"""X near the π0 among K+ -> π+ π0 without photons: limits from the number of π0, against published ones."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.constants import PION0_MASS_GEV
from feebly.kaon.counting import branching_ratio_limit
from feebly.kaon.invisible import load_invisible_search
from feebly.kaon.search_file import load_search

SEARCH = load_invisible_search("pi0-invisible")
PI0_EVENTS = 4.4e-9 * 4e9
"""The published limit in events: 17.6."""


def test_x_at_the_pi0_is_the_pi0():
    """BR(K -> π X) of an X of its mass = BR(K -> π π0) BR(π0 -> invisible)."""
    point = SEARCH.point(PION0_MASS_GEV)
    assert_allclose(point.sensitivity, 0.2067 / 4e9, rtol=0.01)
    assert_allclose((point.relative_acceptance, point.window_share), 1, rtol=0.01)
    counting = branching_ratio_limit(load_search("pi0-invisible"), use_background_error=True)
    assert_allclose(point.observed_limit(12), 0.2067 * counting.branching_ratio, rtol=0.01)
    assert_allclose((point.background, point.background_sigma), (10, 15), rtol=1e-12)


@pytest.mark.parametrize(("mass", "published"), [(0.119, 4.3e-9), (0.130, 9.5e-10), (0.148, 4.2e-9)])
def test_shape_against_the_mass_is_the_published_one(mass, published):
    """At 17.6 events the limits are those of 2010.07644 (digitised): the region and σ(m²) are right."""
    assert_allclose(PI0_EVENTS * SEARCH.point(mass).sensitivity / published, 1, atol=0.12)


def test_acceptance_falls_as_a_gaussian_of_the_missing_mass():
    """The share in 0.015-0.021 GeV² of a Gaussian about m², times a slow change of the acceptance."""
    from scipy.stats import norm

    for mass in (0.118, 0.125, 0.14, 0.146):
        point = SEARCH.point(mass)
        share = np.diff(norm.cdf([0.015, 0.021], mass**2, point.sigma_mass2_gev2))[0]
        assert_allclose(point.relative_acceptance, share, rtol=0.09)


def test_ends_of_the_range_need_more_events():
    """0.3% of the decays at 110 MeV are in the region: several blocks of them."""
    assert SEARCH.point(0.1125).momentum_gev.size >= 200
    assert 1e-9 < SEARCH.point(0.1125).sensitivity < 1e-8

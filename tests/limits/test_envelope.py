"""Largest and smallest yield among several: against the contours of the members themselves."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.limits.contour import edges_at
from feebly.limits.envelope import Envelope, Member, excluded_interval, theory_band
from feebly.limits.scan import scan
from limits.toy_search import toy_edges, toy_observation, toy_signal

GRID = (0.01, 0.6, 30), (1e-9, 1e-4, 30)
LN10 = float(np.log(10))  # 90% CL, no event


def rising(mass):
    """Crosses one at 0.1 GeV."""
    return np.asarray(mass, float) / 0.1


def signals():
    return toy_signal(), toy_signal(shape=rising)


def test_interval_is_where_the_closed_formula_crosses_the_limit() -> None:
    (flat, _), masses = signals(), [0.05, 0.1]
    found = excluded_interval(flat, toy_observation(flat), masses, GRID[1])
    assert_allclose(found, [toy_edges(m, LN10) for m in masses], rtol=1e-4)


def test_interval_without_exclusion_is_nan_and_ends_at_the_range() -> None:
    weak, strong = toy_signal(pot=1e8), toy_signal()
    assert np.isnan(excluded_interval(weak, toy_observation(weak), [0.1], GRID[1])).all()
    low, up = toy_edges(0.1, LN10)
    narrow = excluded_interval(strong, toy_observation(strong), [0.1], (2 * low, up / 2, 30))
    assert_allclose(narrow, [[2 * low, up / 2]], rtol=1e-12)


def test_yields_are_those_of_the_largest_and_the_smallest_member() -> None:
    members = [Member(signal, 0.0) for signal in signals()]
    mass, coupling = np.array([0.02, 0.05, 0.2, 0.5]), np.geomspace(1e-7, 1e-5, 7)
    totals = [member.signal.on_grid(mass, coupling).total() for member in members]
    for largest, pick in ((True, np.maximum), (False, np.minimum)):
        envelope = Envelope.of(members, largest)
        events = envelope.on_grid(mass, coupling)
        assert_allclose(events.total(), pick(*totals), rtol=1e-12)
        assert_allclose(sum(events.by_final_state().values()), pick(*totals), rtol=1e-12)
        assert_allclose(envelope.total_on_grid(mass, coupling), pick(*totals), rtol=1e-12)
        points = envelope.at_points(mass, coupling[:4])
        assert_allclose(points.total(), np.diagonal(pick(*totals)[:, :4]), rtol=1e-12)


def test_band_is_the_union_and_the_intersection_of_the_contours() -> None:
    flat, steep = signals()
    observation = toy_observation(flat)
    band = theory_band([Member(flat, 0.0), Member(steep, 0.0)], observation, *GRID)
    own = [scan(signal, observation, *GRID).contour("observed") for signal in (flat, steep)]
    assert {piece.kind for piece in band} == {"band-low", "band-high"}
    for mass in (0.03, 0.07, 0.15, 0.3, 0.5):
        ((low1, up1),), ((low2, up2),) = (edges_at(pieces, mass) for pieces in own)
        ((low, up),) = edges_at([p for p in band if p.kind == "band-high"], mass)
        assert_allclose((low, up), (min(low1, low2), max(up1, up2)), rtol=5e-3)
        ((low, up),) = edges_at([p for p in band if p.kind == "band-low"], mass)
        assert_allclose((low, up), (max(low1, low2), min(up1, up2)), rtol=5e-3)


@pytest.mark.parametrize("largest", [True, False])
def test_a_member_says_nothing_below_its_range(largest: bool) -> None:
    flat, _ = signals()
    extreme = toy_signal(shape=lambda m: np.full(np.shape(m), 50.0 if largest else 0.02))
    envelope = Envelope.of([Member(flat, 0.0), Member(extreme, 0.3)], largest)
    mass, coupling = np.array([0.29, 0.31]), np.array([1e-6])
    alone, other = (signal.on_grid(mass, coupling).total() for signal in (flat, extreme))
    assert_allclose(envelope.on_grid(mass, coupling).total(), [alone[0], other[1]], rtol=1e-12)
    assert 0.3 in envelope.edges_gev()

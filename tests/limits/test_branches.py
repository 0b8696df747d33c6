"""The two couplings of a yield, against the toy search solved independently."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.limits.branches import YieldCurve
from limits.toy_search import (
    CTAU_M,
    MOMENTUM_GEV,
    Z_MAX,
    Z_MIN,
    toy_edges,
    toy_events,
    toy_maximum,
    toy_signal,
)

MASS = 0.1  # one final state: branching ratio 1


def curve(coupling, mass=MASS):
    return YieldCurve(toy_signal(), mass, coupling, 1e-10, 1e-2)


def test_branches_are_the_sides_of_the_peak():
    top, largest = toy_maximum(MASS)
    below, above = curve(top / 3), curve(top * 1.3)
    assert (below.branch_name, above.branch_name) == ("long-lived", "short-lived")
    assert_allclose([below.peak, above.peak], largest, rtol=1e-3)
    assert np.exp(below.branch[0][-1]) == pytest.approx(top, rel=0.03)
    assert np.exp(above.branch[0][0]) == pytest.approx(top, rel=0.03)
    for each in (below, above):
        assert np.isclose(np.exp(each.branch[0]), each.coupling, rtol=1e-12, atol=0).any()
        assert np.all((np.diff(each.branch[1]) > 0) == each.rising)


@settings(max_examples=30)
@given(share=st.floats(-6, -0.1).map(lambda u: 10.0**u))
def test_both_solutions_of_a_yield(share):
    largest = toy_maximum(MASS)[1]
    edges = toy_edges(MASS, share * largest)
    for coupling in edges:
        found = curve(coupling)
        assert_allclose(found.events, share * largest, rtol=1e-8)
        assert_allclose(found.solutions(), edges, rtol=1e-7)


def test_the_fitted_coupling_stays_on_its_branch():
    top, largest = toy_maximum(MASS)
    asked = largest * np.array([0.01, 0.2, 0.9])
    lower, upper = np.array([toy_edges(MASS, events) for events in asked]).T
    assert_allclose(curve(top / 3).on_branch(asked), lower, rtol=1e-7)
    assert_allclose(curve(top * 1.3).on_branch(asked), upper, rtol=1e-7)


def test_beyond_the_branch_the_fit_is_at_its_nearer_end():
    top, largest = toy_maximum(MASS)
    for start in (top / 3, top * 1.3):
        assert curve(start).on_branch([2 * largest])[0] == pytest.approx(top, rel=0.03)
    assert curve(top / 3).on_branch([0.0])[0] == pytest.approx(1e-10, rel=1e-6)


def test_slopes_are_those_of_the_formula():
    # N = const C^2 (exp(-a C^2) - exp(-b C^2)): the logarithm differentiated twice by ln C
    coupling = toy_maximum(MASS)[0] * 1.2
    a, b = (z * MASS / MOMENTUM_GEV / CTAU_M * coupling**2 for z in (Z_MIN, Z_MAX))
    first = 2 + 2 * (b * np.exp(-b) - a * np.exp(-a)) / (np.exp(-a) - np.exp(-b))
    step = 1e-4
    events = [np.log(toy_events(MASS, coupling * np.exp(k * step))) for k in (-1, 0, 1)]
    second = (events[2] - 2 * events[1] + events[0]) / step**2
    found = curve(coupling).slopes
    assert_allclose(found[0], first, rtol=1e-2)
    assert_allclose(found[1], second, rtol=2e-2)
    assert_allclose(curve(1e-9).slopes, (4.0, 0.0), atol=1e-4)  # long lifetimes: N ~ C^4


def test_nothing_of_the_curve_is_on_a_branch_where_nothing_is_expected():
    ends = np.exp(curve(toy_maximum(MASS)[0] * 1.3).branch[0][[0, -1]])
    assert toy_events(MASS, ends[1]) > 1e-30
    assert ends[1] < 1e-3  # far before the end of the curve the particle does not reach the detector

"""Crossings of closed curves, excluded ranges and the sentence of a result."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.limits.results import ContourPiece
from feebly.workflow.result import excluded_couplings, excluded_masses, plain_number

SQUARE = [(1, 1), (10, 1), (10, 100), (1, 100), (1, 1)]
INNER = [(2, 5), (5, 5), (5, 20), (2, 20), (2, 5)]


def piece(points, number=0):
    mass, coupling = np.array(points, float).T
    return ContourPiece("observed", number, mass, coupling)


@pytest.mark.parametrize("mass", [1.0, 1.5, 3.0, 10.0])
def test_a_rectangle_is_one_interval_up_to_its_vertical_edges(mass):
    ((low, high),) = excluded_couplings([piece(SQUARE)], mass)
    assert_allclose((low, high), (1, 100), rtol=1e-12)


@pytest.mark.parametrize("mass", [0.5, 10.1])
def test_nothing_is_excluded_beside_the_curve(mass):
    assert excluded_couplings([piece(SQUARE)], mass) == ()


@pytest.mark.parametrize("reverse", [False, True])
def test_a_curve_inside_another_is_a_hole(reverse):
    inner = piece(INNER[::-1] if reverse else INNER, 1)
    assert_allclose(excluded_couplings([piece(SQUARE), inner], 3.0), [(1, 5), (20, 100)], rtol=1e-12)


def test_edges_are_straight_between_points_in_log_log():
    """Power law C = m^2 from (1, 1) to (10, 100): C = 9 at m = 3."""
    triangle = piece([(1, 1), (10, 100), (10, 1e4), (1, 1)])
    ((low, high),) = excluded_couplings([triangle], 3.0)
    assert_allclose((low, high), (9, 81), rtol=1e-12)


@given(
    mass=st.floats(-1.5, 1.5).map(lambda u: 10.0**u),
    knots=st.lists(st.floats(-1, 1), min_size=3, max_size=12, unique=True),
)
def test_a_band_of_constant_width_is_found_at_every_mass(mass, knots):
    """Lower edge any zig-zag, upper edge 7 times it: the ratio is 7 inside and nothing is found outside."""
    x = 10.0 ** np.sort(np.round(knots, 3))
    if np.any(np.diff(x) <= 0):
        return
    low = 1e-6 * 2.0 ** (np.arange(len(x)) % 3)
    band = ContourPiece(
        "observed", 0, np.concatenate([x, x[::-1], x[:1]]), np.concatenate([low, 7 * low[::-1], low[:1]])
    )
    found = excluded_couplings([band], mass)
    if x[0] <= mass <= x[-1]:
        ((bottom, top),) = found
        assert_allclose(top / bottom, 7, rtol=1e-9)
    else:
        assert found == ()


def test_mass_ranges_join_where_they_overlap_and_only_there():
    def at(low, high):
        return piece([(low, 1), (high, 1), (high, 2), (low, 1)])

    assert excluded_masses([at(5, 6), at(1, 2), at(1.5, 3)]) == ((1, 3), (5, 6))
    assert excluded_masses([]) == ()


def test_numbers_as_a_person_types_them():
    assert [plain_number(x) for x in (1.4e17, 1e18, 3e-6, 0.9)] == ["1.4e17", "1e18", "3e-06", "0.9"]

"""Edges and common areas of closed curves: rectangles and disjoint pieces have closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.report.validation.curves import closed_piece, distances, outer_edges, overlap


def rectangle(mass, coupling):
    """Rectangle in the logarithms between two masses and two couplings."""
    return closed_piece(
        np.array([mass[0], mass[1], mass[1], mass[0]]),
        np.array([coupling[0], coupling[0], coupling[1], coupling[1]]),
    )


def test_closed_piece_ends_where_it_begins():
    piece = rectangle((0.1, 1.0), (1e-7, 1e-5))
    assert piece.mass_gev[0] == piece.mass_gev[-1]
    assert piece.coupling[0] == piece.coupling[-1]


def test_edges_are_straight_in_the_logarithms():
    wedge = closed_piece(np.array([0.1, 1.0, 1.0]), np.array([1e-6, 1e-7, 1e-5]))
    assert_allclose(outer_edges((wedge,), np.sqrt(0.1)), (10**-6.5, 10**-5.5), rtol=1e-12)
    assert outer_edges((wedge,), 1.1) is None


def test_edges_of_two_pieces_are_the_outer_ones():
    pieces = (rectangle((0.1, 1.0), (1e-7, 1e-6)), rectangle((0.1, 1.0), (1e-5, 1e-4)))
    assert_allclose(outer_edges(pieces, 0.3), (1e-7, 1e-4), rtol=1e-12)


def test_common_area_of_shifted_rectangles():
    # 2 x 2 decades, shifted by one decade in the coupling: 2 common, 6 together
    first, second = rectangle((0.01, 1.0), (1e-7, 1e-5)), rectangle((0.01, 1.0), (1e-6, 1e-4))
    assert_allclose(overlap((first,), (second,)), 1 / 3, rtol=1e-9)
    # shifted by one decade in the mass: 2 common, 6 together
    third = rectangle((0.1, 10.0), (1e-7, 1e-5))
    assert_allclose(overlap((first,), (third,)), 1 / 3, rtol=1e-9)


def test_common_area_counts_every_piece():
    # the space between two pieces belongs to neither of them: 2 of 3 decades
    parts = (rectangle((0.1, 1.0), (1e-8, 1e-7)), rectangle((0.1, 1.0), (1e-6, 1e-5)))
    whole = rectangle((0.1, 1.0), (1e-8, 1e-5))
    assert_allclose(overlap(parts, (whole,)), 2 / 3, rtol=1e-9)


def test_common_area_of_shifted_triangles():
    # legs of one decade; shifted by s along the mass what is common is a triangle with legs of 1 - s
    def triangle(shift):
        mass = 0.01 * 10 ** (np.array([0.0, 1.0, 0.0]) + shift)
        return (closed_piece(mass, np.array([1e-7, 1e-7, 1e-6])),)

    for shift in (0.1, 0.37, 0.8):
        common = (1 - shift) ** 2 / 2
        assert_allclose(overlap(triangle(0.0), triangle(shift)), common / (1 - common), rtol=1e-9)


def test_common_area_of_crossing_triangles():
    # the same triangle and its mirror image: they share one of height 1/2 decade over their common base
    left = closed_piece(np.array([0.01, 0.1, 0.01]), np.array([1e-7, 1e-7, 1e-6]))
    right = closed_piece(np.array([0.01, 0.1, 0.1]), np.array([1e-7, 1e-7, 1e-6]))
    assert_allclose(overlap((left,), (right,)), 0.25 / 0.75, rtol=1e-3)


def test_a_hole_belongs_to_neither():
    outer, hole = rectangle((0.1, 10.0), (1e-8, 1e-6)), rectangle((1.0, 10**0.5), (1e-7, 10**-6.5))
    assert_allclose(overlap((outer, hole), (outer,)), 1 - 0.25 / 4, rtol=1e-9)
    assert_allclose(overlap((outer, hole), (hole,)), 0.0, atol=1e-12)
    island = rectangle((20.0, 200.0), (1e-8, 1e-7))
    assert_allclose(overlap((outer, hole, island), (outer,)), 3.75 / 5, rtol=1e-9)


def test_distances_skip_edges_on_the_frame():
    own, reference = rectangle((0.1, 1.0), (2e-7, 1e-5)), rectangle((0.05, 0.5), (1e-7, 5e-6))
    found = distances((own,), (reference,), (1e-8, 1e-3), masses=50)
    assert found[:, 0].min() > 0.1
    assert found[:, 0].max() < 0.5
    assert_allclose(found[:, 1:], np.log10(2), rtol=1e-9)
    cut = distances((own,), (reference,), (1e-8, 1e-5), masses=50)
    assert np.isnan(cut[:, 2]).all()
    assert np.isfinite(cut[:, 1]).all()
    assert distances((), (reference,), (0.0, np.inf)).shape == (0, 3)


def test_areas_far_apart_have_nothing_in_common():
    apart = rectangle((0.01, 0.02), (1e-8, 1e-7)), rectangle((0.5, 1.0), (1e-8, 1e-7))
    assert overlap(apart[:1], apart[1:]) == 0.0
    assert overlap((), (), (0.1, 1.0)) == 0.0


def test_mass_range_limits_the_area():
    first, second = rectangle((0.01, 1.0), (1e-7, 1e-5)), rectangle((0.1, 1.0), (1e-7, 1e-5))
    assert_allclose(overlap((first,), (second,)), 0.5, rtol=1e-9)
    assert_allclose(overlap((first,), (second,), (0.1, 1.0)), 1.0, rtol=1e-9)


decades = st.floats(0.1, 2.0)


@given(decades, decades, st.floats(-1.5, 1.5), st.floats(0.1, 10.0))
def test_overlap_is_a_symmetric_fraction_without_scale(height1, height2, shift, scale):
    first = rectangle((0.1, 1.0), (1e-7, 1e-7 * 10**height1))
    second = rectangle((0.1, 1.0), (1e-7 * 10**shift, 1e-7 * 10 ** (shift + height2)))
    common = max(0.0, min(height1, shift + height2) - max(0.0, shift))
    expected = common / (height1 + height2 - common)
    value = overlap((first,), (second,), columns=5)
    assert value == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert value == pytest.approx(overlap((second,), (first,), columns=5), rel=1e-12, abs=1e-12)
    scaled = [closed_piece(p.mass_gev[:-1], scale * p.coupling[:-1]) for p in (first, second)]
    assert overlap((scaled[0],), (scaled[1],), columns=5) == pytest.approx(value, rel=1e-9, abs=1e-9)

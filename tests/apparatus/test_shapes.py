"""Apertures: edges, symmetries, and the numbers of the NA62 planes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feebly.apparatus.experiment import load_experiment
from feebly.apparatus.shapes import Annulus, Octagon, Rectangle
from feebly.core.errors import ConfigError

coordinate = st.floats(-2, 2)
NA62 = load_experiment("na62-dump-2021")
STRAW1, LKR, MUV3 = (NA62.plane(name).shape for name in ("STRAW1", "LKr", "MUV3"))


@pytest.mark.parametrize(
    ("shape", "x", "y", "inside"),
    [
        # the hole of the straws is shifted to positive x: 41.2 to 161.2 mm
        (STRAW1, 0.0, 0.0, True),
        (STRAW1, 0.04, 0.0, True),
        (STRAW1, 0.05, 0.0, False),
        (STRAW1, 0.16, 0.0, False),
        (STRAW1, 0.17, 0.0, True),
        (STRAW1, -0.1012, 0.0, True),
        (STRAW1, 0.1012, 0.0599, False),
        (STRAW1, 0.1012, 0.0601, True),
        # its outer edge is about the axis, not about the hole
        (STRAW1, 1.0499, 0.0, True),
        (STRAW1, 1.0501, 0.0, False),
        (STRAW1, -1.0499, 0.0, True),
        (STRAW1, -1.0501, 0.0, False),
        (LKR, 1.129, 0.0, True),
        (LKR, 1.131, 0.0, False),
        (LKR, 0.0, 1.129, True),
        (LKR, 0.0, 1.131, False),
        (LKR, 0.80, 0.79, True),
        (LKR, 0.80, 0.80, False),
        (LKR, 0.63, 0.9, True),
        (LKR, 0.64, 0.9, False),
        (LKR, 0.64, 0.84, True),
        (LKR, 0.53, 0.94, True),
        (LKR, 0.53, 0.95, False),
        (LKR, 0.52, 1.07, True),
        (LKR, 0.9, 0.69, True),
        (LKR, 0.9, 0.70, False),
        (LKR, 0.0, 0.079, False),
        (LKR, 0.0, 0.081, True),
        (MUV3, 1.319, -1.319, True),
        (MUV3, 1.321, 0.0, False),
        (MUV3, 0.0, -1.321, False),
        (MUV3, 0.0, 0.109, False),
        (MUV3, 0.111, 0.0, True),
    ],
)
def test_membership(shape, x, y, inside):
    assert bool(shape.contains(x, y)) is inside


@given(x=coordinate, y=coordinate)
def test_annulus_is_symmetric(x, y):
    centred = Annulus(0.128, 1.21)
    turned = np.hypot(x, y)
    assert (
        centred.contains(x, y) == centred.contains(-x, y) == centred.contains(x, -y) == centred.contains(y, x)
    )
    if abs(turned - 0.128) > 1e-9 and abs(turned - 1.21) > 1e-9:
        assert centred.contains(x, y) == centred.contains(turned, 0.0)
    assert STRAW1.contains(x, y) == STRAW1.contains(x, -y)


@given(x=coordinate, y=coordinate)
def test_shapes_lie_in_their_frames(x, y):
    box = max(abs(x), abs(y))
    assert not LKR.contains(x, y) or (box < 1.130 and abs(x) + abs(y) < 1.598 and np.hypot(x, y) > 0.080)
    assert not MUV3.contains(x, y) or box < 1.32
    assert not STRAW1.contains(x, y) or np.hypot(x, y) < 1.05


@given(x=coordinate, y=coordinate)
def test_octagon_is_symmetric_under_reflections_and_cuts_only_remove(x, y):
    assert LKR.contains(x, y) == LKR.contains(-x, y) == LKR.contains(x, -y)
    without_cuts = Octagon(1.130, 1.598, (), 0.080)
    assert without_cuts.contains(x, y) or not LKR.contains(x, y)


def test_areas_against_closed_forms():
    # midpoint grid of 2 mm; area of the boundary cells bounds the error
    u = np.arange(-1.5, 1.5, 0.002) + 0.001
    x, y = np.meshgrid(u, u)

    def area(shape):
        return shape.contains(x, y).sum() * 0.002**2

    assert area(STRAW1) == pytest.approx(np.pi * (1.05**2 - 0.060**2), rel=1e-3, abs=0)
    assert area(MUV3) == pytest.approx(2.64**2 - np.pi * 0.11**2, rel=2e-3, abs=0)
    corner = (2 * 1.130 - 1.598) ** 2 / 2  # triangle beyond the diagonal
    assert area(Octagon(1.130, 1.598)) == pytest.approx(2.26**2 - 4 * corner, rel=3e-3, abs=0)


def test_arrays_broadcast():
    assert LKR.contains(np.zeros((3, 1)), np.full(4, 0.5)).shape == (3, 4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Annulus(0.5, 0.4), "r_max_m = 0.4: expected more than r_min_m = 0.5"),
        (lambda: Annulus(-0.1, 0.4), "r_min_m = -0.1: expected zero or a positive number"),
        (lambda: Octagon(0.0, 1.0), "half_width_m = 0.0: expected a positive number"),
        (lambda: Rectangle(1.0, -1.0), "half_height_m = -1.0: expected a positive number"),
    ],
)
def test_impossible_shapes_are_refused(make, message):
    with pytest.raises(ConfigError) as caught:
        make()
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "shape",
    [
        Annulus(0.2, 1.05, (0.1, 0.0)),
        Octagon(1.13, 1.598),
        Octagon(0.5, 1.4),  # the diagonals cut nothing: a square
        Octagon(1.0, 0.6),  # the frame cuts nothing: a diamond
        Rectangle(0.3, 0.7, 0.1),
    ],
)
def test_enclosing_circle_touches_the_furthest_point(shape):
    x, y = np.meshgrid(*2 * [np.linspace(-1.2, 1.2, 2401)])
    furthest = np.hypot(x, y)[shape.contains(x, y)].max()
    assert furthest <= shape.enclosing_radius_m < furthest + 2.5e-3


def test_corner_cuts_lie_inside_the_enclosing_circle():
    assert LKR.enclosing_radius_m == Octagon(LKR.half_width_m, LKR.diagonal_m).enclosing_radius_m


@pytest.mark.parametrize(
    ("shape", "half_size", "hole"),
    [
        (Annulus(0.06, 1.05, (0.1012, -0.02)), (1.05, 1.05), (0.1012, -0.02, 0.06)),
        (Octagon(1.13, 1.598, r_min_m=0.08), (1.13, 1.13), (0.0, 0.0, 0.08)),
        (Octagon(1.13, 0.9), (0.9, 0.9), (0.0, 0.0, 0.0)),
        (Rectangle(1.5, 0.7, 0.11), (1.5, 0.7), (0.0, 0.0, 0.11)),
    ],
)
def test_size_and_hole_are_those_of_contains(shape, half_size, hole):
    """Just inside the largest |x| and |y| something is open, beyond nothing; the hole is closed."""
    assert shape.half_size_m == half_size
    assert shape.hole_m == hole
    wide = np.linspace(-2, 2, 4001)
    for k in (0, 1):
        for side, is_open in ((0.999, True), (1.001, False)):
            edge = np.full(wide.size, side * half_size[k])
            assert shape.contains(*((edge, wide) if k == 0 else (wide, edge))).any() == is_open
    x, y, radius = hole
    for phi in np.linspace(0, 6, 7):
        for r, is_open in ((0.99 * radius, False), (1.01 * radius + 1e-9, True)):
            if radius > 0:
                assert shape.contains(x + r * np.cos(phi), y + r * np.sin(phi)) == is_open

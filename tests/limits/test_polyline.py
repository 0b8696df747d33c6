"""Curves are straightened one by one: points only where they bend, and no neck that the lattice closed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.limits.arcs import COUPLING_TOLERANCE, MASS_TOLERANCE
from feebly.limits.contour import edges_at, find_contours
from feebly.limits.lattice import Lattice
from feebly.limits.marching import curves_on_lattice
from feebly.limits.polyline import on_the_limit, straightened
from feebly.limits.roots import PRECISE, Start, vector_roots

MASS, COUPLING = np.geomspace(0.1, 1.0, 40), np.geomspace(1e-8, 1e-4, 80)


def contours(log_yield, mass=MASS, coupling=COUPLING):
    start = Lattice(mass, coupling, log_yield(mass[:, None], coupling[None, :]))
    return find_contours(start, {"expected": lambda m: np.ones(m.shape)}, log_yield)


def band(height, half_width):
    """F of a band of constant half width in ln C about ``height(ln m)``."""
    return lambda mass, coupling: half_width - np.abs(np.log(coupling) - height(np.log(mass)))


def spike(ln_mass):
    """Flat but for a resonance of relative width 0.002, 3 high, between the columns."""
    return -14 + 3 / (1 + ((ln_mass - np.log(0.3217)) / 0.002) ** 2)


def distance_from_chords(curve_x, curve_y, x, y):
    """Of points from a polyline, in units of the tolerances."""
    u, v = curve_x / MASS_TOLERANCE, curve_y / COUPLING_TOLERANCE
    px, py = x[:, None] / MASS_TOLERANCE, y[:, None] / COUPLING_TOLERANCE
    du, dv = np.diff(u), np.diff(v)
    t = np.clip(((px - u[:-1]) * du + (py - v[:-1]) * dv) / (du**2 + dv**2), 0, 1)
    return np.hypot(px - u[:-1] - t * du, py - v[:-1] - t * dv).min(axis=1)


def test_a_resonance_adds_points_where_it_is_and_no_rows():
    lattice, (piece,) = contours(band(spike, 1.0))
    assert lattice.coupling.size <= COUPLING.size + 2
    x, y = np.log(piece.mass_gev), np.log(piece.coupling)
    near = np.abs(x - np.log(0.3217)) < 0.05
    assert np.count_nonzero(near) > 60
    # the columns themselves, and rows that the spike crosses
    assert np.count_nonzero(~near) < 2 * lattice.mass_gev.size + 20
    asked = np.linspace(np.log(0.3217) - 0.05, np.log(0.3217) + 0.05, 4001)
    for side in (-1, 1):
        assert distance_from_chords(x, y, asked, spike(asked) + side).max() < 1.5


def test_inside_is_on_the_left():
    def log_yield(mass, coupling):
        r2 = (np.log(mass / 0.3) / 0.7) ** 2 + (np.log(coupling / 1e-6) / 2) ** 2
        return np.where(r2 < 0.5, r2 - 0.2, 0.8 - r2)

    _, pieces = contours(log_yield)
    areas = []
    for piece in pieces:
        x, y = np.log(piece.mass_gev), np.log(piece.coupling)
        areas.append(0.5 * np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]))
    # counter-clockwise around the island, clockwise around the hole: areas of the two ellipses
    ellipse = np.pi * 0.7 * 2
    assert_allclose(sorted(areas), [-0.2 * ellipse, 0.8 * ellipse], rtol=2e-3)


@pytest.mark.parametrize("centre", [0.3217, 0.32, 0.7011])
@pytest.mark.parametrize("width", [1e-3, 4e-3])
def test_islands_that_the_lattice_joins_are_told_apart(centre, width):
    """A dip ten times narrower than the columns are apart cuts a tilted band; its mass is no column's."""

    def log_yield(mass, coupling):
        dip = 3 / (1 + (np.log(mass / centre) / width) ** 2)
        tilted = np.log(coupling) + 14 - 2.5 * np.log(mass / 0.3) - 0.4 * np.sin(9 * np.log(mass))
        return 1.2 - dip - tilted**2

    _, pieces = contours(log_yield)
    assert len(pieces) == 2
    assert pieces[0].mass_gev.max() < centre < pieces[1].mass_gev.min()
    half_gap = width * np.sqrt(3 / 1.2 - 1)
    tips = np.log(np.array([pieces[0].mass_gev.max(), pieces[1].mass_gev.min()]) / centre)
    assert_allclose(tips, [-half_gap, half_gap], rtol=0, atol=2 * MASS_TOLERANCE)


def test_edges_of_a_band_that_bends_everywhere():
    def height(ln_mass):
        return -14 + 0.5 * np.sin(25 * ln_mass)

    _, pieces = contours(band(height, 1.0))
    masses = np.geomspace(0.11, 0.95, 500)
    found = np.array([edges_at(pieces, m)[0] for m in masses])
    slope = np.abs(12.5 * np.cos(25 * np.log(masses)))
    allowed = 1.5 * (COUPLING_TOLERANCE + slope * MASS_TOLERANCE)
    for k, side in enumerate((-1, 1)):
        assert np.all(np.abs(np.log(found[:, k]) - height(np.log(masses)) - side) < allowed)


def test_chords_stay_in_cells_of_their_own():
    """Both ends of a chord are on the border of its cell, and what the lattice has is enough."""
    log_yield = band(lambda x: -14 + 0.4 * np.sin(9 * x), 1.0)
    lattice = Lattice(MASS, COUPLING, log_yield(MASS[:, None], COUPLING[None, :]))
    on_lattice = curves_on_lattice(lattice, {"expected": lattice.log_yield}, log_yield)
    (curve,), missing = straightened(on_lattice, log_yield)
    assert sum(part.size for part in missing) == 0
    assert curve.ln_mass.size > 1.5 * on_lattice[0].ln_mass.size
    x0, x1, y0, y1 = curve.cell.T
    inner = ~np.isnan(x0)
    assert inner.mean() > 0.9
    for shift in (0, -1):
        x, y = np.roll(curve.ln_mass, shift), np.roll(curve.ln_coupling, shift)
        for value, low, high in ((x, x0, x1), (y, y0, y1)):
            assert np.all((value >= low - 1e-9) & (value <= high + 1e-9) | ~inner)
        near = [
            np.isclose(value, end, rtol=0, atol=1e-9) for value, end in ((x, x0), (x, x1), (y, y0), (y, y1))
        ]
        assert np.all(np.any(near, axis=0) | ~inner)
    (final,) = on_the_limit([curve], log_yield)
    assert np.all(np.abs(1 - np.exp(log_yield(final.mass_gev, final.coupling)))[~final.corner] < 1e-6)


def log_uniform(low, high):
    return st.floats(np.log10(low), np.log10(high)).map(lambda u: 10.0**u)


@given(
    root=log_uniform(1e-4, 0.5),
    from_above=st.booleans(),
    steep=log_uniform(1e-2, 1e2),
    bend=st.floats(-0.9, 3.0),
    guess=st.floats(-0.5, 1.5),
    slope_error=log_uniform(0.1, 10),
)
def test_roots_from_any_start(root, from_above, steep, bend, guess, slope_error):
    at = 1 - root if from_above else root

    def f(t, k):
        return steep * (t - at) * (1 + bend * t) * np.ones(k.size)

    ends = (f(np.array([end]), np.zeros(1, int)) for end in (0.0, 1.0))
    start = Start(np.array([guess]), np.array([steep * (1 + bend * at) * slope_error]))
    found = vector_roots(f, *ends, start)
    value = f(found, np.zeros(1, int))
    assert abs(found[0] - at) < 10 * PRECISE or abs(value[0]) < 1e-7


def test_a_jump_is_found_and_no_root_is_said_to_be_none():
    def f(t, k):
        jump = np.where(t < 0.37, -0.2, 0.4)
        return np.where(k == 0, jump, np.where(k == 1, 0.3 + 0.1 * t, -0.1 - t))

    wrong_ends = np.array([-1.0, -1.0, -1.0]), np.array([1.0, 1.0, 1.0])
    found = vector_roots(f, *wrong_ends, Start(np.full(3, 0.5), np.ones(3)))
    assert_allclose(found[0], 0.37, rtol=0, atol=1e-5)
    assert np.isnan(found[1:]).all()

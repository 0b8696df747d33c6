"""Contours against edges and closing masses that are solved independently, and what holds for all of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.optimize import brentq

from feebly.limits.contour import edges_at, find_contours
from feebly.limits.lattice import Lattice, Remembered, both_sides, subdivided
from feebly.limits.results import ContourPiece
from feebly.limits.roots import PRECISE, vector_roots
from feebly.limits.scan import scan
from limits.toy_search import (
    flat,
    toy_edges,
    toy_events,
    toy_maximum,
    toy_observation,
    toy_signal,
)

LN10 = np.log(10)
MASS, COUPLING = (0.01, 1.0, 40), (1e-9, 1e-3, 40)
RATE = 0.9  # closes the toy inside the range of masses


def plain(mass_gev):
    return np.full(np.shape(mass_gev), RATE)


def exclude(shape=flat, mass=MASS, coupling=COUPLING, pot=1e17, thresholds=None, final_states=("ee",)):
    thresholds = thresholds or {"ee": 0.001}
    signal = toy_signal(shape, pot=pot, thresholds=thresholds, final_states=final_states)
    return scan(signal, toy_observation(signal), mass, coupling)


def crossings(piece):
    """Pairs of segments of a closed curve that cross, in the plane of the logarithms."""
    p = np.stack([np.log(piece.mass_gev), np.log(piece.coupling)], axis=1)
    a, b = p[:-1, None], p[1:, None]
    c, d = p[None, :-1], p[None, 1:]

    def side(o, u, v):
        return (u - o)[..., 0] * (v - o)[..., 1] - (u - o)[..., 1] * (v - o)[..., 0]

    across = (side(a, b, c) * side(a, b, d) < 0) & (side(c, d, a) * side(c, d, b) < 0)
    return np.argwhere(across)


def assert_sound(pieces):
    """Closed, no crossing, no point twice."""
    for piece in pieces:
        assert piece.mass_gev[0] == piece.mass_gev[-1]
        assert piece.coupling[0] == piece.coupling[-1]
        assert piece.mass_gev.size >= 4
        steps = np.hypot(np.diff(np.log(piece.mass_gev)), np.diff(np.log(piece.coupling)))
        assert np.all(steps > 0)
        assert len(crossings(piece)) == 0


# --- edges, closing mass --------------------------------------------------------------------------------


def test_vertices_are_roots_to_a_millionth():
    (piece,) = exclude(plain).contour()
    inside = (piece.mass_gev > MASS[0]) & (piece.mass_gev < MASS[1])
    mass, coupling = piece.mass_gev[inside], piece.coupling[inside]
    assert_allclose(toy_events(mass, coupling, RATE), LN10, rtol=1e-6)
    # the columns of the grid are columns of the contour
    on_grid = mass[np.isclose(mass[:, None], np.geomspace(*MASS), rtol=1e-12).any(axis=1)]
    assert on_grid.size >= 20
    for m in on_grid:
        low, up = toy_edges(m, LN10, RATE)
        at = coupling[mass == m]
        assert_allclose([at.min(), at.max()], [low, up], rtol=1e-6)


@pytest.mark.parametrize("mass_gev", [0.0123, 0.0371, 0.1234, 0.3217])
def test_edges_between_the_columns(mass_gev):
    pieces = exclude(plain).contour()
    assert_allclose(edges_at(pieces, mass_gev), [toy_edges(mass_gev, LN10, RATE)], rtol=2e-3)


def test_closing_mass():
    closing = brentq(lambda m: toy_maximum(m, RATE)[1] - LN10, 0.01, 1.0)
    (piece,) = exclude(plain).contour()
    tip = np.argmax(piece.mass_gev)
    assert_allclose(piece.mass_gev[tip], closing, rtol=1e-4)
    assert_allclose(piece.coupling[tip], toy_maximum(closing, RATE)[0], rtol=0.02)
    assert edges_at((piece,), closing * 1.001) == ()


def test_lower_edge_of_long_lived_particles_goes_like_pot_to_the_minus_quarter():
    one, sixteen = (edges_at(exclude(pot=pot).contour(), 0.05)[0] for pot in (1e24, 16e24))
    assert_allclose(one[0] / sixteen[0], 2.0, rtol=1e-3)
    assert sixteen[1] > one[1]


def test_twice_the_pot_is_half_the_limit():
    signal = toy_signal(plain, final_states=("ee",))
    lattice = Lattice(*start_lattice(signal))

    def log_yield(pot_factor):
        def of(mass, coupling):
            grid = mass.ndim == 2
            events = signal.on_grid(mass[:, 0], coupling[0]) if grid else signal.at_points(mass, coupling)
            return np.log(np.maximum(pot_factor * events.total(), 1e-30))

        return of

    def pieces(pot_factor, s_up):
        limits = {"expected": lambda mass: np.full(mass.shape, s_up)}
        start = Lattice(lattice.mass_gev, lattice.coupling, lattice.log_yield + np.log(pot_factor))
        return find_contours(start, limits, log_yield(pot_factor))[1]

    (twice,), (half,) = pieces(2.0, 2.3), pieces(1.0, 1.15)
    assert_allclose(twice.mass_gev, half.mass_gev, rtol=1e-9)
    assert_allclose(twice.coupling, half.coupling, rtol=1e-6)


def start_lattice(signal):
    mass, coupling = np.geomspace(0.01, 1, 60), np.geomspace(1e-9, 1e-3, 120)
    return mass, coupling, np.log(np.maximum(signal.on_grid(mass, coupling).total(), 1e-30))


# --- the observed event ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def notched():
    thresholds = {"mumu": 0.2113}
    return exclude(
        lambda m: 10 * plain(m), thresholds=thresholds, final_states=("mumu",), mass=(0.2, 1.0, 40)
    )


def test_notch_of_the_event(notched):
    observed, expected = notched.contour("observed"), notched.contour("expected")
    s_event = 3.8739
    for m, s_up in ((0.4065, LN10), (0.4071, s_event), (0.411, s_event), (0.4149, s_event), (0.4155, LN10)):
        assert_allclose(edges_at(observed, m), [toy_edges(m, s_up, 10 * RATE)], rtol=2e-3)
        assert_allclose(edges_at(expected, m), [toy_edges(m, LN10, 10 * RATE)], rtol=2e-3)
    ((low, up),), ((low0, up0),) = edges_at(observed, 0.411), edges_at(expected, 0.411)
    (low_1, up_1), (low_0, up_0) = toy_edges(0.411, s_event, 10 * RATE), toy_edges(0.411, LN10, 10 * RATE)
    assert_allclose([low / low0, up / up0], [low_1 / low_0, up_1 / up_0], rtol=2e-3)
    assert low / low0 > 1.1
    assert up / up0 < 0.95


def test_the_notch_has_vertical_sides(notched):
    (piece,) = notched.contour("observed")
    assert_sound([piece])
    mass, coupling = np.log(piece.mass_gev), np.log(piece.coupling)
    vertical = (np.abs(np.diff(mass)) < 1e-6) & (np.abs(np.diff(coupling)) > 0.05)
    at = np.exp(mass[:-1][vertical])
    # lower and upper edge at both sides of the window; beyond lie the threshold and the edge of the grid
    assert_allclose(np.sort(at[(at > 0.3) & (at < 0.9)]), [0.407, 0.407, 0.415, 0.415], rtol=1e-6)


def test_every_vertex_is_on_the_limit_on_its_side_of_the_window(notched):
    (piece,) = notched.contour("observed")
    inside = (piece.mass_gev > 0.407) & (piece.mass_gev < 0.415)
    s_up = np.where(inside, 3.87385, LN10)
    f = np.log(toy_events(piece.mass_gev, piece.coupling, 10 * RATE) / s_up)
    assert np.max(np.abs(f)) < 1e-4


def test_an_event_may_cut_the_contour_in_two():
    thresholds = {"mumu": 0.2113}
    # largest N between the two limits at 0.411 GeV
    rate = 3.0 / toy_maximum(0.411)[1]
    result = exclude(
        lambda m: rate * (m / 0.411) ** 2, thresholds=thresholds, final_states=("mumu",), mass=(0.3, 0.6, 20)
    )
    observed = result.contour("observed")
    assert len(observed) == 2
    assert len(result.contour("expected")) == 1
    assert_allclose([observed[0].mass_gev.max(), observed[1].mass_gev.min()], [0.407, 0.415], rtol=1e-6)
    assert [piece.piece for piece in observed] == [0, 1]
    assert_sound(result.pieces)


# --- islands, holes, edges of the grid ------------------------------------------------------------------


def island(centre_gev, width):
    """A rate that is large at one mass: a Lorentzian of relative half-width ``width``."""
    return lambda m: 0.1 + 10 / (1 + ((m / centre_gev - 1) / width) ** 2)


def test_two_islands_are_never_joined():
    def shape(m):
        return np.where(m < 0.3, RATE / (1 + (m / 0.1) ** 8), island(0.7827, 0.0055)(m))

    result = exclude(shape)
    first, second = result.contour()
    assert first.mass_gev.max() < second.mass_gev.min()
    assert_sound(result.pieces)
    closing = [
        brentq(lambda m: toy_maximum(m, island(0.7827, 0.0055)(m))[1] - LN10, *bracket)
        for bracket in ((0.5, 0.7827), (0.7827, 0.99))
    ]
    assert_allclose([second.mass_gev.min(), second.mass_gev.max()], closing, rtol=2e-4)


@pytest.mark.parametrize("centre_gev", [0.3217, 0.3242, 0.77, 0.9])
def test_a_small_island_between_the_nodes_is_found(centre_gev):
    # 2% above the limit: half a percent wide in mass, 15% in coupling
    rate = 1.02 * LN10 / toy_maximum(centre_gev)[1]
    result = exclude(lambda m: rate * np.exp(-((np.log(m / centre_gev) / 0.02) ** 2) / 2))
    (piece,) = result.contour()
    assert piece.mass_gev.min() < centre_gev < piece.mass_gev.max()
    assert_sound([piece])


def test_a_hole_is_a_piece_of_its_own():
    def log_yield(mass, coupling):
        r2 = np.log(mass / 0.1) ** 2 + np.log(coupling / 1e-6) ** 2
        return np.where(r2 < 1.0, r2 - 0.16, 1.84 - r2)

    mass, coupling = np.geomspace(0.01, 1, 60), np.geomspace(1e-8, 1e-4, 60)
    start = Lattice(mass, coupling, log_yield(mass[:, None], coupling[None, :]))
    _, pieces = find_contours(start, {"observed": lambda m: np.ones(m.shape)}, log_yield)
    assert len(pieces) == 2
    assert_sound(pieces)
    (low, low_hole), (up_hole, up) = edges_at(pieces, 0.1)
    expected = 1e-6 * np.exp([-np.sqrt(1.84), -0.4, 0.4, np.sqrt(1.84)])
    assert_allclose([low, low_hole, up_hole, up], expected, rtol=2e-3)
    tips = np.sort([piece.mass_gev.max() for piece in pieces])
    assert_allclose(tips, 0.1 * np.exp([0.4, np.sqrt(1.84)]), rtol=1e-4)


def test_pieces_that_meet_the_edge_are_closed_along_it():
    (piece,) = exclude(plain).contour()
    assert piece.open_edge
    at_edge = piece.coupling[piece.mass_gev == MASS[0]]
    assert_allclose([at_edge.min(), at_edge.max()], toy_edges(MASS[0], LN10, RATE), rtol=1e-6)
    assert edges_at((piece,), MASS[0]) == ((at_edge.min(), at_edge.max()),)


def test_a_grid_that_is_excluded_completely_is_its_own_frame():
    (piece,) = exclude(mass=(0.05, 0.06, 5), coupling=(1e-6, 2e-6, 5)).contour()
    assert piece.open_edge
    assert piece.mass_gev.size == 5
    assert sorted(set(piece.mass_gev)) == pytest.approx([0.05, 0.06], rel=1e-12)
    assert sorted(set(piece.coupling)) == pytest.approx([1e-6, 2e-6], rel=1e-12)


def test_an_island_inside_the_grid_is_not_open():
    (piece,) = exclude(island(0.5, 0.01), mass=(0.2, 0.9, 20)).contour()
    assert not piece.open_edge


def test_a_contour_may_leave_through_the_couplings():
    low, _ = toy_edges(0.05, LN10)
    (piece,) = exclude(coupling=(3 * low, 1e-3, 60)).contour()
    assert piece.open_edge
    assert piece.coupling.min() == pytest.approx(3 * low, rel=1e-12)
    assert_sound([piece])


def test_the_contour_does_not_depend_on_the_grid():
    coarse, fine = exclude(plain, mass=(0.01, 1.0, 7), coupling=(1e-9, 1e-3, 5)), exclude(plain)
    for m in (0.02, 0.1, 0.3):
        assert_allclose(edges_at(coarse.contour(), m), edges_at(fine.contour(), m), rtol=3e-3)


# --- what holds for every contour -----------------------------------------------------------------------


def log_uniform(low, high):
    return st.floats(np.log10(low), np.log10(high)).map(lambda u: 10.0**u)


@settings(max_examples=25)
@given(
    rate=log_uniform(1e-2, 1e3),
    centre=log_uniform(0.02, 0.9),
    width=log_uniform(3e-3, 1.0),
    height=log_uniform(1e-3, 1e3),
)
def test_contours_are_sound_for_any_resonance(rate, centre, width, height):
    def shape(m):
        return rate * (1 + height / (1 + ((m / centre - 1) / width) ** 2))

    result = exclude(shape)
    assert_sound(result.pieces)
    for piece in result.pieces:
        inside = (piece.mass_gev > MASS[0] * 1.0001) & (piece.mass_gev < MASS[1] * 0.9999)
        inside &= (piece.coupling > COUPLING[0] * 1.0001) & (piece.coupling < COUPLING[1] * 0.9999)
        m, c = piece.mass_gev[inside], piece.coupling[inside]
        assert np.all(np.abs(np.log(toy_events(m, c, shape(m)) / LN10)) < 1e-4)
    _, _, events = result.peak
    assert bool(result.pieces) == (events > LN10)


# --- parts ----------------------------------------------------------------------------------------------


def test_vector_roots():
    roots = np.array([1e-3, 0.1, 0.5, 0.9, 1 - 1e-6])

    def f(t, k):
        return (t - roots[k]) * (1 + 5 * t**3)

    found = vector_roots(f, f(np.zeros(5), np.arange(5)), f(np.ones(5), np.arange(5)))
    assert_allclose(found, roots, rtol=0, atol=PRECISE)


def test_vector_roots_of_steep_functions():
    def f(t, k):
        return 1 - np.exp(40 * (t - 0.03))

    found = vector_roots(f, f(np.zeros(1), [0]), f(np.ones(1), [0]))
    assert_allclose(found, [0.03], rtol=0, atol=1e-5)  # of an edge: 1e-6 in ln m


def test_vector_roots_of_a_jump_take_few_steps():
    calls = []

    def f(t, k):
        calls.append(k.size)
        return np.where(t < 0.637, 0.01, -0.3)

    found = vector_roots(f, np.array([1.0]), np.array([-2.0]))
    assert_allclose(found, [0.637], rtol=0, atol=1e-5)
    assert len(calls) <= 6 + 17


SQUARE = [(1, 1), (10, 1), (10, 100), (1, 100), (1, 1)]
INNER = [(2, 5), (5, 5), (5, 20), (2, 20), (2, 5)]


def closed_curve(points, number=0):
    mass, coupling = np.array(points, float).T
    return ContourPiece("observed", number, mass, coupling)


@pytest.mark.parametrize("mass", [1.0, 1.5, 3.0, 10.0])
def test_a_rectangle_is_one_interval_up_to_its_vertical_edges(mass):
    ((low, high),) = edges_at([closed_curve(SQUARE)], mass)
    assert_allclose((low, high), (1, 100), rtol=1e-12)


@pytest.mark.parametrize("mass", [0.5, 10.1])
def test_nothing_is_excluded_beside_the_curve(mass):
    assert edges_at([closed_curve(SQUARE)], mass) == ()


@pytest.mark.parametrize("reverse", [False, True])
def test_a_curve_inside_another_is_a_hole(reverse):
    inner = closed_curve(INNER[::-1] if reverse else INNER, 1)
    assert_allclose(edges_at([closed_curve(SQUARE), inner], 3.0), [(1, 5), (20, 100)], rtol=1e-12)


def test_edges_are_straight_between_points_in_log_log():
    """Power law C = m^2 from (1, 1) to (10, 100): C = 9 at m = 3."""
    triangle = closed_curve([(1, 1), (10, 100), (10, 1e4), (1, 1)])
    ((low, high),) = edges_at([triangle], 3.0)
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
    found = edges_at([band], mass)
    if x[0] <= mass <= x[-1]:
        ((bottom, top),) = found
        assert_allclose(top / bottom, 7, rtol=1e-9)
    else:
        assert found == ()


def test_subdivision_keeps_the_points_and_bounds_the_step():
    points = subdivided([1.0, 1.05, 4.0], 0.1)
    assert {1.0, 1.05, 4.0} <= set(points)
    assert np.diff(np.log(points)).max() <= 0.1 + 1e-12


def test_columns_on_both_sides_of_a_jump():
    columns = both_sides([0.407, 5.0], 0.01, 2.0)
    assert columns.size == 2
    assert columns[0] < 0.407 < columns[1]
    assert_allclose(columns, 0.407, rtol=1e-6)


def test_columns_are_added_until_the_curve_is_straight_between_them():
    # F = 0 on a sine; four columns for each period to begin with
    def height(ln_mass):
        return -14 + 0.8 * np.sin(6 * ln_mass)

    def log_yield(mass, coupling):
        return 1 - (np.log(coupling) - height(np.log(mass))) ** 2

    mass, coupling = np.geomspace(0.1, 2, 13), np.geomspace(1e-8, 1e-4, 60)
    start = Lattice(mass, coupling, log_yield(mass[:, None], coupling[None, :]))
    lattice, pieces = find_contours(start, {"expected": lambda m: np.ones(m.shape)}, log_yield)
    asked = np.geomspace(0.11, 1.9, 300)
    found = np.array([edges_at(pieces, m)[0] for m in asked])
    slope = np.abs(4.8 * np.cos(6 * np.log(asked)))
    distance = np.abs(np.log(found[:, 0]) - (height(np.log(asked)) - 1))
    assert np.all(distance < 2e-3 + 1e-4 * slope)
    assert lattice.mass_gev.size < 400


@given(st.lists(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1), max_size=6))
def test_a_point_is_asked_for_once(calls):
    asked = []

    def field(mass, coupling):
        asked.extend(zip(mass, coupling, strict=True))
        return mass + 100 * coupling

    kept = Remembered(field)
    for points in calls:
        mass, coupling = np.array(points, float).T
        assert_allclose(kept(mass, coupling), mass + 100 * coupling, rtol=0)
    assert sorted(asked) == sorted({point for points in calls for point in points})

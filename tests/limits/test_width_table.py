"""Interpolation of N(m, Γ): exact where ln N is bilinear, zero and a stated end elsewhere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.constants import HBARC_GEV_M
from feebly.core.errors import ConfigError, DataError, DomainError
from feebly.limits.width_table import TableReference, WidthTable, WidthTables

ABOUT = TableReference("dark-photon", "brems", "mumu", 1.0, 1e17)
MASS, WIDTH = np.array([0.25, 0.3, 0.5, 0.7]), np.geomspace(1e-20, 1e-14, 13)


def table(values, mass=MASS, width=WIDTH, about=ABOUT):
    if callable(values):
        values = values(mass[:, None], width)
    return WidthTable(about, mass, width, np.asarray(values, float))


def bilinear(mass, width, a=3.0, b=-4.0, c=1.2, d=0.05):
    """ln N = a + b m + c ln Γ + d m ln Γ."""
    return np.exp(a + b * mass + (c + d * mass) * np.log(width))


@given(
    m=st.floats(0.25, 0.7),
    log_width=st.floats(-20, -14),
    b=st.floats(-20, 20),
    c=st.floats(-3, 3),
    d=st.floats(-1, 1),
)
def test_a_bilinear_logarithm_is_exact(m, log_width, b, c, d):
    found = table(lambda mass, width: bilinear(mass, width, 3.0, b, c, d))(m, 10.0**log_width)
    assert_allclose(np.log(found), np.log(bilinear(m, 10.0**log_width, 3.0, b, c, d)), rtol=1e-9, atol=1e-9)


def test_knots_are_exact_and_arguments_broadcast():
    values = np.random.default_rng(1).lognormal(0, 5, (MASS.size, WIDTH.size))
    assert_allclose(table(values)(MASS[:, None], WIDTH), values, rtol=1e-12)


def test_a_zero_corner_gives_zero_in_its_cells_only():
    values = np.ones((MASS.size, WIDTH.size))
    values[0, :] = 0.0  # closed at the first mass
    found = table(values)
    assert found(0.29, 1e-17) == 0
    assert found(0.25, 1e-17) == 0
    assert_allclose(found(0.3, 1e-17), 1.0)
    assert_allclose(found(0.31, 1e-17), 1.0)


@pytest.mark.parametrize(("mass", "width"), [(0.249, 1e-17), (0.71, 1e-17), (0.3, 9e-21), (0.3, 1.1e-14)])
def test_nothing_is_extrapolated(mass, width):
    with pytest.raises(DomainError, match=r"is outside the table of brems/mumu, .* nothing is extrapolated"):
        table(bilinear)(mass, width)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mass": MASS[::-1].copy()}, "masses: expected at least two, positive and rising"),
        (
            {"width": np.append(-1.0, WIDTH[1:]), "values": np.ones((4, 13))},
            "widths: expected at least two, positive and rising",
        ),
        ({"mass": MASS[:1], "values": np.ones((1, WIDTH.size))}, "masses: expected at least two"),
        ({"values": np.ones((3, 3))}, "values: expected one for each mass and width"),
        ({"values": -np.ones((4, 13))}, "expected numbers of events, zero or positive"),
        ({"values": np.full((4, 13), np.nan)}, "expected numbers of events"),
    ],
)
def test_impossible_tables(changes, message):
    with pytest.raises(DomainError, match=message):
        table(**({"values": bilinear} | changes))


def test_half_of_the_knots():
    half = table(bilinear).coarse("mass")
    assert half.mass_gev.tolist() == [0.25, 0.5, 0.7]
    assert_allclose(half(0.5, WIDTH), table(bilinear)(0.5, WIDTH), rtol=1e-12)
    assert table(bilinear).coarse("width").width_gev.size == 7


def test_a_line_misses_by_the_square_of_the_distance():
    # ln N = -(ln Γ)^2 / 2: the chord over a step h lies h^2 / 8 below at its middle
    curve = table(lambda mass, width: np.exp(-(np.log(width / 1e-17) ** 2) / 2) * np.ones_like(mass))
    step = np.log(WIDTH[1] / WIDTH[0])
    middle = np.sqrt(WIDTH[4] * WIDTH[5])
    exact = -(np.log(middle / 1e-17) ** 2) / 2
    assert_allclose(exact - np.log(curve(0.4, middle)), step**2 / 8, rtol=1e-9)
    knot = WIDTH[5]
    assert_allclose(np.log(curve(0.4, knot) / curve.coarse("width")(0.4, knot)), step**2 / 2, rtol=1e-9)


# --- several tables as a source of yields -------------------------------------------------------------


def source(**other):
    short = table(bilinear, mass=np.array([0.3, 0.4]), width=np.geomspace(1e-19, 1e-15, 9), **other)
    return WidthTables({("brems", "mumu"): table(bilinear), ("eta", "mumu"): short})


def test_events_are_per_proton_and_zero_outside():
    tables = source()
    assert tables.width_range_gev == pytest.approx((1e-19, 1e-15))
    ctau = HBARC_GEV_M / 1e-17
    assert_allclose(
        tables.expected_events("brems", "mumu", 0.5, ctau), bilinear(0.5, 1e-17) / 1e17, rtol=1e-9
    )
    mass = np.array([0.2, 0.3, 0.35, 0.45])
    found = tables.expected_events("eta", "mumu", mass, ctau) > 0
    assert found.tolist() == [False, True, True, False]
    # the widths that all have: brems goes on, but a sum without eta would be wrong
    assert tables.expected_events("brems", "mumu", 0.5, HBARC_GEV_M / 1e-15 / 2) == 0
    assert tables.mass_range_gev("eta") == (0.3, 0.4)


def test_a_missing_table_is_an_error_unless_it_is_left_out():
    with pytest.raises(DataError, match="no table of brems -> ee"):
        source().expected_events("brems", "ee", 0.3, 1.0)
    known = WidthTables(source().tables, frozenset({("brems", "ee")}))
    assert known.expected_events("brems", "ee", [0.3, 0.4], 1.0).tolist() == [0.0, 0.0]
    assert known.coarse("mass").left_out == known.left_out


def test_tables_without_common_widths():
    far = table(bilinear, width=np.geomspace(1e-12, 1e-10, 5))
    with pytest.raises(DataError, match="no width in common"):
        WidthTables({("brems", "mumu"): table(bilinear), ("eta", "mumu"): far})
    with pytest.raises(ConfigError, match="expected at least one"):
        WidthTables({})

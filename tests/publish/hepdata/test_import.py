"""Limits out of tables of others: layouts, scales, units, conventions, several curves; what is asked for."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError
from feebly.publish.hepdata.column_meaning import confidence_level, kind_of, meaning
from feebly.publish.hepdata.grids import grid_of
from feebly.publish.hepdata.limit_tables import Reading, limits_of
from feebly.publish.hepdata.tables import Column, Qualifier, Table
from publish.hepdata import good_tables as good
from publish.hepdata.good_tables import CL, GOOD, column, edges, grid, index, oval, points, with_pieces

MASS, COUPLING = oval()
SAME = (
    "points GeV epsilon",
    "points MeV",
    "points epsilon squared",
    "points log10 epsilon squared",
    "index log10",
    "index linear MeV",
)


@pytest.mark.parametrize("name", SAME)
def test_one_curve_in_many_guises(name):
    (limit,) = limits_of(GOOD[name]())
    (piece,) = limit.in_coupling("epsilon").pieces
    assert_allclose(piece.mass_gev, MASS, rtol=1e-12)
    assert_allclose(piece.coupling, COUPLING, rtol=1e-12)
    assert (limit.kind, limit.cl, limit.region) == ("observed", 0.9, "inside")


log_uniform = st.floats(-9, -1).map(lambda u: 10.0**u)


@given(
    low=log_uniform,
    factor=st.floats(1.01, 1e4),
    unit=st.sampled_from([("eV", 1e9), ("keV", 1e6), ("MeV", 1e3), ("GeV", 1.0), ("TeV", 1e-3)]),
    log10=st.booleans(),
    square=st.booleans(),
)
def test_edges_in_any_unit_and_scale(low, factor, unit, log10, square):
    """Lower and upper edge of a box: GeV and epsilon come back whatever the table is in."""
    mass, up = np.array([0.02, 0.05, 0.1]), min(1.0, low * factor)
    name, per_gev = unit
    written = [np.full(3, value**2 if square else value) for value in (low, up)]
    head = "epsilon^2" if square else "epsilon"
    if log10:
        written, head = [np.log10(each) for each in written], f"log10({head})"
    table = edges(per_gev * mass, *written, name=head, units=name)
    (limit,) = limits_of(table)
    (piece,) = limit.in_coupling("epsilon").pieces
    assert_allclose([piece.mass_gev.min(), piece.mass_gev.max()], [0.02, 0.1], rtol=1e-12)
    assert_allclose([piece.coupling.min(), piece.coupling.max()], [low, up], rtol=1e-9)


def test_pieces_are_never_joined():
    islands = [oval(0.3), oval(1.2, 2e-7, 0.1, 0.3), oval(0.8, 5e-7, 0.05, 0.2)]
    (limit,) = limits_of(with_pieces(islands))
    for piece, (mass, coupling) in zip(limit.pieces, islands, strict=True):
        assert_allclose(piece.mass_gev, mass, rtol=1e-12)
        assert_allclose(piece.coupling, coupling, rtol=1e-12)


def test_closed_curves_in_one_list_are_cut_where_each_is_closed():
    islands = [oval(0.3), oval(1.2, 2e-7, 0.1, 0.3)]
    (limit,) = limits_of(points(*(np.concatenate(parts) for parts in zip(*islands, strict=True))))
    assert [len(piece) for piece in limit.pieces] == [41, 41]


def test_edges_go_up_the_lower_and_back_along_the_upper_one():
    (limit,) = limits_of(edges([0.1, 0.2, 0.4], [1e-7, 2e-7, 3e-7], [9e-7, 8e-7, 7e-7]))
    (piece,) = limit.pieces
    assert piece.mass_gev.tolist() == [0.1, 0.2, 0.4, 0.4, 0.2, 0.1, 0.1]
    assert piece.coupling.tolist() == [1e-7, 2e-7, 3e-7, 7e-7, 8e-7, 9e-7, 1e-7]


def test_missing_rows_end_a_piece():
    table = edges([0.1, 0.2, 0.3, 0.4, 0.5], [1e-7] * 5, [1e-5] * 5)
    dependent = tuple(replace(c, values=(*c.values[:2], "-", *c.values[3:])) for c in table.dependent)
    (limit,) = limits_of(replace(table, dependent=dependent))
    assert [piece.mass_gev.max() for piece in limit.pieces] == [0.2, 0.5]


def test_bands_and_observed_are_limits_of_their_own():
    found = limits_of(GOOD["bands"]())
    kinds = ["expected-2s", "expected-1s", "expected", "expected+1s", "expected+2s", "observed"]
    assert [limit.kind for limit in found] == kinds
    assert {limit.region for limit in found} == {"above"}
    top = [limit.pieces[0].coupling[0] for limit in found]
    assert_allclose(np.array(top) / top[2], [0.5, 0.7, 1.0, 1.4, 2.0, 3.1], rtol=1e-12)


def test_the_kind_may_be_a_qualifier_of_the_column():
    """Two columns of one header, told apart by a qualifier as in many records."""
    columns = [
        column("epsilon", factor * COUPLING, "", (CL, Qualifier("Exclusion type", kind)))
        for factor, kind in ((1.0, "Observed"), (0.9, "Expected"))
    ]
    found = limits_of(Table("x", (column("mass", MASS, "GeV"),), tuple(columns)))
    assert [limit.kind for limit in found] == ["observed", "expected"]


def test_a_grid_needs_a_level():
    table = grid("events", qualifiers=(CL,))
    with pytest.raises(ConfigError, match=r"no column of CLs or of the signal over its limit.*--level"):
        limits_of(table)
    (limit,) = limits_of(table, Reading(level=1.0))
    (ratio,) = limits_of(grid("signal over limit", qualifiers=(CL,)))
    assert_allclose(limit.pieces[0].coupling, ratio.pieces[0].coupling, rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: points(MASS, COUPLING, units=""), r"'mass' has no unit; expected .*: --mass-unit MeV"),
        (lambda: points(MASS, COUPLING, units="furlong"), r"'mass' has unit 'furlong'"),
        (lambda: points(MASS, COUPLING, qualifiers=()), None),
        (
            lambda: replace(points(MASS, COUPLING, qualifiers=()), description=""),
            r"no confidence level in .*; give it: --cl 0.90",
        ),
        (lambda: points(MASS, COUPLING, name="coupling", qualifiers=(CL,)), r"does not say which coupling"),
        (lambda: points(MASS[:30], COUPLING[:30]), r"piece 0 is an open contour.*--close"),
        (lambda: points(MASS, -COUPLING), r"expected a positive number"),
        (lambda: edges([0.1, 0.2], [1e-7] * 2, [1e-6] * 3), r"columns of unequal length: 'mass' has 2"),
        (lambda: good.counts(), r"0 columns of a mass; expected one"),
        (lambda: points([], []), r"no points in it"),
        (lambda: grid(mass=np.array([1.2, 1.5])), r"nothing is excluded by observed"),
    ],
)
def test_what_a_table_does_not_say_is_asked_for(make, message):
    if message is None:
        assert limits_of(make())[0].cl == 0.9  # the description says it
        return
    with pytest.raises(ConfigError, match=message) as error:
        limits_of(make())
    assert "\n" not in str(error.value)


def test_what_is_asked_for_can_be_given():
    bare = replace(points(1e3 * MASS, COUPLING**2, units="", name="coupling", qualifiers=()), description="")
    (limit,) = limits_of(bare, Reading(mass_unit="MeV", coupling="epsilon^2", cl=0.95))
    assert (limit.coupling, limit.cl) == ("epsilon^2", 0.95)
    assert_allclose(limit.in_coupling("epsilon").pieces[0].coupling, COUPLING, rtol=1e-12)
    (joined,) = limits_of(points(MASS[:30], COUPLING[:30]), Reading(close=True))
    assert joined.pieces[0].is_closed


# --- grids for other models ---------------------------------------------------------------------------


def test_an_acceptance_grid_has_axes_with_roles_and_metres():
    found = grid_of(good.acceptance())
    assert [(axis.role, axis.unit) for axis in found.axes] == [("mass", "GeV"), ("lifetime", "m")]
    values = found.values["acceptance x efficiency, brems"]
    assert values.shape == (5, 6)
    assert np.isnan(values[-1, -1])
    assert values[0, 2] == good.acceptance().dependent[0].values[2]


def test_units_of_a_lifetime_are_those_of_length_or_time():
    for unit, metres in (("mm", 1e-3), ("ns", 0.299792458), ("m", 1.0)):
        table = good.acceptance()
        axis = replace(table.independent[1], units=unit)
        found = grid_of(replace(table, independent=(table.independent[0], axis)))
        assert_allclose(found.axes[1].values, metres * np.geomspace(1e-2, 1e3, 6), rtol=1e-12)


def test_a_hole_and_a_repeated_node_are_refused():
    table = grid()

    def rows(cells):
        return replace(
            table,
            independent=tuple(replace(c, values=cells(c.values)) for c in table.independent),
            dependent=tuple(replace(c, values=cells(c.values)) for c in table.dependent),
        )

    with pytest.raises(ConfigError, match=r"has 179 rows: expected all points of 12 x 15"):
        grid_of(rows(lambda v: v[1:]))
    with pytest.raises(ConfigError, match="the same point of the grid is there twice"):
        grid_of(rows(lambda v: (*v, v[0])))


# --- words --------------------------------------------------------------------------------------------

HEADERS = {
    ("$m_{A'}$", "GeV"): ("mass", False, 1.0, ""),
    ("M(A')", "MEV"): ("mass", False, 1e-3, ""),
    ("MASS", "GeV/$c^2$"): ("mass", False, 1.0, ""),
    ("m_S [MeV]", ""): ("mass", False, 1e-3, ""),
    ("$\\log_{10}(m_a/\\mathrm{MeV})$", ""): ("mass", True, 1e-3, ""),
    (r"$\log_{10}(\varepsilon^{2})$", ""): ("coupling", True, 1.0, "epsilon^2"),
    ("Kinetic mixing ε²", ""): ("coupling", False, 1.0, "epsilon^2"),
    (r"Kinetic mixing $\epsilon$", ""): ("coupling", False, 1.0, "epsilon"),
    (r"$\sin^2\theta$", ""): ("coupling", False, 1.0, "sin2-theta"),
    (r"$|U_{\mu4}|^2$", ""): ("coupling", False, 1.0, "U2"),
    (r"$g_{a\gamma\gamma}$", "GeV$^{-1}$"): ("coupling", False, 1.0, "g_agamma"),
    ("g_agamma", "TeV^-1"): ("coupling", False, 1e-3, "g_agamma"),
    ("1/f_a", "1/GeV"): ("coupling", False, 1.0, "1/f"),
    (r"$C_{ff}/\Lambda$", "GeV^-1"): ("coupling", False, 1.0, "C/Lambda"),
    (r"$c\tau$", "mm"): ("lifetime", False, 1e-3, ""),
    ("CLs", ""): ("cls", False, 1.0, ""),
    ("Acceptance x efficiency", ""): ("probability", False, 1.0, ""),
    ("Number of signal events", ""): ("events", False, 1.0, ""),
    ("piece", ""): ("piece", False, 1.0, ""),
    ("Point index", ""): ("index", False, 1.0, ""),
    ("Total width", "GeV"): ("width", False, 1.0, ""),
}


@pytest.mark.parametrize("header", HEADERS, ids=lambda header: header[0])
def test_headers_are_read(header):
    role, log10, factor, coupling = HEADERS[header]
    found = meaning(Column(header[0], (0.5,), header[1]))
    assert (found.role, found.log10, found.coupling) == (role, log10, coupling)
    assert found.factor == pytest.approx(factor, rel=1e-12)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Observed limit", "observed"),
        ("Obs.", "observed"),
        ("Expected", "expected"),
        ("exp. median", "expected"),
        (r"Expected $-1\sigma$", "expected-1s"),
        ("expected +2 s.d.", "expected+2s"),
        ("plus 1 sigma", "expected+1s"),
        ("Projection for 1e18 POT", "projection"),
        ("mass", ""),
    ],
)
def test_kinds_are_read(words, kind):
    assert kind_of(words) == kind


@pytest.mark.parametrize(
    ("qualifier", "level"),
    [
        (Qualifier("CL", 0.9), 0.9),
        (Qualifier("CL", 90, "%"), 0.9),
        (Qualifier("Confidence level", "95%"), 0.95),
        (Qualifier("C.L.", 95), 0.95),
        (Qualifier("SQRT(S)", 90), None),
    ],
)
def test_confidence_levels_are_read(qualifier, level):
    table = replace(index(MASS, COUPLING), description="x")
    columns = tuple(replace(c, qualifiers=(qualifier,)) for c in table.dependent)
    found = confidence_level(replace(table, dependent=columns))
    assert found == (None if level is None else pytest.approx(level))

"""Every fault is found by its own rule, and nothing is found in tables that are right."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feebly.publish.hepdata.lint import RULES, lint
from feebly.publish.hepdata.lint.of_curves import first_crossing
from feebly.publish.hepdata.tables import ErrorBar, Qualifier, Resource
from publish.hepdata import good_tables as good
from publish.hepdata.good_tables import CL, GOOD, edges, grid, oval, points, record, with_pieces


@pytest.mark.parametrize("name", GOOD)
def test_nothing_is_found_in_a_good_table(name):
    assert [str(finding) for finding in lint(record(GOOD[name]()))] == []


def test_nothing_is_found_in_a_record_of_all_of_one_search():
    tables = [GOOD[name]() for name in ("points GeV epsilon", "index log10", "grid CLs", "islands", "counts")]
    assert lint(record(*tables)) == ()


# --- seeded faults ------------------------------------------------------------------------------------


def changed(table, name, change):
    """The table with one column replaced, found by the beginning of its name."""

    def of(columns):
        return tuple(change(c) if c.name.startswith(name) else c for c in columns)

    return replace(table, independent=of(table.independent), dependent=of(table.dependent))


def values(change):
    """A column with other values."""
    return lambda c: replace(c, values=tuple(change(list(c.values))))


def put(position, value):
    return values(lambda cells: [*cells[:position], value, *cells[position + 1 :]])


def times(factor):
    return values(lambda cells: [factor * cell for cell in cells])


def without(table, row):
    """The table with one row left out."""

    def of(columns):
        return tuple(replace(c, values=c.values[:row] + c.values[row + 1 :]) for c in columns)

    return replace(table, independent=of(table.independent), dependent=of(table.dependent))


def exchanged(table, one, two):
    """The table with two rows exchanged."""

    def of(columns):
        cells = [list(c.values) for c in columns]
        for each in cells:
            each[one], each[two] = each[two], each[one]
        return tuple(replace(c, values=tuple(each)) for c, each in zip(columns, cells, strict=True))

    return replace(table, independent=of(table.independent), dependent=of(table.dependent))


def plain():
    return points(*oval())


def unqualified(table):
    """Without any qualifier."""
    return replace(
        table, dependent=tuple(replace(c, qualifiers=()) for c in table.dependent), description="A b"
    )


def repeated(table, row=4):
    """The table with one row twice."""
    for name in {c.name for c in table.columns}:
        table = changed(table, name, values(lambda cells: [*cells[: row + 1], *cells[row:]]))
    return table


def expected_raised():
    """The expected limit above all its bands."""

    def raised(c):
        return times(2.5)(c) if c.name.endswith("expected") else c

    return changed(good.bands(), "upper limit on epsilon, expected", raised)


def upper_edges_exchanged():
    """The upper edges of +1 and -1 sigma under each other's name."""
    table = good.bands_of_edges()
    names = {
        "upper epsilon, expected -1 sigma": "upper epsilon, expected +1 sigma",
        "upper epsilon, expected +1 sigma": "upper epsilon, expected -1 sigma",
    }
    dependent = tuple(replace(c, name=names.get(c.name, c.name)) for c in table.dependent)
    return replace(table, dependent=dependent)


def swapped():
    mass, coupling = oval()
    return points(coupling, mass)


def one_piece(first, second):
    """Two islands under one number."""
    table = with_pieces([first, second])
    return changed(table, "piece", values(lambda cells: [0] * len(cells)))


def spliced():
    """Two islands in one closed curve: there and back by long lines."""
    (m, c), (n, d) = oval(0.1, n=30), oval(1.2, 2e-7, 0.1, 0.3, 30)
    return points(np.concatenate([m[:-1], n[:-1], m[:1]]), np.concatenate([c[:-1], d[:-1], c[:1]]))


def with_error(bar, row=0):
    table = good.counts()
    return changed(
        table,
        "background",
        lambda c: replace(c, errors=tuple((bar,) if k == row else bars for k, bars in enumerate(c.errors))),
    )


def bad_bands(name, factor):
    return changed(good.bands(), name, times(factor))


def bare(table, **changes):
    """A record of one table of which something is not said."""
    made = record(table)
    return replace(made, tables=tuple(replace(each, **changes) for each in made.tables))


TABLE_FAULTS = {
    "NaN": ("not-a-number", lambda: changed(plain(), "epsilon", put(3, float("nan")))),
    "inf": ("not-a-number", lambda: changed(plain(), "epsilon", put(3, float("inf")))),
    "nan as a word": ("not-a-number", lambda: changed(plain(), "epsilon", put(3, "NaN"))),
    "NaN in an error": ("not-a-number", lambda: with_error(ErrorBar(float("nan"), float("nan"), "", True))),
    "a number as text": ("number-as-text", lambda: changed(plain(), "epsilon", put(5, "1.2e-7"))),
    "1e-5 without a point": (
        "number-as-text",
        lambda: changed(plain(), "epsilon", values(lambda v: ["1e-5"] * len(v))),
    ),
    "decimal comma": ("number-as-text", lambda: changed(plain(), "mass", put(5, "0,35"))),
    "less than": ("text-among-numbers", lambda: changed(plain(), "epsilon", put(5, "<1e-7 (exp)"))),
    "unequal lengths": ("unequal-lengths", lambda: changed(plain(), "epsilon", values(lambda v: v[:-1]))),
    "mass without units": ("missing-units", lambda: changed(plain(), "mass", lambda c: replace(c, units=""))),
    "ALP coupling without units": (
        "missing-units",
        lambda: changed(good.alp(), "C_ff", lambda c: replace(c, units="")),
    ),
    "unknown unit": ("unknown-units", lambda: changed(plain(), "mass", lambda c: replace(c, units="GeVs"))),
    "no CL": ("missing-cl", lambda: unqualified(plain())),
    "no CL of CLs": ("missing-cl", lambda: unqualified(grid())),
    "CL 0.05": ("unlikely-cl", lambda: points(*oval(), qualifiers=(Qualifier("CL", 0.05),))),
    "coupling without a name": (
        "unnamed-coupling",
        lambda: points(*oval(), name="coupling", qualifiers=(CL,)),
    ),
    "a negative coupling": ("negative-coupling", lambda: changed(plain(), "epsilon", put(7, -1e-6))),
    "zero as coupling": ("negative-coupling", lambda: changed(plain(), "epsilon", put(7, 0.0))),
    "log10 given as epsilon": ("log10-as-linear", lambda: points(oval()[0], np.log10(oval()[1]))),
    "log10 in edges": ("log10-as-linear", lambda: edges([0.1, 0.2, 0.3], [-7.0] * 3, [-5.0, -5.5, -6.0])),
    "log10 of the mass": ("negative-mass", lambda: points(np.log10(oval()[0]), oval()[1])),
    "epsilon under log10": ("linear-as-log10", lambda: points(*oval(), name="log10(epsilon)")),
    "epsilon of 3": (
        "coupling-range",
        lambda: edges([1.0, 2.0, 3.0], [0.1] * 3, [0.5, 3.0, 0.5], qualifiers=(CL,)),
    ),
    "BR of 1.3": (
        "coupling-range",
        lambda: points([0.1, 0.2, 0.3], [0.5, 1.3, 0.2], name="upper limit on BR", qualifiers=(CL,)),
    ),
    "CLs of 1.2": ("probability-range", lambda: changed(grid(), "CLs", put(4, 1.2))),
    "acceptance in percent": (
        "probability-range",
        lambda: changed(good.acceptance(), "acceptance", put(4, 12.0)),
    ),
    "negative events": ("negative-events", lambda: changed(good.counts(), "background", put(0, -0.02))),
    "negative symerror": ("negative-error", lambda: with_error(ErrorBar(-0.1, 0.1, "", symmetric=True))),
    "plus and minus exchanged": ("negative-error", lambda: with_error(ErrorBar(-0.04, 0.015))),
    "an error of nothing": (
        "error-of-missing",
        lambda: changed(with_error(ErrorBar(0.1, -0.1), 2), "background", put(2, "-")),
    ),
    "a row twice": (
        "duplicated-rows",
        lambda: exchanged(
            changed(
                changed(plain(), "mass", values(lambda v: [*v[:5], v[4], *v[5:]])),
                "epsilon",
                values(lambda v: [*v[:5], v[4], *v[5:]]),
            ),
            0,
            0,
        ),
    ),
    "a node of the grid twice": ("duplicated-rows", lambda: repeated(grid())),
    "a hole in the grid": ("incomplete-grid", lambda: without(grid(), 20)),
    "an axis in disorder": (
        "disordered-grid",
        lambda: grid(mass=np.array([0.05, 0.1, 0.02, 0.2, 0.4, 0.8])),
    ),
    "too fine a heat map": (
        "too-many-rows",
        lambda: grid(mass=np.geomspace(0.05, 1.5, 80), coupling=np.geomspace(1e-8, 1e-4, 80)),
    ),
    "open contour": ("open-contour", lambda: without(plain(), 40)),
    "half a contour": ("open-contour", lambda: points(*(part[5:33] for part in oval()))),
    "crossing itself": ("self-intersecting", lambda: exchanged(plain(), 10, 14)),
    "points sorted by mass": (
        "self-intersecting",
        lambda: points(*(p[[0, 9, 1, 8, 2, 7, 3, 6, 4, 5, 0]] for p in oval(n=12))),
    ),
    "islands under one number": ("islands-joined", lambda: one_piece(oval(0.1), oval(1.2, 2e-7, 0.1, 0.3))),
    "islands in one curve": ("islands-joined", spliced),
    "rows of two pieces mixed": (
        "mixed-pieces",
        lambda: exchanged(with_pieces([oval(0.3), oval(1.2, 2e-7, 0.1, 0.3)]), 20, 60),
    ),
    "edges exchanged": ("edges-exchanged", lambda: edges([0.1, 0.2, 0.3], [1e-5] * 3, [1e-7] * 3)),
    "-2 sigma above -1 sigma": (
        "bands-out-of-order",
        lambda: bad_bands("upper limit on epsilon, expected -2", 1.5),
    ),
    "bands of contours exchanged": (
        "bands-out-of-order",
        lambda: changed(
            good.nested_bands(),
            "curve",
            values(lambda v: [x.replace("-2", "@").replace("-1", "-2").replace("@", "-1") for x in v]),
        ),
    ),
    "expected above +1 sigma": ("expected-outside-bands", expected_raised),
    "edges of bands inside out": ("expected-outside-bands", lambda: good.bands_of_edges((1.0, 1.2, 1.5))),
    "only the upper edges inside out": ("expected-outside-bands", upper_edges_exchanged),
    "ratios of bands inside out": ("expected-outside-bands", lambda: good.bands_of_a_grid((1.0, 1.2, 1.5))),
    "a mass above the energy": (
        "mev-labelled-gev",
        lambda: replace(points(1e3 * oval()[0], oval()[1], qualifiers=(CL,)), keywords=good.KEYWORDS),
    ),
    "GeV labelled MeV": ("gev-labelled-mev", lambda: points(*oval(), units="MeV")),
    "GeV labelled MeV, scalar": (
        "gev-labelled-mev",
        lambda: changed(good.scalar(), "mass", lambda c: replace(c, units="MeV")),
    ),
    "MeV labelled GeV": ("mev-labelled-gev", lambda: points(1e3 * oval()[0], oval()[1])),
    "square as epsilon": ("square-as-coupling", lambda: points(oval()[0], oval()[1] ** 2)),
    "square as sin theta": (
        "square-as-coupling",
        lambda: changed(good.scalar(), "$", lambda c: replace(c, name=r"$\sin\theta$")),
    ),
    "epsilon as its square": ("coupling-as-square", lambda: points(*oval(), name="epsilon^2")),
    "exchanged columns": ("swapped-columns", swapped),
    "exchanged columns, no model": (
        "swapped-columns",
        lambda: points(oval()[1], oval()[0], qualifiers=(CL,)),
    ),
    "exclusion by too few protons": (
        "impossible-exclusion",
        lambda: points(*oval(), qualifiers=(CL, Qualifier("POT", 1e10), *good.NA62[2:])),
    ),
    "beam energy as sqrt(s)": ("cm-energy", lambda: replace(plain(), keywords={"cmenergies": (400.0,)})),
}


@pytest.mark.parametrize("name", TABLE_FAULTS)
def test_a_fault_is_found_by_its_rule(name):
    rule, make = TABLE_FAULTS[name]
    assert rule in {finding.rule for finding in lint(record(make()))}


RECORD_FAULTS = {
    "no description": ("missing-description", lambda: bare(plain(), description="")),
    "no keywords": ("missing-keywords", lambda: bare(plain(), keywords={})),
    "an empty keyword": ("missing-keywords", lambda: bare(plain(), keywords={"reactions": ()})),
    "a long name": ("long-name", lambda: bare(plain(), name="x" * 65)),
    "two tables of one name": (
        "repeated-name",
        lambda: replace(record(plain(), plain()), tables=(record(plain()).tables[0],) * 2),
    ),
    "an unknown file": (
        "unknown-file",
        lambda: replace(record(plain()), files=record(plain()).files | {".DS_Store": 10}),
    ),
    "a model that is not there": (
        "missing-file",
        lambda: replace(record(plain()), resources=(Resource("workspace.json", "model", "HistFactory"),)),
    ),
    "no thumbnail": ("missing-thumbnail", lambda: bare(plain(), resources=(("t0.png", "Image file"),))),
    "no picture": ("missing-thumbnail", lambda: bare(plain(), resources=())),
    "a picture that is none": ("bad-picture", lambda: replace(record(plain()), images={"t0.png": b"GIF89a"})),
    "a thumbnail of full size": (
        "bad-picture",
        lambda: replace(record(plain()), images={"t0.png": good.PNG, "thumb_t0.png": good.PNG}),
    ),
    "a table of 11 MB": (
        "too-large",
        lambda: replace(record(plain()), files=record(plain()).files | {"t0.yaml": 11_000_000}),
    ),
    "60 MB in all": (
        "too-large",
        lambda: replace(record(plain()), files=record(plain()).files | {"t0.png": 60_000_000}),
    ),
    "one table of another unit": (
        "unlike-masses",
        lambda: record(*(points(oval()[0] * f, oval()[1], qualifiers=(CL,)) for f in (1, 1, 1e-3))),
    ),
}


@pytest.mark.parametrize("name", RECORD_FAULTS)
def test_a_fault_of_a_record_is_found_by_its_rule(name):
    rule, make = RECORD_FAULTS[name]
    assert rule in {finding.rule for finding in lint(make())}


def test_every_rule_has_a_fault_and_says_what_it_looks_for():
    tried = {rule for rule, _ in (*TABLE_FAULTS.values(), *RECORD_FAULTS.values())}
    assert tried == set(RULES)
    assert all(len(text) > 20 for text in RULES.values())
    assert len(GOOD) >= 20
    assert len(TABLE_FAULTS) >= 30


def test_a_finding_says_place_value_and_mend():
    (finding,) = lint(record(changed(plain(), "epsilon", put(7, -1e-6))))
    assert str(finding) == (
        "'contour 0', 'epsilon', row 8: -1e-06; expected a positive number [negative-coupling]"
    )


# --- crossing lines -----------------------------------------------------------------------------------


@given(n=st.integers(4, 60), seed=st.integers(0, 1000))
def test_a_star_shaped_polygon_does_not_cross_itself(n, seed):
    """Angles in order about a point: simple, whatever the radii."""
    radius = np.random.default_rng(seed).uniform(0.2, 1.0, n)
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    polygon = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    assert first_crossing(np.vstack([polygon, polygon[:1]])) is None


@given(n=st.integers(5, 40), at=st.integers(0, 36))
def test_two_exchanged_points_of_a_circle_cross(n, at):
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    circle = np.column_stack([np.cos(angle), np.sin(angle)])
    k = at % (n - 3)
    circle[[k, k + 1]] = circle[[k + 1, k]]
    assert first_crossing(np.vstack([circle, circle[:1]])) is not None


def test_the_documentation_names_every_rule():
    page = Path(__file__).parents[3] / "docs" / "how-to" / "hepdata.md"
    listed = page.read_text(encoding="utf-8").partition("## Lint")[2].partition("###")[0]
    assert set(re.findall(r"`([a-z0-9-]+)`", listed)) == set(RULES)

"""What a run exports is what is imported: the four layouts, to the last digit."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError
from feebly.limits.contour import edges_at
from feebly.limits.results import ContourPiece
from feebly.publish.hepdata.contour_tables import edges_of, expected_contours, observed_contour
from feebly.publish.hepdata.export import export_run
from feebly.publish.hepdata.grids import closed_regions, grid_of
from feebly.publish.hepdata.limit_tables import limits_of
from feebly.publish.hepdata.record_reader import find_table, read_record
from feebly.publish.hepdata.record_writer import record_files, write_record
from feebly.publish.hepdata.saved_result import read_saved_result
from feebly.publish.hepdata.scan_tables import cls_grid
from feebly.report.contour_table import read_contours
from feebly.report.saved_grid import read_saved_grid
from publish.hepdata.good_tables import PNG, THUMB
from publish.hepdata.runs import bare_run, coarse
from report.synthetic import synthetic_result

TIGHT = 1e-12


pytestmark = pytest.mark.usefixtures("plain_pictures")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return bare_run(coarse(synthetic_result(islands=True)), tmp_path_factory.mktemp("run") / "run")


@pytest.fixture(scope="module")
def records(folder, plain_pictures, tmp_path_factory):
    """The record of the run in each layout, written as a zip and read back; contours alone but for points."""
    out = tmp_path_factory.mktemp("records")
    found = {"points": read_record(export_run(folder, factors=False).write(out / "points.zip"))}
    run = read_saved_result(folder)
    for layout in ("index", "edges", "grid"):
        tables = [observed_contour(run, layout), expected_contours(run, layout)]
        files = record_files(tables, {table.name: (PNG, THUMB) for table in tables}, "contours", {})
        found[layout] = read_record(write_record(files, out / f"{layout}.zip"))
    return found


def pieces_of(folder, kind):
    return [piece for piece in read_contours(folder / "contours.csv") if piece.kind == kind]


@pytest.mark.parametrize("layout", ["points", "index"])
@pytest.mark.parametrize("kind", ["observed", "expected"])
def test_points_come_back_exactly(folder, records, layout, kind):
    record = records[layout]
    name = {"observed": "T1 observed contour", "expected": "T2 expected contours"}[kind]
    (limit,) = limits_of(find_table(record, name))
    assert (limit.kind, limit.coupling, limit.cl, limit.region) == (kind, "epsilon", 0.9, "inside")
    assert (limit.model, limit.pot, limit.final_states) == ("dark-photon", 1.4e17, ("ee", "mumu"))
    for found, piece in zip(limit.pieces, pieces_of(folder, kind), strict=True):
        assert_allclose(found.mass_gev, piece.mass_gev, rtol=TIGHT)
        assert_allclose(found.coupling, piece.coupling, rtol=TIGHT)


def test_edges_come_back_as_the_same_polygon(folder, records):
    (limit,) = limits_of(find_table(records["edges"], "T1 observed contour"))
    assert limit.read_as.startswith("layout edges")
    for found, piece in zip(limit.pieces, pieces_of(folder, "observed"), strict=True):
        back = ContourPiece("observed", 0, found.mass_gev, found.coupling)
        inner = np.geomspace(piece.mass_gev.min(), piece.mass_gev.max(), 400)[1:-1]
        for mass in inner:
            assert_allclose(edges_at([back], mass), edges_at([piece], mass), rtol=TIGHT)


def test_a_grid_gives_the_contour_of_the_numbers_of_the_run(folder, records):
    (limit,) = limits_of(find_table(records["grid"], "T1 observed contour"))
    run = read_saved_grid(folder)
    ratio = run.total / run.s_up[:, None]
    expected = closed_regions(run.mass_gev, run.coupling, ratio, 1.0)
    assert len(expected) == len(limit.pieces) > 0
    for found, curve in zip(limit.pieces, expected, strict=True):
        assert_allclose(np.column_stack([found.mass_gev, found.coupling]), curve, rtol=TIGHT)


def test_the_cls_grid_gives_a_contour_near_the_observed_one(folder, records):
    """The run has 18 couplings on five decades: edges are good to the curvature of ln CLs in a cell."""
    (limit,) = limits_of(find_table(records["points"], "T3 CLs"))
    back = [ContourPiece("observed", n, p.mass_gev, p.coupling) for n, p in enumerate(limit.pieces)]
    for mass in (0.05, 0.1, 0.3):
        (low, up), (true_low, true_up) = (
            edges_at(each, mass)[0] for each in (back, pieces_of(folder, "observed"))
        )
        assert low == pytest.approx(true_low, rel=0.2)
        assert up == pytest.approx(true_up, rel=0.2)


def test_grids_come_back_exactly(folder, records):
    run = read_saved_grid(folder)
    grid = grid_of(find_table(records["points"], "T4 signal yield"))
    assert [axis.role for axis in grid.axes] == ["mass", "coupling"]
    assert_allclose(grid.axes[0].values, run.mass_gev, rtol=TIGHT)
    assert_allclose(grid.values["signal events"], run.total, rtol=TIGHT)
    assert_allclose(grid.values["signal events in mumu"], run.yields["mumu"], rtol=TIGHT)
    assert grid.qualifiers["pot"].value == 1.4e17
    errors = np.zeros(run.total.size)
    for row, bar in find_table(records["points"], "T4 signal yield").dependent[0].error_rows:
        errors[row] = bar.plus
    assert_allclose(errors, (run.arrays["mc_error"] * run.total).ravel(), rtol=TIGHT)
    assert grid.column_qualifiers["signal events in mumu"]["final state"].value == "mumu"


def test_equal_runs_give_equal_bytes_and_a_folder_the_same_tables(folder, records, tmp_path):
    again = export_run(folder, "points", factors=False)
    assert again.write(tmp_path / "record.zip").read_bytes() == Path(records["points"].source).read_bytes()
    loose = read_record(again.write(tmp_path / "record"))
    assert loose.files == records["points"].files
    for one, two in zip(loose.tables, records["points"].tables, strict=True):
        assert [c.values for c in one.columns] == [c.values for c in two.columns]
        assert (one.name, one.description, one.keywords) == (two.name, two.description, two.keywords)


# --- edges of any simple polygon ----------------------------------------------------------------------


def closed(lower, upper):
    """A piece from its two edges, each a list of (mass, coupling) by rising mass."""
    points = np.array([*lower, *upper[::-1], lower[0]])
    return ContourPiece("observed", 0, *points.T)


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000), n=st.integers(0, 8), k=st.integers(0, 8), turn=st.integers(0, 30))
def test_edges_of_a_polygon_are_the_polygon(seed, n, k, turn):
    """Vertices of both edges at masses of their own, steps included; begun anywhere."""
    rng = np.random.default_rng(seed)

    def edge(size, low, high):
        masses = np.sort(
            np.concatenate([rng.uniform(0.2, 0.9, size), rng.choice([0.3, 0.5, 0.5], size // 2)])
        )
        return list(zip(masses, rng.uniform(low, high, masses.size), strict=True))

    left, right = (0.1, 3e-7), (1.0, 3e-7)
    piece = closed([left, *edge(n, 1e-7, 2e-7), right], [left, *edge(k, 4e-7, 9e-7), right])
    points = np.column_stack([piece.mass_gev, piece.coupling])[:-1]
    points = np.roll(points, turn % len(points), axis=0)
    points = points[:: rng.choice([-1, 1])]
    piece = ContourPiece("observed", 0, *np.vstack([points, points[:1]]).T)
    rows = edges_of(piece)
    assert (np.diff(rows[:, 0]) >= 0).all()
    assert (rows[:, 1] <= rows[:, 2]).all()
    both = {(m, c) for m, low, up in rows for c in (low, up)}
    assert {(m, c) for m, c in points} <= both  # every vertex is a row
    for mass in rng.uniform(0.11, 0.99, 10):
        low, up = (np.exp(np.interp(np.log(mass), np.log(rows[:, 0]), np.log(rows[:, c]))) for c in (1, 2))
        assert_allclose([(low, up)], edges_at([piece], mass), rtol=1e-9)


def test_two_intervals_at_a_mass_are_refused_in_edges():
    """A curve like the letter C: the upper edge turns back."""
    mass = np.array([0.1, 0.5, 0.5, 0.2, 0.2, 0.5, 0.5, 0.1, 0.1])
    coupling = np.array([1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0, 1.0]) * 1e-7
    with pytest.raises(ConfigError, match=r"piece 0: more than one interval .* use --layout points"):
        edges_of(ContourPiece("observed", 0, mass, coupling))


# --- regions of a grid --------------------------------------------------------------------------------


def test_a_power_law_is_cut_where_it_is_one():
    """ln N is linear in ln m and ln C: the contour is exact."""
    mass, coupling = np.geomspace(0.1, 1, 7), np.geomspace(1e-8, 1e-4, 9)
    events = mass[:, None] ** 1.5 * (coupling / 1e-6) ** 2
    (curve,) = closed_regions(mass, coupling, 2.3 * events, 2.3)
    assert (curve[0] == curve[-1]).all()
    inside = (curve[:, 1] < 0.99e-4) & (curve[:, 0] > 0.101) & (curve[:, 0] < 0.99)
    assert inside.sum() >= 5
    assert_allclose(curve[inside, 1], 1e-6 * curve[inside, 0] ** -0.75, rtol=1e-12)


def test_a_hole_is_a_piece_of_its_own_and_missing_nodes_are_outside():
    mass, coupling = np.geomspace(0.1, 1, 30), np.geomspace(1e-8, 1e-4, 30)
    far = np.hypot(np.log(mass[:, None] / 0.3), np.log(coupling / 1e-6) / 3)
    ring = np.exp(1 - 4 * (far - 0.6) ** 2 / 0.04)
    assert len(closed_regions(mass, coupling, ring, 1.0)) == 2
    assert closed_regions(mass, coupling, np.full((30, 30), np.nan), 1.0) == []


def test_what_is_below_a_level_is_what_is_not_above_it():
    mass, coupling = np.geomspace(0.1, 1, 12), np.geomspace(1e-8, 1e-4, 12)
    values = np.exp(-(np.log(mass[:, None]) ** 2) - np.log(coupling / 1e-6) ** 2 / 9)
    (above,) = closed_regions(mass, coupling, values, 0.4)
    (below,) = closed_regions(mass, coupling, 1 / values, 1 / 0.4, below=True)
    assert_allclose(above, below, rtol=1e-12)


def test_thinned_grids_are_points_of_the_run(folder):
    """100 x 90 becomes 70 x 70, each node one of the run; the table says so."""
    mass, coupling = np.geomspace(0.01, 2, 100), np.geomspace(1e-8, 1e-3, 90)
    cls = np.random.default_rng(1).random((100, 90))
    run = read_saved_result(folder)
    arrays = {"mass_gev": mass, "coupling": coupling, "cls": cls}
    table = cls_grid(replace(run, grid=replace(run.grid, arrays=arrays)))
    found = grid_of(table)
    assert table.rows == 4900
    assert "none is interpolated" in table.description
    rows = np.searchsorted(mass, found.axes[0].values)
    columns = np.searchsorted(coupling, found.axes[1].values)
    assert_allclose(found.axes[1].values, coupling[columns], rtol=TIGHT)
    assert_allclose(found.values["CLs"], cls[np.ix_(rows, columns)], rtol=TIGHT)
    assert (rows[[0, -1]] == [0, 99]).all()
    assert (columns[[0, -1]] == [0, 89]).all()

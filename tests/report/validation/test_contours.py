"""Rows of contours, with curves made of the references themselves."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.analysis.analysis import load_analysis
from feebly.core.errors import ConfigError
from feebly.report.validation.contours import (
    calibrated_on,
    contour_rows,
    distance_rows,
    edge_rows,
    edge_step,
    projection_rows,
    reference_curves,
    reference_points,
)
from feebly.report.validation.curves import closed_piece
from feebly.report.validation.plan import ContourReference, validation_plan
from feebly.report.validation.rows import ValidationReport

TABLE = "# m,low,up,peak\n0.2,5e-7,4e-6,20\n0.3,4e-7,3e-6,15\n0.5,5e-7,9e-7,3.0\n"
REFERENCE = ContourReference(
    "pilot", "mumu", "table", "here", 0.03, 0.03, file="t.csv", tuned_lower=(0.2, 0.3)
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "contours").mkdir()
    (tmp_path / "contours" / "t.csv").write_text(TABLE)
    return tmp_path


def scaled(folder, factor):
    (piece,) = reference_curves(REFERENCE, folder / "contours" / "t.csv")
    return (replace(piece, coupling=piece.coupling * factor),)


def test_own_curve_equal_to_the_table(folder):
    rows = list(edge_rows(scaled(folder, 1.0), REFERENCE, "itself", folder))
    assert [row.name for row in rows] == 2 * ["0.2 GeV", "0.3 GeV", "0.5 GeV"]
    assert_allclose([row.ratio for row in rows], 1.0, rtol=1e-12)
    assert [row.own for row in rows[:2]] == pytest.approx([5e-7, 4e-7], rel=1e-12, abs=0)
    assert [row.own for row in rows[3:5]] == pytest.approx([4e-6, 3e-6], rel=1e-12, abs=0)


def test_tolerances_and_calibrated_rows(folder):
    rows = list(edge_rows(scaled(folder, 1.05), REFERENCE, "itself", folder))
    # N_peak = 3.0 < 1.5 ln 10: 10% instead of 3%
    assert [row.verdict for row in rows] == 2 * ["outside", "outside", "ok"]
    assert [row.tuned for row in rows] == ["itself", "itself", None, None, None, None]


def test_a_mass_that_is_not_excluded_is_outside(folder):
    own = (closed_piece(np.array([0.25, 0.6, 0.6, 0.25]), np.array([5e-7, 5e-7, 3e-6, 3e-6])),)
    rows = list(edge_rows(own, REFERENCE, "", folder))
    assert rows[0].own is None
    assert rows[0].verdict == "outside"


def test_a_reference_without_tolerance_is_for_information(folder):
    told = replace(REFERENCE, tolerance_lower=None, tolerance_upper=None)
    rows = list(edge_rows(scaled(folder, 1.5), told, "", folder))
    assert {row.verdict for row in rows} == {"info"}
    assert_allclose([row.ratio for row in rows], 1.5, rtol=1e-12)
    assert "rms 50.0%: for information" in ValidationReport(tuple(rows)).text()
    assert ValidationReport(tuple(rows)).passed
    with pytest.raises(ConfigError, match=r"tolerance_upper = -0\.1"):
        replace(REFERENCE, tolerance_upper=-0.1)


def test_missing_file_is_one_skipped_row(folder):
    (row,) = edge_rows((), replace(REFERENCE, file="u.csv"), "", folder)
    assert row.verdict.startswith("skipped: contours/u.csv is not in the folder")
    assert list(distance_rows((), replace(REFERENCE, file="u.csv"), folder)) == []
    (row,) = edge_rows((), REFERENCE, "", None)
    assert row.verdict.startswith("skipped: no folder of references")


def told(rows):
    return {row.name.split(" (at")[0]: row.own for row in rows}


def test_area_of_a_table_ends_with_its_masses(folder):
    wider = closed_piece(
        np.array([0.1, 0.2, 0.3, 0.5, 0.8, 0.5, 0.3, 0.2]),
        np.array([1e-6, 5e-7, 4e-7, 5e-7, 7e-7, 9e-7, 3e-6, 4e-6]),
    )
    rows = list(distance_rows((wider,), REFERENCE, folder))
    assert {row.verdict for row in rows} == {"info"}
    assert told(rows)["intersection over union"] == pytest.approx(1.0, rel=1e-9, abs=0)
    assert told(distance_rows(scaled(folder, 2.0), REFERENCE, folder))["intersection over union"] < 0.7


def test_distances_are_those_of_shifted_edges(folder):
    (piece,) = scaled(folder, 1.0)
    factor = np.where(np.arange(piece.coupling.size) < 3, 1.3, 1.0)  # the lower edge alone
    factor[-1] = 1.3
    rows = told(distance_rows((replace(piece, coupling=piece.coupling * factor),), REFERENCE, folder))
    assert_allclose(rows["lower edge, median"], np.log10(1.3), rtol=1e-9)
    assert_allclose(rows["lower edge, worst"], np.log10(1.3), rtol=1e-9)
    assert_allclose(rows["upper edge, worst"], 0.0, atol=1e-9)


def test_area_is_that_of_the_scanned_masses(folder):
    """A box scanned over one of the two decades of the reference."""
    (folder / "contours" / "s.csv").write_text("1,1e-7\n100,1e-7\n100,1e-5\n1,1e-5\n")
    own = (closed_piece(np.array([10.0, 100, 100, 10]), np.array([1e-7, 1e-7, 1e-5, 1e-5])),)
    rows = told(distance_rows(own, CURVE, folder, (10.0, 1000.0)))
    assert rows["intersection over union"] == pytest.approx(1.0, rel=1e-9, abs=0)
    rows = told(distance_rows(own, CURVE, folder))
    assert rows["intersection over union"] == pytest.approx(0.5, rel=1e-9, abs=0)


def test_median_and_worst_of_a_rising_distance(folder):
    """log10 of the ratio rises as the square of ln m: its median is that of the middle mass."""
    (folder / "contours" / "s.csv").write_text("1,1e-7\n100,1e-7\n100,1e-5\n1,1e-5\n")
    x = np.linspace(0, 2, 2001)
    mass = np.concatenate([10**x, 10 ** x[::-1]])
    own = closed_piece(mass, np.concatenate([1e-7 * 10 ** (x**2 / 4), np.full(x.size, 1e-5)]))
    rows = told(distance_rows((own,), CURVE, folder))
    assert_allclose(rows["lower edge, median"], 0.25, rtol=0.01)
    assert_allclose(rows["lower edge, worst"], 1.0, rtol=0.01)
    assert_allclose(rows["upper edge, median"], 0.0, atol=1e-9)


def test_edges_on_the_frame_of_a_figure_say_nothing(folder):
    rows = told(distance_rows(scaled(folder, 1.0), REFERENCE, folder, frame=(1e-8, 4.05e-6)))
    assert rows["upper edge, worst"] == pytest.approx(0.0, abs=1e-12)
    assert "lower edge, median" in rows
    rows = told(distance_rows(scaled(folder, 1.0), REFERENCE, folder, frame=(1e-8, 5e-7)))
    assert "upper edge, median" not in rows


CURVE = ContourReference(
    "square", "p", "curve", "", 0.5, 0.5, file="s.csv", masses_gev=(0.2, 0.5), information_gev=(0.7,), power=2
)


def test_projection_is_compared_in_the_coupling_of_the_reference(folder):
    """A box in (m, sin theta) against the box of its squares, cut off at a corner of the figure."""
    (folder / "contours" / "s.csv").write_text("0.1,1e-12\n1,1e-12\n1,1e-8\n0.3,1e-8\n")
    box = closed_piece(np.array([0.1, 1.0, 1.0, 0.1]), np.array([1.1e-6, 1.1e-6, 1e-4, 1e-4]))
    reference = replace(CURVE, corners=((0.1, 1e-8),))
    projection = type("P", (), {"coupling": (1e-8, 1.0, 10), "mass_gev": (0.01, 2.0, 10)})()
    rows = list(projection_rows(projection, reference, folder, lambda: (box,)))
    lower = [row for row in rows if row.group == "contour square: lower edge"]
    assert_allclose([row.ratio for row in lower], 1.21, rtol=1e-9)
    elsewhere = [row for row in rows if "elsewhere" in row.group]
    assert [row.verdict for row in elsewhere] == ["info", "info"]
    shared = 1 - np.log10(1.21) / 4
    assert told(rows)["intersection over union"] == pytest.approx(shared, rel=1e-9, abs=0)
    # without the corner the straight line from the last point to the first cuts the area
    rows = told(projection_rows(projection, CURVE, folder, lambda: (box,)))
    assert rows["intersection over union"] < shared - 0.05


def test_projection_without_reference_is_not_made(folder):
    def never():
        raise AssertionError("asked for")

    projection = type("P", (), {"coupling": (1e-8, 1.0, 10), "mass_gev": (0.01, 2.0, 10)})()
    (row,) = projection_rows(projection, CURVE, folder, never)
    assert row.verdict.startswith("skipped: contours/s.csv is not in the folder")


def test_remark_stands_beside_rows_outside_alone(folder):
    remarked = replace(REFERENCE, remark="known")
    rows = list(edge_rows(scaled(folder, 1.05), remarked, "", folder))
    assert [row.remark for row in rows] == 2 * ["known", "known", None]


def test_curve_of_points_is_read_at_the_masses(folder):
    (folder / "contours" / "c.txt").write_text("0.1 1e-6\n1.0 1e-7\n1.0 1e-5\n")
    reference = ContourReference("c", "mumu", "curve", "", 0.1, 0.1, file="c.txt", masses_gev=(10**-0.5, 2.0))
    (point,) = reference_points(reference, folder / "contours" / "c.txt")
    assert_allclose(point, (10**-0.5, 10**-6.5, 10**-5.5, np.inf), rtol=1e-12)


def test_step_is_measured_from_the_slope_around_it():
    notch = validation_plan().notch[0]
    left, right = notch.sides_gev
    mass = np.array([0.3, left, 0.4071, 0.4071, 0.4149, 0.4149, right, 0.5])
    smooth = 4e-7 * (mass / 0.4) ** 0.8
    lower = smooth * np.where(abs(mass - 0.411) < 0.004, 1.255, 1.0)
    lower[[2, 5]] = smooth[[2, 5]]  # vertical steps
    upper = 5e-6 * (mass / 0.4) ** -3
    own = (closed_piece(np.concatenate([mass, mass[::-1]]), np.concatenate([lower, upper[::-1]])),)
    assert edge_step(own, replace(notch, edge="lower")) == pytest.approx(1.255, rel=1e-9, abs=0)
    assert edge_step(own, replace(notch, edge="upper")) == pytest.approx(1.0, rel=1e-9, abs=0)
    assert edge_step((), notch) is None


def test_calibrated_on_quotes_the_analysis():
    analysis, plan = load_analysis("na62-dump-2021"), validation_plan()
    assert "0.44 GeV" in calibrated_on(plan.runs["mumu"], analysis)
    assert calibrated_on(plan.runs["combined"], analysis).count("combined curve") == 1


def test_all_contour_rows_without_references():
    plan, analysis = validation_plan(), load_analysis("na62-dump-2021")
    own = (closed_piece(np.array([0.05, 0.53, 0.53, 0.05]), np.array([4e-7, 4e-7, 4e-6, 4e-6])),)
    rows = list(contour_rows(dict.fromkeys(plan.runs, own), plan, analysis, None))
    closing = {row.name: row for row in rows if row.group == "closing mass [GeV]"}
    assert closing["mumu"].own == 0.53
    assert closing["mumu"].verdict == "ok"
    assert closing["ee"].verdict == "outside"
    assert sum(row.skipped is not None for row in rows) == sum(c.file is not None for c in plan.contours)
    assert any(row.group == "edge at 411 MeV over its surroundings" and row.ratio for row in rows)


def test_rounding_of_points_is_added_to_the_tolerance():
    reference = ContourReference(
        "few digits", "ee", "points", "", 0.10, 0.12, rounding=0.01, points=((0.1, 5.8e-7, 1.4e-5),)
    )
    own = (closed_piece(np.array([0.05, 0.2, 0.2, 0.05]), np.array([5.2e-7, 5.2e-7, 1.4e-5, 1.4e-5])),)
    lower, upper = edge_rows(own, reference, "", None)
    assert (lower.tolerance, upper.tolerance) == pytest.approx((0.11, 0.13), rel=1e-12, abs=0)
    assert lower.verdict == "ok", "10.3% off, two digits"

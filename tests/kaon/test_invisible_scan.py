"""Two searches for an invisible X as one: no gap about the π0, the better one at each mass, observed data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError, DataError, DomainError
from feebly.kaon.invisible import load_invisible_search
from feebly.kaon.invisible_data import (
    Counted,
    CountTable,
    MassSquares,
    read_invisible_data,
    write_mass_squares,
)
from feebly.kaon.invisible_scan import InvisibleScan, load_invisible_scan
from feebly.report.kaon_invisible_report import invisible_rows

SCAN = load_invisible_scan()
PI_X = load_invisible_search()
LIGHT = PI_X.point(0.05)


def test_no_gap_between_the_searches():
    assert SCAN.ranges_gev == ((0.0, 0.26),)
    assert np.max(np.diff(SCAN.default_masses_gev)) < 0.00501
    alone = InvisibleScan((PI_X,))
    assert alone.ranges_gev == ((0.0, 0.11), (0.154, 0.26))


def test_curves_are_not_joined_across_a_gap_or_an_empty_mass():
    alone, masses = InvisibleScan((PI_X,)), np.array([0.1, 0.105, 0.11, 0.154, 0.16, 0.165])
    assert [part.tolist() for part in alone.pieces(masses)] == [[0, 1, 2], [3, 4, 5]]
    assert [part.tolist() for part in SCAN.pieces(masses)] == [[0, 1, 2, 3, 4, 5]]
    drawn = np.array([True, False, True, True, True, False])
    assert [part.tolist() for part in SCAN.pieces(masses, drawn)] == [[0], [2, 3, 4]]


def test_the_search_with_the_smaller_limit_is_taken():
    for mass, name in ((0.05, "pi-x-2016-22"), (0.11, "pi-x-2016-22"), (0.13, "pi0-invisible")):
        point = SCAN.point(mass)
        assert point.search == name
        assert SCAN.search(point).name == name
    limits = [s.point(0.11).expected_limit() for s in SCAN.searches]
    assert SCAN.point(0.11).expected_limit() == min(limits)
    with pytest.raises(DomainError, match="no search looks for it; expected a mass in 0-260 MeV"):
        SCAN.point(0.3)
    with pytest.raises(ConfigError, match="expected each once"):
        load_invisible_scan(("pi-x-2016-22", "pi-x-2016-22"))


def test_rows_say_which_search_and_what_was_seen():
    points = SCAN.points((0.05, 0.13))
    rows = invisible_rows(SCAN, points, (1.0,), 0.9)
    assert rows["search"] == ["pi-x-2016-22", "pi0-invisible"]
    assert_allclose(rows["n"], [np.nan, 12])
    assert_allclose(rows["branching_ratio_limit"], [np.nan, points[1].observed_limit(12)])
    assert all(
        np.greater(rows["expected_branching_ratio_limit_1_ns"], rows["expected_branching_ratio_limit"])
    )
    assert "branching_ratio_limit" not in invisible_rows(SCAN, points[:1], (), 0.9)


def test_missing_masses_are_counted_in_the_window(tmp_path):
    (low, high), *_ = LIGHT.window_gev2
    events = np.array([low - 1e-6, low + 1e-6, (low + high) / 2, high - 1e-6, high + 1e-6, 0.05])
    write_mass_squares(tmp_path / "m2.csv", events, ("a remark",))
    data = read_invisible_data(tmp_path / "m2.csv")
    assert isinstance(data, MassSquares)
    assert data.counted(LIGHT) == Counted(3)
    rows = invisible_rows(InvisibleScan((PI_X,)), (LIGHT,), (), 0.9, data)
    assert_allclose(rows["branching_ratio_limit"], [LIGHT.observed_limit(3)], rtol=1e-12)


def test_counts_for_each_mass(tmp_path):
    path = tmp_path / "counts.csv"
    path.write_text("# mine\nmass_mev,n,b,sigma_b\n60,2,1.5,0.5\n50,0,1.5,0\n", encoding="utf-8")
    data = read_invisible_data(path)
    assert isinstance(data, CountTable)
    assert_allclose(data.masses_gev, [0.05, 0.06], rtol=1e-12)
    assert data.counted(LIGHT) == Counted(0, 1.5, 0.0)
    assert data.counted(replace(LIGHT, mass_gev=0.06)) == Counted(2, 1.5, 0.5)
    with pytest.raises(DomainError, match="one of the data file"):
        data.counted(replace(LIGHT, mass_gev=0.07))
    limit = LIGHT.observed_limit(0, 1.5, 0.0)
    assert_allclose(limit, np.log(10) * LIGHT.sensitivity, rtol=1e-9)  # CLs, n = 0: any b


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("mass,n\n1,2\n", ":1: expected the header missing_mass2_gev2 or mass_mev,n,b or"),
        ("", ":1: expected the header"),
        ("mass_mev,n,b\n50,1.5,1\n", ":2: 50, 1.5, 1: expected a mass in MeV above 0, a whole number"),
        ("mass_mev,n,b\n50,1\n", ":2: 50,1: expected numbers"),
        ("mass_mev,n,b\n50,1,x\n", ":2: '50,1,x': expected numbers"),
        ("mass_mev,n,b\n50,1,-1\n", ":2: 50, 1, -1: expected"),
        ("mass_mev,n,b\n50,-1,1\n", ":2: 50, -1, 1: expected"),
        ("mass_mev,n,b\n50,1,nan\n", ":2: 50,1,nan: expected"),
        ("mass_mev,n,b\n", ": expected one mass at least, and each once"),
        ("mass_mev,n,b\n50,1,1\n50,1,1\n", ": expected one mass at least, and each once"),
    ],
)
def test_one_line_for_wrong_data(tmp_path, text, line):
    path = tmp_path / "wrong.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as refusal:
        read_invisible_data(path)
    assert f"{path}{line}" in str(refusal.value)
    assert "\n" not in str(refusal.value)

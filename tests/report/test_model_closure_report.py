"""Table, files and figure of a closure: every number is one of the result, and a failure is seen."""

import csv
import json
from dataclasses import replace

import pytest

from feebly.report.model_closure_report import (
    model_closure_csv,
    model_closure_dict,
    model_closure_figure,
    model_closure_text,
    write_model_closure,
)
from feebly.workflow.closure_result import FitSummary
from report.synthetic_closure import BRIGHT, DIM, synthetic_closure


def test_a_line_for_each_point_and_the_verdict():
    head, bright, dim, what, verdict = model_closure_text(synthetic_closure()).splitlines()
    assert head.split()[:5] == ["m", "[GeV]", "epsilon", "branch", "N"]
    assert bright.split()[:7] == ["0.05", "2e-05", "short-lived", "900", "0.015", "0.8", "11.0%"]
    assert "+0.020, 0.980" in bright
    assert "0.6%, -0.030, 1.020" in bright
    assert dim.endswith("ee 1.020 +- 0.014, mumu 0.993 +- 0.009")
    assert what == (
        "dark-photon in ee, mumu of na62-dump-2021, preset na62-ff-mixing: 2 points x 100 experiments"
    )
    assert verdict.startswith("counts of all points p = 0.7 (each and all p > 0.001)")
    assert "true point excluded at most 10%" in verdict
    assert verdict.endswith(": passed")


def test_failures_are_named():
    bad = replace(DIM, p_value=1e-5, excluded=40, fit=FitSummary(0.1, 0.0, (0.5, 1.0), None))
    text = model_closure_text(synthetic_closure(results=(BRIGHT, bad), p_value=1e-9, signal_scale=2.0))
    lines = text.splitlines()
    assert "FAILED" not in lines[1]
    assert lines[2].endswith("  FAILED: counts, coverage, pull")
    assert lines[3].endswith("2 points x 100 experiments, thrown signal x 2")
    assert lines[4].endswith(": FAILED (counts of all points, 1 of 2 points)")


def test_without_events_nothing_is_said_of_them():
    quiet = synthetic_closure(results=(replace(DIM, events=()),))
    assert "simulated events" not in model_closure_text(quiet)
    assert model_closure_dict(quiet)["events_p_value"] is None
    assert model_closure_dict(quiet)["points"][0]["simulated"] == {}


def test_the_dictionary_is_the_result():
    told = model_closure_dict(synthetic_closure())
    assert (told["passed"], told["failures"], told["seed"], told["experiments"]) == (True, [], 7, 100)
    assert told["criteria"]["excluded_at_most"] == pytest.approx(0.1)
    bright, dim = told["points"]
    assert bright["pull"] == [0.02, 0.98]
    assert bright["coupling_pull"] == [-0.03, 1.02]
    assert dim["pull"] is dim["coupling_pull"] is None
    assert (dim["excluded"], dim["excluded_by_enumeration"], dim["beyond_branch"]) == (0.08, 0.0821, 0.08)
    assert dim["solutions"] == [1e-6, 2.5e-6]
    assert dim["simulated"]["mumu"] == {
        "table": 1.5, "table_error": 0.01, "simulated": 1.49, "simulated_error": 0.01
    }  # fmt: skip


def test_a_slope_of_zero_has_no_error_of_the_coupling():
    flat = replace(DIM, fit=FitSummary(float("inf"), 1.0, None, None))
    told = model_closure_dict(synthetic_closure(results=(flat,)))
    assert told["points"][0]["coupling_relative_error"] is None
    json.dumps(told, allow_nan=False)


def test_files(tmp_path):
    write_model_closure(synthetic_closure(), tmp_path / "out", ["feebly", "closure", "dark-photon"])
    written = json.loads((tmp_path / "out" / "closure.json").read_text())
    assert written["provenance"]["command"] == ["feebly", "closure", "dark-photon"]
    assert {name: value for name, value in written.items() if name != "provenance"} == model_closure_dict(
        synthetic_closure()
    )
    comment, *table = (tmp_path / "out" / "closure.csv").read_text().splitlines()
    assert "100 experiments at each point, seed 7" in comment
    bright, dim = csv.DictReader(table)
    assert (bright["mass_gev"], bright["branch"], bright["failures"]) == ("0.05", "short-lived", "")
    assert bright["solutions"] == "1e-06 2e-05"
    assert dim["by_final_state"] == "ee=1 mumu=1.5"
    assert dim["simulated"] == "ee=1.02 mumu=0.993333"
    assert dim["pull"] == ""
    assert (tmp_path / "out" / "closure.png").read_bytes().startswith(b"\x89PNG")


def test_the_figure_shows_what_was_found():
    figure = model_closure_figure(synthetic_closure())
    counts, exclusions, pulls, events = figure.axes
    assert len(counts.lines) == 2 + 1 + 2  # points, all together, two limits
    (shown,) = [line for line in exclusions.lines if line.get_marker() == "^"]
    assert list(shown.get_xydata()[0]) == [900.0, 0.11]
    assert [text.get_text() for text in pulls.get_legend().get_texts()] == ["signal", "coupling epsilon"]
    assert [text.get_text() for text in events.get_legend().get_texts()] == [
        "e$^{+}$e$^{-}$", "μ$^{+}$μ$^{-}$"
    ]  # fmt: skip
    far = replace(BRIGHT, fit=FitSummary(0.006, 0.0, (-30.0, 1.1), (25.0, 0.7)))
    low, high = model_closure_figure(synthetic_closure(results=(far,))).axes[2].get_ylim()
    assert low < -30  # a failing pull is not cut off
    assert high > 25
    nothing = model_closure_figure(synthetic_closure(results=(replace(DIM, events=()),)))
    assert [text.get_text() for text in nothing.axes[3].texts] == ["no events simulated"]


def test_the_csv_has_as_many_cells_in_every_row():
    bad = replace(BRIGHT, p_value=1e-9, excluded=90)
    _, *table = model_closure_csv(synthetic_closure(results=(bad, DIM))).splitlines()
    assert {line.count(",") for line in table} == {16}
    failed, good = csv.DictReader(table)
    assert (failed["failures"], good["failures"]) == ("counts; coverage", "")

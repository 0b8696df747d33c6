"""Verdicts of rows and the printed table."""

import json

import pytest

from feebly.report.validation import Row, ValidationReport
from feebly.report.validation.rows import WIDTH


@pytest.mark.parametrize(
    ("own", "verdict"), [(1.0299, "ok"), (1.0301, "outside"), (0.9701, "ok"), (0.9699, "outside")]
)
def test_tolerance_is_relative_on_both_sides(own, verdict):
    row = Row("g", "n", own * 1e-7, 1e-7, 0.03)
    assert row.verdict == verdict
    assert row.ratio == pytest.approx(own, rel=1e-12, abs=0)


def test_other_verdicts():
    assert Row("g", "n", 2.0, 1.0).verdict == "info"
    assert Row("g", "n", skipped="no file").verdict == "skipped: no file"
    assert Row("g", "n", None, 1.0, 0.1).verdict == "outside", "an edge that is not there is no agreement"
    assert Row("g", "n", float("nan"), 1.0, 0.1).verdict == "outside"


REPORT = ValidationReport(
    (
        Row("contour a: lower edge", "0.1 GeV", 1.01e-7, 1e-7, 0.03, tuned="the curve itself"),
        Row("contour a: lower edge", "0.2 GeV", 1.08e-7, 1e-7, 0.03, tuned="the curve itself"),
        Row("contour a: lower edge", "0.3 GeV", 0.99e-7, 1e-7, 0.10),
        Row("other", "fraction", 0.99, 1.0, 0.02),
        Row("other", "area", 0.9, 1.0),
        Row("other", "waits", skipped="the model comes later"),
        Row("other", "strange", 2.0, 1.0, 0.02, remark="not understood"),
    )
)


def test_counts_and_verdict_of_the_report():
    assert REPORT.counts() == {"ok": 3, "outside": 2, "info": 1, "skipped": 1, "calibrated": 2}
    assert not REPORT.passed
    assert ValidationReport(REPORT.rows[3:6]).passed


def test_contours_are_folded_and_nothing_else():
    text = REPORT.text()
    assert "own/reference 0.990-1.080, rms 4.7%, tolerance 3%-10%: 2/3 masses ok, calibrated 2/3" in text
    lines = text.splitlines()
    assert not any("0.1 GeV" in line for line in lines)
    (outside,) = (line for line in lines if "0.2 GeV" in line)
    assert outside.endswith("1.080      3.0%  outside calibrated")
    assert "calibrated: the curve itself" in text
    assert "waits: skipped: the model comes later" in text
    assert "not understood" in text
    assert lines[-1].startswith("7 comparisons: 3 ok, 2 outside, 1 info, 1 skipped; 2 are calibrated")


def test_full_text_has_every_row():
    text = REPORT.text(full=True)
    assert all(row.name in text for row in REPORT.rows)
    assert sum("calibrated" in line for line in text.splitlines() if "GeV" in line) == 2


def test_text_fits_the_page():
    for full in (False, True):
        assert max(map(len, REPORT.text(full).splitlines())) <= WIDTH


def test_dict_is_json():
    content = json.loads(json.dumps(REPORT.as_dict(), allow_nan=False))
    assert content["passed"] is False
    assert content["rows"][0]["verdict"] == "ok"
    assert content["rows"][0]["tuned"] == "the curve itself"
    assert content["rows"][5] | {"ratio": None} == content["rows"][5]
    assert len(content["rows"]) == 7

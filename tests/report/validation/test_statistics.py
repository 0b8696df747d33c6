"""Rows of published counting statistics; the numbers of NA62 stand in the data file."""

from collections import Counter
from dataclasses import replace

import pytest
from numpy.testing import assert_allclose

from feebly.report.validation.statistics import (
    five_sigma_rows,
    kaon_rows,
    p_value_rows,
    statistics_plan,
    statistics_rows,
)

PLAN = statistics_plan()
ROWS = list(statistics_rows(PLAN))


def test_groups_and_verdicts():
    assert Counter(row.group for row in ROWS) == {
        "p-values of mu mu": 14,
        "events for 5 sigma, central b": 14,
        "events for 5 sigma, log-normal (post hoc)": 14,
        "kaon limits: CLs(n, b) x SES": 14,
        "K+ -> pi+ nu nubar by counting": 6,
    }
    assert Counter(row.verdict for row in ROWS) == {"ok": 60, "info": 2}


def test_the_two_differences_are_shown():
    row, pi0 = (row for row in ROWS if row.verdict == "info")
    assert (row.name, row.own, row.reference) == ("pipigamma SR+CR", 4, 5)
    assert "not tuned" in row.remark
    assert pi0.name == "pi0-invisible"
    assert_allclose(pi0.ratio, 8.3614 * 2.5e-10 / 4.4e-9, rtol=1e-4)
    assert "the background" in pi0.remark


def test_six_kaon_limits_are_tests_and_seven_only_notice_a_change():
    rows = [row for row in kaon_rows(PLAN.kaon_searches) if row.group.startswith("kaon")]
    tests = {row.name: row.ratio for row in rows if row.tuned is None and row.tolerance}
    # by an independent calculation, b known; the last: 1.79e-10 of n = 3, b = 1.65
    expected = {
        "pi-mumu": 1.008,
        "pi-ee-2017": 0.98383,
        "pi-mue": 0.99779,
        "pi-plus-mue": 0.98205,
        "pi0-mue": 1.0002,
        "pi-nunu-2016-17": 1.0063,
    }
    assert tests.keys() == expected.keys()
    for name, ratio in expected.items():
        assert_allclose(tests[name], ratio, rtol=3e-4)
    circular = [row.ratio for row in rows if row.tuned]
    assert len(circular) == 7
    assert_allclose(circular, 1, rtol=1e-9)


def test_pi_nu_nu_by_counting():
    found = {row.name: row.own for row in kaon_rows(PLAN.kaon_searches) if "nu nubar" in row.group}
    first = [found[f"pi-nunu-run1{part}"] for part in ("", " error up", " error down")]
    assert_allclose(first, [10.88e-11, 4.04e-11, 3.48e-11], rtol=2e-3)
    assert len(found) == 6


@pytest.mark.parametrize("shift", [0.011, -0.011])
def test_another_printed_digit_would_be_outside(shift):
    first, *others = PLAN.p_values.rows
    moved = replace(PLAN.p_values, rows=(replace(first, p_count=first.p_count + shift), *others))
    assert next(p_value_rows(moved)).verdict == "outside"


def test_another_published_count_would_be_outside():
    reference = replace(
        PLAN.five_sigma, known_difference=replace(PLAN.five_sigma.known_difference, row="none")
    )
    rows = [row for row in five_sigma_rows(reference) if row.tuned is None]
    assert Counter(row.verdict for row in rows) == {"ok": 13, "outside": 1}

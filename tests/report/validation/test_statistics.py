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
        "kaon limits: CLs(n, b) x SES": 12,
        "K+ -> pi+ nu nubar by counting": 3,
    }
    assert Counter(row.verdict for row in ROWS) == {"ok": 56, "info": 1}


def test_the_one_difference_is_shown():
    (row,) = [row for row in ROWS if row.verdict == "info"]
    assert (row.name, row.own, row.reference) == ("pipigamma SR+CR", 4, 5)
    assert "not tuned" in row.remark


def test_five_kaon_limits_are_tests_and_seven_only_notice_a_change():
    rows = [row for row in kaon_rows(PLAN) if row.group.startswith("kaon")]
    tests = {row.name: row.ratio for row in rows if row.tuned is None}
    assert len(tests) == 5
    # by an independent calculation, b known
    expected = {
        "K+ -> pi- mu+ mu+ (2017)": 1.008,
        "K+ -> pi- e+ e+ (2017)": 0.98383,
        "K+ -> pi- mu+ e+": 0.99779,
        "K+ -> pi+ mu- e+": 0.98205,
        "pi0 -> mu- e+": 1.0002,
    }
    assert tests.keys() == expected.keys()
    for name, ratio in expected.items():
        assert_allclose(tests[name], ratio, rtol=2e-4)
    assert_allclose([row.ratio for row in rows if row.tuned], 1, rtol=1e-9)


def test_pi_nu_nu_by_counting():
    found = [row.own for row in kaon_rows(PLAN) if "nu nubar" in row.group]
    assert_allclose(found, [10.88e-11, 4.04e-11, 3.48e-11], rtol=2e-3)


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

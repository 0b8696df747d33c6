"""Rows of the significance table against direct sums."""

from dataclasses import replace

import pytest
from scipy import stats

from feebly.analysis.analysis import load_analysis
from feebly.report.significance_table import analysis_rows, as_text

ANALYSIS = load_analysis("na62-dump-2021")


def rows_with_control_count(observed):
    state = ANALYSIS.final_state("mumu")
    state = replace(state, control_region=replace(state.control_region, observed=observed))
    analysis = replace(ANALYSIS, final_states=ANALYSIS.final_states | {"mumu": state})
    return {(row.channel, row.region): row for row in analysis_rows(analysis, "two-sided")}


def test_signal_and_control_region_together():
    both = rows_with_control_count(2)["mumu", "SR+CR"]
    assert both.n == 3
    assert both.p_value == pytest.approx(stats.poisson(0.186).sf(2), rel=0.05, abs=0)  # b nearly known


def test_without_a_count_in_one_region_there_is_none_in_both():
    both = rows_with_control_count(None)["mumu", "SR+CR"]
    assert (both.n, both.p_value, both.z) == (None, None, None)
    assert (both.three, both.five) == (3, 6)


def test_text_has_a_line_for_each_row_and_a_dash_for_what_is_not_known():
    rows = list(rows_with_control_count(None).values())
    heading, *lines = as_text(rows).splitlines()
    assert heading.split()[:4] == ["channel", "region", "b", "n"]
    assert len(lines) == len(rows)
    assert len({len(line) for line in (heading, *lines)}) == 1
    assert next(line for line in lines if "SR+CR" in line).split()[3] == "-"

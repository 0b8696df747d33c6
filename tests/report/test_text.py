"""The printed result: it fits the page and tells the numbers of the result."""

import pytest

from feebly.report.result_tables import round_masses_gev
from feebly.report.text import WIDTH, result_text
from report.synthetic import synthetic_result


@pytest.mark.parametrize("choice", [{}, {"projection": True}, {"islands": True}, {"empty": True}], ids=str)
def test_text_fits_the_page_and_is_plain(choice):
    text = result_text(synthetic_result(**choice))
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= WIDTH
    assert not any(line != line.rstrip() for line in text.splitlines())


def test_text_tells_edges_counts_limits_and_notes():
    text = result_text(synthetic_result())
    for line in [
        "0.3       2.657e-07 - 3.052e-06               2.657e-07 - 3.052e-06",  # the pilot's own numbers
        "0.2113-0.407      2.3026          2.3026          ee 0, mumu 0",
        "calibrated, not derived: meson weight, mixing scale, efficiency of ee, mumu",
        "note: a synthetic result: no physics",
    ]:
        assert line in text.splitlines()


def test_sentence():
    words = synthetic_result().summary()
    assert words == (
        "dark-photon is excluded for 0.01-1 GeV, down to epsilon = 2.99e-08 at 0.783 GeV, at 90% CL "
        "(cls-counting) with 1.4e17 POT of na62-dump-2021, from n = 0 in ee (b = 0.015), n = 1 in mumu at "
        "0.411 GeV (b = 0.016); preset na62-ff-mixing"
    )


def test_sentence_of_a_projection_names_no_count():
    words = synthetic_result(projection=True).summary()
    assert "would be excluded" in words
    assert "1e18 POT of na62-dump-run2 (projection), from b = 0.11 in ee" in words
    assert " n = " not in words


def test_sentence_without_exclusion_tells_what_was_missing():
    words = synthetic_result("mumu_2303", empty=True).summary()
    assert words.startswith("dark-photon: no exclusion (the largest yield is N = 23 at m = 0.25 GeV")
    assert "2.30 are needed" in words


def test_only_real_kinds_have_a_column():
    assert "observed epsilon" not in result_text(synthetic_result(projection=True))


def test_round_masses():
    assert round_masses_gev(0.1, 1.0) == (0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0)

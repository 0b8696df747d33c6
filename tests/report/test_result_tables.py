"""The sentence about a result, and the masses of its tables."""

from dataclasses import replace

from feebly.report.result_tables import round_masses_gev
from report.synthetic import synthetic_result


def test_sentence():
    words = synthetic_result().summary()
    assert words == (
        "dark-photon is excluded for 0.01-1 GeV, down to epsilon = 2.99e-08 at 0.783 GeV, at 90% CL "
        "(cls-counting) with 1.4e17 POT of na62-dump-2021, from n = 0 in ee (b = 0.015), n = 1 in mumu at "
        "0.411 GeV (b = 0.016); preset na62-ff-mixing"
    )


def test_sentence_says_once_what_several_final_states_have_in_common():
    words = replace(synthetic_result(), channels=("mumu", "ee", "pipi", "kk")).summary()
    assert (
        "from n = 1 in mumu at 0.411 GeV (b = 0.016), n = 0 in ee (b = 0.015), pipi (b = 0.007), "
        "kk (b = 4.6e-07); preset"
    ) in words


def test_sentence_of_a_projection_names_no_count():
    words = synthetic_result(projection=True).summary()
    assert "would be excluded" in words
    assert "1e18 POT of na62-dump-run2 (projection), from b = 0.11 in ee" in words
    assert " n = " not in words


def test_sentence_without_exclusion_tells_what_was_missing():
    words = synthetic_result("mumu_2303", empty=True).summary()
    assert words.startswith("dark-photon: no exclusion (the largest yield is N = 23 at m = 0.25 GeV")
    assert "2.30 are needed" in words


def test_round_masses():
    assert round_masses_gev(0.1, 1.0) == (0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0)

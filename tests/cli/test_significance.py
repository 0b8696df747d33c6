"""``feebly significance``, ``trials`` and ``background rejection`` against published numbers."""

import json

import pytest
from numpy.testing import assert_allclose


def answer(feebly, *options):
    done = feebly(*options, "--json")
    assert (done.code, done.err) == (0, "")
    return json.loads(done.out)


def test_the_mumu_event(feebly):
    # 2303.08666: 1.59%, 2.4 sigma
    found = answer(feebly, "significance", "--n", "1", "--b", "0.016", "--sigma-b", "0.002")
    assert_allclose([found["p_value"], found["p_likelihood"], found["z"]], [0.0159, 0.0159, 2.41], rtol=3e-3)
    assert (found["events_for_3_sigma"], found["events_for_5_sigma"], found["sides"]) == (2, 4, "two-sided")
    one_sided = answer(feebly, "significance", "--n", "1", "--b", "0.016", "--sides", "one-sided")
    assert_allclose(one_sided["z"], 2.15, rtol=3e-3)


def test_text_of_a_count(feebly):
    done = feebly("significance", "--n", "1", "--b", "0.016", "--sigma-b", "0.002")
    assert done.out.splitlines() == [
        "n = 1, b = 0.016 +- 0.002: P(N >= n) = 0.01587, 2.41 sigma (two-sided); P(L <= L_obs) = 0.01587",
        "b = 0.016 +- 0.002: 3 sigma (two-sided) from n = 2 on, 5 sigma from n = 4 on",
    ]
    assert feebly("significance", "--b", "0.016").out.startswith(
        "b = 0.016: 3 sigma (two-sided) from n = 2 on"
    )


def test_a_published_interval_says_what_it_means(feebly):
    options = ("significance", "--n", "1", "--b", "0.0094", "--b-plus", "0.049", "--b-minus", "0.009")
    found = answer(feebly, *options, "--interval", "90%")
    assert found["background"]["meaning"] == "90%"
    assert found["p_value"] > 0.0094
    assert "without --interval" in feebly(*options).error


def test_without_background_an_event_is_impossible(feebly):
    done = feebly("significance", "--n", "1", "--b", "0")
    assert "P(N >= n) = 0, infinitely many sigma" in done.out
    assert answer(feebly, "significance", "--n", "1", "--b", "0")["z"] is None


def test_regions_of_an_analysis(feebly):
    found = answer(feebly, "significance", "--analysis", "na62-dump-2021")
    rows = {(row["channel"], row["region"]): row for row in found["rows"]}
    both = rows["mumu", "SR+CR"]
    assert (both["n"], round(both["b"], 3)) == (1, 0.186)
    assert_allclose(rows["mumu", "OCR3"]["p_likelihood"], 0.69, atol=0.005, rtol=0)
    assert rows["ee", "SR"]["z"] == 0


def test_an_analysis_without_counts_has_the_needed_ones(feebly):
    done = feebly("significance", "--analysis", "na62-dump-run2")
    assert done.code == 0
    assert "n for 5 sigma" in done.out
    assert "P(N >= n)" not in done.out


def test_published_counts_stand_beside_the_own(feebly):
    def different(*options):
        rows = answer(feebly, "significance", "--table", "na62-hadrons-2502", *options)["rows"]
        assert len(rows) == 14
        return [(r["channel"], r["region"], r["five"], r["published_five"]) for r in rows
                if r["five"] != r["published_five"]]  # fmt: skip

    assert different() == [("pipigamma", "SR+CR", 4, 5)]
    assert different("--scheme", "log-normal-median") == []
    assert "published 5 sigma" in feebly("significance", "--table", "na62-hadrons-2502").out


def test_global_significance_of_the_mumu_event(feebly):
    options = ("--masses", "0.2:0.7:0.005", "--resolution", "0.004", "--density", "0.032", "--toys", "300")
    found = answer(feebly, "trials", *options, "--events", "0.411")
    (one,) = found["results"]
    assert (found["hypotheses"], found["test"], found["toys"], found["seed"]) == (101, "window", 300, 1)
    # one event anywhere, 0.032 (0.5 + 3 x 0.004) of them expected: 2.4 sigma, as in 2303.08666
    assert_allclose(one["global_p"], 0.01625, rtol=0.02)
    assert_allclose(one["global_z"]["two-sided"], 2.40, rtol=0.01)
    assert one["global_interval"]["meaning"] == "68%"
    text = feebly("trials", *options, "--events", "0.411").out
    assert "largest excess at 0.41" in text
    assert "trials factor" in text


def test_upcrossings_are_told_beside_the_likelihood(feebly):
    options = ("--masses", "0:20:0.5", "--resolution", "0=1,20=0.5", "--density", "30", "--toys", "200")
    done = feebly("trials", *options, "--test", "likelihood", "--z", "2")
    assert done.code == 0
    assert "upcrossings (Gross-Vitells): global p <= " in done.out


REJECTION = ("background", "rejection", "--before", "59.9", "--before-sigma", "6.7", "--step", "veto=0.72")


def test_rejection_factors_of_ee(feebly):
    found = answer(feebly, *REJECTION, "--step", "signal region=0.47")
    assert_allclose(found["effective_events"], 79.9, rtol=1e-3)
    assert_allclose(found["posterior"]["interval"]["upper"], 0.055, rtol=0.03)
    assert_allclose([found["product"], found["p_at_least_one"]], [0.00565, 0.015], rtol=0.03)
    assert [step["name"] for step in found["steps"]] == ["veto", "signal region"]
    veto = found["steps"][0]["interval"]
    assert_allclose([0.012 - veto["lower"], veto["upper"] - 0.012], [0.008, 0.020], atol=0.0006, rtol=0)
    text = feebly(*REJECTION, "--step", "signal region=0.47").out
    assert "90% interval [0.0004, 0.0551]" in text


def test_a_step_that_leaves_nothing_is_a_limit(feebly):
    options = (*REJECTION, "--step", "region=0")
    assert feebly(*options).error == (
        "error: nothing survives region: expected a limit such as 'limit 90%', got '90%'"
    )
    assert "limit 90%: b < " in feebly(*options, "--meaning", "limit 90%").out


SCAN = ("trials", "--resolution", "1", "--density", "1", "--masses")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("significance",), "error: expected one of --b, --analysis, --table, e.g. --b 0.016"),
        (("significance", "--b", "1", "--table", "x"), "error: expected one of --b, --analysis, --table"),
        (("significance", "--n", "-1", "--b", "1"), 'error: --n "-1": expected a whole number, 0 or more'),
        (("significance", "--b", "nan"), 'error: --b "nan": expected a finite number'),
        (
            ("significance", "--b", "1", "--sides", "2"),
            "error: unknown convention of Z '2'; known: two-sided",
        ),
        (("significance", "--table", "na62-hadron"), "error: unknown table of regions 'na62-hadron'"),
        (("significance", "--sigma-b", "1", "--n", "1"), "error: expected one of --b"),
        ((*SCAN, "1:2"), 'error: --masses "1:2": expected MIN:MAX:STEP'),
        ((*SCAN, "2:1:1"), 'error: --masses "2:1:1": expected MIN below MAX and a STEP above 0'),
        ((*SCAN, "1:2:0.3"), 'error: --masses "1:2:0.3": expected a whole number of steps'),
        ((*SCAN, "1:2:1e-9"), 'error: --masses "1:2:1e-9": expected at most 10000 steps'),
        ((*SCAN, "1:2:1", "--density", "2=1,1=1"), 'error: --density "2=1,1=1": expected rising X'),
        ((*SCAN, "1:2:1", "--density", "2=1,1"), 'error: --density "2=1,1": expected X=Y,X=Y'),
        ((*SCAN, "1:2:1", "--test", "x"), "error: --test 'x': expected window or likelihood"),
        ((*SCAN, "1:2:1", "--toys", "3"), "error: toys = 3: expected 100 or more"),
        ((*REJECTION, "--step", "0.47"), 'error: --step "0.47": expected NAME=N such as veto=0.72'),
        ((*REJECTION, "--step", "x=60"), "error: step x: remaining = 60.0: expected at most before = 59.9"),
        ((*REJECTION, "--method", "wald"), "error: unknown method of a proportion 'wald'"),
        ((*REJECTION, "--meaning", "limit"), "error: unknown meaning of an interval 'limit'"),
    ],
)
def test_wrong_values_are_one_line_and_3(feebly, options, line):
    done = feebly(*options)
    assert done.code == 3
    assert done.error.startswith(line)

"""``feebly limit`` against closed forms and published limits."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.statistics import BetaProduct, Gamma, Interval, LogNormal, TruncatedGaussian, upper_limit


def answer(feebly, *options):
    done = feebly("limit", *options, "--json")
    assert (done.code, done.err) == (0, "")
    return json.loads(done.out)


def test_no_event_is_ln_10_for_any_background(feebly):
    for b in ("0", "0.016", "3"):
        found = answer(feebly, "--n", "0", "--b", b)
        assert_allclose(found["s_up"], 2.302585092994046, rtol=1e-9)
        assert found["other_conventions"] == {}


def test_one_event_tells_both_conventions(feebly):
    # 3.87 and 3.28 +- 1%: the NA62 mumu region of 2303.08666 with its one event
    found = answer(feebly, "--n", "1", "--b", "0.016", "--sigma-b", "0.002")
    assert_allclose(found["s_up"], 3.874, rtol=1e-3)
    assert_allclose(found["other_conventions"]["cls-profile"], 3.28, rtol=1e-2)
    assert_allclose(found["expected"]["s_up"], 2.302585092994046, rtol=1e-9)
    turned = answer(feebly, "--n", "1", "--b", "0.016", "--sigma-b", "0.002", "--convention", "cls-profile")
    assert turned["s_up"] == found["other_conventions"]["cls-profile"]
    assert turned["other_conventions"] == {"cls-counting": found["s_up"]}


def test_profile_is_left_out_where_it_is_not_defined(feebly):
    found = answer(feebly, "--n", "1", "--b", "0.016", "--signal-error", "0.2")
    assert found["other_conventions"] == {}
    assert found["s_up"] > 3.9


def test_a_signal_at_the_limit_has_cls_of_one_minus_cl(feebly):
    s_up = answer(feebly, "--n", "1", "--b", "0.016", "--cl", "0.95")["s_up"]
    found = answer(feebly, "--n", "1", "--b", "0.016", "--cl", "0.95", "--s", repr(s_up))
    assert_allclose(found["cls"], 0.05, rtol=1e-9)
    above = answer(feebly, "--n", "1", "--b", "0.016", "--cl", "0.95", "--s", repr(1.001 * s_up))
    below = answer(feebly, "--n", "1", "--b", "0.016", "--cl", "0.95", "--s", repr(0.999 * s_up))
    assert (above["excluded"], below["excluded"]) == (True, False)


def test_error_of_the_background_enters_the_cls_of_a_signal(feebly):
    data = ("--n", "1", "--b", "3", "--sigma-b", "1.5")
    s_up = answer(feebly, *data)["s_up"]
    assert_allclose(answer(feebly, *data, "--s", repr(s_up))["cls"], 0.1, rtol=1e-9)


def test_text(feebly):
    done = feebly("limit", "--n", "1", "--b", "0.016", "--sigma-b", "0.002", "--s", "4")
    assert done.out.splitlines() == [
        "s < 3.874 events at 90% CL (cls-counting; n = 1, b = 0.016 +- 0.002)",
        "s < 3.264 events (cls-profile)",
        "expected: s < 2.303 events (n = 0, the median for b alone)",
        "s = 4 events: excluded (CLs = 0.0904)",
    ]


def test_all_conventions_are_a_table(feebly):
    options = ("--n", "1", "--b", "0.016", "--sigma-b", "0.002", "--convention", "all")
    found = answer(feebly, *options)["conventions"]
    assert list(found) == ["cls-counting", "cls-profile", "classical", "bayesian-flat", "feldman-cousins"]
    assert_allclose(found["bayesian-flat"]["s_up"], found["cls-counting"]["s_up"], rtol=1e-9)
    assert (found["feldman-cousins"]["s_low"], found["feldman-cousins"]["s_up"]) == pytest.approx(
        (0.09, 4.34), abs=0.005
    )
    assert all(0 < row["s_error"] < 1e-5 for row in found.values())
    lines = feebly("limit", *options).out.splitlines()
    assert lines[0] == "n = 1, b = 0.016 +- 0.002, 90% CL; events"
    assert [line.split()[0] for line in lines[2:]] == list(found)


def test_a_convention_that_is_not_defined_is_told_in_the_table(feebly):
    options = ("--n", "3", "--b", "1.2", "--signal-error", "0.2", "--convention", "all")
    done = feebly("limit", *options, "--json")
    assert (done.code, done.err) == (0, "note: no limit for cls-profile\n")
    found = json.loads(done.out)["conventions"]
    assert "expected 0" in found["cls-profile"]["refused"]
    assert found["cls-counting"]["s_up"] > 0
    assert "cls-profile      refused: signal_error = 0.2 with" in feebly("limit", *options).out


def test_each_convention_of_the_table_stands_on_its_own(feebly):
    # 20000 counts at hundreds of nodes: too many for feldman-cousins alone
    options = ("--n", "3", "--b", "5000", "--sigma-b", "5000", "--convention", "all", "--json")
    done = feebly("limit", *options)
    found = json.loads(done.out)["conventions"]
    assert done.code == 0
    assert "too many to enumerate" in found["feldman-cousins"]["refused"]
    assert found["cls-counting"]["s_up"] > 0


def test_what_no_convention_takes_is_an_error(feebly):
    done = feebly("limit", "--n", "3", "--b", "1", "--cl", "90", "--convention", "all")
    assert (done.code, done.out) == (3, "")
    assert "did you mean 0.9?" in done.error


def test_two_sided_interval(feebly):
    done = feebly("limit", "--n", "1", "--b", "0.016", "--convention", "feldman-cousins", "--s", "0.05")
    assert done.out.splitlines()[0].startswith("0.08936 < s < 4.341 events at 90% CL (feldman-cousins;")
    assert done.out.splitlines()[-1] == "s = 0.05 events: excluded (outside the interval)"
    inside = answer(feebly, "--n", "1", "--b", "0.016", "--convention", "feldman-cousins", "--s", "1")
    assert (inside["excluded"], inside["cls"]) == (False, None)


def test_empty_interval_is_said(feebly):
    done = feebly("limit", "--n", "0", "--b", "3", "--convention", "classical", "--s", "0")
    assert done.out.startswith("empty interval, even s = 0 is excluded, at 90% CL (classical; n = 0, b = 3)")
    assert done.out.splitlines()[-1] == "s = 0 events: excluded (P(N <= n) = 0.0498)"


@pytest.mark.parametrize(
    ("options", "background"),
    [
        (("--b", "1.2", "--sigma-b", "0.4", "--shape", "gamma"), Gamma(1.2, 0.4)),
        (("--b", "1.2", "--sigma-b", "0.4", "--shape", "log-normal"), LogNormal(1.2, 0.4)),
        (("--b", "1.2", "--sigma-b", "0.4"), TruncatedGaussian(1.2, 0.4)),
        (("--b", "1", "--b-plus", "2", "--b-minus", "1", "--interval", "90%"), Interval(1, 2, 1, "90%")),
        (("--b", "1", "--b-plus", "2", "--b-minus", "1", "--interval", "68"), Interval(1, 2, 1, "68%")),
        (
            ("--candidates", "59.9", "--passed", "10,6", "--trials", "80"),
            BetaProduct(59.9, (10, 6), 80),
        ),
    ],
)
def test_shapes_of_the_background(feebly, options, background):
    found = answer(feebly, "--n", "2", *options)
    assert found["s_up"] == upper_limit(2, background).s_up
    assert found["background"]["shape"] == type(background).__name__
    assert found["b"] == background.mean


def test_named_parts_of_the_signal_error(feebly):
    found = answer(feebly, "--n", "1", "--b", "0.016", "--signal-error", "pot=0.2,efficiency=0.1")
    assert found["signal_error"] == {"pot": 0.2, "efficiency": 0.1}
    assert_allclose(found["s_up"], upper_limit(1, 0.016, signal_error=np.sqrt(1.04 * 1.01 - 1)).s_up)


def test_bands(feebly):
    found = answer(feebly, "--n", "0", "--b", "0.016", "--bands", "counting")["bands"]
    assert (found["degenerate"], found["n"]) == (True, [0, 0, 0, 0, 0])
    full = answer(feebly, "--n", "0", "--b", "0.016", "--bands", "full", "--thrown-error", "pot=0.2")["bands"]
    assert full["thrown_error"] == pytest.approx(0.2, rel=1e-12, abs=0)
    assert list(full["s_up"]) == ["-2", "-1", "+0", "+1", "+2"]
    assert not full["degenerate"]
    text = feebly("limit", "--n", "0", "--b", "0.016", "--bands", "counting").out
    assert text.rstrip().endswith("degenerate: -2σ to +2σ coincide (all)")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (
            ("--n", "1", "--sigma-b", "0.002"),
            "error: --sigma-b without --b: expected the background events beside it",
        ),
        (
            ("--n", "1", "--b", "1", "--b-plus", "1", "--b-minus", "1"),
            "error: --b-plus, --b-minus without --interval: an interval must say what it means; expected 68% "
            "or 90%",
        ),
        (
            ("--n", "1", "--b", "1", "--b-plus", "1", "--b-minus", "1", "--interval", "limit"),
            "error: background interval +1 -1 with meaning 'limit': a limit is no expectation and does not "
            "enter; leave it out or give a 68% or 90% interval",
        ),
        (
            ("--n", "1", "--b", "1", "--interval", "68%"),
            "error: --interval: expected --b, --b-plus and --b-minus beside it",
        ),
        (
            ("--n", "1", "--b", "1", "--shape", "gamma"),
            'error: --shape "gamma" without --sigma-b: expected the standard deviation',
        ),
        (
            ("--n", "1", "--b", "1", "--candidates", "9", "--passed", "1", "--trials", "9"),
            "error: --candidates beside --b: expected one description of the background",
        ),
        (
            ("--n", "1", "--candidates", "9"),
            "error: --candidates: expected --candidates, --passed and --trials together",
        ),
        (
            ("--n", "1", "--b", "1", "--signal-error", "pot=0.2,pot=0.1"),
            'error: --signal-error "pot=0.2,pot=0.1": expected a number, or NAME=X,NAME=X such as '
            "pot=0.2,efficiency=0.05",
        ),
        (
            ("--n", "1", "--b", "1", "--sigma-b", "1", "--shape", "gauss"),
            "error: unknown --shape 'gauss'; known: truncated-gaussian, log-normal, gamma",
        ),
        (("--n", "x", "--b", "1"), 'error: --n "x": expected a whole number, 0 or more'),
        (
            ("--n", "1", "--b", "1", "--thrown-error", "0.1"),
            "error: --thrown-error without --bands full: expected both",
        ),
        (
            ("--n", "10000000", "--b", "1"),
            "error: counts up to 1e+07 would be listed one by one: expected at most 1000000 for this "
            "background; check n, b and its error",
        ),
        (("--n", "-1", "--b", "1"), 'error: --n "-1": expected a whole number, 0 or more'),
        (("--n", "1", "--b", "0,016"), 'error: --b "0,016": expected a number; did you mean 0.016?'),
        (("--n", "1", "--b", "-1"), "error: b = -1.0: expected a finite number >= 0"),
        (
            ("--n", "1", "--b", "1", "--cl", "90"),
            "error: cl = 90.0: expected a fraction between 0 and 1, such as 0.90; did you mean 0.9?",
        ),
        (
            ("--n", "1", "--b", "1", "--convention", "profile"),
            "error: unknown convention 'profile'; known: cls-counting, cls-profile, classical, "
            "bayesian-flat, feldman-cousins; "
            "did you mean 'cls-profile'?",
        ),
        (
            ("--n", "1", "--b", "1", "--signal-error", "0.2", "--convention", "cls-profile"),
            "error: signal_error = 0.2 with convention 'cls-profile': expected 0; use 'cls-counting'",
        ),
    ],
)
def test_wrong_values_are_one_line_and_3(feebly, options, line):
    done = feebly("limit", *options, "--json")
    assert (done.code, done.error) == (3, line)


@pytest.mark.parametrize("options", [("--n", "1"), ("--b", "1"), ("--n", "1", "--b", "1", "--bogus")])
def test_unparsable_command_lines_are_2(feebly, options):
    done = feebly("limit", *options)
    assert (done.code, done.out) == (2, "")

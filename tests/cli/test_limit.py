"""``feebly limit`` against closed forms and published limits."""

import json

import pytest
from numpy.testing import assert_allclose


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


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--n", "x", "--b", "1"), 'error: --n "x": expected a whole number, 0 or more'),
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

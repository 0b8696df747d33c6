"""Combinations on the command line."""

import json
import math

import pytest

REGION = """
[[region]]
name = "{name}"
observed = {n}
signal = 5.0
background = {{ shape = "fixed", mean = {b} }}
"""


def written(folder, name, *rows, head=""):
    text = head + "".join(REGION.format(name=f"r{i}", n=n, b=b) for i, (n, b) in enumerate(rows))
    (folder / name).write_text(text)
    return name


def test_table_has_a_line_for_each_region_and_for_all(feebly, tmp_path):
    done = feebly("combine", written(tmp_path, "mine.toml", (0, 0.1), (0, 0.3)))
    lines = [line.split() for line in done.out.splitlines()]
    assert [line[0] for line in lines[1:4]] == ["r0", "r1", "all"]
    assert lines[3][1:] == ["0", "0.4", "2.303", "0.2303"]
    assert done.out.splitlines()[4] == "gain over the best region, r0: 2"
    assert "90% CL, cls-counting, total-count, by enumeration" in done.out


def test_json_has_the_limits_and_the_gain(feebly, tmp_path):
    name = written(tmp_path, "mine.toml", (0, 0.1), (0, 0.3))
    found = json.loads(feebly("combine", name, "--cl", "0.95", "--json").out)
    assert [row["regions"] for row in found["regions"]] == [["r0"], ["r1"]]
    assert found["combined"]["s_up"] == pytest.approx(math.log(20), rel=1e-9, abs=0)
    assert (found["best"], found["combined"]["method"], found["combined"]["ordering"]) == (
        "r0",
        "enumeration",
        "total-count",
    )
    assert found["gain"] == pytest.approx(2, rel=1e-9, abs=0)


def test_files_are_data_sets(feebly, tmp_path):
    names = [
        written(tmp_path, name, (0, 0.1), head=f"pot = {pot}\n")
        for name, pot in (("a.toml", 1e17), ("b.toml", 2e17))
    ]
    assert "a/r0" in feebly("combine", *names).out
    names[1] = written(tmp_path, "b.toml", (0, 0.1))
    done = feebly("combine", *names)
    assert done.code == 3
    assert done.error == (
        "error: different POT in one combination: a 1e+17 POT, b without POT; "
        "expected the POT of each data set"
    )


def test_many_outcomes_are_toys_and_the_answer_says_so(feebly, tmp_path):
    name = written(tmp_path, "many.toml", *[(30, 26.0 + i) for i in range(6)])
    done = feebly("combine", name, "--ordering", "likelihood-ratio", "--toys", "2000", "--seed", "7")
    assert "likelihood-ratio, 2000 toys of seed 7: mu < " in done.out
    assert " +- " in done.out


def test_bayesian_limit_says_its_convention(feebly, tmp_path):
    name = written(tmp_path, "mine.toml", (0, 0.1), (0, 0.3))
    done = feebly("combine", name, "--convention", "bayesian-flat")
    assert "90% CL, bayesian-flat, by quadrature; error of the probability below " in done.out
    found = json.loads(feebly("combine", name, "--convention", "bayesian-flat", "--json").out)["combined"]
    assert (found["convention"], found["ordering"]) == ("bayesian-flat", "none")
    assert found["s_up"] == pytest.approx(math.log(10), rel=1e-9, abs=0)


def test_profile_limit_of_several_regions(feebly, tmp_path):
    name = written(tmp_path, "mine.toml", (0, 0.1), (0, 0.3))
    done = feebly("combine", name, "--convention", "cls-profile")
    assert "90% CL, cls-profile, by enumeration; error of CLs below " in done.out
    found = json.loads(feebly("combine", name, "--convention", "cls-profile", "--json").out)["combined"]
    assert (found["convention"], found["ordering"], found["method"]) == ("cls-profile", "none", "enumeration")
    assert found["s_up"] == pytest.approx(math.log(10), rel=1e-8, abs=0)


NAMED = """
[[region]]
name = "{name}"
observed = {n}
signal = 5.0
background = {{ shape = "truncated-gaussian", mean = 0.5, sigma = 0.1 }}
background_nuisances = {{ scale = 0.3 }}
"""


def test_profile_limit_by_toys_states_their_number_and_error(feebly, tmp_path):
    (tmp_path / "mine.toml").write_text(NAMED.format(name="a", n=1) + NAMED.format(name="b", n=0))
    done = feebly("combine", "mine.toml", "--convention", "cls-profile", "--toys", "1000", "--json")
    found = json.loads(done.out)["combined"]
    assert (found["method"], found["toys"]) == ("toys", 1000)
    assert 0.01 < found["mu_error"] / found["mu_up"] < 0.1


def test_error_of_the_signal_is_refused_by_cls_profile_at_once(feebly, tmp_path):
    text = NAMED.format(name="a", n=1) + NAMED.format(name="b", n=0) + "signal_nuisances = { POT = 0.2 }\n"
    (tmp_path / "mine.toml").write_text(text)
    done = feebly("combine", "mine.toml", "--convention", "cls-profile")
    assert done.code == 3
    assert done.error == (
        "error: region b: signal nuisance 'POT' = 0.2 with convention 'cls-profile': expected 0; "
        "use 'cls-counting'"
    )
    assert done.out == ""


def test_unified_interval_has_two_ends(feebly, tmp_path):
    name = written(tmp_path, "mine.toml", (1, 0.0), (0, 0.0))
    done = feebly("combine", name, "--convention", "feldman-cousins")
    # two regions of the same s/b are one, of 10 events at mu = 1: [0.11, 4.36], table IV of physics/9711021
    assert "90% CL, feldman-cousins, by enumeration: 0.01054 < mu < 0.4357, ends to " in done.out
    found = json.loads(feebly("combine", name, "--convention", "feldman-cousins", "--json").out)["combined"]
    assert found["mu_low"] == pytest.approx(-math.log(0.9) / 10, rel=1e-5, abs=0)  # P(N >= 1) = 10%
    assert found["convention"] == "feldman-cousins"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--cl", "90"), "did you mean 0.9?"),
        (("--ordering", "ratio"), "unknown ordering 'ratio'"),
        (
            ("--convention", "cls-profile", "--ordering", "likelihood-ratio"),
            "ordering 'likelihood-ratio' with convention 'cls-profile': expected none, ",
        ),
        (("--convention", "cls"), "unknown convention of several regions 'cls'"),
        (("--toys", "0"), "--toys"),
    ],
)
def test_wrong_options_are_one_line(feebly, tmp_path, arguments, words):
    done = feebly("combine", written(tmp_path, "mine.toml", (0, 0.1)), *arguments)
    assert done.code == 3
    assert words in done.error

"""``feebly presets compare``: arguments, answer, files; the library call is replaced."""

import json

import pytest


def test_answer_and_defaults(feebly, fake_compare):
    done = feebly("presets", "compare", "dark-photon")
    assert done.code == 0
    assert done.out == "splitting = fr24   +1.0/-2.0\n"
    assert done.err == "note: 14 of 60 masses skipped\n"
    assert fake_compare.arguments == ("dark-photon",)
    assert "masses" not in fake_compare.options  # the library's own
    assert (fake_compare.options["precision"], fake_compare.options["seed"]) == (0.01, 1)
    assert fake_compare.written == []


def test_options_reach_the_library(feebly, fake_compare):
    feebly(
        *("presets", "compare", "BC1", "--mass", "0.1,0.3", "--preset", "current", "--channels", "ee,mumu"),
        *("--production", "brems", "--response", "none", "--pot", "1e18", "--jobs", "2", "--cl", "0.95"),
    )
    told = fake_compare.options
    assert told["masses"] == (0.1, 0.3)
    assert (told["preset"], told["channels"], told["production"]) == ("current", ("ee", "mumu"), ("brems",))
    assert (told["response"], told["pot"], told["jobs"], told["cl"]) == ("none", 1e18, 2, 0.95)


def test_files_and_json(feebly, fake_compare):
    done = feebly("presets", "compare", "dark-photon", "--out", "there", "--json")
    assert json.loads(done.out) == {"effects": [{"option": "splitting", "lower": None}], "folder": "there"}
    assert fake_compare.written == ["there"]
    assert "figure: there/comparison.png" in feebly("presets", "compare", "dark-photon", "--out", "there").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--mass", "0.1 GeV"), '--mass "0.1 GeV": expected a number; did you mean 0.1?'),
        (("--jobs", "0"), '--jobs "0": expected a whole number, 1 or more'),
    ],
)
def test_refusals(feebly, fake_compare, arguments, message):
    done = feebly("presets", "compare", "dark-photon", *arguments)
    assert done.code == 3
    assert message in done.error

"""``feebly limits``: from a file of others to a limit file, and what is said about it."""

import json
import re

from feebly.publish.limit_files import read_limit

DECLARED = (
    *(
        "--label",
        "mine",
        "--coupling",
        "epsilon",
        "--mass-unit",
        "MeV",
        "--cl",
        "0.9",
        "--origin",
        "digitised",
    ),
    *("--source", "by me, from Fig. 3", "--region", "above"),
)


def test_convert_check_and_show(feebly, tmp_path):
    (tmp_path / "curve.txt").write_text("# m eps\n100 1e-6\n200 2e-6\n", encoding="utf-8")
    done = feebly(
        "limits", "convert", "curve.txt", "--out", "curve.csv", *DECLARED, "--channels", "ee,mumu", "--json"
    )
    assert (done.code, done.err) == (0, "")
    told = json.loads(done.out)
    assert (told["points"], told["mass_gev"], told["read_as"]) == (2, [0.1, 0.2], "mass: MeV")
    assert told["final_states"] == ["ee", "mumu"]
    assert read_limit(tmp_path / "curve.csv").pieces[0].mass_gev.tolist() == [0.1, 0.2]
    assert (
        feebly("limits", "check", "curve.csv").out
        == "curve.csv: 2 points, epsilon, observed, 90% CL, digitised\n"
    )
    shown = feebly("limits", "show", "curve.csv").out
    assert "origin          digitised: by me, from Fig. 3" in shown
    assert "coupling range  1e-06 to 2e-06" in shown


def test_what_looks_wrong_is_a_note(feebly, tmp_path):
    (tmp_path / "curve.txt").write_text("100 1e-6\n200 2\n", encoding="utf-8")
    done = feebly("limits", "convert", "curve.txt", "--out", "curve.csv", *DECLARED)
    assert done.code == 0
    assert done.err == "note: mine: epsilon up to 2 is above 1: log10, or swapped columns?\n"
    assert "note: mine" in feebly("limits", "check", "curve.csv").err


def test_shipped_limits_are_listed(feebly):
    assert re.search("^na62-kplus-dark-scalar +NA62", feebly("limits", "show").out, re.M)
    told = json.loads(feebly("limits", "show", "--json").out)
    assert told["limits"]["na62-kplus-dark-scalar"]["origin"].startswith("derived: ")


def test_refusals_are_one_line(feebly, tmp_path):
    (tmp_path / "curve.txt").write_text("100 1e-6\n", encoding="utf-8")
    missing = feebly("limits", "convert", "curve.txt", "--out", "x.csv", "--label", "a")
    assert missing.code == 3
    assert "nothing is guessed: give --coupling, --mass-unit, --cl" in missing.error
    bad = feebly("limits", "convert", "curve.txt", "--out", "x.csv", *DECLARED, "--mass-unit", "Mev")
    assert 'mass_unit = "Mev": expected one of eV' in bad.error
    assert not (tmp_path / "x.csv").exists()
    assert "no limit file" in feebly("limits", "check", "curve.txt").error
    assert "cannot read" in feebly("limits", "show", "gone.csv").error

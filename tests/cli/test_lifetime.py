"""``feebly lifetime``: one question of two, a run folder or a table of limits."""

import csv
import json

import pytest

ASKED = ("lifetime", "dark-photon", "--production", "eta", "--channels", "mumu")


def test_region_is_a_run_folder(feebly, fake_lifetime, tmp_path):
    done = feebly(*ASKED, "--br", "3e-13", "--ctau", "0.1:1e3:20", "--response", "none")
    folder = "feebly-runs/lifetime-dark-photon-eta-mumu-3e-13"
    assert (done.code, done.out) == (
        0,
        f"dark-photon is excluded for 0.2-0.5 GeV\nplot: {folder}/plot.png\n",
    )
    assert "14 of 60 masses skipped" in done.err
    question, mass, ctau, sampling = fake_lifetime.arguments
    assert (question.production, question.channels, question.branching_ratio) == (("eta",), ("mumu",), 3e-13)
    assert (question.response, mass, tuple(ctau), sampling.precision) == ("none", None, (0.1, 1e3, 20), 0.01)
    assert json.loads((tmp_path / folder / "result.json").read_text()) == {"coupling": "ctau-m"}


def test_limits_are_a_table_and_a_figure(feebly, fake_lifetime, tmp_path):
    done = feebly(*ASKED, "--at-mass", "0.3", "--ctau", "0.1:10:3", "--out", "here", "--response", "none")
    assert (done.code, done.out) == (
        0,
        "lowest limit: 2e-09 at ctau = 1 m\ntable: here/limits.csv\nplot: here/plot.png\n",
    )
    lines = (tmp_path / "here" / "limits.csv").read_text().splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert [float(row["ctau_m"]) for row in rows] == pytest.approx([0.1, 1.0, 10.0])
    assert (tmp_path / "here" / "plot.png").read_bytes().startswith(b"\x89PNG")
    shown = json.loads(feebly(*ASKED, "--at-mass", "0.3", "--response", "none", "--json").out)
    assert shown["mass_gev"] == 0.3
    assert len(shown["columns"]["observed"]) == 100


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "error: expected one of --br X (excluded masses and lifetimes) and --at-mass GEV (limits on X)"),
        (("--br", "1e-9", "--at-mass", "0.3"), "error: expected one of --br X"),
        (("--at-mass", "0.3 GeV"), 'error: --at-mass "0.3 GeV": expected a number; did you mean 0.3?'),
        (("--br", "1e-9", "--ratios", "0.3"), 'error: --ratios "0.3": expected'),
        (
            ("--br", "1e-9", "--ratios", "mumu=1,mumu=0.5"),
            'error: --ratios "mumu=1,mumu=0.5": expected NAME=X',
        ),
        (("--at-mass", "0.3", "--ctau", "10:1"), 'error: --ctau "10:1": expected MIN below MAX'),
    ],
)
def test_refusals(feebly, options, message):
    done = feebly(*ASKED, *options)
    assert done.code == 3
    assert done.error.startswith(message)

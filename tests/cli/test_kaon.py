"""``feebly kaon``: what is printed about counting searches."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from numpy.testing import assert_allclose

FOLDER = {"limits.csv", "plot.png", "plot.pdf", "result.json", "report.html", "refs.bib"}


def test_table_of_all_searches(feebly):
    found = feebly("kaon", "limit")
    lines = found.out.splitlines()
    assert len(lines) == 1 + 16 + 2
    row = next(line for line in lines if line.startswith("pi-mumu "))
    assert row.split()[-7:] == ["0.91", "1.28e-11", "4.23e-11", "4.2e-11", "1.008", "8.6e-11", "2.03"]
    assert "no test" in lines[-1]


def test_one_search_with_its_origins(feebly):
    text = feebly("kaon", "limit", "pi-ee").out
    assert "BR(K+ -> pi- e+ e+) < 5.3e-11 at 90% CL (cls-counting)" in text
    assert "derived from the limit itself: no test" in text
    assert "A eff of the signal 4.28%" in text
    assert "improved 12.1 times" in text


def test_measurement_beside_the_published_fit(feebly):
    text = feebly("kaon", "limit", "pi-nunu-run1").out
    assert "by counting: BR = (10.9 +4 -3.5)e-11; published (10.6 +4.1 -3.5)e-11" in text


def test_json(feebly):
    found = json.loads(feebly("kaon", "limit", "pi-mue", "pi-mumu", "--json").out)["searches"]
    assert [row["name"] for row in found] == ["pi-mue", "pi-mumu"]
    assert all(row["is_test"] for row in found)
    for row in found:
        assert_allclose(row["branching_ratio"], row["events"] * row["sensitivity"]["value"], rtol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("nothing",), "unknown kaon search 'nothing'"),
        (("pi-ee", "--cl", "2"), "cl"),
        (("pi-ee", "--convention", "cls"), "convention"),
        (("missing.toml",), "missing.toml"),
    ],
)
def test_wrong_values(feebly, arguments, line):
    found = feebly("kaon", "limit", *arguments)
    assert found.code == 3
    assert line in found.error


def test_peaks_of_simulated_masses(feebly):
    done = feebly("kaon", "simulate", "pi-a-gamma-gamma", "--inject", "250=3e-8", "--out", "m.csv")
    assert done.out.endswith("events: m.csv\n")
    found = feebly("kaon", "peaks", "pi-a-gamma-gamma", "--data", "m.csv", "--out", "here", "--json")
    content = json.loads(found.out)
    assert content["hypotheses"] == 287
    assert abs(content["largest_at_gev"] - 0.25) < 2e-3
    table = Path("here/limits.csv").read_text().splitlines()
    assert len(table) == 288
    row = dict(zip(table[0].split(","), table[1 + 86].split(","), strict=True))
    assert float(row["mass_gev"]) == 0.25
    assert_allclose(
        float(row["branching_ratio_limit"]),
        float(row["signal_limit"]) * float(row["single_event_sensitivity"]),
        rtol=1e-12,
    )
    assert {path.name for path in Path("here").iterdir()} == FOLDER | {"limit.csv", "limit-expected.csv"}
    written = json.loads(Path("here/result.json").read_text())
    assert written["kind"] == "kaon peaks"
    assert written["found"] == {key: value for key, value in content.items() if key != "folder"}


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("peaks", "nothing"), "unknown peak search 'nothing'"),
        (("peaks", "pi-a-gamma-gamma", "--data", "gone.csv"), "cannot read gone.csv"),
        (("simulate", "pi-a-gamma-gamma", "--inject", "250"), "--inject"),
        (("simulate", "pi-a-gamma-gamma", "--inject", "100=1e-8"), "the resolution is known for"),
    ],
)
def test_wrong_peak_searches(feebly, arguments, line):
    found = feebly("kaon", *arguments)
    assert found.code == 3
    assert line in found.error

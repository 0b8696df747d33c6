"""feebly kaon invisible: two searches as one, observed data, couplings, wrong values."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from numpy.testing import assert_allclose


def _rows(folder: str) -> list[dict[str, str]]:
    return list(csv.DictReader(Path(folder, "limits.csv").read_text(encoding="utf-8").splitlines()))


def test_invisible(feebly):
    found = feebly(
        "kaon", "invisible", "--mass", "0.22:0.25:2", "--lifetimes", "1", "--model", "dark-scalar",
        "--coupling", "1e-6:1e-1", "--out", "here", "--json",
    )  # fmt: skip
    content = json.loads(found.out)
    assert content["couplings"]["excluded"][0] < 2e-4
    names = {path.name for path in Path("here").iterdir()}
    assert names >= {"limits.csv", "plot.png", "plot.pdf", "couplings.png", "limit.csv"}
    for row in _rows("here"):
        stable, one = (row[f"expected_branching_ratio_limit{tau}"] for tau in ("", "_1_ns"))
        assert float(one) > float(stable)
    shown = feebly("limits", "show", "here/limit.csv")
    assert "sin-theta" in shown.out


def test_each_mass_has_its_search(feebly):
    found = feebly("kaon", "invisible", "--mass", "0.09:0.13:2", "--model", "alp-gluon", "--out", "here")
    assert "K+ -> pi+ X, X invisible, NA62 data of 2016-2022: 1 masses, 90 to 90 MeV" in found.out
    assert "among the pi0 of NA62 data of 2017: 1 masses, 130 to 130 MeV" in found.out
    assert "not perturbatively" in found.err
    rows = _rows("here")
    assert [row["search"] for row in rows] == ["pi-x-2016-22", "pi0-invisible"]
    assert float(rows[1]["branching_ratio_limit"]) > float(rows[1]["expected_branching_ratio_limit"])


def test_observed_counts(feebly):
    Path("counts.csv").write_text("mass_mev,n,b\n50,0,1.5\n60,4,1.5\n", encoding="utf-8")
    found = feebly(
        "kaon", "invisible", "pi-x-2016-22", "--data", "counts.csv", "--model", "dark-scalar", "--out", "here"
    )
    assert "observed at 90% CL" in found.out
    assert "is excluded at 50 MeV" in found.out
    none, four = _rows("here")
    assert (none["n"], four["n"]) == ("0.0", "4.0")
    ratio = float(four["branching_ratio_limit"]) / float(none["branching_ratio_limit"])
    assert_allclose(ratio, 6.57 / 2.3026, rtol=0.02)  # CLs at n = 4, b = 1.5 over ln 10
    assert 'kind = "observed"' in Path("here/limit.csv").read_text(encoding="utf-8")


def test_couplings_of_an_alp_to_photons(feebly):
    found = feebly("kaon", "peaks", "pi-a-gamma-gamma", "--model", "alp-gluon", "--out", "here")
    assert "alp-gluon: C/Lambda = 2.9e-06 to 1 would be excluded" in found.out
    shown = feebly("limits", "show", "here/limit-couplings.csv")
    assert "NA62 K⁺ → π⁺ a, a → γγ (expected)" in shown.out
    assert 'region = "above"' in Path("here/limit-couplings.csv").read_text(encoding="utf-8")
    saved = json.loads(Path("here/result.json").read_text(encoding="utf-8"))
    assert saved["found"]["couplings"]["kind"] == "expected"
    refused = feebly("kaon", "peaks", "e-n", "--background", "100", "--model", "alp-gluon")
    assert refused.code == 3
    assert "asks for no decay of X; expected no --model" in refused.err


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--mass", "0.27:0.28:2"), "no search looks for it; expected a mass in 0-260 MeV"),
        (("pi-x-2016-22", "--mass", "0.12:0.13:2"), "expected a mass in 0-110 or 154-260 MeV"),
        (("--lifetimes", "-1"), "expected lifetimes above 0"),
        (("nothing",), "unknown invisible search 'nothing'"),
        (("--data", "counts.csv"), "expected the one search that it is of"),
        (("pi-x-2016-22", "--data", "gone.csv"), "cannot read gone.csv"),
    ],
)
def test_wrong_invisible_searches(feebly, arguments, line):
    found = feebly("kaon", "invisible", *arguments)
    assert found.code == 3
    assert line in found.error

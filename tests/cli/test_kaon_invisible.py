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
        "kaon", "invisible", "--mass", "0.09:0.13:2", "--lifetimes", "1", "--model", "alp-gluon",
        "--out", "here", "--json",
    )  # fmt: skip
    content = json.loads(found.out)
    assert [(each["name"], len(each["masses_gev"])) for each in content["searches"]] == [
        ("pi-x-2016-22", 1),
        ("pi0-invisible", 1),
    ]
    assert content["couplings"]["excluded"][0] < 1e-7
    assert "alp-gluon, 130-130 MeV: mixes with the pi0 there, not perturbatively" in found.err
    names = {path.name for path in Path("here").iterdir()}
    assert names >= {"limits.csv", "plot.png", "plot.pdf", "couplings.png", "limit.csv"}
    rows = _rows("here")
    assert [row["search"] for row in rows] == ["pi-x-2016-22", "pi0-invisible"]
    assert float(rows[1]["branching_ratio_limit"]) > float(rows[1]["expected_branching_ratio_limit"])
    for row in rows:
        stable, one = (row[f"expected_branching_ratio_limit{tau}"] for tau in ("", "_1_ns"))
        assert float(one) > float(stable)


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


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ("e-n", "--background", "100", "--model", "alp-gluon"),
            "asks for no decay of X; expected no --model",
        ),
        (("pi-a-gamma-gamma", "--model", "alp-photon"), "unknown model with K+ -> pi+ X 'alp-photon'"),
    ],
)
def test_couplings_need_a_model_that_kaons_make_and_a_decay_that_is_seen(feebly, arguments, line):
    refused = feebly("kaon", "peaks", *arguments)
    assert refused.code == 3
    assert line in refused.err


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--mass", "0.27:0.28:2"), "no search looks for it; expected a mass in 0-260 MeV"),
        (("pi-x-2016-22", "--mass", "0.12:0.13:2"), "expected a mass in 0-110 or 154-260 MeV"),
        (("--lifetimes", "-1"), "expected lifetimes above 0"),
        (("nothing",), "unknown invisible search 'nothing'"),
        (("--over", "gone", "--model", "alp-gluon"), "gone"),
        (("--data", "counts.csv"), "expected the one search that it is of"),
        (("pi-x-2016-22", "--data", "gone.csv"), "cannot read gone.csv"),
    ],
)
def test_wrong_invisible_searches(feebly, arguments, line):
    found = feebly("kaon", "invisible", *arguments)
    assert found.code == 3
    assert line in found.error

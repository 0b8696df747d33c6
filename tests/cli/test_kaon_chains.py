"""``feebly kaon chains``: what is printed and written, and what is refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose


def _rows(folder):
    with open(Path(folder) / "limits.csv", encoding="utf-8", newline="") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def test_two_equal_particles(feebly):
    done = feebly("kaon", "chains", "--mass", "0.15,0.1", "--precision", "0.3", "--out", "here", "--json")
    found = json.loads(done.out)
    assert found["points"] == 3
    rows = _rows("here")
    assert [row["mass_gev"] for row in rows] == [0.017, 0.1, 0.15]
    for row in rows:
        assert_allclose(row["branching_ratio_limit"], np.log(10) * row["single_event_sensitivity"], rtol=1e-9)
    axion = found["axion"]
    assert axion["limit"] == rows[0]["branching_ratio_limit"]
    assert_allclose(axion["predicted_over_limit"], 2e-8 / axion["limit"], rtol=1e-12)
    assert axion["excluded"] == (axion["limit"] < 2e-8)
    limit, acceptance = rows[0]["branching_ratio_limit"], rows[0]["acceptance"]
    both = np.hypot(
        rows[0]["acceptance_mc_error"] / acceptance,
        found["reference_mc_error"] / found["reference_acceptance"],
    )
    assert_allclose(axion["limit_mc_error"], limit * both, rtol=1e-9)
    assert found["limits"] == sorted(row["branching_ratio_limit"] for row in rows)[:: len(rows) - 1]
    names = {path.name for path in Path("here").iterdir()}
    assert names == {"limits.csv", "plot.png", "plot.pdf", "result.json", "report.html", "refs.bib"}
    content = json.loads(Path("here/result.json").read_text(encoding="utf-8"))
    kinds = {each["origin"]["kind"] for each in content["inputs"]}
    assert {"published", "assumed"} <= kinds


def test_map_of_two_masses(feebly):
    done = feebly(
        "kaon", "chains", "--chain", "s", "--scalar-mass", "0.25:0.3:2", "--mass", "0.1:0.14:2",
        "--precision", "0.3", "--out", "here",
    )  # fmt: skip
    assert "BR(K+ -> pi+ S) BR(S -> A'A') BR(A' -> e+e-)^2 <" in done.out
    assert "axion" not in done.out
    assert [(row["scalar_mass_gev"], row["mass_gev"]) for row in _rows("here")] == [
        (0.25, 0.1), (0.3, 0.1), (0.3, 0.14),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--mass", "0.178"), "K+ -> pi+ and two members is closed"),
        (("--mass", "0.001"), "a -> e+ e- is closed"),
        (("--mass", "0.1", "--chain", "b"), "--chain b: expected aa or s"),
        (("--mass", "0.1", "--scalar-mass", "0.3"), "expected '--chain s' beside it"),
        (
            ("--chain", "s", "--scalar-mass", "0.3", "--mass", "0.16"),
            "the decay of Y to its members is closed",
        ),
        (("--chain", "s", "--scalar-mass", "0.02:0.03:2", "--mass", "0.1"), "no S lies between"),
        (("--mass", "0.1", "--ctau", "-1"), "ctau -1 m"),
        (("--mass", "0.1", "--slope", "2"), "becomes negative"),
        (("--mass", "0.1", "--precision", "0"), "precision 0"),
        (("--mass", "0.15", "--cl", "1", "--precision", "0.5"), "cl"),
        (("nothing",), "unknown chain search 'nothing'"),
        (("--experiment", "na62-dump-2021"), "unknown kaon experiment"),
    ],
)
def test_wrong_values(feebly, arguments, line):
    done = feebly("kaon", "chains", *arguments)
    assert done.code == 3
    assert line in done.error
    assert done.error.count("\n") <= 1

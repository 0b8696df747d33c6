"""``feebly kaon resolution``: its table, its files, and what is refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest


def test_table_and_files(feebly):
    done = feebly(
        "kaon", "resolution", "--final", "ee,gammagamma", "--mass", "0.15:0.3:2", "--events", "8000",
        "--out", "here",
    )  # fmt: skip
    lines = done.out.splitlines()
    assert lines[0] == "masses and their resolutions [MeV]"
    assert [line.split()[:2] for line in lines[2:6]] == [
        ["ee", "150"], ["ee", "300"], ["gammagamma", "150"], ["gammagamma", "300"],
    ]  # fmt: skip
    assert {path.name for path in Path("here").iterdir()} == {"resolution.csv", "plot.png", "plot.pdf"}
    with open("here/resolution.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4
    assert all(0 < float(row["sigma_pair_gev"]) < 5e-3 for row in rows)
    # the missing mass is the better one at 300 MeV, and does not know the pair
    assert float(rows[1]["sigma_missing_gev"]) < float(rows[1]["sigma_pair_gev"])
    ratio = float(rows[1]["sigma_missing_gev"]) / float(rows[3]["sigma_missing_gev"])
    assert 0.9 < ratio < 1.1
    shown = feebly(
        "kaon", "resolution", "--final", "ee", "--mass", "0.15:0.3:2", "--events", "8000", "--json"
    )
    found = json.loads(shown.out)["rows"]
    assert found["sigma_pair_gev"] == [float(row["sigma_pair_gev"]) for row in rows[:2]]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--final", "eee"), "unknown pair 'eee'"),
        (("--final", "mumu", "--mass", "0.1:0.3:3"), "the decay of Y to its members is closed"),
        (("--momentum", "65"), "--momentum"),
        (("--photon", "-1"), "zero or a positive energy"),
        (("--events", "0"), "--events"),
    ],
)
def test_wrong_values(feebly, arguments, line):
    done = feebly("kaon", "resolution", *arguments)
    assert done.code == 3
    assert line in done.error

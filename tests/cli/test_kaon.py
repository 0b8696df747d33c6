"""``feebly kaon``: what is printed about counting searches."""

from __future__ import annotations

import json

import pytest
from numpy.testing import assert_allclose


def test_table_of_all_searches(feebly):
    found = feebly("kaon", "limit")
    lines = found.out.splitlines()
    assert len(lines) == 1 + 15 + 2
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

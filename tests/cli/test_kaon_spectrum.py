"""``feebly kaon spectrum``: numbers per decay, per region and per proton; one line for wrong values."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from numpy.testing import assert_allclose

FEW = ("--decays", "pi-nu-nu,mu-nu", "--events", "4000", "--jobs", "1", "--out", "here")


def _content(feebly, *arguments):
    return json.loads(feebly("kaon", "spectrum", *FEW, *arguments, "--json").out)


def test_numbers_scale_with_kaons_and_protons(feebly):
    regions = ("--regions", "0:0.01,0.026:0.068")
    one, many, target = (
        _content(feebly, *regions, *more) for more in ((), ("--kaons", "1e12"), ("--protons", "1e18"))
    )
    assert one["kaon_decays"] is None
    assert many["kaon_decays"] == 1e12
    # 1e18 protons are 1e6 s of the nominal beam
    assert_allclose(target["kaon_decays"], 1e6 * one["kaon_decays_per_second"], rtol=1e-12)
    for content in (many, target):
        for tag, decay in content["decays"].items():
            before = one["decays"][tag]
            assert_allclose(decay["tracks"], content["kaon_decays"] * before["tracks"], rtol=1e-12)
            for region, other in zip(decay["regions"], before["regions"], strict=True):
                assert_allclose(region["tracks"], content["kaon_decays"] * other["tracks"], rtol=1e-12)
    rows = Path("here/spectrum.csv").read_text().splitlines()
    column = rows[0].split(",").index("pi-nu-nu")
    inside = [float(row.split(",")[column]) for row in rows[1:]]
    assert_allclose(sum(inside), target["decays"]["pi-nu-nu"]["tracks"], rtol=1e-6)


def test_rejection_and_its_table(feebly):
    kept = _content(feebly, "--identify", "--veto", "photons,tracks")["decays"]
    assert 0.3 < kept["pi-nu-nu"]["survival"] < 0.5
    assert 0 < kept["mu-nu"]["survival"] < 1e-6
    shown = feebly("kaon", "spectrum", *FEW, "--identify", "--regions", "0.1:0.12", "--kaons", "1e12").out
    lines = shown.splitlines()
    assert lines[0] == "750 MHz, 6% K+: 4.5 MHz of K+ decays in 105-165 m"
    assert lines[1] == "in regions: for 1e+12 K+ decays"
    assert lines[2].split()[:2] == ["decay", "BR"]
    assert lines[4].startswith("K+ -> mu+ nu")
    assert lines[4].endswith("none simulated")
    assert {path.name for path in Path("here").iterdir()} == {"spectrum.csv", "plot.png", "plot.pdf"}


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--veto", "photon"), "unknown veto 'photon'; known: photons, tracks; did you mean 'photons'"),
        (("--regions", "0.1"), "expected MIN:MAX"),
        (("--regions", "0.1:0"), "expected MIN:MAX with MIN below MAX"),
        (("--kaons", "0"), '--kaons "0": expected a number above 0'),
        (("--kaons", "1", "--protons", "1"), "expected one of the two"),
        (("--track", "K"), "expected one of e, mu, pi"),
        (("--mass2", "0:1"), "expected MIN:MAX:N"),
    ],
)
def test_wrong_values(feebly, arguments, line):
    found = feebly("kaon", "spectrum", *FEW, *arguments)
    assert found.code == 3
    assert line in found.error

"""``feebly kaon mu-nu-x``: its folder and its refusals."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from numpy.testing import assert_allclose

import feebly as package
from feebly.physics.production.kaon_to_muon_invisible import br_kplus_to_muon_invisible

DATA = Path(package.__file__).parent / "data"


def test_command(feebly):
    found = feebly("kaon", "mu-nu-x", "--mass", "0.1:0.3:3", "--out", "here", "--json")
    content = json.loads(found.out)
    assert content["masses"] == 3
    assert content["three_neutrinos"]["published"] == 1e-6
    row = list(csv.DictReader(Path("here/limits.csv").read_text().splitlines()))[1]
    ratio = float(row["branching_ratio_limit_vector"])
    per_square = br_kplus_to_muon_invisible(0.2, "vector")
    assert_allclose(float(row["coupling_limit_vector"]) ** 2 * per_square, ratio, rtol=1e-12)
    names = {path.name for path in Path("here").iterdir()}
    assert names == {"limits.csv", "plot.png", "plot.pdf", "result.json", "report.html", "refs.bib"}
    for arguments, line in [
        (("--mass", "0.3:0.4:2"), "mass 400 MeV: expected one between 0"),
        (("nothing",), "unknown search with a muon 'nothing'"),
        (("--cl", "2"), "cl"),
    ]:
        refused = feebly("kaon", "mu-nu-x", *arguments)
        assert refused.code == 3
        assert line in refused.error


def test_thrown_data_are_read_back_and_a_signal_is_seen(feebly):
    thrown = feebly("kaon", "simulate", "mu-nu-x", "--inject", "300=3e-6", "--out", "m.csv")
    assert thrown.out.endswith("events: m.csv\n")
    found = feebly("kaon", "mu-nu-x", "--mass", "0.2:0.3:2", "--data", "m.csv", "--out", "here", "--json")
    content = json.loads(found.out)
    assert len(content["observed_events"]) == 18
    assert content["branching_ratio_limits_scalar"][0] > 2e-6
    assert content["expected_branching_ratio_limits_scalar"][1] < 1e-6
    stated = json.loads(Path("here/result.json").read_text())
    assert stated["setting"]["data"] == "m.csv"
    Path("counts.csv").write_text("mass_mev,n,b\n100,1,2\n")
    refused = feebly("kaon", "mu-nu-x", "--data", "counts.csv")
    assert refused.code == 3
    assert "expected missing_mass2_gev2 of each event" in refused.error


def test_blinded_counts_are_nowhere(feebly):
    shipped = (DATA / "kaon/muon_invisible/mu-nu-x.toml").read_text()
    Path("mine.toml").write_text(f"blinded = true\n{shipped}")
    given = ("kaon", "mu-nu-x", "mine.toml", "--mass", "0.1:0.3:2", "--out", "here")
    found = feebly(*given)
    assert "expected at 90% CL" in found.out
    assert "the data are blinded and were not read" in found.err
    for name in ("result.json", "report.html", "limits.csv"):
        assert "6894" not in Path("here", name).read_text()
    assert "expected" in feebly(*given, "--data", "gone.csv").out
    assert "at 90% CL, expected" in feebly(*given, "--unblind").out


def test_chains_read_no_data(feebly):
    Path("chains.toml").write_text((DATA / "kaon/chains/pi-4e.toml").read_text())
    refused = feebly("kaon", "simulate", "chains.toml")
    assert refused.code == 3
    assert "feebly kaon chains reads no data of their own file: nothing to throw" in refused.error

"""``feebly kaon mu-nu-x``: its folder and its refusals."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from numpy.testing import assert_allclose

from feebly.physics.production.kaon_to_muon_invisible import br_kplus_to_muon_invisible


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

"""Rows of the yields per production mode."""

import json
from math import hypot

import pytest

from feebly.analysis.analysis import load_analysis
from feebly.apparatus.experiment import load_experiment
from feebly.core.errors import DataError
from feebly.report.validation.plan import YieldReference
from feebly.report.validation.sampling import Sampling
from feebly.report.validation.yields import read_points, tolerance, yield_rows

REFERENCE = YieldReference("y.json", 0.02, 0.15, 0.04, 0.02)
SAMPLING = Sampling(load_experiment("na62-dump-2021"), load_analysis("na62-dump-2021"))


def point(**yields):
    """mu mu at 0.3 GeV: 2.97 events from bremsstrahlung, 5.75 from eta in the pilot calculation."""
    return {
        "channel": "mumu",
        "mass_gev": 0.3,
        "eps": 4e-7,
        "ctau_m": 0.88772,
        "branching_ratio": 0.4653,
        "pot": 1.4e17,
        "yields": yields,
    }


def test_pilot_yields(tmp_path):
    modes = {
        "brems": {"n": 2.97, "mc_error": 0.004},
        "eta_pythia": {"n": 5.75, "mc_error": 0.03},
        "eta_bmpt": {"n": 6.82, "mc_error": 0.04},
        "kaon_pythia": {"n": 0.198, "mc_error": None},
    }
    (tmp_path / "y.json").write_text(json.dumps({"points": [point(**modes)]}))
    brems, eta, bmpt, *others = yield_rows(REFERENCE, SAMPLING, tmp_path)
    assert brems.ratio == pytest.approx(1.0, abs=0.02)
    assert eta.ratio == pytest.approx(1.0, abs=0.05)
    assert bmpt.ratio == pytest.approx(1.0, abs=0.04)
    assert bmpt.ratio != eta.ratio
    assert [row.verdict for row in others] == ["skipped: no such production"]
    assert [row.name.split(": ")[1] for row in others] == ["kaon_pythia"]


def test_pilot_yields_of_mixing_with_the_mixing_angle(tmp_path):
    pilot = point(mixing_rho_theta={"n": 0.425, "mc_error": None})
    pilot |= {"mass_gev": 0.5, "eps": 5e-7, "ctau_m": 0.26188, "branching_ratio": 0.3984}
    (tmp_path / "y.json").write_text(json.dumps({"points": [pilot]}))
    (row,) = yield_rows(REFERENCE, SAMPLING, tmp_path)
    assert row.tolerance == pytest.approx(hypot(0.15, 0.06), abs=0.005)
    assert row.ratio == pytest.approx(1.0, abs=0.1)


def test_tolerance_adds_the_error_of_the_pilot():
    assert tolerance("brems", {"n": 2.0, "mc_error": 0.02}, REFERENCE) == hypot(0.02, 0.03)
    assert tolerance("eta_pythia", {"n": 2.0, "mc_error": 0.02}, REFERENCE) == hypot(0.15, 0.03)
    assert tolerance("brems", {"n": 2.0, "mc_error": 0.02}, REFERENCE, 0.01) == hypot(0.02, 0.03, 0.03)
    assert tolerance("pi0_bmpt", {"n": 2.0, "mc_error": 0.02}, REFERENCE) == hypot(0.04, 0.03)
    assert tolerance("brems", {"n": 2.0, "mc_error": None}, REFERENCE) == hypot(0.02, 0.06)


def test_missing_and_damaged_file(tmp_path):
    (row,) = yield_rows(REFERENCE, SAMPLING, tmp_path)
    assert row.verdict.startswith("skipped: y.json is not in the folder")
    for text in ("{", "[]", '{"note": 1}'):
        (tmp_path / "y.json").write_text(text)
        with pytest.raises(DataError, match=r"y\.json"):
            read_points(tmp_path / "y.json")

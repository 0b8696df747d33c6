"""``feebly coverage`` and ``feebly closure``: verdicts, files and exit codes."""

import csv
import json
from dataclasses import replace
from inspect import signature

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.statistics import CoverageSetting, scan_coverage
from feebly.statistics.proofs.coverage import CoverageTable
from feebly.workflow.closure import model_closure

PARAMETERS = set(signature(model_closure).parameters)


def rows(path):
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


def test_coverage_writes_every_point_with_its_settings(feebly, tmp_path):
    out = tmp_path / "c"
    done = feebly(
        "coverage", "--s", "1:12:5", "--b", "0.016,3", "--toys", "5000", "--out", str(out), "--json"
    )
    assert (done.code, done.err) == (0, "")
    told, written = json.loads(done.out), json.loads((out / "coverage.json").read_text())
    assert told["passed"] is written["passed"] is True
    assert written["provenance"]["command"][:2] == ["feebly", "coverage"]
    assert set(written["provenance"]["libraries"]) == {"numpy", "scipy", "matplotlib"}
    assert (written["seed"], written["scans"][0]["n_toys"]) == (1, 5000)
    table = rows(out / "coverage.csv")
    exact = scan_coverage(np.geomspace(1, 12, 5), [0.016, 3], CoverageSetting())
    assert_allclose([float(row["coverage"]) for row in table], exact.coverage.ravel(), rtol=1e-12)
    assert min(float(row["coverage"]) for row in table) == written["scans"][0]["minimum"]["coverage"]
    assert all(abs(float(row["toys"]) - float(row["coverage"])) < 0.03 for row in table)
    assert (out / "coverage.png").read_bytes().startswith(b"\x89PNG")


def test_coverage_with_errors_is_a_scan_each(feebly, tmp_path):
    done = feebly(
        "coverage",
        "--s",
        "4",
        "--b",
        "0.5",
        "--b-error",
        "0,0.4",
        "--signal-error",
        "0.2",
        "--out",
        str(tmp_path),
    )
    first, second, plot = done.out.splitlines()
    assert "b known, signal error 0.2: coverage at least 0.9" in first
    assert "sigma_b / b = 0.4, signal error 0.2" in second
    assert "required 0.89: ok" in second
    assert plot == f"plot: {tmp_path / 'coverage.png'}"
    assert done.code == 0


def test_coverage_that_is_too_low_is_exit_code_1(feebly, tmp_path):
    # an error as large as a background of several events
    options = ("--s", "25", "--b", "4.6", "--b-error", "1", "--signal-error", "0.2")
    done = feebly("coverage", *options, "--out", str(tmp_path))
    assert done.code == 1
    assert "TOO LOW" in done.out
    assert json.loads((tmp_path / "coverage.json").read_text())["passed"] is False


def test_toys_that_disagree_are_told():
    from feebly.report.coverage_report import coverage_text, passed

    exact = np.array([[0.95, 0.93]])
    table = CoverageTable(CoverageSetting(), np.ones(2), np.ones(1), exact, exact - 0.02, 10_000)
    assert not passed([table])
    assert "DISAGREE" in coverage_text([table])


def test_closure_table_and_files(feebly, tmp_path):
    done = feebly("closure", "--out", str(tmp_path))
    assert done.code == 0
    lines = done.out.splitlines()
    assert len(lines) == 1 + 20 + 2
    assert "TruncatedGaussian(0.016, 0.002) + BetaProduct(59.9, (0.96, 0.72), 79.9)" in done.out
    assert lines[-2].endswith("width 0.9-1.1: passed")
    written = json.loads((tmp_path / "closure.json").read_text())
    assert written["repetitions"] == 1000
    assert len(written["points"]) == len(rows(tmp_path / "closure.csv")) == 20
    assert sum(point["pull_mean"] is not None for point in written["points"]) == 4
    assert (tmp_path / "closure.png").read_bytes().startswith(b"\x89PNG")


def test_closure_that_fails_is_exit_code_1(feebly, tmp_path, monkeypatch):
    from feebly.statistics.proofs import closure as module

    monkeypatch.setattr(module, "PULL_WIDTH", (0.0, 0.5))
    done = feebly("closure", "--repetitions", "50", "--out", str(tmp_path), "--json")
    assert done.code == 1
    assert json.loads(done.out)["passed"] is False


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("coverage", "--s", "a"), 'error: --s "a": expected a number'),
        (("coverage", "--b-error", "-1"), "error: relative_sigma_b = -1.0: expected a finite number >= 0"),
        (("coverage", "--b", "0"), "error: background = 0.0: expected a finite number > 0"),
        (("coverage", "--toys", "1.5"), 'error: --toys "1.5": expected a whole number, 0 or more'),
        (("closure", "--repetitions", "2"), "error: repetitions = 2: expected at least 10, such as 1000"),
    ],
)
def test_wrong_values_are_one_line_and_3(feebly, tmp_path, arguments, line):
    done = feebly(*arguments, "--out", str(tmp_path / "x"))
    assert (done.code, done.error) == (3, line)
    assert not (tmp_path / "x").exists()


def test_closure_of_a_model(feebly, fake_closure, tmp_path):
    done = feebly("closure", "dark-photon", "--channels", "ee,mumu", "--seed", "7", "--out", str(tmp_path))
    assert done.code == 0
    assert done.out.splitlines()[-2].endswith(": passed")
    assert done.out.splitlines()[-1] == f"plot: {tmp_path / 'closure.png'}"
    assert {path.name for path in tmp_path.glob("closure.*")} == {
        "closure.csv",
        "closure.json",
        "closure.png",
    }
    assert fake_closure.arguments == ("dark-photon",)
    asked = fake_closure.options
    assert (asked["points"], asked["experiments"], asked["events"], asked["seed"]) == (20, 1000, 1000, 7)
    assert (asked["channels"], asked["signal_scale"], asked["cl"]) == (("ee", "mumu"), 1.0, 0.9)


def test_every_option_of_a_model_reaches_the_library(feebly, fake_closure, tmp_path):
    options = ("--at", "0.3:1e-6,0.5:3e-7", "--experiments", "50", "--events", "0", "--signal-scale", "2")
    done = feebly("closure", "BC1", *options, "--json")
    assert json.loads(done.out)["model"] == "dark-photon"
    assert fake_closure.options["points"] == [(0.3, 1e-6), (0.5, 3e-7)]
    assert (fake_closure.options["experiments"], fake_closure.options["events"]) == (50, 0)
    assert fake_closure.options["signal_scale"] == 2.0
    assert (tmp_path / "feebly-runs" / "closure-BC1" / "closure.json").exists()
    assert set(fake_closure.options) == PARAMETERS - {"model", "cache_dir"}


def test_closure_of_a_model_that_fails_is_exit_code_1(feebly, fake_closure, tmp_path):
    fake_closure.result = replace(fake_closure.result, p_value=1e-9)
    done = feebly("closure", "dark-photon", "--out", str(tmp_path))
    assert done.code == 1
    assert done.out.splitlines()[-2].endswith(": FAILED (counts of all points)")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ("--points", "5"),
            "error: --points: is of the closure of a MODEL; try 'feebly closure dark-photon'",
        ),
        (
            ("--preset", "current"),
            "error: --preset: is of the closure of a MODEL; try 'feebly closure dark-photon'",
        ),
        (
            ("dark-photon", "--at", "0.3"),
            'error: --at "0.3": expected MASS:COUPLING,MASS:COUPLING such as 0.3:1e-6,0.5:3e-7',
        ),
        (("dark-photon", "--points", "0"), 'error: --points "0": expected a whole number, 1 or more'),
        (("dark-photon", "--signal-scale", "x"), 'error: --signal-scale "x": expected a number'),
    ],
)
def test_wrong_options_of_a_model_are_one_line_and_3(feebly, fake_closure, tmp_path, arguments, line):
    done = feebly("closure", *arguments)
    assert (done.code, done.error) == (3, line)
    assert not (tmp_path / "feebly-runs").exists()


@pytest.mark.parametrize(
    ("model", "line"),
    [
        (("dark-photon",), "interrupted: finished tables are kept, the same command resumes"),
        ((), "interrupted"),
    ],
)
def test_interrupted_closure_of_a_model_resumes(feebly, tmp_path, monkeypatch, model, line):
    from feebly.statistics.proofs import closure as of_counts
    from feebly.workflow import closure as of_a_model

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(of_counts, "closure_test", interrupt)
    monkeypatch.setattr(of_a_model, "model_closure", interrupt)
    done = feebly("closure", *model, "--out", str(tmp_path))
    assert (done.code, done.error) == (6, line)

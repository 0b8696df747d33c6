"""The run folder: keys, numbers equal to those of the result, equal bytes, nothing left of a full disk."""

import errno
import hashlib
import json
import os
from dataclasses import replace

import h5py
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from feebly.core import tables
from feebly.core.errors import DataError
from feebly.report import run_folder
from feebly.report.contour_table import contours_csv
from feebly.report.html import page
from feebly.report.run_folder import read_contours, result_dict, write_run
from report.synthetic import pilot, synthetic_result

FILES = {"result.json", "contours.csv", "grid.h5", "plot.png", "plot.pdf", "refs.bib", "report.html"}
KEYS = {
    "schema_version", "summary", "caption", "model", "coupling", "setting", "preset", "responses",
    "calibrated", "counting", "limits", "contours", "degenerate_bands", "peak", "yields", "unconverged",
    "inputs", "apparatus", "tables", "notes", "repeat", "files", "provenance",
}  # fmt: skip


@pytest.fixture(scope="module")
def result():
    return synthetic_result()


@pytest.fixture(scope="module")
def folder(result, tmp_path_factory):
    return write_run(
        result, tmp_path_factory.mktemp("run") / "new" / "folder", ["feebly", "run", "dark-photon"]
    )


@pytest.fixture(scope="module")
def written(folder):
    return json.loads((folder / "result.json").read_text(encoding="utf-8"))


def test_all_files_and_nothing_else(folder):
    assert {path.name for path in folder.iterdir()} == FILES


def test_schema(written):
    assert written["schema_version"] == 2
    assert set(written) == KEYS
    assert set(written["provenance"]) == {
        "feebly", "python", "libraries", "platform", "cpu", "date_utc", "command", "timings_s",
    }  # fmt: skip
    assert written["provenance"]["command"] == ["feebly", "run", "dark-photon"]
    assert written["provenance"]["libraries"]["numpy"] == np.__version__


def test_numbers_are_those_of_the_result(written, result):
    setting = written["setting"]
    for name in ("pot", "cl", "convention", "ordering", "signal_error", "precision", "seed", "projection"):
        assert setting[name] == getattr(result, name)
    assert setting["channels"] == ["ee", "mumu"]
    assert tuple(written["peak"].values()) == result.scan.peak
    assert written["tables"] == result.tables
    assert written["preset"]["meson_weight"] == result.preset.meson_weight == 0.5
    assert written["responses"]["mumu"]["efficiency"] == 0.65
    assert written["responses"]["mumu"]["origin"]["kind"] == "calibrated"
    assert written["inputs"][0] == {
        "name": "pi0 per POT", "value": "4.1", "sha256": "0" * 64,
        "origin": {"kind": "assumed", "source": "synthetic", "calibrated_on": None},
    }  # fmt: skip


def test_counts_and_backgrounds_say_what_was_used(written):
    mumu, ee = written["counting"]["mumu"], written["counting"]["ee"]
    assert (mumu["observed"], ee["observed"]) == (1, 0)
    assert mumu["background"]["posterior"] == "TruncatedGaussian"
    assert mumu["background"]["parameters"] == {"mean": 0.016, "sigma": 0.002}
    assert ee["background"]["posterior"] == "BetaProduct"
    assert ee["background"]["published"]["central"] == 0.0094
    assert_allclose(ee["background"]["interval_5_95"], (0.0004, 0.055), rtol=0.03)  # published interval
    assert "68% interval" in mumu["background"]["meaning"]


def test_limits_of_each_set_of_regions(written):
    """Ends: threshold 2 m_mu, the window 411 +- 4 MeV. n = 0 gives ln 10 whatever b is."""
    ranges = [row["mass_gev"] for row in written["limits"]]
    assert_allclose(ranges, [(0.01, 0.21132), (0.21132, 0.407), (0.407, 0.415), (0.415, 2.0)], rtol=1e-4)
    counts = [row["observed"] for row in written["limits"]]
    assert counts == [{"ee": 0}, {"ee": 0, "mumu": 0}, {"ee": 0, "mumu": 1}, {"ee": 0, "mumu": 0}]
    s_up = [row["s_up_observed"] for row in written["limits"]]
    assert_allclose(np.delete(s_up, 2), np.log(10), rtol=1e-9)
    assert [row["s_up_expected"] for row in written["limits"]] == pytest.approx(
        [np.log(10)] * 4, rel=1e-9, abs=0
    )


def test_limits_are_those_of_the_grid(written, result):
    grid = result.scan.grid
    for row in written["limits"]:
        low, high = row["mass_gev"]
        inside = (low < grid.mass_gev) & (grid.mass_gev < high)
        assert inside.any()
        assert set(grid.s_up_observed[inside]) == {row["s_up_observed"]}
        assert set(grid.s_up_expected[inside]) == {row["s_up_expected"]}


def test_limits_by_the_likelihood_ratio_are_those_of_the_grid(result):
    """They depend on the yields: the grid has them, the count alone does not."""
    grid = replace(result.scan.grid, s_up_observed=np.geomspace(2, 4, len(result.scan.grid.mass_gev)))
    ratio = replace(result, ordering="likelihood-ratio", scan=replace(result.scan, grid=grid))
    row = result_dict(ratio)["limits"][2]
    assert row["mass_gev"] == pytest.approx([0.407, 0.415], rel=1e-6, abs=0)
    inside = (grid.mass_gev >= 0.407) & (grid.mass_gev <= 0.415)
    assert row["s_up_observed"] in grid.s_up_observed[inside]
    coarse = replace(grid, mass_gev=np.where(inside, 0.4, grid.mass_gev))
    row = result_dict(replace(ratio, scan=replace(ratio.scan, grid=coarse)))["limits"][2]
    assert row["s_up_observed"] is None


def test_limit_of_one_event_is_the_tabulated_one():
    """90% CLs, n = 1: 3.8739 for b = 0.016 known exactly; its +-0.002 changes it by less than 1e-4."""
    limits = result_dict(synthetic_result("mumu_2303"))["limits"]
    (s_up,) = [row["s_up_observed"] for row in limits if row["observed"] == {"mumu": 1}]
    assert_allclose(s_up, 3.8739, rtol=1e-4)


def test_edges_are_those_of_the_pilot(written):
    mass, low, up, _ = pilot("leptons_2502")
    edges = {row["mass_gev"]: row["observed"] for row in written["contours"]["edges"]}
    for m in (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0):
        (i,) = np.flatnonzero(mass == m)
        assert_allclose(edges[m], [(low[i], up[i])], rtol=1e-9)


def test_digests_are_those_of_the_files(folder, written):
    assert set(written["files"]) == FILES - {"result.json", "report.html"}  # the page is made from it
    for name, sha256 in written["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha256


def test_unconverged_cells_are_listed_by_mass(result):
    cells = result.scan.grid.unconverged
    cells[3, 5:8] = True
    try:
        (row,) = result_dict(result)["unconverged"]
    finally:
        cells[3, 5:8] = False
    coupling = result.scan.grid.coupling
    assert row == {
        "mass_gev": result.scan.grid.mass_gev[3],
        "coupling": [coupling[5], coupling[7]],
        "cells": 3,
    }


@pytest.mark.usefixtures("quick_figures")
def test_projection_has_no_observed_number(tmp_path):
    projection = synthetic_result(projection=True)
    write_run(projection, tmp_path)
    content = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert content["setting"]["projection_of"] == "na62-dump-2021"
    assert {row["s_up_observed"] for row in content["limits"]} == {None}
    assert {piece["kind"] for piece in content["contours"]["pieces"]} == {"expected"}
    with h5py.File(tmp_path / "grid.h5") as file:
        assert not {"cls", "observed", "s_up_observed"} & set(file)


def test_grid_holds_the_arrays(folder, result):
    grid = result.scan.grid
    with h5py.File(folder / "grid.h5") as file:
        assert_array_equal(file["mass_gev"], grid.mass_gev)
        assert_array_equal(file["coupling"], grid.coupling)
        assert_array_equal(file["yields/mumu"], grid.yields["mumu"])
        assert_array_equal(file["by_channel/brems/ee"], grid.by_channel["brems/ee"])
        assert_array_equal(file["observed/mumu"], grid.observed["mumu"])
        for name in ("mc_error", "cls", "s_up_observed", "s_up_expected", "unconverged"):
            assert_array_equal(file[name], getattr(grid, name))
            assert file[name].attrs["unit"]
        assert file["mass_gev"].attrs["unit"] == "GeV"
        assert file.attrs["pot"] == 1.4e17
        assert file.attrs["convention"] == "cls-counting"


# --- contours.csv -------------------------------------------------------------------------------------


@pytest.mark.parametrize("islands", [False, True])
def test_contours_read_back_exactly(tmp_path, islands):
    result = synthetic_result(islands=islands)
    (tmp_path / "contours.csv").write_text(contours_csv(result))
    pieces = read_contours(tmp_path / "contours.csv")
    assert len(pieces) == (4 if islands else 2)
    for read, own in zip(pieces, result.scan.pieces, strict=True):
        assert (read.kind, read.piece, read.open_edge) == (own.kind, own.piece, own.open_edge)
        assert_array_equal(read.mass_gev, own.mass_gev)
        assert_array_equal(read.coupling, own.coupling)


def test_contours_say_units_and_conventions(folder):
    lines = (folder / "contours.csv").read_text().splitlines()
    comments = [line for line in lines if line.startswith("#")]
    assert lines[len(comments)] == "kind,piece,mass_gev,coupling"
    text = "\n".join(comments)
    for words in ["GeV", "epsilon, not its square", "90% CL, cls-counting", "1.4e17 POT", "na62-ff-mixing"]:
        assert words in text
    assert "# open_edge: expected 0, observed 0" in comments


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("kind,piece,mass_gev,coupling", "mass,epsilon", "expected the header"),
        (",0.02,", ",-0.02,", r"contours\.csv:11: expected a positive mass"),
        (",0.02,", ",text,", r"contours\.csv:11: expected kind,piece"),
        ("expected,0,0.01,1.2882e-06\nexpected,0,0.02", "expected,0,0.02", "is not closed"),
    ],
)
def test_a_damaged_table_is_refused_with_its_line(folder, tmp_path, old, new, message):
    text = (folder / "contours.csv").read_text()
    assert old in text
    (tmp_path / "contours.csv").write_text(text.replace(old, new, 1))
    with pytest.raises(DataError, match=message):
        read_contours(tmp_path / "contours.csv")


def test_a_missing_table_is_one_line(tmp_path):
    with pytest.raises(DataError, match=r"^cannot read [^\n]+ No such file or directory$"):
        read_contours(tmp_path / "contours.csv")


# --- writing ------------------------------------------------------------------------------------------


def test_same_result_same_bytes(folder, tmp_path):
    write_run(synthetic_result(), tmp_path)
    for name in FILES - {"result.json", "report.html"}:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name
    ours, theirs = (json.loads((p / "result.json").read_text(encoding="utf-8")) for p in (folder, tmp_path))
    del ours["provenance"], theirs["provenance"]
    assert ours == theirs


def _full_from(n, monkeypatch):
    """The disk is full from the n-th file on."""
    written = []

    def fsync(handle):
        written.append(handle)
        if len(written) > n:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tables.os, "fsync", fsync)
    monkeypatch.setattr(tables, "_flush_folder", lambda folder: None)


@pytest.fixture
def quick_figures(monkeypatch):
    """No drawing where only the writing is tested."""
    monkeypatch.setattr(
        run_folder, "figure_bytes", lambda result, kind: f"{result.preset.name} {kind}".encode()
    )
    monkeypatch.setattr(page, "interactive_figure", lambda *arguments, **options: "")


@pytest.mark.usefixtures("quick_figures")
@pytest.mark.parametrize("n", [0, 1, 4])
def test_full_disk_leaves_nothing_of_a_new_run(result, tmp_path, monkeypatch, n):
    _full_from(n, monkeypatch)
    with pytest.raises(DataError, match=r"^cannot write [^\n]+/new/[^/]+: No space left on device; [^\n]+$"):
        write_run(result, tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("quick_figures")
@pytest.mark.parametrize("n", [0, 4])
def test_full_disk_leaves_the_earlier_run(result, tmp_path, monkeypatch, n):
    write_run(synthetic_result("mumu_2303"), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    _full_from(n, monkeypatch)
    with pytest.raises(DataError):
        write_run(result, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_folder_that_cannot_be_made_is_one_line(result, tmp_path):
    (tmp_path / "file").write_text("here is no folder")
    with pytest.raises(DataError, match=r"^cannot write [^\n]+; the run was not saved$"):
        write_run(result, tmp_path / "file" / "run")


@pytest.mark.usefixtures("quick_figures")
def test_not_a_number_is_never_written(result, monkeypatch, tmp_path):
    content = result_dict(result) | {"peak": float("nan")}
    monkeypatch.setattr(run_folder, "result_dict", lambda result: content)
    with pytest.raises(ValueError, match="JSON"):
        write_run(result, tmp_path / "run")
    assert list(tmp_path.iterdir()) == []

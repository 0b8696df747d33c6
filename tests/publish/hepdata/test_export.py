"""Records of runs: which tables, what they say, valid by the schema and by our own rules."""

import json
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError
from feebly.limits.results import ContourPiece
from feebly.publish.hepdata import check
from feebly.publish.hepdata.check import check_record
from feebly.publish.hepdata.export import export_run, run_tables
from feebly.publish.hepdata.limit_tables import limits_of
from feebly.publish.hepdata.pictures import pictures
from feebly.publish.hepdata.record_reader import find_table, read_record
from feebly.publish.hepdata.record_writer import record_files, write_record
from feebly.publish.hepdata.saved_result import read_saved_result
from publish.hepdata.good_tables import PNG, THUMB, oval
from publish.hepdata.runs import bare_run, coarse
from report.synthetic import synthetic_result

ALWAYS = {"cl", "pot", "beam energy", "model", "channel", "limit convention", "coupling convention"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Run folders, made once: an observation with islands and a projection."""
    top = tmp_path_factory.mktemp("runs")
    return {
        "observed": bare_run(coarse(synthetic_result(islands=True)), top / "observed"),
        "projection": bare_run(coarse(synthetic_result(projection=True)), top / "projection"),
    }


@pytest.fixture(scope="module")
def runs(folders):
    return {name: read_saved_result(folder) for name, folder in folders.items()}


def like(run, model, coupling, factor=1.0, pieces=None):
    """The run as if it were of another model: couplings times a factor, or other pieces."""
    scaled = tuple(replace(p, coupling=factor * p.coupling) for p in run.pieces) if pieces is None else pieces
    arrays = {**run.grid.arrays, "coupling": factor * run.grid.coupling}
    content = {**run.content, "model": model, "coupling": coupling}
    return replace(run, grid=replace(run.grid, arrays=arrays, content=content), pieces=scaled)


def banded(run):
    """With expected bands: ovals of rising limit, the signal limits of each."""
    sizes = {"expected-2s": 1.4, "expected-1s": 1.2, "expected": 1.0, "expected+1s": 0.8, "expected+2s": 0.6}
    pieces = [ContourPiece(kind, 0, *oval(wide=0.5 * s, high=1.2 * s)) for kind, s in sizes.items()]
    limits = {f"s_up_{kind}": run.grid.arrays["s_up_expected"] / s for kind, s in sizes.items()}
    made = like(
        run, run.model, run.coupling, pieces=(*[p for p in run.pieces if p.kind == "observed"], *pieces)
    )
    windows = [
        each | {"s_up_bands": {k: 2.3 / s for k, s in sizes.items()}} for each in run.content["limits"]
    ]
    content = {**made.content, "limits": windows}
    return replace(made, grid=replace(made.grid, arrays={**made.grid.arrays, **limits}, content=content))


RUNS = {
    "observed with islands": lambda runs: runs["observed"],
    "projection": lambda runs: runs["projection"],
    "bands": lambda runs: banded(runs["observed"]),
    "nothing excluded": lambda runs: like(runs["observed"], "dark-photon", "epsilon", pieces=()),
    "dark scalar": lambda runs: like(runs["observed"], "dark-scalar", "sin-theta", 100.0),
    "ALP": lambda runs: like(runs["observed"], "alp-fermion", "C/Lambda", 10.0),
    "ALP in 1/f": lambda runs: like(runs["observed"], "alp-fermion", "1/f", 20.0),
    "a model of a file": lambda runs: like(runs["observed"], "mine", "g_x"),
    "lifetime": lambda runs: like(runs["observed"], "dark-photon", "ctau-m", 1e6),
}


CASES = [(name, "points") for name in RUNS]
CASES += [(name, layout) for name in ("bands", "a model of a file") for layout in ("index", "edges", "grid")]


@pytest.mark.parametrize(("name", "layout"), CASES)
def test_every_record_is_valid(runs, name, layout):
    tables, left_out = run_tables(RUNS[name](runs), layout, factors=False)
    if layout != "points":  # the other tables do not depend on it
        tables = tables[:2]
    files = record_files(tables, {table.name: (PNG, THUMB) for table in tables}, "\n".join(left_out), {})
    assert [str(finding) for finding in check_record(files, "record")] == []


def test_the_tables_of_an_observation(runs):
    tables, left_out = run_tables(runs["observed"], factors=False)
    names = ["T1 observed contour", "T2 expected contours", "T3 CLs", "T4 signal yield"]
    assert [table.name for table in tables] == [
        *names,
        "T7 backgrounds and counts",
        "T8 limits on the signal",
    ]
    assert left_out == ("T5 acceptance x efficiency: not asked for", "T6 cut-flow: not asked for")
    for table in tables:
        for column in table.dependent:
            assert {q.name.lower() for q in column.qualifiers} >= ALWAYS
        assert table.keywords["cmenergies"] == (27.43,)  # sqrt(2 m (m + E)) of 400 GeV on protons
        assert set(table.keywords) == {"cmenergies", "observables", "reactions", "phrases"}


def test_the_cls_say_where_their_contour_is(runs):
    table = next(t for t in run_tables(runs["observed"], factors=False)[0] if t.name == "T3 CLs")
    assert table.qualifiers["contour level"].value == pytest.approx(0.1)  # 1 - 0.9


def test_a_projection_has_no_observed_contour_and_no_cls(runs):
    tables, left_out = run_tables(runs["projection"], factors=False)
    assert not any(table.name.startswith(("T1", "T3")) for table in tables)
    assert left_out[:2] == (
        "T1 observed contour: a projection observes nothing",
        "T3 CLs: a projection observes nothing",
    )
    limits = next(table for table in tables if table.name.startswith("T8"))
    assert not any("observed" in column.name for column in limits.dependent)
    counts = next(table for table in tables if table.name.startswith("T7"))
    assert set(counts.dependent[1].values) == {"-"}


def test_what_is_missing_is_said_in_the_record(folders, plain_pictures, tmp_path):
    made = export_run(folders["projection"], factors=False)
    comment = read_record(made.write(tmp_path / "record")).comment
    assert "Not part of this record: T1 observed contour: a projection observes nothing." in comment
    assert "A projection: nothing was observed." in comment
    assert str(folders["projection"]) not in comment


def test_factors_of_a_result_without_run_are_left_out_with_the_reason(runs):
    _, left_out = run_tables(runs["observed"])
    reasons = [line for line in left_out if line.startswith(("T5", "T6"))]
    assert len(reasons) == 2
    assert all("was not made by feebly run" in line for line in reasons)
    assert not any(str(runs["observed"].folder) in line for line in reasons)


def test_counts_are_those_of_the_result(runs, folders):
    content = json.loads((folders["observed"] / "result.json").read_text(encoding="utf-8"))
    table = next(t for t in run_tables(runs["observed"], factors=False)[0] if t.name.startswith("T7"))
    rows = dict(
        zip(zip(*(c.values for c in table.independent), strict=True), table.dependent[0].values, strict=True)
    )
    for tag, counting in content["counting"].items():
        assert rows[tag, counting["region"]] == counting["background"]["mean"]
    bar = dict(table.dependent[0].error_rows)
    mumu = list(rows).index(("mumu", "SR"))
    assert (bar[mumu].plus, bar[mumu].minus, bar[mumu].symmetric) == (0.002, -0.002, True)
    ee = list(rows).index(("ee", "SR"))
    low, high = content["counting"]["ee"]["background"]["interval_5_95"]
    mean = rows["ee", "SR"]
    assert_allclose([mean + bar[ee].minus, mean + bar[ee].plus], [low, high], rtol=1e-12)


def test_the_notch_between_two_grid_masses_is_a_row_of_the_limits(runs):
    """The window of the event at 0.411 GeV holds no mass of the grid: its limit is there all the same."""
    run = runs["observed"]
    window = next(each for each in run.content["limits"] if (each["observed"] or {}).get("mumu") == 1)
    mass = np.delete(run.grid.mass_gev, np.flatnonzero(np.abs(run.grid.mass_gev - 0.411) < 0.005))
    kept = np.isin(run.grid.mass_gev, mass)
    arrays = {
        name: (values[kept] if values.shape[:1] == kept.shape else values)
        for name, values in run.grid.arrays.items()
    }
    arrays["mass_gev"] = mass
    tables, _ = run_tables(replace(run, grid=replace(run.grid, arrays=arrays)), factors=False)
    table = next(t for t in tables if t.name.startswith("T8"))
    at = [k for k, m in enumerate(table.independent[0].values) if abs(m - 0.411) < 0.004]
    assert len(at) == 1
    found = {column.name: column.values[at[0]] for column in table.dependent}
    assert found["upper limit on signal events, observed"] == window["s_up_observed"]
    assert found["observed events in mumu"] == 1
    assert (np.diff(table.independent[0].numbers) > 0).all()


def test_pictures_are_drawn_from_the_table_and_equal(runs):
    table = run_tables(runs["observed"], factors=False)[0][0]
    image, thumbnail = pictures(table, "dark-photon")
    assert (image, thumbnail) == pictures(table, "dark-photon")
    widths = [int.from_bytes(each[16:20], "big") for each in (image, thumbnail)]
    assert widths == [1120, 224]


def test_export_into_a_folder_with_files_is_refused(runs, tmp_path):
    (tmp_path / "there").write_text("x")
    with pytest.raises(ConfigError, match=r"expected a new or empty folder, or a \.zip file"):
        write_record({"submission.yaml": b"x"}, tmp_path)


def test_a_missing_validator_is_one_line(monkeypatch):
    monkeypatch.setattr(check, "import_module", lambda name: (_ for _ in ()).throw(ImportError(name)))
    with pytest.raises(
        ConfigError, match=r"--check needs hepdata-validator.*pip install 'feebly\[publish\]'"
    ):
        check_record({}, "record")


def test_the_schema_is_checked(runs):
    """The validator itself speaks: an unknown keyword is no fault of our rules."""
    (table, *_), _ = run_tables(runs["observed"], factors=False)
    wrong = replace(table, keywords={"energies": (1,)})
    findings = check_record(record_files((wrong,), {wrong.name: (PNG, THUMB)}, "x", {}), "record")
    assert {finding.rule for finding in findings} == {"schema"}


def test_numbers_read_back_to_the_last_digit(runs, tmp_path):
    tables, _ = run_tables(runs["observed"], factors=False)
    made = write_record(
        record_files(tables, {t.name: (PNG, THUMB) for t in tables}, "x", {}), tmp_path / "r.zip"
    )
    for table in tables:
        back = find_table(read_record(made), table.name)
        assert [column.values for column in back.columns] == [column.values for column in table.columns]
        assert [column.qualifiers for column in back.dependent] == [c.qualifiers for c in table.dependent]
        assert [column.errors for column in back.dependent] == [c.errors for c in table.dependent]


def test_bands_are_curves_of_one_table(runs):
    tables, _ = run_tables(banded(runs["observed"]), factors=False)
    found = limits_of(next(table for table in tables if table.name.startswith("T2")))
    kinds = ["expected-2s", "expected-1s", "expected", "expected+1s", "expected+2s"]
    assert [limit.kind for limit in found] == kinds
    assert [limit.region for limit in found] == ["inside"] * 5

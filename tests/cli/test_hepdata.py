"""``feebly hepdata``: what it prints, writes and how it ends."""

import json
from dataclasses import replace

import pytest

from feebly.publish.hepdata.record_writer import data_document, record_files, write_record
from feebly.publish.hepdata.yaml_text import dump
from feebly.publish.limit_files.limit_text import read_limit
from publish.hepdata.good_tables import GOOD, KEYWORDS, PNG, THUMB, bands, oval, points
from publish.hepdata.runs import bare_run, coarse
from report.synthetic import synthetic_result


@pytest.fixture
def plain_pictures(monkeypatch):
    """Tiny pictures in the place of drawn ones."""
    monkeypatch.setattr("feebly.publish.hepdata.export.pictures", lambda table, model: (PNG, THUMB))


@pytest.fixture
def table(tmp_path):
    """A data file with one contour in MeV."""
    path = tmp_path / "contour.yaml"
    path.write_text(dump(data_document(GOOD["points MeV"]())))
    return path


def as_record(path, table, **changes):
    named = replace(table, **({"keywords": KEYWORDS} | changes))
    return write_record(record_files((named,), {named.name: (PNG, THUMB)}, "one", {}), path)


def test_import_tells_what_it_has_read(feebly, table):
    done = feebly("hepdata", "import", table)
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "observed: 1 piece, 0.182-0.4946 GeV, epsilon 3.01e-07-3.32e-06, 90% CL, excluded inside "
        "(layout points; $m_{A'}$: MeV; epsilon: no unit)\n"
    )


def test_import_as_json_and_as_limit_file(feebly, table, tmp_path):
    done = feebly("hepdata", "import", table, "--out", tmp_path / "limit.csv", "--json")
    told = json.loads(done.out)
    assert told["limits"][0]["pieces"][0]["points"] == 41
    assert told["files"] == [str(tmp_path / "limit.csv")]
    back = read_limit(tmp_path / "limit.csv")
    assert (back.coupling, back.cl, back.model) == ("epsilon", 0.9, "dark-photon")
    assert back.pieces[0].mass_gev == pytest.approx(oval()[0], rel=1e-12)


def test_several_limits_are_several_files(feebly, tmp_path):
    (tmp_path / "bands.yaml").write_text(dump(data_document(bands())))
    done = feebly("hepdata", "import", tmp_path / "bands.yaml", "--out", tmp_path / "b.csv")
    assert done.code == 0
    assert (tmp_path / "b-expected+1s.csv").exists()
    assert read_limit(tmp_path / "b-observed.csv").region == "above"


def test_what_is_wrong_is_one_line(feebly, table, tmp_path):
    assert feebly("hepdata", "import", tmp_path / "gone.yaml").code == 3
    done = feebly("hepdata", "import", table, "--table", "Table 9")
    assert done.code == 3
    assert "has no table 'Table 9'; known: 'contour'" in done.error
    done = feebly("hepdata", "import", table, "--cl", "nine")
    assert (done.code, done.error[:6]) == (3, "error:")
    done = feebly("hepdata", "export", tmp_path)
    assert (done.code, "not a run folder" in done.error) == (3, True)
    done = feebly("hepdata", "export", "run", "--layout", "pionts")
    assert "unknown layout 'pionts'" in done.error
    assert "did you mean 'points'" in done.error


def test_lint_of_a_good_and_a_bad_record(feebly, tmp_path):
    good = as_record(tmp_path / "good.zip", points(*oval()))
    done = feebly("hepdata", "lint", good)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("1 table, 46 rules: nothing found")
    bad = as_record(tmp_path / "bad.zip", points(*oval(), units="MeV"), description="")
    done = feebly("hepdata", "lint", bad)
    assert done.code == 1
    assert done.out == ""
    rules = [line.rsplit("[", 1)[1] for line in done.err.splitlines()]
    assert rules == ["missing-description]", "gev-labelled-mev]"]
    told = json.loads(feebly("hepdata", "lint", bad, "--json").out)
    assert [finding["rule"] for finding in told["findings"]] == ["missing-description", "gev-labelled-mev"]


def test_import_with_lint_reads_and_ends_with_1(feebly, tmp_path):
    bad = as_record(tmp_path / "bad.zip", points(*oval(), units="MeV"))
    done = feebly("hepdata", "import", bad, "--lint")
    assert done.code == 1
    assert done.out.startswith("observed: 1 piece")
    assert "GeV labelled MeV?" in done.err


def test_export_of_a_run_is_checked_and_written(feebly, plain_pictures, tmp_path):
    folder = bare_run(coarse(synthetic_result(projection=True)), tmp_path / "run")
    done = feebly("hepdata", "export", folder, "--no-factors", "--check", "--out", tmp_path / "r.zip")
    assert done.code == 0
    assert "valid: schema and 46 rules" in done.out
    assert f"record: {tmp_path / 'r.zip'}" in done.out
    assert "note: not part of the record: T1 observed contour: a projection observes nothing" in done.err
    assert feebly("hepdata", "lint", tmp_path / "r.zip").code == 0
    again = feebly("hepdata", "export", folder, "--no-factors", "--out", tmp_path / "run")
    assert "expected a new or empty folder" in again.err
    assert again.code == 3

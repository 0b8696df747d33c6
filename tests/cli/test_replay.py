"""``feebly replay``, ``diff`` and ``pack`` from the command line: answers, JSON, exit codes, refusals."""

import json
import shutil
import zipfile

import pytest

from report.small_runs import small_run, without_figures, write


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A small run and its yield tables."""
    top = tmp_path_factory.mktemp("made")
    write(small_run(top / "cache" / "feebly"), top / "run", pytest.MonkeyPatch())
    return top


@pytest.fixture
def run(feebly, made, tmp_path, monkeypatch):
    without_figures(monkeypatch)
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path / "run"


def test_from_a_run_to_its_archive_and_back(feebly, run, tmp_path):
    done = feebly("replay", "run")
    assert done.code == 0
    assert done.out == (
        "equal bit by bit: contours, yields, limits and texts "
        "(yield tables from the cache: --fresh samples them again)\n"
    )
    done = feebly("pack", "run/result.json", "--author", "Ada Lovelace", "--license", "CC-BY-4.0")
    assert done.code == 0
    assert done.out == "run.zip: 7 files; feebly replay run.zip makes the run again\n"
    done = feebly("replay", "run.zip", "--fresh", "--json", "--out", "again")
    assert done.code == 0
    content = json.loads(done.out)
    assert content["equal"] is True
    assert content["sampled_blocks"] > 0
    assert (content["a"], content["b"]) == ("run.zip", "again")
    assert (tmp_path / "again" / "contours.csv").read_bytes() == (run / "contours.csv").read_bytes()
    assert feebly("diff", "run.zip", "again").out == (
        "nothing moved: contours, yields, limits and summary are the same bits\n"
    )


def test_what_is_not_equal_ends_with_1_and_its_cause(feebly, run):
    contours = run / "contours.csv"
    lines = contours.read_text().splitlines()
    contours.write_text("\n".join(line for i, line in enumerate(lines) if i != 12) + "\n")
    done = feebly("replay", "run")
    assert done.code == 1
    assert done.out.startswith("not equal (yield tables from the cache")
    assert "cause: contours.csv of run: as feebly wrote it -> changed since (SHA-256)" in done.out
    done = feebly("pack", "run")
    assert done.code == 3
    assert "run: contours.csv: gone, or not what feebly wrote; make the run again" in done.error


def test_diff_names_the_cause(feebly, run):
    assert feebly("project", "run", "--pot", "1e18", "--out", "more").code == 0
    done = feebly("diff", "run", "more")
    assert done.code == 0
    assert "cause: pot: 1.4e17 -> 1e18" in done.out
    assert "yield brems/mumu" in done.out
    content = json.loads(feebly("diff", "run", "more", "--json").out)
    assert [each["name"] for each in content["causes"]] == ["pot"]
    shift = next(each for each in content["moved"]["shifts"] if each["what"] == "yield brems/mumu")
    assert shift["median_ln"] == pytest.approx(1.9661128563728327, rel=1e-12)  # ln(1e18 / 1.4e17)


def test_refusals_are_one_line_with_exit_code_3(feebly, run, tmp_path):
    with zipfile.ZipFile(tmp_path / "theirs.zip", "w") as archive:
        archive.writestr("../../outside.txt", "text")
    (tmp_path / "other.json").write_text("{}")
    (tmp_path / "closure").mkdir()
    (tmp_path / "closure" / "result.json").write_text('{"schema_version": 2, "repeat": {"arguments": {}}}')
    for arguments, words in {
        ("replay", "nowhere"): "nowhere: not a run folder",
        ("replay", "theirs.zip"): "member '../../outside.txt' lies outside the archive",
        ("replay", "other.json"): "expected a run folder, its result.json, or an archive of it",
        ("replay", "closure"): "not those that feebly wrote",
        ("replay", "run", "--out", "run"): "is the run itself",
        ("replay", "run", "--jobs", "none"): "expected a whole number",
        ("diff", "run", "theirs.zip"): "lies outside the archive",
        ("pack", "run", "--out", "run.tar"): "expected a name that ends in .zip",
        ("pack", "run", "--author", ""): "expected NAME or NAME, ORCID",
        ("pack", "run", "--license", "my own"): "expected an SPDX identifier",
        ("pack", "run", "--out", "run/result.json/run.zip"): "is a file; expected a folder",
    }.items():
        done = feebly(*arguments)
        assert done.code == 3
        assert words in done.error
    assert not list(tmp_path.parent.glob("**/outside.txt"))

"""A run as an archive: the shape that RO-Crate 1.1 asks for, equal bytes, and a run elsewhere from it."""

import hashlib
import json
import shutil
from dataclasses import replace
from datetime import datetime

import pytest

from feebly.core.archives import extract_archive, read_archive, write_zip
from feebly.core.errors import ConfigError, DataError, FeeblyError
from feebly.publish.run_crate import MANIFEST, Author, write_crate
from feebly.report.run_difference import compare_runs, read_kept
from feebly.report.saved_run import folder_of_run, read_run
from feebly.workflow.named_files import with_named_files
from feebly.workflow.new_model import new_model_files
from feebly.workflow.repeat import SavedRun
from feebly.workflow.replay import replay
from report.small_runs import edited, own_file, small_run, write
from report.synthetic import synthetic_result

LISTED = "# pot = 10\n# beam_momentum_gev = 400\npid,px,py,pz,weight\n" + "".join(
    f"221,{0.01 * i},0.1,{10 + i},1\n" for i in range(20)
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def lab(tmp_path):
    """A user's folder: an experiment, an analysis upon another one, a preset with an event list."""
    lab = tmp_path / "my lab"
    own_file("experiments", lab / "exp", ("r_min_m = 0.06", "r_min_m = 0.07"))
    (lab / "ana").mkdir()
    (lab / "ana" / "base.toml").write_text('extends = "na62-dump-2021"\npot = 2e17\n')
    (lab / "ana" / "run 2.toml").write_text('extends = "base.toml"\npot_relative_error = 0.1\n')
    (lab / "lists").mkdir()
    (lab / "lists" / "eta.csv").write_text(LISTED)
    (lab / "preset.toml").write_text('extends = "current"\nname = "mine"\nspectrum = "lists/eta.csv"\n')
    return lab


@pytest.fixture
def files_run(lab, cache, tmp_path, monkeypatch):
    result = small_run(
        cache,
        experiment=lab / "exp" / "mine.toml",
        analysis=str(lab / "ana" / "run 2.toml"),
        preset=str(lab / "preset.toml"),
        response="none",
    )
    return write(result, tmp_path / "run", monkeypatch)


def packed(folder, **asked):
    out = folder.parent / "packed.zip"
    write_crate(folder, out, **asked)
    return out


def graph_of(out):
    content = json.loads(read_archive(out)[MANIFEST])
    return content["@context"], {entity["@id"]: entity for entity in content["@graph"]}


def test_the_manifest_is_an_ro_crate(files_run):
    authors = (Author.parse("Josiah Carberry, 0000-0002-1825-0097"), Author.parse("Ada Lovelace"))
    out = packed(files_run, license_id="CC-BY-4.0", authors=authors)
    context, graph = graph_of(out)
    # https://www.researchobject.org/ro-crate/specification/1.1/root-data-entity.html
    assert context == ["https://w3id.org/ro/crate/1.1/context", {"sha256": "https://schema.org/sha256"}]
    assert graph[MANIFEST] == {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }
    root = graph["./"]
    assert root["@type"] == "Dataset"
    assert root["name"].startswith("feebly run of dark-photon")
    assert "with 2e17 POT" in root["description"]
    assert root["license"] == {"@id": "https://spdx.org/licenses/CC-BY-4.0"}
    made = json.loads((files_run / "result.json").read_text())["provenance"]
    assert datetime.fromisoformat(root["datePublished"]) == datetime.fromisoformat(made["date_utc"])
    people = [graph[each["@id"]] for each in root["author"]]
    assert [person["name"] for person in people] == ["Josiah Carberry", "Ada Lovelace"]
    assert people[0]["@id"] == "https://orcid.org/0000-0002-1825-0097"
    action = graph["#run"]
    assert action["@type"] == "CreateAction"
    assert action["endTime"] == made["date_utc"]
    program = graph[action["instrument"]["@id"]]
    assert (program["@type"], program["name"], program["version"]) == (
        "SoftwareApplication",
        "feebly",
        made["feebly"],
    )
    assert graph["#numpy"]["version"] == made["libraries"]["numpy"]
    assert graph["#argument-seed"]["value"] == 1
    assert json.loads(graph["#argument-mass"]["value"]) == [0.3, 0.6, 5]


def test_every_file_is_told_and_every_reference_resolves(files_run):
    out = packed(files_run)
    files = read_archive(out)
    _, graph = graph_of(out)
    parts = {each["@id"] for each in graph["./"]["hasPart"]}
    assert parts == {name.replace(" ", "%20") for name in files} - {MANIFEST}
    for name, content in files.items():
        if name == MANIFEST:
            continue
        entity = graph[name.replace(" ", "%20")]
        assert entity["@type"] == "File"
        assert entity["contentSize"] == str(len(content))
        assert entity["sha256"] == hashlib.sha256(content).hexdigest()
        assert "/" in entity["encodingFormat"]
    assert [each for each in references(list(graph.values())) if each not in graph] == [
        "https://w3id.org/ro/crate/1.1"
    ]
    assert {each["@id"] for each in graph["#run"]["object"]} >= {"inputs/analysis/run%202.toml"}
    assert {each["@id"] for each in graph["#run"]["result"]} >= {"result.json", "contours.csv", "grid.h5"}


def references(value):
    if isinstance(value, list):
        return [each for item in value for each in references(item)]
    if not isinstance(value, dict):
        return []
    if list(value) == ["@id"]:
        return [value["@id"]]
    return [each for item in value.values() for each in references(item)]


def test_the_same_run_gives_the_same_bytes(files_run):
    (files_run / "notes.txt").write_text("mine")
    one = packed(files_run).read_bytes()
    (files_run / "private").mkdir()
    assert packed(files_run).read_bytes() == one
    names = sorted(read_archive(packed(files_run)))
    assert [name for name in names if name.startswith("inputs/")] == [
        "inputs/analysis/base.toml",
        "inputs/analysis/run 2.toml",
        "inputs/experiment/mine.toml",
        "inputs/preset/lists/eta.csv",
        "inputs/preset/preset.toml",
    ]
    assert "notes.txt" not in names


def test_replayed_where_the_files_are_gone(files_run, lab, cache, tmp_path, monkeypatch):
    out = packed(files_run)
    shutil.rmtree(lab)
    with pytest.raises(DataError, match="is gone; put it back"):
        replay(read_run(files_run), cache_dir=cache, jobs=1)
    with folder_of_run(out) as folder:
        again = replay(read_run(folder), cache_dir=cache, jobs=1)
        assert again.sampled_blocks == 0
        folder_again = write(again.result, tmp_path / "again", monkeypatch)
        found = compare_runs(read_kept(folder), read_kept(folder_again))
        assert found.is_equal
        assert found.causes == found.candidates == found.others == ()
        assert again.result.tables == read_run(folder).tables
        (folder / "inputs" / "analysis" / "run 2.toml").write_text('extends = "base.toml"\npot = 1e20\n')
        with pytest.raises(DataError, match="is gone; put it back"):  # what is there is not what it was
            replay(read_run(folder), cache_dir=cache, jobs=1)


def test_a_model_with_its_tables(cache, tmp_path, monkeypatch):
    lab = tmp_path / "lab"
    lab.mkdir()
    for name, content in new_model_files("mine", "dark-photon").items():
        text = content.replace("mine-decays.csv", "decays.txt")
        (lab / name.replace("mine-decays.csv", "decays.txt")).write_text(text)
    result = small_run(cache, model=str(lab / "mine.toml"), response="none")
    folder = write(result, tmp_path / "run", monkeypatch)
    out = packed(folder)
    assert {"inputs/model/mine.toml", "inputs/model/decays.txt"} <= set(read_archive(out))
    shutil.rmtree(lab)
    with folder_of_run(out) as unpacked:
        again = replay(read_run(unpacked), cache_dir=cache, jobs=1)
        found = compare_runs(read_kept(unpacked), read_kept(write(again.result, tmp_path / "b", monkeypatch)))
        assert found.is_equal


def test_a_file_that_changed_below_is_found_by_the_replay(files_run, lab, cache, tmp_path, monkeypatch):
    (lab / "ana" / "base.toml").write_text('extends = "na62-dump-2021"\npot = 4e17\n')
    again = replay(read_run(files_run), cache_dir=cache, jobs=1)
    found = compare_runs(read_kept(files_run), read_kept(write(again.result, tmp_path / "b", monkeypatch)))
    assert [each.text for each in found.causes] == ["pot: 2e17 -> 4e17"]


def test_what_is_damaged_or_incomplete_is_not_packed(files_run, lab):
    def refusal():
        with pytest.raises(FeeblyError) as error:
            packed(files_run)
        assert "\n" not in str(error.value)
        assert not (files_run.parent / "packed.zip").exists()
        return str(error.value)

    base = lab / "ana" / "base.toml"
    base.rename(lab / "base.toml")
    assert "ana/base.toml: No such file" in refusal()
    (lab / "base.toml").rename(base)
    contours = files_run / "contours.csv"
    whole = contours.read_text()
    contours.write_text(whole.replace("observed,0", "observed,1"))
    assert "contours.csv: gone, or not what feebly wrote" in refusal()
    contours.write_text(whole)
    edited(files_run, lambda c: c["inputs"].pop(), sign=False)
    assert "result.json: gone, or not what feebly wrote" in refusal()


def test_inputs_that_depend_on_the_place_are_not_packed(files_run, monkeypatch):
    monkeypatch.setattr(SavedRun, "inputs_today", lambda self: {(str(self.packed),)})
    with pytest.raises(DataError, match="other inputs when they are moved"):
        packed(files_run)


def test_absolute_paths_cannot_be_moved(lab):
    path = lab / "absolute.toml"
    path.write_text(f'extends = "{lab / "ana" / "base.toml"}"\n')
    with pytest.raises(DataError, match="name it relative to this file"):
        with_named_files(path)


def test_results_that_cannot_be_made_again_are_refused(tmp_path, monkeypatch):
    folder = write(synthetic_result(), tmp_path / "run", monkeypatch)
    with pytest.raises(DataError, match="was not made by feebly run"):
        packed(folder)
    arguments = {"model": None, "seed": 1}
    folder = write(replace(synthetic_result(), arguments=arguments), tmp_path / "own", monkeypatch)
    assert "result.json" in read_archive(packed(folder))  # a record, if no recipe
    with pytest.raises(DataError, match="its model was made in Python"):
        replay(read_run(folder))


@pytest.mark.parametrize("text", ["", " , 0000-0002-1825-0097", "Josiah Carberry, 0000-0002-1825-0098"])
def test_authors_that_are_none(text):
    with pytest.raises(ConfigError, match="expected NAME or NAME, ORCID"):
        Author.parse(text)


def test_authors():
    assert Author.parse("Carberry, Josiah") == Author("Carberry, Josiah")
    assert Author.parse("A. B., https://orcid.org/0000-0002-1694-233X").orcid == "0000-0002-1694-233X"
    with pytest.raises(ConfigError, match="SPDX identifier"):
        write_crate("none", "none.zip", license_id="no licence")


def test_archives_without_a_run(tmp_path):
    path = tmp_path / "some.zip"
    write_zip(path, {"a.txt": b"1"})
    with pytest.raises(DataError, match="an archive without a run"), folder_of_run(path):
        pass
    write_zip(path, {"../result.json": b"{}"})
    with pytest.raises(DataError, match="lies outside the archive"), folder_of_run(path):
        pass
    (tmp_path / "old.json").write_text("{}")
    with pytest.raises(DataError, match="expected a run folder"), folder_of_run(tmp_path / "old.json"):
        pass
    extract_archive(packed_one(tmp_path), tmp_path / "x" / "run")
    with folder_of_run(tmp_path / "x" / "run" / "result.json") as folder:
        assert folder == tmp_path / "x" / "run"


def packed_one(folder):
    path = folder / "one.zip"
    write_zip(path, {"top/result.json": b"{}"})
    with folder_of_run(path) as top:
        assert top.name == "top"
    write_zip(path, {"result.json": b"{}"})
    return path

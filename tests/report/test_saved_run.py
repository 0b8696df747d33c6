"""Reading a run folder back: what was written, and folders that are none, damaged, or of another version."""

import json
import shutil
from dataclasses import replace

import pytest

from feebly.core.errors import DataError
from feebly.core.provenance import Origin
from feebly.report.run_folder import write_run
from feebly.report.saved_run import read_run
from report.synthetic import synthetic_result

ARGUMENTS = {"model": "dark-photon", "pot": None, "mass": [0.01, 2.0, 100]}


@pytest.fixture(scope="module")
def result():
    return replace(synthetic_result(), arguments=ARGUMENTS)


@pytest.fixture(scope="module")
def written(result, tmp_path_factory):
    return write_run(result, tmp_path_factory.mktemp("run"))


@pytest.fixture
def folder(written, tmp_path):
    return shutil.copytree(written, tmp_path / "run")


def changed(folder, change):
    path = folder / "result.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    return folder


def test_what_was_written_is_read(folder, result):
    saved = read_run(folder)
    assert saved.name == str(folder)
    assert saved.arguments == ARGUMENTS
    assert saved.inputs == result.inputs
    assert saved.inputs[0].origin == Origin("assumed", "synthetic")
    assert saved.tables == result.tables


def damage(text):
    return lambda folder: (folder / "result.json").write_text(text)


BROKEN = {
    "missing": (lambda folder: (folder / "result.json").unlink(), "not a run folder (it has no result.json)"),
    "cut off": (damage('{"schema_version": 2,\n "summary": "dark'), "result.json:2: damaged"),
    "empty": (damage(""), "result.json:1: damaged"),
    "bytes": (
        lambda f: (f / "result.json").write_bytes(b"\xff\xfe"),
        "damaged (no text at byte 0)",
    ),
    "a list": (damage("[1, 2]"), "not the result of a run"),
    "another file": (damage('{"schema": 1}'), "schema version None; this feebly reads version 2"),
    "old": (lambda f: changed(f, lambda c: c.update(schema_version=1)), "make the run again with feebly run"),
    "new": (lambda f: changed(f, lambda c: c.update(schema_version=9)), "take the feebly that wrote it"),
    "no arguments": (lambda f: changed(f, lambda c: c.pop("repeat")), "not those that feebly wrote"),
    "other arguments": (
        lambda f: changed(f, lambda c: c["repeat"]["arguments"].update(pot=1e18)),
        "not those that feebly wrote (damaged, or changed by hand)",
    ),
    "other inputs": (
        lambda f: changed(f, lambda c: c["inputs"][0].update(value="4.2")),
        "not those that feebly wrote",
    ),
    "no tables": (lambda f: changed(f, lambda c: c.pop("tables")), "not those that feebly wrote"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_no_run_is_refused_in_one_line(folder, case):
    spoil, words = BROKEN[case]
    spoil(folder)
    with pytest.raises(DataError) as error:
        read_run(folder)
    assert words in str(error.value)
    assert str(folder) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_or_nothing_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("text")
    for name in ("file", "nothing"):
        with pytest.raises(DataError, match="not a run folder"):
            read_run(tmp_path / name)


def test_a_result_that_was_put_together_says_so(tmp_path):
    with pytest.raises(DataError, match="was not made by feebly run"):
        read_run(write_run(synthetic_result(), tmp_path))

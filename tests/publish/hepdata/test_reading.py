"""Files of others: archives, folders, single files; what is malformed, unsafe or too large is one line."""

import contextlib
import io
import json
import tarfile
import time
import zipfile
from copy import deepcopy
from dataclasses import replace
from datetime import date
from random import Random

import pytest

from feebly.core.archives import MB
from feebly.core.errors import ConfigError, DataError
from feebly.publish.hepdata import record_reader
from feebly.publish.hepdata.grids import grid_of
from feebly.publish.hepdata.limit_tables import limits_of
from feebly.publish.hepdata.lint import lint
from feebly.publish.hepdata.record_reader import find_table, read_record
from feebly.publish.hepdata.record_writer import data_document, record_files, write_record
from feebly.publish.hepdata.tables import MISSING
from feebly.publish.hepdata.yaml_text import dump, read_documents
from publish.hepdata.good_tables import GOOD, KEYWORDS, PNG, THUMB, counts, oval, points


@pytest.fixture
def files():
    tables = [replace(table, keywords=KEYWORDS) for table in (points(*oval()), counts())]
    return record_files(tables, {table.name: (PNG, THUMB) for table in tables}, "two tables", {})


def as_zip(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def as_tar(path, files, mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def refusal(path):
    """The one line about a file."""
    with pytest.raises(DataError) as error:
        read_record(path)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400
    return str(error.value)


def test_a_record_in_every_wrapping(files, tmp_path):
    nested = {f"HEPData-ins1-v1-yaml/{name}": content for name, content in files.items()}
    paths = [
        as_zip(tmp_path / "a.zip", files),
        as_zip(tmp_path / "b.zip", nested),
        as_tar(tmp_path / "c.tar.gz", nested),
        as_tar(tmp_path / "d.tar", files, "w"),
        write_record(files, tmp_path / "folder"),
        tmp_path / "folder" / "submission.yaml",
    ]
    for path in paths:
        record = read_record(path)
        assert [table.name for table in record.tables] == ["contour", "regions"]
        assert record.comment == "two tables"
        assert set(record.files) == set(files)
        table = find_table(record, "regions")
        assert table.dependent[1].values == (1, 0, MISSING)
        assert table.keywords == KEYWORDS


def test_a_table_alone_as_yaml_and_json(tmp_path):
    document = data_document(points(*oval()))
    (tmp_path / "one.yaml").write_text(dump(document))
    (tmp_path / "one.json").write_text(json.dumps(document))
    for name in ("one.yaml", "one.json"):
        record = read_record(tmp_path / name)
        assert not record.is_record
        assert find_table(record, None).columns[0].values == points(*oval()).columns[0].values


def test_all_tables_in_one_file(tmp_path):
    documents = [
        {"comment": "all in one"},
        {"name": "Table 1", "description": "A contour.", "keywords": []} | data_document(points(*oval())),
        {"name": "Table 2", "description": "Counts.", "keywords": []} | data_document(counts()),
    ]
    (tmp_path / "all.yaml").write_text("---\n".join(dump(each) for each in documents))
    record = read_record(tmp_path / "all.yaml")
    assert [table.name for table in record.tables] == ["Table 1", "Table 2"]
    assert record.comment == "all in one"
    with pytest.raises(ConfigError, match=r"has 2 tables; choose one: --table NAME; known: 'Table 1'"):
        find_table(record, None)
    with pytest.raises(ConfigError, match=r"no table 'Tabel 2'.*did you mean 'Table 2'"):
        find_table(record, "Tabel 2")


def test_bins_have_their_middle(tmp_path):
    document = data_document(counts())
    document["independent_variables"] = [
        {"header": {"name": "mass", "units": "GeV"}, "values": [{"low": 1, "high": k} for k in (2, 3, 4)]}
    ]
    (tmp_path / "bins.yaml").write_text(dump(document))
    assert read_record(tmp_path / "bins.yaml").tables[0].independent[0].values == (1.5, 2.0, 2.5)


# --- archives -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["../out.yaml", "/tmp/out.yaml", "a/../../out.yaml", "C:\\out.yaml", "..\\out.yaml"]
)
@pytest.mark.parametrize("wrap", [as_zip, as_tar])
def test_paths_out_of_an_archive_are_refused(files, tmp_path, wrap, name):
    (tmp_path / "inside").mkdir()
    path = wrap(tmp_path / "inside" / "bad.archive", files | {name: b"x"})
    assert "outside" in refusal(path)
    assert [p.name for p in tmp_path.iterdir()] == ["inside"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path, kind):
    with tarfile.open(tmp_path / "bad.tar", "w") as archive:
        entry = tarfile.TarInfo("submission.yaml")
        entry.type, entry.linkname = kind, "/etc/passwd"
        archive.addfile(entry)
    assert "link or a device" in refusal(tmp_path / "bad.tar")


def test_links_in_a_folder_are_refused(files, tmp_path):
    folder = write_record(files, tmp_path / "folder")
    (folder / "secret.yaml").symlink_to("/etc/passwd")
    assert "secret.yaml is a link" in refusal(folder)


def test_a_bomb_is_not_unpacked(tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("submission.yaml", bytes(61 * MB))
    assert path.stat().st_size < MB
    assert "expected at most 60 MB" in refusal(path)


def test_too_many_files_and_equal_names_are_refused(files, tmp_path):
    many = as_zip(tmp_path / "many.zip", files | {f"{k}.txt": b"" for k in range(2001)})
    assert "more than 2000 members" in refusal(many)
    with zipfile.ZipFile(tmp_path / "twice.zip", "w") as archive:
        archive.writestr("submission.yaml", files["submission.yaml"])
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("submission.yaml", files["submission.yaml"])
    assert "twice" in refusal(tmp_path / "twice.zip")


def test_damaged_archives_and_other_files_are_refused(files, tmp_path):
    whole = as_zip(tmp_path / "whole.zip", files).read_bytes()
    for name, content in {"cut.zip": whole[:500], "text.zip": b"hello", "empty.zip": b""}.items():
        (tmp_path / name).write_bytes(content)
        refusal(tmp_path / name)
    assert "cannot be read" in refusal(tmp_path / "not-there.zip")
    (tmp_path / "empty").mkdir()
    assert "no submission.yaml in it" in refusal(tmp_path / "empty")


def test_large_files_are_not_read(files, tmp_path, monkeypatch):
    folder = write_record(files, tmp_path / "folder")
    (tmp_path / "table.yaml").write_text(dump(data_document(counts())))
    monkeypatch.setattr(record_reader, "LIMITS", replace(record_reader.LIMITS, member=100))
    assert "too large" in refusal(folder)
    assert "larger than" in refusal(tmp_path / "table.yaml")


# --- text ---------------------------------------------------------------------------------------------


def laughs(levels):
    """Each line names the one before ten times."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]" for k in range(1, levels)]
    return "\n".join(lines)


BAD_TEXT = {
    "Latin-1": ("name: é".encode("latin-1"), "not UTF-8 text at byte 6"),
    "UTF-16": ("name: x".encode("utf-16"), "not UTF-8 text at byte 0"),
    "zero bytes": (b"name: x\x00", "zero bytes"),
    "an open bracket": (b"a: 1\nb: [1, 2", "bad.yaml:3: not valid YAML"),
    "a tab": (b"a:\n\t- 1", "not valid YAML"),
    "a Python tag": (b"a: !!python/object/apply:os.system ['ls']", "could not determine a constructor"),
    "another tag": (b"a: !secret 1", "could not determine a constructor"),
    "billion laughs": (laughs(10).encode(), "aliases written out"),
    "an alias of itself": (b"a: &a [*a]", "contains itself"),
    "an unknown alias": (b"a: *b", "undefined alias"),
    "brackets without end": (b"[" * 100_000, "nested more than"),
    "dashes without end": (b"- " * 100_000 + b"a", "nested more than"),
    "a list as key": (b"? [a]\n: b", "not valid YAML"),
    "no such day": (b"a: 2026-02-31", "not valid YAML"),
    "five thousand digits": (b"a: " + b"1" * 5000, "not valid YAML"),
    "a word": (b"hello", "expected keys and values, got text"),
    "a list": (b"- 1", "expected keys and values, got a list"),
    "no table": (b"a: 1", "no table in it"),
    "nothing": (b"", "no table in it"),
    "columns as text": (b"independent_variables: x\ndependent_variables: []", "expected a list, got text"),
    "values as text": (
        b"independent_variables: [{header: {name: x}, values: 3}]\ndependent_variables: []",
        "independent_variables[0].values: expected a list, got a number",
    ),
    "only half a table": (b"independent_variables: []", "no dependent_variables"),
}


@pytest.mark.parametrize("name", BAD_TEXT)
def test_bad_text_is_one_line(name, tmp_path):
    content, message = BAD_TEXT[name]
    (tmp_path / "bad.yaml").write_bytes(content)
    started = time.process_time()
    assert message in refusal(tmp_path / "bad.yaml")
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "bad.json:1: not valid JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" + b"1" * 5000 + b"]", "too many digits"),
    ],
)
def test_bad_json_is_one_line(content, message, tmp_path):
    (tmp_path / "bad.json").write_bytes(content)
    assert message in refusal(tmp_path / "bad.json")


def test_aliases_of_common_records_are_read():
    """Writers of YAML name equal lists once; that is no attack."""
    (document,) = read_documents(b"a: &q [{name: CL, value: 0.9}]\nb: *q\nc: *q", "x.yaml")
    assert document["b"] == document["c"] == [{"name": "CL", "value": 0.9}]


def test_a_record_that_lies_about_its_files(files, tmp_path):
    lies = dict(files)
    lies.pop("contour.yaml")
    assert "the file 'contour.yaml' of table 'contour' is not there" in refusal(
        as_zip(tmp_path / "a.zip", lies)
    )
    two = {f"{k}/{name}": content for k in "ab" for name, content in files.items()}
    assert "2 files submission.yaml" in refusal(as_zip(tmp_path / "b.zip", two))


@pytest.mark.parametrize(
    "number", [1e-5, 1.2345678901234567e-300, 1e22, 0.1, 5e-324, 1.7976931348623157e308, -0.0, 3]
)
def test_numbers_are_written_as_numbers_that_read_back(number):
    """PyYAML reads 1e-05 as text: a point is needed."""
    (back,) = read_documents(dump({"value": number}).encode(), "x.yaml")
    assert back["value"] == number
    assert type(back["value"]) is type(number)


# --- whatever stands there ----------------------------------------------------------------------------

WORDS = (None, "", "-", "x", "1e-5", "NaN", True, date(2026, 1, 1))
NUMBERS_OF_ALL_KINDS = (0, -1, 1e400, float("nan"), 10**400)
JUNK = (*WORDS, *NUMBERS_OF_ALL_KINDS, [], {}, [[]], [{}], {"value": []})
GOOD_DOCUMENTS = [data_document(GOOD[name]()) for name in ("islands", "grid CLs", "counts", "edges")]


def corrupted(document, rng):
    """The document with one of its parts, chosen at random, replaced by junk."""
    here, parent, key = document, None, None
    while isinstance(here, dict | list) and here and (parent is None or rng.random() < 0.75):
        keys = list(here) if isinstance(here, dict) else range(len(here))
        parent, key = here, rng.choice(keys)
        here = parent[key]
    parent[key] = deepcopy(rng.choice(JUNK))
    return document


@pytest.mark.parametrize("seed", range(2))
def test_whatever_stands_there_is_read_linted_or_refused_in_one_line(seed, tmp_path):
    """No traceback, whichever part of a table is something else."""
    rng = Random(seed)
    path = tmp_path / "table.yaml"
    for _ in range(10):
        document = deepcopy(rng.choice(GOOD_DOCUMENTS))
        for _ in range(rng.randint(1, 3)):
            document = corrupted(document, rng)
        path.write_text(dump(document))
        for look in (lint, limits_of_first, grid_of_first):
            with contextlib.suppress(ConfigError, DataError):
                look(read_record(path))


def limits_of_first(record):
    return limits_of(record.tables[0])


def grid_of_first(record):
    return grid_of(record.tables[0])

"""TOML with places, canonical JSON and digests, atomic writing."""

import errno
import json
import os
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feebly.core import tables
from feebly.core.errors import ConfigError, DataError
from feebly.core.tables import (
    canonical_json,
    digest,
    load_document,
    overlay,
    parse_toml,
    plain,
    write_atomically,
    write_hdf5,
)

TEXT = """\
# comment
pot = 1e17
spot = [
  1.0,   # a list over lines
  2.0,
]
note = '''
[not.a.header]
pot = 3
'''

[dump.front]
z_m = 23.07
inner.depth = 1

[[planes]]
name = "A"

[[planes]]
name = "B"
shape = { kind = "box", size = 2 }

[planes.extra]
k = 1
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("pot",), 2),
        (("spot",), 3),
        (("spot", 1), 3),
        (("note",), 7),
        (("dump", "front"), 12),
        (("dump", "front", "z_m"), 13),
        (("dump", "front", "inner", "depth"), 14),
        (("planes", 0, "name"), 17),
        (("planes", 1), 19),
        (("planes", 1, "name"), 20),
        (("planes", 1, "shape", "size"), 21),
        (("planes", 1, "extra", "k"), 24),
        (("planes", 1, "absent"), 19),
    ],
)
def test_every_key_knows_its_line(path, line):
    assert parse_toml(TEXT, "x.toml").place(path) == f"x.toml:{line}"


def test_windows_line_ends_count_the_same():
    assert parse_toml(TEXT.replace("\n", "\r\n"), "x.toml").place(("planes", 1, "extra", "k")) == "x.toml:24"


@pytest.mark.parametrize(("text", "line"), [("a = 1\nb = = 2\n", 2), ("a = 1\na = 2\n", 2), ("a = [1,\n", 2)])
def test_syntax_error_tells_the_line(text, line):
    with pytest.raises(ConfigError, match=rf"^x\.toml:{line}: not valid TOML: [^\n]+$"):
        parse_toml(text, "x.toml")


def test_overlay_merges_tables_and_replaces_lists():
    base = parse_toml("a = 1\nlist = [1, 2, 3]\n[t]\nx = 1\ny = 2\n", "base.toml")
    top = parse_toml("list = [9]\n[t]\ny = 5\n", "top.toml")
    merged = overlay(base, top)
    assert merged.data == {"a": 1, "list": [9], "t": {"x": 1, "y": 5}}
    assert merged.place(("t", "x")) == "base.toml:4"
    assert merged.place(("t", "y")) == "top.toml:3"
    assert merged.place(("list", 2)) == "top.toml:1"
    assert base.data["t"] == {"x": 1, "y": 2}


def test_extends_is_relative_to_the_file_that_says_it(tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "base.toml").write_text("a = 1\nb = 2\n")
    (tmp_path / "sub" / "top.toml").write_text('extends = "base.toml"\nb = 3\n')
    monkeypatch.chdir(tmp_path)
    assert load_document("analysis", "analyses", "sub/top.toml").data == {"a": 1, "b": 3}


def test_extends_in_a_circle_is_refused(tmp_path):
    (tmp_path / "a.toml").write_text('extends = "b.toml"\n')
    (tmp_path / "b.toml").write_text('extends = "a.toml"\n')
    with pytest.raises(ConfigError, match="extends itself"):
        load_document("analysis", "analyses", tmp_path / "a.toml")


def test_missing_and_unknown_documents(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot read .*none\.toml: No such file"):
        load_document("analysis", "analyses", tmp_path / "none.toml")
    with pytest.raises(ConfigError, match=r"did you mean 'na62-dump-2021'\?; or give the path of a \.toml"):
        load_document("analysis", "analyses", "na62-dump-2022")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def _reversed_keys(value):
    if isinstance(value, dict):
        return {key: _reversed_keys(value[key]) for key in reversed(list(value))}
    return [_reversed_keys(item) for item in value] if isinstance(value, list) else value


@given(json_values)
def test_digest_is_stable_under_key_order_and_exact(value):
    assert digest(value) == digest(_reversed_keys(value))
    assert json.loads(canonical_json(value)) == value


def test_digest_is_sha256_of_the_canonical_text():
    # printf '{"a":[1,2.5],"b":"\\u03b5"}' | sha256sum
    assert canonical_json({"b": "ε", "a": (1, 2.5)}) == '{"a":[1,2.5],"b":"\\u03b5"}'
    assert (
        digest({"b": "ε", "a": (1, 2.5)})
        == "b86e09468c98bf6abc268a9c86311efd45ed85cd94b9f3cdf609777d62fb0e1f"
    )


def test_plain_reads_records_and_arrays():
    class Pair(NamedTuple):
        a: float
        b: float

    @dataclass(frozen=True, slots=True)
    class Record:
        pair: Pair
        values: np.ndarray

    record = Record(Pair(1.0, 2.0), np.array([[1.5, 2.5]]))
    assert plain(record) == {"pair": {"a": 1.0, "b": 2.0}, "values": [[1.5, 2.5]]}
    assert digest({"x": np.float64(0.1)}) == digest({"x": 0.1})


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), np.array([np.nan])])
def test_nan_has_no_digest(bad):
    with pytest.raises(ValueError, match="not JSON compliant"):
        digest({"x": bad})


@pytest.mark.parametrize("bad", [{1: 2}, {"x": object()}])
def test_what_is_no_json_has_no_digest(bad):
    with pytest.raises(TypeError):
        digest(bad)


@pytest.mark.parametrize(
    "content", [b"new \xce\xb5", "new ε", lambda path: path.write_text("new ε", encoding="utf-8")]
)
def test_write_replaces_the_old_file_whole(tmp_path, content):
    target = tmp_path / "result.json"
    target.write_text("old")
    write_atomically(target, content)
    assert target.read_bytes() == "new ε".encode()
    assert os.listdir(tmp_path) == ["result.json"]


def test_writer_gets_a_path_in_the_same_folder_with_the_same_suffix(tmp_path):
    seen = []
    write_atomically(tmp_path / "plot.pdf", lambda path: (seen.append(path), path.write_bytes(b"x")))
    assert seen[0].parent == tmp_path
    assert seen[0].suffix == ".pdf"


def test_written_file_has_the_usual_permissions(tmp_path):
    (tmp_path / "usual").write_text("")
    write_atomically(tmp_path / "ours", "x")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "usual").stat().st_mode


def _disk_full(*args, **kwargs):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _half_then_full(path):
    path.write_bytes(b"half")
    _disk_full()


@pytest.mark.parametrize("stage", ["write", "fsync", "rename"])
def test_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, stage):
    target = tmp_path / "grid.h5"
    target.write_bytes(b"old")
    if stage != "write":
        monkeypatch.setattr(tables.os, {"fsync": "fsync", "rename": "replace"}[stage], _disk_full)
    with pytest.raises(DataError, match=r"^cannot write .*grid\.h5: No space left on device[^\n]*$"):
        write_atomically(target, _half_then_full if stage == "write" else b"new")
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["grid.h5"]


def test_interrupted_writer_leaves_nothing(tmp_path):
    def interrupted(path):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "x.csv", interrupted)
    assert os.listdir(tmp_path) == []


def _fill(file):
    file["yields/log_t"] = np.arange(4.0)
    file.attrs["schema"] = 1


def test_hdf5_is_written_whole_and_reproducibly(tmp_path):
    import h5py

    for name in ("a.h5", "b.h5"):
        write_hdf5(tmp_path / name, _fill)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["yields/log_t"][:].tolist() == [0.0, 1.0, 2.0, 3.0]
        assert file.attrs["schema"] == 1


def test_hdf5_on_a_full_disk_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(tables.os, "fsync", _disk_full)
    with pytest.raises(DataError, match=r"^cannot write .*a\.h5: No space left on device[^\n]*$"):
        write_hdf5(tmp_path / "a.h5", _fill)
    assert os.listdir(tmp_path) == []


def test_a_librarys_page_of_text_becomes_the_systems_words(tmp_path):
    def library(path):
        raise OSError(errno.EFBIG, "Can't write data\n, filename = ..., errno = 27, buf = 0x0")

    with pytest.raises(DataError, match=r"^cannot write .*: File too large; no partial file was left$"):
        write_atomically(tmp_path / "x", library)


def test_missing_folder_is_one_line(tmp_path):
    with pytest.raises(DataError, match=r"cannot write .*x\.csv: No such file or directory"):
        write_atomically(tmp_path / "absent" / "x.csv", "x")

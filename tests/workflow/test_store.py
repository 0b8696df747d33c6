"""Cache entries: whole or not there, and never trusted when they are not what was written."""

import errno
import os

import h5py
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from feebly.core.errors import DataError
from feebly.engine.histogram import MOMENTS, TAU_BINS
from feebly.engine.sampler import MassSample
from feebly.workflow.store import TableStore
from workflow.small_tables import Lines, cached_bytes, obtain, small_tasks

KEY = {"channel": "brems/mumu", "masses_gev": [0.3, 0.4]}


def block_of_samples(filled=slice(100, 140)):
    rng = np.random.default_rng(3)
    samples = []
    for mass in (0.3, 0.4):
        histogram = np.zeros((2, TAU_BINS, MOMENTS))
        histogram[:, filled] = rng.exponential(1e-7, histogram[:, filled].shape)
        samples.append(MassSample(mass, histogram, 4096, np.array([0.01, np.inf]), mass > 0.35, 321.5))
    return samples


def assert_same(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one.mass_gev == other.mass_gev
        assert (one.events, one.converged, one.effective_events) == (
            other.events,
            other.converged,
            other.effective_events,
        )
        assert_array_equal(one.histogram, other.histogram)
        assert_array_equal(one.precision, other.precision)


@pytest.fixture
def lines():
    return Lines()


@pytest.fixture
def store(tmp_path, lines):
    return TableStore(tmp_path / "cache", lines)


@pytest.mark.parametrize(
    "filled", [slice(100, 140), slice(0, 0), slice(0, TAU_BINS), slice(TAU_BINS - 1, TAU_BINS)]
)
def test_what_is_saved_is_what_is_loaded(store, lines, filled):
    samples = block_of_samples(filled)
    store.save(KEY, samples)
    assert_same(store.load(KEY), samples)
    assert lines == []


def test_another_key_is_another_entry(store):
    store.save(KEY, block_of_samples())
    assert store.load(KEY | {"masses_gev": [0.3, 0.41]}) is None


def test_same_content_same_bytes(store, tmp_path):
    other = TableStore(tmp_path / "other")
    for target in (store, other):
        target.save(KEY, block_of_samples())
    assert cached_bytes(store.directory) == cached_bytes(other.directory)


def truncate(path):
    path.write_bytes(path.read_bytes()[:-100])


def empty(path):
    path.write_bytes(b"")


def flip_bits_of_a_histogram(path):
    with h5py.File(path, "r+") as file:
        histogram = file["histogram"][()]
        histogram.view(np.uint64)[0, 0, 1, 0] ^= 1  # one bit: a change of 1e-16
        file["histogram"][...] = histogram


def flip_bytes_in_place(path):
    content = bytearray(path.read_bytes())
    with h5py.File(path, "r") as file:
        start = file["histogram"].id.get_offset()
    for k in range(start, start + 8):
        content[k] ^= 0xFF
    path.write_bytes(bytes(content))


def replace_the_key(path):
    with h5py.File(path, "r+") as file:
        file.attrs["key"] = file.attrs["key"].replace("mumu", "ee")


def replace_a_column(path):
    with h5py.File(path, "r+") as file:
        file["mass_gev"][...] = [0.3, 0.45]


def move_the_bins(path):
    with h5py.File(path, "r+") as file:
        file["first_bin"][...] = file["first_bin"][()] + [1, 0]


def remove_a_column(path):
    with h5py.File(path, "r+") as file:
        del file["precision"]


def remove_the_digest(path):
    path.write_bytes(path.read_bytes()[:-32])


DAMAGES = (
    truncate,
    empty,
    flip_bits_of_a_histogram,
    flip_bytes_in_place,
    replace_the_key,
    replace_a_column,
    move_the_bins,
    remove_a_column,
    remove_the_digest,
)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_entry_is_reported_in_one_line_and_removed(store, lines, damage):
    store.save(KEY, block_of_samples())
    path = store.path(KEY)
    damage(path)
    assert store.load(KEY) is None
    (line,) = lines
    assert line.startswith(f"cache entry {path.name[:12]} is damaged (")
    assert line.endswith("); it is made anew")
    assert "\n" not in line
    assert not path.exists()


def test_an_entry_under_the_name_of_another_is_not_taken(store, lines):
    other = KEY | {"masses_gev": [0.5, 0.6]}
    store.save(other, block_of_samples())
    store.path(KEY).parent.mkdir(parents=True, exist_ok=True)
    store.path(other).rename(store.path(KEY))
    assert store.load(KEY) is None
    assert "its key is another one" in lines[0]


def test_any_flipped_byte_is_noticed(store, lines):
    # before the file is parsed: libhdf5 can loop for ever on a wrong byte in its structure
    store.save(KEY, block_of_samples())
    path = store.path(KEY)
    whole = path.read_bytes()
    for at in range(0, len(whole), 7):
        content = bytearray(whole)
        content[at] ^= 0xFF
        path.write_bytes(bytes(content))
        assert store.load(KEY) is None
    assert set(lines) == {
        f"cache entry {path.name[:12]} is damaged (its digest does not fit its content); it is made anew"
    }


def test_an_entry_is_an_hdf5_file_with_its_key(store):
    store.save(KEY, block_of_samples())
    with h5py.File(store.path(KEY), "r") as file:
        assert file.attrs["key"] == '{"channel":"brems/mumu","masses_gev":[0.3,0.4]}'
        assert file["mass_gev"][()].tolist() == [0.3, 0.4]


@pytest.mark.parametrize("damage", [truncate, flip_bytes_in_place, replace_the_key])
def test_a_damaged_entry_is_sampled_again_to_the_same_bytes(tmp_path, damage):
    tasks, lines = small_tasks([[0.3], [0.5]]), Lines()
    first, sampled = obtain(tmp_path, tasks, report=lines)
    assert (sampled, lines) == ([0, 1], [])
    before = cached_bytes(tmp_path)
    damage(TableStore(tmp_path).path(tasks[1].key()))
    again, sampled = obtain(tmp_path, tasks, report=lines)
    assert sampled == [1]
    assert len(lines) == 1
    assert cached_bytes(tmp_path) == before
    for one, other in zip(first, again, strict=True):
        assert_same(one, other)


@pytest.mark.parametrize("place", ["fsync", "replace"])
def test_a_full_disk_is_one_line_and_leaves_nothing(store, monkeypatch, place):
    def full(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, place, full)
    with pytest.raises(DataError) as refusal:
        store.save(KEY, block_of_samples())
    message = str(refusal.value)
    assert message == f"cannot write {store.path(KEY)}: No space left on device; no partial file was left"
    assert cached_bytes(store.directory) == {}
    monkeypatch.undo()
    assert store.load(KEY) is None


def test_a_cache_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "cache").write_text("no folder")
    with pytest.raises(DataError, match="cannot make the cache folder"):
        TableStore(tmp_path / "cache").save(KEY, block_of_samples())

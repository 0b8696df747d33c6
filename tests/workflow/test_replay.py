"""A run made again from its folder: the same bits for every kind of run, and what cannot be made again."""

import json

import pytest

import feebly
from feebly.core.errors import DataError
from feebly.report.run_difference import compare_runs, read_kept
from feebly.report.saved_run import read_run
from feebly.workflow.replay import replay
from report.small_runs import edited, small_run, write


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def compared(folder, cache, tmp_path, monkeypatch, **asked):
    again = replay(read_run(folder), cache_dir=cache, jobs=1, **asked)
    other = write(again.result, tmp_path / "again", monkeypatch)
    return again, compare_runs(read_kept(folder), read_kept(other))


B_TO_K = {"production": ["b-k"], "mass": (0.3, 0.5, 4), "coupling": (1e-6, 1e-2, 6)}
RUNS = {
    "dark photon": {},
    "dark scalar": B_TO_K | {"model": "dark-scalar"},
    "ALP in another convention": B_TO_K | {"model": "BC10", "coupling_convention": "1/f", "response": "none"},
    "projection with bands": {"pot": 1e18, "background": "suppress:10", "bands": "full", "thrown_error": 0.1},
    "likelihood ratio": {"ordering": "likelihood-ratio", "signal_error": 0.1, "response": "none"},
}


@pytest.mark.parametrize("case", RUNS)
def test_bit_by_bit(case, cache, tmp_path, monkeypatch):
    folder = write(small_run(cache, **RUNS[case]), tmp_path / "run", monkeypatch)
    again, found = compared(folder, cache, tmp_path, monkeypatch)
    assert again.sampled_blocks == 0
    assert found.is_equal
    assert found.causes == found.candidates == found.others == ()
    for name in ("contours.csv", "grid.h5"):
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_what_feebly_project_wrote(cache, tmp_path, monkeypatch):
    run = write(small_run(cache), tmp_path / "run", monkeypatch)
    projected = feebly.project(read_run(run), pot=1e19, cache_dir=cache, jobs=1)
    folder = write(projected, tmp_path / "projection", monkeypatch)
    assert compared(folder, cache, tmp_path, monkeypatch)[1].is_equal


def test_fresh_samples_all_again_and_keeps_nothing(cache, tmp_path, monkeypatch):
    folder = write(small_run(cache), tmp_path / "run", monkeypatch)
    empty = tmp_path / "empty"
    again, found = compared(folder, empty, tmp_path, monkeypatch, fresh=True)
    assert again.sampled_blocks > 0
    assert found.is_equal
    assert not empty.exists()


def test_arguments_of_another_feebly(cache, tmp_path, monkeypatch):
    folder = write(small_run(cache), tmp_path / "run", monkeypatch)
    edited(folder, lambda c: c["repeat"]["arguments"].pop("coupling_convention"))
    assert compared(folder, cache, tmp_path, monkeypatch)[1].is_equal  # the default is what it was then
    edited(folder, lambda c: c["repeat"]["arguments"].update(dimensions=5))
    with pytest.raises(DataError, match="arguments dimensions are not known to this feebly"):
        replay(read_run(folder), cache_dir=cache)


def test_another_result_is_told_with_its_cause(cache, tmp_path, monkeypatch):
    """The folder of an older feebly with other physics: its numbers are not those of today."""
    folder = write(small_run(cache), tmp_path / "run", monkeypatch)

    def older(content):
        content["provenance"]["feebly"] = "0.0.9"
        content["summary"] = "dark-photon is excluded nowhere"

    edited(folder, older)
    found = compared(folder, cache, tmp_path, monkeypatch)[1]
    assert found.unequal == ("summary",)
    assert json.dumps([each.text for each in found.others]).count("version of feebly: 0.0.9 -> ") == 1

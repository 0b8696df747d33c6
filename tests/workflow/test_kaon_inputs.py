"""Inputs of searches in kaon decays: every number of a file with its origin, none twice, none lost."""

from dataclasses import replace

import pytest

from feebly.core.provenance import Origin
from feebly.kaon.experiment_file import load_kaon_experiment
from feebly.kaon.peak_file import load_peak_search
from feebly.kaon.search_file import ExpectedBackground, Stated, load_search
from feebly.workflow.kaon_inputs import experiment_inputs, file_inputs

ORIGIN = Origin("assumed", "test")


def values(records):
    found = {record.name: record.value for record in records}
    assert len(found) == len(records)
    return found


def test_numbers_of_a_counting_search():
    search = replace(
        load_search("pi-mue"),
        ses=Stated(1.82e-11, ORIGIN, 8e-13),
        background=ExpectedBackground(1.07, Origin("calibrated", "a", "b"), 0.2),
    )
    records = file_inputs("pi-mue", search)
    assert values(records) | {"pi-mue: previous": ""} == {
        "pi-mue: n": "0",
        "pi-mue: background": "1.07 ± 0.2",
        "pi-mue: ses": "1.82e-11 ± 8e-13",
        "pi-mue: published": "4.2e-11",
        "pi-mue: previous": "",
    }
    origins = {record.name: record.origin for record in records}
    assert origins["pi-mue: background"] == search.background.origin
    assert origins["pi-mue: n"] == search.n_origin


def test_a_change_of_any_number_changes_the_digest():
    search = load_search("pi-mue")
    (first, *_), (other, *_) = (
        file_inputs("s", each)
        for each in (search, replace(search, background=ExpectedBackground(1.08, ORIGIN)))
    )
    assert first.digest != other.digest


def test_groups_and_lists_of_a_search_for_peaks():
    search = load_peak_search("pi-a-gamma-gamma")
    found = values(file_inputs("search", search))
    assert found["search: scan mev"] == "first 207, last 350, step 0.5"
    assert found["search: normalisation branching ratio"] == "9.61e-07 ± 1.7e-08"
    assert found["search: background 1"] == "name other kaon decays, events 291"
    assert found["search: momentum gev"] == "[10, 70]"


def test_the_experiment_and_what_its_beam_meets():
    kaons = load_kaon_experiment()
    found = values(experiment_inputs(kaons))
    assert found["experiment na62-kaon: beam divergence rad"] == f"{kaons.beam.divergence_rad:g}"
    expected = {*kaons.origins, *kaons.detectors.origins}
    assert len(found) >= len(expected)
    assert found["experiment na62-dump-2021: magnet"] == "see its file"


@pytest.mark.parametrize("name", ["pi-ee", "pi-nunu-run1", "pi0-invisible"])
def test_no_origin_is_lost(name):
    search = load_search(name)
    text = repr(search)
    assert len(file_inputs(name, search)) == text.count("Origin(")

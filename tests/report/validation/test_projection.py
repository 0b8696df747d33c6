"""Set-up of projections; their contours are compared in ``tests/test_contours_alpinist.py``."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.report.validation import projection as projection_module
from feebly.report.validation.plan import projection_plan
from feebly.report.validation.projection import choices_of, physics_of, projected_contour, projected_yields
from feebly.report.validation.selection import OpenSelection

PLAN = projection_plan()


@pytest.mark.parametrize("name", PLAN.runs)
def test_plan_names_what_exists(name):
    run = PLAN.runs[name]
    choices = choices_of(run)
    assert choices.analysis.pot == run.pot
    assert choices.channels == run.channels
    assert {choices.response(tag).efficiency for tag in choices.channels} == {1.0}
    assert not any(choices.analysis.final_state(tag).masks for tag in choices.channels)
    for option, value in run.options.items():
        assert getattr(choices.preset, option) == value
    assert {channel.tag for channel in choices.production} == set(run.production or choices.preset.production)


def test_every_projection_has_a_reference_in_its_grid():
    assert {contour.run for contour in PLAN.contours} == set(PLAN.runs)
    for contour in PLAN.contours:
        low, high, _ = PLAN.runs[contour.run].mass_gev
        assert all(low < mass < high for mass in (*contour.masses_gev, *contour.information_gev))
        assert contour.source
        assert contour.file


@pytest.mark.parametrize("name", ["alp-gluon", "alp-photon"])
def test_so_many_events_exclude(name, monkeypatch):
    """Without background the expected limit on the signal is the number of the projection."""

    class NoSampling:
        def __init__(self, *settings):
            self.settings = settings

        def tables(self, requests):
            return None

    monkeypatch.setattr(projection_module, "Sampling", NoSampling)
    monkeypatch.setattr(projection_module, "signal_yields", lambda choices, obtained: None)
    run = replace(PLAN.runs[name], events=3.7)
    _, observation = projected_yields(run)
    assert_allclose(observation.s_up_expected(np.array([0.05, 0.3, 0.7, 1.2])), 3.7, rtol=1e-9)


def test_options_change_the_preset_alone():
    assert physics_of("alp-photon", "alp-photon", {"absorption": "alpinist"}).absorption == "alpinist"
    assert physics_of("alp-photon", "alp-photon", {}).absorption == "radiation-length"


def test_tables_are_those_of_the_selection(monkeypatch):
    """Photons alone get their tables up to the calorimeter, tracks those of the straws."""
    asked = []

    class NoTables(Exception):
        pass

    class Recorder:
        def __init__(self, *settings):
            self.settings = settings

        def tables(self, requests):
            asked.extend(requests)
            raise NoTables

    monkeypatch.setattr(projection_module, "Sampling", Recorder)
    with pytest.raises(NoTables):
        projected_contour(PLAN.runs["alp-gluon"])
    ends = {request.setup.final_state.tag: request.setup.experiment.decay_region_z_m[1] for request in asked}
    assert ends["gammagamma"] == ends["3pi0"] == pytest.approx(241.093, rel=1e-9, abs=0)
    assert ends["pipigamma"] == ends["3pi"] == 183.0
    for request in asked:
        straw = request.setup.experiment.plane("STRAW1").shape
        assert (straw.r_min_m, straw.r_max_m) == (0.10, 1.00)
    assert isinstance(PLAN.runs["alp-gluon"].selection, OpenSelection)

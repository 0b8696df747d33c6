"""Selections with few cuts: what is left of the analysis and of the experiment."""

from dataclasses import replace

import pytest

from feebly.analysis.analysis import load_analysis
from feebly.apparatus.experiment import load_experiment
from feebly.core.errors import ConfigError
from feebly.report.validation.selection import OpenSelection, PhotonThresholds

EXPERIMENT, ANALYSIS = load_experiment("na62-dump-2021"), load_analysis("na62-dump-all")
SELECTION = OpenSelection((102.0, 182.0), 5.0)
PHOTONS = PhotonThresholds(0.5, 0.2, 0.05)


def test_tracks_have_no_region_and_no_clusters():
    state = SELECTION.final_state(ANALYSIS.final_state("ee"), EXPERIMENT)
    assert (state.fiducial_volume.z_min_m, state.fiducial_volume.z_max_m) == (102.0, 182.0)
    assert state.fiducial_volume.cones == ()
    assert (state.momentum_min_gev, state.calorimeter, state.masks, state.control_region) == (
        5.0, None, (), None,
    )  # fmt: skip
    assert state.signal_region.contains(-500.0, 3.0)
    assert SELECTION.final_state(ANALYSIS.final_state("pipi"), EXPERIMENT).masks == ()


def test_photons_keep_their_cuts_or_get_others():
    own = ANALYSIS.final_state("gammagamma")
    assert SELECTION.final_state(own, EXPERIMENT).photons == own.photons
    cuts = replace(SELECTION, photons=PHOTONS).final_state(own, EXPERIMENT).photons
    assert (cuts.plane, cuts.energy_min_gev, cuts.r_min_m, cuts.separation_min_m) == ("LKr", 0.5, 0.2, 0.05)
    assert (
        replace(SELECTION, photons=PHOTONS).final_state(ANALYSIS.final_state("ee"), EXPERIMENT).photons
        is None
    )


def test_straws_alone_get_other_radii():
    narrow = replace(SELECTION, straw_radii_m=(0.1, 1.0))
    found = narrow.experiment(EXPERIMENT, ANALYSIS.final_state("ee"))
    for plane, own in zip(found.planes, EXPERIMENT.planes, strict=True):
        if plane.name.startswith("STRAW"):
            assert (plane.shape.r_min_m, plane.shape.r_max_m) == (0.1, 1.0)
            assert plane.shape.hole_centre_m == own.shape.hole_centre_m
        else:
            assert plane == own
    assert SELECTION.experiment(EXPERIMENT, ANALYSIS.final_state("ee")) == EXPERIMENT


def test_photons_alone_are_seen_up_to_the_calorimeter():
    far, z = replace(SELECTION, photons_up_to="calorimeter"), EXPERIMENT.plane("LKr").z_m
    state = ANALYSIS.final_state("gammagamma")
    assert far.final_state(state, EXPERIMENT).fiducial_volume.z_max_m == z
    assert far.experiment(EXPERIMENT, state).decay_region_z_m == (EXPERIMENT.decay_region_z_m[0], z)
    assert SELECTION.final_state(state, EXPERIMENT).fiducial_volume.z_max_m == 182.0
    for tag in ("ee", "pipigamma"):  # tracks need the straws
        assert far.final_state(ANALYSIS.final_state(tag), EXPERIMENT).fiducial_volume.z_max_m == 182.0
        assert far.experiment(EXPERIMENT, ANALYSIS.final_state(tag)) == EXPERIMENT


def test_impossible_cuts_are_refused():
    with pytest.raises(ConfigError, match="z_m"):
        OpenSelection((182.0, 102.0), 5.0)
    with pytest.raises(ConfigError, match="momentum_min_gev"):
        OpenSelection((102.0, 182.0), -1.0)
    with pytest.raises(ConfigError, match="r_min_m"):
        PhotonThresholds(1.0, -0.1, 0.1)

"""na62-dump-all: the projection of the search of 2021 joined with photons alone and four tracks."""

from dataclasses import replace

import pytest
from numpy.testing import assert_allclose

from feebly.analysis.analysis import EVERY_CHANNEL, load_analysis
from feebly.apparatus.experiment import load_experiment
from feebly.core.errors import ConfigError
from feebly.physics.decays.channels import CHANNELS

ALL, OWN = load_analysis("na62-dump-all"), load_analysis("na62-dump-2021")
PHOTONS, RUN2 = load_analysis("na62-dump-photons"), load_analysis("na62-dump-run2")
FILE = """
name = "mine"
title = "mine"
experiment = "na62-dump-2021"
projection_of = "na62-dump-2021"
origin = { kind = "assumed", source = "this test" }
"""


def written(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(FILE + text)
    return path


def test_it_has_every_final_state():
    assert set(ALL.final_states) == set(CHANNELS)
    assert ALL.default_channels == (EVERY_CHANNEL,)
    ALL.check_against(load_experiment(ALL.experiment))


def test_nothing_is_observed_and_backgrounds_scale_where_there_are_some():
    for tag, state in ALL.final_states.items():
        assert all(region.observed is None and region.events == () for region in state.regions)
        if tag in OWN.final_states:
            assert state == RUN2.final_state(tag)
        else:
            assert state.signal_region.background.mean == 0.0
            assert state.signal_region.background.origin.kind == "assumed"
    # b scales with the POT: 0.016 of mu mu at 1.4e17
    assert_allclose(ALL.final_state("mumu").signal_region.background.mean, 0.016 / 0.14, rtol=1e-12)
    twice = ALL.projected(2e18).final_state("mumu").signal_region.background.mean
    assert_allclose(twice, 0.032 / 0.14, rtol=1e-12)


def test_each_final_state_keeps_its_response():
    for tag in CHANNELS:
        one = PHOTONS if tag in PHOTONS.final_states else OWN if tag in OWN.final_states else None
        name = ALL.default_response_of(tag)
        if one is not None:
            assert name == one.default_response_of(tag)
            assert ALL.response(name, tag) == one.response(name, tag)
    four, two = ALL.response("hadrons", "4pi"), ALL.response("hadrons", "2pi2pi0")
    assert (four.efficiency, four.pair_separation) == (two.efficiency, two.pair_separation)
    assert replace(ALL.final_state("4pi").fiducial_volume) == OWN.final_state("pipi").fiducial_volume


def test_a_projection_without_more_inherits(tmp_path):
    mine = load_analysis(written(tmp_path, "pot = 1e19\n"))
    assert mine.default_channels == OWN.default_channels
    assert set(mine.final_states) == set(OWN.final_states)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('pot = 1e19\njoined = ["na62-dump-photons"]\n', r"-photons' is for 1e\+18 POT: expected 1e"),
        ('pot = 1e18\njoined = ["na62-dump-run2"]\n', "mine: final state 'mumu' is there twice"),
        ('pot = 1e18\njoined = ["na62-dump-photon"]\n', "unknown analysis 'na62-dump-photon'.*did you mean"),
        ('pot = 1e18\ndefault_channels = ["4pi"]\n', "final state in default_channels '4pi'"),
    ],
)  # fmt: skip
def test_what_cannot_be_joined_is_one_line(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message) as refusal:
        load_analysis(written(tmp_path, text))
    assert "\n" not in str(refusal.value)


def test_a_projection_observes_nothing(tmp_path):
    source = """
    pot = 1e18
    [final_states.4pi]
    daughters = ["hadron", "hadron", "hadron", "hadron"]
    momentum_min_gev = 10.0
    track_cda_max_m = 0.02
    default_response = "none"
    fiducial_volume = { z_min_m = 105.0, z_max_m = 180.0 }
    [final_states.4pi.signal_region]
    name = "SR"
    shape = { kind = "box", z_min_m = 6.0, z_max_m = 40.0, cda_max_m = 0.02 }
    shape_origin = { kind = "assumed", source = "this test" }
    OBSERVED
    [final_states.4pi.signal_region.background]
    kind = "gaussian"
    mean = 0.0
    sigma = 0.0
    meaning = "none"
    origin = { kind = "assumed", source = "this test" }
    """
    assert "4pi" in load_analysis(written(tmp_path, source.replace("OBSERVED", ""))).final_states
    with pytest.raises(ConfigError, match=r"mine\.toml.*final_states\.4pi: observed: expected none"):
        load_analysis(written(tmp_path, source.replace("OBSERVED", "observed = 0")))

"""The seven hadronic final states of 2502.04241: regions, cuts, counts, and backgrounds from one table."""

import tomllib
from importlib.resources import files

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from feebly.analysis.analysis import load_analysis
from feebly.analysis.background import IntervalBackground, TabulatedBackground
from feebly.core.errors import ConfigError
from feebly.core.provenance import Origin
from feebly.statistics import TruncatedGaussian
from feebly.statistics.backgrounds import Interval

ANALYSIS, RUN2 = load_analysis("na62-dump-2021"), load_analysis("na62-dump-run2")
HADRONS = ("pipi", "pipigamma", "3pi", "2pi2pi0", "pipieta", "kk", "kkpi0")
WITH_PHOTONS = ("pipigamma", "3pi", "2pi2pi0", "pipieta", "kkpi0")
HERE = Origin("assumed", "this test")

# as shown at Vulcano 2024: CR, SR as (mean, plus, minus)
PUBLISHED = {
    "pipi": ((0.013, 0.007, 0.007), (0.007, 0.005, 0.005)),
    "pipigamma": ((0.031, 0.016, 0.016), (0.007, 0.004, 0.004)),
    "3pi": ((1.3e-7, 4.4e-7, 1.0e-7), (1.2e-7, 4.3e-7, 1.0e-7)),
    "2pi2pi0": ((1.6e-8, 7.6e-8, 1.4e-8), (1.6e-8, 7.4e-8, 1.4e-8)),
    "pipieta": ((7.3e-8, 27.0e-8, 6.1e-8), (7.0e-8, 26.2e-8, 5.8e-8)),
    "kk": ((4.7e-7, 15.7e-7, 3.9e-7), (4.6e-7, 15.2e-7, 3.8e-7)),
    "kkpi0": ((1.6e-9, 3.2e-9, 1.2e-9), (1.5e-9, 3.1e-9, 1.2e-9)),
}


@pytest.mark.parametrize("tag", HADRONS)
def test_selection(tag):
    state = ANALYSIS.final_state(tag)
    assert state.daughters == ("hadron", "hadron")
    assert state.fiducial_volume == ANALYSIS.final_state("ee").fiducial_volume
    # half axes 23 m and 40 mm about (23 m, 0); CR: CDA < 150 mm, -7 < z < 53 m
    z, cda = (
        [0.1, 45.9, 23, 23, 40, -6.9, 52.9, 53.1, 23],
        [0, 0, 0.0399, 0.0401, 0.03, 0.14, 0.149, 0, 0.151],
    )
    names = ["SR", "SR", "SR", "CR", "CR", "CR", "CR", "", ""]
    assert_array_equal(state.region_names(z, cda), names)
    assert [region.observed for region in state.regions] == [0, 0]
    assert all(region.events == () for region in state.regions)


@pytest.mark.parametrize("tag", HADRONS)
def test_photons_are_cut_where_there_are_some(tag):
    photons = ANALYSIS.final_state(tag).photons
    if tag not in WITH_PHOTONS:
        assert photons is None
        return
    cuts = photons.plane, photons.energy_min_gev, photons.r_min_m, photons.separation_min_m
    assert cuts == ("LKr", 1.0, 0.15, 0.10)
    assert ANALYSIS.final_state(tag).table_key()["photons"]["energy_min_gev"] == 1.0


@pytest.mark.parametrize("tag", HADRONS)
def test_backgrounds_as_published(tag):
    for region, (mean, plus, minus) in zip(("CR", "SR"), PUBLISHED[tag], strict=True):
        by_name = {r.name: r.background for r in ANALYSIS.final_state(tag).regions}
        stated = by_name[region].stated
        assert_allclose([stated.mean, stated.plus, stated.minus], [mean, plus, minus], rtol=1e-12)
        assert (stated.interval, stated.meaning) == ("68%", "68% interval")
        assert by_name[region].origin.kind == "published"
        density = TruncatedGaussian(mean, plus) if plus == minus else Interval(mean, plus, minus, "68%")
        assert by_name[region].density == density


def test_the_numbers_are_written_once():
    text = (files("feebly") / "data" / "analyses" / "na62-dump-2021.toml").read_text("utf-8")
    states = tomllib.loads(text)["final_states"]
    for tag in HADRONS:
        for region, side in (("signal_region", "signal"), ("control_region", "control")):
            told = states[tag][region]["background"]
            assert told == {"kind": "table", "table": "na62-hadrons-2502", "channel": tag, "region": side}


def test_the_median_of_an_asymmetric_background_is_its_centre():
    # two-piece normal: each side holds half, but for what truncation at zero cuts off (5 sigma away here)
    background = IntervalBackground(1.0, 0.5, 0.2, "68%", HERE)
    nodes, weights = background.density.quadrature()
    assert_allclose(weights[nodes > 1.0].sum(), 0.5, rtol=1e-3)
    # sqrt(2/pi) (plus - minus)/2 above the centre
    assert_allclose(nodes @ weights, 1 + 0.3 / np.sqrt(2 * np.pi), rtol=1e-4)
    with pytest.raises(ConfigError, match=r"minus = 0\.0: expected a positive number"):
        IntervalBackground(1.0, 0.5, 0.0, "68%", HERE)


def test_projected_backgrounds_keep_their_relative_errors():
    factor = 1e18 / 1.4e17
    for tag in HADRONS:
        for scaled, own in zip(RUN2.final_state(tag).regions, ANALYSIS.final_state(tag).regions, strict=True):
            stated = own.background.stated
            found = [getattr(scaled.background, name) for name in ("mean", "plus", "minus")]
            assert_allclose(found, factor * np.array([stated.mean, stated.plus, stated.minus]), rtol=1e-12)
            assert scaled.observed is None


def test_kaons_are_left_out_of_pion_pairs_alone():
    assert [tag for tag, state in ANALYSIS.final_states.items() if state.masks] == ["pipi"]
    for analysis in (ANALYSIS, RUN2):
        state = analysis.final_state("pipi")
        masses = [0.4918, 0.4920, 0.497611, 0.5033, 0.5034]
        assert_array_equal(state.masked_at(masses), [False, True, True, True, False])
    assert not ANALYSIS.final_state("ee").masked_at([0.4976]).any()


def test_a_mask_and_its_response_are_no_part_of_the_table():
    state = ANALYSIS.final_state("pipi")
    assert not {"masks", "default_response"} & set(state.table_key())
    assert "photons" not in state.table_key()


def test_responses_are_assumed():
    for tag in HADRONS:
        assert ANALYSIS.default_response_of(tag) == "hadrons"
        assert ANALYSIS.response("hadrons", tag).origin.kind == "assumed"
    assert ANALYSIS.default_response_of("ee") == "2502"


def test_a_table_that_is_not_there_and_a_region_that_it_lacks():
    with pytest.raises(ConfigError, match="unknown channel of na62-hadrons-2502 '4pi'"):
        TabulatedBackground("na62-hadrons-2502", "4pi", "signal")
    with pytest.raises(ConfigError, match=r'table = "none": expected one of na62-hadrons-2502'):
        TabulatedBackground("none", "pipi", "signal")

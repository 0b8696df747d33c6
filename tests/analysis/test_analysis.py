"""The shipped analyses, response sets, projections, and mistakes in a user's file."""

import pickle
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from feebly.analysis.analysis import (
    PairSeparation,
    PhotonCuts,
    Response,
    analysis_names,
    load_analysis,
)
from feebly.apparatus.experiment import load_experiment
from feebly.core.errors import ConfigError
from feebly.core.tables import digest

DATA_2021 = load_analysis("na62-dump-2021")
RUN2 = load_analysis("na62-dump-run2")
TEXT = (
    files("feebly").joinpath("data").joinpath("analyses").joinpath("na62-dump-2021.toml").read_text("utf-8")
)


@pytest.mark.parametrize("name", analysis_names())
def test_every_shipped_analysis_loads_and_fits_its_experiment(name):
    analysis = load_analysis(name)
    assert analysis.name == name
    analysis.check_against(load_experiment(analysis.experiment))


def test_final_states_of_2021():
    assert DATA_2021.pot == 1.4e17
    assert all(state.tag == tag for tag, state in DATA_2021.final_states.items())
    assert tuple(DATA_2021.final_states)[:2] == DATA_2021.default_channels == ("mumu", "ee")
    assert DATA_2021.final_state("mumu").daughters == ("muon", "muon")
    assert {state.momentum_min_gev for state in DATA_2021.final_states.values()} == {10.0}
    assert {state.track_cda_max_m for state in DATA_2021.final_states.values()} == {0.020}
    assert DATA_2021.final_state("mumu").calorimeter is None
    ee = DATA_2021.final_state("ee").calorimeter
    assert (ee.plane, ee.r_min_m, ee.separation_min_m) == ("LKr", 0.150, 0.10)


@pytest.mark.parametrize(
    ("name", "tag", "kind", "d0_m", "efficiency"),
    [
        ("2303", "mumu", "smooth", 0.035, 0.69),
        ("2312", "ee", "smooth", 0.020, 0.50),
        ("2502", "mumu", "hard", 0.025, 0.65),
        ("2502", "ee", "hard", 0.025, 0.65),
        ("2502-alt", "mumu", "hard", 0.025, 0.76),
        ("2502-alt", "ee", "hard", 0.025, 0.76),
        ("none", "mumu", "none", 0.0, 1.0),
        ("none", "ee", "none", 0.0, 1.0),
    ],
)
def test_response_sets(name, tag, kind, d0_m, efficiency):
    response = DATA_2021.response(name, tag)
    pair = response.pair_separation
    assert (pair.kind, pair.d0_m, response.efficiency) == (kind, d0_m, efficiency)
    assert (pair.power, pair.plane) == (4.0, "STRAW1")
    assert response.origin.kind == ("assumed" if name == "none" else "calibrated")


def test_daughters_are_those_of_the_final_state():
    mumu = replace(DATA_2021.final_state("mumu"), daughters=("electron", "electron"))
    with pytest.raises(ConfigError, match=r"final_states\.mumu\.daughters = electron.*expected muon, muon"):
        replace(DATA_2021, final_states=DATA_2021.final_states | {"mumu": mumu})


def test_tables_depend_on_the_order_of_the_regions_and_not_on_their_names():
    state = DATA_2021.final_state("mumu")
    signal, control = state.signal_region, state.control_region
    renamed = replace(
        state, signal_region=replace(signal, name="CR"), control_region=replace(control, name="SR")
    )
    assert digest(renamed.table_key()) == digest(state.table_key())
    swapped = replace(state, signal_region=control, control_region=signal)
    assert digest(swapped.table_key()) != digest(state.table_key())
    one_name = replace(state, signal_region=replace(signal, name="CR"))
    wider = replace(one_name, signal_region=replace(control, name="CR"))
    assert digest(wider.table_key()) != digest(one_name.table_key())


def test_unknown_response_sets_and_channels():
    with pytest.raises(
        ConfigError, match=r"unknown response set of na62-dump-2021 '2501'; known: .*did you mean '2502'"
    ):
        DATA_2021.response("2501", "ee")
    with pytest.raises(
        ConfigError,
        match="'2303' of na62-dump-2021 has no 'ee'; sets that have it: 2312, 2502, 2502-alt, none",
    ):
        DATA_2021.response("2303", "ee")
    with pytest.raises(
        ConfigError, match=r"unknown channel 'mumuu'; known: mumu, ee, .*; did you mean 'mumu'"
    ):
        DATA_2021.response("none", "mumuu")


def test_pair_separation():
    smooth, hard = PairSeparation("smooth", 0.035), PairSeparation("hard", 0.025)
    assert_allclose(smooth.efficiency([0.0, 0.0175, 0.035, 0.070]), [0, 1 / 17, 0.5, 16 / 17], rtol=1e-12)
    assert_array_equal(hard.efficiency([0.0, 0.0249, 0.025, 0.0251]), [0, 0, 0, 1])
    assert_array_equal(PairSeparation().efficiency([0.0, 1.0]), [1, 1])


@given(d=st.lists(st.floats(0, 2), min_size=2, max_size=5), d0=st.floats(1e-3, 0.1))
def test_pair_separation_grows_with_distance(d, d0):
    for kind in ("smooth", "hard"):
        efficiency = PairSeparation(kind, d0).efficiency(np.sort(d))
        assert (np.diff(efficiency) >= 0).all()
        assert ((efficiency >= 0) & (efficiency <= 1)).all()


def test_run2_is_a_projection_without_counts():
    assert RUN2.pot == 1e18
    assert RUN2.projection_of == "na62-dump-2021"
    assert RUN2.response_sets == DATA_2021.response_sets
    assert RUN2.origins["pot"].kind == "assumed"
    for state in RUN2.final_states.values():
        assert all(region.observed is None and region.events == () for region in state.regions)
    # 1e18 / 1.4e17 = 7.143: 0.114 mu mu events
    assert_allclose(RUN2.final_state("mumu").signal_region.background.mean, 0.016 * 1e18 / 1.4e17, rtol=1e-12)
    with pytest.raises(ValueError, match="no observed count"):
        RUN2.final_state("mumu").signal_region.observed_at(0.411)


def test_projection_with_another_background():
    kept = DATA_2021.projected(1e18, background_factor=1.0)
    assert kept.final_state("mumu").signal_region.background.mean == 0.016
    assert kept.pot == 1e18
    assert RUN2.projected(2e18).projection_of == "na62-dump-2021"


def test_projection_of_a_projection_is_one_projection():
    twice, once = DATA_2021.projected(1e18).projected(5e18), DATA_2021.projected(5e18)
    for tag in once.final_states:
        means = [a.final_state(tag).signal_region.background.mean for a in (twice, once)]
        assert_allclose(*means, rtol=1e-12)


def test_table_key_ignores_counts_and_sees_cuts():
    mumu = DATA_2021.final_state("mumu")
    key = digest(mumu.table_key())
    assert digest(RUN2.final_state("mumu").table_key()) == key
    assert digest(replace(mumu, momentum_min_gev=5.0).table_key()) != key
    wider = replace(mumu.signal_region, shape=replace(mumu.signal_region.shape, cda_max_m=0.021))
    assert digest(replace(mumu, signal_region=wider).table_key()) != key


def test_analyses_travel_between_processes():
    assert pickle.loads(pickle.dumps(RUN2)) == RUN2


def load_changed(tmp_path, old, new):
    assert old in TEXT
    path = tmp_path / "mine.toml"
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    return load_analysis(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "pot = 1.4e17",
            'pot = "1.4e17"',
            r'mine\.toml:6 pot = "1\.4e17": expected a number, got text; remove the quotes$',
        ),
        ("pot = 1.4e17", "pot = 0", r"mine\.toml:6 pot = 0\.0: expected a positive number"),
        ("pot = 1.4e17", "pott = 1.4e17", r"mine\.toml:6 unknown key 'pott'; .*did you mean 'pot'"),
        ("observed = 1", "observed = 1.0", r"observed = 1\.0: expected a whole number"),
        ("observed = 1", "observed = 0", r"observed = 0: expected at least the 1 of the listed events"),
        (
            "signal_region]\nname",
            "signal_regoin]\nname",
            r"unknown key 'signal_regoin' in \[final_states\.mumu\]",
        ),
        ('kind = "box"', 'kind = "bx"', r'kind = "bx": expected one of box, ellipse; did you mean \'box\''),
        (
            '"muon", "muon"',
            '"muon", "moun"',
            r'daughters\[1\] = "moun": expected one of .*did you mean \'muon\'',
        ),
        (
            "efficiency = 0.69",
            "efficiency = 69",
            r"efficiency = 69\.0: expected a number above 0 and at most 1",
        ),
        ('"smooth", d0_m = 0.035', '"smooth", d0_m = 0.0', r"d0_m = 0\.0: expected a positive number"),
        (
            "response_sets.2303.mumu",
            "response_sets.2303.mumi",
            r"unknown channel 'mumi'.*did you mean 'mumu'",
        ),
        (
            "response_sets.2303.mumu",
            "response_sets.none.mumu",
            r"response_sets\.none exists in every analysis",
        ),
        ('default_response = "2502"', 'default_response = "2303"', "response set '2303' .* has no 'ee'"),
        (
            'default_response = "2502"',
            'default_response = "2505"',
            "unknown response set .*'2505'.*did you mean",
        ),
        ("\ncuts = {", "\ncut = {", "unknown group in origins 'cut'.*did you mean 'cuts'"),
        ('["mumu", "ee"]', '["mumu", "eee"]', "final state in default_channels 'eee'.*did you mean 'ee'"),
        (
            'default_response = "hadrons"',
            'default_response = "2502"',
            "response set '2502' .* has no 'pipi'",
        ),
        (
            'channel = "pipi", region = "signal"',
            'channel = "pipo", region = "signal"',
            r"unknown channel of na62-hadrons-2502 'pipo'.*did you mean 'pipi'",
        ),
        ('table = "na62-hadrons-2502"', 'table = "other"', r'table = "other": expected one of na62-hadrons'),
        ("half_width_gev = 0.0057", "half_width_gev = -1", r"half_width_gev = -1\.0: expected a positive"),
        ("energy_min_gev = 1.0", "energy_min_gev = -1.0", r"energy_min_gev = -1\.0: expected zero or"),
    ],
)
def test_mistakes_in_a_file_are_told_in_one_line(tmp_path, old, new, message):
    with pytest.raises(ConfigError, match=message) as caught:
        load_changed(tmp_path, old, new)
    assert str(caught.value).startswith(str(tmp_path / "mine.toml"))
    assert "\n" not in str(caught.value)


def test_extended_analysis_points_to_the_file_with_the_mistake(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('extends = "na62-dump-2021"\nname = "mine"\n[final_states.ee]\nmomentum_min_gev = 5\n')
    mine = load_analysis(path)
    assert mine.final_state("ee").momentum_min_gev == 5.0
    assert mine.final_state("mumu") == DATA_2021.final_state("mumu")
    path.write_text('extends = "na62-dump-2021"\n[final_states.ee]\nmomentum_min_gv = 5\n')
    with pytest.raises(
        ConfigError, match=r"mine\.toml:3 unknown key 'momentum_min_gv'.*did you mean 'momentum_min_gev'"
    ):
        load_analysis(path)


def test_projection_file_says_nothing_else(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('projection_of = "na62-dump-2021"\npot = 1e19\ndefault_response = "2303"\n')
    with pytest.raises(ConfigError, match=r"mine\.toml:3 unknown key 'default_response'"):
        load_analysis(path)


def test_planes_named_by_cuts_must_exist():
    experiment = load_experiment("na62-dump-2021")
    without = replace(experiment, planes=tuple(p for p in experiment.planes if p.name != "LKr"))
    with pytest.raises(ConfigError, match="unknown plane 'LKr'"):
        DATA_2021.check_against(without)
    ee = replace(DATA_2021.final_state("mumu"), photons=PhotonCuts("LKR", 1.0, 0.15, 0.1))
    with pytest.raises(ConfigError, match=r"unknown plane 'LKR'; .*did you mean 'LKr'"):
        replace(DATA_2021, final_states=DATA_2021.final_states | {"mumu": ee}).check_against(experiment)
    wrong = Response(1.0, PairSeparation("hard", 0.02, plane="STRAW9"), DATA_2021.origins["pot"])
    with pytest.raises(ConfigError, match="unknown plane 'STRAW9'"):
        replace(DATA_2021, response_sets=DATA_2021.response_sets | {"x": {"ee": wrong}}).check_against(
            experiment
        )

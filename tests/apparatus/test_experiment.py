"""The shipped experiments, and what is refused in a user's file."""

import pickle
from dataclasses import replace
from importlib.resources import files

import pytest
from numpy.testing import assert_allclose

from feebly.apparatus.experiment import experiment_names, load_experiment
from feebly.core.errors import ConfigError
from feebly.core.tables import digest

NA62 = load_experiment("na62-dump-2021")
TEXT = (
    files("feebly")
    .joinpath("data")
    .joinpath("experiments")
    .joinpath("na62-dump-2021.toml")
    .read_text("utf-8")
)


def write(tmp_path, *changes: tuple[str, str]):
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_positions_of_the_public_na62_user_code():
    z = {plane.name: plane.z_m for plane in NA62.planes}
    assert z == {
        "STRAW1": 183.508,
        "STRAW2": 194.066,
        "STRAW3": 204.459,
        "STRAW4": 218.885,
        "CHOD": 239.009,
        "LKr": 241.093,
        "MUV3": 246.800,
    }
    assert [plane.shape.hole_centre_m for plane in NA62.planes[:4]] == [
        (0.1012, 0.0),
        (0.1144, 0.0),
        (0.0924, 0.0),
        (0.0528, 0.0),
    ]
    assert NA62.tracking.chambers_z_m == (NA62.planes[0].z_m, NA62.planes[1].z_m)


def test_magnet_kick_is_field_times_length():
    # p_T = 0.299792458 B L [GeV, T, m] for unit charge; MNP33: 0.6928 T x 1.3 m
    assert_allclose(NA62.magnet.kick_gev, 0.299792458 * 0.6928 * 1.3, rtol=1e-4)


def test_momentum_resolution_at_50_gev():
    constant, slope = NA62.tracking.momentum_resolution
    assert_allclose((constant**2 + (slope * 50) ** 2) ** 0.5, 0.00391, rtol=2e-3)  # 0.391%


def test_tracking_resolution_in_metres_and_radians():
    assert NA62.tracking.hit_sigma_m == 130e-6
    assert NA62.tracking.multiple_scattering_gev_rad == 0.6e-3
    assert NA62.beam.spot_sigma_m == (0.006, 0.006)


def test_only_muons_must_reach_muv3():
    assert NA62.plane("MUV3").particles == ("muon",)
    assert all(set(p.particles) == {"electron", "muon", "hadron"} for p in NA62.planes[:-1])


def test_beam_hits_the_dump_on_the_nominal_axis():
    assert NA62.beam.centre_m == NA62.axis_m == (0.0, -0.022)
    assert (NA62.dump.z_impact_m, NA62.dump.interaction_length_m) == (23.07, 0.153)


def test_tuned_numbers_say_what_they_were_tuned_on():
    assert NA62.origins["beam.spot_sigma_m"].calibrated_on is not None
    assert NA62.origins["planes.STRAW"].kind == "assumed"


@pytest.mark.parametrize("name", experiment_names())
def test_every_shipped_experiment_loads_by_its_name(name):
    assert load_experiment(name).name == name


def test_run2_is_the_same_apparatus():
    run2 = load_experiment("na62-dump-run2")
    assert digest(run2.table_key()) == digest(NA62.table_key())
    assert run2 == replace(NA62, name=run2.name, title=run2.title)


def test_table_key_sees_every_number_and_no_words():
    key = digest(NA62.table_key())
    assert (
        digest(replace(NA62, title="x", origins=NA62.origins | {"beam.x": NA62.origins["beam"]}).table_key())
        == key
    )
    assert digest(replace(NA62, axis_m=(0.0, -0.0221)).table_key()) != key
    moved = replace(NA62.planes[0], z_m=183.5)
    assert digest(replace(NA62, planes=(moved, *NA62.planes[1:])).table_key()) != key


def test_experiments_travel_between_processes():
    assert pickle.loads(pickle.dumps(NA62)) == NA62


def test_a_users_file_may_extend_a_shipped_one(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('extends = "na62-dump-2021"\nname = "mine"\n[magnet]\nkick_gev = 0.26\n')
    mine = load_experiment(path)
    assert (mine.magnet.kick_gev, mine.magnet.z_centre_m) == (0.26, 197.0)
    assert load_experiment(str(path)) == mine


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "momentum_gev = 400.0",
            'momentum_gev = "400"',
            r'mine\.toml:10 momentum_gev = "400": expected a number',
        ),
        (
            "momentum_gev = 400.0",
            "momentum_gev = -400",
            r"mine\.toml:10 momentum_gev = -400\.0: expected a positive",
        ),
        (
            "momentum_gev = 400.0",
            "momentum = 400",
            r"mine\.toml:10 unknown key 'momentum' in \[beam\].*'momentum_gev'",
        ),
        ("momentum_gev = 400.0\n", "", r"mine\.toml:8 missing key 'momentum_gev' in \[beam\]"),
        (
            'particles = ["muon"]',
            'particles = ["muons"]',
            r'particles\[0\] = "muons": expected one of electron, muon',
        ),
        ("r_max_m = 1.21", "r_max_m = 0.1", r"r_max_m = 0\.1: expected more than r_min_m = 0\.128"),
        ("z_m = 239.009", "z_m = 250.0", r"mine\.toml planes: expected at least one, in order of z_m"),
        ('name = "STRAW2"', 'name = "STRAW1"', r"planes: expected each name once"),
        ("chambers_z_m = [183.508, 194.066]", "chambers_z_m = [183.508, 204.459]", "both upstream of magnet"),
        (", 183.0]", ", 184.0]", r"mine\.toml:\d+ decay_region_z_m = .*: expected in order"),
        ("\nmagnet = {", "\nmagnets = {", "unknown group in origins 'magnets'.*did you mean 'magnet'"),
        ("\nbeam = {", '\n"beam.centre_m" = {', "origins: missing 'beam'"),
    ],
)
def test_mistakes_in_a_file_are_told_with_their_place(tmp_path, old, new, message):
    with pytest.raises(ConfigError, match=message) as caught:
        load_experiment(write(tmp_path, (old, new)))
    assert "\n" not in str(caught.value)


def test_unknown_names():
    with pytest.raises(
        ConfigError, match=r"unknown experiment 'na62-dump-2012'.*did you mean 'na62-dump-2021'"
    ):
        load_experiment("na62-dump-2012")
    with pytest.raises(ConfigError, match="unknown plane 'STRAW5'"):
        NA62.plane("STRAW5")


def test_experiment_is_frozen():
    with pytest.raises(AttributeError):
        NA62.axis_m = (0.0, 0.0)

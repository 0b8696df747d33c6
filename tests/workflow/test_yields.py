"""Rows of model-independent yields: linear in POT, zero nowhere, and the masses that are refused."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import feebly
from feebly.core.errors import ConfigError, DomainError
from workflow.small_tables import cached_bytes

CTAU = (1.0, 1e6, 4)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def small_yields(cache, production="brems", channel="mumu", **changed):
    asked = {"masses": [0.5, 0.3], "ctau": CTAU, "precision": 0.05, "jobs": 1} | changed
    return feebly.yields("dark-photon", production, channel, cache_dir=cache, **asked)


def test_one_row_per_region_mass_and_lifetime(cache):
    rows = small_yields(cache)
    regions = list(dict.fromkeys(rows.columns["region"]))
    assert regions[0] == "SR"
    assert {len(column) for column in rows.columns.values()} == {2 * 4 * len(regions)}
    assert sorted(set(rows.columns["mass_gev"])) == [0.3, 0.5]
    assert_allclose(rows.columns["ctau_m"][:4], np.geomspace(*CTAU), rtol=1e-12)
    assert rows.header["reference coupling"] == "epsilon = 1"
    assert rows.header["preset"] == "current"


def test_zero_is_exact_or_said_to_be_unknown(cache):
    """Light pairs under a hard separation: closed at 4 MeV, next to closed at 5.12 MeV, open at 6 MeV."""
    lines = []
    rows = small_yields(
        cache, channel="ee", masses=[0.004, 0.00512, 0.006], response="2502", report=lines.append
    ).columns
    signal = {
        m: y for m, r, y in zip(rows["mass_gev"], rows["region"], rows["yield"], strict=True) if r == "SR"
    }
    assert signal[0.004] == signal[0.00512] == 0.0 < signal[0.006]
    assert lines == [
        "no simulated event of brems -> ee is accepted at m = 0.00512 GeV: the yield there is small, not "
        "known to be zero"
    ]


def test_yields_fall_as_one_over_a_long_lifetime(cache):
    rows = small_yields(cache, ctau=(1e6, 1e8, 3)).columns
    assert_allclose(np.diff(np.log10(rows["yield"][:3])), -1, rtol=1e-3)


def test_yields_are_linear_in_pot_and_efficiency(cache):
    one, ten = small_yields(cache, pot=1e17), small_yields(cache, pot=1e18)
    assert_allclose(ten.columns["yield"], 10 * np.array(one.columns["yield"]), rtol=1e-12)
    assert_allclose(ten.columns["mc_error"], 10 * np.array(one.columns["mc_error"]), rtol=1e-12)
    both = [small_yields(cache, response=name).columns["yield"] for name in ("2502", "2502-alt")]
    assert_allclose(both[1], np.array(both[0]) * 0.76 / 0.65, rtol=1e-12)


def test_a_second_call_reads_what_the_first_one_sampled(cache):
    steps = []
    first = small_yields(cache)
    content = cached_bytes(cache)
    second = small_yields(cache, progress=lambda *step: steps.append(step))
    assert (steps, second.columns) == ([], first.columns)
    assert cached_bytes(cache) == content


def test_errors_are_those_of_independent_seeds(cache):
    seeds = [np.array(small_yields(cache, seed=seed).columns["yield"]) for seed in (1, 2, 3, 4)]
    error = np.array(small_yields(cache).columns["mc_error"])
    signal = np.array(small_yields(cache).columns["region"]) == "SR"
    pulls = (seeds[0] - np.mean(seeds[1:], axis=0))[signal] / (error[signal] * np.sqrt(4 / 3))
    assert np.all(np.abs(pulls) < 5)
    assert np.all(seeds[0] != seeds[1])


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"masses": []}, ConfigError, "at least one mass"),
        ({"masses": [0.3, 0.2]}, ConfigError, "brems -> mumu is closed at m = 0.2 GeV"),
        ({"masses": [0.6], "production": "eta"}, ConfigError, "eta -> mumu is closed at m = 0.6 GeV"),
        ({"masses": [0.547862], "production": "eta"}, ConfigError, "between 0.2113 and 0.5479 GeV"),
        ({"masses": [50.0]}, DomainError, "50"),
        ({"ctau": (0.0, 1.0, 3)}, ConfigError, "ctau 0:1:3"),
        ({"production": "etta"}, ConfigError, "did you mean 'eta'?"),
        ({"channel": "mumuu"}, ConfigError, "did you mean 'mumu'?"),
        ({"precision": 0.9}, ConfigError, "precision = 0.9"),
    ],
)
def test_refusals_are_one_line(tmp_path, changed, error, words):
    with pytest.raises(error) as refusal:
        small_yields(tmp_path, **changed)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_the_last_mass_of_the_model_is_open(cache):
    assert np.all(np.array(small_yields(cache, masses=[2.0], precision=0.3).columns["yield"]) > 0)


def test_spectra_of_another_source(cache, tmp_path):
    """An event list of one η: more than the untuned table has, and a note that it is one."""
    (tmp_path / "one.csv").write_text(
        "# pot = 1\n# beam_momentum_gev = 400\npid,px,py,pz,weight\n221,0.1,0,60,1\n"
    )
    said: list[str] = []
    asked = {"production": "eta", "masses": [0.3], "precision": 0.3, "report": said.append}
    rows = small_yields(cache, spectrum=tmp_path / "one.csv", **asked)
    assert [line for line in said if "knows about 1 mesons within 10 mrad" in line]
    assert rows.header["preset"] == "current+one.csv"
    assert rows.header["spectrum"].endswith("one.csv")
    default = small_yields(cache, **asked)
    assert default.header["spectrum"] == "pythia"
    assert np.all(np.array(rows.columns["yield"])[:4] > np.array(default.columns["yield"])[:4])


def test_nothing_is_sampled_before_a_refusal(tmp_path):
    with pytest.raises(ConfigError):
        small_yields(tmp_path, ctau=(0.0, 1.0, 3))
    assert cached_bytes(tmp_path) == {}

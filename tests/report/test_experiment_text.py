"""The text and the dict of an experiment with its analysis tell every number with its origin."""

import json
from dataclasses import replace

import pytest

from feebly.analysis.analysis import analysis_names, load_analysis
from feebly.apparatus.experiment import load_experiment
from feebly.core.tables import canonical_json
from feebly.report.experiment_text import WIDTH, as_dict, describe


def both(name):
    analysis = load_analysis(name)
    return load_experiment(analysis.experiment), analysis


@pytest.mark.parametrize("name", analysis_names())
def test_text_fits_the_page_and_is_plain(name):
    text = describe(*both(name))
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= WIDTH
    assert not any(line != line.rstrip() for line in text.splitlines())


def test_text_of_2021_tells_the_numbers_and_their_meaning():
    text = " ".join(describe(*both("na62-dump-2021")).split())
    for piece in [
        "proton, 400 GeV, Gaussian spot sigma (6, 6) mm at (0, -22) mm",
        "Cu, impact at z = 23.07 m, exponential depth, interaction length 153 mm",
        "MNP33, thin kick 270 MeV in x at z = 197 m",
        "STRAW1 183.508 r > 0.06 about (0.1012, 0), r < 1.05: electron, muon, hadron",
        "sigma(p)/p = 0.3% (+) 0.005% p/GeV",
        "POT 1.4e+17 +- 20%",
        "box 6 < Z_TAX < 40 m, CDA_TAX < 20 mm",
        "observed 1; m = 411 +- 4 MeV",
        "0.016 +- 0.002 events; 68% interval; combinatorial",
        "half axes 23 m and 40 mm",
        "mean 0.0151, 5%-95% [0.0004, 0.055] events; posterior",
        "published 0.0094 +0.049 -0.009 (90%), not used",
        "2303 mumu 0.69, 1/(1 + (d0/d)^4), d0 = 35 mm at STRAW1",
        "2502 ee 0.65, d > 25 mm at STRAW1",
        "hadrons kk 0.65, d > 25 mm at STRAW1",
        "photons on LKr E > 1 GeV, r > 150 mm, 100 mm apart",
        "not searched m = 497.611 +- 5.7 MeV",
        "1.2e-07 +4.3e-07 -1e-07 events; 68% interval, table na62-hadrons-2502",
        "calorimeter LKr; sigma(E)/E = 4.8%/sqrt(E/GeV) (+) 11%/(E/GeV) (+) 0.9%; "
        "sigma(x) = 4.2 mm/sqrt(E/GeV) (+) 0.6 mm",
        "calibrated on mu mu lower edge at 0.44 GeV (2303.08666)",
        "none (all) 1, no separation",
    ]:
        assert piece in text, piece


def test_every_origin_is_in_the_text():
    experiment, analysis = both("na62-dump-2021")
    text = " ".join(describe(experiment, analysis).split())
    for origin in [*experiment.origins.values(), *analysis.origins.values()]:
        assert str(origin) in text


def test_projection_says_so():
    text = " ".join(describe(*both("na62-dump-run2")).split())
    assert "projection of na62-dump-2021: nothing observed, backgrounds scaled" in text
    assert "observed nothing yet (projection)" in text
    assert "published 0." not in text


def test_dict_is_json_and_complete():
    content = as_dict(*both("na62-dump-2021"))
    assert json.loads(canonical_json(content)) == json.loads(json.dumps(content))
    assert content["experiment"]["planes"][0]["shape"]["hole_centre_m"] == [0.1012, 0.0]
    assert content["experiment"]["tracking"]["momentum_resolution"] == {
        "constant": 0.003,
        "slope_per_gev": 5e-5,
    }
    assert content["analysis"]["final_states"]["mumu"]["signal_region"]["observed"] == 1
    assert content["analysis"]["responses"] == ["2303", "2312", "2502", "2502-alt", "hadrons", "none"]
    low, high = content["backgrounds"]["ee"]["SR"]["interval_5_95"]
    assert low < content["backgrounds"]["ee"]["SR"]["mean"] < high


def test_distance_of_photons_from_tracks_is_told_where_it_is_another():
    experiment, analysis = both("na62-dump-2021")
    state = analysis.final_state("3pi")
    further = replace(state, photons=replace(state.photons, track_separation_min_m=0.2))
    states = analysis.final_states | {"3pi": further}
    text = describe(experiment, replace(analysis, final_states=states))
    assert text.count("100 mm apart, 200 mm from tracks") == 1

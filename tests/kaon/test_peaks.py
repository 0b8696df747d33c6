"""Peak searches in kaon decays: the search for K+ -> pi+ a, its sensitivity and expectation, pseudo-data."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError, DataError, DomainError
from feebly.kaon.experiment_file import load_kaon_experiment
from feebly.kaon.mass_list import read_masses, write_masses
from feebly.kaon.peak_file import BackgroundShape, MassSteps, load_peak_search, peak_search_names
from feebly.kaon.peaks import KaonPeakSearch, kaon_peak_search
from feebly.physics.production.meson_to_hnl import LEPTONIC_MODES, helicity_factor
from kaon.test_one_track import _pilot

ALP = kaon_peak_search(load_peak_search("pi-a-gamma-gamma"))


def _at(mass_mev):
    return round((mass_mev - 207) / 0.5)


def test_hypotheses_of_the_published_scan():
    assert ALP.mass_gev.size == 287
    assert_allclose(ALP.mass_gev[[0, 1, -1]], [0.207, 0.2075, 0.350], rtol=1e-12)
    assert set(peak_search_names()) == {"pi-a-gamma-gamma", "e-n", "mu-n", "pi-e-n"}


def test_sensitivity_from_the_abstract():
    """9.61e-7 · f(z > 0.2)/3693 = 2.49e-10 with equal acceptances (numbers of 2311.01837)."""
    equal = ALP.sensitivity * ALP.relative_acceptance
    assert_allclose(equal, 2.49e-10, rtol=0.005)


@pytest.mark.reference
def test_acceptance_of_the_pilot():
    """A_a/A_πγγ of an independent calculation, its tolerance and the errors of both."""
    expected = _pilot("PK.A_ratio")
    found = [ALP.relative_acceptance[_at(1e3 * float(mass))] for mass in expected["expected"]]
    assert_allclose(found, list(expected["expected"].values()), rtol=expected["rel_tol"] + 0.01)


@pytest.mark.reference
@pytest.mark.parametrize("mass", [207, 220, 230, 250, 270, 300, 320])
def test_expected_limits_of_the_pilot(mass):
    expected = _pilot("PK.UL")["expected"]["counting"][str(mass)]
    assert_allclose(ALP.expected_limits()[_at(mass)], expected, rtol=0.05)


def test_expected_limits_are_those_of_the_published_search():
    """3 to 10e-9, widened by 1.3, between 207 and 330 MeV."""
    limits = ALP.expected_limits()[: _at(330) + 1]
    assert limits.min() > 3e-9 / 1.3
    assert limits.max() < 10e-9 * 1.3


@pytest.mark.reference
def test_significance_anywhere_is_that_of_the_pilot():
    """P(largest Z > 3) 0.177 of 300 pseudo-experiments there; 100 here."""
    expected = _pilot("PK.scan")["expected"]["P_max_gt_3"]
    found = ALP.global_significance(3.0, 100, seed=3)
    error = np.sqrt(expected * (1 - expected) * (1 / 300 + 1 / 100))
    assert abs(found.global_p - expected) < 3 * error
    assert 60 < found.trials_factor < 260


def test_pseudo_data_have_the_expected_events():
    counts = [ALP.pseudo_data(seed).size for seed in range(8)]
    total = ALP.search.scan.expected_below()[1][-1]
    assert_allclose(np.mean(counts), total, rtol=4 / np.sqrt(8 * total))
    assert np.array_equal(ALP.pseudo_data(3), ALP.pseudo_data(3))


@pytest.mark.parametrize("method", ["counts", "profile"])
def test_injected_signal_is_found(method):
    """Mean of the fitted height: the injected branching ratio over the sensitivity."""
    ratio = 2e-8
    found = ALP.result(ALP.pseudo_data(1, {0.25: ratio}), method=method)
    assert abs(found.mass_gev[np.argmax(found.local_z)] - 0.25) < 1.5e-3
    assert found.local_z.max() > 4
    assert found.branching_ratio[_at(250)] > ratio * 0.9
    heights = [
        ALP.search.fit(ALP.data(ALP.pseudo_data(seed, {0.25: ratio}))).height[0, _at(250)]
        for seed in range(20)
    ]
    expected = ratio / ALP.sensitivity[_at(250)]
    assert abs(np.mean(heights) - expected) < 3 * np.std(heights) / np.sqrt(20) + 0.03 * expected


def test_problems_are_named_and_the_other_masses_are_kept():
    events = ALP.pseudo_data(1)
    found = ALP.result(events[events > 0.28])
    assert np.isnan(found.branching_ratio[0])
    assert np.isfinite(found.branching_ratio[_at(320)])
    assert len(found.problems) == 1
    assert found.problems[0].startswith("207, 207.5, 208, 208.5, ... (")
    assert "no background from the sidebands" in found.problems[0]
    few = ALP.result(events, method="profile")
    assert "below 10 events under the peak" in few.problems[0]
    with pytest.raises(DomainError, match="expected one of counts, profile"):
        ALP.result(events, method="cls")


def test_without_an_expected_background_there_are_no_pseudo_data():
    bare = KaonPeakSearch(replace(ALP.file, background=()), ALP.experiment)
    with pytest.raises(DomainError, match=r"no \[\[background\]\]"):
        bare.pseudo_data(1)
    with pytest.raises(DomainError, match=r"no \[\[background\]\]"):
        bare.expected_limits()
    data = ALP.pseudo_data(1)
    ratio = bare.result(data).signal / ALP.result(data).signal  # a flat template: the line has to bend
    assert_allclose(np.median(ratio), 1, rtol=0.1)


def test_masses_above_the_endpoint_and_wrong_backgrounds():
    with pytest.raises(ConfigError, match=r"masses below the endpoint, 354\.11 MeV"):
        replace(ALP.file, scan_mev=MassSteps(207, 360, 0.5))
    with pytest.raises(ConfigError, match="a step that divides the range"):
        MassSteps(207, 350, 0.7)
    with pytest.raises(ConfigError, match="the decay of the normalisation, or events"):
        replace(ALP.file, background=(BackgroundShape(decay="mu-nu"),))
    with pytest.raises(ConfigError, match="where the events are from"):
        BackgroundShape(events=3.0, flat_in_mass2_mev=(0.0, 300.0))


def test_masses_as_a_file(tmp_path):
    masses = np.array([0.25, 0.2071234567890123])
    write_masses(tmp_path / "masses.csv", masses, ("a remark",))
    assert_allclose(read_masses(tmp_path / "masses.csv"), np.sort(masses), rtol=1e-15)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"250.0\n", ":1: expected the header missing_mass_mev"),
        (b"missing_mass_mev\n250\nx\n", ":3: 'x': expected a mass in MeV"),
        (b"missing_mass_mev\n-1\n", ":2: -1: expected a mass in MeV"),
        (b"missing_mass_mev\nnan\n", ":2: nan: expected a mass in MeV"),
        (b"\xff\xfe", "no text at byte 0"),
        (b"", ":1: expected the header"),
    ],
)
def test_wrong_files_of_masses(tmp_path, content, line):
    (tmp_path / "m.csv").write_bytes(content)
    with pytest.raises(DataError, match=r"m\.csv") as refusal:
        read_masses(tmp_path / "m.csv")
    assert line in str(refusal.value)


def test_no_calorimeter_no_photons():
    experiment = load_kaon_experiment()
    blind, full = replace(experiment), experiment.detectors
    blind.__dict__["detectors"] = SimpleNamespace(
        calorimeter=None, planes=full.planes, magnet=full.magnet, tracking=full.tracking
    )
    with pytest.raises(ConfigError, match="has no calorimeter"):
        _ = KaonPeakSearch(ALP.file, blind).normalisation_acceptance


@pytest.mark.parametrize(
    ("name", "masses", "sigma_mev"),
    [
        ("e-n", 319, {144: 4.8, 250: 2.3, 350: 1.15, 440: 0.47}),
        ("mu-n", 185, {200: 2.52, 300: 1.17, 384: 0.21}),
    ],
)
def test_searches_for_heavy_neutral_leptons(name, masses, sigma_mev):
    """Resolution of an independent calculation; |U|² is BR over ρ BR(l ν), the sensitivity 1/(N_K A)."""
    search = kaon_peak_search(load_peak_search(name))
    assert search.mass_gev.size == masses
    at = np.array(list(sigma_mev)) / 1e3
    assert_allclose(1e3 * search.resolution.sigma_mass_at(at), list(sigma_mev.values()), rtol=0.08)
    counted = search.file.normalisation.number.value
    assert_allclose(search.sensitivity * search.relative_acceptance, 1 / counted, rtol=1e-12)
    mode = LEPTONIC_MODES[search.file.leptonic]
    expected = 1e-9 / (
        mode.branching_ratio * helicity_factor(0.25, mode.lepton_mass_gev, mode.meson_mass_gev)
    )
    assert_allclose(search.mixing(np.full(masses, 1e-9))[round(250 - 1e3 * search.mass_gev[0])], expected)
    assert ALP.mixing(np.ones(287)) is None
    with pytest.raises(DomainError, match=r"no \[\[background\]\]"):
        search.pseudo_data(1)


def test_pions_as_parents():
    """pi+ -> e+ N: 63 hypotheses from 95 to 126 MeV, endpoint 139.06 MeV."""
    lepton = load_peak_search("e-n")
    steps = MassSteps(95, 126, 0.5)
    assert steps.masses_gev.size == 63
    pions = replace(lepton, parent="pi+", leptonic="pi-e", scan_mev=steps, momentum_gev=(5.0, 70.0))
    search = KaonPeakSearch(pions, ALP.experiment)
    assert np.all(np.diff(search.resolution.sigma_mass_at(search.mass_gev)) < 0)
    with pytest.raises(ConfigError, match=r"masses below the endpoint, 139\.06 MeV"):
        replace(pions, scan_mev=MassSteps(95, 140, 0.5))

"""Fast simulation of kaon decays with one track: kinematics, acceptance, resolution of the missing mass."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.constants import (
    ELECTRON_MASS_GEV,
    KAON_MASS_GEV,
    MUON_MASS_GEV,
    PION0_MASS_GEV,
    PION_MASS_GEV,
)
from feebly.core.errors import ConfigError, DomainError
from feebly.kaon.beam_decays import KAON_CTAU_M
from feebly.kaon.experiment_file import load_kaon_experiment
from feebly.kaon.one_track import TrackDecay, TrackSelection, simulate, two_body
from feebly.kaon.resolution import core_sigma, mass_resolution
from feebly.physics.decays.kaon_standard import standard_decay

NA62 = load_kaon_experiment("na62-kaon")
TRACKS = {
    "e": ("electron", ELECTRON_MASS_GEV),
    "mu": ("muon", MUON_MASS_GEV),
    "pi": ("hadron", PION_MASS_GEV),
}
WIDE = TrackSelection((0.0, 1e3))


def _pilot(identity):
    """One entry of the pilot's file, which is not shipped."""
    folder = os.environ.get("FEEBLY_REFERENCE")
    path = Path(folder or "") / "pilot_hnl_kaon.json"
    if not folder or not path.exists():
        pytest.skip("pilot_hnl_kaon.json is not among the references")
    return next(entry for entry in json.loads(path.read_text(encoding="utf-8")) if entry["id"] == identity)


RESOLUTIONS = [
    "mu nu 15-45", "mu nu 5-70", "pi pi0 15-45", "pi pi0 15-35", "pi X 0.100 15-45", "pi X 0.200 15-45",
    "pi X 0.260 15-45", "e N 0.144 5-30", "e N 0.250 5-30", "e N 0.350 5-30", "e N 0.440 5-30",
    "e N 0.462 5-30", "mu N 0.200 5-70", "mu N 0.300 5-70", "mu N 0.384 5-70", "pi a(gg) 0.207 10-70",
    "pi a(gg) 0.300 10-70", "pi a(gg) 0.350 10-70",
]  # fmt: skip


@pytest.mark.reference
@pytest.mark.parametrize("name", RESOLUTIONS)
def test_resolution_and_acceptance_of_the_pilot(name):
    """An independent simulation: sigma within 4%, acceptance within 3% and three times the error."""
    expected = _pilot("K.res")["expected"][name]
    track, *missing, window = name.split()
    mass = {"nu": 0.0, "pi0": PION0_MASS_GEV}.get(missing[0])
    mass = float(missing[-1]) if mass is None else mass
    particle, track_mass = TRACKS[track]
    low, high = map(float, window.split("-"))
    events = 60_000
    found = simulate(
        NA62, two_body(name, particle, track_mass, mass), events, 1, 0, TrackSelection((low, high))
    )
    error = np.sqrt((1 - expected["acc"]) / expected["acc"] / events)
    assert_allclose(found.acceptance, expected["acc"], rtol=0.03 + 3 * error)
    accepted = found.missing_mass2_gev2[found.accepted]
    assert_allclose(core_sigma(accepted), expected["sigma_m2"], rtol=0.04 + 3 / np.sqrt(2 * accepted.size))


def test_published_resolution_at_the_pi0():
    """σ(m²_miss) of K+ -> π+ π0: 1.05e-3 GeV², published as about 1e-3."""
    found = simulate(NA62, two_body("pi-pi0", "hadron", PION_MASS_GEV, PION0_MASS_GEV), 60_000, 1)
    assert_allclose(core_sigma(found.missing_mass2_gev2[found.accepted]), 1.05e-3, rtol=0.03)


def test_published_resolution_of_photon_pairs():
    """2.0 to 0.2 MeV over 207-350 MeV (PLB 850 (2024) 138513); unfitted 2.14 to 0.21."""
    found = mass_resolution(
        NA62, "hadron", PION_MASS_GEV, [0.207, 0.26, 0.31, 0.335, 0.350], TrackSelection((10, 70))
    )
    assert_allclose(found.sigma_mass_gev[[0, -1]], [2.0e-3, 0.2e-3], rtol=0.12)
    assert_allclose(found.sigma_mass_at(np.array([0.207, 0.350])), [2.14e-3, 0.21e-3], rtol=0.05)
    assert np.all(np.diff(found.sigma_mass_at(np.linspace(0.207, 0.350, 60))) < 0)
    with pytest.raises(DomainError, match="the resolution is known for"):
        found.sigma_mass_at(np.array([0.2]))


@pytest.mark.parametrize("mass", [0.0, 0.1, 0.3])
def test_missing_mass_without_resolution_is_the_mass(mass):
    found = simulate(NA62, two_body("x", "hadron", PION_MASS_GEV, mass), 2000, 3)
    assert_allclose(found.true_mass2_gev2, mass**2, atol=1e-11)


def test_energies_in_the_laboratory_are_flat_for_two_bodies():
    """Isotropic in the rest frame of the kaon: momenta at 75 GeV between the two ends, uniform."""
    still = replace(NA62, beam=replace(NA62.beam, momentum_spread=0.0, divergence_rad=0.0))
    perfect = replace(still, beam_spectrometer=replace(NA62.beam_spectrometer, momentum_resolution=0.0))
    found = simulate(perfect, two_body("mu-nu", "muon", MUON_MASS_GEV, 0.0), 40_000, 2, 0, WIDE)
    ratio = (MUON_MASS_GEV / KAON_MASS_GEV) ** 2
    low = 75 * ratio
    uniform = (found.momentum_gev - low) / (75 - low)
    counts, _ = np.histogram(uniform, bins=20, range=(0, 1))
    inner = counts[1:-1]  # the ends are smeared
    assert np.sum((inner - 2000) ** 2 / 2000) < 50


def test_decays_are_exponential_inside_the_region():
    found = simulate(NA62, two_body("mu-nu", "muon", MUON_MASS_GEV, 0.0), 100_000, 2)
    length = 75 / KAON_MASS_GEV * KAON_CTAU_M
    assert_allclose(length, 563.9, rtol=1e-3)
    z = np.sort(found.z_m)
    expected = -np.expm1(-(z - 105) / length) / -np.expm1(-60 / length)
    assert np.max(np.abs(expected - np.arange(1, z.size + 1) / z.size)) < 1.95 / np.sqrt(z.size)
    assert found.z_m.min() >= 105
    assert found.z_m.max() <= 165


def test_blocks_and_seeds():
    decay = two_body("mu-nu", "muon", MUON_MASS_GEV, 0.0)
    one, again = (simulate(NA62, decay, 100, 1, 0).missing_mass2_gev2 for _ in range(2))
    assert np.array_equal(one, again)
    others = simulate(NA62, decay, 100, 1, 1), simulate(NA62, decay, 100, 2, 0)
    assert not any(np.any(one == other.missing_mass2_gev2) for other in others)


def test_magnet_and_beam_go_through_the_holes():
    """A track that goes on as the kaon does stays in the hole of every chamber: the sign of the kick."""
    still = replace(NA62, beam=replace(NA62.beam, momentum_spread=1e-6, divergence_rad=0.0))
    energy = KAON_MASS_GEV / 2 + (PION_MASS_GEV**2 - 0.35**2) / (2 * KAON_MASS_GEV)
    slow = TrackDecay("x", "hadron", PION_MASS_GEV, lambda u: np.full(u.shape, energy))
    no_holes = replace(still, least_radius_m={})
    found = simulate(no_holes, slow, 20_000, 1, 0, WIDE)
    assert 0.2 < found.acceptance < 0.9
    kaons = TrackDecay(
        "kaon", "hadron", KAON_MASS_GEV * (1 - 1e-9), lambda u: np.full(u.shape, KAON_MASS_GEV)
    )
    assert simulate(no_holes, kaons, 2000, 1, 0, WIDE).acceptance == 0


def test_missing_mass_of_muons_as_background():
    """Spectra of three-body decays: the reconstructed mean is the true one."""
    decay = standard_decay("e3")
    found = simulate(
        NA62, TrackDecay("e3", decay.particle, decay.track_mass_gev, decay.energies_gev), 20_000, 1
    )
    assert_allclose(found.missing_mass2_gev2.mean(), found.true_mass2_gev2.mean(), rtol=0.01)
    assert found.true_mass2_gev2.min() > PION0_MASS_GEV**2 * 0.999


def test_closed_masses_and_no_acceptance():
    with pytest.raises(DomainError, match="closed"):
        two_body("x", "hadron", PION_MASS_GEV, 0.3542)
    with pytest.raises(DomainError, match="expected a mass away from the endpoint"):
        mass_resolution(NA62, "electron", ELECTRON_MASS_GEV, [0.49], TrackSelection((50, 70)), events=2000)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("momentum_gev = 75.0", "momentum_gev = -75.0", "momentum_gev = -75.0: expected a positive number"),
        ("[105.0, 165.0]", "[105.0, 190.0]", "between the bend of the beam and the first chamber"),
        ("{ LKr = 0.15 }", "{ LKR = 0.15 }", "unknown plane 'LKR'"),
        ("kplus_fraction = 0.06", "kplus_fraction = 6", "above 0 and up to 1"),
        ("\nbeam_spectrometer = {", "\nbeam_spectrometers = {", "beam_spectrometers"),
    ],
)
def test_one_line_for_a_wrong_experiment(tmp_path, old, new, line):
    from importlib.resources import files

    text = (files("feebly") / "data/kaon/experiments/na62-kaon.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "mine.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=line) as refusal:
        load_kaon_experiment(tmp_path / "mine.toml")
    assert "\n" not in str(refusal.value)

"""Widths of reconstructed quantities."""

from statistics import NormalDist

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.analysis.analysis import load_analysis
from feebly.apparatus.experiment import load_experiment
from feebly.core.errors import ConfigError
from feebly.physics.models.dark_photon import DarkPhoton
from feebly.report.validation.plan import ResolutionReference, validation_plan
from feebly.report.validation.resolution import at_coupling, half_width, resolution_rows
from feebly.report.validation.sampling import Sampling, pion_pair

SAMPLING = Sampling(load_experiment("na62-dump-2021"), load_analysis("na62-dump-2021"))


def test_half_width_of_a_gaussian_is_sigma():
    quantiles = (np.arange(20_000) + 0.5) / 20_000
    values = np.array([NormalDist(5.0, 0.3).inv_cdf(q) for q in quantiles])
    order = np.random.default_rng(1).permutation(values.size)
    assert_allclose(half_width(values[order], np.ones(values.size)), 0.3, rtol=1e-4)


def test_half_width_counts_weights_not_events():
    values = np.linspace(0.0, 1.0, 10_001)
    # density 2x: quantiles at sqrt(q)
    expected = (np.sqrt(0.841345) - np.sqrt(0.158655)) / 2
    assert_allclose(half_width(values, 2 * values), expected, rtol=1e-3)


def test_weights_at_a_coupling():
    events = {"WEIGHT": np.array([1.0, 2.0]), "TAU": np.array([0.0, 3.0])}
    assert at_coupling(events, 0.3, None) is events["WEIGHT"]
    ctau = float(DarkPhoton().ctau_m(0.3, 1e-6))
    expected = [1.0, 2.0 * np.exp(-3.0 * 0.3 / ctau)]
    assert_allclose(at_coupling(events, 0.3, 1e-6), expected, rtol=1e-12)


def test_pions_are_selected_as_hadrons():
    ee = SAMPLING.analysis.final_state("ee")
    state = pion_pair(ee)
    assert state.daughters == ("hadron", "hadron")
    assert state.calorimeter is None
    assert state.fiducial_volume == ee.fiducial_volume


def test_kaon_mass_resolution_is_the_published_one():
    (reference,) = (r for r in validation_plan().resolution if "K_S" in r.name)
    (row,) = resolution_rows([reference], SAMPLING)
    assert row.reference == 1.9  # MeV, 3 sigma = 5.7 MeV (talk at Vulcano 2024)
    assert row.verdict == "ok"
    assert row.tuned is None


def test_fraction_in_the_signal_region():
    references = [
        r for r in validation_plan().resolution if r.quantity == "in signal region" and not r.coupling
    ]
    rows = list(resolution_rows(references, SAMPLING))
    assert [row.verdict for row in rows] == len(rows) * ["ok"]
    assert all(0.95 < row.own < 1 for row in rows), "NA62: +-3 sigma of the signal in each axis"


def test_unknown_quantity():
    bad = ResolutionReference("x", "ee", 0.1, "mass [GeV]", 1.0, 0.1, "")
    with pytest.raises(ConfigError, match=r"did you mean 'mass \[MeV\]'"):
        list(resolution_rows([bad], SAMPLING))

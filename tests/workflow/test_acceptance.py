"""The factors of a yield on their own: against integrals without a detector, and against the yields."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import feebly
from feebly.analysis.analysis import load_analysis
from feebly.apparatus.experiment import load_experiment
from feebly.core.errors import ConfigError
from feebly.physics.production.bremsstrahlung import bremsstrahlung_nodes
from feebly.physics.production.meson_decay import MesonDecay
from feebly.report.acceptance_report import facts, maps_png, resolution_rows, rows, table_csv
from feebly.report.validation.acceptance import decay_probability
from feebly.workflow.acceptance import acceptance
from feebly.workflow.sampling import Sampling

ASKED = {"masses": [0.3, 0.4], "ctau": (0.01, 1e4, 7), "response": "none", "preset": "current"}


@pytest.fixture(scope="module")
def sampling(tmp_path_factory):
    return Sampling(precision=0.03, jobs=1, cache_dir=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def eta(sampling):
    return acceptance("dark-photon", "eta", "mumu", sampling=sampling, **ASKED)


@pytest.fixture(scope="module")
def brems(sampling):
    return acceptance("dark-photon", "brems", "mumu", sampling=sampling, **ASKED)


def test_decays_of_bremsstrahlung_are_those_of_an_integral(brems):
    """Particles of any momentum within the narrowest cone before the magnet, about the axis of the beam.

    `tests/engine/test_in_flight.py` has the aperture where it is.
    """
    experiment, volume = (
        load_experiment("na62-dump-2021"),
        load_analysis("na62-dump-2021").final_state("mumu"),
    )
    (mode,) = brems.choices.production
    plane, impact = experiment.plane("STRAW2"), experiment.dump.z_impact_m
    for k, mass in enumerate(brems.mass_gev):
        z, pt2, weight = bremsstrahlung_nodes(mass, mode.sampling())
        pz = np.sqrt((400.0 * z) ** 2 - pt2)
        inside = np.sqrt(pt2) / pz < plane.shape.r_max_m / (plane.z_m - impact)
        fv = (volume.fiducial_volume.z_min_m, volume.fiducial_volume.z_max_m)
        chance = decay_probability(
            pz[..., None] * brems.ctau_m[2:] / mass, fv, impact, experiment.dump.interaction_length_m
        )
        expected = np.einsum("ij,ij,ijk->k", weight, inside, chance)
        assert_allclose(brems.decays[k, 2:], expected, rtol=0.02)  # the aperture is about another axis
        assert_allclose(brems.produced[k], weight.sum(), rtol=1e-12)


def test_one_parent_makes_one_particle(eta):
    made = MesonDecay("eta").rate(eta.mass_gev, 1.0, eta.choices.spectra["eta"].multiplicity)
    assert_allclose(eta.produced, made, rtol=1e-12)
    assert np.all((eta.reach_and_decay > 0) & (eta.reach_and_decay < 1))


def test_the_factors_make_the_yield(eta, sampling):
    n = eta.choices.analysis.pot * eta.produced[:, None] * eta.reach_and_decay * eta.acceptance
    assert_allclose(n, eta.yields, rtol=1e-12)
    bare = feebly.yields(
        "dark-photon", "eta", "mumu", masses=[0.3, 0.4], ctau=(0.01, 1e4, 7), response="none",
        preset="current", precision=0.03, jobs=1, cache_dir=sampling.cache_dir,
    )  # fmt: skip
    regions = np.array(bare.columns["region"]) == "SR"
    assert_allclose(eta.yields.ravel(), np.array(bare.columns["yield"])[regions], rtol=1e-12)


def test_yield_of_a_final_state_with_pi0_is_that_of_the_yields(sampling):
    asked = {"masses": [0.5], "ctau": (10.0, 10.0, 1), "response": "none", "preset": "current"}
    found = acceptance("dark-photon", "etaprime", "3pi", sampling=sampling, **asked)
    bare = feebly.yields(
        "dark-photon", "etaprime", "3pi", precision=0.03, jobs=1, cache_dir=sampling.cache_dir, **asked
    )
    assert_allclose(found.yields[0, 0], bare.columns["yield"][0], rtol=1e-12)


def test_acceptance_is_a_share_and_rises_to_short_lifetimes(eta, brems):
    for found in (eta, brems):
        sampled = found.acceptance_error < 0.1
        assert sampled[:, 3:].all()
        assert np.all((found.acceptance[sampled] > 0) & (found.acceptance[sampled] < 1))
        assert np.all(found.acceptance[:, 3] > found.acceptance[:, -1])  # only the fast ones are left


def test_resolution(brems):
    assert_allclose(brems.resolution["mass_gev"], [1.0e-3, 1.75e-3], rtol=0.25)
    assert np.all((brems.resolution["z_tax_m"] > 2.0) & (brems.resolution["z_tax_m"] < 4.0))


def test_tables_and_maps(eta):
    table, resolution = rows(eta), resolution_rows(eta)
    assert list(table) == [
        "mass_gev", "ctau_m", "produced_per_pot", "reach_and_decay",
        "acceptance", "acceptance_mc_error", "yield",
    ]  # fmt: skip
    assert len(table["yield"]) == 14
    text = table_csv(facts(eta) | {"note": 1}, {"a": [1.0, float("nan")], "b": [2.0, 3.0]})
    assert text.splitlines()[-3:] == ["a,b", "1.0,2.0", ",3.0"]
    assert "# reference coupling: epsilon = 1" in text
    assert list(resolution) == ["mass_gev", "sigma_mass_gev", "sigma_z_tax_m", "sigma_cda_tax_m"]
    assert maps_png(eta).startswith(b"\x89PNG")


def test_a_closed_channel_is_refused(sampling):
    with pytest.raises(ConfigError, match=r"eta -> mumu is closed at m = 0\.6 GeV"):
        acceptance(
            "dark-photon", "eta", "mumu", masses=[0.6], ctau=(1, 10, 2), sampling=sampling, preset="current"
        )

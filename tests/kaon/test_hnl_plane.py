"""Heavy neutral leptons of kaon and pion decays in the plane of mass and mixing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError
from feebly.core.provenance import Origin
from feebly.kaon.peak_file import MassSteps, load_peak_search
from feebly.kaon.peaks import kaon_peak_search
from feebly.physics.production.meson_to_hnl import LEPTONIC_MODES, helicity_factor
from feebly.publish.kaon_peak_limit import expected_as_limit, peak_as_limit
from feebly.publish.limit_files import LimitPiece, PublishedLimit, limit_text, parse_limit
from feebly.report.overlay_plot import overlay_figure
from feebly.report.overlay_plot_layers import make_overlay

MUONS = kaon_peak_search(load_peak_search("mu-n").with_flat_background(400.0))


@pytest.fixture(scope="module")
def result():
    return MUONS.result(MUONS.pseudo_data(1))


def theirs(model="", benchmark="", label="theirs"):
    """A synthetic curve: nobody's measurement."""
    piece = LimitPiece([0.1, 0.2, 0.3], [1e-7, 1e-8, 1e-7])
    origin = Origin("assumed", "synthetic")
    return PublishedLimit(
        label, "U2", (piece,), origin, 0.9, region="above", model=model, benchmark=benchmark
    )


def test_the_limit_is_the_mixing_at_each_mass(result):
    limit = peak_as_limit(MUONS, result, "masses.csv", is_data=True)
    (piece,) = limit.pieces
    assert (limit.coupling, limit.model, limit.region, limit.kind) == ("U2", "hnl-mu", "above", "observed")
    mode = LEPTONIC_MODES["k-mu"]
    rho = helicity_factor(piece.mass_gev, mode.lepton_mass_gev, mode.meson_mass_gev)
    expected = result.branching_ratio / (mode.branching_ratio * rho)
    assert_allclose(piece.coupling, expected, rtol=1e-12)
    assert_allclose(piece.mass_gev, result.mass_gev, rtol=1e-15)
    assert "above 50 ns" in limit.remark
    assert parse_limit(limit_text(limit), "limit.csv").pieces[0].coupling.tolist() == piece.coupling.tolist()


def test_pseudo_data_are_a_projection_and_the_background_gives_an_expected_limit(result):
    assert peak_as_limit(MUONS, result, "pseudo-data, seed 1", is_data=False).kind == "projection"
    expected = expected_as_limit(MUONS, 0.9)
    assert expected.kind == "expected"
    assert_allclose(expected.pieces[0].coupling, MUONS.mixing(MUONS.expected_limits(0.9)), rtol=1e-12)


def test_masses_without_a_limit_part_the_curve(result):
    ratios = result.branching_ratio.copy()
    ratios[[40, 42]] = np.nan  # mass 41 is alone: no curve
    ratios[100:103] = 1e9  # a mixing above one excludes nothing
    found = peak_as_limit(MUONS, replace(result, branching_ratio=ratios), "m.csv", is_data=True)
    assert [len(piece) for piece in found.pieces] == [40, 57, 82]
    nothing = replace(result, branching_ratio=np.full(ratios.size, np.nan))
    assert peak_as_limit(MUONS, nothing, "m.csv", is_data=True) is None


def test_other_searches_limit_the_branching_ratio():
    file = load_peak_search("pi-a-gamma-gamma")
    photons = kaon_peak_search(replace(file, scan_mev=MassSteps(240, 250, 0.5)))
    limit = expected_as_limit(photons, 0.9)
    assert (limit.coupling, limit.model, limit.remark) == ("branching-ratio", "", "")
    assert_allclose(limit.pieces[0].coupling, photons.expected_limits(0.9), rtol=1e-12)


def test_limits_alone_make_a_figure_with_the_mixing_of_their_flavour(result):
    ours = peak_as_limit(MUONS, result, "m.csv", is_data=True)
    overlay = make_overlay([], [ours, theirs(benchmark="BC7")], in_mev=True)
    axes = overlay_figure(overlay).axes[0]
    assert axes.get_ylabel() == r"$|U_{\mu4}|^2$"
    assert axes.get_xlabel() == "$m_{N}$ [MeV]"
    assert (
        make_overlay([], [theirs(model="hnl-e")], coupling="U").limits[0].pieces[0].coupling[0] == 1e-7**0.5
    )
    silent = make_overlay([], [ours, theirs()])
    assert silent.notes == ("Taken for hnl-mu, which theirs does not say.",)
    assert overlay_figure(make_overlay([], [theirs()])).axes[0].get_ylabel() == "$|U|^2$"


def test_mixings_with_different_flavours_are_not_compared(result):
    ours = peak_as_limit(MUONS, result, "m.csv", is_data=True)
    with pytest.raises(ConfigError, match="of hnl-mu and theirs of hnl-e: their couplings are not"):
        make_overlay([], [ours, theirs(benchmark="BC6")])


# --- pi+ -> e+ N ---------------------------------------------------------------------------------------

PIONS = kaon_peak_search(load_peak_search("pi-e-n"))


def test_hypotheses_and_endpoint_of_pions():
    """2507.07345: 63 hypotheses from 95 to 126 MeV; m_π - m_e = 139.06 MeV."""
    assert PIONS.mass_gev.size == 63
    assert_allclose(PIONS.mass_gev[[0, 1, -1]], [0.095, 0.0955, 0.126], rtol=1e-12)
    assert_allclose(1e3 * LEPTONIC_MODES["pi-e"].endpoint_gev, 139.06, atol=0.005)
    with pytest.raises(ConfigError, match=r"masses below the endpoint, 139\.06 MeV"):
        replace(PIONS.file, scan_mev=MassSteps(95, 140, 0.5))


def test_resolution_of_pions_is_that_of_the_angle():
    """m² = m_π² - m_π² x - x (p_π θ)², x = p_e/p_π (small angles): σ(m²) = 2 p_π p* sin θ* σ_θ.

    Momenta add (m_π² - m²) 0.3%, a tenth of it. σ_θ: two hits and scattering, and 16 µrad of the beam.
    """
    mass, pion, beam = 0.110, 0.13957, 75.0
    momentum = (pion**2 - mass**2) / (2 * pion)
    cos = np.linspace(-1, 1, 2001)
    positron = beam * momentum / pion * (1 + cos)
    cos, positron = cos[positron > 5], positron[positron > 5]
    tracking = PIONS.experiment.detectors.tracking
    hits = np.sqrt(2) * tracking.hit_sigma_m / (tracking.chambers_z_m[1] - tracking.chambers_z_m[0])
    angle2 = hits**2 + (tracking.multiple_scattering_gev_rad / positron) ** 2 + 16e-6**2
    found = 2 * mass * PIONS.resolution.sigma_mass_at(np.array([mass]))[0]
    assert_allclose(found, 2 * beam * momentum * np.sqrt(np.mean((1 - cos**2) * angle2)), rtol=0.1)


def test_scale_of_pions_is_the_published_one_by_construction():
    """No test of the search: 2.303 events in the window at |U|² = 1e-8 and 110 MeV."""
    at = int(np.argmin(np.abs(PIONS.mass_gev - 0.110)))
    ratio = np.log(10) / PIONS.search.windows.efficiency * PIONS.sensitivity
    assert_allclose(PIONS.mixing(ratio)[at], 1e-8, rtol=0.03)
    assert PIONS.file.normalisation.number.origin.kind == "calibrated"


def test_a_neutral_lepton_of_pions_is_found():
    search = kaon_peak_search(PIONS.file.with_flat_background(300.0))
    ratio = 60 * search.sensitivity[30]
    found = search.result(search.pseudo_data(1, {0.110: float(ratio)}))
    assert abs(found.mass_gev[np.argmax(found.local_z)] - 0.110) < 1e-3
    assert found.local_z.max() > 5
    assert search.mixing(found.branching_ratio)[30] > search.mixing(np.full(63, ratio))[30]


@pytest.mark.parametrize("events", [-3.0, 0.0, np.nan])
def test_stated_backgrounds_are_positive_numbers(events):
    with pytest.raises(ConfigError, match="events = "):
        MUONS.file.with_flat_background(events)


def test_decays_that_are_counted_are_counted_before_efficiencies():
    """Positrons: ring (all have four hits) × calorimeters × accidental vetoes, from the file."""
    experiment = PIONS.experiment
    expected = experiment.identification.rich.ring_efficiency
    expected *= experiment.identification.calorimeters["electron"]["electron"]
    expected *= experiment.photon_veto.accidental_efficiency
    assert_allclose(PIONS.efficiency, expected, rtol=2e-3)
    assert_allclose(
        PIONS.relative_acceptance, PIONS.resolution.acceptance_at(PIONS.mass_gev) * expected, rtol=2e-3
    )
    assert MUONS.efficiency[0] < MUONS.efficiency[-1] < PIONS.efficiency[0]  # fast muons have rings of pions

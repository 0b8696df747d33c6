"""K+ -> μ+ ν X and K+ -> μ+ ν ν ν̄: the search by counting above a missing mass."""

from __future__ import annotations

from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.constants import KAON_MASS_GEV, MUON_MASS_GEV
from feebly.core.errors import ConfigError, DomainError
from feebly.kaon.muon_invisible import event_limit, load_muon_search
from feebly.kaon.muon_invisible_file import CountedRegion
from feebly.kaon.one_track import TrackDecay, simulate
from feebly.kaon.peak_file import MassSteps
from feebly.kaon.rejection import Rejection
from feebly.kaon.search_file import ExpectedBackground
from feebly.kaon.spectrum import missing_mass_spectrum
from feebly.physics.kinematics.quantiles import quantile_table
from feebly.physics.production.kaon_to_muon_invisible import (
    LARGEST_MISSING_MASS2_GEV2,
    missing_mass_spectrum_gev_m1,
)
from feebly.statistics.intervals.limits import upper_limit

SEARCH = load_muon_search()


@pytest.fixture(scope="module")
def events():
    return SEARCH.event_limits()


def test_limit_on_the_events_of_the_counted_region(events):
    """6894 on 7549 ± 928: CLs of Gaussians, s = n - b + σ Φ⁻¹(1 - 0.1 Φ((n - b)/σ))."""
    n, b, sigma = 6894, 7549, np.hypot(928, np.sqrt(7549))
    normal = NormalDist()
    s_up = n - b + sigma * normal.inv_cdf(1 - 0.1 * normal.cdf((n - b) / sigma))
    assert_allclose(events.observed[0], s_up, rtol=1e-12)
    assert_allclose(events.observed[0], upper_limit(6894, 7549.0, 928.0).s_up, rtol=2e-3)
    assert np.isnan(events.observed[1:]).all()


def test_acceptance_is_that_of_simulated_decays():
    """Weighted muons of one sample against decays thrown from the spectrum itself, with mean efficiencies."""
    mass, cut = 0.25, SEARCH.file.counted[0].above_gev2

    def spectrum(w2):
        return missing_mass_spectrum_gev_m1(w2, mass, "vector")

    table = quantile_table(spectrum, mass**2, LARGEST_MISSING_MASS2_GEV2)

    def energies(u):
        return (KAON_MASS_GEV**2 + MUON_MASS_GEV**2 - np.interp(u, *table)) / (2 * KAON_MASS_GEV)

    decay = TrackDecay("thrown", "muon", MUON_MASS_GEV, energies)
    found = simulate(SEARCH.experiment, decay, 50_000, 3, 0, SEARCH.file.selection)
    above = found.accepted & (found.missing_mass2_gev2 > cut)
    identified = SEARCH.experiment.identification.probability(
        "muon", "muon", np.sqrt(found.track.squared[above])
    )
    thrown = above.mean() * identified.mean() * SEARCH.experiment.photon_veto.accidental_efficiency
    weighted = SEARCH.acceptances(spectrum, mass**2)[0]
    assert_allclose(weighted, thrown, rtol=4 / np.sqrt(above.sum()) + 0.01)


def test_background_above_a_cut_is_that_of_the_simulated_decay():
    """The reference count, and its shape as `missing_mass_spectrum` of the same decay has it."""
    cuts = SEARCH.cuts_gev2.tolist()
    b, sigma = SEARCH.backgrounds
    assert_allclose(b[cuts.index(0.10)], 7549, rtol=1e-12)
    assert_allclose(sigma / b, 928 / 7549, rtol=1e-12)
    edges = [0.04, 0.10, 0.2]
    thrown = missing_mass_spectrum(
        SEARCH.experiment, "mu-nu-gamma", edges, 60_000, "mu", SEARCH.file.selection
    ).per_decay
    assert_allclose(b[cuts.index(0.04)] / b[cuts.index(0.10)], 1 + thrown[0] / thrown[1], rtol=0.1)


def test_each_signal_takes_the_counted_region_that_is_best_for_it():
    """A second region with a background of its own, small or large."""
    first = SEARCH.file.counted[0]
    second = CountedRegion(0.13, 100, first.n_origin, ExpectedBackground(90.0, first.n_origin, 5.0))
    two = replace(SEARCH, file=replace(SEARCH.file, counted=(first, second)))
    assert_allclose([part[:2] for part in two.backgrounds], [[7549, 90], [928, 5]], rtol=1e-12)
    events = two.event_limits()
    assert_allclose(events.observed[1], upper_limit(100, 90.0, 5.0).s_up, rtol=1e-9)
    heavy, light = two.mediator(0.35, "scalar", events), two.mediator(0.01, "vector", events)
    assert (heavy.observed_cut_gev2, light.observed_cut_gev2) == (0.13, 0.13)
    worse = replace(second, background=ExpectedBackground(5000.0, first.n_origin, 2000.0))
    back = replace(SEARCH, file=replace(SEARCH.file, counted=(first, worse)))
    assert back.mediator(0.35, "scalar", back.event_limits()).observed_cut_gev2 == 0.10


def test_limits_are_of_the_published_order(events):
    """2101.12304: from 1e-5 to 1e-7, with the best cut at each mass; here observed above 0.1 GeV² alone."""
    masses = [0.01, 0.1, 0.3, 0.37]
    observed = [
        SEARCH.mediator(mass, spin, events).observed for mass in masses for spin in ("scalar", "vector")
    ]
    assert 1e-7 < min(observed) < 1e-6
    assert 1e-6 < max(observed) < 3e-5
    light = SEARCH.mediator(0.01, "vector", events)
    heavy = SEARCH.mediator(0.37, "vector", events)
    assert light.cut_gev2 < 0.05 < 0.12 < heavy.cut_gev2
    assert light.expected > 50 * heavy.expected


def test_three_neutrinos_beside_the_published_limit(events):
    """1.0e-6 (2101.12304); here 0.70 of it, with counts and decays that are remembered, and nothing tuned."""
    found = SEARCH.three_neutrinos(events)
    assert_allclose(found.observed, events.observed[0] / found.acceptance / 1.14e10, rtol=1e-12)
    assert_allclose(found.observed / SEARCH.file.three_neutrinos.value, 0.70, rtol=0.05)


@pytest.mark.parametrize(("b", "sigma"), [(1000.0, 123.0), (5000.0, 615.0), (2000.0, 100.0)])
def test_many_events_by_the_gaussian_formula(b, sigma):
    """Against exact counting at n = b."""
    assert_allclose(event_limit(b, b, sigma), upper_limit(int(b), b, sigma).s_up, rtol=6e-3)


@pytest.mark.parametrize("n", [1200, 2600])
def test_few_and_many_observed_events_by_the_gaussian_formula(n):
    """Four standard deviations below and above what is expected."""
    assert_allclose(event_limit(n, 1900.0, 170.0), upper_limit(n, 1900.0, 170.0).s_up, rtol=0.03)


@pytest.mark.parametrize("b", [2.5, 2000.5])
def test_expected_limits_of_few_events_and_known_backgrounds_are_those_of_counting(b):
    halfway = (upper_limit(int(b), b).s_up + upper_limit(int(b) + 1, b).s_up) / 2
    assert_allclose(event_limit(b, b, 0.0), halfway, rtol=1e-9)


def test_an_experiment_that_does_not_tell_its_efficiencies():
    known = SEARCH.experiment
    origins = {key: each for key, each in known.origins.items() if not key.startswith("identification")}
    blind = replace(SEARCH, experiment=replace(known, identification=None, origins=origins))
    with pytest.raises(ConfigError, match=r"na62-kaon has no \[identification\]"):
        _ = blind.backgrounds


def test_pseudo_data_have_the_expected_counts_and_show_a_signal(events):
    thrown = SEARCH.pseudo_data(1)
    for k in (0, 1, 9, 17):
        b = SEARCH.backgrounds[0][k]
        assert abs((thrown > SEARCH.cuts_gev2[k]).sum() - b) < 5 * np.sqrt(b)
    assert np.array_equal(thrown, SEARCH.pseudo_data(1))
    ratio = 20 * SEARCH.mediator(0.3, "scalar", events).expected
    signal = SEARCH.event_limits(0.9, SEARCH.pseudo_data(2, {0.3: ratio}))
    found = SEARCH.mediator(0.3, "scalar", signal)
    assert ratio < found.observed < 1.3 * ratio
    assert found.observed_cut_gev2 == found.cut_gev2


def test_blinded_searches_have_expected_limits_alone(events):
    hidden = SEARCH.event_limits(0.9, is_blinded=True)
    assert_allclose(hidden.expected, events.expected, rtol=1e-12)
    found = SEARCH.mediator(0.1, "scalar", hidden)
    assert np.isnan([found.observed, found.acceptance, found.observed_cut_gev2]).all()
    assert_allclose(found.expected, SEARCH.mediator(0.1, "scalar", events).expected, rtol=1e-12)


def test_wrong_files_and_masses(events):
    for change, line in [
        ({"cuts_gev2": (0.2,)}, r"cuts between 0 and the endpoint, 0\.1506 GeV\^2"),
        ({"cuts_gev2": ()}, "cuts between 0 and the endpoint"),
        ({"counted": ()}, "one region at least"),
        ({"scan_mev": MassSteps(380, 390, 10)}, r"masses below the endpoint, 388\.02 MeV"),
        ({"background_decay": "mu-nu"}, "a decay to a muon and two or more"),
        ({"background_decay": "3pi"}, "a decay to a muon and two or more"),
    ]:
        with pytest.raises(ConfigError, match=line):
            replace(SEARCH.file, **change)
    with pytest.raises(ConfigError, match="unknown K"):
        replace(SEARCH.file, background_decay="mu-nu-gama")
    with pytest.raises(DomainError, match=r"mass 400 MeV: expected one between 0 and m_K - m_mu"):
        SEARCH.mediator(0.4, "scalar", events)
    with pytest.raises(ConfigError, match="unknown search with a muon 'mu-nu'"):
        load_muon_search("mu-nu")


def test_the_background_is_the_decay_that_vetoes_leave():
    """Identification and vetoes of the experiment: μνγ is all but 5% above 0.1 GeV², half to twice 7549.

    1.5e6 decays give 6670 ± 330.
    """
    rejection = Rejection("muon", photons=True, tracks=True)

    def expected(tag, events):
        found = missing_mass_spectrum(
            SEARCH.experiment, tag, [-0.5, 0.3], events, "mu", SEARCH.file.selection, rejection, [(0.1, 0.3)]
        )
        return SEARCH.file.decays.value * found.in_regions[0]

    radiative = expected("mu-nu-gamma", 100_000)
    others = sum(expected(tag, 10_000) for tag in ("mu-nu", "mu3", "3pi", "pi-pi0", "e3"))
    assert others < 0.05 * radiative
    assert 7549 / 2 < radiative < 2 * 7549

"""Missing mass of standard decays: sums, threads, and where each decay must lie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.constants import KAON_MASS_GEV, MUON_MASS_GEV, PION0_MASS_GEV, PION_MASS_GEV
from feebly.core.errors import ConfigError, DomainError
from feebly.kaon.experiment_file import load_kaon_experiment
from feebly.kaon.one_track import TrackSelection
from feebly.kaon.rejection import Rejection
from feebly.kaon.spectrum import missing_mass_spectrum
from feebly.report.kaon_peak_report import decay_symbols
from feebly.report.kaon_spectrum_report import spectrum_rows

SHIPPED = load_kaon_experiment()
NA62 = replace(SHIPPED, beam_spectrometer=replace(SHIPPED.beam_spectrometer, wrong_match_probability=0.0))
EDGES = np.linspace(-0.2, 0.2, 801)
MIDDLE = (EDGES[1:] + EDGES[:-1]) / 2


def _spectrum(tag, events=60_000, **options):
    return missing_mass_spectrum(NA62, tag, EDGES, events, **options)


def test_sum_is_branching_ratio_times_acceptance_times_tracks():
    for tag, tracks in (("pi-pi0", 1), ("3pi", 2)):
        found = _spectrum(tag)
        expected = found.decay.branching_ratio * tracks * found.acceptance
        assert_allclose(found.per_decay.sum(), expected, rtol=1e-12)
        assert_allclose(found.error.sum() > 0, True)


def test_errors_are_those_of_weighted_counts():
    """n decays of one weight w: w n ± w √n; regions as bins."""
    share = NA62.photon_veto.accidental_efficiency  # all that a veto of photons takes of K+ -> mu+ nu
    region = (EDGES[300], EDGES[390])
    for rejection, weight in ((None, 1.0), (Rejection(photons=True), share)):
        found = _spectrum("mu-nu", 20_000, rejection=rejection, regions_gev2=[region])
        unit = found.decay.branching_ratio / 20_000 * weight
        counts = found.per_decay / unit
        assert_allclose(counts, np.round(counts), atol=1e-6)
        assert_allclose(found.error, np.sqrt(np.round(counts)) * unit, rtol=1e-9)
        inside = counts[300:390].sum()
        assert_allclose(found.in_regions, [inside * unit], rtol=1e-9)
        assert_allclose(found.in_regions_error, [np.sqrt(inside) * unit], rtol=1e-9)
        assert_allclose(found.survival, weight, rtol=1e-12)


def test_threads_give_the_same_numbers():
    one, two = (_spectrum("mu-nu", 120_000, jobs=jobs).per_decay for jobs in (1, 2))
    assert np.array_equal(one, two)


def test_peak_at_the_neutral_pion_and_threshold_of_three():
    peak = _spectrum("pi-pi0").per_decay
    assert_allclose(np.average(MIDDLE, weights=peak), PION0_MASS_GEV**2, rtol=2e-3)
    three = _spectrum("3pi").per_decay
    assert_allclose(MIDDLE[np.flatnonzero(three)[0]], 4 * PION_MASS_GEV**2, atol=6e-3)
    assert MIDDLE[np.flatnonzero(three)[-1]] < (KAON_MASS_GEV - PION_MASS_GEV) ** 2 + 2e-3


def test_muons_taken_for_pions_have_negative_squares():
    """(p_K - p_π)² of a muon is below zero, most for slow ones; with the mass of the muon it is zero."""
    wrong = _spectrum("mu-nu").per_decay
    assert MIDDLE[np.flatnonzero(wrong)[-1]] < 1e-3
    right = _spectrum("mu-nu", hypothesis="mu").per_decay
    assert abs(np.average(MIDDLE, weights=right)) < 1e-4
    assert_allclose(wrong.sum(), right.sum(), rtol=1e-12)
    # at momentum p the shift is -2 E_K (E_π - E_μ) + m_π² - m_μ², largest for slow tracks
    low = 75 * (PION_MASS_GEV**2 - MUON_MASS_GEV**2) / 15 - (PION_MASS_GEV**2 - MUON_MASS_GEV**2)
    assert_allclose(MIDDLE[np.flatnonzero(wrong > wrong.max() / 1e3)[0]], -low, atol=4e-3)


def test_rows_and_symbols():
    rows = spectrum_rows([_spectrum("mu-nu", 2000), _spectrum("pi-pi0", 2000)])
    assert list(rows) == ["low_gev2", "high_gev2", "mu-nu", "mu-nu_mc_error", "pi-pi0", "pi-pi0_mc_error"]
    assert len({len(column) for column in rows.values()}) == 1
    assert decay_symbols("K+ -> pi+ nu nubar") == r"$K^+$ $\to$ $\pi^+$ $\nu$ $\bar\nu$"
    assert decay_symbols("K+ -> pi+ a, a -> gamma gamma") == (
        r"$K^+$ $\to$ $\pi^+$ a, a $\to$ $\gamma$ $\gamma$"
    )


def test_wrong_values():
    with pytest.raises(ConfigError, match="unknown K"):
        _spectrum("munu")
    with pytest.raises(DomainError, match="expected one at least"):
        _spectrum("mu-nu", 0)
    with pytest.raises(DomainError, match="expected one of e, mu, pi"):
        _spectrum("mu-nu", 10, hypothesis="p")
    nothing = missing_mass_spectrum(NA62, "e-nu", EDGES, 1000, selection=TrackSelection((200, 300)))
    assert nothing.acceptance == 0

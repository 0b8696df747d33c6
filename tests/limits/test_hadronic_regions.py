"""The joint limit of leptons and hadrons with asymmetric backgrounds, against direct integrals."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import integrate, optimize, stats

from feebly.analysis.analysis import load_analysis
from feebly.limits.expected_bands import BAND_KINDS, BandChoice
from feebly.limits.observation import Observation
from feebly.physics.models.dark_photon import DarkPhoton

ANALYSIS = load_analysis("na62-dump-2021")
STATES = tuple(tag for tag in ANALYSIS.final_states if tag in DarkPhoton().channels)


def no_event_and_one(background):
    """P(N = 0) and P(N = 1) of two halves of normals, truncated at zero, by quadrature of SciPy."""
    mean, minus, plus = (getattr(background, name) for name in ("mean", "minus", "plus"))

    def density(b):
        return stats.norm.pdf(b, mean, minus if b < mean else plus)  # half of it on either side

    edges = [0.0, mean, mean + 9 * plus]

    def integral(f):
        pieces = pairwise(edges)
        return sum(integrate.quad(lambda b: f(b) * density(b), *piece, epsabs=0)[0] for piece in pieces)

    total = integral(lambda b: 1.0)
    return integral(lambda b: np.exp(-b)) / total, integral(lambda b: b * np.exp(-b)) / total


def test_one_event_over_muon_and_pion_pairs():
    # mumu is 0.016 +- 0.002, pipi 0.007 +- 0.005 in its signal region; at 411 MeV an event in mumu
    class Symmetric:
        mean, minus, plus = 0.016, 0.002, 0.002

    muons = no_event_and_one(Symmetric)
    pions = no_event_and_one(ANALYSIS.final_state("pipi").signal_region.background.stated)
    none, one = muons[0] * pions[0], muons[0] * pions[1] + muons[1] * pions[0]

    def cls(s):
        return np.exp(-s) * (none * (1 + s) + one) / (none + one) - 0.1

    observation = Observation(ANALYSIS, DarkPhoton(), ("mumu", "pipi"))
    expected = optimize.brentq(cls, 1, 10, xtol=1e-12)
    assert_allclose(observation.s_up_observed([0.411]), expected, rtol=1e-6)


@pytest.mark.parametrize("tag", ["pipi", "3pi", "2pi2pi0", "pipieta", "kk", "kkpi0"])
def test_chance_of_one_background_event(tag):
    background = ANALYSIS.final_state(tag).signal_region.background
    none, one = no_event_and_one(background.stated)
    assert_allclose(background.density.counts(1).pmf, [none, one], rtol=1e-6)


def test_all_open_regions_count_and_nothing_seen_is_ln_10():
    observation = Observation(ANALYSIS, DarkPhoton(), STATES, bands=BandChoice("counting"))
    masses = np.array([0.1, 0.25, 0.35, 0.4976, 0.9, 1.01, 1.5])
    found, index = observation.hypotheses(masses)
    assert [len(found[k].final_states) for k in index] == [1, 2, 3, 3, 6, 7, 8]
    assert_allclose(observation.s_up_observed(masses), np.log(10), rtol=1e-9)
    assert_allclose(observation.s_up_expected(masses), np.log(10), rtol=1e-9)
    bands = [observation.s_up_band(kind, [1.5])[0] for kind in BAND_KINDS]
    assert_allclose(bands[:3], np.log(10), rtol=1e-9)
    assert bands[3] > 3.8  # P(N = 0) of b = 0.04 is below Phi(2)

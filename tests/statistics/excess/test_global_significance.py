"""Global significance against closed forms, the Rice formula and the scan of K+ -> pi+ a."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import optimize, stats

from feebly.core.errors import ConfigError, DomainError
from feebly.statistics.excess.global_significance import (
    background_toys,
    global_significances,
    gross_vitells,
    observed_significance,
)
from feebly.statistics.excess.mass_scan import MassScan, PeakLikelihood, WindowCount, data_set


def agrees(found, expected, toys, some_event=1.0):
    """Whether the toys behind ``found.global_p`` are a binomial draw from ``expected``."""
    passed = round(found.global_p / some_event * toys)
    return stats.binomtest(passed, toys, expected / some_event).pvalue > 1e-4


def test_far_apart_windows_are_independent():
    b, apart = 3.0, MassScan.of(np.arange(0.0, 400, 20), 1.0, 3.0 / 3)  # +- 1.5 sigma hold 3 events
    assert_allclose(apart.expected_within(1.5), b, rtol=1e-3)
    z = stats.norm.isf(stats.poisson(b).sf(7)) - 1e-6  # 8 events
    (found,) = global_significances(apart, WindowCount(), [z], toys=4000, seed=3)
    assert agrees(found, 1 - stats.poisson(b).cdf(7) ** 20, 4000)
    assert_allclose(found.reached_p, stats.poisson(b).sf(7), rtol=0.1)
    assert_allclose(found.trials_factor, 20, rtol=4 * found.trials_error / 20)


def test_one_event_anywhere_is_what_a_nearly_empty_scan_shows():
    # as in the mu+ mu- search: one event in any window, 1 - exp(-b) whatever the number of hypotheses
    scan = MassScan.of(np.linspace(0.2, 0.7, 501), 0.004, 0.016 / 0.5)
    position, found = observed_significance(scan, WindowCount(), [0.411], toys=500)
    expected = -math.expm1(-0.016 / 0.5 * (0.5 + 2 * 1.5 * 0.004))  # the windows at the ends reach out
    assert agrees(found, expected, 500, some_event=-math.expm1(-scan.expected_below()[1][-1]))
    assert position == pytest.approx(0.411, abs=0.006, rel=0)
    assert_allclose(found.local_p, -math.expm1(-0.016 / 0.5 * 0.012), rtol=1e-3)
    assert found.global_interval.meaning == "68%"


def test_likelihood_of_a_dense_scan_follows_the_rice_formula():
    # correlation exp(-d^2 / (4 sigma^2)) of a matched filter: L / (2 pi sqrt(2) sigma) exp(-z^2/2) crossings
    length, toys = 40.0, 800
    scan = MassScan.of(np.arange(0, length + 0.1, 0.25), 1.0, 60.0)
    z = (2.0, 2.5)
    found = global_significances(scan, PeakLikelihood(), z, toys=toys, seed=2)
    for one in found:
        crossings = length / (2 * math.pi * math.sqrt(2)) * math.exp(-(one.local_z**2) / 2)
        expected = -math.expm1(-crossings) + stats.norm.sf(one.local_z)
        assert_allclose(one.global_p, expected, rtol=0.10 + 3 / math.sqrt(expected * toys))
        assert_allclose(one.reached_p, stats.norm.sf(one.local_z), rtol=0.25)
    for bound, one in zip(gross_vitells(scan, PeakLikelihood(), z, toys=200), found, strict=True):
        upcrossings = -math.log1p(-one.global_p)  # the bound is their mean number, not the chance of any
        assert_allclose(bound, upcrossings, rtol=0.10 + 3 / math.sqrt(one.global_p * toys))
        assert bound >= one.global_p


# K+ -> pi+ a, a -> gamma gamma: 207-350 MeV in steps of 0.5 MeV (2311.01837); resolution of the missing mass
# from a fast simulation (published: 2.0 -> 0.2 MeV); background per MeV from its expected limits, 59 events
# within 1.5 sigma at 250 MeV.
MASSES_MEV = np.arange(207, 350.25, 0.5)
RESOLUTION = ([207, 250, 300, 330, 340, 345, 350], [2.1355, 1.4993, 0.8933, 0.5413, 0.4030, 0.3191, 0.2144])
DENSITY = ([207, 220, 230, 250, 270, 300, 320, 340, 350], [5.2, 6.6, 8.5, 13.0, 26, 56, 46, 16.6, 1.0])
PI_A = MassScan.of(MASSES_MEV, np.interp(MASSES_MEV, *RESOLUTION), np.interp(MASSES_MEV, *DENSITY))


def test_naive_number_of_independent_hypotheses_is_66():
    assert len(PI_A.hypotheses) == 287
    assert_allclose(PI_A.expected_below()[1][-1], 3984, rtol=0.1)  # published candidates
    assert_allclose((0.5 / (math.sqrt(2 * math.pi) * np.array(PI_A.resolutions))).sum(), 66, rtol=0.01)


def test_trials_factor_of_the_287_hypotheses_of_pi_a():
    # an independent scan of 300 toys, windows of +- 1.5 sigma: median of the largest Z 2.58 +- 0.03, 17.7% of
    # the toys above 3 sigma, a trials factor of 130-145
    toys = 1200
    median, three = global_significances(PI_A, WindowCount(), [2.58, 3.0], toys=toys, seed=5)
    assert stats.fisher_exact([[round(three.global_p * toys), toys], [53, 300]]).pvalue > 0.01
    assert_allclose(median.global_p, 0.5, rtol=0.1)
    assert 120 < median.trials_factor < 150
    assert 125 < three.trials_factor < 175
    assert three.trials_factor > 1.8 * 66


def test_toys_hold_the_expected_background():
    scan = MassScan.of([0.0, 1.0, 2.0], 0.1, [10.0, 40.0, 10.0])
    data = background_toys(scan, 4000, np.random.default_rng(4))
    expected = scan.expected_within(1.0)
    z = np.array(scan.hypotheses)
    counts = data.counts(np.stack([z - 0.1, z + 0.1]), scan.ends)
    means = (counts[:, 1] - counts[:, 0]).mean(axis=0)
    assert_allclose(means, expected, atol=4 * np.sqrt(expected.max() / 4000), rtol=0)
    assert_allclose(expected[1], 2 * 0.1 * 40 - 0.1**2 * 30, rtol=1e-3)  # a roof of slope 30


def test_toys_are_a_poisson_process_with_at_least_one_event():
    scan = MassScan.of([0.0, 1.0], 0.1, 1.0)  # 2 events expected from -0.5 to 1.5
    data = background_toys(scan, 20_000, np.random.default_rng(4))
    counts = np.bincount(np.bincount(data.owner), minlength=12)[1:9]
    expected = stats.poisson(2.0).pmf(np.arange(1, 9)) / -math.expm1(-2.0)
    assert stats.chisquare(counts, expected * counts.sum() / expected.sum()).pvalue > 1e-4
    assert stats.kstest(data.position, stats.uniform(-0.5, 2.0).cdf).pvalue > 1e-4


def test_toys_of_a_tiny_background_have_one_event():
    scan = MassScan.of([0.0, 1.0], 0.1, 1e-9)
    data = background_toys(scan, 50, np.random.default_rng(4))
    assert data.owner.tolist() == list(range(50))


def test_window_count_is_the_poisson_p_value():
    scan = MassScan.of([0.0, 1.0], 0.1, [2.0, 5.0])
    z = WindowCount(2.0).z(scan, data_set([0.05, -0.1, 0.19, 0.21, 1.0, 30.0], scan))
    b = scan.expected_within(2.0)
    assert_allclose(z, stats.norm.isf([[stats.poisson(b[0]).sf(2), stats.poisson(b[1]).sf(0)]]), rtol=1e-9)


def test_peak_likelihood_against_a_direct_maximisation():
    scan = MassScan.of([5.0], 1.0, 3.0)
    events = np.random.default_rng(8).normal(5.0, 1.2, 30)
    r = stats.norm(5.0, 1.0).pdf(events) / 3.0
    best = optimize.minimize_scalar(lambda s: s - np.log1p(s * r).sum(), bounds=(0, 100), method="bounded")
    expected = math.sqrt(-2 * best.fun)
    assert_allclose(PeakLikelihood().z(scan, data_set(events, scan))[0, 0], expected, rtol=0.01)
    assert PeakLikelihood().z(scan, data_set([], scan))[0, 0] == -np.inf


def test_same_seed_same_numbers():
    scan = MassScan.of([0.0, 1.0, 2.0], 0.2, 8.0)
    first, again, other = (global_significances(scan, WindowCount(), [2.0], 300, seed) for seed in (1, 1, 2))
    assert first == again != other


def test_refined_scan_has_close_hypotheses():
    fine = PI_A.refined(0.25)
    steps = np.diff(fine.hypotheses)
    assert np.all(steps <= 0.2500001 * np.maximum(fine.resolutions[1:], fine.resolutions[:-1]))
    assert (fine.hypotheses[0], fine.hypotheses[-1]) == (207.0, 350.0)


def test_progress_reaches_the_number_of_toys():
    seen = []
    scan = MassScan.of([0.0], 0.2, 8.0)
    global_significances(
        scan, WindowCount(), [1.0], 600, progress=lambda done, total: seen.append((done, total))
    )
    assert seen[-1] == (600, 600)


SCAN = MassScan.of([0.0, 1.0], 0.1, 1.0)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: MassScan((0.0, 1.0), (0.1,), (1.0, 1.0)), "expected one of each for every hypothesis"),
        (lambda: MassScan.of([1.0, 0.0], 0.1, 1.0), "rising order"),
        (lambda: MassScan.of([0.0], 0.0, 1.0), "resolution = 0.0"),
        (lambda: MassScan.of([0.0], 0.1, float("nan")), "background density = nan"),
        (lambda: SCAN.refined(0), "step_sigma = 0"),
        (lambda: WindowCount(9), "expected at most 5"),
        (lambda: data_set([float("nan")], SCAN), "events of a scan"),
        (lambda: global_significances(SCAN, WindowCount(), [-1.0]), "local Z = -1.0"),
        (lambda: global_significances(SCAN, WindowCount(), [1.0], toys=5), "toys = 5: expected 100 or more"),
        (lambda: global_significances(SCAN, WindowCount(), [1.0], seed=-1), "seed = -1"),
        (lambda: observed_significance(SCAN, WindowCount(), [0.5], 100), "no hypothesis shows an excess"),
    ],
)
def test_bad_input_is_refused_in_one_line(make, words):
    with pytest.raises((ConfigError, DomainError)) as error:
        make()
    assert words in str(error.value)
    assert "\n" not in str(error.value)

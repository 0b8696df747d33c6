"""Peak searches with sidebands: calibration without signal, coverage with one, and limits."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import gamma, kstest, norm, poisson

from feebly.core.errors import DomainError
from feebly.statistics import upper_limit
from feebly.statistics.excess.global_significance import background_toys
from feebly.statistics.excess.mass_scan import DataSets, MassScan, data_set
from feebly.statistics.peaks.peak_search import PeakSearch, PeakWindows, WindowCounts

SCAN = MassScan.of(np.linspace(0.23, 0.31, 17), np.linspace(1.8e-3, 0.9e-3, 17), np.linspace(1.2e4, 3e4, 17))
WINDOWS = PeakWindows(sideband=0.0175, degree=1)
SEARCH = PeakSearch(SCAN, WINDOWS)
FEW = MassScan.of([0.245, 0.27, 0.295], [1.6e-3, 1.35e-3, 1.1e-3], [1.4e4, 2.1e4, 2.6e4])


def _toys(size, seed=1, peak=0.0, at=8, scan=SCAN):
    rng = np.random.default_rng(seed)
    background = background_toys(scan, size, rng)
    if peak == 0:
        return background
    owner = np.repeat(np.arange(size), rng.poisson(peak, size))
    x = rng.normal(scan.hypotheses[at], scan.resolutions[at], owner.size)
    position, owner = np.concatenate([background.position, x]), np.concatenate([background.owner, owner])
    order = np.lexsort((position, owner))
    return DataSets(position[order], owner[order], size)


def test_window_counts_are_the_events():
    data = _toys(1)
    found = SEARCH.count(data)
    for k, (x, sigma) in enumerate(zip(SCAN.hypotheses, SCAN.resolutions, strict=True)):
        assert found.n[0, k] == np.sum(np.abs(data.position - x) < 1.5 * sigma)


def test_background_under_the_peak_is_that_of_the_sidebands():
    """Mean over toys: the expected one; its spread: σ_b."""
    found = SEARCH.count(_toys(300))
    assert found.fitted.all()
    expected = SCAN.expected_within(1.5)
    assert_allclose(found.b.mean(axis=0), expected, rtol=0.02)
    assert_allclose(found.b.std(axis=0), found.sigma_b.mean(axis=0), rtol=0.15)


def test_p_value_averages_a_gamma_density():
    found = WindowCounts(np.array([[7, 0, 12]]), np.array([[3.0, 3.0, 5.0]]), np.array([[1.2, 1.2, 0.0]]),
                         np.ones((1, 3), bool))  # fmt: skip
    b = np.linspace(1e-6, 20, 200_001)
    density = gamma.pdf(b, (3 / 1.2) ** 2, scale=1.2**2 / 3)
    averaged = np.trapezoid(density * poisson.sf(6, b), b)
    assert_allclose(found.p_value[0], [averaged, 1.0, poisson.sf(11, 5.0)], rtol=1e-6)
    assert_allclose(found.local_z[0, 0], norm.isf(averaged), rtol=1e-6)


def test_signed_roots_are_normal_without_signal():
    found = SEARCH.fit(_toys(300, seed=5))
    assert found.fitted.all()
    for k in (0, 8, 16):
        assert kstest(found.signed_root[:, k], "norm").pvalue > 1e-3


@pytest.mark.parametrize("at", [0, 1, 2])
def test_injected_signals_come_back(at):
    peak = 3 * np.sqrt(FEW.expected_within(1.5)[at])
    found = PeakSearch(FEW, WINDOWS).fit(_toys(600, seed=7, peak=peak, at=at, scan=FEW))
    pull = (found.height[:, at] - peak) / found.error[:, at]
    assert abs(np.nanmean(pull)) < 0.1 + 3 / np.sqrt(600)
    assert 0.9 < np.nanstd(pull) < 1.1


@pytest.mark.parametrize("share", [0.75, 1.5, 3.0])
@pytest.mark.parametrize("kind", ["counts", "profile"])
def test_limits_cover(share, kind):
    """90% CLs: at least 0.87 of 500 pseudo-experiments at each point, strengths in σ of the background."""
    at = 1
    peak = share * np.sqrt(FEW.expected_within(1.5)[at]) / WINDOWS.efficiency
    data = _toys(500, seed=11, peak=peak, at=at, scan=FEW)
    one = PeakSearch(FEW, WINDOWS)
    limits = (
        one.profile_limits(data) if kind == "profile" else one.count(data).upper_limits(WINDOWS.efficiency)
    )
    assert np.isfinite(limits[:, at]).all()
    assert np.mean(limits[:, at] >= peak) >= 0.89 - 0.02


def test_counting_limit_is_that_of_the_counts():
    found = SEARCH.count(_toys(1))
    limits = found.upper_limits(WINDOWS.efficiency)
    for k in (2, 9):
        own = upper_limit(int(found.n[0, k]), float(found.b[0, k]), float(found.sigma_b[0, k])).s_up
        assert_allclose(limits[0, k], own / 0.8663855974622838, rtol=1e-9)
    assert np.all(found.upper_limits(WINDOWS.efficiency, known_background=True) < limits)


def test_profile_limits_of_large_counts_are_those_of_a_normal_height():
    """CLs of a Gaussian measurement s ± σ: s_up = s + σ Φ⁻¹(1 - α Φ(s/σ))."""
    scan = MassScan.of([0.27], [1.2e-3], [2e7])
    search = PeakSearch(scan, PeakWindows(sideband=0.02, degree=1))
    data = _toys(6, seed=2, scan=scan)
    fit, limits = search.fit(data), search.profile_limits(data)
    s, sigma = np.maximum(fit.height, 0)[:, 0], fit.error[:, 0]
    good = fit.height[:, 0] > 0
    expected = s + sigma * norm.isf(0.1 * norm.cdf(s / sigma))
    assert good.any()
    assert_allclose(limits[good, 0], expected[good], rtol=0.02)


def test_few_events_are_refused_one_by_one():
    """No asymptotic formula below ten events; empty sidebands give no background, and the others are kept."""
    scan = MassScan.of([0.20, 0.30], [1e-3, 1e-3], [3e2, 3e4])
    search = PeakSearch(scan, PeakWindows(sideband=0.004, degree=0))
    events = np.random.default_rng(1).uniform(0.29, 0.31, 400)
    data = data_set([*events, 0.2001], scan)
    counts = search.count(data)
    assert list(counts.fitted[0]) == [False, True]
    assert counts.n[0, 0] == 1
    limits = counts.upper_limits(search.windows.efficiency)
    assert np.isnan(limits[0, 0])
    assert np.isfinite(limits[0, 1])
    assert np.isnan(counts.p_value[0, 0])
    assert np.isnan(search.profile_limits(data)[0, 0])


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"sideband": 0.0}, "sideband"),
        ({"sideband": 0.01, "window_sigma": 4.0}, "gap_sigma = 3: expected at least window_sigma = 4"),
        ({"sideband": 0.01, "degree": 5}, "degree = 5: expected 0 to 4"),
    ],
)
def test_impossible_windows(arguments, line):
    with pytest.raises(DomainError, match=line):
        PeakWindows(**arguments)

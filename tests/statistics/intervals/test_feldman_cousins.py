"""Unified intervals against the published tables and a construction on a grid of signals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from feebly.core.errors import ConfigError, DomainError
from feebly.statistics import TruncatedGaussian, cls_value, confidence_interval, upper_limit
from feebly.statistics.backgrounds import Fixed, LogNormal
from feebly.statistics.intervals.feldman_cousins import _signal_pmf, scanned_interval

# 90% CL: b, and the interval of n = 0 .. 9 of Tables IV and V of physics/9711021. They were made on a grid of
# signals (0.005) and backgrounds, with upper ends forced not to rise with b. The whole table was typed from
# memory; public transcriptions of the paper confirm its column b = 3, the rows n <= 5 at b = 0 and all the
# entries of ``FORCED``. Below them: the scan, and the construction on a grid.
BACKGROUNDS = (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5)
PRINTED = """
0.00 2.44 0.00 1.94 0.00 1.61 0.00 1.33 0.00 1.26 0.00 1.18 0.00 1.08 0.00 1.06 0.00 1.01 0.00 0.98
0.11 4.36 0.00 3.86 0.00 3.36 0.00 2.91 0.00 2.53 0.00 2.19 0.00 1.88 0.00 1.59 0.00 1.39 0.00 1.22
0.53 5.91 0.03 5.41 0.00 4.91 0.00 4.41 0.00 3.91 0.00 3.45 0.00 3.04 0.00 2.67 0.00 2.33 0.00 1.73
1.10 7.42 0.60 6.92 0.10 6.42 0.00 5.92 0.00 5.42 0.00 4.92 0.00 4.42 0.00 3.95 0.00 3.53 0.00 2.78
1.47 8.60 1.17 8.10 0.74 7.60 0.24 7.10 0.00 6.60 0.00 6.10 0.00 5.60 0.00 5.10 0.00 4.60 0.00 3.60
1.84 9.99 1.53 9.49 1.25 8.99 0.93 8.49 0.43 7.99 0.00 7.49 0.00 6.99 0.00 6.49 0.00 5.99 0.00 4.99
2.21 11.47 1.90 10.97 1.61 10.47 1.33 9.97 1.08 9.47 0.65 8.97 0.15 8.47 0.00 7.97 0.00 7.47 0.00 6.47
3.56 12.53 3.06 12.03 2.56 11.53 2.09 11.03 1.59 10.53 1.18 10.03 0.89 9.53 0.39 9.03 0.00 8.53 0.00 7.53
3.96 13.99 3.46 13.49 2.96 12.99 2.51 12.49 2.14 11.99 1.81 11.49 1.51 10.99 1.06 10.49 0.66 9.99 0.00 8.99
4.36 15.30 3.86 14.80 3.36 14.30 2.91 13.80 2.53 13.30 2.19 12.80 1.88 12.30 1.59 11.80 1.33 11.30 0.43 10.30
"""
TABLE = np.array(PRINTED.split(), float).reshape(10, len(BACKGROUNDS), 2)


@pytest.mark.parametrize("n", range(10))
def test_published_table(n):
    for b, (lower, upper) in zip(BACKGROUNDS, TABLE[n], strict=True):
        found = confidence_interval(n, b)
        assert found.lower == pytest.approx(lower, abs=0.006)
        if found.upper < upper - 0.006:
            assert (n, b) in FORCED
            assert forced_upper_end(n, b) == pytest.approx(upper, abs=0.02)
        else:
            assert found.upper == pytest.approx(upper, abs=0.006)


FORCED = {(0, 2), (0, 3), (0, 4), (0, 5), (1, 4), (1, 5)}
"""Entries (n, b) whose printed upper end was lengthened: it is that of a larger b."""


def forced_upper_end(n, b):
    """As printed: the largest upper end at this b or above."""
    return max(upper_limit(n, x, convention="feldman-cousins").s_up for x in np.arange(b, b + 1.5, 0.02))


# 68.27% CL, b = 0: n = 0 .. 20 of Table II, from two public transcriptions (they differ in the lower end of
# n = 9, 6.33 and 6.44, left out here)
TABLE_II = """
0.00 1.29 0.37 2.75 0.74 4.25 1.10 5.30 2.34 6.78 2.75 7.81 3.82 9.28 4.25 10.30 5.30 11.32 nan
12.79 6.78 13.81 7.81 14.82 8.83 16.29 9.28 17.30 10.30 18.32 11.32 19.32 12.33 20.80 12.79 21.81
13.81 22.82 14.82 23.82 15.83 25.30
"""


def test_published_table_at_one_sigma():
    rows = np.array(TABLE_II.split(), float).reshape(-1, 2)
    assert len(rows) == 21
    for n, (lower, upper) in enumerate(rows):
        found = confidence_interval(n, 0, cl=0.6827)
        assert found.upper == pytest.approx(upper, abs=0.011)
        if n != 9:
            assert found.lower == pytest.approx(lower, abs=0.011)


@pytest.mark.parametrize(
    ("n", "b", "printed"), [(0, 2.5, 1.78), (0, 3.5, 1.63), (0, 4.0, 1.57), (0, 5.0, 1.54), (1, 4.0, 2.08)]
)
def test_forced_ends_of_the_table_at_95_percent(n, b, printed):
    # Table VI, public transcription
    raw = [upper_limit(n, x, cl=0.95, convention="feldman-cousins").s_up for x in np.arange(b, b + 1.5, 0.02)]
    assert raw[0] < printed - 0.006
    assert max(raw) == pytest.approx(printed, abs=0.02)


def test_raw_ends_rise_with_the_background_where_the_paper_forces_them():
    raw = [confidence_interval(0, b).upper for b in (2.0, 2.5)]
    assert raw[1] > raw[0] + 0.05
    assert raw[0] < 1.26 - 0.1


def test_pins():
    assert_allclose(confidence_interval(0, 0).upper, 2.4359, rtol=3e-5)
    found = confidence_interval(1, 0.016)
    assert (round(found.lower, 2), round(found.upper, 2)) == (0.09, 4.34)


def grid_interval(n, b, cl, step):
    """Hull of the signals that accept n: the construction of Sec. IV B, for each signal of a grid."""
    signal = np.arange(0.0, 6 * (n + 5), step)
    counts = np.arange(int(signal[-1] + b + 12 * np.sqrt(signal[-1] + b) + 20))
    log_pmf = stats.poisson.logpmf(counts, signal[:, None] + b)
    log_ratio = log_pmf - stats.poisson.logpmf(counts, np.maximum(counts, b))
    order = np.argsort(-log_ratio, axis=1, kind="stable")
    reached = np.cumsum(np.take_along_axis(np.exp(log_pmf), order, axis=1), axis=1)
    rank = np.argmax(order == n, axis=1)
    before = np.where(
        rank > 0, np.take_along_axis(reached, np.maximum(rank - 1, 0)[:, None], axis=1)[:, 0], 0
    )
    accepted = np.flatnonzero(before < cl)
    return signal[accepted[0]], signal[accepted[-1]]


@pytest.mark.parametrize(
    ("n", "b", "cl"),
    [(0, 0.0, 0.9), (0, 3.3, 0.9), (1, 0.016, 0.95), (3, 2.2, 0.68), (7, 1.7, 0.9), (12, 15.0, 0.99)],
)
def test_against_the_construction_on_a_grid(n, b, cl):
    lower, upper = grid_interval(n, b, cl, 0.002)
    found = confidence_interval(n, b, cl=cl)
    assert found.lower == pytest.approx(lower, abs=0.0021)
    assert found.upper == pytest.approx(upper, abs=0.0021)


@settings(max_examples=40, deadline=None)
@given(n=st.integers(0, 12), b=st.floats(0, 12), cl=st.sampled_from([0.68, 0.9, 0.95]))
def test_scan_and_closed_form_agree(n, b, cl):
    scan, exact = scanned_interval(n, Fixed(b), cl, 0.0), confidence_interval(n, b, cl=cl)
    # a sliver of the acceptance narrower than a step of the scan moves the hull
    assert scan.lower == pytest.approx(exact.lower, abs=0.03)
    assert scan.upper == pytest.approx(exact.upper, abs=0.03)


def test_scan_without_slivers_is_the_closed_form():
    for n, b in ((0, 0.0), (1, 0.016), (3, 3.0), (5, 1.0), (8, 2.5)):
        scan, exact = scanned_interval(n, Fixed(b), 0.9, 0.0), confidence_interval(n, b)
        assert scan.upper == pytest.approx(exact.upper, abs=1.05 * scan.s_error + 1e-9)
        assert scan.lower == pytest.approx(exact.lower, abs=1.05 * scan.s_error + 1e-9)
        assert scan.s_error < 1e-6


def test_uncertain_background_tends_to_the_known_one():
    for shape in (TruncatedGaussian, LogNormal):
        found = confidence_interval(4, shape(1.2, 1e-5))
        assert found.upper == pytest.approx(confidence_interval(4, 1.2).upper, abs=1e-4)
        assert found.lower == pytest.approx(confidence_interval(4, 1.2).lower, abs=1e-4)
    assert confidence_interval(4, 1.2, 1.0).lower < confidence_interval(4, 1.2).lower


def marginal_log_pmf(counts, signal, b, sigma, error):
    """ln P(N = k | s) by plain sums over grids of b and kappa."""
    z = np.linspace(-5, 5, 41)
    values = b + sigma * z
    weight = np.where(values >= 0, np.exp(-(z**2) / 2), 0)
    sigma_ln = np.sqrt(np.log1p(error**2))
    kappa, kappa_weight = np.exp(sigma_ln * z - sigma_ln**2 / 2), np.exp(-(z**2) / 2)
    mean = np.multiply.outer(signal, kappa)[..., None] + np.maximum(values, 0)
    pmf = stats.poisson.pmf(counts.reshape(-1, 1, 1, 1), mean)
    return np.log(pmf @ (weight / weight.sum()) @ (kappa_weight / kappa_weight.sum()))


@pytest.mark.parametrize(("n", "b", "sigma", "error"), [(2, 1.0, 0.4, 0.2), (1, 0.3, 0.1, 0.3)])
def test_marginalised_ends_against_the_definition(n, b, sigma, error):
    found = confidence_interval(n, b, sigma, signal_error=error)
    counts = np.arange(36)
    best = marginal_log_pmf(counts, np.linspace(0, 42, 127), b, sigma, error).max(axis=1)

    def accepts(signal):
        log_pmf = marginal_log_pmf(counts, np.array([signal]), b, sigma, error)[:, 0]
        ratio = log_pmf - best
        return np.exp(log_pmf)[ratio > ratio[n] + 1e-9].sum() < 0.9

    assert accepts(found.upper - 0.02)
    assert not any(accepts(found.upper + step) for step in (0.02, 0.3, 1.0))
    if found.lower > 0.02:
        assert accepts(found.lower + 0.02)
        assert not accepts(found.lower - 0.02)


def test_wide_errors_are_answered_and_agree_with_the_definition():
    # n = 3, b = 2 +- 2, 100% on the signal: counts up to thousands matter
    found = confidence_interval(3, 2.0, 2.0, signal_error=1.0)
    assert found.lower == 0
    b = np.arange(0.01, 16, 0.02)
    of_background = stats.poisson.pmf(np.arange(40)[:, None], b) @ stats.norm.pdf(b, 2, 2)
    z, width = np.linspace(-6, 6, 121), np.sqrt(np.log(2))
    weight, kappa = stats.norm.pdf(z) * (z[1] - z[0]), np.exp(width * z - width**2 / 2)
    near = found.upper * np.array([0.97, 1.03])
    signals = np.concatenate([near, [0.0], np.geomspace(0.1, 1000, 80)])
    counts = np.arange(500)[:, None]
    of_signal = (stats.poisson.pmf(counts, s * kappa) @ weight for s in signals)
    values = np.array([np.convolve(row, of_background / of_background.sum())[:500] for row in of_signal])
    ratio = values[:2] / values.max(axis=0)
    below, above = (p[r > r[3] * (1 + 1e-9)].sum() for p, r in zip(values[:2], ratio, strict=True))
    assert below < 0.899
    assert above > 0.901


@pytest.mark.parametrize(("most", "error"), [(60, 1.0), (400, 0.5), (40, 3.0), (60, 0.2), (5, 0.02)])
def test_probabilities_of_an_uncertain_signal_against_integrals(most, error):
    s, width = np.array([0.0, 1e-9, 1e-3, 0.3, 4.0, 30.0]), np.sqrt(np.log1p(error**2))
    z = np.linspace(-9, 9, 6001)
    density = stats.norm.pdf(z) * (z[1] - z[0])
    mean = np.multiply.outer(s, np.exp(width * z - width**2 / 2))
    found = _signal_pmf(most, error)(s)
    for k in (0, 1, 3, most):
        assert_allclose(found[k], stats.poisson.pmf(k, mean) @ density, rtol=1e-9, atol=2e-10)


@settings(max_examples=40, deadline=None)
@given(n=st.integers(0, 30), b=st.floats(0, 30), cl=st.floats(0.5, 0.99))
def test_ends_rise_with_the_count_and_with_cl(n, b, cl):
    found, more = confidence_interval(n, b, cl=cl), confidence_interval(n + 1, b, cl=cl)
    assert 0 <= found.lower <= found.upper
    assert more.upper > found.upper or more.upper == 0  # at a low CL the interval can be the point 0
    assert more.lower >= found.lower
    wider = confidence_interval(n, b, cl=(1 + cl) / 2)
    assert wider.upper >= found.upper
    assert wider.lower <= found.lower


def test_interval_that_is_a_single_point():
    # at this CL n = 0 and 1 with b = 10 are accepted at s = 0 only, where all counts up to b have R = 1
    for n in (0, 1):
        assert confidence_interval(n, 10.0, cl=0.5).upper == 0


def test_result_names_its_inputs():
    found = confidence_interval(1, 0.016, 0.002, cl=0.95, signal_error={"pot": 0.2})
    assert (found.n, found.background_mean, found.cl) == (1, 0.016, 0.95)
    assert (found.convention, found.signal_error) == ("feldman-cousins", pytest.approx(0.2, abs=1e-12))
    assert 0 < found.s_error < 1e-4
    limit = upper_limit(1, 0.016, 0.002, 0.95, "feldman-cousins", {"pot": 0.2})
    assert limit.s_up == found.upper


def test_refusals():
    with pytest.raises(ConfigError, match="has no CLs"):
        cls_value(1, 2.0, 0.1, convention="feldman-cousins")
    with pytest.raises(ConfigError, match=r"did you mean 0\.9"):
        confidence_interval(1, 0.1, cl=90)
    with pytest.raises(DomainError, match="n = -1"):
        confidence_interval(-1, 0.1)
    with pytest.raises(DomainError, match="too many to enumerate"):
        confidence_interval(1, 2e4, 1.0)
    with pytest.raises(DomainError, match=r"^n = 8, b = 5, signal_error = 1: counts up to \d+, of \d+ terms"):
        confidence_interval(8, 5.0, 5.0, signal_error=1.0)

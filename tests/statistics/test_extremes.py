"""Numbers at the edge of what makes sense: right to the last digit, or refused in one line and at once."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import hyp1f1

from feebly.core.errors import ConfigError, DomainError
from feebly.statistics import (
    BetaProduct,
    Fixed,
    Gamma,
    Interval,
    RejectionChain,
    Sum,
    Survival,
    TruncatedGaussian,
    background_from_table,
    confidence_interval,
    events_for,
    expected_limit,
    global_significances,
    p_value,
    upper_limit,
)
from feebly.statistics.excess.mass_scan import MassScan, WindowCount
from feebly.statistics.excess.significance import p_of


@pytest.mark.parametrize("candidates", [60.0, 1e3, 1e4, 1e5])
def test_beta_product_of_many_candidates_against_kummer_function(candidates):
    # P(N = 0) = E[exp(-N t)], t ~ Beta(1/2 + 1, 10 - 1 + 1/2): M(3/2, 11, -N), NIST DLMF 13.4.1
    none = BetaProduct(candidates, (1.0,), 10.0).counts(0).pmf[0]
    assert_allclose(none, hyp1f1(1.5, 11.0, -candidates), rtol=1e-8)


@pytest.mark.parametrize("vetoes", [3, 4, 6, 8])
def test_beta_product_of_many_vetoes_against_its_series(vetoes):
    # E[exp(-N t)] = sum_j (-N)^j E[t^j] / j!, E[t^j] = prod (a)_j / (a + b)_j; N = 5 does not cancel
    a, total, n = 0.72 + 0.5, 79.9 + 1, 5.0
    terms, term = [1.0], 1.0
    for j in range(60):
        term *= -n / (j + 1) * ((a + j) / (total + j)) ** vetoes
        terms.append(term)
    found = BetaProduct(n, (0.72,) * vetoes, 79.9)
    assert_allclose(p_value(1, found), -math.fsum(terms[1:]), rtol=1e-8)
    assert found.quadrature()[0].size < 10_000


@pytest.mark.parametrize(("n", "b"), [(100_000, 1.0), (100_000, 1e5)])
def test_large_counts_are_answered(n, b):
    # CLs = P(N <= n | s + b) / P(N <= n | b) is 1 - CL, by the incomplete Gamma function
    from scipy.special import gammaincc

    s_up = upper_limit(n, b).s_up
    assert_allclose(gammaincc(n + 1, s_up + b) / gammaincc(n + 1, b), 0.10, rtol=1e-6)


@pytest.mark.parametrize(
    "call",
    [
        lambda: upper_limit(10**7, 1.0),
        lambda: upper_limit(10**23, 1.0),
        lambda: upper_limit(100_000, 1e5, 1e4),
        lambda: expected_limit(1e9),
        lambda: expected_limit(1.0, 1e8),
        lambda: events_for(5, Gamma(1.0, 1e8)),
        lambda: Sum((Fixed(1.0), Fixed(1e6))).counts(100_000),
        lambda: confidence_interval(8, 5.0, 5.0, signal_error=1.0),
        lambda: BetaProduct(1e8, (1.0, 1.0, 1.0), 10.0),
        lambda: global_significances(_SCAN, WindowCount(), [40.0], 100),
        lambda: global_significances(MassScan.of([0.0, 1.0], 1.0, 1e9), WindowCount(), [2.0], 100),
        lambda: upper_limit(3, 1.0, 1e-12, convention="cls-profile"),
    ],
)
def test_what_would_take_hours_or_lose_its_digits_is_refused_in_one_line(call):
    with pytest.raises(DomainError, match=r"expected|too many") as error:
        call()
    assert "\n" not in str(error.value)


_SCAN = MassScan.of(np.arange(5.0), 1.0, 1.0)


def test_profile_is_smooth_down_to_the_smallest_sigma():
    limits = [upper_limit(3, 1.0, sigma, convention="cls-profile").s_up for sigma in (1e-5, 1e-4, 1e-3)]
    assert_allclose(limits, limits[1], rtol=2e-4)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"shape": ["fixed"], "mean": 1.0}, "unknown background shape"),
        (
            {"shape": "beta-product", "candidates": 1.0, "passed": 3, "trials": 5},
            "passed = 3: expected a list",
        ),
    ],
)
def test_wrong_types_of_a_data_file_are_refused(table, words):
    with pytest.raises(ConfigError, match=words):
        background_from_table(table)


def test_a_step_that_stands_twice_is_refused():
    with pytest.raises(ConfigError, match="step 'veto' stands twice"):
        RejectionChain(10.0, 1.0, (Survival("veto", 1.0), Survival("veto", 2.0)))


def test_huge_errors_leave_no_event_and_no_background_alone():
    # n = 0: the limit is ln 10 whatever the background is
    for sigma in (1e-300, 1e3, 1e8):
        assert_allclose(upper_limit(0, TruncatedGaussian(1.0, sigma)).s_up, math.log(10), rtol=1e-9)


@pytest.mark.parametrize(
    "call",
    [
        lambda: Interval(0.0094, 0.049, 0.009, None),
        lambda: upper_limit(1, 0.016, convention=None),
        lambda: p_of(3.0, 1),
    ],
)
def test_no_name_is_an_unknown_name(call):
    with pytest.raises(ConfigError, match=r"unknown .*; known: "):
        call()

"""Ticks of logarithmic axes: enough of them to read a value, on any range."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.report.log_axes import log_ticks


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (2e-7, 6e-7, [2e-7, 3e-7, 4e-7, 5e-7, 6e-7]),
        (9.3e-11, 1.4e-10, [1.0e-10, 1.2e-10, 1.4e-10]),
        (2.1e-7, 2.9e-7, [2.2e-7, 2.4e-7, 2.6e-7, 2.8e-7]),
        (0.41, 0.43, [0.41, 0.42, 0.43]),
        (0.1, 1e12, [0.1, 10, 1e3, 1e5, 1e7, 1e9, 1e11]),
    ],
)
def test_ticks_on_small_and_huge_ranges(low, high, labels):
    assert_allclose(log_ticks(low, high), labels, rtol=1e-12)


@given(low=st.floats(-14, 4).map(lambda u: 10.0**u), factor=st.floats(-3.3, 1.5).map(lambda u: 1 + 10.0**u))
def test_three_to_eleven_ticks_that_rise_inside_the_range(low, factor):
    ticks = log_ticks(low, low * factor)
    assert 3 <= len(ticks) <= 11
    assert ticks == sorted(set(ticks))
    assert low * (1 - 1e-8) <= ticks[0] < ticks[-1] <= low * factor * (1 + 1e-8)

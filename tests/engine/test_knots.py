"""Sampled masses: inside the thresholds, dense at their ends, in tasks of fixed edges."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.engine.knots import BLOCK_OF_MASSES, blocks, knots, segments


@pytest.mark.parametrize(("low", "high"), [(0.2113, 0.5479), (0.00103, 2.0), (0.5, 0.52)])
def test_segments_lie_inside_the_thresholds(low: float, high: float) -> None:
    parts = segments(low, high, low)
    assert low < parts[0][0] < low * 1.003
    assert high * 0.999 < parts[-1][1] < high
    for (_, end), (start, _) in pairwise(parts):
        assert end == start


def test_a_channel_that_opens_above_the_threshold_is_sampled_from_there() -> None:
    assert segments(0.28, 2.0, 0.2113)[0][0] == 0.28


def test_closed_channel_has_no_segment() -> None:
    assert segments(0.3, 0.2, 0.1) == []
    assert segments(0.3, 0.3, 0.1) == []


@pytest.mark.parametrize(("low", "high"), [(0.01, 2.0), (0.215, 0.52), (0.2117, 2.0)])
def test_knots_rise_from_end_to_end(low: float, high: float) -> None:
    threshold = 0.2113 if low > 0.2113 else 0.001
    masses = knots(low, high, threshold)
    assert_allclose(masses[[0, -1]], [low, high], rtol=0)
    steps = np.diff(np.log(masses - threshold))
    assert np.all(steps > 0)
    # widest steps in ln(m - threshold) at the threshold, where ln N is a straight line; crowded at the end
    assert np.argmax(steps) <= 1 or low > 1.1 * threshold
    assert steps.max() < 1.5
    assert steps[-1] < 0.1 * steps.max()


@pytest.mark.parametrize(
    ("low", "high", "opening"), [(0.0032, 0.01, 0.003), (0.55, 2.9, 0.549), (0.01, 2.9, 0)]
)
def test_where_the_production_goes_on_the_last_step_is_half_the_first(
    low: float, high: float, opening: float
) -> None:
    closed, going_on = knots(low, high, opening), knots(low, high, opening, closes=False)
    assert_allclose(going_on[[0, -1]], [low, high], rtol=0)
    shift = 0.99 * opening
    assert closed.size == 6 + np.ceil(4 * np.log((high - shift) / (low - shift)))
    assert 0.75 < (going_on.size - 1) / (closed.size - 1) < 0.87
    steps = np.diff(np.log(going_on - 0.99 * opening))
    assert np.all(np.diff(steps) < 0)
    assert_allclose(steps[0], np.log((closed - 0.99 * opening)[1] / (closed - 0.99 * opening)[0]), rtol=0.06)
    assert 0.4 < steps[-1] / steps[0] < 0.6


def test_tasks_do_not_depend_on_anything_but_the_masses() -> None:
    masses = knots(0.01, 2.0, 0.001)
    tasks = blocks(masses)
    assert_allclose(np.concatenate(tasks), masses, rtol=0)
    assert max(map(len, tasks)) == BLOCK_OF_MASSES

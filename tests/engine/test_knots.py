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


def test_tasks_do_not_depend_on_anything_but_the_masses() -> None:
    masses = knots(0.01, 2.0, 0.001)
    tasks = blocks(masses)
    assert_allclose(np.concatenate(tasks), masses, rtol=0)
    assert max(map(len, tasks)) == BLOCK_OF_MASSES

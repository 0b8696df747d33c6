"""Masses that a final state does not search: no events, no limit, a gap or a step of the contour."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from feebly.core.errors import DomainError
from feebly.limits.contour import edges_at
from feebly.limits.observation import Observation
from feebly.limits.scan import scan
from limits.toy_search import flat, toy_edges, toy_observation, toy_signal

EDGES = (0.497611 - 0.0057, 0.497611 + 0.0057)  # of the K_S in pi+ pi-
INSIDE, OUTSIDE = [0.4920, 0.497611, 0.5033], [0.4918, 0.5034]
THRESHOLDS = {"mumu": 0.2113, "pipi": 0.2791}
MASS, COUPLING = (0.3, 1.2, 25), (1e-8, 1e-4, 25)
LN10 = np.log(10)


def searched(*final_states):
    """Signal and observation with the masks of NA62's analysis."""
    signal = toy_signal(lambda m: 30 * flat(m), final_states=final_states, thresholds=THRESHOLDS)
    observation = toy_observation(signal)
    masks = {tag: observation.analysis.final_state(tag).masks for tag in final_states}
    return replace(signal, masks=masks), observation


def test_no_events_and_no_limit_inside_of_a_mask():
    signal, observation = searched("pipi")
    masses = np.array(INSIDE + OUTSIDE)
    is_open = np.array([False] * 3 + [True] * 2)
    (production,) = signal.production_channels
    assert_array_equal(signal.open_at(production, "pipi", masses), is_open)
    assert_array_equal(observation.open_at("pipi", masses), is_open)
    assert_array_equal(signal.at_points(masses, np.full(5, 1e-6)).total() > 0, is_open)
    assert_array_equal(np.isfinite(observation.s_up_observed(masses)), is_open)
    assert all(asked.min() not in INSIDE for *_, asked in signal.source.asked)


def test_edges_of_a_mask_are_jumps():
    _, observation = searched("pipi", "mumu")
    assert_allclose(observation.jumps_gev(), [0.2113, 0.2791, 0.407, 0.415, *EDGES], rtol=1e-12)


def test_alone_the_contour_has_a_gap():
    signal, observation = searched("pipi")
    result = scan(signal, observation, MASS, COUPLING)
    below, above = result.contour("observed")
    assert_allclose(below.mass_gev.max(), EDGES[0], rtol=1e-6)
    assert_allclose(above.mass_gev.min(), EDGES[1], rtol=1e-6)
    assert (below.open_edge, above.open_edge) == (True, True)  # of the grid, at 0.3 and 1.2 GeV
    for mass in OUTSIDE:
        (found,) = edges_at(result.contour("observed"), mass)
        assert_allclose(found, toy_edges(mass, LN10, rate=30, branching_ratio=0.5), rtol=2e-3)
    assert edges_at(result.contour("observed"), 0.497611) == ()


def test_beside_another_final_state_the_contour_has_a_step():
    signal, observation = searched("mumu", "pipi")
    result = scan(signal, observation, MASS, COUPLING)
    assert len(result.contour("observed")) == 1
    for mass, ratio in {0.4975: 0.5, 0.45: 1.0, 0.55: 1.0}.items():
        (found,) = edges_at(result.contour("observed"), mass)
        assert_allclose(found, toy_edges(mass, LN10, rate=30, branching_ratio=ratio), rtol=2e-3)


def test_what_is_left_out_is_noted():
    signal, observation = searched("pipi")
    result = scan(signal, observation, (0.45, 0.55, 41), COUPLING)
    (note,) = (n for n in result.notes if "closed" in n)
    assert (
        note == "pipi is closed at m = 0.493 GeV (the analysis does not search there); 5 of 41 masses skipped"
    )
    with pytest.raises(DomainError, match="nothing is left"):
        scan(signal, observation, (0.495, 0.5, 5), COUPLING)


def test_other_final_states_do_not_see_the_mask():
    signal, observation = searched("mumu", "pipi")
    assert isinstance(observation, Observation)
    found, index = observation.hypotheses([0.45, 0.4976, 0.55])
    assert [found[k].final_states for k in index] == [("mumu", "pipi"), ("mumu",), ("mumu", "pipi")]
    assert signal.any_open_at(INSIDE).all()

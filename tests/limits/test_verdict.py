"""The verdict on one point against closed forms of the counts, and against the contour of a scan."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import DomainError
from feebly.limits.verdict import Verdict, verdict
from limits.toy_search import toy_edges, toy_events, toy_observation, toy_signal


def at(coupling, mass=0.1, pot=None, **conventions):
    signal = toy_signal(pot=pot) if pot else toy_signal()
    return verdict(signal, toy_observation(signal, pot, **conventions), mass, coupling)


@pytest.mark.parametrize("coupling", [3e-8, 2e-7, 4e-6])
def test_without_events_cls_is_an_exponential(coupling):
    # CLs of n = 0 is exp(-s) whatever b is
    found = at(coupling)
    assert found.n == 0
    assert_allclose(found.events, toy_events(0.1, coupling), rtol=1e-12)
    assert_allclose(found.cls, np.exp(-found.events), rtol=1e-9)
    assert_allclose(found.s_up, np.log(10), rtol=1e-9)
    assert found.excluded == (found.events > np.log(10)) == bool(found)


def test_the_event_counts_in_its_window_only():
    # P(N <= 1 | s + b) / P(N <= 1 | b) with b of mumu and ee as they are: 1.0 at s = 0
    inside, outside = at(1e-7, mass=0.411), at(1e-7, mass=0.42)
    assert (inside.n, outside.n) == (1, 0)
    assert inside.s_up > 3.8 > outside.s_up
    assert inside.cls > outside.cls


@pytest.mark.parametrize("ordering", ["total-count", "likelihood-ratio"])
def test_the_edge_of_the_contour_is_the_edge_of_the_verdict(ordering):
    for edge in toy_edges(0.3, np.log(10)):
        sides = [at(edge * factor, mass=0.3, ordering=ordering) for factor in (0.999, 1.001)]
        assert sides[0].excluded != sides[1].excluded
        assert_allclose([side.cls for side in sides], 0.1, rtol=0.01)


def test_a_projection_would_exclude():
    found = at(1e-7, pot=1e18)
    assert found.expected
    assert found.n == 0
    assert str(found).startswith("would not be excluded: CLs = 0.95, N = 0.049")


def test_a_convention_without_cls_compares_with_its_limit():
    found = at(2e-7, convention="feldman-cousins")
    assert found.cls is None
    assert found.excluded == (found.events > found.s_up)
    assert f"limit {found.s_up:.3g}" in str(found)


def test_sentence():
    point = Verdict(0.3, 2e-6, 3.912, 2.3026, 0.02001, 0, 0.9, "cls-counting", True, False)
    assert str(point) == "excluded: CLs = 0.02, N = 3.9"
    assert str(at(1e-9)) == "not excluded: CLs = 1, N = 5e-11"


def test_closed_mass_is_refused():
    signal = toy_signal(final_states=("mumu",))
    with pytest.raises(DomainError, match=r"mass 0.2 GeV: brems -> mumu is closed there"):
        verdict(signal, toy_observation(signal), 0.2, 1e-6)

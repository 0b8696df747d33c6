"""Tables recovered from the yields of a grid, against the closed formula that made them."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import DataError
from feebly.limits.contour import edges_at
from feebly.limits.grid_yields import recovered
from feebly.limits.observation import Observation
from feebly.limits.scan import contours_of_kind
from limits.toy_search import ToyProduction, toy_edges, toy_events, toy_observation, toy_signal

MASS, COUPLING = np.geomspace(0.05, 1.5, 60), np.geomspace(1e-8, 1e-4, 60)
LN10 = np.log(10)


def resonance(mass_gev):
    """A peak in the rate, narrower than the steps of the grid (5%)."""
    return 20.0 + 5000.0 / (1 + ((mass_gev - 0.7771) / 0.002) ** 2)


def recovered_from(signal):
    return recovered(signal, MASS, COUPLING, signal.on_grid(MASS, COUPLING).by_channel())


def test_the_points_of_the_grid_come_back_exactly():
    signal = toy_signal(resonance)
    again = recovered_from(signal).on_grid(MASS, COUPLING)
    for tag, events in signal.on_grid(MASS, COUPLING).by_final_state().items():
        seen = events > 1e-20  # far below, events stand for none
        assert_allclose(again.by_final_state()[tag][seen], events[seen], rtol=1e-9)


def test_between_the_points_thresholds_and_resonances_are_those_of_the_model():
    signal = recovered_from(toy_signal(resonance))
    for mass in (0.0773, 0.20, 0.2114, 0.7771, 0.7731, 1.1):
        length = toy_edges(mass, 1.0, rate=float(resonance(mass)))
        found = signal.at_points(np.full(3, mass), np.geomspace(*length, 3)).total()
        true = toy_events(mass, np.geomspace(*length, 3), rate=float(resonance(mass)))
        assert_allclose(found, true, rtol=0.02)
    above, below = (signal.at_points(mass, 1e-6).by_final_state()["mumu"][0] for mass in (0.2114, 0.2112))
    assert (above > 0, below) == (True, 0)


@pytest.mark.parametrize("mass", [0.07, 0.3, 0.411, 0.7771, 1.0])
def test_one_final_state_alone_has_its_own_yield_and_counts(mass):
    signal = recovered_from(toy_signal(resonance))
    seen = toy_observation(signal)
    for tag, share in (("ee", 0.5 if mass > 0.2113 else 1.0), ("mumu", 0.5)):
        alone = replace(signal, efficiencies={tag: 0.5})
        observation = Observation(seen.analysis, signal.model, (tag,))
        pieces = contours_of_kind(alone, observation, MASS, COUPLING, "observed")
        if tag == "mumu" and mass < 0.2113:
            assert edges_at(pieces, mass) == ()
            continue
        s_up = 3.8741 if (tag, mass) == ("mumu", 0.411) else LN10  # CLs, n = 1 and b = 0.016; n = 0
        expected = toy_edges(mass, s_up, rate=float(resonance(mass)), branching_ratio=share)
        ((low, up),) = edges_at(pieces, mass)
        assert_allclose((low, up), expected, rtol=1e-3)


def test_one_production_mode_alone():
    both = toy_signal()
    modes = (
        ToyProduction(),
        ToyProduction("pi0", shape=lambda mass: np.full(np.shape(mass), 3.0), masses=(0, 0.3)),
    )
    both = replace(both, production_channels=modes, multiplicities={"brems": None, "pi0": None})
    whole = recovered_from(both)
    alone = replace(whole, production_channels=modes[1:])
    pieces = contours_of_kind(alone, toy_observation(whole), MASS, COUPLING, "observed")
    ((low, up),) = edges_at(pieces, 0.1)
    assert_allclose((low, up), toy_edges(0.1, LN10, rate=3.0), rtol=1e-3)
    assert edges_at(pieces, 0.35) == ()


def test_rows_without_events_are_not_carried_on_beyond_the_grid():
    """A mode that is closed above a mass, with no events at all but one of its masses."""
    modes = (ToyProduction(), ToyProduction("pi0", masses=(0, 0.21)))
    signal = replace(toy_signal(), production_channels=modes, multiplicities={"brems": None, "pi0": None})
    events = signal.on_grid(MASS, COUPLING).by_channel()
    last = np.flatnonzero(MASS <= 0.21)[-1]
    events["pi0/ee"][:last] = 0.0
    found = recovered(signal, MASS, COUPLING, events).on_grid([0.2099], COUPLING).by_channel()["pi0/ee"][0]
    assert np.all(found <= 1.5 * events["pi0/ee"][last] + 1e-20)
    assert found.max() > 0.5 * events["pi0/ee"][last].max()


def test_an_empty_first_row_does_not_hide_what_opens_above_it():
    signal = toy_signal(masses=(0.3, 2.0))
    events = signal.on_grid(MASS, COUPLING).by_channel()
    first = np.flatnonzero(MASS >= 0.3)[0]
    true = signal.on_grid([np.sqrt(MASS[first] * MASS[first + 1])], COUPLING).total()[0]
    for each in events.values():
        each[first] = 0.0
    found = recovered(signal, MASS, COUPLING, events).on_grid(
        [np.sqrt(MASS[first] * MASS[first + 1])], COUPLING
    )
    seen = true > 0.1 * true.max()
    assert_allclose(found.total()[0][seen], true[seen], rtol=0.01)


def test_a_kind_that_the_run_has_not_and_errors_that_the_grid_has_not():
    signal = recovered_from(toy_signal())
    projection = toy_observation(signal, pot=1e18)
    assert contours_of_kind(signal, projection, MASS, COUPLING, "observed") == ()
    assert contours_of_kind(signal, projection, MASS, COUPLING, "expected")
    with pytest.raises(DataError, match="Monte Carlo error"):
        signal.on_grid(MASS, COUPLING).relative_error(signal.source)

"""The scan as a whole: grid, notes, refusals, convergence, speed."""

import time
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import DomainError
from feebly.core.interfaces import DefaultGrid
from feebly.limits.columns import _floor, knots_of_curvature, narrow_extrema
from feebly.limits.notes import goes_on
from feebly.limits.scan import coupling_error, log_spaced, near_limit, scan
from limits.toy_search import (
    POT,
    ToyModel,
    ToyProduction,
    ToySource,
    flat,
    toy_events,
    toy_maximum,
    toy_observation,
    toy_signal,
)

LN10 = np.log(10)
MASS, COUPLING = (0.02, 1.5, 30), (1e-8, 1e-4, 30)


def run(signal=None, mass=MASS, coupling=COUPLING, **projection):
    signal = signal or toy_signal()
    return scan(signal, toy_observation(signal, **projection), mass, coupling)


def test_the_grid_is_what_was_asked():
    grid = run().grid
    assert_allclose(grid.mass_gev, np.geomspace(0.02, 1.5, 30), rtol=1e-14)
    assert_allclose(grid.coupling, np.geomspace(1e-8, 1e-4, 30), rtol=1e-14)
    assert grid.mass_gev[-1] == 1.5
    assert grid.total.shape == (30, 30)
    # both final states with half the branching ratio each add up to one channel with all of it
    assert_allclose(grid.total, toy_events(grid.mass_gev[:, None], grid.coupling), rtol=1e-5)
    assert set(grid.by_channel) == {"brems/ee", "brems/mumu"}
    assert_allclose(sum(grid.by_channel.values()), grid.total, rtol=1e-12)


def test_the_default_grid_is_the_model_s_own():
    signal = toy_signal()
    grid = scan(signal, toy_observation(signal)).grid
    assert grid.total.shape == (100, 100)
    assert (grid.mass_gev[0], grid.mass_gev[-1]) == (0.01, 2.0)
    assert (grid.coupling[0], grid.coupling[-1]) == (1e-8, 1e-3)


def test_cls_and_contour_agree():
    result = run(toy_signal(lambda m: 5 * flat(m)))
    excluded = result.grid.cls < 0.1
    assert np.array_equal(excluded, result.grid.total > result.grid.s_up_observed[:, None])
    assert excluded.any()


def test_a_projection_has_an_expected_contour_only():
    signal = toy_signal(pot=1e18)
    result = run(signal, pot=1e18)
    assert result.contour("observed") == ()
    assert len(result.contour("expected")) == 1
    assert (result.grid.observed, result.grid.s_up_observed, result.grid.cls) == (None, None, None)


def test_observed_and_expected_differ_at_the_event_only():
    signal = toy_signal(lambda m: 5 * flat(m))
    result = run(signal, mass=(0.4, 0.43, 31))
    at_event = np.abs(result.grid.mass_gev - 0.411) < 0.004
    assert at_event.sum() >= 7
    assert np.array_equal(result.grid.s_up_observed > 3, at_event)
    assert_allclose(result.grid.s_up_expected, LN10, rtol=1e-9)
    assert np.array_equal(result.grid.observed["mumu"] == 1, at_event)


def test_the_peak_is_the_largest_yield():
    mass, coupling, events = run(toy_signal(lambda m: 1e-3 * m)).peak
    # N ~ shape / m = constant: any mass
    top, largest = toy_maximum(mass, 1e-3 * mass)
    assert_allclose(events, largest, rtol=0.01)
    assert_allclose(coupling, top, rtol=0.1)


# --- notes and refusals ---------------------------------------------------------------------------------


def test_closed_masses_are_skipped_with_a_note():
    signal = toy_signal(final_states=("mumu",))
    result = run(signal, mass=(0.05, 1.5, 60))
    closed = np.geomspace(0.05, 1.5, 60) <= 0.2113
    last = np.geomspace(0.05, 1.5, 60)[closed][-1]
    n = closed.sum()
    assert (
        f"mumu is closed at m = {last:.3f} GeV (threshold 0.2113 GeV); {n} of 60 masses skipped"
        in result.notes
    )
    assert np.all(result.grid.total[closed] == 0)
    assert np.all(np.isnan(result.grid.s_up_observed[closed]))
    assert np.all(result.grid.cls[closed] == 1)


def test_masses_beyond_the_production_are_skipped_too():
    result = run(toy_signal(masses=(0.0, 0.5)))
    (note,) = [note for note in result.notes if "skipped" in note]
    assert note.startswith("brems -> ee, mumu are closed at m = 0.5")
    assert "(open up to 0.5 GeV)" in note


def test_a_range_without_open_channels_is_refused():
    with pytest.raises(DomainError) as refusal:
        run(toy_signal(final_states=("mumu",)), mass=(0.05, 0.15, 14))
    assert str(refusal.value) == (
        "mumu is closed at m = 0.150 GeV (threshold 0.2113 GeV); 14 of 14 masses skipped: "
        "nothing is left; choose --mass in 0.2113-2 GeV"
    )


def test_a_production_below_the_threshold_is_refused():
    with pytest.raises(DomainError, match="brems -> mumu: the production ends below the threshold"):
        run(toy_signal(final_states=("mumu",), masses=(0.0, 0.135)))


def test_no_exclusion_says_what_is_missing():
    signal = toy_signal(lambda m: 0.01 * flat(m))
    result = run(signal, mass=(0.3, 1.5, 30))
    top, largest = toy_maximum(0.3, 0.01)
    (note,) = result.notes
    assert note == (
        f"no exclusion: the largest yield is N = {largest:.2g} at m = 0.3 GeV, eps = {top * 1e7:.0f}e-7; "
        f"2.30 are needed: {LN10 / largest:.2g} times the POT would reach it"
    )
    assert result.pieces == ()
    more = toy_signal(lambda m: 0.01 * flat(m), pot=POT * 1.05 * LN10 / largest)
    assert len(run(more, mass=(0.3, 1.5, 30)).contour()) == 1


def test_no_signal_at_all_is_said():
    result = run(toy_signal(lambda m: 0 * flat(m)))
    assert result.notes == ("no exclusion: no signal is expected at any mass and coupling of the grid",)


def test_a_contour_that_leaves_the_grid_is_noted():
    result = run(toy_signal(lambda m: 1e12 * flat(m)), mass=(0.02, 1.5, 30), coupling=(1e-8, 1e-3, 30))
    inside = result.grid.total[:, 0] > result.grid.s_up_observed
    n = inside.sum()
    assert n > 1
    assert (
        f"the contour leaves the grid at eps = 1e-8 ({n} points): extend --coupling 1e-9:1e-3" in result.notes
    )
    assert any("at m = 0.02 GeV" in note and "extend --mass 0.01:1.5" in note for note in result.notes)
    assert any("at m = 1.5 GeV" in note and "extend --mass 0.02:2" in note for note in result.notes)


class Angle(ToyModel):
    """A coupling that has a largest value."""

    default_grid = DefaultGrid((0.01, 2.0, 100), (1e-12, 1e-7, 100), "no larger angle")


def test_the_largest_coupling_is_an_end_and_no_edge():
    signal = replace(toy_signal(lambda m: 1e12 * flat(m)), model=Angle())
    mass, coupling = (0.02, 1.5, 30), (1e-12, 1e-7, 30)
    result = run(signal, mass, coupling)
    (end,) = (note for note in result.notes if "eps = 1e-7" in note)
    assert end == "the contour ends at eps = 1e-7: no larger angle"
    pieces = result.pieces
    assert goes_on(pieces, mass[:2], coupling[:2], Angle())  # at the ends of the masses
    assert not goes_on(pieces, (0.01, 2.0), coupling[:2], Angle())
    assert goes_on(pieces, (0.01, 2.0), coupling[:2], ToyModel())
    # the end of a narrower range is an edge
    result = run(signal, mass, (1e-12, 5e-8, 30))
    assert any("eps = 5e-8" in note and "extend --coupling 1e-12:5e-7" in note for note in result.notes)


def test_the_end_of_the_model_is_not_to_be_extended():
    result = run(toy_signal(lambda m: 1e3 * flat(m)), mass=(0.5, 2.0, 10))
    assert any(note.endswith("the model toy ends there") for note in result.notes)


@pytest.mark.parametrize("asked", [(1.0, 1.0, 10), (2.0, 1.0, 10), (0.0, 1.0, 10), (0.1, 1.0, 1)])
def test_impossible_ranges_are_refused(asked):
    with pytest.raises(DomainError, match="expected MIN:MAX:N"):
        log_spaced("mass", asked)


# --- convergence ----------------------------------------------------------------------------------------


def test_unconverged_cells_near_the_limit_are_marked():
    signal = toy_signal(lambda m: 5 * flat(m))
    signal.source.error[("brems", "ee")] = 10.0  # far above 1% on the coupling, whatever the slope
    grid = run(signal).grid
    ratio = grid.total / LN10
    near = (ratio < 3) & (ratio > 1 / 3)
    low = grid.mass_gev < 0.4
    assert np.array_equal(grid.unconverged[low], near[low])
    assert near[low].any()
    assert not run().grid.unconverged.any()


def test_an_error_that_does_not_move_the_coupling_is_not_marked():
    signal = toy_signal(lambda m: 5 * flat(m))
    # an error of 1% on the yield is less on the coupling: the precision that was asked
    assert not run(signal).grid.unconverged.any()
    signal.source.error[("brems", "ee")] = 0.05
    grid = run(signal).grid
    ratio = grid.total / LN10
    near = (ratio < 3) & (ratio > 1 / 3) & (grid.mass_gev < 0.4)[:, None]
    moved = coupling_error(grid.total, grid.coupling, grid.mc_error) > 0.01
    assert np.any(near & moved)
    assert np.any(near & ~moved)
    assert np.array_equal(grid.unconverged & near, near & moved)


def test_the_error_of_a_channel_that_hardly_contributes_decides_nothing():
    # ten times the error on a channel that makes 1/1000 of the yield
    signal = toy_signal(lambda m: 5 * flat(m), final_states=("ee",))
    small = ToyProduction(tag="eta", shape=lambda m: 5e-3 * flat(m))
    both = replace(signal, production_channels=(*signal.production_channels, small))
    both.source.error[("eta", "ee")] = 0.1
    assert not run(both).grid.unconverged.any()
    both.source.error[("eta", "ee")] = 100.0
    assert run(both).grid.unconverged.any()


@pytest.mark.parametrize("power", [-7.0, -2.0, -0.3, 0.5, 2.0, 4.0])
def test_coupling_error_of_a_power_law(power):
    # N ~ C^p: dC/C = dN/N / |p|; where the yield is flatter than C itself the slope counts as 1
    coupling = np.geomspace(1e-7, 1e-4, 23)
    total = 3.0 * np.array([[1.0], [20.0]]) * (coupling / 1e-5) ** power
    error = np.array([[0.02], [0.3]]) * np.ones(23)
    assert_allclose(coupling_error(total, coupling, error), error / max(abs(power), 1.0), rtol=1e-9)


def test_coupling_error_at_long_and_at_short_lifetime():
    # N ~ C^2 (exp(-a C^2) - exp(-b C^2)): ln N has slope 4 for small C and 2 - 2 a C^2 for large C
    coupling = np.geomspace(1e-9, 1e-4, 4001)
    total = toy_events(0.3, coupling)[None]
    error = np.full(total.shape, 0.1)
    found = coupling_error(total, coupling, error)[0]
    assert_allclose(found[1], 0.1 / 4, rtol=1e-3)
    c = coupling[2850]
    a = 80.0 * 0.3 / (80.0 * 1e-13)  # z_min m / (p K)
    assert_allclose(found[2850], 0.1 / (2 * a * c**2 - 2), rtol=1e-3)


def test_near_either_limit():
    near = near_limit(np.array([[1.0, 4.0, 10.0, 0.0]]), {"a": np.array([2.0]), "b": np.array([4.0])})
    assert near.tolist() == [[True, True, True, False]]
    assert near_limit(np.ones((1, 1)), {"a": np.array([np.nan])}).tolist() == [[False]]


# --- columns --------------------------------------------------------------------------------------------


def test_knots_follow_a_resonance():
    x = np.geomspace(0.1, 2, 1000)
    values = np.log(1e-3 + 1 / (1 + ((x / 0.7827 - 1) / 0.0055) ** 2))[None]
    knots = knots_of_curvature(x, values, 0.05)
    assert np.count_nonzero(np.abs(knots / 0.7827 - 1) < 0.01) >= 4
    assert np.count_nonzero((knots < 0.6) | (knots > 1.0)) < 40
    missed = np.interp(np.log(x), np.log(knots), np.interp(np.log(knots), np.log(x), values[0])) - values[0]
    inside = (x > knots[0]) & (x < knots[-1])
    assert np.abs(missed[inside]).max() < 0.15


def test_masses_close_in_on_a_narrow_maximum_and_minimum():
    """A resonance a tenth as wide as the probes are apart, and a zero; not a jump, not a broad maximum."""
    peak, zero, jump = 0.32171, 0.7043, 1.1

    def factors(m):
        narrow = 1 + 400 / (1 + ((m / peak - 1) / 3e-4) ** 2)
        notch = (m / zero - 1) ** 2 * np.where(m < jump, 1.0, 3.0)
        return np.stack([narrow, notch, np.exp(-(np.log(m / 0.5) ** 2))])

    probes = np.geomspace(0.1, 2, 1000)
    values = factors(probes)
    found = narrow_extrema(factors, probes, values, _floor(values), np.array([jump]))
    near = [np.abs(np.log(found / at)) for at in (peak, zero)]
    assert np.all(np.min(near, axis=0) < 0.01)
    for distance in near:
        assert distance.min() < 1e-4
        assert np.count_nonzero(distance < 1e-3) >= 5
    assert found.size < 60


def test_no_knots_for_a_power_law():
    x = np.geomspace(0.1, 2, 1000)
    assert knots_of_curvature(x, np.log(x**3)[None], 0.05).size == 0


# --- speed ----------------------------------------------------------------------------------------------


def test_the_contour_of_the_default_grid_takes_less_than_a_fifth_of_a_second():
    class Clocked(ToySource):
        seconds = 0.0

        def expected_events(self, *arguments):
            start = time.process_time()
            result = super().expected_events(*arguments)
            self.seconds += time.process_time() - start
            return result

    signal = toy_signal(lambda m: 50 * flat(m))
    source = Clocked()
    object.__setattr__(signal, "source", source)
    observation = toy_observation(signal)
    seconds = []
    for _ in range(4):
        source.seconds = 0.0
        start = time.process_time()
        scan(signal, observation)
        seconds.append(time.process_time() - start - source.seconds)
    assert min(seconds) < 0.2

"""Signal yields: the product written by hand, what the source is asked, errors and convergence."""

import time

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError, DomainError
from feebly.limits.signal import SignalYields
from limits.toy_search import CTAU_M, POT, ToyModel, ToyProduction, ToySource, toy_events, toy_signal

MASS, COUPLING = np.array([0.1, 0.25, 0.5]), np.array([1e-7, 1e-6])


def two_productions(source=None, **changes):
    numbers = {
        "model": ToyModel(),
        "production_channels": (
            ToyProduction("brems"),
            ToyProduction("eta", masses=(0.0, 0.4), parent="eta"),
        ),
        "multiplicities": {"brems": None, "eta": 0.3},
        "source": source or ToySource(),
        "pot": POT,
        "efficiencies": {"ee": 0.5, "mumu": 0.25},
    }
    return SignalYields(**(numbers | changes))


def test_the_product_by_hand():
    events = two_productions().on_grid(MASS, COUPLING)
    by_channel = events.by_channel()
    unit = toy_events(MASS[:, None], COUPLING[None, :])  # efficiency 0.5, BR = 1
    assert_allclose(by_channel["brems/ee"], unit * [[1.0], [0.5], [0.5]], rtol=1e-12)
    assert_allclose(by_channel["brems/mumu"], unit * [[0.0], [0.25], [0.25]], rtol=1e-12)
    assert_allclose(by_channel["eta/ee"], unit * [[0.3], [0.15], [0.0]], rtol=1e-12)
    assert_allclose(by_channel["eta/mumu"], unit * [[0.0], [0.075], [0.0]], rtol=1e-12)
    assert_allclose(events.total(), sum(by_channel.values()), rtol=1e-12)
    assert_allclose(
        events.by_final_state()["mumu"], by_channel["brems/mumu"] + by_channel["eta/mumu"], rtol=1e-12
    )


def test_the_long_lived_limit_in_closed_form():
    # N -> POT rate C^2 eta A (z2 - z1) m / (p ctau) with ctau = K / C^2: proportional to C^4
    events = toy_signal().on_grid([0.1], [1e-9, 2e-9]).total()[0]
    assert_allclose(events[0], POT * 1e-18 * 0.5 * 1e-3 * 80.0 * 0.1 / 80.0 * 1e-18 / CTAU_M, rtol=1e-5)
    assert_allclose(events[1] / events[0], 16.0, rtol=1e-5)


def test_points_agree_with_the_grid():
    signal = two_productions()
    mass, coupling = (a.ravel() for a in np.meshgrid(MASS, COUPLING, indexing="ij"))
    assert_allclose(
        signal.at_points(mass, coupling).total(), signal.on_grid(MASS, COUPLING).total().ravel(), rtol=1e-13
    )


def test_totals_are_the_sum_of_the_channels():
    signal, points = two_productions(), (MASS[:2], COUPLING[:2])
    assert_allclose(signal.total_on_grid(MASS, COUPLING), signal.on_grid(MASS, COUPLING).total(), rtol=1e-13)
    assert_allclose(signal.total_at_points(*points), signal.at_points(*points).total(), rtol=1e-13)


def test_the_source_is_asked_where_a_channel_is_open_only():
    source = ToySource()
    two_productions(source).on_grid(np.geomspace(0.01, 2, 60), COUPLING)
    asked = {(production, state): masses for production, state, masses in source.asked}
    assert set(asked) == {("brems", "ee"), ("eta", "ee"), ("brems", "mumu"), ("eta", "mumu")}
    assert asked["brems", "mumu"].min() > 0.2113
    assert asked["eta", "ee"].max() <= 0.4
    assert (asked["eta", "mumu"].min() > 0.2113) & (asked["eta", "mumu"].max() <= 0.4)


def test_the_source_is_not_asked_where_there_is_no_such_decay():
    class Ends(ToyModel):
        def branching_ratio(self, channel, mass_gev, coupling=1.0):
            ratio = super().branching_ratio(channel, mass_gev, coupling)
            return ratio if channel == "ee" else np.where(np.asarray(mass_gev) < 1.0, ratio, 0.0)

    source = ToySource()
    events = two_productions(source, model=Ends()).on_grid([0.5, 1.5], COUPLING)
    asked = {(production, state): masses for production, state, masses in source.asked}
    assert asked["brems", "mumu"].max() == 0.5
    assert np.all(events.by_final_state()["mumu"] > 0, axis=1).tolist() == [True, False]
    assert np.all(events.by_final_state()["ee"] > 0)


def test_a_threshold_is_closed_and_the_end_of_the_model_is_open():
    signal = toy_signal(final_states=("mumu",))
    assert list(signal.any_open_at([0.2113, 0.21131, 2.0])) == [False, True, True]


def test_edges_are_thresholds_and_ends_of_productions():
    assert_allclose(two_productions().edges_gev(), [0.001, 0.2113, 0.4, 2.0])


def test_monte_carlo_errors_add_in_quadrature_of_events():
    source = ToySource(error={("brems", "ee"): 0.03, ("eta", "ee"): 0.08})
    events = two_productions(source).on_grid([0.1], COUPLING)
    # brems : eta = 1 : 0.3
    expected = np.hypot(0.03, 0.08 * 0.3) / 1.3
    assert_allclose(events.relative_error(source), [[expected, expected]], rtol=1e-12)


def test_the_error_of_no_events_is_zero():
    events = toy_signal(final_states=("mumu",)).on_grid([0.1], COUPLING)
    assert np.all(events.relative_error(ToySource()) == 0)


def test_a_coupling_that_scales_otherwise_is_followed():
    class Cubic(ToyModel):
        def ctau_m(self, mass_gev, coupling):
            return super().ctau_m(mass_gev, np.asarray(coupling) ** 1.5)

    signal = two_productions(model=Cubic(), efficiencies={"ee": 0.5})
    # N ~ rate / ctau ~ C^2 C^3 for long lifetimes
    events = signal.on_grid([0.1], [1e-7, 2e-7]).total()[0]
    assert_allclose(events[1] / events[0], 2.0**5, rtol=1e-4)


def test_wrong_numbers_are_refused():
    with pytest.raises(DomainError, match="pot = 0: expected a positive"):
        two_productions(pot=0.0)
    with pytest.raises(ConfigError, match="at least one final state"):
        two_productions(efficiencies={})


def test_twenty_eight_channels_on_the_default_grid_take_less_than_a_tenth_of_a_second():
    class FreeSource(ToySource):
        seconds = 0.0

        def expected_events(self, *arguments):
            start = time.process_time()
            result = super().expected_events(*arguments)
            self.seconds += time.process_time() - start
            return result

    source = FreeSource()
    production = tuple(ToyProduction(f"p{k}", parent="eta") for k in range(14))
    signal = two_productions(
        source, production_channels=production, multiplicities={p.tag: 1.0 for p in production}
    )
    mass, coupling = np.geomspace(0.01, 2, 100), np.geomspace(1e-8, 1e-3, 100)
    seconds = []
    for _ in range(5):
        source.seconds = 0.0
        start = time.process_time()
        signal.on_grid(mass, coupling).total()
        seconds.append(time.process_time() - start - source.seconds)
    assert min(seconds) < 0.1

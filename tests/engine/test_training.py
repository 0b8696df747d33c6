"""Maps of the masses at which hardly an event is accepted; precision shared among the modes of a sum."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.block import BLOCK
from feebly.engine import training
from feebly.engine.histogram import laplace
from feebly.engine.importance import BINS, refine, uniform_map
from feebly.engine.opening import opening_mass_gev
from feebly.engine.runner import Runner, per_event
from feebly.engine.sampler import MassSample, sample_masses
from feebly.engine.setup import ChannelSetup
from feebly.engine.training import (
    FIRST_ROUNDS,
    WARM_ROUNDS,
    Map,
    first_map,
    train,
    train_longer,
    way_up,
    weights_of,
)
from feebly.physics.production.b_to_scalar import EXCLUSIVE
from feebly.physics.production.shares import share_of
from feebly.workflow.choices import choose
from feebly.workflow.sampling import table_requests
from twins.channels import channel, many_body_channel

LAMBDA = np.array([0.3, 3.0, 1e5])
TAGS = tuple(f"b-{state}" for state in EXCLUSIVE)


def sample(setup: ChannelSetup, mass: float, precision: float) -> MassSample:
    return sample_masses(setup, np.array([mass]), precision)[0]


def uniform(setup: ChannelSetup, mass: float, blocks: int) -> np.ndarray:
    """Moments of the signal region without any map, of events that no measurement uses."""
    sums, _, _ = Runner(setup)(mass, 1 << 30, blocks, uniform_map(setup.dimensions))
    return per_event(sums, blocks * BLOCK)[0]


@pytest.mark.parametrize(
    ("setup", "mass", "blocks", "most"),
    [
        # a uniform map sees a few events in 100 000
        (channel("b-k", "mumu"), 4.0, 12_000, 0.2),
        (many_body_channel("omega", "3pi"), 2.5, 1_500, 0.2),
    ],
    ids=["mumu", "3pi"],
)
def test_rare_events_are_found_and_counted(
    setup: ChannelSetup, mass: float, blocks: int, most: float
) -> None:
    """At 3% where a short training from nothing leaves 40% and more; the yield is that without a map."""
    found = sample(setup, mass, 0.03)
    assert found.converged
    assert found.events < 1024 * BLOCK
    value, error = laplace(found.histogram[0], LAMBDA)
    plain, plain_error = laplace(uniform(setup, mass, blocks), LAMBDA)
    assert np.all(plain_error[1:] < most * plain[1:])
    assert np.all(np.abs(value - plain) < 4 * np.hypot(error, plain_error))


def test_long_training_does_not_depend_on_threads() -> None:
    masses = np.array([4.2, 4.4])
    setup = channel("b-k", "mumu")
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: sample_masses(setup, masses, 0.05), range(2))
    for one, other in zip(first, second, strict=True):
        assert one.converged
        assert one.histogram.tobytes() == other.histogram.tobytes()


def test_a_mass_out_of_reach_is_given_up() -> None:
    """1e-4 would take hundreds of millions of events: stopped early, and not called converged."""
    hopeless = sample(channel("b-k", "mumu"), 4.3, 1e-4)
    assert not hopeless.converged
    assert 1024 * BLOCK <= hopeless.events < 4096 * BLOCK


@given(st.floats(0.01, 0.3), st.integers(0, BINS - 1))
def test_floor_of_a_map(floor: float, hot: int) -> None:
    """However peaked the training, no place has less than this share of the uniform density."""
    training = np.full((1, BINS), 1e-12)
    training[0, hot] = 1.0
    edges = uniform_map(1)
    for _ in range(4):
        edges = refine(edges, training, floor)
    density = 1 / (BINS * np.diff(edges[0]))
    assert np.all(density >= floor * (1 - 1e-9))
    assert density.max() > 2


def test_two_tracks_are_trained_for_short_lifetimes_too() -> None:
    """Upper edges of contours lie there; decays with more numbers to shape are trained for what is asked."""
    assert np.all(weights_of(channel("b-k", "mumu")) == 1)
    many = weights_of(many_body_channel("omega", "3pi"))
    assert np.all(many[:3] == 1)
    assert np.all(many[3:] < 1)


class Recorded(Runner):
    """A runner that remembers the objectives that it was asked for."""

    def __init__(self, setup: ChannelSetup) -> None:
        super().__init__(setup)
        self.objectives: list[np.ndarray] = []

    def __call__(self, mass, first_block, blocks, edges, objective=None, *rest):  # type: ignore[no-untyped-def]
        self.objectives.append(objective)
        return super().__call__(mass, first_block, blocks, edges, objective, *rest)


def test_a_neighbour_starts_with_map_and_lifetimes() -> None:
    setup = channel("brems", "mumu")
    run = Recorded(setup)
    first = first_map(run, setup, 0.5)
    assert first.objective is not None
    number, before = len(run.objectives), first.objective
    second = train(run, 0.45, first, weights_of(setup))
    assert len(run.objectives) == number + WARM_ROUNDS
    np.testing.assert_array_equal(run.objectives[number], before)
    assert second.objective is not None
    assert not np.array_equal(second.edges, first.edges)
    # the lifetimes are those of a map that is trained at this mass alone
    alone = first_map(run, setup, 0.45)
    assert alone.objective is not None
    assert_allclose(second.objective[:, 0], alone.objective[:, 0], rtol=0.2)
    assert_allclose(second.objective[:, 1], alone.objective[:, 1], rtol=0.2)


def test_rounds_of_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every round refines once the lifetimes are known; long training ends with the first that is enough."""
    refined = []

    def counted(edges: np.ndarray, training: np.ndarray, floor: float = 0.0) -> np.ndarray:
        refined.append(floor)
        return refine(edges, training, floor)

    monkeypatch.setattr(training, "refine", counted)
    setup = channel("brems", "mumu")
    run = Recorded(setup)
    first = first_map(run, setup, 0.5)
    assert refined == [0.05] * (FIRST_ROUNDS - 1)
    second = train(run, 0.45, first, weights_of(setup))
    assert refined == [0.05] * (FIRST_ROUNDS - 1 + WARM_ROUNDS)
    for start, rounds in ((second, 1), (Map(second.edges), 2)):
        run.objectives.clear()
        train_longer(run, 0.45, start, 0.1)
        assert len(run.objectives) == rounds


def test_a_map_stays_where_no_event_is_accepted() -> None:
    setup = channel("brems", "mumu")
    nothing = replace(setup, final_state=replace(setup.final_state, momentum_min_gev=390.0))
    trained = first_map(Runner(setup), setup, 0.3)
    kept = train(Runner(nothing), 0.3, trained, weights_of(nothing))
    np.testing.assert_array_equal(kept.edges, trained.edges)
    assert kept.objective is None
    assert train(Runner(nothing), 0.3, Map(trained.edges), weights_of(nothing)).objective is None


def test_a_mode_of_a_sum_is_asked_for_less() -> None:
    alone = channel("b-k", "mumu")
    shared = replace(alone, together=TAGS)
    assert alone.share_at(1.0) == 1
    assert_allclose(shared.share_at(1.0), share_of("b-k", TAGS, 1.0), rtol=0)
    assert_allclose(shared.share_at(4.7), 1, rtol=1e-12)
    assert replace(channel("b-k1-1400", "mumu"), together=TAGS).share_at(2.5) == 1 / 16
    one, other = sample(alone, 1.0, 0.01), sample(shared, 1.0, 0.01)
    assert other.converged
    assert other.events < 0.5 * one.events
    assert other.precision.max() > 0.01
    assert alone.key() != shared.key()


def test_only_modes_of_one_run_are_added_up() -> None:
    def together(production: list[str]) -> set[tuple[str, ...]]:
        choices = choose("dark-scalar", channels=["mumu"], production=production)
        return {request.setup.together for request in table_requests(choices, (0.3, 0.5), 0.01, 1)}

    assert together(["b-k", "b-kstar892"]) == {("b-k", "b-kstar892")}
    assert together(["b-k", "brems"]) == {()}


@pytest.mark.parametrize("mass", [0.0012, 0.5])
def test_two_photons_are_open_at_any_mass(mass: float) -> None:
    """There is no way up from a threshold of zero."""
    choices = choose("alp-gluon", analysis="na62-dump-all", channels=["gammagamma"])
    setups = [request.setup for request in table_requests(choices, choices.mass[:2], 0.01, 1)]
    photons = [setup for setup in setups if opening_mass_gev(setup) == 0.0]
    assert photons
    for setup in photons:
        assert way_up(setup, mass) == []

"""The importance map: unbiased whatever its edges, bounded weights, and a gain where it was trained."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.block import BLOCK, ROWS, STRIDE, U0
from feebly.engine.importance import BINS, UNIFORM_EVENTS, accumulate, apply_map, refine, uniform_map
from twins.scratch import row, scratch, vectors

DIMENSIONS = 3
NAMES = "U_AIM_RADIUS U_DECAY_Z U_DECAY_COS"
SHARE = UNIFORM_EVENTS / BLOCK


def random_map(seed: int, roughness: float) -> np.ndarray:
    """Monotone edges with bins whose widths differ by factors of e^roughness."""
    widths = np.exp(roughness * np.random.default_rng(seed).normal(size=(DIMENSIONS, BINS)))
    edges = np.concatenate([np.zeros((DIMENSIONS, 1)), np.cumsum(widths, axis=1)], axis=1)
    return edges / edges[:, -1:]


def mapped(edges: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates (BLOCK, dimensions) and Jacobians of one block of uniform numbers (dimensions, BLOCK)."""
    s = scratch(**dict(zip(NAMES.split(), u, strict=True)))
    apply_map(s, BLOCK, edges, UNIFORM_EVENTS)
    return vectors(s, NAMES), row(s, "JACOBIAN")


INTEGRALS = [
    (lambda y: np.ones(len(y)), 1.0),
    (lambda y: np.prod(y, axis=1), 1 / 8),
    (lambda y: np.exp(-y.sum(axis=1) / 0.2), (0.2 * -np.expm1(-5.0)) ** 3),
    (lambda y: (y[:, 0] < 0.1) * (y[:, 1] > y[:, 2]), 0.05),
    (lambda y: 1 / np.sqrt(y[:, 1]), 2.0),
]


@pytest.mark.parametrize(("function", "expected"), INTEGRALS, ids=["one", "product", "exp", "step", "root"])
@pytest.mark.parametrize("roughness", [0.0, 0.7, 2.0])
def test_integrals_do_not_depend_on_the_map(function, expected: float, roughness: float) -> None:
    rng = np.random.default_rng(7)
    edges = random_map(1, roughness)
    # the mixture is deterministic (32 of each block unmapped): blocks, not events, are independent
    means = []
    for _ in range(1500):
        y, jacobian = mapped(edges, rng.uniform(size=(DIMENSIONS, BLOCK)))
        means.append(np.mean(function(y) * jacobian))
    error = np.std(means) / np.sqrt(len(means))
    assert abs(np.mean(means) - expected) < 4.5 * error + 1e-12
    assert error < 0.02 * expected


@pytest.mark.parametrize("roughness", [0.7, 3.0])
def test_weights_are_bounded_by_the_uniform_share(roughness: float) -> None:
    rng = np.random.default_rng(8)
    for seed in range(20):
        _, jacobian = mapped(random_map(seed, roughness), rng.uniform(size=(DIMENSIONS, BLOCK)))
        assert jacobian.max() <= 1 / SHARE * (1 + 1e-12)
        assert jacobian.min() > 0


def test_jacobian_is_the_inverse_density_of_the_mixture() -> None:
    rng = np.random.default_rng(9)
    edges, u = random_map(2, 1.0), rng.uniform(size=(DIMENSIONS, BLOCK))
    y, jacobian = mapped(edges, u)
    density = np.ones(BLOCK)
    for d in range(DIMENSIONS):
        bin_of = np.searchsorted(edges[d], y[:, d], side="right") - 1
        density *= 1 / (BINS * np.diff(edges[d])[bin_of])
    assert_allclose(jacobian, 1 / ((1 - SHARE) * density + SHARE), rtol=1e-10)
    # mapped coordinates by interpolation of the inverse cumulative distribution
    for d in range(DIMENSIONS):
        expected = np.interp(u[d], np.linspace(0, 1, BINS + 1), edges[d])
        assert_allclose(y[UNIFORM_EVENTS:, d], expected[UNIFORM_EVENTS:], rtol=1e-10)
        assert np.array_equal(y[:UNIFORM_EVENTS, d], u[d, :UNIFORM_EVENTS])


def test_identity_map() -> None:
    u = np.random.default_rng(10).uniform(size=(DIMENSIONS, BLOCK))
    y, jacobian = mapped(uniform_map(DIMENSIONS), u)
    assert_allclose(y.T, u, rtol=1e-13)
    assert_allclose(jacobian, 1.0, rtol=1e-13)


def test_events_are_numbered() -> None:
    s = scratch(U_AIM_RADIUS=np.full(BLOCK, 0.5))
    apply_map(s, BLOCK, uniform_map(1), UNIFORM_EVENTS)
    assert np.array_equal(row(s, "INDEX"), np.arange(BLOCK))


def train(function, rounds: int, blocks: int = 40) -> np.ndarray:
    edges = uniform_map(DIMENSIONS)
    rng = np.random.default_rng(11)
    for _ in range(rounds):
        training = np.zeros((DIMENSIONS, BINS))
        for _ in range(blocks):
            y, jacobian = mapped(edges, rng.uniform(size=(DIMENSIONS, BLOCK)))
            squares = (function(y) * jacobian) ** 2
            coordinates = np.zeros((DIMENSIONS, STRIDE))
            coordinates[:, : len(y)] = y.T
            for event in np.flatnonzero(squares):
                accumulate(training, edges, coordinates.ravel(), event, squares[event])
        edges = refine(edges, training)
    return edges


def test_training_finds_the_peak() -> None:
    def peak(y: np.ndarray) -> np.ndarray:
        return np.exp(-np.sum((y - [0.1, 0.5, 0.8]) ** 2, axis=1) / (2 * 0.05**2))

    edges = train(peak, rounds=5)
    assert np.all(np.diff(edges, axis=1) > 0)
    assert np.array_equal(edges[:, 0], np.zeros(DIMENSIONS))
    assert np.array_equal(edges[:, -1], np.ones(DIMENSIONS))
    narrowest = edges[np.arange(DIMENSIONS), np.argmin(np.diff(edges, axis=1), axis=1)]
    assert_allclose(narrowest, [0.1, 0.5, 0.8], atol=0.05)
    u = np.random.default_rng(12).uniform(size=(DIMENSIONS, BLOCK))
    spread = {}
    for name, grid in (("plain", uniform_map(DIMENSIONS)), ("trained", edges)):
        y, jacobian = mapped(grid, u)
        spread[name] = np.std(peak(y) * jacobian)
    assert spread["trained"] < 0.3 * spread["plain"]


def test_a_map_without_training_stays() -> None:
    edges = random_map(3, 1.0)
    assert np.array_equal(refine(edges, np.zeros((DIMENSIONS, BINS))), edges)


def test_one_hot_bin_does_not_collapse_the_map() -> None:
    training = np.zeros((DIMENSIONS, BINS))
    training[:, 5] = 1.0
    edges = uniform_map(DIMENSIONS)
    for _ in range(5):
        edges = refine(edges, training)
        assert np.all(np.diff(edges, axis=1) > 0)
    assert ROWS["U_AIM_RADIUS"] == U0

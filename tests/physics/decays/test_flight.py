"""Decay along the line of flight against the exponential law."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.block import BLOCK
from feebly.physics.decays.flight import decay_vertex
from twins.scratch import row, scratch, vectors

Z_MIN, Z_MAX = 97.0, 183.0


def flights(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    slope = rng.normal(0, 3e-3, (BLOCK, 2))
    direction = np.column_stack([slope, np.ones(BLOCK)]) / np.sqrt(1 + np.sum(slope**2, axis=1))[:, None]
    x0, y0 = rng.normal(0, 0.01, (2, BLOCK))
    return {
        "X0": x0, "Y0": y0, "Z0": 23.07 + rng.exponential(0.15, BLOCK),
        "NX": direction[:, 0], "NY": direction[:, 1], "NZ": direction[:, 2],
        "P": 10.0 ** rng.uniform(1, 2.6, BLOCK),
        "U_DECAY_Z": rng.uniform(size=BLOCK), "WEIGHT": rng.uniform(1, 2, BLOCK),
    }  # fmt: skip


def test_vertex_lies_on_the_line_of_flight() -> None:
    event = flights(1)
    s = scratch(**event)
    decay_vertex(s, BLOCK, Z_MIN, Z_MAX)
    origin, vertex = (vectors(s, names) for names in ("X0 Y0 Z0", "XV YV ZV"))
    path = np.linalg.norm(vertex - origin, axis=1)
    assert_allclose((vertex - origin) / path[:, None], vectors(s, "NX NY NZ"), rtol=1e-9, atol=1e-15)
    assert_allclose(vertex[:, 2], Z_MIN + (Z_MAX - Z_MIN) * event["U_DECAY_Z"], rtol=1e-15)
    assert_allclose(row(s, "TAU"), path / event["P"], rtol=1e-12)  # proper length over mass


@pytest.mark.parametrize("ctau_m", [1e-3, 0.03, 1.0, 1e3])
@pytest.mark.parametrize("mass", [0.05, 1.0])
def test_weights_add_up_to_the_chance_to_decay_in_the_region(ctau_m: float, mass: float) -> None:
    """Integral over U_DECAY_Z of WEIGHT exp(-m TAU/ctau) m/ctau = difference of two survivals."""
    nodes, weights = np.polynomial.legendre.leggauss(BLOCK)
    event = {name: np.full(BLOCK, values[0]) for name, values in flights(2).items()}
    event |= {"U_DECAY_Z": (nodes + 1) / 2, "WEIGHT": np.ones(BLOCK), "P": np.full(BLOCK, 77.0)}
    s = scratch(**event)
    decay_vertex(s, BLOCK, Z_MIN, Z_MAX)
    chance = np.sum(weights / 2 * row(s, "WEIGHT") * np.exp(-mass * row(s, "TAU") / ctau_m)) * mass / ctau_m
    length = 77.0 / mass * ctau_m
    near, far = ((z - event["Z0"][0]) / event["NZ"][0] for z in (Z_MIN, Z_MAX))
    expected = -np.exp(-near / length) * np.expm1(-(far - near) / length)
    assert_allclose(chance, expected, rtol=1e-10)


def test_weight_is_multiplied() -> None:
    event = flights(3)
    s, twice = scratch(**event), scratch(**event | {"WEIGHT": 2 * event["WEIGHT"]})
    for block in (s, twice):
        decay_vertex(block, BLOCK, Z_MIN, Z_MAX)
    assert_allclose(row(twice, "WEIGHT"), 2 * row(s, "WEIGHT"), rtol=1e-15)

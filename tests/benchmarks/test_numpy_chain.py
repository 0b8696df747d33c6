"""The NumPy chain of the benchmarks makes the same histogram as the compiled chain."""

import numpy as np
from benchmarks.numpy_chain import CHUNK, mapped, numpy_chain, track

from feebly.analysis.analysis import PairSeparation
from feebly.core.block import BLOCK
from feebly.engine.histogram import laplace
from feebly.engine.importance import apply_map
from feebly.engine.runner import Runner, per_event
from feebly.engine.training import first_map
from twins.channels import channel, na62
from twins.scratch import row, scratch
from twins.spectrometer import position_at

LAMBDA = np.array([0.03, 0.3, 3.0, 1e5])


def test_same_yield_in_both_regions() -> None:
    setup = channel("brems", "mumu", PairSeparation("smooth", 0.035))
    run = Runner(setup)
    edges = first_map(run, setup, 0.3).edges
    one = per_event(run(0.3, 0, 400, edges)[0], 400 * BLOCK)
    other = per_event(numpy_chain(setup, 0.3, edges, 24 * CHUNK), 24 * CHUNK)
    (a, da), (b, db) = laplace(one, LAMBDA), laplace(other, LAMBDA)
    assert np.all(np.abs(a - b) < 4.5 * np.hypot(da, db))
    assert np.all(np.hypot(da, db)[0, 1:] < 0.03 * a[0, 1:])


def test_same_map() -> None:
    rng = np.random.default_rng(3)
    widths = rng.uniform(0.2, 1.0, (2, 32))
    edges = np.concatenate([np.zeros((2, 1)), np.cumsum(widths, axis=1)], axis=1)
    edges /= edges[:, -1:]
    u = rng.random((2, BLOCK))
    s = scratch(U_AIM_RADIUS=u[0], U_DECAY_Z=u[1])
    apply_map(s, BLOCK, edges, BLOCK // 16)
    y, jacobian = mapped(u, edges)
    np.testing.assert_allclose(y, [row(s, "U_AIM_RADIUS"), row(s, "U_DECAY_Z")], rtol=1e-12)
    np.testing.assert_allclose(jacobian, row(s, "JACOBIAN"), rtol=1e-12)


def test_same_tracks() -> None:
    rng = np.random.default_rng(4)
    vertex = np.column_stack([*rng.normal(0, 0.3, (2, 50)), rng.uniform(100, 180, 50)])
    momentum = np.column_stack([*rng.normal(0, 0.2, (2, 50)), rng.uniform(10, 200, 50)])
    columns = dict(zip(("xv", "yv", "zv", "px1", "py1", "pz1"), [*vertex.T, *momentum.T], strict=True))
    for charge in (1, -1):
        for plane in na62().planes:
            expected = position_at(plane.z_m, vertex, momentum, charge, na62().magnet)
            found = np.column_stack(track(columns, 1, charge, na62())(plane.z_m))
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)

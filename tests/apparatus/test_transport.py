"""Slopes, magnet, apertures and pair separation against plain vectors and the shapes' own ``contains``."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.analysis.analysis import CalorimeterCuts, PairSeparation
from feebly.apparatus.experiment import Experiment, Plane
from feebly.apparatus.geometry import calorimeter_rows, pack_planes
from feebly.apparatus.shapes import Annulus, Octagon, Rectangle, Shape
from feebly.apparatus.transport import (
    SEPARATION_HARD,
    SEPARATION_NONE,
    SEPARATION_SMOOTH,
    apply_planes,
    apply_separation,
    impacts_before,
    impacts_behind,
    track_slopes,
)
from feebly.core.block import BLOCK
from twins.channels import final_state, na62
from twins.scratch import put, row, scratch, vectors
from twins.spectrometer import accepted, position_at

CHARGES = (+1, -1)
ALL = ("electron", "muon", "hadron")


def random_tracks(seed: int, angle: float = 4e-3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices in the decay region, momenta of the positive and the negative track."""
    rng = np.random.default_rng(seed)
    vertex = np.column_stack([rng.normal(0, 0.15, (BLOCK, 2)), rng.uniform(97, 183, BLOCK)])
    tracks = []
    for _ in CHARGES:
        p = 10.0 ** rng.uniform(0.7, 2.4, BLOCK)
        transverse = rng.normal(0, angle, (BLOCK, 2)) * p[:, None]
        tracks.append(np.column_stack([transverse, np.sqrt(p**2 - np.sum(transverse**2, axis=1))]))
    return vertex, tracks[0], tracks[1]


def block(vertex: np.ndarray, positive: np.ndarray, negative: np.ndarray) -> np.ndarray:
    s = scratch(WEIGHT=np.ones(len(vertex)), MASK=np.ones(len(vertex)))
    for names, values in (("XV YV ZV", vertex), ("PX1 PY1 PZ1", positive), ("PX2 PY2 PZ2", negative)):
        for name, column in zip(names.split(), values.T, strict=True):
            put(s, name, column)
    return s


def after_slopes(
    seed: int, p_min: float = 0.0, experiment: Experiment | None = None
) -> tuple[np.ndarray, tuple]:
    tracks = random_tracks(seed)
    s = block(*tracks)
    magnet = (experiment or na62()).magnet
    track_slopes(s, BLOCK, magnet.z_centre_m, magnet.kick_gev, p_min)
    return s, tracks


def test_magnet_adds_to_px_and_keeps_the_momentum() -> None:
    s, (_, *momenta) = after_slopes(1)
    for k, (p, charge) in enumerate(zip(momenta, CHARGES, strict=True), 1):
        before, after = vectors(s, f"TX{k} TY{k}"), vectors(s, f"DX{k} DY{k}")
        assert_allclose(before, p[:, :2] / p[:, 2:], rtol=1e-13)
        kicked = p[:, 0] + charge * 0.270
        pz = np.sqrt(np.sum(p**2, axis=1) - kicked**2 - p[:, 1] ** 2)
        assert_allclose(after[:, 0], kicked / pz, rtol=1e-10)
        assert_allclose(after[:, 1], p[:, 1] / pz, rtol=1e-10)


def impact_points(s: np.ndarray, n: int, z_m: float) -> np.ndarray:
    """(track, event, x and y) on the plane at z_m."""
    z_magnet = na62().magnet.z_centre_m
    impacts = impacts_before if z_m < z_magnet else impacts_behind
    return np.array([impacts(s, i, z_m - z_magnet) for i in range(n)]).reshape(n, 2, 2).swapaxes(0, 1)


@pytest.mark.parametrize("z_m", [183.508, 194.066, 204.459, 218.885, 241.093])
def test_impacts(z_m: float) -> None:
    s, (vertex, *momenta) = after_slopes(2)
    for k, (p, charge) in enumerate(zip(momenta, CHARGES, strict=True), 1):
        expected = position_at(z_m, vertex, p, charge, na62().magnet)
        assert_allclose(impact_points(s, BLOCK, z_m)[k - 1], expected, rtol=1e-9, atol=1e-12)  # metres


def test_positive_track_bends_to_positive_x() -> None:
    straight = np.tile([0.0, 0.0, 50.0], (1, 1))
    s = block(np.array([[0.0, 0.0, 150.0]]), straight, straight)
    track_slopes(s, 1, 197.0, 0.270, 0.0)
    # 0.27/50 rad over 44 m: 0.238 m
    positive, negative = impact_points(s, 1, 241.093)
    assert_allclose(positive[0, 0], 0.27 / 50 * 44.093, rtol=2e-5)
    assert_allclose(negative[0, 0], -0.27 / 50 * 44.093, rtol=2e-5)


def test_both_tracks_must_be_fast_and_forward() -> None:
    fast, slow = [0.3, 0.4, 10.1], [0.3, 0.4, 9.9]  # |p| = 10.11 and 9.91 GeV
    backward = [0.0, 0.0, -20.0]
    just_fast = [6.0, 0.0, 8.01]  # p_z < 10 GeV < |p|
    pairs = [(fast, fast), (fast, slow), (slow, fast), (slow, slow), (fast, backward), (just_fast, fast)]
    first, second = (np.array(side) for side in zip(*pairs, strict=True))
    s = block(np.zeros((len(pairs), 3)), first, second)
    track_slopes(s, len(pairs), 197.0, 0.270, 10.0)
    assert row(s, "MASK", len(pairs)).tolist() == [1, 0, 0, 0, 0, 1]


SHAPES: list[Shape] = [
    Annulus(0.06, 1.05, (0.1012, 0.0)),
    Annulus(0.2, 0.7, (-0.1, 0.15)),
    Octagon(0.8, 1.0, ((0.4, 0.5), (0.3, 0.6)), 0.15),
    Octagon(1.130, 1.598, ((0.632, 0.847), (0.522, 0.947)), 0.080),
    Rectangle(0.6, 0.4, 0.11),
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.kind)
@pytest.mark.parametrize("z_m", [120.0, 190.0, 241.0])  # decays behind the plane, before and after the magnet
@pytest.mark.parametrize("particles", [("electron",), ("muon",), ALL])
def test_one_plane(shape: Shape, z_m: float, particles: tuple[str, ...]) -> None:
    """electron + muon: a plane may be needed by one of the daughters only."""
    experiment = replace(na62(), planes=(Plane("P", z_m, shape, particles),))
    state = replace(final_state("mumu"), daughters=("electron", "muon"), momentum_min_gev=12.0)
    s, tracks = after_slopes(3, p_min=12.0)
    apply_planes(s, BLOCK, pack_planes(experiment.planes, state.daughters), experiment.magnet.z_centre_m)
    expected = accepted(experiment, state, *tracks)
    assert 0.03 < expected.mean() < 0.97
    assert np.array_equal(row(s, "MASK") == 1.0, expected)


@pytest.mark.parametrize("channel", ["ee", "mumu"])
@pytest.mark.parametrize("seed", range(4))
def test_all_planes_of_na62(channel: str, seed: int) -> None:
    state = final_state(channel)
    s, tracks = after_slopes(10 + seed, state.momentum_min_gev)
    planes = pack_planes(na62().planes, state.daughters)
    if state.calorimeter:
        cuts = state.calorimeter
        z = na62().plane(cuts.plane).z_m
        planes = np.vstack([planes, calorimeter_rows(z, cuts.r_min_m, cuts.separation_min_m)])
    apply_planes(s, BLOCK, planes, na62().magnet.z_centre_m)
    expected = accepted(na62(), state, *tracks)
    assert expected.sum() > 20
    assert np.array_equal(row(s, "MASK") == 1.0, expected)


@pytest.mark.parametrize(("r_min", "apart"), [(0.0, 0.4), (0.3, 0.0), (0.2, 0.3)])
def test_calorimeter_cuts(r_min: float, apart: float) -> None:
    experiment = replace(na62(), planes=(replace(na62().plane("LKr"), shape=Rectangle(50.0, 50.0)),))
    cuts = CalorimeterCuts("LKr", r_min, apart)
    state = replace(final_state("ee"), calorimeter=cuts, momentum_min_gev=0.0)
    s, tracks = after_slopes(4)
    apply_planes(s, BLOCK, calorimeter_rows(241.093, r_min, apart), experiment.magnet.z_centre_m)
    expected = accepted(experiment, state, *tracks)
    assert 0.03 < expected.mean() < 0.97
    assert np.array_equal(row(s, "MASK") == 1.0, expected)


SEPARATIONS = [
    (SEPARATION_NONE, PairSeparation()),
    (SEPARATION_SMOOTH, PairSeparation("smooth", 0.2, 4.0)),
    (SEPARATION_SMOOTH, PairSeparation("smooth", 0.1, 2.5)),
    (SEPARATION_HARD, PairSeparation("hard", 0.2)),
]


@pytest.mark.parametrize(("kind", "separation"), SEPARATIONS, ids=lambda x: getattr(x, "kind", ""))
def test_pair_separation(kind: int, separation: PairSeparation) -> None:
    s, (vertex, *momenta) = after_slopes(5)
    weight = np.random.default_rng(5).uniform(1, 2, BLOCK)
    put(s, "WEIGHT", weight)
    z = na62().plane("STRAW1").z_m
    apply_separation(s, BLOCK, kind, z, separation.d0_m, separation.power)
    here, there = (position_at(z, vertex, p, q, na62().magnet) for p, q in zip(momenta, CHARGES, strict=True))
    distance = np.hypot(*(here - there).T)
    assert_allclose(row(s, "WEIGHT"), weight * separation.efficiency(distance), rtol=1e-10)

"""Vertex, mass and pointing against least squares, four-vectors in extended precision, and the truth."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.apparatus.reconstruction import invariant_mass, vertex_and_pointing
from feebly.core.block import BLOCK
from feebly.core.constants import ELECTRON_MASS_GEV, MUON_MASS_GEV
from twins.kinematics import isotropic_decay
from twins.scratch import row, scratch, vectors
from twins.spectrometer import reconstruct

Z1, AXIS = 183.508, (0.003, -0.022)
OUTPUT = ("RXV", "RYV", "RZV", "CDA", "MASS", "ZTAX", "CDATAX")
Tracks = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def compiled(tracks: Tracks, m1: float, m2: float) -> dict[str, np.ndarray]:
    position, slope, momentum = tracks
    n = len(momentum[0])
    rows = {}
    for k in (0, 1):
        rows |= {f"HX{k + 1}": position[k][:, 0], f"HY{k + 1}": position[k][:, 1]}
        rows |= {f"SX{k + 1}": slope[k][:, 0], f"SY{k + 1}": slope[k][:, 1], f"RP{k + 1}": momentum[k]}
    s = scratch(**rows)
    vertex_and_pointing(s, n, Z1, *AXIS)
    invariant_mass(s, n, m1, m2)
    return {name: row(s, name, n) for name in OUTPUT}


def random_tracks(seed: int, opening: float) -> Tracks:
    """Skew tracks: slopes of size ``opening``, some millimetres apart where they come closest."""
    rng = np.random.default_rng(seed)
    vertex_z = rng.uniform(100, 183, BLOCK)
    vertex = rng.normal(0, 0.2, (BLOCK, 2))
    common = rng.normal(0, 3e-3, (BLOCK, 2))
    slope = tuple(common + rng.normal(0, opening, (BLOCK, 2)) for _ in range(2))
    position = tuple(vertex + t * (Z1 - vertex_z)[:, None] + rng.normal(0, 1e-3, (BLOCK, 2)) for t in slope)
    return position, slope, tuple(10.0 ** rng.uniform(1, 2.3, (2, BLOCK)))


@pytest.mark.parametrize(("m1", "m2"), [(ELECTRON_MASS_GEV,) * 2, (MUON_MASS_GEV,) * 2, (0.13957, 0.49368)])
@pytest.mark.parametrize("opening", [1e-3, 5e-3, 5e-2])
def test_against_least_squares_and_four_vectors(opening: float, m1: float, m2: float) -> None:
    tracks = random_tracks(1, opening)
    expected = reconstruct(Z1, *tracks, (m1, m2), AXIS)
    got = compiled(tracks, m1, m2)
    # the point of closest approach is known to (rounding of positions)/(opening angle): 1e-16/1e-3 m at best,
    # and worse by a factor for the few pairs that are nearly parallel
    for name in ("RXV", "RYV", "CDA", "CDATAX"):
        assert_allclose(got[name], expected[name], rtol=1e-9, atol=1e-11, err_msg=name)
    for name in ("RZV", "ZTAX", "MASS"):
        assert_allclose(got[name], expected[name], rtol=1e-9, err_msg=name)


@pytest.mark.parametrize(
    ("mass", "m"), [(0.02, ELECTRON_MASS_GEV), (0.3, MUON_MASS_GEV), (1.0, MUON_MASS_GEV)]
)
@pytest.mark.parametrize("energy", [30.0, 300.0])
def test_perfect_tracks_give_back_the_truth(mass: float, m: float, energy: float) -> None:
    """Down to openings of 0.1 mrad the vertex is exact: no difference of nearly equal products."""
    rng = np.random.default_rng(2)
    origin = np.column_stack([*(rng.normal(a, 0.006, BLOCK) for a in AXIS), np.full(BLOCK, 23.2)])
    direction = np.column_stack([rng.normal(0, 2e-3, (BLOCK, 2)), np.ones(BLOCK)])
    vertex = origin + direction * rng.uniform(80, 160, BLOCK)[:, None]
    momentum = energy * direction / np.linalg.norm(direction, axis=1, keepdims=True)
    daughters = [p4[:, 1:] for p4 in isotropic_decay(rng, momentum, (mass, m, m))]
    # a daughter at rest or backwards in the laboratory is never seen
    forward = np.all([p[:, 2] > 0.05 * energy for p in daughters], axis=0)
    vertex, direction, origin = vertex[forward], direction[forward], origin[forward]
    daughters = [p[forward] for p in daughters]
    slope = tuple(p[:, :2] / p[:, 2:] for p in daughters)
    position = tuple(vertex[:, :2] + t * (Z1 - vertex[:, 2:]) for t in slope)
    got = compiled((position, slope, tuple(np.linalg.norm(p, axis=1) for p in daughters)), m, m)

    # slopes and positions are rounded to 1e-16; the lever over the opening angle magnifies that
    tolerance = 1e-13 / np.linalg.norm(slope[0] - slope[1], axis=1)
    for name, truth in zip(("RXV", "RYV", "RZV"), vertex.T, strict=True):
        assert np.all(np.abs(got[name] - truth) < tolerance), name
    assert_allclose(got["MASS"], mass, rtol=1e-8)
    assert np.abs(got["CDA"]).max() < 1e-11
    # the line of flight, extended back, meets the axis where the parent's line does
    flight, offset = direction[:, :2], np.array(AXIS) - origin[:, :2]
    back = np.sum(offset * flight, axis=1) / np.sum(flight**2, axis=1)
    clear = np.linalg.norm(flight, axis=1) > 3e-4
    assert_allclose(got["ZTAX"][clear], (origin[:, 2] + back)[clear], rtol=0, atol=1e-4)
    across = offset[:, 0] * flight[:, 1] - offset[:, 1] * flight[:, 0]
    distance = np.abs(across) / np.linalg.norm(flight, axis=1)
    assert_allclose(got["CDATAX"][clear], distance[clear], rtol=0, atol=1e-7)


def test_crossing_tracks_by_hand() -> None:
    """Tracks of slopes +-1 mrad in x, 2 mm apart in y, met at 150 m; 30 and 60 GeV muons."""
    lever = Z1 - 150.0
    position = (np.array([[0.1 + 1e-3 * lever, 0.201]]), np.array([[0.1 - 1e-3 * lever, 0.199]]))
    slope = (np.array([[1e-3, 0.0]]), np.array([[-1e-3, 0.0]]))
    got = compiled((position, slope, (np.array([30.0]), np.array([60.0]))), MUON_MASS_GEV, MUON_MASS_GEV)
    assert_allclose(
        [got[name][0] for name in ("RXV", "RYV", "RZV", "CDA")], [0.1, 0.2, 150.0, 0.002], rtol=1e-9
    )
    # m^2 = 2 m_mu^2 + 2 (E1 E2 - p1 p2 cos(2 mrad))
    e1, e2 = np.hypot(30.0, MUON_MASS_GEV), np.hypot(60.0, MUON_MASS_GEV)
    mass2 = 2 * MUON_MASS_GEV**2 + 2 * (e1 * e2 - 1800 * np.cos(2 * np.arctan(1e-3)))
    assert_allclose(got["MASS"][0], np.sqrt(mass2), rtol=1e-9)
    # total slope -1/3 mrad in x: x = 0.003 (axis) at 97 mm/(1/3 mrad) = 291 m behind the vertex
    assert_allclose(got["ZTAX"][0], 150.0 + 0.097 * 3000, rtol=1e-9)
    assert_allclose(got["CDATAX"][0], 0.222, rtol=1e-9)


def test_exchange_of_the_tracks_changes_nothing() -> None:
    tracks = random_tracks(3, 2e-3)
    swapped = tuple((b, a) for a, b in tracks)
    one, other = compiled(tracks, 0.1, 0.4), compiled(swapped, 0.4, 0.1)
    for name in OUTPUT:
        assert_allclose(one[name], other[name], rtol=1e-10, atol=1e-13)


def test_scratch_rows_of_the_tracks_are_kept() -> None:
    tracks = random_tracks(4, 2e-3)
    (h1, _), (t1, _), (p1, p2) = tracks
    s = scratch(
        HX1=h1[:, 0], HY1=h1[:, 1], SX1=t1[:, 0], SY1=t1[:, 1], RP1=p1, RP2=p2,
        HX2=h1[:, 0], HY2=h1[:, 1] + 0.1, SX2=-t1[:, 0], SY2=t1[:, 1],
    )  # fmt: skip
    vertex_and_pointing(s, BLOCK, Z1, *AXIS)
    invariant_mass(s, BLOCK, 0.1, 0.1)
    assert np.array_equal(vectors(s, "HX1 HY1 SX1 SY1 RP1"), np.column_stack([h1, t1, p1]))

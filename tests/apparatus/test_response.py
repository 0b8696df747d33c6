"""Smearing: the same deviates in NumPy, and the covariance of the picture of two chambers and scattering."""

import numpy as np
from numpy.testing import assert_allclose

from feebly.apparatus.response import smear_tracks
from feebly.core.block import BLOCK
from twins.channels import na62
from twins.scratch import put, row, scratch, vectors
from twins.spectrometer import measure

Z1, Z2 = 183.508, 194.066
HIT, SCATTERING, CONSTANT, PER_GEV = 130e-6, 0.6e-3, 0.003, 5e-5


def smear(vertex: np.ndarray, momenta: tuple[np.ndarray, np.ndarray], deviates: np.ndarray) -> np.ndarray:
    n = len(vertex)
    s = scratch()
    for name, values in zip(("XV", "YV", "ZV"), vertex.T, strict=True):
        put(s, name, values)
    for k, p in enumerate(momenta, 1):
        put(s, f"MOM{k}", np.linalg.norm(p, axis=1))
        put(s, f"TX{k}", p[:, 0] / p[:, 2])
        put(s, f"TY{k}", p[:, 1] / p[:, 2])
    for k, g in enumerate(deviates):
        put(s, f"G{k}", g)
    smear_tracks(s, n, Z1, Z2, HIT, SCATTERING, CONSTANT, PER_GEV)
    return s


def random_event(seed: int) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(seed)
    vertex = np.column_stack([rng.normal(0, 0.2, (BLOCK, 2)), rng.uniform(100, 183, BLOCK)])
    p = 10.0 ** rng.uniform(1, 2.3, (2, BLOCK))
    slopes = rng.normal(0, 3e-3, (2, BLOCK, 2))
    pz = p / np.sqrt(1 + np.sum(slopes**2, axis=2))
    return vertex, tuple(np.column_stack([t * z[:, None], z]) for t, z in zip(slopes, pz, strict=True))


def test_no_deviates_no_smearing() -> None:
    vertex, momenta = random_event(1)
    s = smear(vertex, momenta, np.zeros((10, BLOCK)))
    for k, p in enumerate(momenta, 1):
        slope = p[:, :2] / p[:, 2:]
        assert_allclose(vectors(s, f"SX{k} SY{k}"), slope, rtol=1e-12)
        at_chamber = vertex[:, :2] + slope * (Z1 - vertex[:, 2:])
        assert_allclose(vectors(s, f"HX{k} HY{k}"), at_chamber, rtol=1e-10, atol=1e-14)
        assert_allclose(row(s, f"RP{k}"), np.linalg.norm(p, axis=1), rtol=1e-13)


def test_the_same_deviates() -> None:
    """Position, its share of the slope, the rest of the slope, momentum: deviates 0-3 and 8, 4-7 and 9."""
    vertex, momenta = random_event(2)
    g = np.random.default_rng(2).normal(size=(10, BLOCK))
    s = smear(vertex, momenta, g)
    for k, (p, own, g_p) in enumerate(zip(momenta, (g[:4], g[4:8]), g[8:], strict=True), 1):
        size = np.linalg.norm(p, axis=1)
        slope = p[:, :2] / p[:, 2:]
        hit = HIT * own[:2].T
        turn = np.hypot(HIT / (Z2 - Z1), SCATTERING / size)[:, None] * own[2:].T
        at_chamber = vertex[:, :2] + slope * (Z1 - vertex[:, 2:])
        assert_allclose(vectors(s, f"HX{k} HY{k}"), at_chamber + hit, rtol=1e-10, atol=1e-14)
        assert_allclose(vectors(s, f"SX{k} SY{k}"), slope - hit / (Z2 - Z1) + turn, rtol=1e-10, atol=1e-15)
        assert_allclose(row(s, f"RP{k}"), size * (1 + np.hypot(CONSTANT, PER_GEV * size) * g_p), rtol=1e-12)


def repeated(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Measured (x, y, slopes, momentum) of both tracks of one event, many times: compiled and twin."""
    rng = np.random.default_rng(seed)
    vertex = np.tile([0.05, -0.1, 140.0], (BLOCK, 1))
    momenta = tuple(np.tile(p, (BLOCK, 1)) for p in ([0.03, 0.1, 20.0], [-0.1, 0.05, 80.0]))
    compiled, twin = [], []
    for _ in range(60):
        s = smear(vertex, momenta, rng.normal(size=(10, BLOCK)))
        compiled.append(vectors(s, "HX1 HY1 SX1 SY1 RP1 HX2 HY2 SX2 SY2 RP2"))
        sides = [measure(rng, na62().tracking, vertex, p) for p in momenta]
        twin.append(np.column_stack([x for side in sides for x in side]))
    return np.concatenate(compiled), np.concatenate(twin)


def test_covariance_is_that_of_two_chambers_and_scattering() -> None:
    compiled, twin = repeated(3)
    length, n = Z2 - Z1, len(compiled)
    expected = np.zeros((10, 10))
    for first, p in ((0, np.sqrt(0.03**2 + 0.1**2 + 400)), (5, np.sqrt(0.1**2 + 0.05**2 + 6400))):
        for x in (first, first + 1):
            slope = x + 2
            expected[x, x] = HIT**2
            expected[x, slope] = expected[slope, x] = -(HIT**2) / length
            expected[slope, slope] = 2 * (HIT / length) ** 2 + (SCATTERING / p) ** 2
        expected[first + 4, first + 4] = p**2 * (CONSTANT**2 + (PER_GEV * p) ** 2)
    sigma = np.sqrt(np.diag(expected))
    for sample in (compiled, twin):
        # a sample covariance of Gaussian numbers varies by at most sqrt(2/n) sigma_i sigma_j
        difference = (np.cov(sample.T) - expected) / np.outer(sigma, sigma)
        assert np.abs(difference).max() < 5 * np.sqrt(2 / n)
    shift = (compiled.mean(axis=0) - twin.mean(axis=0)) / sigma
    assert np.abs(shift).max() < 5 * np.sqrt(2 / n)

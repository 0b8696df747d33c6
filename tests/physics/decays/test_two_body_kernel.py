"""Isotropic two-body decay: conservation laws, and a twin that rotates and boosts with matrices."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from feebly.core.block import BLOCK
from feebly.core.constants import ELECTRON_MASS_GEV, MUON_MASS_GEV
from feebly.physics.decays.two_body import two_body
from twins.kinematics import (
    boost,
    breakup_momentum_gev,
    four_vector,
    invariant_mass_gev,
    rotation_from_z,
    unit_vectors,
)
from twins.scratch import scratch, vectors

DECAYS = [
    (0.02, ELECTRON_MASS_GEV, ELECTRON_MASS_GEV),
    (0.2114, MUON_MASS_GEV, MUON_MASS_GEV),  # 0.04% above threshold
    (1.5, MUON_MASS_GEV, MUON_MASS_GEV),
    (1.2, 0.13957, 0.49368),
    (1.2, 0.49368, 0.13957),
]


def decayed(mass: float, m1: float, m2: float, seed: int, spread: float = 3e-3) -> tuple[np.ndarray, ...]:
    """Parent momenta (n, 3), their uniform numbers (2, n), momenta of the two daughters."""
    rng = np.random.default_rng(seed)
    direction = np.column_stack([rng.normal(0, spread, (BLOCK, 2)), np.ones(BLOCK)])
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    p = 10.0 ** rng.uniform(0, 2.6, BLOCK)
    u = rng.uniform(size=(2, BLOCK))
    n = dict(zip(("NX", "NY", "NZ"), direction.T, strict=True))
    s = scratch(P=p, E=np.hypot(p, mass), U_DECAY_COS=u[0], U_DECAY_PHI=u[1], **n)
    two_body(s, BLOCK, mass, m1, m2)
    return direction * p[:, None], u, vectors(s, "PX1 PY1 PZ1"), vectors(s, "PX2 PY2 PZ2")


@pytest.mark.parametrize(("mass", "m1", "m2"), DECAYS)
def test_four_momentum_is_conserved(mass: float, m1: float, m2: float) -> None:
    parent, _, first, second = decayed(mass, m1, m2, seed=1)
    total = four_vector(first, m1) + four_vector(second, m2)
    assert_allclose(total, four_vector(parent, mass), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("mass", "m1", "m2"), DECAYS)
def test_invariant_mass_of_the_daughters(mass: float, m1: float, m2: float) -> None:
    _, _, first, second = decayed(mass, m1, m2, seed=2)
    wide = [p.astype(np.longdouble) for p in (first, second)]
    total = sum(
        np.column_stack([np.sqrt(np.sum(p**2, axis=1) + np.longdouble(m) ** 2), p])
        for p, m in zip(wide, (m1, m2), strict=True)
    )
    # momenta are rounded to 1e-16 of up to 400 GeV: (p/m)^2 times that remains in m^2
    momentum = np.linalg.norm(first + second, axis=1)
    error = np.abs(invariant_mass_gev(total) / mass - 1)
    assert np.all(error < 1e-14 + 1e-15 * (momentum / mass) ** 2)


@pytest.mark.parametrize(("mass", "m1", "m2"), DECAYS)
@pytest.mark.parametrize("spread", [3e-3, 1.0])  # along the beam, and in half of all directions
def test_against_rotation_and_boost_matrices(mass: float, m1: float, m2: float, spread: float) -> None:
    parent, u, first, second = decayed(mass, m1, m2, 3, spread)
    axis = parent / np.linalg.norm(parent, axis=1, keepdims=True)
    star = breakup_momentum_gev(mass, m1, m2) * unit_vectors(2 * u[0] - 1, 2 * np.pi * u[1])
    star = np.einsum("nij,nj->ni", rotation_from_z(axis), star)
    # near threshold the expanded Kallen function of the twin loses four digits of p*
    rtol = 1e-8 if mass < 0.212 else 1e-10
    scale = np.linalg.norm(parent, axis=1, keepdims=True)
    for got, p4 in ((first, four_vector(star, m1)), (second, four_vector(-star, m2))):
        expected = boost(p4, parent, mass)[:, 1:]
        assert_allclose(got / scale, expected / scale, rtol=rtol, atol=1e-13)


def test_isotropic_in_the_rest_frame() -> None:
    mass, m1, m2 = 1.2, 0.13957, 0.49368
    cos, phi = [], []
    for seed in range(40):
        parent, _, first, _ = decayed(mass, m1, m2, 100 + seed, spread=0.5)
        star = boost(four_vector(first, m1), -parent, mass)[:, 1:]
        star /= np.linalg.norm(star, axis=1, keepdims=True)
        cos.append(star[:, 2])  # about the beam, not about the flight: any axis will do
        phi.append(np.arctan2(star[:, 1], star[:, 0]))
    assert stats.kstest(np.concatenate(cos), "uniform", args=(-1, 2)).pvalue > 1e-4
    assert stats.kstest(np.concatenate(phi), "uniform", args=(-np.pi, 2 * np.pi)).pvalue > 1e-4


def test_first_daughter_goes_forward_for_large_u3() -> None:
    """U_DECAY_COS = (1 + cos theta*)/2 of the first, positive daughter about the direction of flight."""
    parent, u, first, second = decayed(1.0, MUON_MASS_GEV, MUON_MASS_GEV, 4)
    faster = np.linalg.norm(first, axis=1) > np.linalg.norm(second, axis=1)
    assert np.array_equal(faster, u[0] > 0.5)
    star = boost(four_vector(first, MUON_MASS_GEV), -parent, 1.0)[:, 1:]
    along = np.sum(star * parent, axis=1) / np.linalg.norm(parent, axis=1)
    assert_allclose(along / breakup_momentum_gev(1.0, MUON_MASS_GEV, MUON_MASS_GEV), 2 * u[0] - 1, atol=1e-9)

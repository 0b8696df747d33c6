"""Compiled decays to three and four bodies: momenta, masses, uniform phase space, photons of mesons."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from feebly.core.block import BLOCK, ROWS
from feebly.core.constants import ETA_MASS_GEV, KAON_MASS_GEV, PION0_MASS_GEV, PION_MASS_GEV
from feebly.physics.decays.matrix_elements import norm
from feebly.physics.decays.sequential import photon_pair, sequential
from twins import many_bodies as twin
from twins.kinematics import boost, four_vector, invariant_mass_gev
from twins.scratch import row, scratch, vectors

NAMES = ("PX1 PY1 PZ1", "PX2 PY2 PZ2", "QX1 QY1 QZ1", "QX2 QY2 QZ2")
UNIFORMS = ("U_DECAY_COS", "U_DECAY_PHI", "U_BODY1", "U_BODY2", "U_BODY3", "U_BODY4", "U_FREE1", "U_FREE2")
CASES = [
    (1.1, (PION_MASS_GEV, PION_MASS_GEV, PION0_MASS_GEV)),
    (0.9, (PION_MASS_GEV, PION_MASS_GEV, ETA_MASS_GEV)),
    (1.4, (KAON_MASS_GEV, PION_MASS_GEV, PION0_MASS_GEV, PION0_MASS_GEV)),
]


def rows(names: str) -> tuple[int, ...]:
    return tuple(ROWS[name] for name in names.split())


@cache
def compiled(bodies: int) -> Any:
    return sequential([rows(names) for names in NAMES[:bodies]])


def parents(rng: np.random.Generator, mass: float) -> np.ndarray:
    p = 10.0 ** rng.uniform(0, 2.3, BLOCK)
    direction = np.column_stack([rng.normal(0, 0.1, (BLOCK, 2)), np.ones(BLOCK)])
    return four_vector(direction / np.linalg.norm(direction, axis=1, keepdims=True) * p[:, None], mass)


def decays(mass: float, masses: tuple[float, ...], seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Parents (n, 4), bodies (n, bodies, 4) and weights of one block."""
    rng = np.random.default_rng(seed)
    p4 = parents(rng, mass)
    p = np.linalg.norm(p4[:, 1:], axis=1)
    s = scratch(WEIGHT=np.ones(BLOCK), E=p4[:, 0], P=p, NX=p4[:, 1] / p, NY=p4[:, 2] / p, NZ=p4[:, 3] / p)
    for name in UNIFORMS:
        s[ROWS[name] : ROWS[name] + BLOCK] = rng.uniform(size=BLOCK)
    compiled(len(masses))(s, BLOCK, mass, *(*masses, 0.0)[:4], 1 / norm("flat", mass, masses))
    bodies = [four_vector(vectors(s, names), m) for names, m in zip(NAMES, masses, strict=False)]
    return p4, np.stack(bodies, axis=1), row(s, "WEIGHT")


@pytest.mark.parametrize(("mass", "masses"), CASES)
def test_momentum_and_energy_are_kept(mass: float, masses: tuple[float, ...]) -> None:
    parent, bodies, weight = decays(mass, masses, 1)
    assert_allclose(bodies.sum(axis=1), parent, rtol=1e-9, atol=1e-9)
    assert np.all(weight >= 0)


@pytest.mark.parametrize(("mass", "masses"), CASES)
def test_phase_space_is_that_of_another_generator(mass: float, masses: tuple[float, ...]) -> None:
    """Pair masses and energies in the rest frame, by weighted means; the mean weight is one."""
    samples = [decays(mass, masses, seed) for seed in range(60)]
    parent, bodies, weight = (np.concatenate(part) for part in zip(*samples, strict=True))
    rest = np.stack([boost(bodies[:, k], -parent[:, 1:], mass) for k in range(len(masses))], axis=1)
    other, other_weight = twin.genbod(np.random.default_rng(9), mass, masses, 60_000)
    assert abs(weight.mean() - 1) < 4.5 * weight.std() / np.sqrt(weight.size)
    for a in range(len(masses)):
        for b in range(a):
            values = [invariant_mass_gev(p4[:, a] + p4[:, b]) for p4 in (rest, other)]
            assert abs(_pull(values[0], weight, values[1], other_weight)) < 4.5
        # isotropic in the rest frame
        cos = rest[:, a, 3] / np.linalg.norm(rest[:, a, 1:], axis=1)
        assert abs(np.average(cos, weights=weight)) < 4.5 / np.sqrt(weight.size / 2)
        assert abs(np.average(cos**2, weights=weight) - 1 / 3) < 4.5 * 0.5 / np.sqrt(weight.size / 2)


def _pull(x: np.ndarray, wx: np.ndarray, y: np.ndarray, wy: np.ndarray) -> float:
    """Difference of weighted means over its error."""
    means, errors = [], []
    for values, w in ((x, wx), (y, wy)):
        mean = np.average(values, weights=w)
        means.append(mean)
        errors.append(np.sqrt(np.sum((w * (values - mean)) ** 2)) / w.sum())
    return float((means[0] - means[1]) / np.hypot(*errors))


def test_photons_of_a_meson() -> None:
    rng = np.random.default_rng(2)
    meson = parents(rng, ETA_MASS_GEV)
    s = scratch(QX1=meson[:, 1], QY1=meson[:, 2], QZ1=meson[:, 3])
    s[ROWS["U_FREE1"] : ROWS["U_FREE1"] + BLOCK] = cosines = rng.uniform(size=BLOCK)
    s[ROWS["U_FREE2"] : ROWS["U_FREE2"] + BLOCK] = rng.uniform(size=BLOCK)
    pair = (rows("KX1 KY1 KZ1"), rows("KX2 KY2 KZ2"))
    photon_pair(1, rows(NAMES[2]), *pair, ROWS["U_FREE1"], ROWS["U_FREE2"])(s, BLOCK, (0.1, ETA_MASS_GEV))
    photons = [four_vector(vectors(s, names), 0.0) for names in ("KX1 KY1 KZ1", "KX2 KY2 KZ2")]
    assert_allclose(photons[0] + photons[1], meson, rtol=1e-9, atol=1e-9)
    star = boost(photons[0], -meson[:, 1:], ETA_MASS_GEV)
    assert_allclose(star[:, 0], ETA_MASS_GEV / 2, rtol=1e-6)
    along = np.sum(star[:, 1:] * meson[:, 1:], axis=1) / star[:, 0] / np.linalg.norm(meson[:, 1:], axis=1)
    assert_allclose(along, 2 * cosines - 1, atol=1e-5)
    assert stats.kstest(along, "uniform", (-1, 2)).pvalue > 1e-4

"""Decay angle of polarised vectors: closed forms, sum rules, and four-vectors of the whole decay."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.block import BLOCK
from feebly.core.constants import MUON_MASS_GEV, PROTON_MASS_GEV
from feebly.core.interfaces import BremsstrahlungSampling
from feebly.physics.decays.polarisation import transverse_anisotropy
from feebly.physics.decays.polarised_weights import polarise, polarise_bremsstrahlung, polarise_meson_decay
from feebly.physics.production.bremsstrahlung import Bremsstrahlung
from twins.forward import longitudinal_share
from twins.kinematics import boost, breakup_momentum_gev, four_vector, isotropic, unit_vectors
from twins.scratch import row, scratch

COS = np.linspace(-1, 1, 101)


def shape(final_state: str, m: float, cos: np.ndarray, share: float = 1.0) -> np.ndarray:
    return 1 + share * transverse_anisotropy(final_state, m) * (cos**2 - 1 / 3)


@given(m=st.floats(np.log(0.2114), np.log(2.0)).map(np.exp))
def test_muons_of_a_transverse_and_a_longitudinal_vector(m: float) -> None:
    # 1 + cos² + r sin² and sin² + r cos² (vector current, r = 4 m_f²/m²)
    r = (2 * MUON_MASS_GEV / m) ** 2
    transverse, longitudinal = 1 + COS**2 + r * (1 - COS**2), 1 - COS**2 + r * COS**2
    assert_allclose(shape("mumu", m, COS), transverse / ((4 + 2 * r) / 3), rtol=1e-9)
    assert_allclose(shape("mumu", m, COS, -2.0), longitudinal / ((2 + r) / 3), rtol=1e-9, atol=1e-12)


def test_pions_of_a_transverse_and_a_longitudinal_vector() -> None:
    assert_allclose(shape("pipi", 0.6, COS), 1.5 * (1 - COS**2), atol=1e-12)
    assert_allclose(shape("pipi", 0.6, COS, -2.0), 3 * COS**2, atol=1e-12)


def test_heavy_fermions_at_rest_know_no_direction() -> None:
    assert_allclose(transverse_anisotropy("mumu", 2 * MUON_MASS_GEV), 0.0, atol=1e-12)


@pytest.mark.parametrize("kappa", [0.75, -1.5, 3.0])
def test_weights_leave_the_rate_as_it_is(kappa: float) -> None:
    u = (np.arange(BLOCK) + 0.5) / BLOCK
    s = scratch(U_DECAY_COS=u, WEIGHT=np.full(BLOCK, 2.0))
    polarise(s, BLOCK, kappa)
    assert_allclose(row(s, "WEIGHT"), 2 + 2 * kappa * ((2 * u - 1) ** 2 - 1 / 3), rtol=1e-9)
    assert_allclose(row(s, "WEIGHT").mean(), 2.0, rtol=1e-4)


@pytest.mark.parametrize("mass", [0.05, 0.3, 1.0])
def test_shares_of_bremsstrahlung(mass: float) -> None:
    """kappa (1 - 3 f_L), f_L the share of the longitudinal part in the F1 term of 2409.09123."""
    rng = np.random.default_rng(2)
    sampling: BremsstrahlungSampling = Bremsstrahlung().sampling()
    z, theta, u = rng.uniform(0.1, 0.9, BLOCK), rng.uniform(0, 4e-3, BLOCK), rng.uniform(size=BLOCK)
    p = z * sampling.beam_momentum_gev
    s = scratch(P=p, NZ=np.cos(theta), U_DECAY_COS=u, WEIGHT=np.ones(BLOCK))
    polarise_bremsstrahlung(s, BLOCK, mass, sampling.beam_momentum_gev, PROTON_MASS_GEV, 0.75)
    share = longitudinal_share(sampling, mass, p[:, None] * unit_vectors(np.cos(theta), 0.0))
    assert 0 < share.min() < share.max() < 1
    expected = 1 + 0.75 * (1 - 3 * share) * ((2 * u - 1) ** 2 - 1 / 3)
    assert_allclose(row(s, "WEIGHT"), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("parent", "recoil", "mass"), [(0.547862, 0.0, 0.1), (0.78266, 0.1349768, 0.6), (0.1349768, 0.0, 0.13)]
)
def test_transverse_in_the_frame_of_the_meson(parent: float, recoil: float, mass: float) -> None:
    """The mean over azimuths of 1 + kappa (cos² - 1/3), the angle taken to the meson as X sees it."""
    rng = np.random.default_rng(3)
    n, kappa, cos = 400, 0.75, 0.8
    momenta = rng.uniform(5, 200, n)[:, None] * [[0.0, 0.0, 1.0]]
    star = breakup_momentum_gev(parent, mass, recoil) * isotropic(rng, n)
    fip = boost(four_vector(star, mass), momenta, parent)
    p = np.linalg.norm(fip[:, 1:], axis=1)
    s = scratch(
        P=p,
        E=fip[:, 0],
        U_MADE3=np.log(momenta[:, 2]),
        U_DECAY_COS=np.full(n, (1 + cos) / 2),
        WEIGHT=np.ones(n),
    )
    polarise_meson_decay(s, n, mass, parent, recoil, kappa)
    axis = boost(four_vector(momenta, parent), -fip[:, 1:], mass)[:, 1:]
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    along = np.sum(axis * fip[:, 1:], axis=1) / p
    phi = 2 * np.pi * np.arange(16) / 16
    angle = cos * along[:, None] + np.sqrt((1 - cos**2) * (1 - along[:, None] ** 2)) * np.cos(phi)
    assert along.std() > 0.2  # not merely along the flight
    assert_allclose(row(s, "WEIGHT", n), np.mean(1 + kappa * (angle**2 - 1 / 3), axis=1), rtol=1e-6)

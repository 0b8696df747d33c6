"""K+ -> μ+ ν X and K+ -> μ+ ν ν ν̄: matrix elements against traces of matrices, spectra, rates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.constants import (
    FERMI_GEV_M2,
    HBAR_GEV_S,
    KAON_DECAY_CONSTANT_GEV,
    KAON_MASS_GEV,
    KPLUS_LIFETIME_S,
    MUON_MASS_GEV,
    V_US_KAON,
)
from feebly.core.errors import DomainError
from feebly.physics.kinematics.phase_space import phase_space_volume
from feebly.physics.production.kaon_to_muon_invisible import (
    ELEMENTS,
    LARGEST_MISSING_MASS2_GEV2,
    br_kplus_to_muon_invisible,
    missing_mass_nodes,
    missing_mass_spectrum_gev_m1,
    three_neutrino_spectrum_gev_m1,
)
from feebly.physics.production.kaon_to_muon_scalar import br_kplus_to_muon_scalar

END = KAON_MASS_GEV - MUON_MASS_GEV

# --- traces by matrices: Dirac matrices in the chiral representation, metric (+, -, -, -) ---------------

_PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]], complex)
_ZERO, _ONE = np.zeros((2, 2)), np.eye(2)
GAMMA = np.array(
    [np.block([[_ZERO, _ONE], [_ONE, _ZERO]])] + [np.block([[_ZERO, s], [-s, _ZERO]]) for s in _PAULI]
)
GAMMA5 = 1j * GAMMA[0] @ GAMMA[1] @ GAMMA[2] @ GAMMA[3]
METRIC = np.diag([1.0, -1.0, -1.0, -1.0])


def slash(p):
    return np.einsum("m,mn,nab->ab", p, METRIC, GAMMA)


def conjugate(a):
    return GAMMA[0] @ a.conj().T @ GAMMA[0]


def dot(a, b):
    return a @ METRIC @ b


def kinematics(q2_share, cos, mass):
    """k, p, q in the rest frame of the kaon, of Q² at a share of its range and an angle of the muon."""
    low, high = (MUON_MASS_GEV + mass) ** 2, KAON_MASS_GEV**2
    q2 = low + q2_share * (high - low)
    energy = (KAON_MASS_GEV**2 - q2) / (2 * KAON_MASS_GEV)
    k = np.array([energy, 0, 0, -energy])
    root = np.sqrt(q2)
    e_mu = (q2 + MUON_MASS_GEV**2 - mass**2) / (2 * root)
    p_mu = np.sqrt(e_mu**2 - MUON_MASS_GEV**2)
    gamma, beta_gamma = np.hypot(energy, root) / root, energy / root
    sin = np.sqrt(1 - cos**2)

    def boosted(e, side):
        along = side * p_mu * cos
        return np.array(
            [gamma * e + beta_gamma * along, side * p_mu * sin, 0, gamma * along + beta_gamma * e]
        )

    return k, boosted(e_mu, 1), boosted(root - e_mu, -1)


def summed_squares(spin, k, p, q):
    """Σ|M|²/g² from the two diagrams as they are drawn: vertex of the kaon, propagator, vertex of X."""
    constant = FERMI_GEV_M2 * V_US_KAON * KAON_DECAY_CONSTANT_GEV / np.sqrt(2)
    kaon, big_q, w = k + p + q, p + q, k + q
    weak = constant * slash(kaon) @ (np.eye(4) - GAMMA5)
    muon = (-slash(big_q) + MUON_MASS_GEV * np.eye(4)) / (dot(big_q, big_q) - MUON_MASS_GEV**2)
    neutrino = slash(w) / dot(w, w)
    if spin == "scalar":
        amplitudes, signs = [weak @ muon], [1.0]
    else:
        amplitudes = [weak @ muon @ g + g @ neutrino @ weak for g in GAMMA]
        signs = -np.diag(METRIC)  # -g_{αβ}: the current is conserved
    spins = slash(p) - MUON_MASS_GEV * np.eye(4)
    squares = [np.trace(slash(k) @ a @ spins @ conjugate(a)).real for a in amplitudes]
    return float(np.dot(signs, squares))


@given(
    spin=st.sampled_from(["scalar", "vector"]),
    share=st.floats(0.02, 0.98),
    cos=st.floats(-0.99, 0.99),
    mass=st.floats(np.log(0.005), np.log(0.38)).map(np.exp),
)
def test_elements_are_the_traces_of_the_diagrams(spin, share, cos, mass):
    k, p, q = kinematics(share, cos, mass)
    q2, w2 = dot(p + q, p + q), dot(k + q, k + q)
    assert_allclose(ELEMENTS[spin](q2, w2, mass), summed_squares(spin, k, p, q), rtol=1e-6)


def test_the_current_of_the_vector_is_conserved():
    """With q in place of its polarisation the two diagrams cancel: nothing grows like 1/m_X²."""
    k, p, q = kinematics(0.4, 0.3, 0.1)
    kaon, big_q, w = k + p + q, p + q, k + q
    weak = slash(kaon) @ (np.eye(4) - GAMMA5)
    muon = (
        weak @ (-slash(big_q) + MUON_MASS_GEV * np.eye(4)) @ slash(q) / (dot(big_q, big_q) - MUON_MASS_GEV**2)
    )
    neutrino = slash(q) @ slash(w) @ weak / dot(w, w)
    spins = slash(p) - MUON_MASS_GEV * np.eye(4)  # projects on what acts on the spinors alone
    assert np.abs(slash(k) @ muon @ spins).max() > 1e-6
    assert_allclose(slash(k) @ (muon + neutrino) @ spins, 0, atol=1e-12)


def test_soft_vectors_are_radiated_by_two_charges():
    """Σ|M|² -> |M(K -> μν)|² [2 k·p/(k·q p·q) - m²/(p·q)²] of a soft X, |M|² = 4c² (m_K² - m²) m²."""
    mass = 1e-7
    k, p, q = kinematics(1e-4, 0.2, mass)
    munu = 2 * (FERMI_GEV_M2 * V_US_KAON * KAON_DECAY_CONSTANT_GEV * MUON_MASS_GEV) ** 2
    munu *= KAON_MASS_GEV**2 - MUON_MASS_GEV**2
    eikonal = 2 * dot(k, p) / (dot(k, q) * dot(p, q)) - MUON_MASS_GEV**2 / dot(p, q) ** 2
    found = ELEMENTS["vector"](dot(p + q, p + q), dot(k + q, k + q), mass)
    assert_allclose(found, munu * eikonal, rtol=0.01)


@pytest.mark.parametrize("mass", [0.01, 0.05, 0.1, 0.2, 0.3, 0.37])
def test_scalars_have_the_rate_by_the_other_invariant(mass):
    """∫dΓ/dW² here is ∫dΓ/dQ² there."""
    assert_allclose(br_kplus_to_muon_invisible(mass, "scalar"), br_kplus_to_muon_scalar(mass), rtol=1e-7)


@pytest.mark.parametrize("spin", ["scalar", "vector"])
def test_spectra_lie_between_the_mass_of_x_and_the_endpoint(spin):
    """Largest missing mass: m_K - m_μ = 388.02 MeV."""
    assert_allclose(1e3 * np.sqrt(LARGEST_MISSING_MASS2_GEV2), 388.02, atol=0.005)
    w2 = np.array(
        [0.0099, 0.0101, 0.1, LARGEST_MISSING_MASS2_GEV2 * 0.9999, LARGEST_MISSING_MASS2_GEV2 * 1.0001]
    )
    found = missing_mass_spectrum_gev_m1(w2, 0.1, spin)
    assert found[0] == found[-1] == 0
    assert np.all(found[1:-1] > 0)
    for mass in (0.0, -0.1, 0.3881, np.nan):
        with pytest.raises(DomainError, match=r"expected one between 0 and m_K - m_mu = 388\.02 MeV"):
            missing_mass_spectrum_gev_m1(w2, mass, spin)


def isotropic(random, n):
    cos, phi = random.uniform(-1, 1, n), random.uniform(0, 2 * np.pi, n)
    sin = np.sqrt(1 - cos**2)
    return np.array([np.ones(n), sin * np.cos(phi), sin * np.sin(phi), cos])


def three_massless(w, n, random):
    """Momenta (4, n) of flat phase space in the rest frame of w: the energy of the third has density x."""
    x = np.sqrt(random.random(n))
    third = x * w / 2 * isotropic(random, n)
    rest = np.array([w, 0, 0, 0])[:, None] - third
    mass = w * np.sqrt(1 - x)
    in_pair = mass / 2 * isotropic(random, n)
    along = np.sum(rest[1:] * in_pair[1:], axis=0)
    energy = (rest[0] * in_pair[0] + along) / mass
    factor = (in_pair[0] + energy) / (rest[0] + mass)
    first = np.vstack([energy, in_pair[1:] + factor * rest[1:]])
    return first, rest - first, third


def test_three_neutrinos_by_simulated_momenta():
    """dΓ/dW² from 512 c²G_F² (k·k_1)(p·k_2) and phase-space volumes, the neutrinos thrown."""
    random = np.random.default_rng(5)
    coupling2 = (FERMI_GEV_M2 * V_US_KAON * KAON_DECAY_CONSTANT_GEV) ** 2 / 2
    for w in (0.1, 0.25, 0.37):
        k, k1, k2 = three_massless(w, 200_000, random)
        e_mu = (KAON_MASS_GEV**2 - w**2 - MUON_MASS_GEV**2) / (2 * w)
        p_mu = np.sqrt(e_mu**2 - MUON_MASS_GEV**2)
        p = np.array([e_mu, 0, 0, p_mu])
        element = np.einsum("mn,mk,kn->n", k, METRIC, k1) * (p @ METRIC @ k2)
        momentum = p_mu * w / KAON_MASS_GEV  # in the rest frame of the kaon
        volume = momentum / (4 * np.pi * KAON_MASS_GEV) * phase_space_volume(w, (0.0, 0.0, 0.0)) / (2 * np.pi)
        expected = 512 * coupling2 * FERMI_GEV_M2**2 * element.mean() * volume / (2 * KAON_MASS_GEV)
        assert_allclose(three_neutrino_spectrum_gev_m1(w**2), expected, rtol=0.01)


def test_contact_of_neutrinos_is_the_square_of_currents():
    """Σ|[ū_k γ^α P_L v_p][ū_1 γ_α P_L v_2]|² = 16 (k·k_1)(p·k_2), by matrices."""
    random = np.random.default_rng(6)
    k, k1, k2, p = (np.append(np.linalg.norm(v), v) for v in random.normal(size=(4, 3)))
    left = (np.eye(4) - GAMMA5) / 2
    total = 0.0
    for a in range(4):
        for b in range(4):
            sign = METRIC[a, a] * METRIC[b, b]
            one = np.trace(slash(k) @ GAMMA[a] @ left @ slash(p) @ conjugate(GAMMA[b] @ left))
            two = np.trace(slash(k1) @ GAMMA[a] @ left @ slash(k2) @ conjugate(GAMMA[b] @ left))
            total += sign * (one * two).real
    assert_allclose(total, 16 * dot(k, k1) * dot(p, k2), rtol=1e-9)


def massless_spinor(p):
    """Left-handed solution of p̸ s = 0: of a neutrino, and of an antilepton without mass."""
    _, _, rows = np.linalg.svd(np.vstack([slash(p), np.eye(4) + GAMMA5]))
    return rows[-1].conj() * np.sqrt(2 * p[0])


@pytest.mark.parametrize("sin2", [0.1, 0.2312])
def test_leading_amplitude_of_three_neutrinos(sin2):
    """Without m_μ: Z on muon, neutrino and kaon (charge and contact) are one contact for any sin²θ_W.

    The diagram with a W on a light lepton takes it away for a pair of ν_e; in units of c 2√2 G_F.
    """
    random = np.random.default_rng(7)
    momenta = [np.append(np.linalg.norm(v), v) for v in random.normal(size=(4, 3))]
    k, p, k1, k2 = momenta
    q, kaon, big_q, w = k1 + k2, sum(momenta), p + k1 + k2, k + k1 + k2
    bar_k, bar_1, anti_p, anti_2 = (
        massless_spinor(k).conj() @ GAMMA[0], massless_spinor(k1).conj() @ GAMMA[0],
        massless_spinor(p), massless_spinor(k2),
    )  # fmt: skip
    left, right = (np.eye(4) - GAMMA5) / 2, (np.eye(4) + GAMMA5) / 2
    pair = METRIC @ np.array([bar_1 @ g @ left @ anti_2 for g in GAMMA])  # index below

    def weak(x):
        return slash(x) @ (2 * left)

    vertex = sum(j * g for j, g in zip(pair, GAMMA, strict=True))
    on_muon = vertex @ ((sin2 - 0.5) * left + sin2 * right)
    muon = bar_k @ weak(kaon) @ -slash(big_q) @ on_muon @ anti_p / dot(big_q, big_q)
    neutrino = bar_k @ (0.5 * vertex @ left) @ slash(w) @ weak(kaon) @ anti_p / dot(w, w)
    charge = (0.5 - sin2) * ((2 * kaon - q) @ pair) / (dot(q, q) - 2 * dot(kaon, q))
    pole = charge * (bar_k @ weak(kaon - q) @ anti_p)
    contact = sin2 * (bar_k @ (vertex @ (2 * left)) @ anti_p)
    expected = 2 * bar_k @ vertex @ left @ anti_p
    assert_allclose(muon + neutrino + pole + contact, expected, rtol=1e-9)

    light = p + k + k2  # electron that becomes μ ν_μ and the antineutrino
    chain = [bar_1 @ weak(kaon) @ -slash(light) @ g @ left @ anti_2 / dot(light, light) for g in GAMMA]
    charged = np.dot(METRIC @ np.array(chain), [bar_k @ g @ left @ anti_p for g in GAMMA])
    assert_allclose(charged, -expected, rtol=1e-9)


def test_rate_of_three_neutrinos_is_of_the_published_order():
    """1.6e-16 with all terms in m_μ (1605.08077, as remembered); the leading one is two thirds of it."""
    w2, weight = missing_mass_nodes(1e-8)
    rate = np.sum(weight * three_neutrino_spectrum_gev_m1(w2)) * KPLUS_LIFETIME_S / HBAR_GEV_S
    assert_allclose(rate, 1.03e-16, rtol=0.01)

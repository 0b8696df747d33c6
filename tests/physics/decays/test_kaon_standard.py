"""Decays of the K+: spectra of the missing mass against rates, sums of energies and Monte Carlo."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.core.constants import (
    ALPHA,
    ELECTRON_MASS_GEV,
    HBAR_GEV_S,
    KAON_MASS_GEV,
    KPLUS_LIFETIME_S,
    MUON_MASS_GEV,
    PION0_MASS_GEV,
    PION_MASS_GEV,
)
from feebly.core.errors import ConfigError
from feebly.physics.decays import kaon_matrix_elements as elements
from feebly.physics.decays import kaon_standard as k
from feebly.physics.decays.kaon_standard import standard_decay, standard_decays
from feebly.physics.formfactors.kaon_pi_gamma_gamma import amplitudes_squared, pion_loop

G8_GEV_M2 = 9.1e-6  # octet coupling that goes with the published ĉ, 2311.01837


def _total(density, ends, n=20001):
    t = (1 - np.cos(np.pi * np.linspace(0, 1, n))) / 2
    q2 = ends[0] + (ends[1] - ends[0]) * t
    return np.sum(density((q2[1:] + q2[:-1]) / 2) * np.diff(q2))


def _mean_energy(density, ends, mass):
    def weighted(q2):
        return density(q2) * (KAON_MASS_GEV**2 + mass**2 - q2) / (2 * KAON_MASS_GEV)

    return _total(weighted, ends) / _total(density, ends)


def test_branching_ratios_make_most_of_the_width():
    total = sum(decay.branching_ratio for tag, decay in standard_decays().items() if tag != "mu-nu-gamma")
    assert_allclose(total, 1.0, atol=2e-3)


@pytest.mark.parametrize("tag", standard_decays())
def test_energies_are_inside_phase_space(tag):
    decay = standard_decay(tag)
    energy = decay.energies_gev(np.linspace(0, 1, 4001))
    assert np.all(np.isfinite(energy))
    assert energy.min() >= decay.track_mass_gev * (1 - 1e-12)
    least = decay.ends_gev2[0] if decay.missing_mass_gev is None else decay.missing_mass_gev**2
    assert_allclose(
        energy.max(), (KAON_MASS_GEV**2 + decay.track_mass_gev**2 - least) / (2 * KAON_MASS_GEV), rtol=1e-12
    )


@pytest.mark.parametrize("tag", standard_decays())
def test_missing_particles_are_those_of_the_decay(tag):
    decay = standard_decay(tag)
    products = decay.decay.split(",")[0].removeprefix("K+ -> ").replace("nubar", "nu").split()
    products.remove({"electron": "e+", "muon": "mu+", "hadron": "pi+"}[decay.particle])
    assert sorted(products) == sorted(decay.missing)
    if decay.density is not None and tag != "pi-gamma-gamma":  # of which only a part is listed
        total = sum(k.MISSING_MASSES_GEV[name] for name in decay.missing)
        assert_allclose(decay.ends_gev2[0], total**2, rtol=1e-12)


@pytest.mark.parametrize(
    ("masses", "slopes"),
    [
        ((PION_MASS_GEV,) * 3, k._CHARGED),
        ((PION0_MASS_GEV, PION0_MASS_GEV, PION_MASS_GEV), k._NEUTRAL),
    ],
)
def test_mean_energies_of_three_pions_add_up(masses, slopes):
    """Each pion as the track in turn: the three spectra come from one matrix element."""
    total = 0.0
    for track in range(3):
        order = [track, *(place for place in range(3) if place != track)]
        m = [masses[place] for place in order]
        density = elements.three_bodies(*m, elements.dalitz(*slopes, odd=order.index(2)))
        total += _mean_energy(density, elements.ends(*m), m[0])
    assert_allclose(total, KAON_MASS_GEV, rtol=1e-5)


def test_odd_pion_of_three_is_softer():
    """g < 0 favours small s_3, a fast π-; the measured mean T of the odd pion is above that of the even."""
    odd = elements.three_bodies(*(PION_MASS_GEV,) * 3, elements.dalitz(*k._CHARGED, odd=0))
    ends = elements.ends(*(PION_MASS_GEV,) * 3)
    even = standard_decay("3pi")
    assert _mean_energy(odd, ends, PION_MASS_GEV) > _mean_energy(even.density, ends, PION_MASS_GEV)


def test_ratio_of_semileptonic_rates():
    """Γ(Kμ3)/Γ(Ke3) = 0.6608 ± 0.0029 with the same form factors (PDG 2024)."""
    rates = [_total(standard_decay(tag).density, standard_decay(tag).ends_gev2) for tag in ("mu3", "e3")]
    assert_allclose(rates[0] / rates[1], 0.6608, atol=0.003)


@pytest.mark.parametrize("lepton", [ELECTRON_MASS_GEV, MUON_MASS_GEV])
def test_semileptonic_element_is_a_contraction_of_four_vectors(lepton):
    """(f_+ (p_K + p_π) + f_- (p_K - p_π))_μ L^μν: from random events of phase space, up to one factor."""
    random = np.random.default_rng(5)
    ratios = []
    for _ in range(200):
        kaon = np.array([KAON_MASS_GEV, 0, 0, 0])
        q = random.uniform(PION0_MASS_GEV * 1.01, (KAON_MASS_GEV - lepton) * 0.99)
        p = float(elements._momentum(KAON_MASS_GEV, lepton, q))
        l4 = np.array([np.hypot(lepton, p), 0, 0, p])
        cos, star = random.uniform(-1, 1), float(elements._momentum(q, PION0_MASS_GEV, 0.0))
        gamma, beta_gamma = np.hypot(q, p) / q, -p / q
        e_star = np.hypot(star, PION0_MASS_GEV)
        pi4 = np.array([gamma * e_star + beta_gamma * star * cos, star * np.sqrt(1 - cos**2), 0,
                        gamma * star * cos + beta_gamma * e_star])  # fmt: skip
        nu4 = kaon - l4 - pi4
        dot = lambda a, b: a[0] * b[0] - a[1:] @ b[1:]  # noqa: E731
        t = dot(kaon - pi4, kaon - pi4)
        x = t / PION_MASS_GEV**2
        plus, zero = 1 + 24.9e-3 * x + 0.8e-3 * x**2, 1 + 13.4e-3 * x
        minus = (zero - plus) * (KAON_MASS_GEV**2 - PION0_MASS_GEV**2) / t
        v = plus * (kaon + pi4) + minus * (kaon - pi4)
        expected = 2 * dot(v, l4) * dot(v, nu4) - dot(v, v) * dot(l4, nu4)
        ratios.append(elements.semileptonic(lepton)(l4[0], pi4[0], nu4[0]) / expected)
    assert_allclose(ratios, ratios[0], rtol=1e-7)


def test_branching_ratio_of_radiative_decays():
    """(6.2 ± 0.8)e-3 was measured for p_μ < 231.5 MeV/c (PDG 2024); above 10 MeV of the photon it is less."""
    decay = standard_decay("mu-nu-gamma")
    assert 3e-3 < decay.branching_ratio < 6.2e-3
    energy = decay.energies_gev(np.linspace(0, 1, 20001))
    assert energy.max() < 0.2582
    soft = elements.three_bodies(MUON_MASS_GEV, 0.0, 0.0, elements.radiative(0.0))
    fastest = np.hypot(0.2315, MUON_MASS_GEV)
    least = KAON_MASS_GEV**2 + MUON_MASS_GEV**2 - 2 * KAON_MASS_GEV * fastest
    share = _total(soft, (least, decay.ends_gev2[1])) / _total(decay.density, decay.ends_gev2)
    assert_allclose(decay.branching_ratio * share, 6.2e-3, atol=0.8e-3)


def test_photon_pairs_have_the_published_rate():
    """Γ = (G_8 α m_K²/π)² m_K/(2¹⁰ π³) ∫ z² √λ (|A|² + |C|²) dz at ĉ = 1.713: 9.61e-7 (2311.01837)."""
    decay = standard_decay("pi-gamma-gamma")
    z0, z1 = (end / KAON_MASS_GEV**2 for end in decay.ends_gev2)
    z = np.linspace(z0, z1, 40001)[1:-1]
    root = 2 * elements._momentum(KAON_MASS_GEV, PION_MASS_GEV, np.sqrt(z) * KAON_MASS_GEV) / KAON_MASS_GEV
    integral = np.trapezoid(z**2 * root * amplitudes_squared(z), z)
    width = (G8_GEV_M2 * ALPHA * KAON_MASS_GEV**2 / np.pi) ** 2 * KAON_MASS_GEV / (2**10 * np.pi**3)
    assert_allclose(width * integral * KPLUS_LIFETIME_S / HBAR_GEV_S, 9.61e-7, rtol=0.02)


def test_share_of_photon_pairs_above_the_cut():
    """0.958 of the decays have z > 0.2 at ĉ = 1.7."""
    decay = standard_decay("pi-gamma-gamma")
    cut = 0.2 * KAON_MASS_GEV**2
    above = _total(decay.density, (cut, decay.ends_gev2[1])) / _total(decay.density, decay.ends_gev2)
    assert_allclose(above, 0.958, atol=0.004)


def test_loop_function():
    """F -> -x/12 for small x, F(4) = 1 - π²/4, and it is continuous there."""
    assert_allclose(pion_loop(1e-3), -1e-3 / 12, rtol=1e-3)
    assert_allclose(pion_loop(4.0), 1 - np.pi**2 / 4, rtol=1e-12)
    assert_allclose(pion_loop(4 * (1 + 1e-10)), pion_loop(4.0), rtol=1e-4)
    assert pion_loop(8.0).imag < 0


def test_flat_four_bodies_by_monte_carlo():
    """Mean energies of the four bodies of flat phase space add up to the kaon."""
    masses = (PION_MASS_GEV, PION_MASS_GEV, ELECTRON_MASS_GEV, 0.0)
    total = 0.0
    for track in range(4):
        others = [m for place, m in enumerate(masses) if place != track]
        density = elements.three_missing(masses[track], *others)
        t = np.linspace(*elements.ends(masses[track], *others), 400)[1:-1]
        weight = density(t)
        energy = (KAON_MASS_GEV**2 + masses[track] ** 2 - t) / (2 * KAON_MASS_GEV)
        total += np.sum(weight * energy) / np.sum(weight)
    assert_allclose(total, KAON_MASS_GEV, rtol=2e-3)


def test_unknown_decay():
    with pytest.raises(ConfigError, match="unknown K\\+ decay 'munu'"):
        standard_decay("munu")

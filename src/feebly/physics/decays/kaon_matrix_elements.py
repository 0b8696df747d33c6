"""Spectra of the missing mass of K+ decays to three and four bodies, from their matrix elements.

Q² is the square of the missing mass: all but the track. Densities are dΓ/dQ² in any unit.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from feebly.core.constants import KAON_MASS_GEV, MUON_MASS_GEV, PION0_MASS_GEV, PION_MASS_GEV
from feebly.core.interfaces import FloatArray
from feebly.physics.formfactors.kaon_pi_gamma_gamma import amplitudes_squared
from feebly.physics.kinematics.phase_space import phase_space_volume
from feebly.physics.kinematics.two_body import kallen_gev4

Spectrum = Callable[[FloatArray], FloatArray]
"""Of Q² [GeV²]."""

Element = Callable[[FloatArray, FloatArray, FloatArray], FloatArray]
"""|M|² of the energies [GeV] of track, second and third body in the rest frame of the kaon."""

_COSINES = 24


def _momentum(mass: FloatArray | float, one: FloatArray | float, two: FloatArray | float) -> FloatArray:
    return np.asarray(np.sqrt(np.maximum(kallen_gev4(mass, one, two), 0.0)) / (2 * np.asarray(mass)))


# --- three bodies: the two that are missing turn in their own frame ----------------------------------


def three_bodies(track: float, second: float, third: float, element: Element) -> Spectrum:
    """dΓ/dQ² ~ p_track p* <|M|²>/Q, averaged over the angle of the second in the frame of the missing."""
    cos, weight = np.polynomial.legendre.leggauss(_COSINES)

    def density(q2: FloatArray) -> FloatArray:
        q = np.sqrt(np.asarray(q2))[..., None]
        p_track, p_pair = _momentum(KAON_MASS_GEV, track, q), _momentum(q, second, third)
        pair_energy = np.sqrt(q**2 + p_track**2)
        energy = (pair_energy * np.sqrt(second**2 + p_pair**2) + p_track * p_pair * cos) / q
        e_track = np.sqrt(track**2 + p_track**2)
        mean = (element(e_track, energy, KAON_MASS_GEV - e_track - energy) * weight).sum(axis=-1) / 2
        return np.asarray((p_track * p_pair / q)[..., 0] * mean)

    return density


def ends(track: float, *missing: float) -> tuple[float, float]:
    """Least and largest Q² [GeV²]; masses in GeV."""
    return sum(missing) ** 2, (KAON_MASS_GEV - track) ** 2


def dalitz(g: float, h: float, k: float, odd: int) -> Element:
    """1 + g u + h u² + k v² (PDG), u = (s_3 - s_0)/m_π+², v = (s_1 - s_2)/m_π+²; odd: place of the third."""

    def element(*energies: FloatArray) -> FloatArray:
        # s_i = (p_K - p_i)² = m_K² + m_i² - 2 m_K E_i: differences of energies are those of s
        others = [e for place, e in enumerate(energies) if place != odd]
        centre = sum(energies) / 3
        scale = 2 * KAON_MASS_GEV / PION_MASS_GEV**2
        u, v = scale * (centre - energies[odd]), scale * (others[1] - others[0])
        return np.asarray(1 + g * u + h * u**2 + k * v**2)

    return element


def semileptonic(lepton: float) -> Element:
    """K+ -> π0 l+ ν with track l and second body π0: A + B ξ + C ξ² (PDG, review of form factors).

    f_+ = 1 + λ' t/m_π² + λ'' (t/m_π²)²/2 with 24.9e-3 and 1.6e-3; f_0 = 1 + 13.4e-3 t/m_π² (PDG 2024).
    """

    def element(e_lepton: FloatArray, e_pion: FloatArray, e_neutrino: FloatArray) -> FloatArray:
        t = KAON_MASS_GEV**2 + PION0_MASS_GEV**2 - 2 * KAON_MASS_GEV * e_pion
        x = t / PION_MASS_GEV**2
        f_plus, f_zero = 1 + 24.9e-3 * x + 0.8e-3 * x**2, 1 + 13.4e-3 * x
        f_minus = (f_zero - f_plus) * (KAON_MASS_GEV**2 - PION0_MASS_GEV**2) / np.maximum(t, 1e-12)
        rest = (KAON_MASS_GEV**2 + PION0_MASS_GEV**2 - lepton**2) / (2 * KAON_MASS_GEV) - e_pion
        a = KAON_MASS_GEV * (2 * e_lepton * e_neutrino - KAON_MASS_GEV * rest)
        a = a + lepton**2 * (rest / 4 - e_neutrino)
        b = lepton**2 * (e_neutrino - rest / 2)
        return np.asarray(a * f_plus**2 + b * f_plus * f_minus + lepton**2 * rest / 4 * f_minus**2)

    return element


def radiative(energy_min_gev: float) -> Element:
    """Inner bremsstrahlung of K+ -> μ+ ν γ with photons above ``energy_min_gev``; track μ, second body γ.

    (1 - y + r)/(x²(x + y - 1 - r)) [x² + 2(1 - x)(1 - r) - 2x r(1 - r)/(x + y - 1 - r)], x = 2E_γ/m_K,
    y = 2E_μ/m_K, r = m_μ²/m_K²; Bijnens, Ecker, Gasser, Nucl. Phys. B 396 (1993) 81.
    """
    r = (MUON_MASS_GEV / KAON_MASS_GEV) ** 2

    def element(e_muon: FloatArray, e_photon: FloatArray, e_neutrino: FloatArray) -> FloatArray:
        x, y = 2 * e_photon / KAON_MASS_GEV, 2 * e_muon / KAON_MASS_GEV
        gap = np.maximum(x + y - 1 - r, 1e-12)
        bracket = x**2 + 2 * (1 - x) * (1 - r) - 2 * x * r * (1 - r) / gap
        value = (1 - y + r) / (np.maximum(x, 1e-12) ** 2 * gap) * bracket
        return np.where(e_photon > energy_min_gev, value, 0.0)

    return element


# --- π+ and a pair: the pair has a spectrum of its own -----------------------------------------------


def pair(amplitude_squared: Spectrum, power: int) -> Spectrum:
    """dΓ/dQ² ~ p_π^power |amplitude|²(Q²)."""

    def density(q2: FloatArray) -> FloatArray:
        q2 = np.asarray(q2)
        return np.asarray(
            _momentum(KAON_MASS_GEV, PION_MASS_GEV, np.sqrt(q2)) ** power * amplitude_squared(q2)
        )

    return density


def vector_form_factor(q2: FloatArray) -> FloatArray:
    """f_+² of K -> π νν: that of K+ -> π0 e+ ν (isospin)."""
    x = q2 / PION_MASS_GEV**2
    return np.asarray((1 + 24.9e-3 * x + 0.8e-3 * x**2) ** 2)


def lepton_pair(lepton: float) -> Spectrum:
    """√(1 - 4r)(1 + 2r) |a_+ + b_+ z|², r = m_l²/Q²; a_+ = -0.575, b_+ = -0.722 of 2209.05076, no ππ loop."""

    def square(q2: FloatArray) -> FloatArray:
        r = lepton**2 / q2
        form = (-0.575 - 0.722 * q2 / KAON_MASS_GEV**2) ** 2
        return np.asarray(np.sqrt(np.maximum(1 - 4 * r, 0.0)) * (1 + 2 * r) * form)

    return square


def photon_pair(q2: FloatArray) -> FloatArray:
    """z² (|A|² + |C|²) of chiral perturbation theory, z = Q²/m_K²."""
    z = q2 / KAON_MASS_GEV**2
    return np.asarray(z**2 * amplitudes_squared(z))


def three_missing(track: float, *missing: float) -> Spectrum:
    """Flat phase space of four bodies: dΓ/dQ² ~ p_track Φ_3(Q)."""

    def density(q2: FloatArray) -> FloatArray:
        q = np.sqrt(np.asarray(q2))
        volume = [phase_space_volume(float(m), missing) if m > sum(missing) else 0.0 for m in q.ravel()]
        return np.asarray(_momentum(KAON_MASS_GEV, track, q) * np.reshape(volume, q.shape))

    return density

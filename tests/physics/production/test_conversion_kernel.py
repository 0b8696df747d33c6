"""Compiled conversion of photons against quadrature and plain forward simulation."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from feebly.core.block import BLOCK
from feebly.core.interfaces import PhotonConversionSampling, PrimakoffSampling
from feebly.physics.formfactors.nucleus import helm_form_factor
from feebly.physics.production.conversion_kernel import Conversion, convert_photons
from feebly.physics.production.conversion_packing import (
    pack_meson_photons,
    pack_proton_photons,
    photons_of_protons,
)
from feebly.physics.production.primakoff import cross_section, largest_transfer_gev2, proton_photon_density
from feebly.physics.spectra.library import load_spectrum
from feebly.physics.spectra.photons import PhotonDensity, decay_photon, photon_density
from twins.forward import draw_mesons
from twins.kinematics import boost, isotropic_decay
from twins.scratch import row, scratch

CU = (29.0, 63.546)
LEAST = 5.0
THETA_MAX = 0.012


def source(kind: str) -> Conversion:
    if kind == "primakoff":
        return pack_proton_photons(PrimakoffSampling(400.0, *CU, "et2-plus-x"), LEAST)
    sampling = PhotonConversionSampling("pi0", 0.1349768, *CU)
    return pack_meson_photons(sampling, load_spectrum("pi0", "bmpt"), LEAST)


def photons(kind: str) -> PhotonDensity:
    if kind == "primakoff":
        return photons_of_protons(400.0, LEAST, "et2-plus-x")
    return photon_density(load_spectrum("pi0", "bmpt"), 0.1349768, LEAST)


def contents(table: PhotonDensity) -> np.ndarray:
    """Photons in each cell."""
    width = np.diff(table.ln_k_edges)
    if not table.by_angle:
        return table.density * np.outer(width, np.diff(table.v_edges**2))
    # dk_T² = k² dangle²; mean of k² over a cell flat in ln k
    k2 = np.diff(np.exp(2 * table.ln_k_edges)) / 2
    return table.density * np.outer(k2, np.diff(table.v_edges**2))


def compiled(kind: str, mass: float, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Energy, polar angle and weight of ALPs uniform in solid angle within THETA_MAX."""
    rng, made, parts = np.random.default_rng(5), source(kind), []
    for _ in range(n // BLOCK):
        one_minus = rng.uniform(size=BLOCK) * (1 - np.cos(THETA_MAX))
        u = rng.uniform(size=(3, BLOCK))
        s = scratch(NZ=1 - one_minus, U_MADE1=u[0], U_MADE2=u[1], U_MADE3=u[2], WEIGHT=np.ones(BLOCK))
        convert_photons(s, BLOCK, mass, made, np.ones((1, 1)))
        assert_allclose(row(s, "E") ** 2 - row(s, "P") ** 2, mass**2, rtol=1e-6)
        weight = np.where(row(s, "MASK") > 0, row(s, "WEIGHT"), 0.0)
        parts.append((row(s, "E").copy(), np.arccos(1 - one_minus), weight))
    energy, theta, weight = map(np.concatenate, zip(*parts, strict=True))
    return energy, theta, weight * 2 * np.pi * (1 - np.cos(THETA_MAX)) / n


def forward(kind: str, mass: float, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Energy, polar angle and weight σ/g² of photons drawn from the table and kicked by the nucleus."""
    rng, table = np.random.default_rng(6), photons(kind)
    cells = contents(table)
    at = np.unravel_index(rng.choice(cells.size, n, p=(cells / cells.sum()).ravel()), cells.shape)
    low, high = table.ln_k_edges[at[0]], table.ln_k_edges[at[0] + 1]
    v2 = rng.uniform(table.v_edges[at[1]] ** 2, table.v_edges[at[1] + 1] ** 2)
    if table.by_angle:  # flat in ln k at fixed k_T², that is like k² at fixed angle
        k = np.sqrt(np.exp(2 * low) + rng.uniform(size=n) * (np.exp(2 * high) - np.exp(2 * low)))
        sine = np.sqrt(v2)
    else:
        k = np.exp(rng.uniform(low, high))
        sine = np.minimum(np.sqrt(v2) / k, 1.0)
    least, most = (mass**2 / (2 * k)) ** 2, largest_transfer_gev2(CU[1])
    q2 = least * (most / least) ** rng.uniform(size=n)
    weight = (
        29.0**2 / 137.035999 / 8 * np.log(most / least) * (1 - least / q2) * helm_form_factor(q2, CU[1]) ** 2
    )
    kick, phi = np.sqrt(q2 - least) / k, rng.uniform(0, 2 * np.pi, n)
    # spherical triangle of beam, photon and ALP
    cosine = np.cos(np.arcsin(sine)) * np.cos(np.arcsin(kick)) + sine * kick * np.cos(phi)
    return k, np.arccos(np.minimum(cosine, 1.0)), weight * cells.sum() / n


@pytest.mark.parametrize("mass", [0.05, 0.6])
@pytest.mark.parametrize("kind", ["photon-conversion", "primakoff"])
def test_spectrum_agrees_with_forward_simulation(kind: str, mass: float) -> None:
    edges = (np.array([5, 10, 20, 40, 80, 150, 260.0]), np.array([0, 1e-3, 2e-3, 4e-3, 7e-3, THETA_MAX]))

    def histogram(e: np.ndarray, t: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return tuple(np.histogram2d(e, t, bins=edges, weights=x)[0] for x in (w, w**2))

    made, made2 = histogram(*compiled(kind, mass, 300 * BLOCK))
    drawn, drawn2 = histogram(*forward(kind, mass, 200_000))
    seen = made2 + drawn2 > 0
    pull = ((made - drawn)[seen]) / np.sqrt((made2 + drawn2)[seen])
    assert pull.size >= 20
    assert stats.chi2.sf(np.sum(pull**2), pull.size) > 1e-4
    assert_allclose(made.sum(), drawn.sum(), rtol=0.03)


@pytest.mark.parametrize("mass", [0.02, 1.0])
def test_all_directions_give_the_cross_section(mass: float) -> None:
    # photons near the beam: the ALPs within the largest kick are photons times σ(k)
    made = source("primakoff")
    density = np.zeros((120, 500))
    density[60, :50] = 1.0
    k_low, k_high = np.exp(made.ln_k_min + np.array([60, 61]) / made.inverse_dlnk)
    made = made._replace(photons=density)
    rng = np.random.default_rng(2)
    theta_max = 0.195 / k_low + 5e-3
    total, square, n = 0.0, 0.0, 300
    for _ in range(n):
        theta = theta_max * np.sqrt(rng.uniform(size=BLOCK))
        u = rng.uniform(size=(2, BLOCK))
        inside = (60 + rng.uniform(size=BLOCK)) / 120
        s = scratch(NZ=np.cos(theta), U_MADE1=inside, U_MADE2=u[0], U_MADE3=u[1], WEIGHT=np.ones(BLOCK))
        convert_photons(s, BLOCK, mass, made, np.ones((1, 1)))
        weight = np.where(row(s, "MASK") > 0, row(s, "WEIGHT"), 0.0)
        weight = weight * np.pi * theta_max**2 * np.sinc(theta / np.pi) / 120 / BLOCK / n
        total, square = total + weight.sum(), square + (weight**2).sum()
    n_photons = (k_high**2 - k_low**2) / 2 * (5e-3) ** 2
    expected = n_photons * cross_section(mass, np.sqrt(k_low * k_high), *CU)
    assert abs(total - expected) < 4 * np.sqrt(square) + 0.01 * expected
    assert np.sqrt(square) < 0.05 * expected


def test_no_photon_no_alp() -> None:
    made = source("photon-conversion")
    for mass, cos in ((30.0, 1.0), (3.0, -1.0)):
        s = scratch(
            NZ=np.full(BLOCK, cos),
            U_MADE1=np.linspace(0, 0.1, BLOCK),
            U_MADE2=np.full(BLOCK, 0.5),
            U_MADE3=np.zeros(BLOCK),
            WEIGHT=np.ones(BLOCK),
        )
        convert_photons(s, BLOCK, mass, made, np.ones((1, 1)))
        assert np.all(row(s, "MASK") == 0)
        assert np.all(row(s, "WEIGHT") == 0)


@pytest.mark.parametrize("x", [0.02, 0.1, 0.4])
def test_table_of_equivalent_photons(x: float) -> None:
    table = photons("primakoff")
    cells = contents(table).sum(axis=1)
    at = int(np.searchsorted(table.ln_k_edges, np.log(400 * x))) - 1
    k = np.exp(table.ln_k_edges[at : at + 2])
    grid = np.exp(np.linspace(*np.log(k), 9))
    qt2 = np.logspace(-8, np.log10((0.05 * np.sqrt(k[0] * k[1])) ** 2), 4000)
    inner = [
        np.trapezoid(proton_photon_density(e / 400, qt2, "et2-plus-x") * qt2, np.log(qt2)) * e / 400
        for e in grid
    ]
    assert_allclose(cells[at], np.trapezoid(inner, np.log(grid)), rtol=0.01)


@pytest.mark.parametrize(("parent", "mass"), [("pi0", 0.1349768), ("eta", 0.547862)])
def test_energy_spectrum_of_decay_photons(parent: str, mass: float) -> None:
    # a parent of energy E gives photons uniform between (E - p)/2 and (E + p)/2
    spectrum = load_spectrum(parent, "pythia")
    table = photon_density(spectrum, mass, LEAST)
    edges = np.exp(table.ln_k_edges[::10])
    made = (table.density * np.outer(np.diff(table.ln_k_edges), np.diff(table.v_edges**2))).sum(axis=1)
    made = made.reshape(-1, 10).sum(axis=1)
    ln_p = spectrum.ln_p_edges[:-1, None] + np.diff(spectrum.ln_p_edges)[:, None] * (np.arange(20) + 0.5) / 20
    p = np.exp(ln_p)
    low, high = (np.hypot(p, mass) - p) / 2, (np.hypot(p, mass) + p) / 2
    share = [
        np.clip(np.minimum(high, b) - np.maximum(low, a), 0, None) / (high - low)
        for a, b in itertools.pairwise(edges)
    ]
    weight = np.repeat(spectrum.cell_fraction.sum(axis=1)[:, None] / 20, 20, axis=1)
    exact = np.array([np.sum(weight * s) for s in share])
    assert_allclose(made[:-1], exact[:-1], rtol=0.01)
    assert_allclose(made.sum(), exact.sum(), rtol=2e-3)


def test_transverse_momenta_of_decay_photons() -> None:
    # against unweighted decays of mesons drawn from the table
    spectrum = load_spectrum("eta", "bmpt")
    table = photon_density(spectrum, 0.547862, LEAST)
    cells = table.density * np.outer(np.diff(table.ln_k_edges), np.diff(table.v_edges**2))
    mean = float((cells * (table.v_edges[1:] ** 2 + table.v_edges[:-1] ** 2) / 2).sum() / cells.sum())
    rng = np.random.default_rng(4)
    mesons = draw_mesons(rng, spectrum, 200_000)
    photon, _ = isotropic_decay(rng, mesons, (0.547862, 0.0, 0.0))
    hard = photon[photon[:, 0] > LEAST]
    kt2 = hard[:, 1] ** 2 + hard[:, 2] ** 2
    assert_allclose(mean, kt2[kt2 < 4].mean(), rtol=0.01)
    assert_allclose(cells.sum(), spectrum.fraction_in_table * len(hard) / 200_000, rtol=0.01)


def test_a_photon_of_a_parent_at_a_large_angle() -> None:
    # by rotation and boost of the photon's four-vector; parent in the (x, z) plane
    mass, p, angle, cos_star, phi = 0.547862, 3.0, 1.1, 0.3, 0.7
    sin_star = np.sqrt(1 - cos_star**2)
    star = mass / 2 * np.array([sin_star * np.cos(phi), sin_star * np.sin(phi), cos_star])
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    photon = np.concatenate([[mass / 2], turn @ star])[None, :]
    boosted = boost(photon, p * np.array([[np.sin(angle), 0, np.cos(angle)]]), mass)[0]
    k, kt = decay_photon(np.array(p), np.array(np.sin(angle)), mass, np.array(cos_star), np.array(phi))
    assert_allclose([k, kt], [boosted[0], np.hypot(boosted[1], boosted[2])], rtol=1e-12)

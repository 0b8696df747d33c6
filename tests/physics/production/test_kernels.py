"""Compiled production against quadrature, closed forms and plain forward simulation."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from feebly.core.block import BLOCK
from feebly.core.constants import MESON_MASS_GEV, PROTON_MASS_GEV
from feebly.core.interfaces import BremsstrahlungSampling, MesonDecaySampling, MixingSampling
from feebly.physics.production.bremsstrahlung import Bremsstrahlung, bremsstrahlung_per_proton
from feebly.physics.production.kernels import bremsstrahlung, meson_decay, mixing
from feebly.physics.production.mixing import MIXING_KINEMATICS
from feebly.physics.production.packing import pack_radiation, pack_replacement
from feebly.physics.spectra.hadron_spectrum import HadronSpectrum
from twins.channels import production, spectrum
from twins.forward import bremsstrahlung_density, draw_mesons, replaced_mesons
from twins.kinematics import (
    boost,
    breakup_momentum_gev,
    four_vector,
    isotropic_decay,
    rotation_from_z,
    unit_vectors,
)
from twins.scratch import row, scratch

BEAM = 400.0
E_MIN = 20.0


def brems_sampling(**changes: Any) -> BremsstrahlungSampling:
    return replace(Bremsstrahlung(beam_momentum_gev=BEAM).sampling(), **changes)


def run_brems(mass: float, cos: np.ndarray, u: np.ndarray, s: BremsstrahlungSampling) -> np.ndarray:
    """The block after production, for n <= BLOCK directions (cos theta) and uniform numbers; WEIGHT was 1."""
    block = scratch(NZ=cos, U_MADE1=u, WEIGHT=np.ones(u.size))
    bremsstrahlung(block, u.size, mass, pack_radiation(s))
    return block


def in_blocks(run: Callable[..., np.ndarray], *columns: np.ndarray) -> dict[str, np.ndarray]:
    """P, E and WEIGHT x MASK of a kernel called block by block."""
    parts: dict[str, list[np.ndarray]] = {"P": [], "E": [], "W": []}
    for k in range(0, columns[0].size, BLOCK):
        here = [column[k : k + BLOCK] for column in columns]
        n = here[0].size
        s = run(*here)
        parts["P"].append(row(s, "P", n))
        parts["E"].append(row(s, "E", n))
        parts["W"].append(np.where(row(s, "MASK", n) > 0, row(s, "WEIGHT", n), 0.0))
    return {name: np.concatenate(values) for name, values in parts.items()}


# --- bremsstrahlung -----------------------------------------------------------------------------------


OPTIONS = [
    {},
    {"splitting": "fr21", "lambda_p_gev": 1.5, "pt_max_gev": 4.0},
    {"splitting": "fr24", "lambda_p_gev": 0.8},
    {"splitting": "scalar", "lambda_p_gev": 1.5, "pt_max_gev": 4.0},
    {"sigma_weight": "nsd"},
    {"sigma_weight": "none", "splitting": "fr24"},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize(("mass", "validity"), [(0.01, 1e-5), (0.1, 1e-5), (0.5, 2e-5), (2.0, 1e-4)])
def test_bremsstrahlung_density(mass: float, validity: float, options: dict[str, Any]) -> None:
    """d2N/(dz dOmega) = d2N/(dz dpT^2) p^2 cos(theta)/pi, with both cuts (the bound on H made to bite)."""
    rng = np.random.default_rng(1)
    s = brems_sampling(validity_max=validity, **options)
    theta, u = 10.0 ** rng.uniform(-6, -1.8, BLOCK), rng.uniform(size=BLOCK)
    block = run_brems(mass, np.cos(theta), u, s)
    z = 0.1 + 0.8 * u
    p = BEAM * z
    pt2 = p**2 * (1 - np.cos(theta)) * (1 + np.cos(theta))  # from the rounded cosine, as the kernel has it
    density = bremsstrahlung_density(s, mass, z, pt2)
    mask = (pt2 < s.pt_max_gev**2) & (density > 0)
    assert np.array_equal(row(block, "MASK") == 1.0, mask)
    assert 0.02 < np.mean(~mask) < 0.9
    expected = 0.8 * density * p**2 * np.cos(theta) / np.pi
    assert_allclose(row(block, "WEIGHT")[mask], expected[mask], rtol=1e-10)
    assert_allclose(row(block, "P"), p, rtol=1e-14)
    assert_allclose(row(block, "E"), np.sqrt(p**2 + mass**2), rtol=1e-14)


@pytest.mark.parametrize("mass", [0.05, 0.3, 1.0])
@pytest.mark.parametrize("theta_max", [5e-4, 2.5e-3])  # p sin(theta) < pT_max everywhere: smooth integrands
def test_bremsstrahlung_into_a_cone(mass: float, theta_max: float) -> None:
    """Sum over a Gauss grid in (z, solid angle) = independent quadrature of the splitting in (z, pT^2)."""
    s = brems_sampling()
    nodes, weights = np.polynomial.legendre.leggauss(64)
    u, w = (nodes + 1) / 2, weights / 2
    theta = theta_max * u
    grid_theta, grid_u = (x.ravel() for x in np.meshgrid(theta, u, indexing="ij"))
    made = in_blocks(lambda cos, u: run_brems(mass, cos, u, s), np.cos(grid_theta), grid_u)
    solid_angle = 2 * np.pi * np.sin(theta) * theta_max * w
    total = solid_angle @ made["W"].reshape(64, 64) @ w

    z = 0.1 + 0.8 * u
    pt2_max = (z * BEAM * np.sin(theta_max)) ** 2
    q2 = (1 - z) * mass**2 + (z * PROTON_MASS_GEV) ** 2
    h = q2 * (1 + pt2_max / q2) ** u[:, None]  # logarithmic in the virtuality
    inner = w @ (bremsstrahlung_density(s, mass, z, h - q2) * h) * np.log1p(pt2_max / q2)
    assert_allclose(total, 0.8 * (w @ inner), rtol=1e-7)


@pytest.mark.parametrize(
    ("mass", "published"), [(0.05, 7.77e-3), (0.1, 7.66e-3), (0.3, 6.33e-3), (1.0, 2.75e-3)]
)
def test_bremsstrahlung_in_all_directions(mass: float, published: float) -> None:
    """Integral over the forward hemisphere up to pT = 1 GeV: the rate per proton, to three digits."""
    s = brems_sampling()
    n = 400
    middle = (np.arange(n) + 0.5) / n
    low, high = np.log(1e-5), np.log(0.026)  # sin(theta) = 1 GeV/40 GeV at most; below 10 urad is nothing
    theta = np.exp(low + (high - low) * middle)
    grid_theta, grid_u = (x.ravel() for x in np.meshgrid(theta, middle, indexing="ij"))
    made = in_blocks(lambda cos, u: run_brems(mass, cos, u, s), np.cos(grid_theta), grid_u)
    solid_angle = 2 * np.pi * np.sin(theta) * theta * (high - low) / n
    total = np.sum(solid_angle @ made["W"].reshape(n, n)) / n
    # the edge at pT_max crosses the cells of the grid: 1e-3
    assert_allclose(total, bremsstrahlung_per_proton(mass, s), rtol=2e-3)
    assert_allclose(total, published, rtol=3e-3)


# --- mesons of a spectrum -----------------------------------------------------------------------------


def table_numbers(s: HadronSpectrum) -> tuple[np.ndarray, float, float, float, float]:
    u, pt = s.ln_p_edges, s.pt_edges_gev
    return np.ascontiguousarray(s.density), u[0], u[-1], (u[-1] - u[0]) / (u.size - 1), pt[-1] / (pt.size - 1)


def run_mixing(
    mass: float, s: HadronSpectrum, e_min: float, kinematics: str = "lab-momentum"
) -> Callable[..., np.ndarray]:
    density, ln_p_min, _, dlnp, dpt = table_numbers(s)
    sampling = MixingSampling(s.parent, MESON_MASS_GEV[s.parent], kinematics)
    replacement = pack_replacement(sampling, s.beam_momentum_gev, s.ln_p_edges)

    def run(cos: np.ndarray, u: np.ndarray, weight: np.ndarray) -> np.ndarray:
        block = scratch(NZ=cos, U_MADE1=u, WEIGHT=weight)
        mixing(block, u.size, mass, replacement, density, ln_p_min, dlnp, dpt, e_min)
        return block

    return run


def run_decay(
    mass: float, m_parent: float, m_recoil: float, s: HadronSpectrum, e_min: float
) -> Callable[..., np.ndarray]:
    def run(cos: np.ndarray, u: np.ndarray, weight: np.ndarray) -> np.ndarray:
        block = scratch(NZ=cos, U_MADE1=u[:, 0], U_MADE2=u[:, 1], U_MADE3=u[:, 2], WEIGHT=weight)
        meson_decay(block, cos.size, mass, m_parent, m_recoil, *table_numbers(s), e_min)
        return block

    return run


def density_at(s: HadronSpectrum, p: np.ndarray, pt: np.ndarray) -> np.ndarray:
    """d2N/(dln p dpT^2) of the table, zero outside."""
    i = np.searchsorted(s.ln_p_edges, np.log(p), side="right") - 1
    j = np.searchsorted(s.pt_edges_gev, pt, side="right") - 1
    rows, columns = s.density.shape
    inside = (i >= 0) & (i < rows) & (j >= 0) & (j < columns)
    return np.where(inside, s.density[np.where(inside, i, 0), np.where(inside, j, 0)], 0.0)


WIDE = 0.3  # rad: far beyond any detector, so that cos(theta) is not one


def test_mixing_density() -> None:
    """dN/(dln p dOmega) = d2N/(dln p dpT^2) p^2 cos(theta)/pi."""
    rng = np.random.default_rng(7)
    table = spectrum("omega")
    low, high = table.ln_p_edges[[0, -1]]
    theta, u, weight = rng.uniform(0, WIDE, BLOCK), rng.uniform(size=BLOCK), rng.uniform(1, 2, BLOCK)
    s = run_mixing(0.7, table, 5.0)(np.cos(theta), u, weight)
    p = np.exp(low + (high - low) * u)
    density = density_at(table, p, p * np.sin(theta))
    expected = weight * (high - low) * density * p**2 * np.cos(theta) / np.pi
    assert np.mean(expected > 0) > 0.3
    assert_allclose(row(s, "WEIGHT"), expected, rtol=1e-10)
    assert np.array_equal(row(s, "MASK") == 1, (density > 0) & (np.hypot(p, 0.7) > 5.0))


@pytest.mark.parametrize(("tag", "mass"), [("pi0", 0.05), ("eta", 0.3), ("omega-pi0", 0.6)])
def test_meson_decay_density(tag: str, mass: float) -> None:
    """The parent's direction is that of X turned by the opening angle; its density carries the weight."""
    rng = np.random.default_rng(8)
    sampling = production(tag).sampling()
    assert isinstance(sampling, MesonDecaySampling)
    table, m_parent = spectrum(sampling.parent), sampling.parent_mass_gev
    low, high = table.ln_p_edges[[0, -1]]
    theta, u, weight = rng.uniform(0, WIDE, BLOCK), rng.uniform(size=(BLOCK, 3)), rng.uniform(1, 2, BLOCK)
    s = run_decay(mass, m_parent, sampling.recoil_mass_gev, table, 5.0)(np.cos(theta), u, weight)
    # the decay with the parent along z: the angle between parent and X
    parent_p = np.exp(low + (high - low) * u[:, 0])
    star = breakup_momentum_gev(m_parent, mass, sampling.recoil_mass_gev) * unit_vectors(2 * u[:, 1] - 1, 0.0)
    fip = boost(four_vector(star, mass), parent_p[:, None] * [0.0, 0.0, 1.0], m_parent)
    p = np.linalg.norm(fip[:, 1:], axis=1)
    # the parent about X: azimuth zero is towards the beam axis, hence the half turn
    around = unit_vectors(fip[:, 3] / p, 2 * np.pi * u[:, 2] + np.pi)
    direction = np.einsum("nij,nj->ni", rotation_from_z(unit_vectors(np.cos(theta), 0.0)), around)
    pt = parent_p * np.hypot(direction[:, 0], direction[:, 1])
    density = np.where(direction[:, 2] > 0, density_at(table, parent_p, pt), 0.0)
    expected = weight * (high - low) * density * parent_p**2 * direction[:, 2] / np.pi
    assert np.mean(expected > 0) > 0.2
    assert_allclose(row(s, "WEIGHT"), expected, rtol=1e-8)
    assert_allclose(row(s, "P"), p, rtol=1e-10)
    assert np.array_equal(row(s, "MASK") == 1, (density > 0) & (fip[:, 0] > 5.0))


def cone(rng: np.random.Generator, theta_max: float, n: int) -> tuple[np.ndarray, np.ndarray]:
    """cos(theta) uniform in solid angle, and the weight that is the solid angle."""
    one_minus = 2 * np.sin(theta_max / 2) ** 2
    return 1 - one_minus * rng.uniform(size=n), np.full(n, 2 * np.pi * one_minus)


def chi2_p_value(
    weights: np.ndarray, kernel_xy: tuple[np.ndarray, np.ndarray], n: int,
    counted_xy: tuple[np.ndarray, np.ndarray], per_count: float, edges: tuple[np.ndarray, np.ndarray],
) -> tuple[float, int]:  # fmt: skip
    """p-value of a weighted histogram (n events) against counts worth per_count each; bins with 25 counts."""
    value = np.histogram2d(*kernel_xy, bins=edges, weights=weights)[0] / n
    variance = np.histogram2d(*kernel_xy, bins=edges, weights=weights**2)[0] / n**2
    counts = np.histogram2d(*counted_xy, bins=edges)[0]
    full = counts >= 25
    value, variance, counts = value[full], variance[full], counts[full]
    # the variance of a count is its expectation, which the kernel knows better than the count itself
    chi2 = np.sum((value - counts * per_count) ** 2 / (variance + value * per_count))
    return float(stats.chi2.sf(chi2, counts.size)), counts.size


THETA_MAX = 7e-3
DECAYS = [
    ("pi0", 0.05),
    ("eta", 0.30),
    ("omega-pi0", 0.30),
    ("phi-eta", 0.44),  # 31 MeV below the end point
]


@pytest.mark.parametrize(("tag", "mass"), DECAYS)
def test_rotated_parent_against_forward_decays(tag: str, mass: float) -> None:
    """Mesons of the table decayed with boost matrices: the A' in a cone, by energy and angle."""
    rng = np.random.default_rng(2)
    sampling = production(tag).sampling()
    assert isinstance(sampling, MesonDecaySampling)
    table, m_parent, m_recoil = spectrum(sampling.parent), sampling.parent_mass_gev, sampling.recoil_mass_gev

    cos, weight = cone(rng, THETA_MAX, 800 * BLOCK)
    kernel = run_decay(mass, m_parent, m_recoil, table, E_MIN)
    made = in_blocks(kernel, cos, rng.uniform(size=(cos.size, 3)), weight)
    kernel_xy = made["E"], np.sqrt((1 - cos) * (1 + cos))

    n = 500_000
    parents = draw_mesons(rng, table, n)
    fip = isotropic_decay(rng, parents, (m_parent, mass, m_recoil))[0]
    sin = np.hypot(fip[:, 1], fip[:, 2]) / np.linalg.norm(fip[:, 1:], axis=1)
    seen = (sin < np.sin(THETA_MAX)) & (fip[:, 0] > E_MIN) & (fip[:, 3] > 0)
    counted_xy = fip[seen, 0], sin[seen]

    edges = np.geomspace(E_MIN, 300, 9), np.sin(THETA_MAX) * np.sqrt(np.linspace(0, 1, 6))
    per_count = table.fraction_in_table / n
    p_value, bins = chi2_p_value(made["W"], kernel_xy, cos.size, counted_xy, per_count, edges)
    assert bins >= 15
    assert p_value > 1e-4
    # and the total by itself: a common factor of a few per cent
    total, error = made["W"].mean(), made["W"].std() / np.sqrt(cos.size)
    counted = seen.sum() * per_count
    assert abs(total - counted) < 4 * np.hypot(error, counted / np.sqrt(seen.sum()))
    assert counted / np.sqrt(seen.sum()) < 0.03 * counted


@pytest.mark.parametrize(("tag", "mass"), DECAYS)
def test_decay_kinematics(tag: str, mass: float) -> None:
    """The A' is on its mass shell and its energy is that of the rest-frame angle, boosted."""
    rng = np.random.default_rng(3)
    sampling = production(tag).sampling()
    assert isinstance(sampling, MesonDecaySampling)
    table, m_parent, m_recoil = spectrum(sampling.parent), sampling.parent_mass_gev, sampling.recoil_mass_gev
    u = rng.uniform(size=(BLOCK, 3))
    cos, weight = cone(rng, THETA_MAX, BLOCK)
    block = run_decay(mass, m_parent, m_recoil, table, E_MIN)(cos, u, weight)
    p, energy = row(block, "P"), row(block, "E")
    assert_allclose(energy**2, p**2 + mass**2, rtol=1e-12)
    p_star = breakup_momentum_gev(m_parent, mass, m_recoil)
    low, high = table.ln_p_edges[[0, -1]]
    parent_p = np.exp(low + (high - low) * u[:, 0])
    expected = (
        np.hypot(parent_p, m_parent) * np.hypot(p_star, mass) + parent_p * p_star * (2 * u[:, 1] - 1)
    ) / m_parent
    assert_allclose(energy, expected, rtol=1e-10)
    assert not np.any(row(block, "MASK")[energy < E_MIN])


def test_all_decays_in_all_directions() -> None:
    """Without cuts the integral over the hemisphere is what the table holds, less A' that go backward."""
    rng = np.random.default_rng(4)
    table, n = spectrum("eta"), 2_000 * BLOCK
    # directions logarithmic in theta from 0.1 mrad to pi/2: dOmega = 2 pi sin(theta) theta dln(theta)
    low, high = np.log(1e-4), np.log(np.pi / 2)
    theta = np.exp(rng.uniform(low, high, n))
    weight = 2 * np.pi * np.sin(theta) * theta * (high - low)
    made = in_blocks(
        run_decay(0.2, 0.547862, 0.0, table, 0.0), np.cos(theta), rng.uniform(size=(n, 3)), weight
    )
    error = made["W"].std() / np.sqrt(n)
    fip = isotropic_decay(rng, draw_mesons(rng, table, 400_000), (0.547862, 0.2, 0.0))[0]
    expected = table.fraction_in_table * np.mean(fip[:, 3] > 0)
    assert abs(made["W"].mean() - expected) < 4 * error + 1e-3
    assert error < 0.01


@pytest.mark.parametrize("parent", ["rho0", "omega", "phi"])
@pytest.mark.parametrize("theta_max", [1e-3, 7e-3])
def test_mixing_into_a_cone(parent: str, theta_max: float) -> None:
    """X takes the meson's momentum: the integral is the share of mesons in the cone, in closed form."""
    table = spectrum(parent)
    rng = np.random.default_rng(5)
    cos, weight = cone(rng, theta_max, 2_000 * BLOCK)
    made = in_blocks(run_mixing(0.7, table, 0.0), cos, rng.uniform(size=cos.size), weight)
    error = made["W"].std() / np.sqrt(cos.size)
    assert error < 0.01 * made["W"].mean()
    assert abs(made["W"].mean() - table.fraction_within(theta_max)) < 4 * error
    assert_allclose(made["E"] ** 2, made["P"] ** 2 + 0.7**2, rtol=1e-12)


@pytest.mark.parametrize("kinematics", MIXING_KINEMATICS)
@pytest.mark.parametrize("mass", [0.3, 1.5])
def test_mixing_against_forward_draws(kinematics: str, mass: float) -> None:
    """A heavier and a lighter X that keeps momentum or energy of the rho in one frame."""
    rng = np.random.default_rng(6)
    table, n = spectrum("rho0"), 600_000
    cos, weight = cone(rng, THETA_MAX, 800 * BLOCK)
    made = in_blocks(run_mixing(mass, table, E_MIN, kinematics), cos, rng.uniform(size=cos.size), weight)
    sampling = MixingSampling("rho0", MESON_MASS_GEV["rho0"], kinematics)
    fips = replaced_mesons(sampling, mass, draw_mesons(rng, table, n), table.beam_momentum_gev)
    p = np.linalg.norm(fips, axis=1)
    sin, energy = np.hypot(fips[:, 0], fips[:, 1]) / p, np.hypot(p, mass)
    seen = (sin < np.sin(THETA_MAX)) & (energy > E_MIN)
    edges = np.geomspace(E_MIN, 300, 9), np.sin(THETA_MAX) * np.sqrt(np.linspace(0, 1, 6))
    p_value, bins = chi2_p_value(
        made["W"], (made["E"], np.sqrt((1 - cos) * (1 + cos))), cos.size, (energy[seen], sin[seen]),
        table.fraction_in_table / n, edges,
    )  # fmt: skip
    assert bins >= 20
    assert p_value > 1e-4

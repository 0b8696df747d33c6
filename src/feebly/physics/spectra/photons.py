"""Photons of P -> γγ decays of a meson spectrum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feebly.core.interfaces import FloatArray
from feebly.physics.spectra.hadron_spectrum import HadronSpectrum

_POINTS = 128  # per cell of the parents: 1e6 photons of those that matter
_LN_K_BINS = 120
_KT_MAX_GEV, _KT_BINS = 2.0, 100


@dataclass(frozen=True, slots=True, eq=False)
class PhotonDensity:
    """d²N/(d ln k dk_T²) [GeV⁻²] per photon on cells of ln k (k in GeV) and a transverse variable v.

    v is k_T [GeV], or with ``by_angle`` k_T/k. The edges are uniform. Shape of density: (ln k, v).
    """

    ln_k_edges: FloatArray
    v_edges: FloatArray
    density: FloatArray
    by_angle: bool = False


def photon_density(parents: HadronSpectrum, parent_mass_gev: float, least_energy_gev: float) -> PhotonDensity:
    """Photons above least_energy_gev of isotropic decays P -> γγ, one photon per decay counted.

    An integral over quasi-random points (Roberts' additive sequence) in the cells of the parents; 1% in the
    cells that count, less in sums of them.
    """
    ln_k = np.linspace(np.log(least_energy_gev), parents.ln_p_edges[-1], _LN_K_BINS + 1)
    kt = np.linspace(0.0, _KT_MAX_GEV, _KT_BINS + 1)
    content = np.zeros((_LN_K_BINS, _KT_BINS))
    rows = np.nonzero(np.exp(parents.ln_p_edges[1:]) > least_energy_gev)[0]
    for row in rows:
        content += _photons_of_row(parents, parent_mass_gev, int(row), ln_k, kt)
    area = np.outer(np.diff(ln_k), np.diff(kt**2))
    return PhotonDensity(ln_k, kt, np.ascontiguousarray(content / area))


def _photons_of_row(
    parents: HadronSpectrum, mass: float, row: int, ln_k: FloatArray, kt: FloatArray
) -> FloatArray:
    """Photons in each cell from the parents of one row in ln p."""
    columns = np.nonzero(parents.density[row])[0]
    u = _sequence(columns.size * _POINTS, offset=row).reshape(4, columns.size, _POINTS)
    ln_p = parents.ln_p_edges[row] + u[0] * (parents.ln_p_edges[1] - parents.ln_p_edges[0])
    p = np.exp(ln_p)
    low, high = parents.pt_edges_gev[columns] ** 2, parents.pt_edges_gev[columns + 1] ** 2
    pt = np.sqrt(low[:, None] + u[1] * (high - low)[:, None])
    k, transverse = decay_photon(p, np.minimum(pt / p, 1.0), mass, 2 * u[2] - 1, 2 * np.pi * u[3])
    weight = np.where(pt < p, parents.cell_fraction[row, columns][:, None] / _POINTS, 0.0)
    at = np.log(k).ravel(), transverse.ravel()
    return np.histogram2d(*at, bins=(ln_k, kt), weights=weight.ravel())[0]


def decay_photon(
    p: FloatArray, sine: FloatArray, mass: float, cos_star: FloatArray, phi: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Energy and transverse momentum [GeV] of a photon at cos θ* and azimuth of a parent with sin θ."""
    gamma, beta_gamma = np.hypot(p, mass) / mass, p / mass
    k = 0.5 * mass * (gamma + beta_gamma * cos_star)
    along = 0.5 * mass * (gamma * cos_star + beta_gamma)
    across = 0.5 * mass * np.sqrt(1 - cos_star**2)
    cosine = np.sqrt(1 - sine**2)
    return k, np.hypot(along * sine + across * np.cos(phi) * cosine, across * np.sin(phi))


def _sequence(n: int, offset: int) -> FloatArray:
    """n points of the additive sequence in four dimensions (Roberts 2018), shape (4, n)."""
    root = 1.1673039782614187  # of x⁵ = x + 1
    steps = root ** -np.arange(1.0, 5.0)
    return np.asarray((0.5 + steps[:, None] * (np.arange(n) + 7919.0 * offset)) % 1.0)

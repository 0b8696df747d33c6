"""The spectrum of one meson species in the laboratory, per proton interaction in the target."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass

import numpy as np

from feebly.core.errors import DataError
from feebly.core.interfaces import FloatArray
from feebly.core.provenance import Origin


@dataclass(frozen=True, slots=True, eq=False)
class HadronSpectrum:
    """Momentum spectrum and yield of one meson species.

    parent: name in :data:`species.SPECIES`. density: d²N/(d ln p d pT²) [GeV^-2] per meson, constant in each
    cell of (``ln_p_edges``, ``pt_edges_gev``), C-contiguous, shape (ln p, pT). Both sets of edges are uniform
    (in ln p and in pT); ln p is the logarithm of the momentum in GeV. Mesons outside the cells count in
    ``multiplicity`` and lack in ``density``, which therefore integrates to ``fraction_in_table`` < 1.
    multiplicity: mesons per interaction (per POT in a dump that stops the beam) with its relative systematic
    error and origin; origin: of the density. digest: SHA-256 of all that fixes the density.
    effective_entries: counted mesons of equal weight that would know the density as well; infinite for a
    formula. Spectra are isotropic in azimuth. Only mesons of the first interaction are meant, no secondary
    cascade.
    """

    parent: str
    beam_momentum_gev: float
    ln_p_edges: FloatArray
    pt_edges_gev: FloatArray
    density: FloatArray
    multiplicity: float
    multiplicity_relative_error: float
    multiplicity_origin: Origin
    origin: Origin
    digest: str
    effective_entries: float = math.inf

    def __post_init__(self) -> None:
        shape = (self.ln_p_edges.size - 1, self.pt_edges_gev.size - 1)
        if self.density.shape != shape:
            raise DataError(
                f"spectrum of {self.parent}: density has shape {self.density.shape}, edges {shape}"
            )
        for name, edges in (("ln_p_edges", self.ln_p_edges), ("pt_edges_gev", self.pt_edges_gev)):
            widths = np.diff(edges)
            if not (widths[0] > 0 and np.allclose(widths, widths[0], rtol=1e-9, atol=0)):
                raise DataError(f"spectrum of {self.parent}: {name} must rise in equal steps")
        if not (np.all(self.density >= 0) and 0 < self.fraction_in_table <= 1 + 1e-9):
            raise DataError(f"spectrum of {self.parent}: density must be >= 0 and integrate to (0, 1]")
        if not self.effective_entries > 0:
            raise DataError(f"spectrum of {self.parent}: no entries")
        if not self.multiplicity > 0:
            raise DataError(f"spectrum of {self.parent}: multiplicity = {self.multiplicity}, expected > 0")

    @property
    def cell_fraction(self) -> FloatArray:
        """Fraction of all mesons that lies in each cell; shape (ln p, pT)."""
        area = np.outer(np.diff(self.ln_p_edges), np.diff(self.pt_edges_gev**2))
        fraction: FloatArray = self.density * area
        return fraction

    @property
    def fraction_in_table(self) -> float:
        """Fraction of all mesons that lies in the table."""
        return float(self.cell_fraction.sum())

    def mean_momentum_gev(self) -> float:
        """Mean momentum [GeV] of the mesons in the table."""
        # mean of p over a cell flat in ln p: Δp/Δ(ln p)
        mean_p = np.diff(np.exp(self.ln_p_edges)) / np.diff(self.ln_p_edges)
        return float(mean_p @ self.cell_fraction.sum(axis=1) / self.fraction_in_table)

    def mean_energy_gev(self, mass_gev: float) -> float:
        """Mean energy [GeV] of the mesons in the table, of mass ``mass_gev``."""
        p = np.exp(self.ln_p_edges)
        # mean of E over a cell flat in ln p: ∫ (E/p) dp = E - m asinh(m/p)
        integral = np.hypot(p, mass_gev) - mass_gev * np.arcsinh(mass_gev / p)
        mean_e = np.diff(integral) / np.diff(self.ln_p_edges)
        return float(mean_e @ self.cell_fraction.sum(axis=1) / self.fraction_in_table)

    def mean_pt_gev(self) -> float:
        """Mean transverse momentum [GeV] of the mesons in the table."""
        # mean of pT over a cell flat in pT²
        mean_pt = 2 / 3 * np.diff(self.pt_edges_gev**3) / np.diff(self.pt_edges_gev**2)
        return float(mean_pt @ self.cell_fraction.sum(axis=0) / self.fraction_in_table)

    def fraction_within(self, theta_max_rad: float) -> float:
        """Fraction of all mesons that lies in the table and within ``theta_max_rad`` of the beam."""
        low, high = np.square(self.pt_edges_gev[:-1]), np.square(self.pt_edges_gev[1:])
        share = _share_below_angle(self.ln_p_edges, low, high, np.sin(theta_max_rad))
        return float(np.sum(share * self.cell_fraction))


def density_digest(
    parent: str,
    beam_momentum_gev: float,
    ln_p_edges: FloatArray,
    pt_edges_gev: FloatArray,
    density: FloatArray,
) -> str:
    """SHA-256 of a density that was computed, not counted."""
    content = hashlib.sha256(json.dumps([parent, beam_momentum_gev, "density"]).encode())
    for array in (ln_p_edges, pt_edges_gev, density):
        content.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
    return content.hexdigest()


def _share_below_angle(
    ln_p_edges: FloatArray, pt2_low: FloatArray, pt2_high: FloatArray, sin_theta: float
) -> FloatArray:
    """Share of each cell, flat in (u = ln p, pT²), with pT < p sin θ; shape (ln p, pT).

    The share at fixed u rises from 0 where p sin θ enters the cell to 1 where it leaves it, as
    (sin²θ e^{2u} - pT²_low)/(pT²_high - pT²_low); this is its mean over the width of the cell in u.
    """
    u0, u1 = ln_p_edges[:-1, None], ln_p_edges[1:, None]
    with np.errstate(divide="ignore"):
        enters = np.clip(0.5 * np.log(pt2_low / sin_theta**2), u0, u1)
        leaves = np.clip(0.5 * np.log(pt2_high / sin_theta**2), u0, u1)
    rising = 0.5 * sin_theta**2 * (np.exp(2 * leaves) - np.exp(2 * enters)) - pt2_low * (leaves - enters)
    share: FloatArray = (rising / (pt2_high - pt2_low) + u1 - leaves) / (u1 - u0)
    return share

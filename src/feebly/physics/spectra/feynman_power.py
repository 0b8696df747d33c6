"""Charm and beauty spectra (1 - |x_F|)^n e^{-b p_T²}, the form in which fixed-target data are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray
from feebly.core.provenance import Origin
from feebly.physics.kinematics.boost import feynman_momentum_gev, feynman_x
from feebly.physics.spectra.quadrature import cell_means
from feebly.physics.spectra.species import BEAUTY, CHARM


@dataclass(frozen=True, slots=True)
class FeynmanPower:
    """d²N/(dx_F dp_T²) = (n+1)/2 (1-|x_F|)^n · b e^{-b p_T²}, x_F = p_L*/√(s/4 - m²); integrates to one.

    n, b [GeV^-2]: both above zero. Moments: <|x_F|> = 1/(n+2), <p_T²> = 1/b, <p_T> = √(π/b)/2.
    """

    n: float
    b_gev2: float
    origin: Origin

    def __post_init__(self) -> None:
        if not (0 < self.n < np.inf and 0 < self.b_gev2 < np.inf):
            raise DomainError(f"(1-|xF|)^n e^(-b pT^2): n = {self.n:g}, b = {self.b_gev2:g}, expected > 0")

    def density(self, x_f: ArrayLike, pt2_gev2: ArrayLike) -> FloatArray:
        """d²N/(dx_F dp_T²) [GeV^-2]; zero for |x_F| >= 1."""
        share = np.maximum(1 - np.abs(x_f), 0.0) ** self.n * (self.n + 1) / 2
        return np.asarray(share * self.b_gev2 * np.exp(-self.b_gev2 * np.asarray(pt2_gev2, float)))

    @property
    def mean_abs_x_f(self) -> float:
        return 1 / (self.n + 2)

    @property
    def mean_pt2_gev2(self) -> float:
        return 1 / self.b_gev2

    @property
    def mean_pt_gev(self) -> float:
        return float(np.sqrt(np.pi / self.b_gev2) / 2)


DEFAULTS: Mapping[str, FeynmanPower] = MappingProxyType(
    {
        CHARM: FeynmanPower(
            4.9, 1.0, Origin("published", "NA27: n = 4.9 ± 0.5, b = 1.0 ± 0.1 GeV^-2 (400 GeV p p -> D)")
        ),
        BEAUTY: FeynmanPower(
            7.0, 0.4, Origin("assumed", "model: n = 7 (3 to 8), b = 0.4 GeV^-2, i.e. <pT> = 1.4 GeV")
        ),
    }
)
"""By flavour. E653 (800 GeV) has n = 6.8, b = 0.81 for charm, close to what Pythia 8 gives."""


def feynman_power_density(
    power: FeynmanPower,
    mass_gev: float,
    ln_p_edges: FloatArray,
    pt_edges_gev: FloatArray,
    beam_momentum_gev: float = 400.0,
) -> FloatArray:
    """d²N/(d ln p dp_T²) [GeV^-2] per meson of mass ``mass_gev``, mean in each cell; shape (ln p, p_T)."""
    p_max = feynman_momentum_gev(mass_gev, beam_momentum_gev)

    def density(ln_p: FloatArray, pt2: FloatArray) -> FloatArray:
        p2 = np.exp(2 * ln_p)
        forward = pt2 < p2
        pz = np.sqrt(np.where(forward, p2 - pt2, 1.0))
        x_f, energy_cm = feynman_x(pz, np.sqrt(pt2), mass_gev, beam_momentum_gev)
        # dx_F = dp_L*/p_max, dp_L* = (E*/E) dp_z, dp_z = p² d(ln p)/p_z
        jacobian = energy_cm / np.sqrt(p2 + mass_gev**2) * p2 / (pz * p_max)
        return np.asarray(np.where(forward, power.density(x_f, pt2) * jacobian, 0.0))

    return cell_means(density, ln_p_edges, pt_edges_gev**2)

"""Proton bremsstrahlung p N -> A' X in the Weizsäcker-Williams form of Blümlein and Brunner (1311.3870)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import ALPHA, PROTON_MASS_GEV
from feebly.core.errors import ConfigError, unknown
from feebly.core.interfaces import BremsstrahlungSampling, FloatArray
from feebly.core.provenance import Origin
from feebly.physics.formfactors.nucleon import dirac_form_factor_squared

_MP = PROTON_MASS_GEV
_NODES = 48  # in z and in ln H: 1e-8


def sigma_pp_mb(s_gev2: ArrayLike) -> FloatArray:
    """Total proton-proton cross section [mb] at s [GeV²]: COMPETE fit of the PDG, √s above about 5 GeV."""
    s = np.asarray(s_gev2, float)
    return np.asarray(35.45 + 0.308 * np.log(s / 28.9444) ** 2 + 42.53 * s**-0.458 - 33.34 * s**-0.545)


def virtuality_h_gev2(z: ArrayLike, pt2_gev2: ArrayLike, mass_gev: ArrayLike) -> FloatArray:
    """H(z, pT²) = pT² + (1 - z) m² + z² m_p² [GeV²], z = p_A'/p_beam: virtuality of the proton."""
    z, m = np.asarray(z, float), np.asarray(mass_gev, float)
    return np.asarray(pt2_gev2 + (1 - z) * m**2 + (z * _MP) ** 2)


def splitting_bb_gev_m2(z: ArrayLike, pt2_gev2: ArrayLike, mass_gev: ArrayLike) -> FloatArray:
    """w(z, pT²)/ε² [GeV^-2] of p -> p A' (1311.3870): d²N/(dz dpT²) per interaction before σ(s')/σ(s), |F|².

    Valid for H/(4 E_p² z (1-z)²) << 1; all arguments broadcast.
    """
    z, m = np.asarray(z, float), np.asarray(mass_gev, float)
    y, h = 1 - z, virtuality_h_gev2(z, pt2_gev2, m)
    bracket = (
        (1 + y**2) / z
        - 2 * z * y * ((2 * _MP**2 + m**2) / h - 2 * z**2 * _MP**4 / h**2)
        + 2 * z * y * (1 + y**2) * _MP**2 * m**2 / h**2
        + 2 * z * y**2 * m**4 / h**2
    )
    return np.asarray(ALPHA / (2 * np.pi * h) * bracket)


def bremsstrahlung_per_proton(
    mass_gev: float,
    beam_momentum_gev: float = 400.0,
    z_range: tuple[float, float] = (0.1, 0.9),
    pt_max_gev: float = 1.0,
    validity_max: float = 0.1,
) -> float:
    """A' per interacting proton at ε = 1 and F = 1: ∫ dz dpT² w(z, pT²) σ(s')/σ(s).

    Cut at H/(4 E_p² z (1-z)²) <= validity_max as well as in z and pT. s' = 2 m_p E_p (1 - z) + 2 m_p².
    Gauss-Legendre in z and ln H, 1e-8.
    """
    sampling = BremsstrahlungSampling("bb", *z_range, pt_max_gev, validity_max, beam_momentum_gev)
    _, _, weights = bremsstrahlung_nodes(mass_gev, sampling)
    return float(weights.sum())


def bremsstrahlung_nodes(
    mass_gev: float, sampling: BremsstrahlungSampling
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """z (n, 1), pT² [GeV²] (n, n) and weights (n, n) of A' per interacting proton at ε = 1 and F = 1.

    Sums over them are the integral of `bremsstrahlung_per_proton` with a function of z and pT under it.
    """
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    energy = np.hypot(sampling.beam_momentum_gev, _MP)
    half = (sampling.z_max - sampling.z_min) / 2
    z = sampling.z_min + half * (1 + nodes[:, None])
    h_min = virtuality_h_gev2(z, 0.0, mass_gev)
    h_max = np.minimum(
        h_min + sampling.pt_max_gev**2, sampling.validity_max * 4 * energy**2 * z * (1 - z) ** 2
    )
    span = np.log(np.maximum(h_max / h_min, 1.0)) / 2
    pt2 = h_min * np.expm1(span * (1 + nodes))
    density = splitting_bb_gev_m2(z, pt2, mass_gev) * (h_min + pt2)  # dpT² = H dlnH
    ratio = sigma_pp_mb(_s_gev2(energy * (1 - z))) / sigma_pp_mb(_s_gev2(energy))
    return z, pt2, weights[:, None] * weights * half * span * density * ratio


def _s_gev2(energy_gev: ArrayLike) -> FloatArray:
    return np.asarray(2 * _MP * np.asarray(energy_gev) + 2 * _MP**2)


FORM_FACTORS: Mapping[str, Callable[[ArrayLike], FloatArray]] = MappingProxyType(
    {
        "none": lambda mass_gev: np.ones_like(mass_gev, dtype=float),
        "time-like": dirac_form_factor_squared,
    }
)
"""|F(m²)|² of the proton by option: ``none`` is point-like, ``time-like`` has the rho and omega poles."""

SPLITTINGS = ("bb",)


@dataclass(frozen=True)
class Bremsstrahlung:
    """Production channel ``brems``: radiation off the primary proton, which interacts in the dump with P = 1.

    form_factor, splitting: names of :data:`FORM_FACTORS` and :data:`SPLITTINGS`; the ranges in
    z = p_A'/p_beam and pT [GeV] and the bound on H/(4 E_p² z (1-z)²) are part of the sample.
    """

    form_factor: str = "none"
    splitting: str = "bb"
    z_min: float = 0.1
    z_max: float = 0.9
    pt_max_gev: float = 1.0
    validity_max: float = 0.1
    beam_momentum_gev: float = 400.0

    def __post_init__(self) -> None:
        if self.form_factor not in FORM_FACTORS:
            raise unknown("form factor", self.form_factor, FORM_FACTORS)
        if self.splitting not in SPLITTINGS:
            raise unknown("splitting", self.splitting, SPLITTINGS)
        if not 0 < self.z_min < self.z_max < 1:
            raise ConfigError(f"z range {self.z_min:g}-{self.z_max:g}: expected 0 < z_min < z_max < 1")

    @property
    def tag(self) -> str:
        return "brems"

    @property
    def parent(self) -> None:
        return None

    def mass_range_gev(self, model_range_gev: tuple[float, float]) -> tuple[float, float]:
        """The model's own range: the beam energy is no constraint below 2 GeV."""
        return model_range_gev

    def sampling(self) -> BremsstrahlungSampling:
        return BremsstrahlungSampling(
            splitting=self.splitting,
            z_min=self.z_min,
            z_max=self.z_max,
            pt_max_gev=self.pt_max_gev,
            validity_max=self.validity_max,
            beam_momentum_gev=self.beam_momentum_gev,
        )

    @property
    def numbers(self) -> tuple[str, Origin]:
        cuts = (
            f"{self.z_min:g} < z < {self.z_max:g}, pT < {self.pt_max_gev:g} GeV, "
            f"H/(4 E^2 z (1-z)^2) <= {self.validity_max:g}"
        )
        return cuts, Origin("published", "splitting and cuts of 1311.3870; sigma_pp: COMPETE fit of the PDG")

    def rate(self, mass_gev: ArrayLike, coupling: ArrayLike, multiplicity: float | None = None) -> FloatArray:
        """A' per POT over the sample's own ε = 1, F = 1: ε² |F(m²)|². ``multiplicity`` is not used."""
        form_factor = FORM_FACTORS[self.form_factor](np.asarray(mass_gev, float))
        return np.asarray(np.asarray(coupling, float) ** 2 * form_factor)

"""Proton bremsstrahlung p N -> A' X: splitting functions, cross-section weight and form factors by name."""

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
from feebly.physics.decays.polarisation import POLARISATIONS
from feebly.physics.formfactors.nucleon import dirac_form_factor_squared

_MP = PROTON_MASS_GEV
_NODES = 48  # in z and in ln H: 1e-8
FR21_MIN_MASS_GEV = 0.3
"""The quasi-real splitting of 2108.05900 grows as 1/m² below and is no rate there."""


def sigma_pp_mb(s_gev2: ArrayLike) -> FloatArray:
    """Total proton-proton cross section [mb] at s [GeV²]: COMPETE fit of the PDG, √s above about 5 GeV."""
    s = np.asarray(s_gev2, float)
    return np.asarray(35.45 + 0.308 * np.log(s / 28.9444) ** 2 + 42.53 * s**-0.458 - 33.34 * s**-0.545)


def sigma_nsd_mb(s_gev2: ArrayLike) -> FloatArray:
    """Non-single-diffractive proton-proton cross section [mb] at s [GeV²], fit of 2409.09123."""
    return np.asarray(1.76 + 19.8 * np.asarray(s_gev2, float) ** 0.057)


SIGMA_WEIGHTS = ("total", "nsd", "none")
"""Weight of the interaction of the proton after radiation, see `sigma_weight`."""


def sigma_weight(name: str, energy_after_gev: ArrayLike, energy_before_gev: float) -> FloatArray:
    """σ(s')/σ(s) of a proton of these energies on a nucleon at rest, s = 2 m_p E + 2 m_p².

    ``total``: both total (1311.3870); ``nsd``: non-single-diffractive after, total before (2409.09123: the
    beam proton interacts with P = 1, a diffractive remainder does not count); ``none``: one.
    """
    if name == "none":
        return np.ones_like(energy_after_gev, dtype=float)
    after = sigma_nsd_mb if name == "nsd" else sigma_pp_mb
    return np.asarray(after(_s_gev2(energy_after_gev)) / sigma_pp_mb(_s_gev2(energy_before_gev)))


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


def splitting_fr21_gev_m2(z: ArrayLike, pt2_gev2: ArrayLike, mass_gev: ArrayLike) -> FloatArray:
    """w(z, pT²)/ε² [GeV^-2] of the quasi-real approximation of Foroughi-Abari and Ritz (2108.05900).

    To be taken with the off-shell factor. Its last term grows as 1/m²: no rate below about 0.3 GeV.
    """
    z, m = np.asarray(z, float), np.asarray(mass_gev, float)
    h = virtuality_h_gev2(z, pt2_gev2, m)
    bracket = z - z * (1 - z) * (2 * _MP**2 + m**2) / h + h / (2 * z * m**2)
    return np.asarray(ALPHA / (2 * np.pi * h) * bracket)


def splitting_fr24_gev_m2(z: ArrayLike, pt2_gev2: ArrayLike, mass_gev: ArrayLike) -> FloatArray:
    """w(z, pT²)/ε² [GeV^-2] of 2409.09123: the term of the Dirac form factor F1.

    To be taken with the off-shell factor. The terms of F2 and of F1 F2 need tables that are not public.
    """
    z, m = np.asarray(z, float), np.asarray(mass_gev, float)
    h = virtuality_h_gev2(z, pt2_gev2, m)
    bracket = (1 + (1 - z) ** 2) / z - z * (1 - z) * (2 * _MP**2 + m**2) / h
    return np.asarray(ALPHA / (2 * np.pi * h) * bracket)


G_SNN = 1.2e-3
"""Coupling of a Higgs-mixed scalar to the proton at sin θ = 1, L = -g S p p (2108.05900)."""


def splitting_scalar_gev_m2(z: ArrayLike, pt2_gev2: ArrayLike, mass_gev: ArrayLike) -> FloatArray:
    """w(z, pT²)/sin²θ [GeV^-2] of p -> p S = g² z [m_p² (2-z)² + pT²]/(16π² H²), g = `G_SNN` (2108.05900).

    1904.10447 has 8π² in the place of 16π². For a massless S and pT >> m_p it is g² z/(16π² pT²), the
    splitting f -> f h of electroweak showers. To be taken with the off-shell factor.
    """
    z, pt2 = np.asarray(z, float), np.asarray(pt2_gev2, float)
    h = virtuality_h_gev2(z, pt2, mass_gev)
    return np.asarray(G_SNN**2 * z * (_MP**2 * (2 - z) ** 2 + pt2) / (16 * np.pi**2 * h**2))


SPLITTINGS: Mapping[str, Callable[[ArrayLike, ArrayLike, ArrayLike], FloatArray]] = MappingProxyType(
    {"bb": splitting_bb_gev_m2, "fr21": splitting_fr21_gev_m2, "fr24": splitting_fr24_gev_m2}
)
"""Splitting functions of (z, pT², mass) of a vector by option."""

EVERY_SPLITTING = MappingProxyType({**SPLITTINGS, "scalar": splitting_scalar_gev_m2})
"""All splitting functions, per square of the coupling."""


def off_shell_factor(
    z: ArrayLike, pt2_gev2: ArrayLike, mass_gev: ArrayLike, lambda_p_gev: float | None
) -> FloatArray:
    """Form factor 1/(1 + (H/(z Λ_p²))²) of the off-shell proton (2108.05900); its square weighs the rate.

    One for ``lambda_p_gev`` None.
    """
    if lambda_p_gev is None:
        return np.ones(np.broadcast_shapes(*map(np.shape, (z, pt2_gev2, mass_gev))))
    h = virtuality_h_gev2(z, pt2_gev2, mass_gev)
    return np.asarray(1 / (1 + (h / (np.asarray(z, float) * lambda_p_gev**2)) ** 2))


def bremsstrahlung_per_proton(mass_gev: float, sampling: BremsstrahlungSampling) -> float:
    """Particles per interacting proton at coupling 1 and F = 1: ∫ dz dpT² w(z, pT²) F_v² σ(s')/σ(s).

    Cut at H/(4 E_p² z (1-z)²) <= validity_max as well as in z and pT. s' = 2 m_p E_p (1 - z) + 2 m_p².
    Gauss-Legendre in z and ln H, 1e-8.
    """
    _, _, weights = bremsstrahlung_nodes(mass_gev, sampling)
    return float(weights.sum())


def bremsstrahlung_nodes(
    mass_gev: float, sampling: BremsstrahlungSampling
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """z (n, 1), pT² [GeV²] (n, n) and weights (n, n) of particles per interacting proton, coupling 1, F = 1.

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
    density = EVERY_SPLITTING[sampling.splitting](z, pt2, mass_gev) * (h_min + pt2)  # dpT² = H dlnH
    density *= off_shell_factor(z, pt2, mass_gev, sampling.lambda_p_gev) ** 2
    ratio = sigma_weight(sampling.sigma_weight, energy * (1 - z), float(energy))
    return z, pt2, weights[:, None] * weights * half * span * density * ratio


def _s_gev2(energy_gev: ArrayLike) -> FloatArray:
    return np.asarray(2 * _MP * np.asarray(energy_gev) + 2 * _MP**2)


def dipole_form_factor_squared(mass_gev: ArrayLike) -> FloatArray:
    """|F|² = (1 + m²/0.71 GeV²)^-4: the space-like dipole of the proton, read at the mass of the A'.

    A suppression where the time-like form factor enhances; kept for comparison with analyses that used it.
    """
    return np.asarray((1 + np.asarray(mass_gev, float) ** 2 / 0.71) ** -4.0)


FORM_FACTORS: Mapping[str, Callable[[ArrayLike], FloatArray]] = MappingProxyType(
    {
        "none": lambda mass_gev: np.ones_like(mass_gev, dtype=float),
        "time-like": dirac_form_factor_squared,
        "dipole": dipole_form_factor_squared,
    }
)
"""|F(m²)|² of the proton by option: ``none`` is point-like, ``time-like`` has the rho and omega poles."""


_PAPERS = {
    "bb": "1311.3870",
    "fr21": "2108.05900",
    "fr24": "2409.09123 (F1 term)",
    "total": "sigma_pp: COMPETE fit of the PDG",
    "nsd": "sigma_NSD: fit of 2409.09123",
    "none": "no cross-section weight",
}


@dataclass(frozen=True)
class Bremsstrahlung:
    """Production channel ``brems``: radiation off the primary proton, which interacts in the dump with P = 1.

    form_factor, splitting, sigma_weight: names of :data:`FORM_FACTORS`, :data:`SPLITTINGS` and
    :data:`SIGMA_WEIGHTS`; lambda_p_gev: of the `off_shell_factor`. All but the form factor are part of the
    sample, as are the ranges in z = p_A'/p_beam and pT [GeV], the bound on H/(4 E_p² z (1-z)²) and the
    polarisation (`feebly.physics.decays.polarisation`).
    """

    form_factor: str = "none"
    splitting: str = "bb"
    z_min: float = 0.1
    z_max: float = 0.9
    pt_max_gev: float = 1.0
    validity_max: float = 0.1
    beam_momentum_gev: float = 400.0
    sigma_weight: str = "total"
    lambda_p_gev: float | None = None
    polarisation: str = "isotropic"

    def __post_init__(self) -> None:
        for kind, name, known in (
            ("form factor", self.form_factor, FORM_FACTORS),
            ("splitting", self.splitting, SPLITTINGS),
            ("sigma weight", self.sigma_weight, SIGMA_WEIGHTS),
            ("polarisation", self.polarisation, POLARISATIONS),
        ):
            if name not in known:
                raise unknown(kind, name, known)
        if not 0 < self.z_min < self.z_max < 1:
            raise ConfigError(f"z range {self.z_min:g}-{self.z_max:g}: expected 0 < z_min < z_max < 1")
        for label, value in (("pt_max_gev", self.pt_max_gev), ("validity_max", self.validity_max)):
            if not value > 0:
                raise ConfigError(f"{label} = {value:g}: expected a positive number")
        if self.lambda_p_gev is not None and not self.lambda_p_gev > 0:
            raise ConfigError(f"lambda_p_gev = {self.lambda_p_gev:g}: expected a positive number")

    @property
    def tag(self) -> str:
        return "brems"

    @property
    def parent(self) -> None:
        return None

    def mass_range_gev(self, model_range_gev: tuple[float, float]) -> tuple[float, float]:
        """The model's own range, from 0.3 GeV on for ``fr21``; the beam energy is no constraint."""
        low, high = model_range_gev
        return (max(low, FR21_MIN_MASS_GEV), high) if self.splitting == "fr21" else (low, high)

    def sampling(self) -> BremsstrahlungSampling:
        return BremsstrahlungSampling(
            splitting=self.splitting,
            z_min=self.z_min,
            z_max=self.z_max,
            pt_max_gev=self.pt_max_gev,
            validity_max=self.validity_max,
            beam_momentum_gev=self.beam_momentum_gev,
            sigma_weight=self.sigma_weight,
            lambda_p_gev=self.lambda_p_gev,
            polarisation=self.polarisation,
        )

    @property
    def numbers(self) -> tuple[str, Origin]:
        off_shell = f", Lambda_p = {self.lambda_p_gev:g} GeV" if self.lambda_p_gev else ""
        cuts = (
            f"{self.z_min:g} < z < {self.z_max:g}, pT < {self.pt_max_gev:g} GeV, "
            f"H/(4 E^2 z (1-z)^2) <= {self.validity_max:g}{off_shell}, {self.polarisation}"
        )
        sources = f"splitting of {_PAPERS[self.splitting]}; {_PAPERS[self.sigma_weight]}"
        return cuts, Origin("published", sources)

    def rate(self, mass_gev: ArrayLike, coupling: ArrayLike, multiplicity: float | None = None) -> FloatArray:
        """A' per POT over the sample's own ε = 1, F = 1: ε² |F(m²)|². ``multiplicity`` is not used."""
        form_factor = FORM_FACTORS[self.form_factor](np.asarray(mass_gev, float))
        return np.asarray(np.asarray(coupling, float) ** 2 * form_factor)

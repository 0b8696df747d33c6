"""Proton bremsstrahlung of a scalar that mixes with the Higgs boson, p N -> S X."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import PROTON_MASS_GEV
from feebly.core.errors import ConfigError, unknown
from feebly.core.interfaces import BremsstrahlungSampling, FloatArray
from feebly.core.provenance import Origin
from feebly.physics.formfactors.nucleon import scalar_form_factor_squared
from feebly.physics.production.bremsstrahlung import G_SNN, SIGMA_WEIGHTS

SCALAR_FORM_FACTORS: Mapping[str, Callable[[ArrayLike], FloatArray]] = MappingProxyType(
    {
        "none": lambda mass_gev: np.ones_like(mass_gev, dtype=float),
        "time-like": scalar_form_factor_squared,
        "fixed-width": partial(scalar_form_factor_squared, fixed_width=True),
    }
)
"""|F_S(m²)|² of the proton by option: ``none`` is point-like, ``time-like`` has f0 poles whose width term is
m Γ (public code of ALPINIST), ``fixed-width`` m_f0 Γ."""

NORMS: Mapping[str, float] = MappingProxyType({"16pi2": 1.0, "8pi2": 2.0})
"""Rate by option over that of the splitting with 16π²: 2108.05900, or 1904.10447 with 8π²."""


@dataclass(frozen=True)
class ScalarBremsstrahlung:
    """Production channel ``brems`` of the dark scalar: radiation off the primary proton (2108.05900).

    form_factor, norm: names of :data:`SCALAR_FORM_FACTORS` and :data:`NORMS`; not part of the sample. The
    others are, as for `Bremsstrahlung`: the form factor of the off-shell proton (scale lambda_p_gev) takes
    the place of a tight cut on pT.
    """

    form_factor: str = "time-like"
    norm: str = "16pi2"
    z_min: float = 0.1
    z_max: float = 0.9
    pt_max_gev: float = 4.0
    validity_max: float = 0.1
    beam_momentum_gev: float = 400.0
    sigma_weight: str = "total"
    lambda_p_gev: float = 1.5

    def __post_init__(self) -> None:
        for kind, name, known in (
            ("form factor", self.form_factor, SCALAR_FORM_FACTORS),
            ("norm", self.norm, NORMS),
            ("sigma weight", self.sigma_weight, SIGMA_WEIGHTS),
        ):
            if name not in known:
                raise unknown(kind, name, known)
        if not 0 < self.z_min < self.z_max < 1:
            raise ConfigError(f"z range {self.z_min:g}-{self.z_max:g}: expected 0 < z_min < z_max < 1")
        for label in ("pt_max_gev", "validity_max", "lambda_p_gev"):
            if not getattr(self, label) > 0:
                raise ConfigError(f"{label} = {getattr(self, label):g}: expected a positive number")

    @property
    def tag(self) -> str:
        return "brems"

    @property
    def parent(self) -> None:
        return None

    def mass_range_gev(self, model_range_gev: tuple[float, float]) -> tuple[float, float]:
        """Up to the p anti-p threshold, where the form factor ends: 4e-5 of the rate from B mesons."""
        low, high = model_range_gev
        return low, min(2 * PROTON_MASS_GEV, high)

    def sampling(self) -> BremsstrahlungSampling:
        return BremsstrahlungSampling(
            splitting="scalar",
            z_min=self.z_min,
            z_max=self.z_max,
            pt_max_gev=self.pt_max_gev,
            validity_max=self.validity_max,
            beam_momentum_gev=self.beam_momentum_gev,
            sigma_weight=self.sigma_weight,
            lambda_p_gev=self.lambda_p_gev,
        )

    @property
    def numbers(self) -> tuple[str, Origin]:
        text = (
            f"g_SNN = {G_SNN:g}, {self.norm}, {self.z_min:g} < z < {self.z_max:g}, "
            f"pT < {self.pt_max_gev:g} GeV, H/(4 E^2 z (1-z)^2) <= {self.validity_max:g}, "
            f"Lambda_p = {self.lambda_p_gev:g} GeV, |F_S|^2 {self.form_factor}"
        )
        return text, Origin(
            "published", "2108.05900 (16 pi^2; 1904.10447 has 8 pi^2), f0 poles of 2008.08108"
        )

    def rate(self, mass_gev: ArrayLike, coupling: ArrayLike, multiplicity: float | None = None) -> FloatArray:
        """S per POT over the sample's own (sin θ = 1, 16π², F = 1): sin²θ |F_S(m²)|² × `NORMS`."""
        form_factor = SCALAR_FORM_FACTORS[self.form_factor](np.asarray(mass_gev, float))
        return np.asarray(np.asarray(coupling, float) ** 2 * form_factor * NORMS[self.norm])

"""Axion-like particles from photons in the field of a nucleus of the dump: from meson decays or protons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import pi
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import ALPHA, MESON_MASS_GEV, PROTON_MASS_GEV
from feebly.core.errors import ConfigError, unknown
from feebly.core.interfaces import FloatArray, PhotonConversionSampling, PrimakoffSampling
from feebly.core.provenance import Origin
from feebly.physics.models.alp import MesonMixing, photon_coupling
from feebly.physics.models.alp_couplings import AlpCouplings
from feebly.physics.production.bremsstrahlung import sigma_pp_mb
from feebly.physics.production.meson_decay import MESON_MODES
from feebly.physics.production.primakoff import EPA_CUTS, MB_PER_GEV2

COPPER = (29.0, 63.546)
"""Charge and mass number of the nucleus of the dump."""

ABSORPTION_BARN: Mapping[str, float] = MappingProxyType({"radiation-length": 6.38, "alpinist": 6.0})
"""Cross section of copper for photons by option: (7/9) A/(N_A X₀), or the number of ALPINIST (2201.05170)."""

PHOTON_PARENTS: Mapping[str, str] = MappingProxyType({"photon-pi0": "pi0", "photon-eta": "eta"})
"""Parents of the photons by production tag; no others reach a per cent."""


def g_photon_squared(mass_gev: ArrayLike, couplings: AlpCouplings, mixing: MesonMixing) -> FloatArray:
    """|g_aγγ|² [GeV⁻²] of two photons at coupling one: g = 16π α C_γγ^eff/Λ; 2201.05170."""
    effective = photon_coupling(mass_gev, couplings, mixing)
    return np.asarray((16 * pi * ALPHA * np.abs(effective)) ** 2)


@dataclass(frozen=True)
class PhotonConversion:
    """Production channel π0, η -> γγ, then γ N -> a N on a nucleus of the dump before the photon is absorbed.

    tag: a key of `PHOTON_PARENTS`. couplings: C/Λ per unit of the scanned coupling; angles: of C_γγ^eff.
    absorption: of `ABSORPTION_BARN`. Photons of secondaries and of the shower are left out.
    """

    tag: str
    couplings: AlpCouplings
    angles: MesonMixing
    absorption: str = "radiation-length"

    def __post_init__(self) -> None:
        if self.tag not in PHOTON_PARENTS:
            raise unknown("photon channel", self.tag, PHOTON_PARENTS)
        if self.absorption not in ABSORPTION_BARN:
            raise unknown("absorption of photons", self.absorption, ABSORPTION_BARN)

    @property
    def parent(self) -> str:
        return PHOTON_PARENTS[self.tag]

    def mass_range_gev(self, model_range_gev: tuple[float, float]) -> tuple[float, float]:
        """No limit of its own: coherence ends softly."""
        return model_range_gev

    def sampling(self) -> PhotonConversionSampling:
        return PhotonConversionSampling(self.parent, MESON_MASS_GEV[self.parent], *COPPER)

    @property
    def photons_per_parent(self) -> float:
        """2 BR(P -> γγ)."""
        return 2 * MESON_MODES[self.parent].branching_ratio

    @property
    def numbers(self) -> tuple[str, Origin]:
        text = (
            f"{self.photons_per_parent:.4g} photons per {self.parent}, sigma(gamma Cu -> a Cu) over "
            f"{ABSORPTION_BARN[self.absorption]:g} b"
        )
        return text, Origin("published", "1904.02091; Helm form factor, coherent up to its first zero")

    def rate(self, mass_gev: ArrayLike, coupling: ArrayLike, multiplicity: float | None = None) -> FloatArray:
        """Parents per POT × 2 BR(P -> γγ) × g²/σ_abs: what the table, σ/g² per photon, is multiplied by."""
        if multiplicity is None:
            raise ConfigError(f"production {self.tag!r} needs the multiplicity of its parent {self.parent!r}")
        absorbed = ABSORPTION_BARN[self.absorption] * 1e3 / MB_PER_GEV2
        g2 = g_photon_squared(mass_gev, self.couplings, self.angles) * np.asarray(coupling, float) ** 2
        return np.asarray(multiplicity * self.photons_per_parent * g2 / absorbed)


@dataclass(frozen=True)
class Primakoff:
    """Production channel p N -> p N a by a virtual photon of an elastic proton of the beam.

    Equivalent photons (Budnev et al. 1975; cut: of `EPA_CUTS`) and the nucleus add their transverse momenta.
    Per interaction: over σ_pp A^0.77 (2201.05170). couplings, angles: as of `PhotonConversion`.
    """

    couplings: AlpCouplings
    angles: MesonMixing
    beam_momentum_gev: float = 400.0
    cut: str = EPA_CUTS[0]
    tag: str = "primakoff"

    def __post_init__(self) -> None:
        if self.cut not in EPA_CUTS:
            raise unknown("cut on the photons of a proton", self.cut, EPA_CUTS)

    @property
    def parent(self) -> None:
        return None

    def mass_range_gev(self, model_range_gev: tuple[float, float]) -> tuple[float, float]:
        """No limit of its own: coherence ends softly."""
        return model_range_gev

    def sampling(self) -> PrimakoffSampling:
        return PrimakoffSampling(self.beam_momentum_gev, *COPPER, self.cut)

    @property
    def interaction_mb(self) -> float:
        """σ_pp A^0.77 [mb]."""
        s_gev2 = 2 * PROTON_MASS_GEV * (np.hypot(self.beam_momentum_gev, PROTON_MASS_GEV) + PROTON_MASS_GEV)
        return float(sigma_pp_mb(s_gev2)) * COPPER[1] ** 0.77

    @property
    def numbers(self) -> tuple[str, Origin]:
        text = f"equivalent photons (cut {self.cut}), sigma(gamma Cu -> a Cu)/{self.interaction_mb:.4g} mb"
        return text, Origin("published", "1512.03069, Budnev et al. 1975, sigma_pp A^0.77 of 2201.05170")

    def rate(self, mass_gev: ArrayLike, coupling: ArrayLike, multiplicity: float | None = None) -> FloatArray:
        """g²/(σ_pp A^0.77): what the table, σ/g² times photons per proton, is multiplied by."""
        g2 = g_photon_squared(mass_gev, self.couplings, self.angles) * np.asarray(coupling, float) ** 2
        return np.asarray(g2 * MB_PER_GEV2 / self.interaction_mb)

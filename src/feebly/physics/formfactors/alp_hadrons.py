"""Hadronic widths of an axion-like particle from tables: total, final states, poles, thresholds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import (
    ETA_MASS_GEV,
    ETAPRIME_MASS_GEV,
    KAON_MASS_GEV,
    OMEGA_MASS_GEV,
    PION0_MASS_GEV,
    PION_MASS_GEV,
)
from feebly.core.errors import DomainError, unknown
from feebly.core.interfaces import FloatArray
from feebly.core.kept import kept
from feebly.physics.formfactors.meson_mixing import distance_gev2

THRESHOLD_GEV: Mapping[str, float] = MappingProxyType(
    {
        "pipigamma": 2 * PION_MASS_GEV,
        "3pi": 2 * PION_MASS_GEV + PION0_MASS_GEV,
        "3pi0": 3 * PION0_MASS_GEV,
        "2pi2pi0": 2 * PION_MASS_GEV + 2 * PION0_MASS_GEV,
        "4pi": 4 * PION_MASS_GEV,
        "pipieta": 2 * PION_MASS_GEV + ETA_MASS_GEV,
        "pi0pi0eta": 2 * PION0_MASS_GEV + ETA_MASS_GEV,
        "kkpi0": 2 * KAON_MASS_GEV + PION0_MASS_GEV,
        "hadrons-other": 2 * PION_MASS_GEV + OMEGA_MASS_GEV,  # the lightest of the rest
    }
)
"""Sum of the masses of the final state [GeV]; ``hadrons-other`` is what the others leave of the total."""

HADRONIC_CHANNELS = tuple(THRESHOLD_GEV)


@dataclass(frozen=True)
class WidthColumn:
    """One width against mass: monotone cubic of ln(Γ/w Π_P (1 - m_P²/m²)²), P = η, η′, w of the threshold.

    The poles are taken out before the interpolation and put back, held 5 MeV from the meson. Zero below the
    threshold and above ``end_gev``.
    """

    threshold_gev: float
    end_gev: float
    power: float
    log_ratio: Callable[[FloatArray], FloatArray]
    first_gev: float

    @classmethod
    def through(
        cls, mass_gev: FloatArray, width: FloatArray, threshold_gev: float, bodies: int, end_gev: float
    ) -> WidthColumn:
        """Column through the points above the threshold where the width is positive.

        bodies: number n of particles, Γ ~ (1 - threshold²/m²)^((3n - 5)/2) near threshold.
        """
        from scipy.interpolate import PchipInterpolator

        power = (3 * bodies - 5) / 2
        use = (mass_gev > threshold_gev) & (mass_gev <= end_gev) & (width > 0)
        knots = mass_gev[use]
        phase_space = (1 - (threshold_gev / knots) ** 2) ** power
        ratio = PchipInterpolator(knots, np.log(width[use] / pole_factor(knots) / phase_space))
        return cls(threshold_gev, end_gev, power, ratio, float(knots[0]))

    def __call__(self, mass_gev: ArrayLike) -> FloatArray:
        m = np.asarray(mass_gev, float)
        inside = (m > self.threshold_gev) & (m <= self.end_gev)
        clipped = np.where(inside, m, self.end_gev)
        phase_space = np.maximum(1 - (self.threshold_gev / clipped) ** 2, 0.0) ** self.power
        smooth = np.exp(self.log_ratio(np.maximum(clipped, self.first_gev)))
        return np.asarray(np.where(inside, smooth * phase_space * pole_factor(m), 0.0))


@kept
def pole_factor(mass_gev: FloatArray) -> FloatArray:
    """Π_P (m²/(m² - m_P²))² over η and η′, each held 5 MeV from the meson."""
    m = mass_gev
    poles = [distance_gev2(m, mass) for mass in (ETA_MASS_GEV, ETAPRIME_MASS_GEV)]
    return np.asarray((m**2 * m**2 / (poles[0] * poles[1])) ** 2)


@dataclass(frozen=True)
class HadronicWidths:
    """Γ_had and its parts over (C/Λ)² [GeV³]. ``name`` is the option of a model.

    columns: disjoint parts, by the name of their final state where they have one. Valid to end_gev.
    """

    name: str
    source: str
    end_gev: float
    total: Callable[[FloatArray], FloatArray]
    columns: Mapping[str, Callable[[FloatArray], FloatArray]]

    def width_gev3(self, channel: str, mass_gev: ArrayLike) -> FloatArray:
        """Γ(a -> channel)/(C/Λ)² at mass [GeV]; ConfigError for an unknown name, DomainError above the end.

        The digitised channels do not add up to the digitised total: they are scaled to it below the threshold
        of ``hadrons-other``, and above it where they exceed it.
        """
        if channel not in THRESHOLD_GEV:
            raise unknown("hadronic channel", channel, HADRONIC_CHANNELS)
        return self.widths_gev3(mass_gev)[channel]

    def widths_gev3(self, mass_gev: ArrayLike) -> dict[str, FloatArray]:
        """As ``width_gev3``, of all channels at once."""
        m = self._checked(mass_gev)
        values = {name: column(m) for name, column in self.columns.items()}
        parts, total = sum(values.values()), self.total(m)
        ratio = total / np.where(parts > 0, parts, np.inf)
        above = m > THRESHOLD_GEV["hadrons-other"]
        scale = np.where(above, np.minimum(ratio, 1.0), ratio)
        closed = np.zeros_like(m)
        named = scale * sum(value for name, value in values.items() if name in THRESHOLD_GEV)
        widths = {name: np.asarray(values.get(name, closed) * scale) for name in HADRONIC_CHANNELS}
        return widths | {"hadrons-other": np.where(above, np.maximum(total - named, 0.0), 0.0)}

    def _checked(self, mass_gev: ArrayLike) -> FloatArray:
        m = np.asarray(mass_gev, float)
        if np.any(m > self.end_gev):
            raise DomainError(
                f"mass {float(np.max(m)):g} GeV: widths of {self.source} end at {self.end_gev:g} GeV"
            )
        return m

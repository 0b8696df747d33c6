"""A light scalar that couples like a Higgs boson to pairs of pions and kaons: <P P| θ, Γ, Δ |0>.

The coupling is G_P = 2/9 θ_P + 7/9 (Γ_P + Δ_P): heavy quarks in the trace θ of the energy-momentum tensor,
light masses in Γ (up and down) and Δ (strange); Donoghue, Gasser, Leutwyler, Nucl. Phys. B 343 (1990) 341.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feebly.core.constants import KAON_MASS_GEV, PION_MASS_GEV
from feebly.core.errors import DomainError, unknown
from feebly.core.interfaces import FloatArray
from feebly.core.provenance import OriginKind

ComplexArray = NDArray[np.complex128]

PAIR_MASS_GEV: Mapping[str, float] = MappingProxyType({"pi": PION_MASS_GEV, "k": KAON_MASS_GEV})
"""Mass of each meson of a pair: the isospin limit has one pion and one kaon."""


@dataclass(frozen=True)
class PairCoupling:
    """|G_P| of pions and kaons. ``name`` is the width-table option of a model; valid to ``end_gev``."""

    name: str
    source: str
    origin: OriginKind
    end_gev: float
    modulus_gev2: Callable[[str, FloatArray], FloatArray]

    def __call__(self, meson: str, mass_gev: ArrayLike) -> FloatArray:
        """|G_P| [GeV²] of ``meson`` = ``pi`` or ``k`` at mass [GeV]; DomainError above the end."""
        mass = np.asarray(mass_gev, float)
        if np.any(mass > self.end_gev):
            raise DomainError(
                f"mass {float(np.max(mass)):g} GeV: scalar form factors end at {self.end_gev:g} GeV"
            )
        return self.modulus_gev2(meson, mass)


def pair_couplings() -> tuple[str, ...]:
    """Names of the known couplings; the first is the default."""
    return tuple(_COUPLINGS)


def pair_coupling(name: str = "dispersive") -> PairCoupling:
    """Coupling by name; ConfigError for an unknown one."""
    if name not in _COUPLINGS:
        raise unknown("width table", name, _COUPLINGS)
    return _COUPLINGS[name]


def leading_order_gev2(meson: str, mass_gev: ArrayLike) -> FloatArray:
    """G_P = 2/9 (m² + 11/2 m_P²) [GeV²], the theorem for m -> 0.

    Voloshin, Sov. J. Nucl. Phys. 44 (1986) 478. No final-state interaction: 2.6 times fewer pions at 0.3 GeV.
    """
    return np.asarray(2 / 9 * (np.asarray(mass_gev, float) ** 2 + 5.5 * PAIR_MASS_GEV[meson] ** 2))


def dispersive_gev2(meson: str, mass_gev: ArrayLike) -> ComplexArray:
    """Complex G_P [GeV²] of the dispersive analysis 1809.01876, below 1.99 GeV.

    ln of modulus and phase of Γ, Δ and θ are interpolated, each by a monotone cubic in mass. Below 0.28 GeV,
    that is in the first MeV above threshold, the first values are held.
    """
    mass = np.asarray(mass_gev, float)
    gamma, delta, theta = (_interpolated(f"{name}2{meson}", mass) for name in ("gamma", "delta", "theta"))
    return np.asarray(2 / 9 * theta + 7 / 9 * (gamma + delta))


@cache
def table_values() -> Mapping[str, FloatArray]:
    """Columns of the shipped table by name."""
    path = files("feebly") / "data" / "formfactors" / "scalar_form_factors.csv"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    values = np.loadtxt(lines[1:], delimiter=",", unpack=True)
    return MappingProxyType(dict(zip(lines[0].split(","), values, strict=True)))


@cache
def _splines(name: str) -> tuple[Callable[[FloatArray], FloatArray], Callable[[FloatArray], FloatArray]]:
    from scipy.interpolate import PchipInterpolator

    values = table_values()
    knots = values["mass_gev"]
    log_modulus = np.log(values[f"{name}_abs_gev2"])
    return PchipInterpolator(knots, log_modulus), PchipInterpolator(knots, values[f"{name}_phase_rad"])


def _interpolated(name: str, mass_gev: FloatArray) -> ComplexArray:
    mass = np.maximum(mass_gev, table_values()["mass_gev"][0])
    log_modulus, phase = _splines(name)
    return np.asarray(np.exp(log_modulus(mass) + 1j * phase(mass)))


_TABLE_END_GEV = 1.99

_COUPLINGS: Mapping[str, PairCoupling] = MappingProxyType(
    {
        "dispersive": PairCoupling(
            "dispersive",
            "Winkler, 1809.01876 (figure, digitised in ALPINIST 2201.05170)",
            "digitised",
            _TABLE_END_GEV,
            lambda meson, mass: np.abs(dispersive_gev2(meson, mass)),
        ),
        "leading-order": PairCoupling(
            "leading-order",
            "low-energy theorem, a lower envelope",
            "derived",
            _TABLE_END_GEV,
            leading_order_gev2,
        ),
    }
)

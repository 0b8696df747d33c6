"""Shipped hadronic widths of axion-like particles that couple to gluons (1811.03474) or quarks (2310.03524).

Both were read off figures. Each gives squared amplitudes of one coupling: interference between the two is not
known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feebly.core.constants import (
    ETA_MASS_GEV,
    ETAPRIME_MASS_GEV,
    KAON0_MASS_GEV,
    KAON_MASS_GEV,
    OMEGA_MASS_GEV,
    PHI_MASS_GEV,
    PION0_MASS_GEV,
    PION_MASS_GEV,
)
from feebly.core.errors import unknown
from feebly.core.interfaces import FloatArray
from feebly.physics.formfactors.alp_hadrons import THRESHOLD_GEV, HadronicWidths, WidthColumn
from feebly.physics.formfactors.meson_mixing import RESONANCE_GEV

Column = Callable[[FloatArray], FloatArray]

_KSTAR_GEV = 0.89167  # PDG 2024

_THRESHOLD_GEV = {
    **THRESHOLD_GEV,
    "hadrons": THRESHOLD_GEV["pipigamma"],
    "etapipi": THRESHOLD_GEV["pi0pi0eta"],
    "kkpi": THRESHOLD_GEV["kkpi0"],
    "rhorho": THRESHOLD_GEV["2pi2pi0"],
    "etaprimepipi": 2 * PION0_MASS_GEV + ETAPRIME_MASS_GEV,
    "pipietaprime": 2 * PION_MASS_GEV + ETAPRIME_MASS_GEV,
    "pi0pi0etaprime": 2 * PION0_MASS_GEV + ETAPRIME_MASS_GEV,
    "k0k0pi0": 2 * KAON0_MASS_GEV + PION0_MASS_GEV,
    "k0kpi": KAON_MASS_GEV + KAON0_MASS_GEV + PION_MASS_GEV,
    "omegaomega": 2 * OMEGA_MASS_GEV,
    "kstarkstar": 2 * _KSTAR_GEV,
    "k0stark0star": 2 * _KSTAR_GEV,
    "phiphi": 2 * PHI_MASS_GEV,
    "pipiomega": 2 * PION_MASS_GEV + OMEGA_MASS_GEV,
    "3eta": 3 * ETA_MASS_GEV,
}
_PAIRS = ("omegaomega", "kstarkstar", "k0stark0star", "phiphi")
_BODIES = dict.fromkeys(("2pi2pi0", "4pi", "rhorho"), 4) | dict.fromkeys(_PAIRS, 2)

_CHARGED_ETA_PI_PI = 0.652  # of all η π π: isospin 2/3, less for the heavier charged pions
_CHARGED_KAONS = 1 / 6  # K+ K- π0 of all K K π: isospin
_CHARGED_RHOS = 2 / 3  # ρ+ ρ- of all ρρ with isospin zero; they are π+ π- 2π0, the others 2π+ 2π-
# where the digitised channels miss the digitised total by more than 30%: peaks of η and η′ [GeV]
_UNREADABLE_GEV = ((0.5375, 0.5590), (0.9350, 0.9630))
_DIFFERENCE_FROM_GEV = 0.44  # below, total minus photons is noise: the channels themselves are summed


@cache
def table_values(part: str) -> Mapping[str, FloatArray]:
    """Columns of a shipped table by name; part: ``gluons`` or ``quarks``."""
    path = files("feebly") / "data" / "formfactors" / f"alp_widths_{part}.csv"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    values = np.loadtxt(lines[1:], delimiter=",", unpack=True)
    return MappingProxyType(dict(zip(lines[0].split(","), values, strict=True)))


def gluon_tables() -> tuple[str, ...]:
    """Names of the known widths from gluons; the first is the default."""
    return tuple(_GLUON_TABLES)


@cache
def gluon_widths(name: str = "aloni2018") -> HadronicWidths:
    """Widths of an ALP that couples to gluons, by name; ConfigError for an unknown one."""
    if name not in _GLUON_TABLES:
        raise unknown("table of hadronic ALP widths", name, _GLUON_TABLES)
    return _GLUON_TABLES[name]()


@cache
def quark_widths() -> HadronicWidths:
    """Widths of an ALP that couples to all quarks alike: Γ f² of ∂a/f q̄γγ5q, 1/f = C/(2Λ)."""
    mass = table_values("quarks")["mass_gev"]
    poles = [np.abs(mass - pole) < RESONANCE_GEV for pole in (ETA_MASS_GEV, ETAPRIME_MASS_GEV)]
    values = {name: column / 4 for name, column in table_values("quarks").items() if name != "mass_gev"}
    columns = _columns(mass, values, ~np.any(poles, axis=0))
    total = columns.pop("hadrons")
    return HadronicWidths("2310.03524", "2310.03524", float(mass[-1]), total, MappingProxyType(columns))


def gluon_total_ev(mass_gev: ArrayLike) -> FloatArray:
    """Γ_tot [eV] at C_GG = 1, Λ = 1 TeV as read off the figure of 1811.03474, with photons; from 0.16 GeV.

    For comparison only: the model has its own Γ(γγ) and takes the hadronic part.
    """
    values = table_values("gluons")
    known = values["mass_gev"] > 0.16
    log_total = np.log(values["total"][known])
    return np.asarray(np.exp(np.interp(np.asarray(mass_gev, float), values["mass_gev"][known], log_total)))


def _aloni() -> HadronicWidths:
    """1811.03474: Γ [eV] at Λ = 1 TeV. Three pions below m_η′ only, as in the paper."""
    values = dict(table_values("gluons"))
    mass, total, photons = (values.pop(name) for name in ("mass_gev", "total", "gammagamma"))
    usable = ~np.any([(mass > low) & (mass < high) for low, high in _UNREADABLE_GEV], axis=0)
    below = sum(values[name] * (mass > _THRESHOLD_GEV[name]) for name in values)
    values["hadrons"] = np.where(mass > _DIFFERENCE_FROM_GEV, total - photons, below)
    to_gev3 = 1e-9 * 1e3**2
    in_gev3 = {name: value * to_gev3 for name, value in values.items()}
    columns = _columns(mass, in_gev3, usable, {"3pi": ETAPRIME_MASS_GEV, "3pi0": ETAPRIME_MASS_GEV})
    hadrons = columns.pop("hadrons")
    parts = _split(columns.pop("etapipi"), "pipieta", "pi0pi0eta", _CHARGED_ETA_PI_PI)
    parts |= _split(columns.pop("kkpi"), "kkpi0", "other-kkpi", _CHARGED_KAONS)
    parts |= _split(columns.pop("rhorho"), "2pi2pi0", "4pi", _CHARGED_RHOS)
    source = "1811.03474 (figure, digitised in ALPINIST 2201.05170)"
    return HadronicWidths("aloni2018", source, float(mass[-1]), hadrons, MappingProxyType(columns | parts))


def _columns(
    mass: FloatArray,
    values: Mapping[str, FloatArray],
    usable: NDArray[np.bool_],
    ends: Mapping[str, float] = MappingProxyType({}),
) -> dict[str, Column]:
    return {
        name: WidthColumn.through(
            mass[usable],
            width[usable],
            _THRESHOLD_GEV[name],
            _BODIES.get(name, 3),
            ends.get(name, float(mass[-1])),
        )
        for name, width in values.items()
    }


def _split(column: Column, first: str, second: str, share: float) -> dict[str, Column]:
    """A column shared by two final states; all of it to the other one below the threshold of one of them."""
    edge, other_edge = (_THRESHOLD_GEV.get(name, 0.0) for name in (first, second))

    def to_first(m: FloatArray) -> FloatArray:
        return np.where(m > edge, np.where(m > other_edge, share, 1.0), 0.0)

    return {first: lambda m: column(m) * to_first(m), second: lambda m: column(m) * (1 - to_first(m))}


_GLUON_TABLES: Mapping[str, Callable[[], HadronicWidths]] = MappingProxyType({"aloni2018": _aloni})

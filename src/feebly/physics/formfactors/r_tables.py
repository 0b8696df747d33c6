"""R(e+e- -> X) of every hadronic final state X of a vector that couples like the photon.

R_X(s) = σ(e+e- -> X)/(4πα²/3s), the *massless* point cross section. A table is a set of disjoint columns;
their sum is the total hadronic R. Two are known: ``deliver`` (2201.01788, default) and ``own`` (formulas
where they exist, else the columns of ``deliver``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.constants import (
    ETA_MASS_GEV,
    KAON0_MASS_GEV,
    KAON_MASS_GEV,
    OMEGA_MASS_GEV,
    PION0_MASS_GEV,
    PION_MASS_GEV,
)
from feebly.core.errors import DataError, unknown
from feebly.core.interfaces import FloatArray
from feebly.physics.formfactors.inclusive import r_uds
from feebly.physics.formfactors.pion import r_pipi
from feebly.physics.formfactors.radiative import r_eta_gamma, r_pi0_gamma
from feebly.physics.formfactors.three_pions import r_three_pions

THRESHOLD_GEV: Mapping[str, float] = MappingProxyType(
    {
        "pipi": 2 * PION_MASS_GEV,
        "3pi": 2 * PION_MASS_GEV + PION0_MASS_GEV,
        "4pi": 4 * PION_MASS_GEV,
        "2pi2pi0": 2 * PION_MASS_GEV + 2 * PION0_MASS_GEV,
        "kk": 2 * KAON_MASS_GEV,
        "k0k0": 2 * KAON0_MASS_GEV,
        "kkpi0": 2 * KAON_MASS_GEV + PION0_MASS_GEV,
        "k0k0pi0": 2 * KAON0_MASS_GEV + PION0_MASS_GEV,
        "k0kpi": KAON_MASS_GEV + KAON0_MASS_GEV + PION_MASS_GEV,
        "pi0gamma": PION0_MASS_GEV,
        "etagamma": ETA_MASS_GEV,
        "pipieta": 2 * PION_MASS_GEV + ETA_MASS_GEV,
        "omegapi0": OMEGA_MASS_GEV + PION0_MASS_GEV,
        "hadrons-other": OMEGA_MASS_GEV + 2 * PION0_MASS_GEV,  # the lightest of the rest: omega pi0 pi0
    }
)
"""Sum of the masses of the final state [GeV]."""

HADRONIC_CHANNELS = tuple(THRESHOLD_GEV)

# R ~ (1 - threshold²/s)^power: p³ of a P-wave pair; p³ of a photon, whose p is itself ~ 1 - threshold²/s
_THRESHOLD_POWER = {"pipi": 1.5, "kk": 1.5, "k0k0": 1.5, "omegapi0": 1.5, "pi0gamma": 3.0, "etagamma": 3.0}

_PARTS = {"hadrons-other": ("other-exclusive", "inclusive-excess")}


@dataclass(frozen=True)
class Column:
    """R of one final state: cubic spline of ln(R/w) in the mass, w = (1 - edge²/m²)^power.

    Taking out the threshold factor w makes the rest smooth to the edge; a test on the closed formulas gives
    0.4% at worst (peaks of omega and phi) and 3e-4 rms on the grid of the shipped table. Zero below the edge,
    R/w of the first knot between edge and first knot, R of the last knot beyond.
    """

    edge_gev: float
    power: float
    knots_gev: FloatArray
    log_ratio: Callable[[FloatArray], FloatArray]

    @classmethod
    def through(cls, mass_gev: FloatArray, r: FloatArray, threshold_gev: float, power: float) -> Column:
        """Column through the points (mass, R); leading zeros mean that the channel is closed there."""
        from scipy.interpolate import CubicSpline

        first = int(np.argmax(r > 0))
        if np.any(r[first:] <= 0):
            raise DataError(f"R is not positive at {mass_gev[first:][r[first:] <= 0][0]} GeV")
        edge = max(threshold_gev, mass_gev[first - 1]) if first else threshold_gev
        knots = mass_gev[first:]
        spline = CubicSpline(knots, np.log(r[first:]) - power * np.log(1 - (edge / knots) ** 2))
        return cls(float(edge), power, knots, spline)

    def __call__(self, mass_gev: ArrayLike) -> FloatArray:
        mass = np.minimum(np.asarray(mass_gev, float), self.knots_gev[-1])
        phase_space = np.maximum(1 - (self.edge_gev / mass) ** 2, 0.0) ** self.power
        return np.asarray(phase_space * np.exp(self.log_ratio(np.maximum(mass, self.knots_gev[0]))))


@dataclass(frozen=True)
class RTable:
    """Hadronic R by final state. ``name`` is the width-table option of a model."""

    name: str
    source: str
    columns: Mapping[str, Column]

    def r(self, channel: str, mass_gev: ArrayLike) -> FloatArray:
        """R of a hadronic final state at mass [GeV], same shape; ConfigError for an unknown channel."""
        if channel not in THRESHOLD_GEV:
            raise unknown("hadronic channel", channel, HADRONIC_CHANNELS)
        mass = np.asarray(mass_gev, float)
        return np.asarray(sum(self.columns[part](mass) for part in _PARTS.get(channel, (channel,))))

    def r_total(self, mass_gev: ArrayLike) -> FloatArray:
        """Total hadronic R at mass [GeV]: the sum over all channels."""
        mass = np.asarray(mass_gev, float)
        return np.asarray(sum(column(mass) for column in self.columns.values()))


def width_tables() -> tuple[str, ...]:
    """Names of the known tables; the first is the default."""
    return tuple(_BUILDERS)


@cache
def r_table(name: str = "deliver") -> RTable:
    """Table by name, read or computed once per process; ConfigError for an unknown name."""
    if name not in _BUILDERS:
        raise unknown("width table", name, _BUILDERS)
    return _BUILDERS[name]()


def _column(name: str, mass_gev: FloatArray, r: FloatArray) -> Column:
    return Column.through(mass_gev, r, THRESHOLD_GEV.get(name, 0.0), _THRESHOLD_POWER.get(name, 1.0))


@cache
def _deliver_values() -> Mapping[str, FloatArray]:
    path = files("feebly") / "data" / "formfactors" / "dark_photon_r_deliver.csv"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    values = np.loadtxt(lines[1:], delimiter=",", unpack=True)
    return MappingProxyType(dict(zip(lines[0].split(","), values, strict=True)))


def _deliver() -> RTable:
    values = dict(_deliver_values())
    mass = values.pop("mass_gev")
    columns = {name: _column(name, mass, r) for name, r in values.items()}
    return RTable("deliver", "2201.01788", MappingProxyType(columns))


_OWN = {"pipi": r_pipi, "3pi": r_three_pions, "pi0gamma": r_pi0_gamma, "etagamma": r_eta_gamma}
_NEGLIGIBLE = 1e-9  # R just above a threshold that nobody will see and a spline of ln R would follow down
_SWITCH_GEV = 1.70  # sum of exclusive channels below, inclusive R of u, d, s above
_ALPHA_S = 0.30  # at 2 GeV (PDG 2024: 0.301); R moves by less than 1% from here to 1.7 GeV


def _own_grid() -> FloatArray:
    """Masses [GeV] between which the spline keeps 1e-3: denser on rho, omega and phi."""
    steps = ((0.14, 2.0, 5e-3), (0.72, 1.08, 1e-3), (0.774, 0.79, 2.5e-4), (1.010, 1.028, 2.5e-4))
    return np.unique(np.round(np.concatenate([np.arange(a, b + h / 2, h) for a, b, h in steps]), 6))


def _own() -> RTable:
    deliver = r_table("deliver")
    grid = _own_grid()
    columns = dict(deliver.columns)
    for name, formula in _OWN.items():
        r = formula(grid)
        columns[name] = _column(name, grid, np.where(r > _NEGLIGIBLE, r, 0.0))
    mass = _deliver_values()["mass_gev"]
    exclusive = sum(column(mass) for name, column in columns.items() if name != "inclusive-excess")
    excess = np.where(mass > _SWITCH_GEV, np.maximum(r_uds(_ALPHA_S) - exclusive, 0.0), 0.0)
    columns["inclusive-excess"] = _column("inclusive-excess", mass, excess)
    source = (
        "1205.2228 (pipi), hep-ph/0512180 (3pi), 1601.08061 (pi0gamma), hep-ex/0605109 (etagamma), "
        "2201.01788 (all others)"
    )
    return RTable("own", source, MappingProxyType(columns))


_BUILDERS: Mapping[str, Callable[[], RTable]] = MappingProxyType({"deliver": _deliver, "own": _own})

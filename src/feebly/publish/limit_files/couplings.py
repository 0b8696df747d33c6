"""Names of the couplings that limits are given in, and the one place where a limit changes its name.

A name stands for one quantity on a linear axis, dimensionful ones in GeV⁻¹: ``epsilon^2`` is the square of
``epsilon``, ``sin2-theta`` is sin²θ. Conventions of an axion-like particle are those of ``alp_couplings``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.errors import ConfigError, unknown
from feebly.core.interfaces import FloatArray
from feebly.physics.models.alp_couplings import DIRECTIONS, conventions_of, couplings_per_unit

INVERSE_GEV = "1/GeV"


@dataclass(frozen=True, slots=True)
class CouplingName:
    """One way to give a coupling.

    family: names of one family are powers of one quantity, or conventions of an ALP. power: of that
    quantity. unit: ``1``, ``1/GeV`` or ``m``. symbol: mathtext. largest: the largest value that can be meant,
    infinite where there is none.
    """

    name: str
    family: str
    power: float
    unit: str
    symbol: str
    largest: float = float("inf")


_ALP = "axion-like particle"

COUPLINGS: Mapping[str, CouplingName] = MappingProxyType(
    {
        row.name: row
        for row in (
            CouplingName("epsilon", "kinetic mixing", 1, "1", r"\varepsilon", 1.0),
            CouplingName("epsilon^2", "kinetic mixing", 2, "1", r"\varepsilon^2", 1.0),
            CouplingName("sin-theta", "scalar mixing", 1, "1", r"\sin\theta", 1.0),
            CouplingName("sin2-theta", "scalar mixing", 2, "1", r"\sin^2\theta", 1.0),
            CouplingName("U", "neutrino mixing", 1, "1", r"|U|", 1.0),
            CouplingName("U2", "neutrino mixing", 2, "1", r"|U|^2", 1.0),
            CouplingName("C/Lambda", _ALP, 1, INVERSE_GEV, r"C/\Lambda"),
            CouplingName("1/f", _ALP, 1, INVERSE_GEV, r"1/f"),
            CouplingName("g_agamma", _ALP, 1, INVERSE_GEV, r"g_{a\gamma\gamma}"),
            CouplingName("branching-ratio", "branching ratio", 1, "1", r"\mathrm{BR}", 1.0),
            CouplingName("ctau-m", "proper decay length", 1, "m", r"c\tau"),
        )
    }
)
"""Every name, with what it means."""

MIXING_BENCHMARKS: Mapping[str, str] = MappingProxyType({"BC6": "hnl-e", "BC7": "hnl-mu", "BC8": "hnl-tau"})
"""Tags of the heavy neutral leptons that mix with one flavour, by their benchmark."""

_FLAVOURS = {"hnl-e": "e", "hnl-mu": r"\mu", "hnl-tau": r"\tau"}


def coupling_named(name: str) -> CouplingName:
    """The coupling of a name; ConfigError with the nearest known one."""
    if name not in COUPLINGS:
        raise unknown("coupling", name, COUPLINGS)
    return COUPLINGS[name]


def symbol_for(name: str, model: str = "") -> str:
    """Mathtext of a coupling; a mixing of neutrinos with the flavour of its model (``hnl-e``): |U_e4|."""
    known = coupling_named(name)
    if known.family != "neutrino mixing" or model not in _FLAVOURS:
        return known.symbol
    return known.symbol.replace("U", f"U_{{{_FLAVOURS[model]}4}}")


def convert_coupling(value: ArrayLike, name: str, wanted: str, model: str = "") -> FloatArray:
    """Values of the coupling ``name`` as the coupling ``wanted``.

    model: tag of the benchmark, which conventions of an axion-like particle depend on (``alp-photon``).
    Raises ConfigError (one line) where one is no function of the other.
    """
    source, target = coupling_named(name), coupling_named(wanted)
    values = np.asarray(value, float)
    if source == target:
        return values
    if source.family != target.family:
        raise ConfigError(f"{name} cannot be turned into {wanted}: {source.family} is not {target.family}")
    if source.family == _ALP:
        return values * _alp_ratio(name, wanted, model)
    return np.asarray(values ** (target.power / source.power))


def _alp_ratio(name: str, wanted: str, model: str) -> float:
    """C/Λ of one unit of the one over that of the other, for the direction of the benchmark."""
    if model not in DIRECTIONS:
        raise ConfigError(
            f"{name} cannot be turned into {wanted} for model {model!r}: expected one of "
            f"{', '.join(DIRECTIONS)}"
        )
    for convention in (name, wanted):
        if convention not in conventions_of(model):
            raise ConfigError(
                f"{name} cannot be turned into {wanted}: {convention} is not defined for {model}"
            )
    return couplings_per_unit(model, name).largest / couplings_per_unit(model, wanted).largest

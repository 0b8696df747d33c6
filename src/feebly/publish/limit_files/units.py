"""Units and scales of the columns of a limit: values in GeV, and in the coupling's own unit."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.errors import ConfigError
from feebly.core.interfaces import FloatArray
from feebly.publish.limit_files.couplings import INVERSE_GEV, coupling_named

MassUnit = Literal["eV", "keV", "MeV", "GeV", "TeV"]
CouplingUnit = Literal["1", "1/GeV", "1/TeV", "1/MeV", "m", "cm", "mm"]
Scale = Literal["linear", "log10"]

SCALES: tuple[str, ...] = get_args(Scale)
_GEV_PER: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"eV": (1, 1e9), "keV": (1, 1e6), "MeV": (1, 1e3), "GeV": (1, 1), "TeV": (1e3, 1)}
)  # as a fraction: a division by a power of ten is exact to the last digit, its inverse is not
_COUPLING_UNITS: Mapping[str, tuple[str, float, float]] = MappingProxyType(
    {
        "1": ("1", 1, 1),
        INVERSE_GEV: (INVERSE_GEV, 1, 1),
        "1/TeV": (INVERSE_GEV, 1, 1e3),
        "1/MeV": (INVERSE_GEV, 1e3, 1),
        "m": ("m", 1, 1),
        "cm": ("m", 1, 1e2),
        "mm": ("m", 1, 1e3),
    }
)
MASS_UNITS, COUPLING_UNITS = tuple(_GEV_PER), tuple(_COUPLING_UNITS)


def linear(values: ArrayLike, scale: str) -> FloatArray:
    """Values of a column in a linear or logarithmic (base 10) scale."""
    numbers = np.asarray(values, float)
    if scale == "linear":
        return numbers
    with np.errstate(over="ignore"):
        return np.asarray(10.0**numbers)


def in_gev(values: ArrayLike, unit: str) -> FloatArray:
    """Masses in GeV."""
    times, over = _GEV_PER[unit]
    return np.asarray(np.asarray(values, float) * times / over)


def in_own_unit(values: ArrayLike, coupling: str, unit: str) -> FloatArray:
    """Values of a coupling in the unit of its name; ConfigError where the unit is of something else."""
    wanted = coupling_named(coupling).unit
    of, times, over = _COUPLING_UNITS[unit]
    if of != wanted:
        fitting = [name for name, row in _COUPLING_UNITS.items() if row[0] == wanted]
        raise ConfigError(f'coupling_unit "{unit}" of {coupling}: expected {" or ".join(fitting)}')
    return np.asarray(np.asarray(values, float) * times / over)

"""Range checks that every model shares."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from feebly.core.errors import DomainError
from feebly.core.interfaces import FloatArray


def checked_mass_gev(mass_gev: ArrayLike, mass_range_gev: tuple[float, float], tag: str) -> FloatArray:
    """The masses as an array; DomainError unless low < mass <= high for each (NaN is refused).

    The low end is excluded: at a threshold the width vanishes and the lifetime is infinite.
    """
    low, high = mass_range_gev
    mass = np.asarray(mass_gev, float)
    bad = mass[~((mass > low) & (mass <= high))]
    if bad.size == 0:
        return mass
    value = float(bad.flat[0])
    mend = f"; did you mean {value / 1e3:g} ({value:g} MeV)?" if low < value / 1e3 <= high else ""
    raise DomainError(f"mass {value:g} GeV is outside {_rounded_up(low)}-{high:g} GeV for {tag}{mend}")


def checked_coupling(coupling: ArrayLike, name: str) -> FloatArray:
    """The couplings as an array; DomainError unless each is a positive finite number."""
    value = np.asarray(coupling, float)
    bad = value[~((value > 0) & np.isfinite(value))]
    if bad.size:
        raise DomainError(f"{name} = {float(bad.flat[0]):g}: expected a positive number")
    return value


def _rounded_up(low: float) -> str:
    """Two digits, rounded into the range so that the printed limit is itself allowed."""
    unit = 10.0 ** (math.floor(math.log10(low)) - 1)
    return f"{math.ceil(low / unit) * unit:.2g}"

"""Missing masses of events as a text file: one number per line, in MeV."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from feebly.core.errors import DataError
from feebly.core.interfaces import FloatArray
from feebly.core.tables import write_atomically
from feebly.kaon.number_columns import read_columns

_COLUMN = "missing_mass_mev"


def write_masses(path: str | Path, mass_gev: FloatArray, remarks: tuple[str, ...] = ()) -> None:
    """Write masses [GeV] as MeV, with remarks as comments above them."""
    head = "".join(f"# {line}\n" for line in remarks)
    body = "".join(f"{1e3 * mass!r}\n" for mass in mass_gev.tolist())
    write_atomically(path, f"{head}{_COLUMN}\n{body}")


def read_masses(path: str | Path) -> FloatArray:
    """Masses [GeV] of a file with a column ``missing_mass_mev``; DataError with the line of a fault."""
    columns, lines = read_columns(path, [(_COLUMN,)], "a mass in MeV")
    masses = columns[_COLUMN]
    for k in np.flatnonzero((masses <= 0) | (masses >= 1e4))[:1]:
        raise DataError(f"{path}:{lines[k]}: {masses[k]:g}: expected a mass in MeV, above 0 and below 10000")
    return np.sort(masses) / 1e3

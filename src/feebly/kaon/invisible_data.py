"""Data of a search for an invisible X: the missing mass squared of each event, or counts for each mass."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from feebly.core.errors import DataError, DomainError
from feebly.core.interfaces import FloatArray
from feebly.core.tables import write_atomically
from feebly.kaon.invisible import InvisiblePoint
from feebly.kaon.invisible_file import within
from feebly.kaon.number_columns import read_columns

_MASS2 = "missing_mass2_gev2"
_COUNTS = ("mass_mev", "n", "b")


@dataclass(frozen=True, slots=True)
class Counted:
    """Events seen in the window of a point; b: expected there, None: what the search expects."""

    n: int
    b: float | None = None
    sigma_b: float | None = None


class InvisibleData(Protocol):
    """What was seen; masses_gev: for which masses, None: for any."""

    @property
    def masses_gev(self) -> FloatArray | None: ...

    def counted(self, point: InvisiblePoint) -> Counted: ...


@dataclass(frozen=True, eq=False)
class MassSquares:
    """Missing mass squared [GeV²] of each selected event."""

    mass2_gev2: FloatArray
    masses_gev: None = None

    def counted(self, point: InvisiblePoint) -> Counted:
        """Events in the window."""
        return Counted(int(within(self.mass2_gev2, point.window_gev2).sum()))


@dataclass(frozen=True, eq=False)
class CountTable:
    """Counts n on an expected background b ± sigma_b in the window of each mass, arrays of one shape."""

    masses_gev: FloatArray
    n: FloatArray
    b: FloatArray
    sigma_b: FloatArray

    def counted(self, point: InvisiblePoint) -> Counted:
        """The row of the mass of the point; DomainError for a mass without one."""
        row = np.flatnonzero(np.abs(self.masses_gev - point.mass_gev) < 1e-9)
        if row.size == 0:
            raise DomainError(f"mass {1e3 * point.mass_gev:g} MeV: expected one of the data file")
        k = row[0]
        return Counted(int(self.n[k]), float(self.b[k]), float(self.sigma_b[k]))


def write_mass_squares(path: str | Path, mass2_gev2: FloatArray, remarks: tuple[str, ...] = ()) -> None:
    """Write missing masses squared [GeV²], one per line, with remarks as comments above them."""
    head = "".join(f"# {line}\n" for line in remarks)
    body = "".join(f"{value!r}\n" for value in mass2_gev2.tolist())
    write_atomically(path, f"{head}{_MASS2}\n{body}")


def read_invisible_data(path: str | Path) -> MassSquares | CountTable:
    """A file with a column ``missing_mass2_gev2``, or with ``mass_mev,n,b`` and perhaps ``sigma_b``.

    Masses are sorted. Raises DataError with the line of a fault.
    """
    columns, lines = read_columns(path, [(_MASS2,), _COUNTS, (*_COUNTS, "sigma_b")], "numbers")
    if _MASS2 in columns:
        return MassSquares(np.sort(columns[_MASS2]))
    sigma = columns.get("sigma_b", np.zeros(len(lines)))
    mass, n, b = (columns[name] for name in _COUNTS)
    good = (mass > 0) & (n >= 0) & (n == np.round(n)) & (b >= 0) & (sigma >= 0)
    for k in np.flatnonzero(~good)[:1]:
        raise DataError(
            f"{path}:{lines[k]}: {mass[k]:g}, {n[k]:g}, {b[k]:g}: expected a mass in MeV above 0, a whole "
            "number of events, and an expected background of zero or more"
        )
    order = np.argsort(mass)
    if mass.size == 0 or np.any(np.diff(mass[order]) == 0):
        raise DataError(f"{path}: expected one mass at least, and each once")
    return CountTable(mass[order] / 1e3, n[order], b[order], sigma[order])

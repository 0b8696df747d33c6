"""Missing masses of events as a text file: one number per line, in MeV."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from feebly.core.errors import DataError
from feebly.core.interfaces import FloatArray
from feebly.core.tables import write_atomically

_LARGEST_BYTES = 1 << 30
_COLUMN = "missing_mass_mev"


def write_masses(path: str | Path, mass_gev: FloatArray, remarks: tuple[str, ...] = ()) -> None:
    """Write masses [GeV] as MeV, with remarks as comments above them."""
    head = "".join(f"# {line}\n" for line in remarks)
    body = "".join(f"{1e3 * mass!r}\n" for mass in mass_gev.tolist())
    write_atomically(path, f"{head}{_COLUMN}\n{body}")


def read_masses(path: str | Path) -> FloatArray:
    """Masses [GeV] of a file with a column ``missing_mass_mev``; DataError with the line of a fault."""
    path = Path(path)
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise DataError(f"{path}: larger than 1 GiB; expected one number per line")
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: no text at byte {error.start}; expected UTF-8") from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
    rows = [(k, line.strip()) for k, line in enumerate(lines, 1)]
    rows = [(k, line) for k, line in rows if line and not line.startswith("#")]
    if not rows or rows[0][1] != _COLUMN:
        place = rows[0][0] if rows else 1
        raise DataError(f"{path}:{place}: expected the header {_COLUMN}, then one mass per line")
    return np.sort(np.array([_mass(path, k, line) for k, line in rows[1:]])) / 1e3


def _mass(path: Path, line: int, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise DataError(f"{path}:{line}: {text!r}: expected a mass in MeV") from None
    if not 0 < value < 1e4:
        raise DataError(f"{path}:{line}: {text}: expected a mass in MeV, above 0 and below 10000")
    return value

"""A user's own list of hadrons: PDG code, momentum and weight, and the protons on target it stands for.

CSV: comment lines ``# pot = 1e6`` and ``# beam_momentum_gev = 400`` first, then the names
``pid,px,py,pz,weight``, then one hadron per line, momenta in GeV in the laboratory, beam along +z. The
hadrons per POT are Σ weight / pot. HepMC3 files are read by :mod:`hepmc_list`.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from feebly.core.errors import ConfigError, did_you_mean
from feebly.core.interfaces import FloatArray

CSV, HEPMC = (".csv",), (".hepmc", ".hepmc3")
COLUMNS = ("pid", "px", "py", "pz", "weight")
HEADER = ("pot", "beam_momentum_gev")
_LARGEST_PDG_CODE = 10_000_000_000  # codes of nuclei have ten digits


@dataclass(frozen=True, slots=True, eq=False)
class EventList:
    """Hadrons of ``pot`` protons on target; weight 1 is one hadron.

    pid: PDG codes; momentum_gev: rows px, py, pz in the laboratory, beam along +z. sha256: of the file.
    """

    path: str
    pot: float
    beam_momentum_gev: float
    pid: NDArray[np.int64]
    momentum_gev: FloatArray
    weight: FloatArray
    sha256: str


def is_event_list(source: str | Path) -> bool:
    """Whether a source of spectra is the path of an event list."""
    return isinstance(source, Path) or Path(source).suffix in (*CSV, *HEPMC)


def read_event_list(path: str | Path) -> EventList:
    """Read and check a list; the suffix tells the format (.csv, .hepmc, .hepmc3).

    Raises ConfigError with the file, the line (or event) and the value for everything that is wrong.
    """
    path = Path(path)
    if path.suffix not in (*CSV, *HEPMC):
        raise ConfigError(f"event list {path}: expected a file that ends in {', '.join((*CSV, *HEPMC))}")
    try:
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigError(f"cannot read event list {path}: {error.strerror}") from error
    if path.suffix in HEPMC:
        from feebly.physics.spectra.hepmc_list import read_hepmc

        return read_hepmc(path, sha256)
    return _read_csv(path, sha256)


def _read_csv(path: Path, sha256: str) -> EventList:
    try:
        header, first = _header(path)
        if next(_data_lines(path, first), None) is None:
            raise ConfigError(f"{path}: no hadrons after the line of names")
        rows = np.loadtxt(path, delimiter=",", skiprows=first, ndmin=2, dtype=float, encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text at byte {error.start}; save it as UTF-8") from error
    except ValueError:
        raise _unreadable_line(path, first) from None
    if rows.shape[1] != len(COLUMNS):
        raise _unreadable_line(path, first)
    pid, *momentum, weight = rows.T
    _check_rows(path, first, rows, header["beam_momentum_gev"])
    return EventList(
        str(path),
        **header,
        pid=pid.astype(np.int64),
        momentum_gev=np.array(momentum),
        weight=weight,
        sha256=sha256,
    )


def _header(path: Path) -> tuple[dict[str, float], int]:
    """Values of the comment lines, and the number of lines up to and with the names of the columns."""
    found: dict[str, float] = {}
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            text = line.strip()
            if text.startswith("#"):
                found |= _header_value(path, number, text)
            elif text:
                names = tuple(name.strip() for name in text.split(","))
                if names != COLUMNS:
                    raise ConfigError(
                        f'{path}:{number}: names of the columns = "{text}": expected {",".join(COLUMNS)}'
                    )
                break
        else:
            raise ConfigError(f"{path}: no line of names; expected {','.join(COLUMNS)}")
    for key in HEADER:
        if key not in found:
            raise ConfigError(f"{path}:1: no line '# {key} = ...' before the names of the columns")
    return found, number


def _header_value(path: Path, number: int, text: str) -> dict[str, float]:
    """``# key = value`` as a number; other comments are free text."""
    key, equals, value = (part.strip() for part in text.lstrip("#").partition("="))
    if not equals or " " in key:
        return {}
    if key not in HEADER:
        raise ConfigError(
            f"{path}:{number}: unknown key {key!r}; known: {', '.join(HEADER)}{did_you_mean(key, HEADER)}"
        )
    try:
        given = float(value)
    except ValueError:
        given = math.nan
    if not 0 < given < math.inf:
        raise ConfigError(f'{path}:{number}: {key} = "{value}": expected a positive number')
    return {key: given}


def _data_lines(path: Path, first: int) -> Iterator[tuple[int, str]]:
    """Number and text of each line that holds a hadron."""
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            text = line.partition("#")[0].strip()
            if number > first and text:
                yield number, text


def _unreadable_line(path: Path, first: int) -> ConfigError:
    """The first line that is not five numbers."""
    for number, text in _data_lines(path, first):
        fields = text.split(",")
        if len(fields) != len(COLUMNS):
            return ConfigError(
                f"{path}:{number}: {len(fields)} columns, expected {len(COLUMNS)}: {','.join(COLUMNS)}"
            )
        for name, field in zip(COLUMNS, fields, strict=True):
            try:
                float(field)
            except ValueError:
                return ConfigError(f'{path}:{number}: {name} = "{field.strip()}": expected a number')
    return ConfigError(f"{path}: not readable as a table of numbers")


def _check_rows(path: Path, first: int, rows: FloatArray, beam_momentum_gev: float) -> None:
    """Refuse the first row whose values are impossible."""
    pid, weight, momentum = rows[:, 0], rows[:, 4], np.linalg.norm(rows[:, 1:4], axis=1)
    refusals = (
        ("pid", (pid == np.round(pid)) & (np.abs(pid) < _LARGEST_PDG_CODE) & (pid != 0), pid, "a PDG code"),
        ("weight", (weight >= 0) & (weight < np.inf), weight, "a number >= 0"),
        ("|p|", (momentum > 0) & (momentum < np.inf), momentum, "a momentum above 0 in GeV"),
        ("|p|", ~(momentum > beam_momentum_gev), momentum,
         f"at most the beam's {beam_momentum_gev:g} GeV; momenta are in GeV"),
    )  # fmt: skip
    for name, good, values, expected in refusals:
        if not good.all():
            row = int(np.argmin(good))
            number, _ = next(islice(_data_lines(path, first), row, None))
            raise ConfigError(f"{path}:{number}: {name} = {values[row]:g}: expected {expected}")
    if not weight.sum() > 0:
        raise ConfigError(f"{path}: all weights are zero")

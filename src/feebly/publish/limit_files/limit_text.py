"""The file format of a limit: comments that are TOML, then ``piece,mass,coupling``. Its reader and writer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from feebly.core.errors import ConfigError
from feebly.core.interfaces import FloatArray
from feebly.core.provenance import Origin
from feebly.core.records import FieldError, decode
from feebly.core.tables import Document, parse_toml, write_atomically
from feebly.publish.limit_files.couplings import coupling_named
from feebly.publish.limit_files.published_limit import LimitKind, LimitPiece, PublishedLimit, Region
from feebly.publish.limit_files.text_lines import MAX_POINTS, number, read_text
from feebly.publish.limit_files.units import CouplingUnit, MassUnit, Scale, in_gev, in_own_unit, linear

SCHEMA = 1
"""Version of the format: the key ``feebly_limit``, which every file has."""

COLUMNS = "piece,mass,coupling"


@dataclass(frozen=True, slots=True)
class LimitHeader:
    """The keys of a limit file, in comments above its points.

    feebly_limit: version of the format, 1. label: short name for figures. coupling: what the third column is:
    epsilon, epsilon^2, sin-theta, sin2-theta, U, U2, C/Lambda, 1/f, g_agamma, branching-ratio or ctau-m.
    mass_unit: of the second column. cl: confidence level, 0.90 for 90%. origin: kind (published, digitised,
    calibrated, assumed, derived), source, and calibrated_on for calibrated. mass_scale, coupling_scale: log10
    where the columns are logarithms. coupling_unit: default that of the coupling (1, 1/GeV, m). kind:
    observed, expected, expected-1s, ..., projection. region: what is excluded: the inside of closed pieces
    (the last point equals the first), all above a curve, or it is not said, for lone points that are not
    joined. experiment: text. model: tag of feebly run, or what the source calls it. benchmark: such as BC1.
    final_states: tags. pot: protons on target. statistic: as the source says (CLs). doi, arxiv, figure: of
    the source. licence, remark: text. read_as: units of the file that it was made from.
    """

    feebly_limit: int
    label: str
    coupling: str
    mass_unit: MassUnit
    cl: float
    origin: Origin
    mass_scale: Scale = "linear"
    coupling_scale: Scale = "linear"
    coupling_unit: CouplingUnit | None = None
    kind: LimitKind = "observed"
    region: Region = "inside"
    experiment: str = ""
    model: str = ""
    benchmark: str = ""
    final_states: tuple[str, ...] = ()
    pot: float | None = None
    statistic: str = ""
    doi: str = ""
    arxiv: str = ""
    figure: str = ""
    licence: str = ""
    remark: str = ""
    read_as: str = ""

    def __post_init__(self) -> None:
        if self.feebly_limit != SCHEMA:
            raise ConfigError(f"feebly_limit = {self.feebly_limit}: this feebly reads version {SCHEMA}")


_OF_THE_FILE = (
    "feebly_limit",
    "mass_unit",
    "mass_scale",
    "coupling_scale",
    "coupling_unit",
)
"""Keys that say how numbers are written; the others are fields of `PublishedLimit`."""


class _Row(NamedTuple):
    piece: int
    mass: float
    coupling: float


# --- reading ------------------------------------------------------------------------------------------


def read_limit(path: str | Path) -> PublishedLimit:
    """The limit in a file of this format. Raises ConfigError or DataError (one line, with its place)."""
    return parse_limit(read_text(path), str(path))


def parse_limit(text: str, name: str) -> PublishedLimit:
    """The limit that a text is; ``name`` is what messages call it."""
    lines = text.replace("\r\n", "\n").split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
    header, document = _header(lines[:first], name)
    if first == len(lines) or lines[first].strip() != COLUMNS:
        got = f", got {lines[first].strip()[:60]!r}" if first < len(lines) else ""
        raise ConfigError(f"{name}:{first + 1}: expected the columns {COLUMNS!r} below the comments{got}")
    rows = list(_rows(lines, first + 1, name))
    if not rows:
        raise ConfigError(f"{name}: no points below the columns {COLUMNS!r}")
    try:
        return _limit(header, rows)
    except FieldError as error:
        raise ConfigError(f"{document.place((error.field,))} {error}") from None
    except ConfigError as error:
        raise ConfigError(f"{document.name}: {error}") from None


def _header(lines: list[str], name: str) -> tuple[LimitHeader, Document]:
    """Comments as TOML, at the same lines; ``##`` begins a remark of the file's writer."""
    toml = [line[1:] if line.startswith("#") and not line.startswith("##") else "" for line in lines]
    if not any("feebly_limit" in line for line in toml):
        raise ConfigError(
            f"{name}: no limit file ('# feebly_limit = {SCHEMA}' is not in its first comments); make one "
            "of it with feebly limits convert"
        )
    document = parse_toml("\n".join(toml), name)
    return decode(LimitHeader, document), document


def _rows(lines: list[str], start: int, name: str) -> Iterator[_Row]:
    for i, line in enumerate(lines[start:], start + 1):
        if not line.strip() or line.startswith("#"):
            continue
        if i - start > MAX_POINTS:
            raise ConfigError(f"{name}: more than {MAX_POINTS} points")
        cells = line.split(",")
        if len(cells) != 3 or not cells[0].strip().isdecimal():
            raise ConfigError(f"{name}:{i}: expected {COLUMNS}, got {line[:60]!r}")
        yield _Row(int(cells[0]), *(number(cell, f"{name}:{i}") for cell in cells[1:]))


def _limit(header: LimitHeader, rows: list[_Row]) -> PublishedLimit:
    pieces, seen = [], set[int]()
    for piece, group in groupby(rows, key=lambda row: row.piece):
        if piece in seen:
            raise ConfigError(f"piece {piece} comes back after another one; number each curve once, in order")
        seen.add(piece)
        mass, coupling = np.array([(row.mass, row.coupling) for row in group]).T
        pieces.append(piece_in_gev(mass, coupling, header))
    own = {field.name: getattr(header, field.name) for field in fields(header)}
    kept = {key: value for key, value in own.items() if key not in _OF_THE_FILE}
    return PublishedLimit(pieces=tuple(pieces), **kept | {"read_as": header.read_as or units_text(header)})


def piece_in_gev(mass: FloatArray, coupling: FloatArray, header: LimitHeader) -> LimitPiece:
    """A piece of numbers as they are written; ConfigError where they cannot be what the header says."""
    if header.mass_scale == "linear" and (mass < 0).all():
        raise ConfigError('masses are negative: logarithms? then mass_scale = "log10"')
    if header.coupling_scale == "linear" and (coupling < 0).all():
        raise ConfigError('couplings are negative: logarithms? then coupling_scale = "log10"')
    unit = header.coupling_unit or coupling_named(header.coupling).unit
    return LimitPiece(
        in_gev(linear(mass, header.mass_scale), header.mass_unit),
        in_own_unit(linear(coupling, header.coupling_scale), header.coupling, unit),
    )


def units_text(header: LimitHeader) -> str:
    """Units and scales of the columns where they are not GeV and the coupling's own, linear."""
    parts = []
    if header.mass_unit != "GeV" or header.mass_scale != "linear":
        parts.append(f"mass: {_scaled(header.mass_scale, header.mass_unit)}")
    own = coupling_named(header.coupling).unit
    unit = header.coupling_unit or own
    if unit != own or header.coupling_scale != "linear":
        parts.append(f"coupling: {_scaled(header.coupling_scale, '' if unit == '1' else unit)}")
    return "; ".join(parts)


def _scaled(scale: str, unit: str) -> str:
    return f"log10 of {unit or 'its value'}" if scale == "log10" else unit


# --- writing ------------------------------------------------------------------------------------------


def write_limit(limit: PublishedLimit, path: str | Path) -> None:
    """Write a limit, whole or not at all; `read_limit` gives back every number exactly."""
    write_atomically(path, limit_text(limit))


def limit_text(limit: PublishedLimit) -> str:
    """The limit as the content of a file: masses in GeV, couplings linear in their own unit."""
    rows = (f"{piece},{mass!r},{coupling!r}" for piece, mass, coupling in limit.points)
    return "\n".join([*(f"# {line}" for line in _toml(limit)), COLUMNS, *rows]) + "\n"


def _toml(limit: PublishedLimit) -> Iterator[str]:
    yield f"feebly_limit = {SCHEMA}"
    yield f"label = {_text(limit.label)}"
    yield f"coupling = {_text(limit.coupling)}"
    yield 'mass_unit = "GeV"'
    yield f"cl = {limit.cl!r}"
    origin = {"kind": limit.origin.kind, "source": limit.origin.source}
    if limit.origin.calibrated_on is not None:
        origin["calibrated_on"] = limit.origin.calibrated_on
    yield f"origin = {{ {', '.join(f'{key} = {_text(value)}' for key, value in origin.items())} }}"
    done = {"label", "coupling", "pieces", "cl", "origin"}
    for field in fields(limit):
        value: Any = getattr(limit, field.name)
        if field.name in done or value in ("", (), None):
            continue
        if isinstance(value, tuple):
            yield f"{field.name} = [{', '.join(map(_text, value))}]"
        else:
            yield f"{field.name} = {_text(value) if isinstance(value, str) else repr(float(value))}"


def _text(value: str) -> str:
    """A TOML string on one line: its escapes are those of JSON, and DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

"""From text of others and what the user declares about it to a limit; nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from feebly.core.errors import ConfigError
from feebly.core.records import decode
from feebly.core.tables import Document
from feebly.publish.limit_files.couplings import coupling_named
from feebly.publish.limit_files.foreign_text import read_points
from feebly.publish.limit_files.limit_text import SCHEMA, LimitHeader, piece_in_gev, units_text
from feebly.publish.limit_files.published_limit import LimitPiece, PublishedLimit
from feebly.publish.limit_files.text_lines import read_text

REQUIRED = ("label", "coupling", "mass_unit", "cl", "origin", "source", "region")
"""What has to be declared of any file."""

_GEV_AT_MOST = 1e5
_EPSILON_AT_LEAST = 1e-20


def convert_text(
    path: str | Path,
    declared: Mapping[str, Any],
    columns: str | None = None,
    data_set: str | None = None,
    close: bool = False,
) -> PublishedLimit:
    """The limit that a file holds, with what was declared about it.

    declared: keys of `LimitHeader` with ``origin`` as a word and ``source`` as text; all of ``REQUIRED``.
    columns, data_set: as in `read_points`. close: open curves of a region ``inside`` are closed by a straight
    line from their last point to the first; without it they are refused. Raises ConfigError or DataError.
    """
    name = str(path)
    missing = [f"--{key.replace('_', '-')}" for key in REQUIRED if not declared.get(key)]
    if missing:
        raise ConfigError(f"{name} does not say and nothing is guessed: give {', '.join(missing)}")
    header = _header(declared)
    points = read_points(read_text(path), name, columns, data_set)
    try:
        pieces = tuple(piece_in_gev(mass, coupling, header) for mass, coupling in points)
        if close and header.region == "inside":
            pieces = tuple(_closed(piece) for piece in pieces)
        return _limit(header, pieces)
    except ConfigError as error:
        hint = "; or close it with --close" if "is not closed" in str(error) else ""
        raise ConfigError(f"{name}: {error}{hint}") from None


def _header(declared: Mapping[str, Any]) -> LimitHeader:
    origin = {"kind": declared["origin"], "source": declared["source"]}
    if declared.get("calibrated_on"):
        origin["calibrated_on"] = declared["calibrated_on"]
    given = {key: value for key, value in declared.items() if value not in (None, "", ()) and key in _KEYS}
    data = {"feebly_limit": SCHEMA} | given | {"origin": origin}
    if "final_states" in data:
        data["final_states"] = list(data["final_states"])
    header = decode(LimitHeader, Document("limit:", data, {}))
    coupling_named(header.coupling)
    return header


_KEYS = {field.name for field in fields(LimitHeader)} - {"origin", "feebly_limit"}


def _closed(piece: LimitPiece) -> LimitPiece:
    if piece.is_closed or len(piece) < 3:
        return piece
    ends = piece.mass_gev[:1], piece.coupling[:1]
    return LimitPiece(
        *(np.append(v, end) for v, end in zip((piece.mass_gev, piece.coupling), ends, strict=True))
    )


def _limit(header: LimitHeader, pieces: tuple[LimitPiece, ...]) -> PublishedLimit:
    own = {field.name for field in fields(PublishedLimit)} - {"pieces", "read_as"}
    kept = {key: getattr(header, key) for key in own}
    return PublishedLimit(pieces=pieces, read_as=units_text(header), **kept)


def limit_warnings(limit: PublishedLimit) -> Iterator[str]:
    """What looks like another unit, convention or column than the one that is said; one line each."""
    mass = np.concatenate([piece.mass_gev for piece in limit.pieces])
    coupling = np.concatenate([piece.coupling for piece in limit.pieces])
    known = coupling_named(limit.coupling)
    top, bottom = float(coupling.max()), float(coupling.min())
    if top > known.largest:
        yield f"{limit.coupling} up to {top:g} is above {known.largest:g}: log10, or swapped columns?"
    if bottom < _EPSILON_AT_LEAST:
        yield f"{limit.coupling} down to {bottom:g}: a logarithm taken twice, or the square of a square?"
    if float(mass.max()) > _GEV_AT_MOST:
        yield f"masses up to {mass.max():g} GeV: MeV or eV taken for GeV?"
    if 0 < float(mass.max()) < 1e-3 * bottom and known.unit == "1":
        yield f"masses below {mass.max():g} GeV with couplings above {bottom:g}: swapped columns?"
    for i, piece in enumerate(limit.pieces):
        steps = np.hypot(np.diff(piece.mass_gev), np.diff(piece.coupling))
        if limit.region != "points" and len(piece) > 2 and (steps == 0).sum() > len(piece) // 2:
            yield f"piece {i}: more than half of its points repeat the one before"

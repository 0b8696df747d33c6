"""``contours.csv``: the closed pieces as ``kind,piece,mass_gev,coupling`` below comments, and its reader."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np

from feebly.core.errors import DataError
from feebly.limits.results import ContourPiece
from feebly.workflow.result import RunResult, plain_number

COLUMNS = "kind,piece,mass_gev,coupling"
_OPEN_EDGE = "# open_edge: "


def contours_csv(result: RunResult) -> str:
    """The table as text; numbers read back exactly, no date: equal runs give equal bytes."""
    rows = (
        f"{piece.kind},{piece.piece},{float(mass)!r},{float(coupling)!r}"
        for piece in result.scan.pieces
        for mass, coupling in zip(piece.mass_gev, piece.coupling, strict=True)
    )
    return "\n".join([*_header(result), COLUMNS, *rows]) + "\n"


def _header(result: RunResult) -> Iterator[str]:
    states = ", ".join(f"{tag} (response {result.responses[tag]})" for tag in result.channels)
    open_edges = [f"{piece.kind} {piece.piece}" for piece in result.scan.pieces if piece.open_edge]
    base = result.analysis.projection_of
    projection = f", a projection{f' of {base}' if base else ''}" if result.projection else ""
    assumed = f", background: {result.assumption}" if result.assumption else ""
    yield f"# feebly contours of {result.model}"
    yield f"# mass_gev: mass in GeV; coupling: {result.coupling_name}, not its square"
    yield f"# limit: {100 * result.cl:g}% CL, {result.convention_text}, signal error {result.signal_error:g}"
    yield f"# data: {plain_number(result.pot)} POT of {result.analysis.name}{projection}{assumed}"
    yield f"# final states: {states}; preset {result.preset.name}"
    yield "# pieces are separate closed curves: the last point of each equals the first"
    yield "# open_edge names the pieces closed along the edge of the grid; the true contour goes on beyond it"
    yield f"{_OPEN_EDGE}{', '.join(open_edges) or 'none'}"


class _Row(NamedTuple):
    kind: str
    piece: int
    mass_gev: float
    coupling: float


def read_contours(path: str | Path) -> tuple[ContourPiece, ...]:
    """The pieces of a ``contours.csv`` of any run. Raises `DataError` (file, line) for anything else."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not a contour table (no UTF-8 text)") from error
    numbered = [(i, line) for i, line in enumerate(lines, 1) if line and not line.startswith("#")]
    if not numbered or numbered[0][1] != COLUMNS:
        raise DataError(f"{path}: expected the header {COLUMNS!r} below the comments")
    rows = [_row(line, f"{path}:{i}") for i, line in numbered[1:]]
    open_edges = _open_edges(lines)
    return tuple(
        _piece(kind, piece, group, (kind, piece) in open_edges, str(path))
        for (kind, piece), group in groupby(rows, key=lambda row: (row.kind, row.piece))
    )


def _row(line: str, place: str) -> _Row:
    try:
        kind, piece, mass, coupling = line.split(",")
        row = _Row(kind, int(piece), float(mass), float(coupling))
    except ValueError:
        raise DataError(f"{place}: expected {COLUMNS}, got {line!r}") from None
    if not (0 < row.mass_gev < np.inf and 0 < row.coupling < np.inf):
        raise DataError(f"{place}: expected a positive mass and coupling, got {line!r}")
    return row


def _piece(kind: str, piece: int, rows: Iterable[_Row], open_edge: bool, path: str) -> ContourPiece:
    points = [(row.mass_gev, row.coupling) for row in rows]
    if points[0] != points[-1]:
        raise DataError(f"{path}: piece {kind} {piece} is not closed; its last point must equal its first")
    mass, coupling = np.array(points).T
    return ContourPiece(kind, piece, mass, coupling, open_edge)


def _open_edges(lines: Iterable[str]) -> set[tuple[str, int]]:
    named = (line.removeprefix(_OPEN_EDGE) for line in lines if line.startswith(_OPEN_EDGE))
    return {(kind, int(n)) for text in named for kind, n in re.findall(r"(\S+) (\d+)", text)}

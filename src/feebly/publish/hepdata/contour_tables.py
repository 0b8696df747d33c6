"""T1 and T2: contours of a run in one of the four layouts; pieces are numbered, never joined."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from feebly.core.errors import ConfigError
from feebly.core.interfaces import FloatArray
from feebly.limits.expected_bands import EXPECTED_KINDS
from feebly.limits.results import ContourPiece
from feebly.publish.hepdata.limit_pieces import Layout
from feebly.publish.hepdata.saved_result import SavedResult
from feebly.publish.hepdata.tables import Column, Qualifier, Table
from feebly.publish.hepdata.thinning import thinned

OBSERVED, EXPECTED = "T1 observed contour", "T2 expected contours"

CURVE_NAMES = {
    "observed": "observed",
    "expected": "expected",
    "expected-1s": "expected -1 sigma",
    "expected+1s": "expected +1 sigma",
    "expected-2s": "expected -2 sigma",
    "expected+2s": "expected +2 sigma",
}


def observed_contour(run: SavedResult, layout: Layout) -> Table | None:
    """T1; None where nothing was observed or nothing is excluded."""
    return _contours(run, layout, OBSERVED, ("observed",), "Observed exclusion contour")


def expected_contours(run: SavedResult, layout: Layout) -> Table | None:
    """T2: expected contour with its bands; None where nothing would be excluded."""
    return _contours(run, layout, EXPECTED, EXPECTED_KINDS, "Expected exclusion contour with its bands")


def _contours(run: SavedResult, layout: Layout, name: str, kinds: Iterable[str], what: str) -> Table | None:
    pieces = [piece for kind in kinds for piece in run.pieces if piece.kind == kind]
    if not pieces:
        return None
    independent, dependent, remark = _LAYOUTS[layout](run, pieces)
    return Table(name, independent, dependent, f"{what} of {run.model}. {remark}{_open_edges(pieces)}")


_Columns = tuple[tuple[Column, ...], tuple[Column, ...], str]

_CLOSED = (
    "Each piece is a closed curve of its own, its last point equal to its first; rows follow the curve. "
    "Do not join pieces."
)


def _open_edges(pieces: Iterable[ContourPiece]) -> str:
    cut = [f"{CURVE_NAMES[piece.kind]} {piece.piece}" for piece in pieces if piece.open_edge]
    if not cut:
        return ""
    return f" Closed along the edge of the scanned range, beyond which the contour goes on: {', '.join(cut)}."


def _curve(pieces: list[ContourPiece], lengths: Iterable[int]) -> tuple[Column, ...]:
    """Which curve a row belongs to, where there are several."""
    if len({piece.kind for piece in pieces}) == 1 and pieces[0].kind == "observed":
        return ()
    names = [CURVE_NAMES[p.kind] for p, n in zip(pieces, lengths, strict=True) for _ in range(n)]
    return (Column("curve", tuple(names)),)


def _number(pieces: list[ContourPiece], lengths: Iterable[int]) -> Column:
    return Column("piece", tuple(p.piece for p, n in zip(pieces, lengths, strict=True) for _ in range(n)))


def _points(run: SavedResult, pieces: list[ContourPiece]) -> _Columns:
    lengths = [piece.mass_gev.size for piece in pieces]
    mass = np.concatenate([piece.mass_gev for piece in pieces])
    coupling = np.concatenate([piece.coupling for piece in pieces])
    independent = (run.mass_column(mass), _number(pieces, lengths), *_curve(pieces, lengths))
    return independent, (run.coupling_column(coupling),), _CLOSED


def _index(run: SavedResult, pieces: list[ContourPiece]) -> _Columns:
    lengths = [piece.mass_gev.size for piece in pieces]
    points = Column("point", tuple(k for n in lengths for k in range(n)))
    mass = np.concatenate([piece.mass_gev for piece in pieces])
    coupling = np.concatenate([piece.coupling for piece in pieces])
    dependent = (run.mass_column(mass, independent=False), run.coupling_column(coupling))
    return (points, _number(pieces, lengths), *_curve(pieces, lengths)), dependent, _CLOSED


# --- lower and upper edge -----------------------------------------------------------------------------


def _edges(run: SavedResult, pieces: list[ContourPiece]) -> _Columns:
    tables = [edges_of(piece) for piece in pieces]
    lengths = [len(table) for table in tables]
    mass, low, up = np.concatenate(tables).T
    independent = (run.mass_column(mass), _number(pieces, lengths), *_curve(pieces, lengths))
    dependent = (run.coupling_column(low, "lower {}"), run.coupling_column(up, "upper {}"))
    remark = (
        "Excluded between the lower and the upper edge. Rows are at the masses of the points of both edges; "
        "where one edge has no point there it is on its straight line in the logarithms of mass and "
        "coupling. Two rows of one mass are a step. Do not join pieces."
    )
    return independent, dependent, remark


def edges_of(piece: ContourPiece) -> FloatArray:
    """Rows (mass, lower, upper) of a closed curve; ConfigError where an edge turns back in mass.

    The closed curve through the rows is the same polygon in the logarithms.
    """
    points = np.column_stack([piece.mass_gev, piece.coupling])[:-1]
    left = _extreme(points, np.min)
    points = np.roll(points, -left, axis=0)
    right = _extreme(points, np.max)
    one, other = points[: right + 1], np.concatenate([points[right:], points[:1]])[::-1]
    for chain in (one, other):
        if (np.diff(chain[:, 0]) < 0).any():
            mass = chain[1:][np.diff(chain[:, 0]) < 0, 0][0]
            raise ConfigError(
                f"{piece.kind} contour, piece {piece.piece}: more than one interval of the coupling at "
                f"m = {mass:.4g} GeV; layout edges cannot hold it, use --layout points"
            )
    masses = np.union1d(one[:, 0], other[:, 0])
    rows = [row for mass in masses for row in _both(mass, one, other)]
    table = np.array(rows)
    return np.column_stack([table[:, 0], table[:, 1:].min(axis=1), table[:, 1:].max(axis=1)])


def _extreme(points: FloatArray, most: Callable[[FloatArray], float]) -> int:
    """The vertex of smallest or largest mass, of several that of the smallest coupling."""
    found = np.flatnonzero(points[:, 0] == most(points[:, 0]))
    return int(found[np.argmin(points[found, 1])])


def _both(mass: float, one: FloatArray, other: FloatArray) -> list[tuple[float, float, float]]:
    """Rows at one mass: the points of both edges, the last one again where an edge has fewer."""
    values = [_at(mass, chain) for chain in (one, other)]
    most = max(map(len, values))
    first, second = (each + each[-1:] * (most - len(each)) for each in values)
    return [(mass, a, b) for a, b in zip(first, second, strict=True)]


def _at(mass: float, chain: FloatArray) -> list[float]:
    own = chain[chain[:, 0] == mass, 1]
    if own.size:
        return [float(value) for value in own]
    return [float(np.exp(np.interp(np.log(mass), np.log(chain[:, 0]), np.log(chain[:, 1]))))]


# --- grid ---------------------------------------------------------------------------------------------


def _grid(run: SavedResult, pieces: list[ContourPiece]) -> _Columns:
    grid = run.grid
    rows, columns, remark = thinned(grid.mass_gev.size, grid.coupling.size)
    mass, coupling = grid.mass_gev[rows], grid.coupling[columns]
    total = grid.total[np.ix_(rows, columns)]
    dependent = []
    for kind in dict.fromkeys(piece.kind for piece in pieces):
        limit = np.asarray(grid.arrays[f"s_up_{kind}"])[rows]
        with np.errstate(invalid="ignore"):
            ratio = np.where(np.isfinite(limit)[:, None], total / limit[:, None], 0.0)
        more = (Qualifier("contour level", 1.0), Qualifier("limit", CURVE_NAMES[kind]))
        values = tuple(ratio.ravel().tolist())
        dependent.append(Column(f"signal over limit, {CURVE_NAMES[kind]}", values, "", run.qualifiers(*more)))
    return (
        (
            run.mass_column(np.repeat(mass, coupling.size)),
            run.coupling_column(np.tile(coupling, mass.size), independent=True),
        ),
        tuple(dependent),
        f"Expected signal over its upper limit; excluded where it is above one. {remark}",
    )


_LAYOUTS: Mapping[Layout, Callable[[SavedResult, list[ContourPiece]], _Columns]] = {
    "points": _points,
    "index": _index,
    "edges": _edges,
    "grid": _grid,
}

"""What moved of contours: their edges, the excluded masses, islands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from feebly.core.interfaces import FloatArray
from feebly.limits.arcs import MASS_TOLERANCE
from feebly.limits.contour import edges_at
from feebly.limits.results import ContourPiece
from feebly.report.run_difference.kept import KeptRun
from feebly.report.run_difference.shifts import Found, Note, limits_of, shift_of
from feebly.workflow.result import Interval, excluded_masses

_MASSES = 201  # at which edges are compared, besides vertices
_VERTICES = 400
_ON_BORDER = 1e-6


def contour_moves(a: KeptRun, b: KeptRun) -> Iterator[Found]:
    """Moves of each kind of contour from A to B."""
    if a.contours is None or b.contours is None:
        return
    kinds = dict.fromkeys(piece.kind for piece in (*a.contours, *b.contours))
    for kind in kinds:
        in_a, in_b = _of_kind(a.contours, kind), _of_kind(b.contours, kind)
        if not in_a or not in_b:
            name, masses = (b.name, in_b) if in_b else (a.name, in_a)
            part = "kind" if _makes(a, kind) and _makes(b, kind) else "made"
            yield Note(
                f"{part}:{kind}", f"{kind} contour: only in {name}, {_ranges(excluded_masses(masses))}"
            )
        elif not _same_pieces(in_a, in_b):
            yield from _moved_contour(kind, in_a, in_b, a, b)


def _makes(run: KeptRun, kind: str) -> bool:
    """Whether the run has a limit of this kind, wherever it excludes something or not."""
    rows = run.content.get("limits", [])
    return not rows or any(kind in limits_of(row) for row in rows)


def _of_kind(pieces: Iterable[ContourPiece], kind: str) -> tuple[ContourPiece, ...]:
    return tuple(piece for piece in pieces if piece.kind == kind)


def _same_pieces(one: Sequence[ContourPiece], other: Sequence[ContourPiece]) -> bool:
    return len(one) == len(other) and all(
        np.array_equal(p.mass_gev, q.mass_gev) and np.array_equal(p.coupling, q.coupling)
        for p, q in zip(one, other, strict=True)
    )


def _moved_contour(
    kind: str, in_a: tuple[ContourPiece, ...], in_b: tuple[ContourPiece, ...], a: KeptRun, b: KeptRun
) -> Iterator[Found]:
    masses = _masses(in_a, in_b)
    rows: dict[str, list[tuple[float, float]]] = {"lower": [], "upper": []}
    for mass in masses:
        edges = edges_at(in_a, mass), edges_at(in_b, mass)
        if not all(edges):
            continue
        for side, at in (("lower", (0, 0)), ("upper", (-1, 1))):
            one, two = (found[at[0]][at[1]] for found in edges)
            if not (_on_border(a, one) or _on_border(b, two)):
                rows[side].append((mass, np.log(two / one)))
    for side, found in rows.items():
        if found and any(log for _, log in found):
            at_masses, logs = np.array(found).T
            yield shift_of(f"{kind}, {side} edge", f"contour:{kind}", logs, at_masses)
    if not any(log for found in rows.values() for _, log in found):
        yield Note(f"contour:{kind}", f"{kind} contour: other points on the same curve")
    for text, lost, run, other in (("gained", in_b, b, a), ("lost", in_a, a, b)):
        yield from _only_there(kind, text, lost, in_a if lost is in_b else in_b, run, other)


def _masses(in_a: Sequence[ContourPiece], in_b: Sequence[ContourPiece]) -> FloatArray:
    """Equal steps in ln(mass), and a choice of the vertices: a notch is narrower than a step."""
    vertices = np.unique(np.concatenate([piece.mass_gev for piece in (*in_a, *in_b)]))
    steps = np.geomspace(vertices[0], vertices[-1], _MASSES)
    return np.unique([*steps, *vertices[:: -(-vertices.size // _VERTICES)]])


def _on_border(run: KeptRun, coupling: float) -> bool:
    """Where the curve is closed along the edge of the grid it is no limit."""
    ends = run.setting.get("coupling_range", ())[:2]
    return any(abs(np.log(coupling / end)) < _ON_BORDER for end in ends)


def _only_there(
    kind: str,
    text: str,
    pieces: tuple[ContourPiece, ...],
    others: tuple[ContourPiece, ...],
    run: KeptRun,
    other: KeptRun,
) -> Iterator[Found]:
    """Masses and islands of one run where the other excludes nothing."""
    searched = other.setting.get("mass_range_gev", (0.0, np.inf))[:2]
    for low, high in _without(excluded_masses(pieces), excluded_masses(others)):
        outside = high <= searched[0] * (1 + 1e-9) or low >= searched[1] * (1 - 1e-9)
        facet = f"reach:{kind}" if outside else f"contour:{kind}"
        yield Note(facet, f"{kind}: masses {text}, {low:.4g}-{high:.4g} GeV")
    islands = [piece for piece in pieces if not _overlaps(piece, others)] if len(pieces) > 1 else []
    for piece in islands:
        span = f"{piece.mass_gev.min():.4g}-{piece.mass_gev.max():.4g} GeV"
        down = f"{piece.coupling.min():.3g}"
        yield Note(f"contour:{kind}", f"{kind}: island {text}, {span} down to {down}")


def _without(ranges: Iterable[Interval], others: Iterable[Interval]) -> list[Interval]:
    """Parts of the ranges that lie in none of the others."""
    ranges, others = tuple(ranges), tuple(others)
    bounds = sorted({end for pair in (*ranges, *others) for end in pair})
    return [
        (low, high)
        for low, high in pairwise(bounds)
        if high > low * (1 + 2 * MASS_TOLERANCE)
        and any(start <= low and high <= stop for start, stop in ranges)
        and not any(start <= low and high <= stop for start, stop in others)
    ]


def _overlaps(piece: ContourPiece, others: tuple[ContourPiece, ...]) -> bool:
    low, high = piece.mass_gev.min(), piece.mass_gev.max()
    for mass in np.geomspace(low, high, 11)[1:-1]:
        for start, stop in edges_at((piece,), mass):
            if any(start < up and down < stop for down, up in edges_at(others, mass)):
                return True
    return False


def _ranges(ranges: Iterable[Interval]) -> str:
    return ", ".join(f"{low:.4g}-{high:.4g} GeV" for low, high in ranges)

"""What moved between two runs: contour edges, excluded masses, islands, yields and limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feebly.core.interfaces import FloatArray
from feebly.limits.contour import edges_at
from feebly.limits.results import ContourPiece
from feebly.report.run_difference.kept import KeptRun
from feebly.workflow.result import Interval, excluded_masses

RELEVANT_EVENTS = 0.01
"""Cells with fewer events in both runs say nothing about a limit of 2.3; all count where no cell has more."""

_MASSES = 201  # at which edges are compared, besides vertices
_VERTICES = 400
_ON_BORDER = 1e-6


@dataclass(frozen=True, slots=True)
class Shift:
    """How far one quantity moved from A to B, as ln(B/A).

    what: its name. facet: what a cause has to explain, e.g. ``yield:brems/mumu``. median, largest: of the
    logarithm (largest in absolute value, with its sign; inf where B has it and A not). mass_gev: where it is
    largest. spread: between the smallest and the largest.
    """

    what: str
    facet: str
    median: float
    largest: float
    mass_gev: float
    spread: float


@dataclass(frozen=True, slots=True)
class Moves:
    """All that moved; empty for equal runs.

    shifts: of edges, yields, limits. notes: lines on what appeared, vanished or could not be compared.
    facets: what a cause has to explain, with the size of the move (median of |ln|; 0: anything can).
    there_or_not: facets of the notes.
    """

    shifts: tuple[Shift, ...] = ()
    notes: tuple[str, ...] = ()
    facets: dict[str, float] = field(default_factory=dict)
    there_or_not: tuple[str, ...] = ()


def find_moves(a: KeptRun, b: KeptRun) -> Moves:
    """Everything that moved from A to B."""
    shifts: list[Shift] = []
    notes: list[str] = []
    facets: dict[str, float] = {}
    noted: list[str] = []
    for part in (_files, _contours, _yields, _limits):
        for found in part(a, b):
            if isinstance(found, Shift):
                shifts.append(found)
                facets[found.facet] = max(facets.get(found.facet, 0.0), abs(found.median))
                continue
            notes.append(found.text)
            if found.facet:
                noted.append(found.facet)
                facets[found.facet] = max(facets.get(found.facet, 0.0), found.size)
    return Moves(tuple(shifts), tuple(notes), facets, tuple(noted))


@dataclass(frozen=True, slots=True)
class Note:
    """What appeared, vanished or could not be compared; no facet: nothing that a cause has to explain."""

    facet: str
    text: str
    size: float = 0.0


Found = Shift | Note


def _shift(what: str, facet: str, logs: FloatArray, masses: FloatArray) -> Shift:
    at = int(np.argmax(np.abs(logs)))
    finite = logs[np.isfinite(logs)]
    spread = float(np.ptp(logs)) if finite.size == logs.size else np.inf
    return Shift(what, facet, float(np.median(logs)), float(logs[at]), float(masses[at]), spread)


def _files(a: KeptRun, b: KeptRun) -> Iterator[Found]:
    for run in (a, b):
        for file in run.damaged:
            yield Note(f"file:{file}", f"{file} of {run.name} is not the file that feebly wrote")
        for file in run.missing:
            yield Note("", f"{file} of {run.name} is not there: compared by its SHA-256 only")


# --- contours -----------------------------------------------------------------------------------------


def _contours(a: KeptRun, b: KeptRun) -> Iterator[Found]:
    if a.contours is None or b.contours is None:
        return
    kinds = dict.fromkeys(piece.kind for piece in (*a.contours, *b.contours))
    for kind in kinds:
        in_a, in_b = _of_kind(a.contours, kind), _of_kind(b.contours, kind)
        if not in_a or not in_b:
            name, masses = (b.name, in_b) if in_b else (a.name, in_a)
            yield Note(f"kind:{kind}", f"{kind} contour: only in {name}, {_ranges(excluded_masses(masses))}")
        elif not _same_pieces(in_a, in_b):
            yield from _moved_contour(kind, in_a, in_b, a, b)


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
            yield _shift(f"{kind}, {side} edge", f"contour:{kind}", logs, at_masses)
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
        if high > low * (1 + 1e-6)
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


# --- yields -------------------------------------------------------------------------------------------


def _yields(a: KeptRun, b: KeptRun) -> Iterator[Found]:
    if a.grid is None or b.grid is None:
        return
    masses, couplings = (_common(a.grid[name], b.grid[name]) for name in ("mass_gev", "coupling"))
    if not all(np.array_equal(a.grid[name], b.grid[name]) for name in ("mass_gev", "coupling")):
        n = masses[0].size * couplings[0].size
        yield Note("grid", f"grids differ: yields compared at {n or 'no'} common points")
    mass = a.grid["mass_gev"][masses[0]]
    prefix = "by_channel/"
    names = dict.fromkeys(name for grid in (a.grid, b.grid) for name in grid if name.startswith(prefix))
    for name in names:
        channel = name.removeprefix(prefix)
        if name not in a.grid or name not in b.grid:
            where = a.name if name in a.grid else b.name
            yield Note(f"yield:{channel}", f"yield {channel}: only in {where}", np.inf)
            continue
        one = a.grid[name][np.ix_(masses[0], couplings[0])]
        other = b.grid[name][np.ix_(masses[1], couplings[1])]
        if not np.array_equal(one, other):
            yield _yield_shift(channel, one, other, mass)


def _common(one: FloatArray, other: FloatArray) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of the values that both axes have."""
    if np.array_equal(one, other):
        return np.arange(one.size), np.arange(one.size)
    rounded = np.round(np.log(one), 9), np.round(np.log(other), 9)
    _, i, j = np.intersect1d(*rounded, return_indices=True)
    return i, j


def _yield_shift(channel: str, one: FloatArray, other: FloatArray, masses: FloatArray) -> Shift:
    events = np.maximum(one, other)
    relevant = events >= RELEVANT_EVENTS
    if not np.any(relevant & (one != other)):
        relevant = one != other
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(other[relevant] / one[relevant])
    at = np.broadcast_to(masses[:, None], one.shape)[relevant]
    return _shift(f"yield {channel}", f"yield:{channel}", logs, at)


# --- limits -------------------------------------------------------------------------------------------


def _limits(a: KeptRun, b: KeptRun) -> Iterator[Found]:
    """Limits on the signal, by the ranges of mass in which they are constant."""
    rows = a.content.get("limits", []), b.content.get("limits", [])
    bounds = sorted({end for row in (*rows[0], *rows[1]) for end in row["mass_gev"]})
    found: dict[str, list[tuple[float, float]]] = {}
    for low, high in pairwise(bounds):
        mass = float(np.sqrt(low * high))
        one, two = (_limits_at(run, mass) for run in rows)
        for name in one.keys() & two.keys():
            found.setdefault(name, []).append((mass, float(np.log(two[name] / one[name]))))
    for name, values in sorted(found.items()):
        masses, logs = np.array(values).T
        if np.any(logs):
            yield _shift(f"limit {name}", f"limit:{name}", logs, masses)


def _limits_at(rows: Iterable[dict[str, Any]], mass: float) -> dict[str, float]:
    for row in rows:
        if row["mass_gev"][0] <= mass <= row["mass_gev"][1]:
            limits = {"observed": row["s_up_observed"], "expected": row["s_up_expected"]}
            limits |= row["s_up_bands"] | row["s_discovery"]
            return {name: value for name, value in limits.items() if value}
    return {}

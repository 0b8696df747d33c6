"""The comparison of two runs: what moved, its causes, and whether the two results are the same bits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from feebly.report.run_difference.difference import Difference, short_digest
from feebly.report.run_difference.given import LATTICE, differences
from feebly.report.run_difference.kept import KeptRun
from feebly.report.run_difference.moves import Moves, find_moves
from feebly.report.run_difference.shifts import Shift

_FOUND = ("summary", "limits", "contours", "degenerate_bands", "peak", "unconverged", "notes")
"""Of ``result.json``: what the run found. The rest is what it was made of, and words about it."""

_SHOWN = 3
_EXACT = 1e-9  # of a factor that explains a yield at every point


@dataclass(frozen=True, eq=False)
class RunDifference:
    """Two runs compared.

    moves: from A to B. causes: differences each of which is the only one that can move something that moved.
    candidates: several that can. others: differences that moved nothing. unexplained: facets that no
    difference can move. unequal: parts of the two results that are not the same bits.
    """

    a: KeptRun
    b: KeptRun
    moves: Moves
    causes: tuple[Difference, ...]
    candidates: tuple[Difference, ...]
    others: tuple[Difference, ...]
    unexplained: tuple[str, ...]
    unequal: tuple[str, ...]

    @property
    def is_equal(self) -> bool:
        """Whether both found the same, bit by bit: contours, grid, limits, summary and notes."""
        return not self.unequal


def compare_runs(a: KeptRun, b: KeptRun) -> RunDifference:
    """What moved from A to B and why.

    A difference is a cause where it alone can move something that moved by so much; where several can, they
    are candidates. Contours follow from yields and limits: they ask for a cause of their own only where
    neither moved.
    """
    moves, found = find_moves(a, b), list(differences(a, b))
    facets = _to_explain(moves)
    found = [*_silent_tables(a, b, facets, found), *found]
    able = {facet: _able(facet, size, found, moves, a, b) for facet, size in facets.items()}
    causes = [each for each in found if any(names == [each] for names in able.values())]
    candidates = [
        each for each in found if each not in causes and any(each in names for names in able.values())
    ]
    return RunDifference(
        a,
        b,
        moves,
        tuple(causes),
        tuple(candidates),
        tuple(each for each in found if each not in (*causes, *candidates)),
        tuple(facet for facet, names in able.items() if not names),
        tuple(_unequal(a, b)),
    )


def _to_explain(moves: Moves) -> dict[str, float]:
    """Facets without those contours that follow from others.

    A contour follows from yields and from its limit; and all curves share one lattice, which anything that
    moves one of them, or the grid, may refine.
    """
    others = [facet for facet in moves.facets if not facet.startswith("contour:")]
    kinds = {facet.partition(":")[2] for facet in others if facet.startswith("limit:")}
    all_moved = any(facet.startswith("yield:") for facet in others)
    far = {each.facet for each in moves.shifts if abs(each.largest) > LATTICE} | set(moves.there_or_not)
    return {
        facet: size
        for facet, size in moves.facets.items()
        if not (
            (facet.startswith(("contour:", "kind:")) and (all_moved or facet.partition(":")[2] in kinds))
            or (facet.startswith("contour:") and others and facet not in far)
        )
    }


def _able(
    facet: str, size: float, found: list[Difference], moves: Moves, a: KeptRun, b: KeptRun
) -> list[Difference]:
    """Differences that can move the facet; versions only where nothing that was given can."""
    able = [each for each in found if each.can_move(facet, size)]
    exact = [each for each in able if each.name == "pot" or each.name.startswith("response set of ")]
    if exact and _is_factor(facet, moves, a, b):
        return exact
    given = [each for each in able if not each.is_software]
    if given and size <= max(each.at_most for each in given) and not _new_version(able):
        return given
    return able


def _new_version(able: list[Difference]) -> bool:
    """Another version of feebly may have other physics: it stays a candidate beside every option."""
    return any(each.name == "version of feebly" for each in able)


def _is_factor(facet: str, moves: Moves, a: KeptRun, b: KeptRun) -> bool:
    """Whether POT and efficiency explain the yield of a channel at every point."""
    shift = next((each for each in moves.shifts if each.facet == facet), None)
    state = facet.partition("/")[2]
    efficiency = [_efficiency(run, state) for run in (a, b)]
    if shift is None or not all(efficiency):
        return False
    factor = b.setting["pot"] * efficiency[1] / (a.setting["pot"] * efficiency[0])
    return shift.spread < _EXACT and abs(shift.median - np.log(factor)) < _EXACT


def _efficiency(run: KeptRun, state: str) -> float:
    return float(run.content.get("responses", {}).get(state, {}).get("efficiency", 0.0))


def _silent_tables(
    a: KeptRun, b: KeptRun, facets: Mapping[str, float], found: list[Difference]
) -> list[Difference]:
    """Yield tables that differ where nothing that the runs were given can have changed them."""
    if a.content["provenance"]["feebly"] != b.content["provenance"]["feebly"]:
        return []  # a new version has new tables
    one, other = (run.content.get("tables", {}) for run in (a, b))
    given = [each for each in found if not each.is_software]
    silent = [
        channel
        for channel in sorted(one.keys() & other.keys())
        if one[channel] != other[channel]
        and not any(each.can_move(f"yield:{channel}", facets.get(f"yield:{channel}", 0.0)) for each in given)
    ]
    if not silent:
        return []
    names = ", ".join(silent[:_SHOWN]) + (f" and {len(silent) - _SHOWN} more" if len(silent) > _SHOWN else "")
    digests = (short_digest(one[silent[0]]), short_digest(other[silent[0]]))
    plural = "s" if len(silent) > 1 else ""
    moves = (*(f"yield:{channel}" for channel in silent), "contour:*", "kind:*", "reach:*")
    return [Difference(f"yield table{plural} of {names}", digests, moves)]


# --- the same bits ------------------------------------------------------------------------------------


def _unequal(a: KeptRun, b: KeptRun) -> Iterator[str]:
    """Parts of what A found that B does not have bit by bit."""
    yield from (key for key in _FOUND if a.content.get(key) != b.content.get(key))
    if all("cut_flow" in run.content for run in (a, b)) and a.content["cut_flow"] != b.content["cut_flow"]:
        yield "cut_flow"  # one of the two may have been made without
    for run in (a, b):
        yield from (f"{file} of {run.name} (changed since)" for file in run.damaged)
    for file in {*a.missing, *b.missing}:
        if a.content["files"][file] != b.content["files"].get(file):
            yield f"{file} (by its SHA-256)"
    if a.contours is not None and b.contours is not None and not _same_contours(a, b):
        yield "contours.csv"
    if a.grid is not None and b.grid is not None:
        for name in a.grid:
            if name not in b.grid or not _same_bits(a.grid[name], b.grid[name]):
                yield f"grid.h5: {name}"


def _same_contours(a: KeptRun, b: KeptRun) -> bool:
    pieces, others = a.contours or (), b.contours or ()
    return len(pieces) == len(others) and all(
        (p.kind, p.piece, p.open_edge) == (q.kind, q.piece, q.open_edge)
        and _same_bits(p.mass_gev, q.mass_gev)
        and _same_bits(p.coupling, q.coupling)
        for p, q in zip(pieces, others, strict=True)
    )


def _same_bits(one: np.ndarray, other: np.ndarray) -> bool:
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


def ordered_shifts(moves: Moves) -> tuple[Shift, ...]:
    """Shifts of contours as they come, then of limits and of yields, the largest of each first."""
    order = {"contour": 0, "limit": 1, "yield": 2}

    def place(shift: Shift) -> tuple[int, float]:
        part = order[shift.facet.partition(":")[0]]
        return part, -abs(shift.largest) if part else 0.0

    return tuple(sorted(moves.shifts, key=place))

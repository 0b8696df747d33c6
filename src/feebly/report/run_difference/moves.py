"""What moved between two runs: contour edges, excluded masses, islands, yields and limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from feebly.report.run_difference.contour_moves import contour_moves
from feebly.report.run_difference.event_moves import limit_moves, yield_moves
from feebly.report.run_difference.kept import KeptRun
from feebly.report.run_difference.shifts import Found, Note, Shift


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
    for part in (_files, contour_moves, yield_moves, limit_moves):
        for found in part(a, b):
            if isinstance(found, Shift):
                shifts.append(found)
                facets[found.facet] = max(facets.get(found.facet, 0.0), abs(found.median))
                continue
            if found.text:
                notes.append(found.text)
            if found.facet:
                noted.append(found.facet)
                facets[found.facet] = max(facets.get(found.facet, 0.0), found.size)
    return Moves(tuple(shifts), tuple(notes), facets, tuple(noted))


def _files(a: KeptRun, b: KeptRun) -> Iterator[Found]:
    for run in (a, b):
        for file in run.damaged:
            yield Note(f"file:{file}", f"{file} of {run.name} is not the file that feebly wrote")
        for file in run.missing:
            yield Note("", f"{file} of {run.name} is not there: compared by its SHA-256 only")

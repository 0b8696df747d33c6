"""A result as plain text: the sentence, edges at round masses, limits by counts, notes."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import fill

from feebly.report.result_tables import KINDS, LimitRange, edge_table, limit_ranges
from feebly.workflow.result import Interval, RunResult

WIDTH = 100


def result_text(result: RunResult) -> str:
    """What a person wants to read first (100 columns, ASCII)."""
    return "\n".join(_lines(result)) + "\n"


def _lines(result: RunResult) -> Iterator[str]:
    yield _wrapped(result.summary())
    yield from ("", *_limit_lines(result))
    if result.scan.pieces:
        yield from ("", *_edge_lines(result))
    if result.calibrated:
        yield from ("", _wrapped(f"calibrated, not derived: {', '.join(result.calibrated)}"))
    if result.all_notes:
        yield from ("", *(_wrapped(f"note: {note}") for note in result.all_notes))


def _limit_lines(result: RunResult) -> Iterator[str]:
    yield f"{'m [GeV]':<18}{'s_up observed':<16}{'s_up expected':<16}observed"
    for row in limit_ranges(result):
        low, high = row.mass_gev
        masses = f"{low:.4g}-{high:.4g}"
        yield f"{masses:<18}{_events(row.s_up_observed):<16}{_events(row.s_up_expected):<16}{_counts(row)}"


def _edge_lines(result: RunResult) -> Iterator[str]:
    kinds = [kind for kind in KINDS if result.contour(kind)]
    yield f"{'m [GeV]':<10}" + "".join(f"{f'{kind} {result.coupling_name}':<36}" for kind in kinds).rstrip()
    for row in edge_table(result):
        cells = (_intervals(getattr(row, kind)) for kind in kinds)
        yield f"{row.mass_gev:<10g}" + "".join(f"{cell:<36}" for cell in cells).rstrip()


def _counts(row: LimitRange) -> str:
    if not row.open:
        return "no final state is open"
    if row.observed is None:
        return f"- (projection; {', '.join(row.open)})"
    return ", ".join(f"{tag} {n}" for tag, n in row.observed.items())


def _events(s_up: float | None) -> str:
    return "-" if s_up is None else f"{s_up:.4f}"


def _intervals(intervals: tuple[Interval, ...]) -> str:
    return ", ".join(f"{low:.3e} - {high:.3e}" for low, high in intervals) or "-"


def _wrapped(text: str) -> str:
    return fill(text, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)

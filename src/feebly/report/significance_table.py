"""Significance of many regions as a table: those of an analysis, or published backgrounds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from feebly.analysis.analysis import Analysis
from feebly.core.tables import plain
from feebly.report.text_table import aligned
from feebly.statistics.backgrounds import Background, Sum
from feebly.statistics.excess import significance
from feebly.statistics.excess.region_table import RegionTable, needed_events


@dataclass(frozen=True, slots=True)
class SignificanceRow:
    """One region: what was seen, how probable it is without signal, and the counts that would be significant.

    n and what follows from it are None where nothing was observed. three, five: smallest counts of 3 and 5
    sigma; published_five: as published.
    """

    channel: str
    region: str
    b: float
    three: int
    five: int
    n: int | None = None
    p_value: float | None = None
    p_likelihood: float | None = None
    z: float | None = None
    published_five: int | None = None


def analysis_rows(analysis: Analysis, sides: str) -> Iterator[SignificanceRow]:
    """Signal, control and validation regions of each final state, and SR+CR with independent backgrounds."""
    for state in analysis.final_states.values():
        regions: list[tuple[str, int | None, Background]] = [
            (region.name, region.observed, region.background.density) for region in state.regions
        ]
        if len(regions) > 1:
            names, counts, densities = zip(*regions, strict=True)
            seen = None if None in counts else sum(counts)
            regions.append(("+".join(names), seen, Sum(densities)))
        regions += [(r.name, r.observed, r.background.density) for r in state.validation_regions]
        for name, n, b in regions:
            yield _row(state.tag, name, n, b, sides)


def _row(channel: str, region: str, n: int | None, b: Background, sides: str) -> SignificanceRow:
    three, five = (significance.events_for(sigmas, b, sides) for sigmas in (3, 5))
    if n is None:
        return SignificanceRow(channel, region, b.mean, three, five)
    found = significance.significance_of(n, b, sides=sides)
    return SignificanceRow(
        channel, region, b.mean, three, five, n, found.p_value, found.p_likelihood, found.z
    )


def table_rows(table: RegionTable, scheme: str, sides: str) -> Iterator[SignificanceRow]:
    """SR and SR+CR of each channel of a table of published backgrounds."""
    for row in needed_events(table, scheme, sides):
        b = row.background.mean
        yield SignificanceRow(row.channel, row.region, b, row.three, row.five, published_five=row.published)


def as_text(rows: Sequence[SignificanceRow]) -> str:
    """The table, without the columns that no row has."""
    columns = {name: heading for name, heading in _HEADINGS.items() if _is_told(rows, name)}
    cells = [list(columns.values())]
    cells += [[_cell(getattr(row, name)) for name in columns] for row in rows]
    return "\n".join(aligned(cells, left=2))


def as_dicts(rows: Sequence[SignificanceRow]) -> list[dict[str, Any]]:
    """The rows, ready for JSON."""
    return [plain(row) for row in rows]


_HEADINGS = {
    "channel": "channel",
    "region": "region",
    "b": "b",
    "n": "n",
    "p_value": "P(N >= n)",
    "p_likelihood": "P(L <= L_obs)",
    "z": "Z",
    "three": "n for 3 sigma",
    "five": "n for 5 sigma",
    "published_five": "published 5 sigma",
}


def _is_told(rows: Sequence[SignificanceRow], name: str) -> bool:
    return any(getattr(row, name) is not None for row in rows)


def _cell(value: str | float | int | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3g}" if isinstance(value, float) else str(value)

"""Where the yield of a result comes from, for ``result.json``: by production, by final state, by channel."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from feebly.core.tables import plain
from feebly.limits.point_yields import PointYields, point_yields
from feebly.workflow.result import RunResult


def yield_tables(result: RunResult) -> list[dict[str, Any]]:
    """One table for the best point and each end of the contour; empty for a result without yield tables.

    share: of all events at the point. The lists are sorted by events, the largest first.
    """
    if result.signal is None:
        return []
    points = point_yields(result.signal, result.scan.peak, result.contour(result.main_kind))
    return [_table(point) for point in points]


def _table(point: PointYields) -> dict[str, Any]:
    table = plain(point)
    whole = point.events or 1.0  # without any event the shares are zero
    channels = [row | {"share": row["events"] / whole} for row in table.pop("channels")]
    return table | {
        "by_production": _sums(channels, "production"),
        "by_final_state": _sums(channels, "final_state"),
        "channels": channels,
    }


def _sums(channels: Iterable[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    events: defaultdict[str, float] = defaultdict(float)
    shares: defaultdict[str, float] = defaultdict(float)
    for row in channels:
        events[row[name]] += row["events"]
        shares[row[name]] += row["share"]
    rows = [{"tag": tag, "events": events[tag], "share": shares[tag]} for tag in events]
    return sorted(rows, key=lambda row: -row["events"])

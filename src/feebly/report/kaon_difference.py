"""Two results of ``feebly kaon``: how far each column moved, and what was given otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from feebly.core.errors import DataError
from feebly.core.tables import plain
from feebly.report.kaon_saved import SavedKaon
from feebly.report.run_difference.difference import text_of
from feebly.workflow.named_files import without_folders

_PARTS = ("summary", "setting", "found", "limits", "inputs", "notes")
"""Of ``result.json``, what is the same for the same result."""


@dataclass(frozen=True, slots=True)
class ColumnMove:
    """A column of limits.csv whose values differ.

    rows: how many, of ``common``. lowest, highest: factors B / A, None where there are none. at: row of the
    largest change.
    """

    column: str
    rows: int
    common: int
    lowest: float | None
    highest: float | None
    at: str

    def __str__(self) -> str:
        words = f"{self.column}: {self.rows} of {self.common} rows"
        if self.lowest is None:
            return f"{words}, first at {self.at}"
        return f"{words}, B / A = {self.lowest:.4g} to {self.highest:.4g}, most at {self.at}"


@dataclass(frozen=True, slots=True)
class KaonDifference:
    """What moved between two results.

    names: of A and B. moves: by column; only_one: rows that only one has. causes: what was given otherwise.
    texts: parts of ``result.json`` that differ. damaged: files that are not what feebly wrote.
    """

    names: tuple[str, str]
    moves: tuple[ColumnMove, ...]
    only_one: int
    causes: tuple[str, ...]
    texts: tuple[str, ...]
    damaged: tuple[str, ...]

    @property
    def is_equal(self) -> bool:
        """Bit by bit, dates and versions apart."""
        return not (self.moves or self.only_one or self.texts or self.damaged)

    @property
    def lines(self) -> tuple[str, ...]:
        """What is said of it."""
        given = (
            *(f"damaged: {file}" for file in self.damaged),
            *map(str, self.moves),
            *((f"rows that only one has: {self.only_one}",) if self.only_one else ()),
            *(f"given otherwise: {cause}" for cause in self.causes),
        )
        if self.texts and not given:
            return (f"other words in {', '.join(self.texts)}",)
        return given or ("nothing moved",)


def compare_kaon(a: SavedKaon, b: SavedKaon) -> KaonDifference:
    """Compare two results of one command. DataError for results of different ones."""
    if a.kind != b.kind:
        raise DataError(f"{a.name} is of feebly {a.kind}, {b.name} of feebly {b.kind}: expected the same")
    damaged = tuple(f"{name} of {each.name}" for each in (a, b) for name in each.damaged)
    if damaged:
        return KaonDifference((a.name, b.name), (), 0, (), (), damaged)
    rows, others = _by_key(a), _by_key(b)
    common = [key for key in rows if key in others]
    return KaonDifference(
        (a.name, b.name),
        tuple(_moves(rows, others, common)),
        len(rows) + len(others) - 2 * len(common),
        tuple(_causes(_content(a), _content(b))),
        tuple(part for part in _PARTS if _content(a)[part] != _content(b)[part]),
        (),
    )


def difference_dict(found: KaonDifference) -> dict[str, Any]:
    """For ``--json``."""
    content: dict[str, Any] = plain(found)
    return {"equal": found.is_equal} | content


def _content(saved: SavedKaon) -> Mapping[str, Any]:
    content: Mapping[str, Any] = without_folders(dict(saved.content))
    return content


def _by_key(saved: SavedKaon) -> dict[str, dict[str, Any]]:
    """Rows by what the first column says."""
    head, *_ = saved.rows
    count = len(saved.rows[head])
    return {
        f"{head} {text_of(saved.rows[head][k])}": {name: column[k] for name, column in saved.rows.items()}
        for k in range(count)
    }


def _moves(rows: Mapping[str, Any], others: Mapping[str, Any], common: list[str]) -> Iterator[ColumnMove]:
    columns = dict.fromkeys(name for key in common for name in (*rows[key], *others[key]))
    for column in columns:
        pairs = {key: (rows[key].get(column), others[key].get(column)) for key in common}
        moved = {key: pair for key, pair in pairs.items() if not _same(*pair)}
        if not moved:
            continue
        factors = {key: _factor(*pair) for key, pair in moved.items()}
        known = {key: factor for key, factor in factors.items() if factor is not None}
        at = max(known, key=lambda key: abs(known[key] - 1)) if known else next(iter(moved))
        low, high = (min(known.values()), max(known.values())) if known else (None, None)
        yield ColumnMove(column, len(moved), len(common), low, high, at)


def _same(one: Any, other: Any) -> bool:
    return bool(one == other or (one != one and other != other))


def _factor(one: Any, other: Any) -> float | None:
    both = isinstance(one, float) and isinstance(other, float)
    return other / one if both and one and one == one and other == other else None


def _causes(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[str]:
    """Settings, inputs and versions that differ."""
    yield from _differences(a["setting"], b["setting"])
    one, other = ({row["name"]: row for row in each["inputs"]} for each in (a, b))
    both = [name for name in one if name in other]
    moved = [name for name in both if one[name]["value"] != other[name]["value"]]
    yield from (
        f"input {name}: {text_of(one[name]['value'])} -> {text_of(other[name]['value'])}" for name in moved
    )
    files = {
        name.partition(":")[0]
        for name in both
        if name not in moved and one[name]["sha256"] != other[name]["sha256"]
    }
    yield from (f"content of {name}" for name in sorted(files))
    if alone := len(one) + len(other) - 2 * len(both):
        yield f"{alone} inputs that only one has"
    versions = [{"feebly": each["provenance"]["feebly"]} | each["provenance"]["libraries"] for each in (a, b)]
    yield from _differences(versions[0], versions[1])


def _differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys((*one, *other)):
        before, after = one.get(name), other.get(name)
        if before != after:
            yield f"{name}: {text_of(before)} -> {text_of(after)}"

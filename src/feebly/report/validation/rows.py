"""Rows of the validation table and the report made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from textwrap import fill
from typing import Any

import numpy as np

WIDTH = 100
FOLDED = "contour"
"""Groups whose name starts so are printed as one line, followed by their rows outside the tolerance."""


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison: ``own`` against ``reference`` within the relative ``tolerance``.

    tolerance None: a number for information, no test. tuned: what was tuned on this very reference, for a
    row that is therefore no test of the physics. skipped: why there is no own number. remark: what is known
    about a difference.
    """

    group: str
    name: str
    own: float | None = None
    reference: float | None = None
    tolerance: float | None = None
    tuned: str | None = None
    skipped: str | None = None
    remark: str | None = None

    @property
    def ratio(self) -> float | None:
        """Own over reference."""
        if self.own is None or not self.reference:
            return None
        return self.own / self.reference

    @property
    def verdict(self) -> str:
        """``ok``, ``outside``, ``info`` or ``skipped: reason``. A missing own number is outside."""
        if self.skipped is not None:
            return f"skipped: {self.skipped}"
        if self.tolerance is None:
            return "info"
        ratio = self.ratio
        return "ok" if ratio is not None and abs(ratio - 1) <= self.tolerance else "outside"

    def as_dict(self) -> dict[str, Any]:
        """Fields, ratio and verdict, ready for JSON."""
        names = ("group", "name", "own", "reference", "ratio", "tolerance", "verdict", "tuned", "remark")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """All rows, in the order of the table."""

    rows: tuple[Row, ...]

    @property
    def passed(self) -> bool:
        """No row outside its tolerance."""
        return all(row.verdict != "outside" for row in self.rows)

    def counts(self) -> dict[str, int]:
        """Number of rows by verdict (skipped rows together), and of those that are calibrated."""
        found = Counter(row.verdict.split(":")[0] for row in self.rows)
        calibrated = sum(row.tuned is not None and row.skipped is None for row in self.rows)
        return {key: found[key] for key in ("ok", "outside", "info", "skipped")} | {"calibrated": calibrated}

    def text(self, full: bool = False) -> str:
        """The table, 100 columns; contours are folded to one line per edge unless ``full``."""
        lines = [_heading("own", "reference", "own/ref", "tolerance", "verdict")]
        for group, rows in groupby(self.rows, key=lambda row: row.group):
            lines += ["", *_group_lines(group, list(rows), full)]
        return "\n".join([*lines, "", self._closing_line()]) + "\n"

    def as_dict(self) -> dict[str, Any]:
        """Rows, counts and the overall verdict, ready for JSON."""
        return {
            "passed": self.passed,
            "counts": self.counts(),
            "rows": [row.as_dict() for row in self.rows],
        }

    def _closing_line(self) -> str:
        n = self.counts()
        parts = [f"{n[key]} {key}" for key in ("ok", "outside", "info", "skipped")]
        total = f"{len(self.rows)} comparisons: {', '.join(parts)}"
        return f"{total}; {n['calibrated']} are calibrated, which is no test"


def _group_lines(group: str, rows: list[Row], full: bool) -> Iterator[str]:
    yield group
    folded = group.startswith(FOLDED) and not full
    if folded:
        yield from _folded(rows)
    for row in [row for row in rows if row.verdict != "ok"] if folded else rows:
        yield from _row_lines(row)
    for tuned in dict.fromkeys(row.tuned for row in rows if row.tuned):
        yield fill(f"calibrated: {tuned}", WIDTH, initial_indent="    ", subsequent_indent="      ")


def _folded(rows: list[Row]) -> Iterator[str]:
    """Range and rms of the ratios of a group on one line; nothing if there are none."""
    ratio = np.array([row.ratio for row in rows if row.ratio is not None])
    if not ratio.size:
        return
    rms = np.sqrt(np.mean((ratio - 1) ** 2))
    spread = f"own/reference {ratio.min():.3f}-{ratio.max():.3f}, rms {100 * rms:.1f}%"
    if all(row.verdict == "info" for row in rows):
        yield f"  {spread}: for information"
        return
    allowed = "-".join(f"{t:.3g}%" for t in sorted({100 * row.tolerance for row in rows if row.tolerance}))
    inside = sum(row.verdict == "ok" for row in rows)
    tuned = sum(row.tuned is not None for row in rows)
    calibrated = f", calibrated {tuned}/{len(rows)}" if tuned else ""
    yield (f"  {spread}, tolerance {allowed}: {inside}/{len(rows)} masses ok{calibrated}")


def _heading(*columns: str) -> str:
    own, reference, ratio, tolerance, verdict = columns
    return f"{'':39} {own:>10} {reference:>10} {ratio:>8} {tolerance:>9}  {verdict}"


def _row_lines(row: Row) -> Iterator[str]:
    if row.skipped is not None:
        yield fill(f"  {row.name}: {row.verdict}", WIDTH, subsequent_indent="      ")
        return
    word = " calibrated" if row.tuned else ""
    own, reference = _number(row.own, ".4g"), _number(row.reference, ".4g")
    ratio, tolerance = _number(row.ratio, ".3f"), _number(row.tolerance, ".1%")
    yield f"  {row.name:<37} {own:>10} {reference:>10} {ratio:>8} {tolerance:>9}  {row.verdict}{word}"
    if row.remark:
        yield fill(row.remark, WIDTH, initial_indent="      ", subsequent_indent="      ")


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)

"""Sorting out: events that survive a stage move to the front of the block (compiled)."""

from __future__ import annotations

from typing import Any

from feebly.core.block import MASK, NX, NY, NZ, X0, Y0, Z0, E, P
from feebly.core.compiled import stage

FLIGHT = (X0, Y0, Z0, NX, NY, NZ, P, E)
"""Rows of the particle in flight."""


@stage
def find_survivors(s, n, survivors):
    """List the events with MASK > 0; returns their number."""
    kept = 0
    for i in range(n):
        survivors[kept] = i
        kept += 1 if s[MASK + i] > 0.0 else 0
    return kept


def mover(rows: tuple[int, ...]) -> Any:
    """A stage that moves the listed events to the front of the given rows."""

    @stage
    def move(s, survivors, kept):
        for j in range(kept):
            i = survivors[j]
            for row in rows:  # a constant tuple: unrolled
                s[row + j] = s[row + i]

    return move

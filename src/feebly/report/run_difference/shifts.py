"""How far one quantity moved between two runs, and what appeared or vanished."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from feebly.core.interfaces import FloatArray


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
class Note:
    """What appeared, vanished or could not be compared.

    No facet: nothing that a cause has to explain. No text: another note says it.
    """

    facet: str
    text: str
    size: float = 0.0


Found = Shift | Note


def shift_of(what: str, facet: str, logs: FloatArray, masses: FloatArray) -> Shift:
    at = int(np.argmax(np.abs(logs)))
    finite = logs[np.isfinite(logs)]
    spread = float(np.ptp(logs)) if finite.size == logs.size else np.inf
    return Shift(what, facet, float(np.median(logs)), float(logs[at]), float(masses[at]), spread)


def limits_of(row: dict[str, Any]) -> dict[str, float | None]:
    """Limits of a row by kind; a projection has no observed one."""
    observed = {} if row["observed"] is None else {"observed": row["s_up_observed"]}
    return observed | {"expected": row["s_up_expected"]} | row["s_up_bands"] | row["s_discovery"]

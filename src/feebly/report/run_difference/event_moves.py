"""What moved of yields and of limits on the signal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feebly.core.interfaces import FloatArray
from feebly.report.run_difference.kept import KeptRun
from feebly.report.run_difference.shifts import Found, Note, Shift, limits_of, shift_of

RELEVANT_EVENTS = 0.01
"""Cells with fewer events in both runs say nothing about a limit of 2.3; all count where no cell has more."""


def yield_moves(a: KeptRun, b: KeptRun) -> Iterator[Found]:
    """Yields of each production and final state, at the points that both grids have."""
    if a.grid is None or b.grid is None:
        return
    masses, couplings = (_common(a.grid[name], b.grid[name]) for name in ("mass_gev", "coupling"))
    if not all(np.array_equal(a.grid[name], b.grid[name]) for name in ("mass_gev", "coupling")):
        n = masses[0].size * couplings[0].size
        yield Note("grid", f"grids differ: yields compared at {n or 'no'} common points")
    mass = a.grid["mass_gev"][masses[0]]
    prefix, alone = "by_channel/", dict[str, list[str]]()
    names = dict.fromkeys(name for grid in (a.grid, b.grid) for name in grid if name.startswith(prefix))
    for name in names:
        channel = name.removeprefix(prefix)
        if name not in a.grid or name not in b.grid:
            alone.setdefault(a.name if name in a.grid else b.name, []).append(channel)
            yield Note(f"yield:{channel}", "", np.inf)
            continue
        one = a.grid[name][np.ix_(masses[0], couplings[0])]
        other = b.grid[name][np.ix_(masses[1], couplings[1])]
        if not np.array_equal(one, other):
            yield _yield_shift(channel, one, other, mass)
    yield from (Note("", f"yields only in {where}: {', '.join(names)}") for where, names in alone.items())


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
    return shift_of(f"yield {channel}", f"yield:{channel}", logs, at)


def limit_moves(a: KeptRun, b: KeptRun) -> Iterator[Found]:
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
            yield shift_of(f"limit {name}", f"limit:{name}", logs, masses)


def _limits_at(rows: Iterable[dict[str, Any]], mass: float) -> dict[str, float]:
    for row in rows:
        if row["mass_gev"][0] <= mass <= row["mass_gev"][1]:
            return {name: value for name, value in limits_of(row).items() if value}
    return {}

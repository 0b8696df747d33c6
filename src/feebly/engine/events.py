"""Single events of one task: what the chain keeps as histograms for yields, kept event by event."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from feebly.core.block import BLOCK, ROWS
from feebly.core.errors import unknown
from feebly.core.interfaces import FloatArray
from feebly.engine.histogram import laplace
from feebly.engine.importance import refine
from feebly.engine.runner import Runner, per_event
from feebly.engine.setup import ChannelSetup
from feebly.engine.training import FIRST_ROUNDS, TRAINING_BLOCK, TRAINING_BLOCKS, first_map

# Rows that belong to the events: what lies before the last compaction and is not moved does not.
_NOT_MOVED = ("U_", "JACOBIAN", "MX", "MY", "MASK", "WHERE", "M12", "COS", "TWIST", "Q")
EVENT_ROWS = tuple(name for name in ROWS if not name.startswith(_NOT_MOVED))
_SELECTED, _ACCEPTED = 1.0, 0.0  # least REGION of the events that are kept
_LIFETIME_ROUNDS = 4


def sample_events(
    setup: ChannelSetup, mass_gev: float, rows: Iterable[str], blocks: int
) -> dict[str, FloatArray]:
    """Selected events as arrays: the asked rows (of ``EVENT_ROWS``) of ``blocks`` blocks.

    WEIGHT is per POT of unit rate and per event, for the long-lifetime limit times ctau/m; for a given
    lambda = ctau/m multiply by exp(-TAU/lambda)/lambda.
    """
    names = list(dict.fromkeys(["WEIGHT", *rows]))
    offsets = _offsets(names)
    run = Runner(setup)
    events = np.zeros((blocks * BLOCK, len(names)))
    edges = first_map(run, setup, mass_gev).edges
    _, _, stored = run(mass_gev, 0, blocks, edges, None, events, offsets, _SELECTED)
    table = {name: events[:stored, k].copy() for k, name in enumerate(names)}
    table["WEIGHT"] /= blocks * BLOCK
    return table


def _offsets(names: Iterable[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    for name in names:
        if name not in EVENT_ROWS:
            raise unknown("row of events", name, EVENT_ROWS)
    return np.array([ROWS[name] for name in names], dtype=np.int64)


@dataclass(frozen=True)
class EventStream:
    """The endless sequence of events of one channel at one mass and lifetime, block by block.

    Block k is the same whatever was asked before, and on any thread. ctau_over_mass: lambda [m/GeV], to which
    importance map and weights belong. rows: of ``EVENT_ROWS``.
    """

    setup: ChannelSetup
    mass_gev: float
    ctau_over_mass: float
    rows: tuple[str, ...]

    @cached_property
    def edges(self) -> FloatArray:
        """Importance map: that of the yields, trained further for the one lifetime."""
        run, lam = Runner(self.setup), self.ctau_over_mass
        edges, norm = first_map(run, self.setup, self.mass_gev).edges, 0.0
        for k in range(_LIFETIME_ROUNDS):
            first = TRAINING_BLOCK + (FIRST_ROUNDS + k) * TRAINING_BLOCKS
            objective = np.array([[lam, norm * lam]]) if norm > 0.0 else None
            sums, training, _ = run(self.mass_gev, first, TRAINING_BLOCKS, edges, objective)
            if objective is not None:
                edges = refine(edges, training)
            norm = float(laplace(per_event(sums, TRAINING_BLOCKS * BLOCK)[0], np.array([lam]))[0][0])
        return edges

    def blocks(self, first: int, number: int) -> tuple[FloatArray, dict[str, FloatArray]]:
        """Weights and rows of the events of some blocks that pass all apertures (REGION 0: not selected).

        Weight: events per POT for unit rate and BR = 1, per generated event. An event that a hard pair
        separation removes has weight 0 and is left out.
        """
        names = ("WEIGHT", "TAU", *self.rows)
        events = np.zeros((number * BLOCK, len(names)))
        run, offsets = Runner(self.setup), _offsets(names)
        _, _, stored = run(self.mass_gev, first, number, self.edges, None, events, offsets, _ACCEPTED)
        seen = events[:stored][events[:stored, 0] > 0.0]
        lam = self.ctau_over_mass
        weight = seen[:, 0] * np.exp(-seen[:, 1] / lam) / lam
        return weight, {name: seen[:, 2 + k] for k, name in enumerate(self.rows)}

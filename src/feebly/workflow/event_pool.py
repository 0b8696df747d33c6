"""Events of one production channel, drawn block by block, thinned by accept-reject, counted cut by cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from feebly.analysis.analysis import FinalState
from feebly.core.block import BLOCK
from feebly.core.interfaces import FloatArray
from feebly.core.randomness import stream_key
from feebly.engine.events import EventStream
from feebly.workflow.event_schema import chain_rows

CHUNK = 64
"""Blocks of one task; the random numbers of the accept-reject belong to a chunk."""
ALL_REGIONS = 0

Tally = NDArray[np.float64]
"""One row per step of the cut-flow: simulated events, sum of weights, sum of squared weights."""


def cut_names(state: FinalState) -> tuple[str, ...]:
    """Steps of the cut-flow after the generation; regions exclude those before them."""
    tracks = ("track CDA",) if state.daughters else ()
    return ("in acceptance", "fiducial volume", *tracks, *(region.name for region in state.regions))


def tally(state: FinalState, weight: FloatArray, rows: dict[str, FloatArray]) -> Tally:
    """Counts and sums of weights after each cut of ``cut_names``."""
    inside = state.fiducial_volume.contains(rows["RXV"], rows["RYV"], rows["RZV"])
    close = [inside & (rows["CDA"] < state.track_cda_max_m)] if state.daughters else []
    regions = [rows["REGION"] == k for k in range(1, len(state.regions) + 1)]
    steps = [np.ones(weight.size, bool), inside, *close, *regions]
    return np.array([[np.count_nonzero(cut), weight[cut].sum(), (weight[cut] ** 2).sum()] for cut in steps])


@dataclass(frozen=True)
class Draw:
    """What one chunk of blocks gave. deviates: uniform numbers of the accept-reject, one per event."""

    tally: Tally
    largest: float
    weight: FloatArray
    deviates: FloatArray
    table: FloatArray


@dataclass(frozen=True)
class ChunkTask:
    """A chunk of blocks of one channel. region: 1, 2, ... or ``ALL_REGIONS``. largest: weight seen so far."""

    stream: EventStream
    first: int
    region: int
    weighted: bool
    largest: float


def draw_chunk(task: ChunkTask) -> Draw:
    """Events of one chunk: those of the asked region, without those that are rejected for certain."""
    setup = task.stream.setup
    weight, rows = task.stream.blocks(task.first, CHUNK)
    counted = tally(setup.final_state, weight, rows)
    wanted = np.ones(weight.size, bool) if task.region == ALL_REGIONS else rows["REGION"] == task.region
    largest = max(task.largest, float(weight[wanted].max(initial=0.0)))
    key = stream_key(setup.seed, setup.production, setup.final_state.tag, "accept-reject")
    deviates = np.random.default_rng([*map(int, key), task.first]).random(weight.size)
    keep = wanted if task.weighted else wanted & (deviates * largest < weight)
    table = np.column_stack([rows[name][keep] for name in chain_rows(setup.final_state.tag)])
    return Draw(counted, largest, weight[keep], deviates[keep], table)


@dataclass
class EventPool:
    """All events drawn so far of one channel.

    Accept-reject: an event of weight w is kept where its own uniform number is below w/W, W being the largest
    weight of all events drawn so far. When W rises, the same comparison thins those that were kept before:
    at the end each has been accepted with the probability w/W of the final W, and no weight exceeds W.
    factor: events per unit of the chain's weight.
    """

    stream: EventStream
    factor: float
    region: int
    weighted: bool
    blocks: int = 0
    largest: float = 0.0
    draws: list[Draw] = field(default_factory=list)
    sums: Tally = field(init=False)

    def __post_init__(self) -> None:
        self.sums = np.zeros((len(cut_names(self.stream.setup.final_state)), 3))

    def tasks(self, chunks: int) -> list[ChunkTask]:
        """The next chunks; the caller runs them and hands the results to ``add``."""
        starts = (self.blocks + CHUNK * k for k in range(chunks))
        return [ChunkTask(self.stream, first, self.region, self.weighted, self.largest) for first in starts]

    def add(self, draws: Sequence[Draw]) -> None:
        """Take the events of finished chunks, in their order, and thin again if the largest weight rose."""
        self.blocks += CHUNK * len(draws)
        self.sums = sum((draw.tally for draw in draws), start=self.sums)
        self.largest = max([self.largest, *(draw.largest for draw in draws)])
        self.draws = [self._thinned(draw) for draw in (*self.draws, *draws)]

    def _thinned(self, draw: Draw) -> Draw:
        if self.weighted:
            return draw
        keep = draw.deviates * self.largest < draw.weight
        return Draw(draw.tally, draw.largest, draw.weight[keep], draw.deviates[keep], draw.table[keep])

    @property
    def generated(self) -> int:
        return self.blocks * BLOCK

    @property
    def available(self) -> int:
        """Events of the asked region that were kept."""
        return sum(draw.weight.size for draw in self.draws)

    @property
    def _row(self) -> FloatArray:
        """The step of the cut-flow that the asked region is."""
        regions = len(self.stream.setup.final_state.regions)
        return self.sums[0 if self.region == ALL_REGIONS else self.region - 1 - regions]

    @property
    def expected(self) -> float:
        """Expected events in the asked region, from all events generated."""
        return float(self.factor * self._row[1] / self.generated)

    @property
    def expected_error(self) -> float:
        """Monte Carlo standard deviation of ``expected``."""
        return float(self.factor * np.sqrt(self._row[2]) / self.generated)

    @property
    def efficiency(self) -> float:
        """Mean over largest weight: the share of events that the accept-reject keeps."""
        simulated, total, _ = self._row
        return float(total / simulated / self.largest) if simulated else 0.0

    def cut_flow(self) -> FloatArray:
        """Per step: simulated events, expected events, squared error of these."""
        per_event = self.factor / self.generated
        return self.sums * np.array([1.0, per_event, per_event**2])

    def take(self, number: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        """Weights and rows of some of the kept events, each as likely as any other.

        Weights are relative to the mean of the kept ones; equal after the accept-reject.
        """
        weight = np.concatenate([draw.weight for draw in self.draws])
        table = np.concatenate([draw.table for draw in self.draws])
        chosen = np.sort(rng.choice(weight.size, number, replace=False))
        relative = weight[chosen] / weight.mean() if self.weighted else np.ones(number)
        return relative, table[chosen]

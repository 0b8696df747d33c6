"""Signal events against mass and coupling: tables of N_if(m, ctau) times all that a model knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feebly.analysis.final_state import MassMask, is_masked
from feebly.core.errors import ConfigError, DomainError
from feebly.core.interfaces import (
    BatchYieldSource,
    ChannelBatch,
    FloatArray,
    Model,
    ProductionChannel,
    WithJumps,
    YieldSource,
)

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ChannelEvents:
    """Events of one (production, final state) at the masses ``rows`` where it is open.

    mass_gev, ctau_m, events: restricted to those rows (first axis).
    """

    production: str
    final_state: str
    rows: BoolArray
    mass_gev: FloatArray
    ctau_m: FloatArray
    events: FloatArray


@dataclass(frozen=True, eq=False)
class Breakdown:
    """Events by channel on an array of points, zero where a channel is closed; the first axis is the mass.

    batch: how the channels were asked for, of a source that answers for all at once.
    """

    shape: tuple[int, ...]
    final_states: tuple[str, ...]
    channels: tuple[ChannelEvents, ...]
    batch: ChannelBatch | None = None

    def total(self) -> FloatArray:
        """Events of all channels together."""
        return self._sum(self.channels)

    def by_final_state(self) -> dict[str, FloatArray]:
        """Events of all production channels together."""
        return {
            tag: self._sum(part for part in self.channels if part.final_state == tag)
            for tag in self.final_states
        }

    def by_channel(self) -> dict[str, FloatArray]:
        """Events by "production/final state"."""
        return {f"{part.production}/{part.final_state}": self._sum([part]) for part in self.channels}

    def relative_error(self, source: YieldSource) -> FloatArray:
        """MC standard deviation of the total over the total: the channels are independent samples."""
        variance = np.zeros(self.shape)
        for part, error in zip(self.channels, self._errors(source), strict=True):
            variance[part.rows] += (part.events * error) ** 2
        total = self.total()
        return np.asarray(np.sqrt(variance) / np.where(total > 0, total, 1.0))

    def _errors(self, source: YieldSource) -> Iterator[FloatArray]:
        """Relative error of each channel at its own points."""
        if self.batch is not None and isinstance(source, BatchYieldSource):
            together = source.relative_errors(self.batch).reshape(-1, *self.shape)
            yield from (own[part.rows] for own, part in zip(together, self.channels, strict=True))
        else:
            for part in self.channels:
                yield source.relative_error(part.production, part.final_state, part.mass_gev, part.ctau_m)

    def _sum(self, parts: Sequence[ChannelEvents] | Iterator[ChannelEvents]) -> FloatArray:
        result = np.zeros(self.shape)
        for part in parts:
            result[part.rows] += part.events
        return result


class EventSource(Protocol):
    """Events by channel at any mass and coupling: what contours are looked for on."""

    def on_grid(self, mass_gev: ArrayLike, coupling: ArrayLike) -> Breakdown: ...

    def at_points(self, mass_gev: ArrayLike, coupling: ArrayLike) -> Breakdown: ...

    def total_on_grid(self, mass_gev: ArrayLike, coupling: ArrayLike) -> FloatArray: ...

    def total_at_points(self, mass_gev: ArrayLike, coupling: ArrayLike) -> FloatArray: ...


@dataclass(frozen=True, eq=False)
class SignalYields:
    """N(m, C) = POT * rate_i(m, C) * BR_f(m, C) * efficiency_f * N_if(m, ctau(m, C)), summed over i and f.

    multiplicities: parents per POT by production tag (None for the beam itself). efficiencies: by final
    state; they name the final states. masks: by final state, masses at which it is not searched: no events.
    to_photons: by final state, share of its decays in which every pi0 and eta decays to two photons (default
    one).
    source: the tables N_if for one POT, unit rate, BR = 1, efficiency 1; it is asked for a channel only at
    masses where that channel is open.
    """

    model: Model
    production_channels: Sequence[ProductionChannel]
    multiplicities: Mapping[str, float | None]
    source: YieldSource
    pot: float
    efficiencies: Mapping[str, float]
    masks: Mapping[str, Sequence[MassMask]] = field(default_factory=dict)
    to_photons: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 < self.pot < np.inf:
            raise DomainError(f"pot = {self.pot:g}: expected a positive number of protons, e.g. 1.4e17")
        if not self.efficiencies:
            raise ConfigError("channels: expected at least one final state")
        if not self.production_channels:
            raise ConfigError("production: expected at least one channel")

    @property
    def final_states(self) -> tuple[str, ...]:
        return tuple(self.efficiencies)

    def open_range_gev(self, production: ProductionChannel, final_state: str) -> tuple[float, float]:
        """Masses that the production can make and that can decay to the final state; low > high: none."""
        low, high = production.mass_range_gev(self.model.mass_range_gev)
        return max(low, self.model.threshold_gev(final_state)), high

    def open_at(self, production: ProductionChannel, final_state: str, mass_gev: ArrayLike) -> BoolArray:
        """Whether a channel is open: above the threshold (itself closed), in the range of the production.

        Masses of a mask are closed.
        """
        low, high = self.open_range_gev(production, final_state)
        mass = np.asarray(mass_gev, float)
        above = (mass >= low) & (mass > self.model.threshold_gev(final_state))
        return above & (mass <= high) & ~self.masked_at(final_state, mass)

    def masked_at(self, final_state: str, mass_gev: ArrayLike) -> BoolArray:
        """Whether a final state is not searched at each mass."""
        return is_masked(self.masks.get(final_state, ()), mass_gev)

    def any_open_at(self, mass_gev: ArrayLike) -> BoolArray:
        """Whether any channel is open at each mass."""
        channels = [(i, f) for i in self.production_channels for f in self.final_states]
        return np.asarray(np.any([self.open_at(i, f, mass_gev) for i, f in channels], axis=0))

    def edges_gev(self) -> FloatArray:
        """Masses at which a channel opens or closes, in order: there N(m) has a kink."""
        ranges = (self.open_range_gev(i, f) for i in self.production_channels for f in self.final_states)
        return np.unique([edge for low, high in ranges if low < high for edge in (low, high)])

    def jumps_gev(self) -> FloatArray:
        """Masses at which N(m) may jump: where a channel opens or closes, and those of model and tables."""
        jumps = [each.jumps_gev for each in (self.model, self.source) if isinstance(each, WithJumps)]
        return np.unique(np.concatenate([self.edges_gev(), *jumps]))

    def on_grid(self, mass_gev: ArrayLike, coupling: ArrayLike) -> Breakdown:
        """Events on all pairs of masses (M,) and couplings (C,): shape (M, C)."""
        return self._breakdown(*_grid(mass_gev, coupling))

    def at_points(self, mass_gev: ArrayLike, coupling: ArrayLike) -> Breakdown:
        """Events at the points (mass_k, coupling_k): shape (n,)."""
        return self._breakdown(*_points(mass_gev, coupling))

    def total_on_grid(self, mass_gev: ArrayLike, coupling: ArrayLike) -> FloatArray:
        """Events of all channels together on all pairs of masses (M,) and couplings (C,): shape (M, C)."""
        return self._total(*_grid(mass_gev, coupling))

    def total_at_points(self, mass_gev: ArrayLike, coupling: ArrayLike) -> FloatArray:
        """Events of all channels together at the points (mass_k, coupling_k): shape (n,)."""
        return self._total(*_points(mass_gev, coupling))

    def _total(self, mass: FloatArray, coupling: FloatArray) -> FloatArray:
        if not isinstance(self.source, BatchYieldSource):
            return self._breakdown(mass, coupling).total()
        batch = self._batch(mass, coupling)
        return self.source.total_events(batch).reshape(np.broadcast_shapes(mass.shape, coupling.shape))

    def _breakdown(self, mass: FloatArray, coupling: FloatArray) -> Breakdown:
        batch = self._batch(mass, coupling)
        shape = np.broadcast_shapes(mass.shape, coupling.shape)
        ctau = batch.ctau_m.reshape(shape)
        channels = []
        for (production, tag), rows, events in zip(
            batch.channels, batch.is_open, self._events(batch), strict=True
        ):
            m, lifetime = mass[rows], ctau[rows]
            own = events.reshape(shape)[rows]
            channels.append(ChannelEvents(production, tag, rows, m, lifetime, own))
        return Breakdown(shape, self.final_states, tuple(channels), batch)

    def _events(self, batch: ChannelBatch) -> FloatArray:
        """Events of each channel of a batch, zero where it is closed: (K, M, C)."""
        if isinstance(self.source, BatchYieldSource):
            return self.source.events_by_channel(batch)
        result = np.zeros((len(batch.channels), *batch.ctau_m.shape))
        for k, ((production, tag), rows, (i, f)) in enumerate(
            zip(batch.channels, batch.is_open, batch.factors, strict=True)
        ):
            mass, ctau = batch.mass_gev[rows, None], batch.ctau_m[rows]
            tabulated = self.source.expected_events(production, tag, mass, ctau)
            result[k, rows] = batch.rates[i, rows] * batch.decays[f, rows] * tabulated
        return result

    def _batch(self, mass: FloatArray, coupling: FloatArray) -> ChannelBatch:
        """The channels that are open at any mass, with rates and decays at masses (M, 1) or points (n,).

        Where a branching ratio is zero there need not be a table.
        """
        ctau = self.model.ctau_m(mass, coupling)
        column = (mass.size, ctau.size // mass.size)  # of points: one coupling for each mass
        shape = (len(self.production_channels), *ctau.shape)
        rates = _stacked((self._rate(channel, mass, coupling) for channel in self.production_channels), shape)
        ratios = (
            self.pot * self._seen(tag) * self.model.branching_ratio(tag, mass, coupling)
            for tag in self.final_states
        )
        decays = _stacked(ratios, (len(self.final_states), *ctau.shape)).reshape(-1, *column)
        happens = np.repeat((decays > 0).any(axis=2), len(rates), axis=0)
        is_open = self._open_at(mass.ravel()) & happens
        k = np.flatnonzero(is_open.any(axis=1))
        f, i = np.divmod(k, len(rates))
        return ChannelBatch(
            tuple((self.production_channels[a].tag, self.final_states[b]) for a, b in zip(i, f, strict=True)),
            is_open[k],
            mass.ravel(),
            np.reshape(ctau, column),
            rates.reshape(-1, *column),
            decays,
            np.stack([i, f], axis=1),
        )

    def _open_at(self, mass: FloatArray) -> BoolArray:
        """``open_at`` of every production of every final state in turn, at masses (M,): shape (F P, M)."""
        ranges, thresholds = self._ranges
        allowed = (mass >= ranges[:, :1]) & (mass <= ranges[:, 1:]) & (mass > thresholds[:, None])
        masked = np.array([self.masked_at(tag, mass) for tag in self.final_states])
        return allowed & ~np.repeat(masked, len(self.production_channels), axis=0)

    @cached_property
    def _ranges(self) -> tuple[FloatArray, FloatArray]:
        """Open range [GeV] (F P, 2) and threshold (F P,) of every production of every final state in turn."""
        channels = [(i, f) for f in self.final_states for i in self.production_channels]
        ranges = [self.open_range_gev(*channel) for channel in channels]
        return np.array(ranges), np.array([self.model.threshold_gev(f) for _, f in channels])

    def _seen(self, final_state: str) -> float:
        """Share of the decays to a final state that the response keeps."""
        return self.efficiencies[final_state] * self.to_photons.get(final_state, 1.0)

    def _rate(self, channel: ProductionChannel, mass: FloatArray, coupling: FloatArray) -> FloatArray:
        return channel.rate(mass, coupling, self.multiplicities.get(channel.tag))

    def smooth_factors(self, mass_gev: ArrayLike, coupling: float) -> FloatArray:
        """ctau, rates and branching ratios at each mass, each over its largest: shape (factors, M).

        They hold all the structure in mass that the tables N_if do not have: thresholds and resonances.
        """
        mass = np.asarray(mass_gev, float)
        point = np.full(1, coupling)
        factors = [
            self.model.ctau_m(mass, point),
            *(self.model.branching_ratio(tag, mass, point) for tag in self.final_states),
            *(self._rate(channel, mass, point) for channel in self.production_channels),
        ]
        values = _stacked(factors, (len(factors), mass.size))
        largest = values.max(axis=1, keepdims=True)
        return np.asarray(values / np.where(largest > 0, largest, 1.0))


def _grid(mass_gev: ArrayLike, coupling: ArrayLike) -> tuple[FloatArray, FloatArray]:
    return np.asarray(mass_gev, float)[:, None], np.asarray(coupling, float)[None, :]


def _points(mass_gev: ArrayLike, coupling: ArrayLike) -> tuple[FloatArray, FloatArray]:
    return np.atleast_1d(np.asarray(mass_gev, float)), np.asarray(coupling, float)


def _stacked(values: Iterable[FloatArray], shape: tuple[int, ...]) -> FloatArray:
    """Values that broadcast to the rows of an array of that shape."""
    result = np.empty(shape)
    for row, value in zip(result, values, strict=True):
        row[...] = value
    return result

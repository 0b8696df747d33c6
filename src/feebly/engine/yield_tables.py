"""The tables of a run: the ``YieldSource`` of ``limits``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feebly.core.errors import DataError
from feebly.core.interfaces import ChannelBatch, FloatArray
from feebly.engine.batch import Flat, add_up, flat
from feebly.engine.yields import ChannelTable


@dataclass(frozen=True, eq=False)
class YieldTables:
    """Tables of all channels of a run, asked one by one or, for contours, many at once."""

    tables: Mapping[tuple[str, str], ChannelTable]

    def table(self, production: str, final_state: str) -> ChannelTable:
        """The table of one channel; DataError when it was not made."""
        if (production, final_state) not in self.tables:
            raise DataError(f"no table of {production} -> {final_state}; the channel was not asked for")
        return self.tables[production, final_state]

    @property
    def jumps_gev(self) -> tuple[float, ...]:
        """Where two segments of a table meet, each with its own errors, and where a yield begins and ends."""
        seams = (segment.covered_gev[1] for table in self.tables.values() for segment in table.segments[:-1])
        seen = (
            segment.seen_gev
            for table in self.tables.values()
            for segment in table.segments
            if not segment.silent
        )
        return tuple(sorted({*seams, *chain.from_iterable(seen)}))

    def expected_events(
        self, production: str, final_state: str, mass_gev: ArrayLike, ctau_m: ArrayLike
    ) -> FloatArray:
        return self.table(production, final_state).events(mass_gev, ctau_m)

    def relative_error(
        self, production: str, final_state: str, mass_gev: ArrayLike, ctau_m: ArrayLike
    ) -> FloatArray:
        return self.table(production, final_state).relative_error(mass_gev, ctau_m)

    def total_events(self, batch: ChannelBatch) -> FloatArray:
        """Sum over the channels of a batch: (M, C)."""
        return self._added_up(batch, False, np.zeros(len(batch.channels), np.int64), 1)[0]

    def events_by_channel(self, batch: ChannelBatch) -> FloatArray:
        """Events of each channel of a batch: (K, M, C)."""
        return self._added_up(batch, False, np.arange(len(batch.channels)), len(batch.channels))

    def relative_errors(self, batch: ChannelBatch) -> FloatArray:
        """Relative Monte Carlo error of each channel of a batch, zero without events: (K, M, C)."""
        return self._added_up(batch, True, np.arange(len(batch.channels)), len(batch.channels))

    def _added_up(self, batch: ChannelBatch, errors: bool, slots: NDArray[np.int64], size: int) -> FloatArray:
        result, surfaces = np.zeros((size, *batch.ctau_m.shape)), self._errors if errors else self._yields
        missing = add_up(
            result,
            slots,
            self._numbers(batch),
            batch.is_open,
            batch.mass_gev,
            np.log(batch.ctau_m / batch.mass_gev[:, None]),
            batch.rates,
            batch.decays,
            batch.factors,
            surfaces,
            errors,
            np.empty(int(surfaces.columns.max(initial=0))),
        )
        self._refuse(batch, missing)
        return result

    def _numbers(self, batch: ChannelBatch) -> NDArray[np.int64]:
        """Place of each channel of a batch among the tables."""
        for channel in batch.channels:
            self.table(*channel)
        return np.array([self._places[channel] for channel in batch.channels], np.int64)

    def _refuse(self, batch: ChannelBatch, missing: int) -> None:
        """DomainError for the first channel and mass without a table, if there is one."""
        if missing >= 0:
            channel, row = divmod(missing, batch.mass_gev.size)
            raise self.table(*batch.channels[channel]).no_table_at(batch.mass_gev[row])

    @cached_property
    def _places(self) -> dict[tuple[str, str], int]:
        return {channel: place for place, channel in enumerate(self.tables)}

    @cached_property
    def _yields(self) -> Flat:
        return flat(tuple(self.tables.values()), errors=False)

    @cached_property
    def _errors(self) -> Flat:
        return flat(tuple(self.tables.values()), errors=True)

"""Published backgrounds of signal and control regions as a table, and the events that would be significant.

A table is a TOML file of ``data/counting`` or of the user; it is read here and nowhere else.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from feebly.core.errors import unknown
from feebly.core.provenance import Origin
from feebly.core.records import decode, require_not_negative, require_positive
from feebly.core.tables import load_document, shipped_names
from feebly.statistics.backgrounds import (
    Background,
    Fixed,
    Interval,
    IntervalMeaning,
    LogNormal,
    Sum,
    TruncatedGaussian,
)
from feebly.statistics.excess.significance import TWO_SIDED, events_for

COUNTING_FOLDER = "counting"


@dataclass(frozen=True, slots=True)
class StatedBackground:
    """mean +plus -minus expected events."""

    mean: float
    plus: float
    minus: float

    def __post_init__(self) -> None:
        require_not_negative(self, "mean")
        require_positive(self, "plus", "minus")

    @property
    def is_symmetric(self) -> bool:
        """Whether both errors are the same."""
        return self.plus == self.minus

    def density(self, meaning: IntervalMeaning) -> Background:
        """Density of the background: truncated Gaussian for a symmetric 68% interval, else two pieces."""
        if self.is_symmetric and meaning == "68%":
            return TruncatedGaussian(self.mean, self.plus)
        return Interval(self.mean, self.plus, self.minus, meaning)


@dataclass(frozen=True, slots=True)
class ChannelBackgrounds:
    """Signal and control region of one channel; events_for_five_sigma: as published, for SR and SR+CR."""

    signal: StatedBackground
    control: StatedBackground
    events_for_five_sigma: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class RegionTable:
    """Backgrounds by channel, the meaning of their errors, and where they are from."""

    name: str
    title: str
    meaning: IntervalMeaning
    origin: Origin
    channels: dict[str, ChannelBackgrounds]


def region_table_names() -> tuple[str, ...]:
    """Names of the tables that come with the package."""
    return shipped_names(COUNTING_FOLDER)


def load_region_table(name_or_path: str | Path) -> RegionTable:
    """A shipped table by name, or a TOML file by path. Raises ConfigError with file and line."""
    return decode(RegionTable, load_document("table of regions", COUNTING_FOLDER, name_or_path))


Scheme = Callable[[ChannelBackgrounds, IntervalMeaning], tuple[Background, Background]]
"""Backgrounds of SR and of SR+CR."""


def _central(channel: ChannelBackgrounds, meaning: IntervalMeaning) -> tuple[Background, Background]:
    return Fixed(channel.signal.mean), Fixed(channel.signal.mean + channel.control.mean)


def _marginalised(channel: ChannelBackgrounds, meaning: IntervalMeaning) -> tuple[Background, Background]:
    parts = channel.signal.density(meaning), channel.control.density(meaning)
    return parts[0], Sum(parts)


def _log_normal_median(
    channel: ChannelBackgrounds, meaning: IntervalMeaning
) -> tuple[Background, Background]:
    """Log-normal of median b and width sigma / b, SR and CR fully correlated; central b if asymmetric."""
    regions = channel.signal, channel.control
    if not all(region.is_symmetric for region in regions):
        return _central(channel, meaning)
    b = channel.signal.mean + channel.control.mean
    return (
        _log_normal_of_median(channel.signal.mean, channel.signal.plus / channel.signal.mean),
        _log_normal_of_median(b, (channel.signal.plus + channel.control.plus) / b),
    )


def _log_normal_of_median(median: float, sigma_ln: float) -> LogNormal:
    mean = median * math.exp(sigma_ln**2 / 2)
    return LogNormal(mean, mean * math.sqrt(math.expm1(sigma_ln**2)))


SCHEMES: Mapping[str, Scheme] = {
    "central": _central,
    "marginalised": _marginalised,
    "log-normal-median": _log_normal_median,
}
"""What is done with the errors of the backgrounds.

``central``: nothing; 13 of the 14 published numbers of 2502.04241, and the default. ``marginalised``:
averaged over the densities, SR and CR independent. ``log-normal-median``: all 14, but found by trying many
schemes after the fact; 14 small integers constrain little, and nothing shows that NA62 used it.
"""


@dataclass(frozen=True, slots=True)
class NeededEvents:
    """Smallest counts of ``three`` and ``five`` sigma in a region; published: that of five, or None."""

    channel: str
    region: str
    background: Background
    three: int
    five: int
    published: int | None


def needed_events(
    table: RegionTable, scheme: str = "central", sides: str = TWO_SIDED
) -> Iterator[NeededEvents]:
    """SR and SR+CR of each channel, in order; ConfigError for an unknown scheme."""
    if scheme not in SCHEMES:
        raise unknown("scheme", scheme, SCHEMES)
    for tag, channel in table.channels.items():
        backgrounds = SCHEMES[scheme](channel, table.meaning)
        published = channel.events_for_five_sigma or (None, None)
        for region, b, n in zip(("SR", "SR+CR"), backgrounds, published, strict=True):
            yield NeededEvents(tag, region, b, events_for(3, b, sides), events_for(5, b, sides), n)

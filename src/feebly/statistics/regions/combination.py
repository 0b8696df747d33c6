"""Channels, data sets and experiments combined: the limit of each, of all, and what the combination gains.

One signal strength mu is common to all. The expected signal of a region is stated for the POT of its own data
set, so that data sets of different POT combine as they are. Nuisances are common where they share a name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from feebly.core.errors import ConfigError
from feebly.statistics.checks import repeated, require_positive
from feebly.statistics.regions.joint import JointLimit, joint_upper_limit
from feebly.statistics.regions.model import CountingModel, Region

Progress = Callable[[int, int, str], None]
"""Called with (done, total, text)."""

_PARTS = 100  # of one limit, in what progress is told


@dataclass(frozen=True, slots=True)
class DataSet:
    """Disjoint regions of one data taking; ``signal`` and ``background`` of each are for its ``pot``.

    pot: None where no data set of the combination has one. Regions that state another POT are refused.
    """

    name: str
    regions: tuple[Region, ...]
    pot: float | None = None

    def __post_init__(self) -> None:
        if not self.name:
            raise ConfigError("data set name = '': expected a name")
        if self.pot is not None:
            require_positive(f"data set {self.name}: pot", self.pot)
        for region in self.regions:
            if self.pot is not None and region.pot not in (None, self.pot):
                raise ConfigError(
                    f"different POT in one combination: data set {self.name} {self.pot:g} POT, its region "
                    f"{region.name} {region.pot:g} POT; expected one POT, or one data set for each POT"
                )
        CountingModel(self.regions)  # refuses overlaps and different POT inside

    @property
    def stated_pot(self) -> float | None:
        """POT of the data set, said by itself or by its regions."""
        return self.pot if self.pot is not None else self.regions[0].pot


@dataclass(frozen=True, slots=True)
class Combination:
    """Limits on mu: of each region with a signal, of each data set with several, and of all together."""

    regions: tuple[JointLimit, ...]
    data_sets: tuple[JointLimit, ...]
    combined: JointLimit

    @property
    def best(self) -> JointLimit:
        """The region with the strongest limit of its own."""
        return min(self.regions, key=lambda limit: limit.mu_up)

    @property
    def gain(self) -> float:
        """Limit of the best single region over the combined one; below 1 where others add an event."""
        return self.best.mu_up / self.combined.mu_up if self.combined.mu_up > 0 else 1.0


def combine(
    data_sets: Sequence[DataSet],
    cl: float = 0.90,
    convention: str = "cls-counting",
    ordering: str = "total-count",
    toys: int | None = None,
    seed: int = 1,
    progress: Progress = lambda done, total, text: None,
) -> Combination:
    """Limits on mu of regions, data sets and all together; arguments as in ``joint_upper_limit``.

    toys, seed: where the outcomes or nuisances are too many to be enumerated; each limit says its method.

    Raises ConfigError for overlapping regions, data sets of one name, and data sets of which only some state
    their POT.
    """
    model = combined_model(data_sets)
    by_set, start = [], 0
    for data_set in data_sets:
        by_set.append(model.regions[start : start + len(data_set.regions)])
        start += len(data_set.regions)
    several = [regions for regions in by_set if len(regions) > 1] if len(by_set) > 1 else []
    single = [(region,) for region in model.regions if region.signal > 0]
    sets = [regions for regions in several if any(region.signal > 0 for region in regions)]
    # all regions first: what cannot be answered is refused before anything is computed
    questions, limits = [model.regions, *single, *sets], []
    for i, regions in enumerate(questions):
        told = _part_of(progress, i, len(questions))
        part = CountingModel(regions)
        limits.append(joint_upper_limit(part, cl, convention, ordering, toys=toys, seed=seed, progress=told))
    return Combination(tuple(limits[1 : 1 + len(single)]), tuple(limits[1 + len(single) :]), limits[0])


def _part_of(progress: Progress, i: int, size: int) -> Progress:
    """Progress of the limit ``i`` of ``size``; says at once that it begins."""

    def told(done: int, total: int, text: str) -> None:
        progress(_PARTS * i + _PARTS * done // max(total, 1), _PARTS * size, text)

    told(0, 1, f"limit {i + 1} of {size}")
    return told


def combined_model(data_sets: Sequence[DataSet]) -> CountingModel:
    """All regions as one model; with several data sets their names become ``data set/region``."""
    if not data_sets:
        raise ConfigError("combination: expected at least one data set")
    if twice := repeated(data_set.name for data_set in data_sets):
        raise ConfigError(f"overlapping regions: data set {twice!r} stands twice; give each data set once")
    _refuse_unstated_pot(data_sets)
    if len(data_sets) == 1:
        return CountingModel(data_sets[0].regions)
    return CountingModel(
        tuple(_of_data_set(data_set.name, region) for data_set in data_sets for region in data_set.regions)
    )


def _of_data_set(name: str, region: Region) -> Region:
    """The region under its full name; its POT is that of the data set and plays no role any more."""
    contains = tuple(inner if "/" in inner else f"{name}/{inner}" for inner in region.contains)
    return replace(region, name=f"{name}/{region.name}", contains=contains, pot=None)


def _refuse_unstated_pot(data_sets: Sequence[DataSet]) -> None:
    without = [data_set.name for data_set in data_sets if data_set.stated_pot is None]
    stated = [f"{s.name} {s.stated_pot:g} POT" for s in data_sets if s.stated_pot is not None]
    if without and stated:
        raise ConfigError(
            f"different POT in one combination: {', '.join(stated)}, {', '.join(without)} without POT; "
            "expected the POT of each data set"
        )

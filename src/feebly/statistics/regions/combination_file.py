"""A combination as a TOML file: data sets with their POT, regions, backgrounds and nuisances by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from feebly.core.errors import ConfigError, FeeblyError
from feebly.core.records import decode
from feebly.core.tables import Document, KeyPath, load_document, shipped_names
from feebly.statistics.backgrounds import Background, background_from_table
from feebly.statistics.regions.combination import DataSet
from feebly.statistics.regions.model import Nuisance, NuisanceShape, Region


@dataclass(frozen=True, slots=True)
class RegionEntry:
    """``[[region]]``: signal [events at mu = 1], nuisances as name = relative sigma, ``background`` apart."""

    name: str
    signal: float
    observed: int | None = None
    signal_nuisances: dict[str, float] = field(default_factory=dict)
    background_nuisances: dict[str, float] = field(default_factory=dict)
    contains: tuple[str, ...] = ()
    pot: float | None = None


@dataclass(frozen=True, slots=True)
class DataSetEntry:
    """``[[data_set]]`` with its regions."""

    name: str
    region: tuple[RegionEntry, ...]
    pot: float | None = None


@dataclass(frozen=True, slots=True)
class CombinationFile:
    """Either data sets, or the regions of one. nuisance_shapes: of names that are not log-normal."""

    title: str = ""
    data_set: tuple[DataSetEntry, ...] = ()
    region: tuple[RegionEntry, ...] = ()
    pot: float | None = None
    nuisance_shapes: dict[str, NuisanceShape] = field(default_factory=dict)


COMBINATION_FOLDER = "combinations"


def combination_names() -> tuple[str, ...]:
    """Names of the combinations that come with the package."""
    return shipped_names(COMBINATION_FOLDER)


def read_combination(names_or_paths: Sequence[str | Path]) -> tuple[DataSet, ...]:
    """The data sets of shipped combinations (by name) and files (by path), all together.

    Raises ConfigError or DomainError with file and line.
    """
    result: list[DataSet] = []
    for source in names_or_paths:
        document = load_document("combination", COMBINATION_FOLDER, source)
        result += _read(document, Path(source).stem)
    return tuple(result)


def _read(document: Document, stem: str) -> list[DataSet]:
    stripped, backgrounds = _without_backgrounds(document)
    entry = decode(CombinationFile, stripped)
    if bool(entry.data_set) == bool(entry.region):
        raise ConfigError(f"{document.name}: expected either [[data_set]] or [[region]]")
    if entry.data_set and entry.pot is not None:
        raise ConfigError(f"{document.place(('pot',))} pot = {entry.pot:g}: expected in each [[data_set]]")
    if entry.region:
        places: list[KeyPath] = [()]
        sets = [DataSetEntry(stem, entry.region, entry.pot)]
    else:
        places = [("data_set", i) for i in range(len(entry.data_set))]
        sets = list(entry.data_set)
    result = []
    for data_set, place in zip(sets, places, strict=True):
        regions = []
        for i, region in enumerate(data_set.region):
            here = (*place, "region", i)
            with _at(document, here):
                regions.append(_region(region, backgrounds.get(here), entry))
        with _at(document, place):
            result.append(DataSet(data_set.name, tuple(regions), data_set.pot))
    return result


def _region(entry: RegionEntry, background: Any, file: CombinationFile) -> Region:
    if not isinstance(background, dict):
        raise ConfigError(
            f"region {entry.name}: background missing: expected background = "
            '{ shape = "truncated-gaussian", mean = 0.016, sigma = 0.002 } or another shape'
        )

    def nuisances(table: dict[str, float]) -> tuple[Nuisance, ...]:
        shapes = file.nuisance_shapes
        return tuple(Nuisance(name, sigma, shapes.get(name, "log-normal")) for name, sigma in table.items())

    density: Background = background_from_table(background)
    return Region(
        entry.name,
        entry.observed,
        density,
        entry.signal,
        nuisances(entry.signal_nuisances),
        nuisances(entry.background_nuisances),
        entry.contains,
        entry.pot,
    )


def _without_backgrounds(document: Document) -> tuple[Document, dict[KeyPath, Any]]:
    """The document without the backgrounds of its regions, whose keys depend on their shape; and those."""
    found: dict[KeyPath, Any] = {}

    def stripped(value: Any, path: KeyPath) -> Any:
        if isinstance(value, list):
            return [stripped(item, (*path, i)) for i, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        if len(path) >= 2 and path[-2] == "region" and "background" in value:
            found[path] = value["background"]
            value = {key: item for key, item in value.items() if key != "background"}
        return {key: stripped(item, (*path, key)) for key, item in value.items()}

    return Document(document.name, stripped(document.data, ()), document.places), found


@contextmanager
def _at(document: Document, path: KeyPath) -> Iterator[None]:
    """Errors get the place in the file."""
    try:
        yield
    except FeeblyError as error:
        raise type(error)(f"{document.place(path)} {error}") from None

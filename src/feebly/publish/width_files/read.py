"""Width tables from whatever files a user names: ``.dat``, ``.csv``, a card ``.toml``, a HEPData record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from feebly.core.constants import HBARC_GEV_M
from feebly.core.errors import ConfigError, DataError, DomainError
from feebly.core.records import decode
from feebly.core.tables import read_toml
from feebly.limits.width_table import TableReference, WidthTable
from feebly.publish.width_files.text_tables import read_rows, width_table

if TYPE_CHECKING:
    from feebly.publish.hepdata.grids import NumericGrid

_DAT = ("mass_gev", "width_gev", "events")
_RECORDS = (".zip", ".gz", ".tar", ".tgz", ".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class _File:
    """One file of a card: production and final_state by our tags; file beside the card."""

    file: str
    production: str
    final_state: str


@dataclass(frozen=True)
class _Card:
    """What files without a header are for: the numbers of ``TableReference``, the same for all files."""

    model: str
    coupling: float
    pot: float
    source: str
    table: tuple[_File, ...]
    preset: str = ""
    coupling_name: str = ""
    contained: str = ""


def read_width_tables(paths: Iterable[str | Path]) -> tuple[WidthTable, ...]:
    """All tables of the files; a folder stands for its ``.dat`` and ``.csv`` files.

    DataError (file, line) or ConfigError for what cannot be read and for a table that is there twice.
    """
    tables: dict[tuple[str, str, str], WidthTable] = {}
    for path in paths:
        for table in _tables(Path(path)):
            about = table.reference
            key = about.model, about.production, about.final_state
            if key in tables:
                raise ConfigError(
                    f"{path}: a second table of {about.model} {about.name}; expected one of each"
                )
            tables[key] = table
    if not tables:
        raise ConfigError("no table: expected files N(m, width), or a folder of them")
    return tuple(tables.values())


def _tables(path: Path) -> Iterator[WidthTable]:
    if path.is_dir() and not (path / "submission.yaml").exists():
        files = sorted(each for each in path.iterdir() if each.suffix in (".dat", ".csv"))
        if not files:
            raise DataError(f"{path}: no .dat or .csv file in this folder; expected tables N(m, width)")
        for each in files:
            yield _text_table(each)
    elif path.suffix == ".toml":
        yield from _of_card(path)
    elif path.is_dir() or path.suffix in _RECORDS or path.name.endswith(".tar.gz"):
        yield from hepdata_tables(path)
    else:
        yield _text_table(path)


def _text_table(path: Path, reference: TableReference | None = None) -> WidthTable:
    dat = path.suffix != ".csv"
    table = width_table(read_rows(path, None if dat else ",", _DAT if dat else ()), reference)
    about = table.reference
    return table if about.source else replace(table, reference=replace(about, source=path.name))


def _of_card(path: Path) -> Iterator[WidthTable]:
    card = decode(_Card, read_toml(path))
    if not card.table:
        raise ConfigError(f"{path}: table: expected at least one [[table]]")
    for entry in card.table:
        try:
            reference = TableReference(
                card.model,
                entry.production,
                entry.final_state,
                card.coupling,
                card.pot,
                card.preset,
                card.coupling_name,
                card.contained,
                card.source,
            )
        except DomainError as error:
            raise ConfigError(f"{path}: {error}") from None
        yield _text_table(path.parent / entry.file, reference)


def hepdata_tables(path: Path) -> Iterator[WidthTable]:
    """The tables of acceptance x efficiency against mass and lifetime (or width) of a HEPData record.

    Production and final state are qualifiers of each column. DataError where the record has none.
    """
    from feebly.publish.hepdata.grids import grid_of
    from feebly.publish.hepdata.record_reader import read_record

    record = read_record(path)
    found = 0
    for table in record.tables:
        if not table.name.lower().startswith("t5") and "acceptance" not in table.name.lower():
            continue
        grid = grid_of(table)
        for name, values in grid.values.items():
            if "acceptance" in name.lower():
                found += 1
                yield _of_grid(path, grid, name, values, record.source)
    if not found:
        names = ", ".join(repr(table.name) for table in record.tables)
        raise DataError(f"{path}: no table of acceptance against mass and lifetime; the record has {names}")


def _of_grid(path: Path, grid: NumericGrid, name: str, values: np.ndarray, source: str) -> WidthTable:
    roles = [axis.role for axis in grid.axes]
    if roles not in (["mass", "lifetime"], ["mass", "width"]):
        raise DataError(
            f"{path}: table {grid.name!r} has axes {', '.join(roles)}: expected mass and lifetime"
        )
    qualifiers = grid.column_qualifiers[name]
    for needed in ("production", "final state"):
        if needed not in qualifiers:
            raise DataError(f"{path}: column {name!r} of {grid.name!r} has no qualifier {needed!r}")
    mass, other = (axis.values for axis in grid.axes)
    width = HBARC_GEV_M / other[::-1] if roles[1] == "lifetime" else other
    table = values[:, ::-1] if roles[1] == "lifetime" else values
    about = TableReference(
        "",
        str(qualifiers["production"].value),
        str(qualifiers["final state"].value),
        1.0,
        None,
        contained="efficiency",
        source=f"{grid.name} of {source}",
    )
    try:
        return WidthTable(about, mass, width, np.nan_to_num(table, nan=0.0))
    except DomainError as error:
        raise DataError(f"{path}: table {grid.name!r}: {error}") from None

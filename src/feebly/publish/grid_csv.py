"""Everything in a run's ``grid.h5`` as tidy CSV tables, and their reader; numbers read back exactly.

``cells.csv`` has one row for each (mass, coupling), ``yields.csv`` one for each (mass, coupling, production,
final state), ``masses.csv`` one for each mass. A name of a column ends in its unit; comment lines above say
where each column is from.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feebly.core.errors import DataError
from feebly.core.tables import write_atomically
from feebly.report.saved_grid import Column, SavedGrid

CELLS, YIELDS, MASSES = "cells.csv", "yields.csv", "masses.csv"
LARGEST_BYTES = 500_000_000
_COLUMN = "# column "
_BY_CHANNEL = "by_channel"
_AXES = ("mass_gev", "coupling")


def write_grid_csv(grid: SavedGrid, folder: str | Path) -> tuple[Path, ...]:
    """Write the three tables into ``folder`` (made if need be) and return their paths."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tables = {CELLS: _cells(grid), YIELDS: _yields(grid), MASSES: _masses(grid)}
    for name, text in tables.items():
        write_atomically(folder / name, text)
    return tuple(folder / name for name in tables)


def column_name(dataset: str, column: Column) -> str:
    """Name of the column of a dataset: it ends in the unit, ``yields_mumu_events``."""
    name = dataset.replace("/", "_")
    unit = column.unit.lower()
    return name if unit == "1" or name.endswith(f"_{unit}") else f"{name}_{unit}"


def provenance(grid: SavedGrid) -> Iterator[str]:
    """Comment lines: what the numbers are of and what made them."""
    content, setting = grid.content, grid.content["setting"]
    made = content.get("provenance", {})
    error = f", signal error {setting['signal_error']:g}" if setting["signal_error"] else ""
    projection = ", a projection" if setting["projection"] else ""
    limits = f"{100 * setting['cl']:g}% CL, {setting['convention']}, {setting['ordering']}{error}"
    data = f"{setting['pot']:g} POT of {setting['analysis']}{projection}"
    yield f"# feebly run of {content['model']}: {content['summary']}"
    yield f"# coupling: {content['coupling']}, not its square"
    yield f"# limits: {limits}; {data}; preset {content['preset']['name']}"
    yield f"# made with feebly {made.get('feebly')}, {made.get('date_utc')}"
    yield f"# grid.h5 SHA-256 {content['files']['grid.h5']}"


def _table(grid: SavedGrid, about: str, datasets: Iterable[str], names: list[str], rows: Any) -> str:
    """Comments, names, rows; floats as their shortest text that reads back exactly."""
    text = io.StringIO()
    text.writelines(f"{line}\n" for line in (*provenance(grid), f"# {about}"))
    for dataset in datasets:
        column, kind = grid.columns[dataset], grid.arrays[dataset].dtype.name
        about = f"{dataset} | {column.unit} | {kind} | {column.meaning}"
        text.write(f"{_COLUMN}{column_name(dataset, column)}: {about}\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue()


def _names(grid: SavedGrid, datasets: Iterable[str]) -> list[str]:
    return [column_name(dataset, grid.columns[dataset]) for dataset in datasets]


def _plain(values: NDArray[Any]) -> list[Any]:
    """Python numbers, of which ``csv`` writes the repr; flags as 0 and 1."""
    flat = values.ravel()
    return list((flat.astype(np.int64) if flat.dtype == bool else flat).tolist())


def _cells(grid: SavedGrid) -> str:
    shape = (grid.mass_gev.size, grid.coupling.size)
    cells = [
        name
        for name, each in grid.arrays.items()
        if each.shape == shape and not name.startswith(f"{_BY_CHANNEL}/")
    ]
    mass, coupling = np.broadcast_arrays(grid.mass_gev[:, None], grid.coupling)
    columns = [_plain(mass), _plain(coupling), *(_plain(grid.arrays[name]) for name in cells)]
    datasets = [*_AXES, *cells]
    return _table(
        grid,
        "one row for each mass and coupling",
        datasets,
        _names(grid, datasets),
        zip(*columns, strict=True),
    )


def _yields(grid: SavedGrid) -> str:
    def rows() -> Iterator[tuple[Any, ...]]:
        for channel, events in grid.group(_BY_CHANNEL).items():
            production, final_state = channel.split("/")
            values = zip(_plain(mass), _plain(coupling), _plain(events), strict=True)
            yield from ((m, c, production, final_state, n) for m, c, n in values)

    mass, coupling = np.broadcast_arrays(grid.mass_gev[:, None], grid.coupling)
    return _table(
        grid,
        "one row for each mass, coupling, production and final state; events: signal after efficiency",
        _AXES,
        [*_names(grid, _AXES), "production", "final_state", "events"],
        rows(),
    )


def _masses(grid: SavedGrid) -> str:
    """Counts and limits against the mass."""
    by_mass = [
        name
        for name, each in grid.arrays.items()
        if each.shape == (grid.mass_gev.size,) and name not in _AXES
    ]
    datasets = ["mass_gev", *by_mass]
    columns = zip(*(_plain(grid.arrays[name]) for name in datasets), strict=True)
    return _table(grid, "one row for each mass", datasets, _names(grid, datasets), columns)


# --- reading ------------------------------------------------------------------------------------------


def read_grid_csv(folder: str | Path) -> dict[str, NDArray[Any]]:
    """The arrays of ``grid.h5`` by dataset, from the tables of ``write_grid_csv``: equal bit by bit.

    DataError (file, line) for anything else.
    """
    folder = Path(folder)
    cells, masses = _Read(folder / CELLS), _Read(folder / MASSES)
    arrays = {"mass_gev": masses.column("mass_gev")}
    first = cells.column("mass_gev") == arrays["mass_gev"][0]
    arrays["coupling"] = cells.column("coupling")[first]
    shape = arrays["mass_gev"].size, arrays["coupling"].size
    arrays |= {name: masses.column(name) for name in masses.datasets}
    for name in cells.datasets:
        if name not in _AXES:
            arrays[name] = cells.shaped(cells.column(name), shape)
    channels = _Read(folder / YIELDS)
    production, final_state = channels.text("production"), channels.text("final_state")
    events = channels.floats("events")
    for pair in dict.fromkeys(zip(production, final_state, strict=True)):
        rows = np.array([here == pair for here in zip(production, final_state, strict=True)])
        arrays[f"{_BY_CHANNEL}/{'/'.join(pair)}"] = channels.shaped(events[rows], shape)
    return arrays


class _Read:
    """One table: rows as text, and the dataset and type of each column."""

    def __init__(self, path: Path) -> None:
        self.path = path
        lines = _lines(path)
        described = [line.removeprefix(_COLUMN) for line in lines if line.startswith(_COLUMN)]
        parts = [line.partition(": ") for line in described]
        self.datasets = {rest.split(" | ")[0]: (name, rest.split(" | ")[2]) for name, _, rest in parts}
        body = [(number, line) for number, line in enumerate(lines, 1) if not line.startswith("#")]
        if not body or not self.datasets:
            raise DataError(f"{path}: expected a table of feebly export --to csv")
        self.names, *rows = csv.reader(line for _, line in body)
        for (number, _), row in zip(body[1:], rows, strict=True):
            if len(row) != len(self.names):
                raise DataError(f"{path}:{number}: {len(row)} columns, expected {len(self.names)}")
        self.rows = rows

    def text(self, name: str) -> list[str]:
        if name not in self.names:
            raise DataError(f"{self.path}: no column {name!r}; it has {', '.join(self.names)}")
        place = self.names.index(name)
        return [row[place] for row in self.rows]

    def floats(self, name: str) -> NDArray[np.float64]:
        try:
            return np.array([float(cell) for cell in self.text(name)])
        except ValueError as error:
            raise DataError(f"{self.path}: {name}: {error}") from None

    def column(self, dataset: str) -> NDArray[Any]:
        """A dataset with its own type."""
        if dataset not in self.datasets:
            raise DataError(f"{self.path}: no column is {dataset!r}; expected a table of feebly export")
        name, kind = self.datasets[dataset]
        return self.floats(name).astype(kind)

    def shaped(self, values: NDArray[Any], shape: tuple[int, int]) -> NDArray[Any]:
        if values.size != shape[0] * shape[1]:
            raise DataError(
                f"{self.path}: {values.size} rows, expected {shape[0]} masses x {shape[1]} couplings"
            )
        return values.reshape(shape)


def _lines(path: Path) -> list[str]:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise DataError(f"{path}: more than {LARGEST_BYTES / 1e6:g} MB; expected a table of feebly")
        return path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text at byte {error.start}") from error

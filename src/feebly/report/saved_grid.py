"""The reader of a run folder's arrays: ``grid.h5`` with its units, and what ``result.json`` says of them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feebly.core.errors import DataError
from feebly.core.interfaces import FloatArray
from feebly.report.saved_run import read_result

LARGEST_BYTES = 2_000_000_000
"""Of a ``grid.h5`` that is read: more than the largest grid that a run makes."""


@dataclass(frozen=True, slots=True)
class Column:
    """Unit ("1" for none) and meaning of one dataset."""

    unit: str
    meaning: str


@dataclass(frozen=True, eq=False)
class SavedGrid:
    """The arrays of a run, and its result.

    folder: for messages. content: of ``result.json``. attributes: of the file. arrays, columns: by dataset
    such as ``yields/mumu``, in the order of the file; shape (mass, coupling) or (mass,).
    """

    folder: str
    content: Mapping[str, Any]
    attributes: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]
    columns: Mapping[str, Column]

    @property
    def mass_gev(self) -> FloatArray:
        """Masses of the grid."""
        return np.asarray(self.arrays["mass_gev"])

    @property
    def coupling(self) -> FloatArray:
        """Couplings of the grid."""
        return np.asarray(self.arrays["coupling"])

    @property
    def yields(self) -> dict[str, FloatArray]:
        """Signal events (M, C) by final state."""
        return self.group("yields")

    @property
    def total(self) -> FloatArray:
        """Signal events (M, C) of all final states together."""
        return np.asarray(sum(self.yields.values()))

    @property
    def s_up(self) -> FloatArray:
        """Upper limit on the total signal by mass: the observed one, of a projection the expected one."""
        return np.asarray(self.arrays.get("s_up_observed", self.arrays["s_up_expected"]))

    def group(self, name: str) -> dict[str, NDArray[Any]]:
        """Datasets of a group by their own name."""
        head = f"{name}/"
        return {key.removeprefix(head): each for key, each in self.arrays.items() if key.startswith(head)}


def read_saved_grid(folder: str | Path) -> SavedGrid:
    """Result and arrays that ``write_run`` wrote; DataError (one line) for anything else."""
    content = read_result(folder)
    path = Path(folder) / "grid.h5"
    known = content.get("files", {}).get(path.name)
    data = _bytes(path)
    if hashlib.sha256(data).hexdigest() != known:
        raise DataError(
            f"{path}: not the file that feebly wrote beside result.json (SHA-256 differs); make the run again"
        )
    import h5py

    arrays: dict[str, NDArray[Any]] = {}
    columns: dict[str, Column] = {}

    def take(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            arrays[name] = item[()]
            columns[name] = Column(str(item.attrs["unit"]), str(item.attrs["meaning"]))

    with h5py.File(io.BytesIO(data), "r") as file:
        file.visititems(take)
        return SavedGrid(str(folder), content, dict(file.attrs), arrays, columns)


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise DataError(f"{path}: more than {LARGEST_BYTES / 1e9:g} GB; expected the grid of a run")
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error

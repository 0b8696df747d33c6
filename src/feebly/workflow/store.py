"""Yield tables on disk, named by the digest of all that they depend on.

A file is written whole or not at all. What is read back is checked against the digest stored with it: a
truncated or altered file is reported, removed and made anew.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from feebly.core.errors import DataError
from feebly.core.interfaces import FloatArray
from feebly.core.tables import canonical_json, digest, hdf5_bytes, write_atomically
from feebly.engine.sampler import MassSample

if TYPE_CHECKING:
    import h5py

Report = Callable[[str], None]
_DIGEST_BYTES = hashlib.sha256().digest_size  # behind the HDF5 file; readers of HDF5 pass over it


def default_directory() -> Path:
    """The user's cache folder for feebly."""
    from platformdirs import user_cache_path

    return user_cache_path("feebly")


class _Damaged(Exception):
    """What was read is not what was written."""


@dataclass(frozen=True)
class TableStore:
    """Blocks of samples below ``directory``; ``report`` receives one line about each damaged file."""

    directory: Path
    report: Report = lambda line: None

    def path(self, key: dict[str, Any]) -> Path:
        """File of the block with this key."""
        name = digest(key)
        return self.directory / "tables" / name[:2] / f"{name}.h5"

    def load(self, key: dict[str, Any]) -> list[MassSample] | None:
        """The block with this key; None when it has to be made (absent or damaged)."""
        path = self.path(key)
        if not path.exists():
            return None
        try:
            return _read(path, canonical_json(key))
        except (OSError, KeyError, ValueError, _Damaged) as error:
            self.report(f"cache entry {path.name[:12]} is damaged ({error}); it is made anew")
            path.unlink(missing_ok=True)
            return None

    def save(self, key: dict[str, Any], samples: list[MassSample]) -> None:
        """Write a block; DataError when the disk is full or the folder cannot be written."""
        path = self.path(key)
        text = canonical_json(key)
        _make_folder(path.parent)
        content = hdf5_bytes(lambda file: _fill(file, text, samples))
        write_atomically(path, content + hashlib.sha256(content).digest())


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot make the cache folder {folder}: {error.strerror}") from error


def _columns(samples: list[MassSample]) -> dict[str, FloatArray]:
    """The block as arrays; of the histograms only the bins that hold something, from ``first_bin`` on."""
    histogram = np.stack([sample.histogram for sample in samples])
    filled = np.flatnonzero(histogram.any(axis=(0, 1, 3)))
    first, last = (int(filled[0]), int(filled[-1]) + 1) if filled.size else (0, 1)
    return {
        "mass_gev": np.array([sample.mass_gev for sample in samples]),
        "histogram": histogram[:, :, first:last],
        "first_bin": np.array([first, histogram.shape[2]]),
        "events": np.array([sample.events for sample in samples]),
        "precision": np.stack([sample.precision for sample in samples]),
        "converged": np.array([sample.converged for sample in samples]),
        "effective_events": np.array([sample.effective_events for sample in samples]),
    }


def _fill(file: h5py.File, text: str, samples: list[MassSample]) -> None:
    file.attrs["key"] = text
    for name, array in _columns(samples).items():
        file.create_dataset(name, data=array)


def _read(path: Path, text: str) -> list[MassSample]:
    import h5py

    # checked before libhdf5 sees it: one wrong byte in its structure can keep it busy for ever
    stored = path.read_bytes()
    content = stored[:-_DIGEST_BYTES]
    if hashlib.sha256(content).digest() != stored[-_DIGEST_BYTES:]:
        raise _Damaged("its digest does not fit its content")
    with h5py.File(io.BytesIO(content), "r") as file:
        if file.attrs["key"] != text:
            raise _Damaged("its key is another one")
        columns = {name: file[name][()] for name in file}
    first, bins = columns["first_bin"]
    trimmed = columns["histogram"]
    histogram = np.zeros((*trimmed.shape[:2], bins, trimmed.shape[3]))
    histogram[:, :, first : first + trimmed.shape[2]] = trimmed
    return [
        MassSample(
            float(columns["mass_gev"][k]),
            histogram[k],
            int(columns["events"][k]),
            columns["precision"][k],
            bool(columns["converged"][k]),
            float(columns["effective_events"][k]),
        )
        for k in range(len(histogram))
    ]

"""Simulated events as files: HDF5, ROOT or HepMC3 by the suffix; whole or not at all."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from feebly.core.errors import ConfigError, did_you_mean
from feebly.core.tables import write_atomically, write_hdf5

if TYPE_CHECKING:
    from feebly.workflow.event_sample import EventSample

Progress = Callable[[int, int, str], None]
Writer = Callable[["EventSample", Path, Progress], None]


def _hdf5(sample: EventSample, path: Path, progress: Progress) -> None:
    from feebly.publish.event_hdf5 import fill_hdf5

    write_hdf5(path, lambda file: fill_hdf5(sample, file))


def _root(sample: EventSample, path: Path, progress: Progress) -> None:
    from feebly.publish.event_root import write_root

    write_atomically(path, lambda temporary: write_root(sample, temporary))


def _hepmc(sample: EventSample, path: Path, progress: Progress) -> None:
    from feebly.publish.event_hepmc import write_hepmc

    write_atomically(path, lambda temporary: write_hepmc(sample, temporary, progress))


WRITERS: Mapping[str, Writer] = MappingProxyType(
    {".h5": _hdf5, ".hdf5": _hdf5, ".root": _root, ".hepmc": _hepmc, ".hepmc3": _hepmc}
)
"""How to write a file of each suffix."""


def check_event_file(path: str | Path) -> None:
    """ConfigError when a file of this name cannot be written for want of a format or of a library."""
    path = Path(path)
    if path.suffix not in WRITERS:
        raise ConfigError(
            f'event file "{path}": unknown suffix {path.suffix!r}; known: {", ".join(WRITERS)}'
            f"{did_you_mean(path.suffix, WRITERS)}"
        )
    if path.is_dir():
        raise ConfigError(f'event file "{path}": is a folder; expected the name of a file')
    if WRITERS[path.suffix] is _hepmc and importlib.util.find_spec("pyhepmc") is None:
        raise ConfigError(
            f"event file \"{path}\" needs pyhepmc, not installed: pip install 'feebly[generators]', "
            "or take .h5 or .root"
        )


def write_events(sample: EventSample, path: str | Path, progress: Progress | None = None) -> None:
    """Write the events with schema, units and settings; the format is that of the suffix (``WRITERS``).

    ConfigError for an unknown suffix or a missing library, DataError where the file cannot be written; no
    partial file is left.
    """
    path = Path(path)
    check_event_file(path)
    WRITERS[path.suffix](sample, path, progress or (lambda done, total, text: None))

"""The events that a counting search has observed, or that were thrown, as a TOML file of their own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from feebly.core.errors import ConfigError
from feebly.core.provenance import Origin
from feebly.core.records import decode, require_not_negative
from feebly.core.tables import read_toml, write_atomically
from feebly.kaon.search_file import CountingSearch


@dataclass(frozen=True, slots=True)
class CountFile:
    """Events n of one decay, and where they are from."""

    decay: str
    n: int
    origin: Origin

    def __post_init__(self) -> None:
        require_not_negative(self, "n")


def write_count(path: str | Path, count: CountFile) -> None:
    """Write the file that `read_count` reads."""
    origin = f"kind = {json.dumps(count.origin.kind)}, source = {json.dumps(count.origin.source)}"
    write_atomically(path, f"decay = {json.dumps(count.decay)}\nn = {count.n}\norigin = {{ {origin} }}\n")


def read_count(path: str | Path, search: CountingSearch) -> CountFile:
    """The count of a search from a file. ConfigError with file and line, also for one of another decay."""
    document = read_toml(path)
    count = decode(CountFile, document)
    if count.decay != search.decay:
        place = document.place(("decay",))
        raise ConfigError(f'{place} decay = "{count.decay}": expected that of the search, "{search.decay}"')
    return count

"""A HEPData record that is ready to be written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from feebly.publish.hepdata.record_writer import write_record
from feebly.publish.hepdata.tables import Table


@dataclass(frozen=True, eq=False)
class Record:
    """Its tables, which default tables are not part of it and why, and its files."""

    tables: tuple[Table, ...]
    left_out: tuple[str, ...]
    files: dict[str, bytes]

    def write(self, out: str | Path) -> Path:
        """Into a new folder or a zip."""
        return write_record(self.files, out)

"""The reader of a folder that ``feebly kaon`` has written."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from feebly.core.errors import DataError
from feebly.core.provenance import Origin
from feebly.report.kaon_folder import LIMITS, Rows
from feebly.report.run_folder import repeat_digest
from feebly.report.saved_run import PACKED, read_any_result
from feebly.workflow.repeat import SavedRun, file_digest
from feebly.workflow.result import InputRecord

_TEXT = ""
"""Unit of a column of words."""


@dataclass(frozen=True, eq=False)
class SavedKaon:
    """A result of ``feebly kaon``: name for messages, folder, content of ``result.json``."""

    name: str
    folder: Path
    content: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """``kaon peaks``, ..."""
        return str(self.content["kind"])

    @property
    def damaged(self) -> tuple[str, ...]:
        """Files that are gone or not what feebly wrote, by the SHA-256 in ``result.json``."""
        wrong = [
            name for name, known in self.content["files"].items() if file_digest(self.folder / name) != known
        ]
        repeat = self.content["repeat"].get("sha256") == repeat_digest(dict(self.content))
        return (*wrong, *(() if repeat else ("result.json",)))

    @cached_property
    def table(self) -> str:
        """Text of limits.csv. DataError if the file is another one."""
        if LIMITS in self.damaged:
            raise DataError(
                f"{self.folder / LIMITS}: gone, or not what feebly wrote; make the result again with feebly "
                f"{self.kind}"
            )
        return (self.folder / LIMITS).read_text(encoding="utf-8")

    @cached_property
    def rows(self) -> Rows:
        """Columns of limits.csv; None where there is no number. DataError as `table`."""
        head, *lines = csv.reader(self.table.splitlines())
        units = {name: each["unit"] for name, each in self.content["limits"]["columns"].items()}
        return {
            name: [_value(cell, units[name]) for cell in column]
            for name, column in zip(head, zip(*lines, strict=True), strict=True)
        }

    def repeat(self) -> SavedRun:
        """What it is made again from. DataError where ``result.json`` was changed by hand."""
        if "result.json" in self.damaged:
            raise DataError(
                f"{self.folder / 'result.json'}: arguments or inputs are not those that feebly wrote "
                f"(damaged, or changed by hand); make the result again with feebly {self.kind}"
            )
        inputs = tuple(
            InputRecord(row["name"], row["value"], Origin(**row["origin"]), row["sha256"])
            for row in self.content["inputs"]
        )
        packed = self.folder / PACKED
        arguments = self.content["repeat"]["arguments"]
        return SavedRun(self.name, arguments, inputs, {}, packed if packed.is_dir() else None)


def given_arguments(saved: SavedKaon) -> dict[str, Any]:
    """Arguments of its command, as typed. DataError where a file of the user is gone or has changed.

    Blinded data were not read: they may have.
    """
    run = saved.repeat()

    def own(argument: str, value: Any) -> Any:
        if isinstance(value, list):
            return [own(argument, item) for item in value]
        if not isinstance(value, dict) or "sha256" not in value:
            return value
        return value["file"] if value["sha256"] is None else run.file_of(argument, **value)

    return {name: own(name, value) for name, value in run.arguments.items()}


def is_kaon_result(folder: str | Path) -> bool:
    """Whether a folder was written by ``feebly kaon``; DataError where it is no result at all."""
    return "kind" in read_any_result(folder)


def read_kaon_result(folder: str | Path, name: str | None = None) -> SavedKaon:
    """The result in a folder. DataError (one line) for anything else."""
    content = read_any_result(folder)
    if "kind" not in content:
        raise DataError(f"{Path(folder) / 'result.json'}: a run; expected a result of feebly kaon")
    return SavedKaon(name or str(folder), Path(folder), content)


def _value(cell: str, unit: str) -> Any:
    if cell == "":
        return None
    return cell if unit == _TEXT else float(cell)

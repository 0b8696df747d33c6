"""What a run keeps so that it can be made again, or another one from it: its arguments, files by digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any

from feebly.core.errors import DataError
from feebly.core.tables import plain
from feebly.workflow.choices import Choices, choose
from feebly.workflow.inputs import input_records
from feebly.workflow.named_files import without_folders
from feebly.workflow.result import InputRecord
from feebly.workflow.sampling import table_requests

_NAMES_OR_FILES = ("model", "experiment", "analysis", "preset", "spectrum")
_NOT_OF_THE_RESULT = ("cut_flow", "jobs", "progress", "report", "cache_dir")
"""Arguments that move no contour, yield or limit; whether a cut-flow is there, the result says itself."""


@dataclass(frozen=True, slots=True)
class SavedRun:
    """A run as its folder keeps it.

    name: of the folder, for messages. arguments: of ``feebly.run``, as ``recorded_arguments`` made them.
    inputs, tables: as in ``RunResult``. packed: folder with the user's files by argument, where they were
    packed with the run: it comes before the place that the run had them from. has_cut_flow: whether the run
    has cut-flows, so that it has them when it is made again.
    """

    name: str
    arguments: Mapping[str, Any]
    inputs: tuple[InputRecord, ...]
    tables: Mapping[str, str]
    packed: Path | None = None
    has_cut_flow: bool = False

    def own_arguments(self) -> dict[str, Any]:
        """Arguments of ``feebly.run``; DataError where a file of the run is gone or has changed."""
        given = dict(self.arguments) | self.user_files()
        if given["model"] is None:
            raise DataError(f"{self.name}: its model was made in Python; use feebly.run with that model")
        return given

    def user_files(self) -> dict[str, str]:
        """Files that the run was given by argument; DataError where one is gone or has changed."""
        return {
            argument: self.file_of(argument, **given)
            for argument, given in self.arguments.items()
            if isinstance(given, dict) and "sha256" in given
        }

    def all_files(self) -> Iterator[tuple[str, str]]:
        """Argument and path of every file, also of those in lists; DataError as `user_files`."""
        for argument, given in self.arguments.items():
            for item in given if isinstance(given, list) else [given]:
                if isinstance(item, dict) and item.get("sha256") is not None:
                    yield argument, self.file_of(argument, **item)

    def file_of(self, argument: str, file: str, sha256: str) -> str:
        """A file of the user: the packed one, else where it was; DataError if gone or changed."""
        if self.packed is not None:
            beside = sorted((self.packed / argument).rglob(Path(file).name))
            if found := next((path for path in beside if file_digest(path) == sha256), None):
                return str(found)
        now = file_digest(Path(file))
        if now is None:
            raise DataError(f"{self.name}: the {argument} of this run, {file}, is gone; put it back")
        if now != sha256:
            raise DataError(f"{self.name}: the {argument} of this run, {file}, has changed; {_AGAIN}")
        return file

    def inputs_today(self) -> set[tuple[str | None, ...]]:
        """What the inputs of the run are now, without the folders of files; to be compared."""
        return set(_comparable(input_records(self.choices_today())))

    def choices_today(self) -> Choices:
        """What the arguments of the run choose now; DataError as `own_arguments`."""
        given = self.own_arguments()
        named = given | {"preset_name": given["preset"]}
        return choose(**{name: named[name] for name in signature(choose).parameters if name in named})

    def require_unchanged(self) -> None:
        """DataError unless the run made today would have the same inputs and yield tables."""
        choices = self.choices_today()
        now = set(_comparable(input_records(choices)))
        if changed := next((record for record in _comparable(self.inputs) if record not in now), None):
            raise DataError(f"{self.name}: the input {changed[0]!r} has changed since the run; {_AGAIN}")
        requests = table_requests(
            choices, choices.mass[:2], self.arguments["precision"], self.arguments["seed"]
        )
        tables = {request.name: request.digest for request in requests if request.segments()}
        if changed_tables := sorted(_different(self.tables, tables)):
            raise DataError(
                f"{self.name}: the yield tables of {', '.join(changed_tables)} are not made any more as they "
                f"were then (another version of feebly, or of its data); {_AGAIN}"
            )


_AGAIN = "make the run again with feebly run"


def recorded_arguments(
    given: Mapping[str, Any], names_or_files: Sequence[str] = _NAMES_OR_FILES
) -> dict[str, Any]:
    """Arguments of ``feebly.run`` that its result depends on, ready for JSON.

    A file is kept as its absolute path and SHA-256, a model that was made in Python as None. names_or_files:
    arguments that may be a file; a `Path` always is one.
    """
    return {
        name: _name_or_file(value) if name in names_or_files else _listed(value)
        for name, value in given.items()
        if name not in _NOT_OF_THE_RESULT
    }


def _name_or_file(value: Any) -> Any:
    if not isinstance(value, str | Path):
        return None
    path = Path(value)
    if isinstance(value, str) and not path.suffix:
        return value
    return {"file": str(path.absolute()), "sha256": file_digest(path)}


def _listed(value: Any) -> Any:
    """Named tuples of ranges too are lists."""
    return plain(list(value) if isinstance(value, tuple) else value)


def file_digest(path: Path) -> str | None:
    """SHA-256; None for a file that cannot be read: whoever needs it refuses it."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def _comparable(records: Iterable[InputRecord]) -> list[tuple[str | None, ...]]:
    """The records without the folders of files, which depend on how a path was written."""
    rows = []
    for record in records:
        origin = record.origin
        texts = (record.name, record.value, origin.kind, origin.source, origin.calibrated_on, record.digest)
        rows.append(list(texts))
    return [tuple(row) for row in without_folders(rows)]


def _different(one: Mapping[str, str], other: Mapping[str, str]) -> Iterable[str]:
    return (name for name in {*one, *other} if one.get(name) != other.get(name))

"""Files of the user: those that one of them names, and texts about them without the folders they were in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from feebly.core.errors import DataError
from feebly.core.tables import read_toml

_NAME = re.compile(r".{1,250}\.\w{1,10}")  # of a file, as a user's file would say it


def with_named_files(path: str | Path) -> tuple[Path, ...]:
    """The file, and those that its texts name beside it (``extends``, tables, event lists), and theirs.

    Absolute paths, the file first. DataError where one is named by an absolute path: elsewhere it would not
    be found.
    """
    found: dict[Path, None] = {}
    waiting = [Path(path).resolve()]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found[file] = None
            waiting.extend(_named_in(file))
    return tuple(found)


def _named_in(file: Path) -> Iterator[Path]:
    if file.suffix != ".toml":
        return
    for text in _texts(read_toml(file).data):
        if not _NAME.fullmatch(text) or not (file.parent / text).is_file():
            continue
        if Path(text).is_absolute():
            raise DataError(f"{file} names {text}: name it relative to this file, so that both can be moved")
        yield (file.parent / text).resolve()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


_PATH = re.compile(r".*/([^/\n]+\.(?:toml|csv|hepmc3?))")


def without_folders(value: Any) -> Any:
    """Nested dicts and lists in which the paths of files are their names, also inside of longer texts.

    A path is a text that ends as files of the user do. What a run is does not depend on where they were.
    """
    paths = {text for text in _texts(value) if _PATH.fullmatch(text)}
    return _renamed(value, sorted(paths, key=len, reverse=True))


def _renamed(value: Any, paths: list[str]) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(item, paths) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, paths) for item in value]
    if isinstance(value, str):
        for path in paths:
            value = value.replace(path, path.rpartition("/")[2])
    return value

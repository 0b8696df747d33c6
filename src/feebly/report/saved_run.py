"""The reader of a run folder: what is needed to make the run, or another one from it, again."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from feebly.core.archives import extract_archive
from feebly.core.errors import DataError, FeeblyError
from feebly.core.provenance import Origin
from feebly.report.run_folder import SCHEMA_VERSION, repeat_digest
from feebly.workflow.repeat import SavedRun
from feebly.workflow.result import InputRecord

PACKED = "inputs"
"""Folder of a packed run with the user's files, by argument."""


@contextlib.contextmanager
def folder_of_run(path: str | Path) -> Iterator[Path]:
    """The folder of a run that is named by its folder, its ``result.json``, or an archive of it.

    An archive is unpacked for as long as the block lasts. DataError (one line) for anything else.
    """
    path = Path(path)
    if path.name == "result.json":
        yield path.parent
    elif not path.is_file():
        yield path
    elif path.suffix == ".json":
        raise DataError(f"{path}: expected a run folder, its result.json, or an archive of it")
    else:
        with tempfile.TemporaryDirectory(prefix="feebly-") as scratch:
            try:
                yield _unpacked(path, Path(scratch) / "run")
            except FeeblyError as error:
                raise type(error)(str(error).replace(f"{scratch}{os.sep}run", str(path))) from error


def _unpacked(archive: Path, folder: Path) -> Path:
    """The folder in an unpacked archive that has the result: the top, or the only one below it."""
    extract_archive(archive, folder)
    found = sorted(folder.glob("result.json")) or sorted(folder.glob("*/result.json"))
    if len(found) != 1:
        raise DataError(f"{archive}: an archive without a run (no result.json); expected one of feebly pack")
    return found[0].parent


def read_run(folder: str | Path) -> SavedRun:
    """The run that `write_run` wrote into ``folder``. Raises `DataError` (one line) for anything else."""
    path = Path(folder) / "result.json"
    content = read_result(folder)
    kept = content.get("repeat")
    if not isinstance(kept, dict) or kept.get("sha256") != repeat_digest(content):
        raise DataError(
            f"{path}: arguments, inputs or tables are not those that feebly wrote (damaged, or changed by "
            "hand); make the run again"
        )
    if not kept["arguments"]:
        raise DataError(f"{path}: this result was not made by feebly run; make a run of it")
    inputs = tuple(
        InputRecord(row["name"], row["value"], Origin(**row["origin"]), row["sha256"])
        for row in content["inputs"]
    )
    packed = Path(folder) / PACKED
    return SavedRun(
        str(folder),
        kept["arguments"],
        inputs,
        content["tables"],
        packed if packed.is_dir() else None,
        "cut_flow" in content,
    )


def read_result(folder: str | Path) -> dict[str, Any]:
    """The content of ``result.json`` of a run folder. Raises `DataError` (one line) for anything else."""
    content = read_any_result(folder)
    if "kind" in content:
        path = Path(folder) / "result.json"
        raise DataError(f"{path}: a result of feebly {content['kind']}; expected one of feebly run")
    return content


def read_any_result(folder: str | Path) -> dict[str, Any]:
    """As `read_result`, also of ``feebly kaon``, whose results say their ``kind``."""
    path = Path(folder) / "result.json"
    content = _content(path, folder)
    version = content.get("schema_version")
    if version != SCHEMA_VERSION:
        raise DataError(
            f"{path}: schema version {version!r}; this feebly reads version {SCHEMA_VERSION}: "
            f"{_mend(version)}"
        )
    return content


def _content(path: Path, folder: str | Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise DataError(
            f"{folder}: not a run folder (it has no result.json); expected one that feebly run has written"
        ) from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: damaged (no text at byte {error.start}); make the run again") from error
    except json.JSONDecodeError as error:
        raise DataError(f"{path}:{error.lineno}: damaged ({error.msg}); make the run again") from error
    if not isinstance(content, dict):
        raise DataError(f"{path}: not the result of a run; expected a folder that feebly run has written")
    return content


def _mend(version: object) -> str:
    newer = isinstance(version, int) and version > SCHEMA_VERSION
    return "take the feebly that wrote it, or a newer one" if newer else "make the run again with feebly run"

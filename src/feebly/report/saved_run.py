"""The reader of a run folder: what is needed to make the run, or another one from it, again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from feebly.core.errors import DataError
from feebly.core.provenance import Origin
from feebly.report.run_folder import SCHEMA_VERSION, repeat_digest
from feebly.workflow.repeat import SavedRun
from feebly.workflow.result import InputRecord


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
    return SavedRun(str(folder), kept["arguments"], inputs, content["tables"])


def read_result(folder: str | Path) -> dict[str, Any]:
    """The content of ``result.json`` of a run folder. Raises `DataError` (one line) for anything else."""
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

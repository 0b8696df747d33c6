"""The folder of a result of ``feebly kaon``: ``result.json``, limits.csv, figures, refs.bib and the page."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from feebly.core.tables import plain, write_atomically
from feebly.report.citations import bibtex, citations_of
from feebly.report.kaon_columns import column_facts
from feebly.report.run_folder import SCHEMA_VERSION, all_or_none, repeat_digest
from feebly.report.software import made_with
from feebly.workflow.result import InputRecord

LIMITS = "limits.csv"
_LIBRARIES = ("numpy", "scipy", "numba", "matplotlib")
_MOST_ROWS = 20

Rows = dict[str, list[Any]]


@dataclass(frozen=True, eq=False)
class KaonResult:
    """What a command of ``feebly kaon`` has found, ready to be written.

    command: its name (``peaks``). title: of the search. summary: one sentence. setting: choices of the limit:
    cl, convention, experiment, seed, data (their name), blinded, ... found: its numbers. rows: of limits.csv,
    columns of one length; words: of a column where `COLUMNS` has none (name -> unit and meaning). figures,
    files: content by name. arguments: of the command as `recorded_arguments` has them.
    """

    command: str
    title: str
    summary: str
    setting: Mapping[str, Any]
    found: Mapping[str, Any]
    inputs: tuple[InputRecord, ...]
    rows: Rows
    figures: Mapping[str, bytes]
    arguments: Mapping[str, Any]
    words: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    files: Mapping[str, bytes | str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def write_kaon_result(
    result: KaonResult, folder: str | Path, command: Sequence[str] | None = None
) -> dict[str, Any]:
    """Write all files into ``folder`` (made if need be); the content of ``result.json``.

    All or none, as `write_run`: `DataError` on a full disk, and an earlier result stays as it was.
    """
    from feebly.report.html.kaon_page import write_kaon_report  # reads folders: above this module

    with all_or_none(Path(folder)) as stage:
        write_atomically(stage / LIMITS, rows_csv(result.rows))
        for name, content in {**result.figures, **result.files}.items():
            write_atomically(stage / name, content)
        written = result_content(result) | {"files": {}, "provenance": made_with(_LIBRARIES, command)}
        write_atomically(stage / "refs.bib", bibtex(citations_of(written)))
        written["files"] = {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(stage.iterdir())
        }
        text = json.dumps(written, indent=2, ensure_ascii=False, allow_nan=False)
        write_atomically(stage / "result.json", text + "\n")
        write_kaon_report(stage)
    return written


def result_content(result: KaonResult) -> dict[str, Any]:
    """``result.json`` but for files and provenance: the same for the same result. NaN and infinity: null."""
    content = {
        "schema_version": SCHEMA_VERSION,
        "kind": f"kaon {result.command}",
        "title": result.title,
        "summary": result.summary,
        "setting": result.setting,
        "found": result.found,
        "limits": {
            "rows": len(next(iter(result.rows.values()))),
            "columns": column_facts(result.rows, result.words),
            "some": some_rows(result.rows),
        },
        "inputs": [
            {"name": each.name, "value": each.value, "origin": each.origin, "sha256": each.digest}
            for each in result.inputs
        ],
        "tables": {},
        "notes": list(result.notes),
        "repeat": {"arguments": result.arguments},
    }
    content = finite(plain(content))
    content["repeat"]["sha256"] = repeat_digest(content)
    return content


def some_rows(rows: Rows) -> list[dict[str, Any]]:
    """All rows, or of a long table the first, the last, and others evenly between them."""
    number = len(next(iter(rows.values())))
    step = max(1, math.ceil((number - 1) / (_MOST_ROWS - 1)))
    at = sorted({*range(0, number, step), number - 1})
    return [{name: column[k] for name, column in rows.items()} for k in at]


def rows_csv(rows: Rows) -> str:
    """The rows as CSV: numbers as they are, nothing where there is none."""
    memory = io.StringIO()
    writer = csv.writer(memory, lineterminator="\n")
    writer.writerow(rows)
    cells = ([_cell(value) for value in column] for column in rows.values())
    writer.writerows(zip(*cells, strict=True))
    return memory.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else repr(value)


def finite(value: Any) -> Any:
    """Plain content with null for NaN and infinity, which JSON lacks."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value

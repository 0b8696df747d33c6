"""A record as files: ``submission.yaml``; a data file, picture and thumbnail for each table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from feebly.core.archives import MB, write_zip
from feebly.core.errors import ConfigError, DataError
from feebly.core.tables import write_atomically
from feebly.publish.hepdata.record_reader import SUBMISSION
from feebly.publish.hepdata.tables import Column, ErrorBar, Qualifier, Resource, Table
from feebly.publish.hepdata.yaml_text import dump

LARGEST_TABLE, LARGEST_ARCHIVE = 10_485_760, 50 * MB
"""Limits of HEPData in bytes."""


def file_stem(table: Table) -> str:
    """``T1_observed_contour`` of a table's name."""
    return re.sub(r"[^A-Za-z0-9]+", "_", table.name).strip("_")


def record_files(
    tables: Iterable[Table],
    pictures: Mapping[str, tuple[bytes, bytes]],
    comment: str,
    resources: Mapping[Resource, bytes],
) -> dict[str, bytes]:
    """Every file of a record by name, ``submission.yaml`` first.

    pictures: PNG and thumbnail by table name. resources: files of the whole record. DataError where a table
    is larger than HEPData takes.
    """
    data: dict[str, bytes] = {}
    head: dict[str, Any] = {"comment": comment}
    if resources:
        head["additional_resources"] = [_resource(each) for each in resources]
    documents = [dump(head, block=True)]
    for table in tables:
        stem = file_stem(table)
        image, thumbnail = f"{stem}.png", f"thumb_{stem}.png"
        documents.append(dump(_entry(table, f"{stem}.yaml", (image, thumbnail)), block=True))
        text = dump(data_document(table)).encode()
        if len(text) > LARGEST_TABLE:
            raise DataError(f"table {table.name!r}: {len(text) / MB:.1f} MB; HEPData takes at most 10 MB")
        data[f"{stem}.yaml"] = text
        data[image], data[thumbnail] = pictures[table.name]
    data |= {each.location: content for each, content in resources.items()}
    return {SUBMISSION: "---\n".join(["", *documents]).encode()} | data


def write_record(files: Mapping[str, bytes], out: str | Path) -> Path:
    """Write a record into a new or empty folder, or as a zip where ``out`` ends in ``.zip``.

    ConfigError where the folder holds something, DataError where it cannot be written or the zip is larger
    than HEPData takes. The same files give the same bytes.
    """
    out = Path(out)
    if out.suffix.lower() == ".zip":
        if (total := sum(map(len, files.values()))) > LARGEST_ARCHIVE:
            raise DataError(f"{out}: {total / MB:.0f} MB of files; HEPData takes at most 50 MB")
        write_zip(out, files)
        return out
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError(f'--out "{out}" is there already; expected a new or empty folder, or a .zip file')
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot make {out}: {error.strerror}") from error
    for name, content in reversed(list(files.items())):  # submission.yaml, which names the others, is last
        write_atomically(out / name, content)
    return out


def data_document(table: Table) -> dict[str, Any]:
    """A table as its data file has it."""
    return {
        "independent_variables": [_variable(column) for column in table.independent],
        "dependent_variables": [_variable(column) for column in table.dependent],
    }


def _resource(each: Resource) -> dict[str, str]:
    kind = {"type": each.type} if each.type else {}
    return {"location": each.location, "description": each.description} | kind


def _entry(table: Table, data_file: str, images: tuple[str, str]) -> dict[str, Any]:
    image, thumbnail = images
    return {
        "name": table.name,
        "description": table.description,
        "keywords": [{"name": name, "values": list(values)} for name, values in table.keywords.items()],
        "data_file": data_file,
        "additional_resources": [
            {"location": image, "description": "Image file"},
            {"location": thumbnail, "description": "Thumbnail image file"},
        ],
    }


def _variable(column: Column) -> dict[str, Any]:
    header = {"name": column.name} | ({"units": column.units} if column.units else {})
    errors = column.errors or ((),) * len(column.values)
    values = [_cell(value, bars) for value, bars in zip(column.values, errors, strict=True)]
    qualifiers = {"qualifiers": [_qualifier(each) for each in column.qualifiers]} if column.qualifiers else {}
    return {"header": header} | qualifiers | {"values": values}


def _qualifier(each: Qualifier) -> dict[str, Any]:
    return {"name": each.name, "value": each.value} | ({"units": each.units} if each.units else {})


def _cell(value: Any, bars: tuple[ErrorBar, ...]) -> dict[str, Any]:
    return {"value": value} | ({"errors": [_bar(bar) for bar in bars]} if bars else {})


def _bar(bar: ErrorBar) -> dict[str, Any]:
    size: dict[str, Any] = {"symerror": bar.plus}
    if not bar.symmetric:
        size = {"asymerror": {"plus": bar.plus, "minus": bar.minus}}
    return size | ({"label": bar.label} if bar.label else {})

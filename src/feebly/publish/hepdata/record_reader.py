"""Records and tables of others: an archive, a folder, or one YAML or JSON file; nothing is unpacked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from feebly.core.archives import MB, ArchiveLimits, read_archive
from feebly.core.errors import ConfigError, DataError, did_you_mean
from feebly.publish.hepdata.tables import Column, ErrorBar, Qualifier, Resource, Submission, Table, is_number
from feebly.publish.hepdata.yaml_text import read_documents

LIMITS = ArchiveLimits(archive=100 * MB, members=2_000, member=60 * MB, total=300 * MB)
"""What is read of others: HEPData itself takes archives of 50 MB."""

SUBMISSION = "submission.yaml"
_TEXT = (".yaml", ".yml", ".json")
_IMAGE_HEAD = 32


def read_record(path: str | Path) -> Submission:
    """The record at ``path``.

    path: an archive (zip, tar, tar.gz, ...) or folder with ``submission.yaml``, also one level down; a
    ``submission.yaml`` itself; a YAML file with all tables in it; or one data table (YAML, JSON). Raises
    DataError (one line) for what is damaged, unsafe, too large, or no record.
    """
    path = Path(path)
    if path.is_dir():
        return _record(str(path), _folder_files(path))
    if path.name == SUBMISSION and _names_files(path):
        return _record(str(path.parent), _folder_files(path.parent))
    if path.suffix.lower() in _TEXT:
        return _single_file(path)
    return _record(str(path), read_archive(path, LIMITS))


def find_table(record: Submission, name: str | None) -> Table:
    """The table of a name; without one the only table. ConfigError with the known names otherwise."""
    names = [table.name for table in record.tables]
    if name is None:
        if len(names) == 1:
            return record.tables[0]
        raise ConfigError(
            f"{record.source} has {len(names)} tables; choose one: --table NAME; {_listed(names)}"
        )
    for table in record.tables:
        if name in (table.name, table.data_file):
            return table
    raise ConfigError(f"{record.source} has no table {name!r}; {_listed(names)}{did_you_mean(name, names)}")


def _listed(names: list[str]) -> str:
    return "known: " + ", ".join(map(repr, names))


# --- files --------------------------------------------------------------------------------------------


def _folder_files(folder: Path) -> dict[str, bytes]:
    """Content of the files of a folder and of those directly below it; links are refused."""
    found: dict[str, bytes] = {}
    total = 0
    try:
        for path in sorted([*folder.iterdir(), *folder.glob("*/*")]):
            name = path.relative_to(folder).as_posix()
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise DataError(f"{folder}: {name} is a link or a device; expected plain files")
            if path.is_dir():
                continue
            size = path.stat().st_size
            total += size
            if size > LIMITS.member or total > LIMITS.total or len(found) >= LIMITS.members:
                raise DataError(
                    f"{folder}: too many files, or too large at {name}; expected a HEPData record"
                )
            found[name] = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {folder}: {error.strerror}") from error
    return found


def _read_file(path: Path) -> bytes:
    try:
        if path.stat().st_size > LIMITS.member:
            raise DataError(f"{path}: larger than {LIMITS.member / MB:g} MB; expected a table")
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error


def _names_files(path: Path) -> bool:
    documents = read_documents(_read_file(path), str(path))
    return any(isinstance(each, dict) and "data_file" in each for each in documents)


# --- records ------------------------------------------------------------------------------------------


def _record(source: str, files: Mapping[str, bytes]) -> Submission:
    found = [name for name in files if PurePosixPath(name).name == SUBMISSION]
    if not found:
        raise DataError(f"{source}: no {SUBMISSION} in it; expected a HEPData record")
    if len(found) > 1:
        raise DataError(f"{source}: {len(found)} files {SUBMISSION}; expected one record")
    base = found[0].removesuffix(SUBMISSION)
    inside = {name.removeprefix(base): content for name, content in files.items() if name.startswith(base)}
    place = f"{source}: {SUBMISSION}"
    documents = [_mapping(each, place) for each in read_documents(inside[SUBMISSION], place)]
    # the first document is the record's own where it has no data
    head = documents[0] if documents and not _is_table(documents[0]) else {}
    tables = [_described(each, _numbers_of(each, inside, source)) for each in documents if _is_table(each)]
    if not tables:
        raise DataError(f"{place}: names no table")
    return _submission(source, head, tables, inside)


def _single_file(path: Path) -> Submission:
    """One data table, or a record whose tables are in one file with it."""
    content = _read_file(path)
    documents = [_mapping(each, str(path)) for each in read_documents(content, str(path))]
    if len(documents) == 1 and "independent_variables" in documents[0] and "name" not in documents[0]:
        table = _described({"name": path.stem, "data_file": path.name}, (documents[0], str(path)))
        return Submission(str(path), (table,), files={path.name: len(content)}, is_record=False)
    tables = [_described(each, (each, str(path))) for each in documents if "independent_variables" in each]
    if not tables:
        raise DataError(
            f"{path}: no table in it (no independent_variables); expected a HEPData table or record in YAML"
        )
    head = documents[0] if "name" not in documents[0] else {}
    record = _submission(str(path), head, tables, {})
    return Submission(str(path), record.tables, record.comment, record.resources, is_record=False)


def _submission(
    source: str, head: Mapping[str, Any], tables: list[Table], files: Mapping[str, bytes]
) -> Submission:
    place = f"{source}: {SUBMISSION}"
    resources = tuple(
        Resource(str(each.get("location", "")), str(each.get("description", "")), str(each.get("type", "")))
        for each in _rows(head.get("additional_resources", []), place, "additional_resources")
    )
    images = {name: content[:_IMAGE_HEAD] for name, content in files.items() if name.lower().endswith(".png")}
    sizes = {name: len(content) for name, content in files.items()}
    return Submission(source, tuple(tables), str(head.get("comment") or ""), resources, sizes, images)


def _is_table(document: Mapping[str, Any]) -> bool:
    return "data_file" in document or "independent_variables" in document


def _numbers_of(
    document: Mapping[str, Any], files: Mapping[str, bytes], source: str
) -> tuple[Mapping[str, Any], str]:
    """The columns of a table, from its own file or from the document itself, with their place."""
    if "data_file" not in document:
        return document, f"{source}: {SUBMISSION}"
    name = str(document["data_file"])
    if name not in files:
        raise DataError(f"{source}: the file {name!r} of table {document.get('name')!r} is not there")
    place = f"{source}: {name}"
    found = read_documents(files[name], place)
    if len(found) != 1:
        raise DataError(f"{place}: {len(found)} documents; expected one table")
    return _mapping(found[0], place), place


# --- tables -------------------------------------------------------------------------------------------


def _described(document: Mapping[str, Any], numbers: tuple[Mapping[str, Any], str]) -> Table:
    columns, place = numbers
    keywords: dict[str, tuple[Any, ...]] = {}
    for row in _rows(document.get("keywords", []), place, "keywords"):
        values = row.get("values", [])
        keywords[str(row.get("name", ""))] = tuple(values if isinstance(values, list) else [values])
    resources = _rows(document.get("additional_resources", []), place, "additional_resources")
    return Table(
        name=str(document.get("name") or ""),
        independent=tuple(_columns(columns, "independent_variables", place)),
        dependent=tuple(_columns(columns, "dependent_variables", place)),
        description=str(document.get("description") or ""),
        keywords=keywords,
        data_file=str(document.get("data_file", "")),
        location=str(document.get("location") or ""),
        resources=tuple(
            (str(each.get("location", "")), str(each.get("description", ""))) for each in resources
        ),
    )


def _columns(document: Mapping[str, Any], key: str, place: str) -> Iterator[Column]:
    if key not in document:
        raise DataError(f"{place}: no {key}; expected a HEPData table")
    for i, variable in enumerate(_rows(document[key], place, key)):
        header = _mapping(variable.get("header", {}), f"{place}: {key}[{i}].header")
        rows = _rows(variable.get("values", []), place, f"{key}[{i}].values")
        qualifiers = _rows(variable.get("qualifiers", []), place, f"{key}[{i}].qualifiers")
        errors = [_error_bars(row, f"{place}: {key}[{i}].values[{k}]") for k, row in enumerate(rows)]
        yield Column(
            name=str(header.get("name") or ""),
            values=tuple(_value(row) for row in rows),
            units=str(header.get("units") or ""),
            qualifiers=tuple(
                Qualifier(str(each.get("name", "")), each.get("value"), str(each.get("units") or ""))
                for each in qualifiers
            ),
            errors=tuple(errors) if any(errors) else (),
        )


def _value(row: Mapping[str, Any]) -> Any:
    if "value" in row:
        return _plain(row["value"])
    low, high = row.get("low"), row.get("high")
    if is_number(low) and is_number(high):
        return (float(low or 0) + float(high or 0)) / 2
    return ""


def _plain(value: Any) -> Any:
    """Numbers and text as they are; nothing, dates, lists, true and false as text."""
    if is_number(value) or isinstance(value, str):
        return value
    return "" if value is None else str(value)


def _error_bars(row: Mapping[str, Any], place: str) -> tuple[ErrorBar, ...]:
    bars = []
    for each in _rows(row.get("errors") or [], place, "errors"):
        label = str(each.get("label", ""))
        if "symerror" in each:
            size = each["symerror"]
            bars.append(ErrorBar(size, -size if is_number(size) else size, label, symmetric=True))
        elif "asymerror" in each:
            both = _mapping(each["asymerror"], f"{place}.errors")
            bars.append(ErrorBar(both.get("plus", ""), both.get("minus", ""), label))
    return tuple(bars)


def _mapping(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise DataError(f"{place}: expected keys and values, got {_sort(value)}")
    return value


def _rows(value: Any, place: str, key: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, list):
        raise DataError(f"{place}: {key}: expected a list, got {_sort(value)}")
    return [_mapping(each, f"{place}: {key}[{i}]") for i, each in enumerate(value)]


def _sort(value: Any) -> str:
    names = {dict: "keys and values", list: "a list", str: "text", type(None): "nothing"}
    return names.get(type(value), "a number")

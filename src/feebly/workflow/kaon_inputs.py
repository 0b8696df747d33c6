"""Every number of the files of a kaon search with where it is from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from feebly.core.provenance import Origin
from feebly.core.tables import digest, plain
from feebly.kaon.experiment_file import KaonExperiment
from feebly.workflow.result import InputRecord

_SEVERAL = "see its file"


def file_inputs(name: str, record: Any) -> tuple[InputRecord, ...]:
    """Inputs that the record of a file holds: each field or group of fields that has an origin.

    name: of the record, the start of each input's name. The digest is that of the whole record.
    """
    sha256 = digest(record)
    return tuple(
        InputRecord(f"{name}: {_words(path)}", value, origin, sha256)
        for path, value, origin in _stated(record, "")
    )


def _words(path: str) -> str:
    return path.replace(".", " ").replace("_", " ")


def experiment_inputs(experiment: KaonExperiment) -> tuple[InputRecord, ...]:
    """Inputs of the beam and of the apparatus that it meets."""
    apparatus = experiment.detectors
    sha256 = digest(apparatus.table_key())
    return file_inputs(f"experiment {experiment.name}", experiment) + tuple(
        InputRecord(f"experiment {apparatus.name}: {_words(group)}", _SEVERAL, origin, sha256)
        for group, origin in apparatus.origins.items()
    )


def _stated(record: Any, path: str) -> Iterator[tuple[str, str, Origin]]:
    """Dotted path, value and origin of everything below a record that has an origin."""
    for part in fields(record):
        value, place = getattr(record, part.name), f"{path}{part.name}"
        if isinstance(value, Origin):
            yield place.removesuffix("_origin").removesuffix(".origin"), _value(record, part.name), value
        elif isinstance(value, dict):
            yield from ((f"{path}{key}", _named(record, key), o) for key, o in value.items() if _is(o))
        elif is_dataclass(value):
            yield from _stated(value, f"{place}.")
        elif isinstance(value, tuple):
            for k, item in enumerate(value):
                if is_dataclass(item):
                    yield from _stated(item, f"{place}.{k}.")


def _is(origin: Any) -> bool:
    return isinstance(origin, Origin)


def _value(record: Any, name: str) -> str:
    """What ``origin`` or ``x_origin`` of a record is the origin of."""
    if name != "origin":
        return _text(getattr(record, name.removesuffix("_origin")))
    stated = {f.name: getattr(record, f.name) for f in fields(record)}
    for number, error in (("value", "error"), ("mean", "sigma")):
        if number in stated:
            return f"{stated[number]:g}{f' ± {stated[error]:g}' if stated.get(error) else ''}"
    kept = {key: value for key, value in stated.items() if isinstance(value, int | float | str) and value}
    return ", ".join(f"{_words(key)} {_text(value)}" for key, value in kept.items())


def _named(record: Any, key: str) -> str:
    """Value at a dotted key."""
    for part in key.split("."):
        record = record.get(part) if isinstance(record, dict) else getattr(record, part, None)
    return _SEVERAL if record is None else _text(record)


def _text(value: Any) -> str:
    if is_dataclass(value):
        return _text(plain(value))
    if isinstance(value, dict):
        return ", ".join(f"{_words(key)} {_text(item)}" for key, item in value.items())
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_text, value))}]"
    return f"{value:g}" if isinstance(value, float) else str(value)

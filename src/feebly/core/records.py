"""From a TOML document to frozen dataclasses: the annotations are the schema, the keys the field names.

A record is a dataclass or a named tuple. Its fields may be numbers, text, true or false, ``Literal`` choices,
tuples, ``dict[str, ...]``, other records, ``X | None``, and a choice of records told apart by their ``kind``
field.
Every refusal is one line: ``file:line key = value: expected ..., mend``.
"""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from functools import cache
from typing import Any, Literal, TypeVar, Union

from feebly.core.errors import ConfigError, did_you_mean
from feebly.core.tables import Document, KeyPath

T = TypeVar("T")


class FieldError(ConfigError):
    """A field of a record has a value outside its domain; ``field`` names it."""

    def __init__(self, field: str, value: object, expected: str) -> None:
        super().__init__(f"{field} = {shown(value)}: expected {expected}")
        self.field = field


def require(ok: bool, record: object, field: str, expected: str) -> None:
    """Refuse ``record.field`` unless ``ok``; for ``__post_init__`` of records. NaN must make ``ok`` false."""
    if not ok:
        raise FieldError(field, getattr(record, field), expected)


def require_positive(record: object, *names: str) -> None:
    """Refuse fields that are not positive numbers."""
    for name in names:
        require(getattr(record, name) > 0, record, name, "a positive number")


def require_not_negative(record: object, *names: str) -> None:
    """Refuse fields that are below zero."""
    for name in names:
        require(getattr(record, name) >= 0, record, name, "zero or a positive number")


def shown(value: object) -> str:
    """A value as the user's file has it: ``"text"``, ``true``, ``[1, 2]``."""
    try:
        return json.dumps(value, ensure_ascii=False)
    except TypeError:
        return str(value)


def decode(kind: type[T], document: Document) -> T:
    """The whole document as one record of class ``kind``. Raises `ConfigError` with file and line."""
    return typing.cast(T, _decode(kind, document.data, document, ()))


def _decode(kind: Any, value: Any, document: Document, path: KeyPath) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        return _decode(_member(arguments, value, document, path), value, document, path)
    if origin is Literal:
        if value not in arguments:
            near = did_you_mean(value, arguments) if isinstance(value, str) else ""
            raise _refusal(document, path, value, f"one of {', '.join(arguments)}{near}")
        return value
    if origin is tuple:
        return _decode_tuple(arguments, value, document, path)
    if origin is dict:
        table = _table(value, document, path)
        return {key: _decode(arguments[1], item, document, (*path, key)) for key, item in table.items()}
    if _is_record(kind):
        return _decode_record(kind, _table(value, document, path), document, path)
    return _SCALARS[kind](value, document, path)


def _decode_record(kind: Any, table: dict[str, Any], document: Document, path: KeyPath) -> Any:
    hints, required = record_fields(kind)
    for key in table:
        if key not in hints:
            raise ConfigError(
                f"{document.place((*path, key))} unknown key {key!r}{_in_section(path)}; "
                f"known: {', '.join(hints)}{did_you_mean(key, hints)}"
            )
    if missing := [repr(key) for key in required if key not in table]:
        keys = f"key{'s' if len(missing) > 1 else ''} {', '.join(missing)}"
        raise ConfigError(f"{document.place(path)} missing {keys}{_in_section(path)}")
    values = {key: _decode(hints[key], item, document, (*path, key)) for key, item in table.items()}
    try:
        return kind(**values)
    except FieldError as error:
        raise ConfigError(f"{document.place((*path, error.field))} {error}") from None
    except ConfigError as error:
        raise ConfigError(f"{document.place(path)} {error}") from None


def record_fields(kind: Any) -> tuple[dict[str, Any], list[str]]:
    """Type of each field of a record, and the names of those without a default."""
    return _fields(kind)


@cache  # type hints are evaluated anew at each call, and a document has hundreds of records of a few classes
def _fields(kind: Any) -> tuple[dict[str, Any], list[str]]:
    hints = typing.get_type_hints(kind)
    if dataclasses.is_dataclass(kind):
        fields = [f for f in dataclasses.fields(kind) if f.init]
        free = dataclasses.MISSING
        required = [f.name for f in fields if f.default is free and f.default_factory is free]
        return {f.name: hints[f.name] for f in fields}, required
    return hints, [name for name in kind._fields if name not in kind._field_defaults]


def _is_record(kind: Any) -> bool:
    return dataclasses.is_dataclass(kind) or hasattr(kind, "_field_defaults")


def _member(members: tuple[Any, ...], value: Any, document: Document, path: KeyPath) -> Any:
    """The class of a choice of records that the table's ``kind`` names (TOML has no None to choose)."""
    members = tuple(m for m in members if m is not type(None))
    if len(members) == 1:
        return members[0]
    by_kind = {m.__dataclass_fields__["kind"].default: m for m in members}
    tag = _table(value, document, path).get("kind")
    if tag not in by_kind:
        near = did_you_mean(tag, by_kind) if isinstance(tag, str) else ""
        raise _refusal(document, (*path, "kind"), tag, f"one of {', '.join(by_kind)}{near}")
    return by_kind[tag]


def _decode_tuple(arguments: tuple[Any, ...], value: Any, document: Document, path: KeyPath) -> Any:
    if not isinstance(value, list):
        raise _refusal(document, path, value, "a list in [ ]")
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        arguments = (arguments[0],) * len(value)
    if len(value) != len(arguments):
        raise _refusal(document, path, value, f"a list of {len(arguments)}, got {len(value)}")
    return tuple(
        _decode(kind, item, document, (*path, i))
        for i, (kind, item) in enumerate(zip(arguments, value, strict=True))
    )


def _table(value: Any, document: Document, path: KeyPath) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _refusal(document, path, value, "a table")
    return value


def _number(value: Any, document: Document, path: KeyPath) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _refusal(document, path, value, f"a number, got {_sort(value)}")
    if not math.isfinite(value):
        raise _refusal(document, path, value, "a finite number")
    return float(value)


def _integer(value: Any, document: Document, path: KeyPath) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _refusal(document, path, value, f"a whole number, got {_sort(value)}")
    return value


def _text(value: Any, document: Document, path: KeyPath) -> str:
    if not isinstance(value, str):
        raise _refusal(document, path, value, f"text in quotes, got {_sort(value)}")
    return value


def _truth(value: Any, document: Document, path: KeyPath) -> bool:
    if not isinstance(value, bool):
        raise _refusal(document, path, value, f"true or false, got {_sort(value)}")
    return value


_SCALARS: dict[Any, Any] = {float: _number, int: _integer, str: _text, bool: _truth}


def _sort(value: Any) -> str:
    """What the user wrote instead, with the mend where it is plain."""
    if isinstance(value, str):
        try:
            float(value)
        except ValueError:
            return "text"
        return "text; remove the quotes"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number with a fraction or exponent" if isinstance(value, float) else "a number"
    return "a table" if isinstance(value, dict) else "a list" if isinstance(value, list) else "a date or time"


def _refusal(document: Document, path: KeyPath, value: Any, expected: str) -> ConfigError:
    written = "" if value is None else f" = {shown(value)}"
    return ConfigError(f"{document.place(path)} {_key(path)}{written}: expected {expected}")


def _key(path: KeyPath) -> str:
    """Last key of the path, with the positions in lists after it: ``spot_sigma_m[1]``."""
    last = max((i for i, part in enumerate(path) if isinstance(part, str)), default=0)
    return "".join([str(path[last]), *(f"[{part}]" for part in path[last + 1 :])]) if path else "document"


def _in_section(path: KeyPath) -> str:
    return f" in [{'.'.join(str(part) for part in path)}]" if path else ""

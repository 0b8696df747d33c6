"""YAML and JSON of others as plain values, with limits; and YAML of ours, the same bytes for the same values.

Only mappings, lists, numbers and text come out of a file: tags that make Python objects are refused, and
aliases that unfold to more than the file can hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from feebly.core.errors import DataError

MOST_NODES = 3_000_000
"""Values of one file, aliases written out: 50 columns of 10 000 rows with errors."""

_DEEPEST = 40
_BOM = b"\xef\xbb\xbf"


def read_documents(content: bytes, place: str) -> list[Any]:
    """The documents of a YAML or JSON file; empty ones are left out.

    place: name of the file for messages. Raises DataError (one line, with the line of the fault) for text
    that is not UTF-8, not YAML, too deep, too large when its aliases are written out, or has tags of a
    programming language.
    """
    text = _text(content, place)
    if place.lower().endswith(".json"):
        return [_json(text, place)]
    return [document for document in _yaml(text, place) if document is not None]


def dump(document: Any, block: bool = False) -> str:
    """A value as YAML: keys in their order, floats that read back exactly, no aliases.

    block: every key on a line of its own; else the innermost lists and mappings are on one line.
    """
    import yaml

    return str(
        yaml.dump(
            document,
            Dumper=_dumper(),
            sort_keys=False,
            allow_unicode=True,
            default_flow_style=False if block else None,
            width=110,
        )
    )


def _dumper() -> Any:
    import yaml

    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
        def ignore_aliases(self, data: Any) -> bool:
            return True

    return Dumper


def _text(content: bytes, place: str) -> str:
    try:
        text = content.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{place}: not UTF-8 text at byte {error.start}; save it as UTF-8") from None
    if "\x00" in text:
        raise DataError(f"{place}: has zero bytes, it is no text")
    return text


def _json(text: str, place: str) -> Any:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(f"{place}:{error.lineno}: not valid JSON: {error.msg}") from None
    except (RecursionError, ValueError):
        raise DataError(
            f"{place}: JSON that is nested too deeply, or has numbers of too many digits"
        ) from None
    return document


def _yaml(text: str, place: str) -> list[Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _require_bounded(yaml.parse(text, Loader=loader), place)
        return list(yaml.load_all(text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f":{mark.line + 1}" if mark else ""
        raise DataError(f"{place}{line}: not valid YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise DataError(f"{place}: not valid YAML: {' '.join(str(error).split())[:120]}") from None
    except (RecursionError, ValueError, OverflowError, TypeError) as error:
        # a date that there is not, a number of too many digits, a list as key
        raise DataError(f"{place}: not valid YAML: {' '.join(str(error).split())[:120]}") from None


def _require_bounded(events: Iterator[Any], place: str) -> None:
    """Refuse a text before anything is built of it: each anchor counts as often as it is named."""
    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = []  # anchor of each open collection, nodes before it
    total = 0
    for event in events:
        kind = type(event).__name__
        if kind.endswith("EndEvent"):
            if kind in ("MappingEndEvent", "SequenceEndEvent"):
                anchor, before = open_nodes.pop()
                if anchor:
                    sizes[anchor] = total - before
            continue
        if kind == "AliasEvent":
            if event.anchor in {anchor for anchor, _ in open_nodes}:
                raise DataError(f"{place}:{event.start_mark.line + 1}: alias *{event.anchor} contains itself")
            total += sizes.get(event.anchor, 1)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            open_nodes.append((event.anchor, total))
            total += 1
        elif kind == "ScalarEvent":
            total += 1
            if event.anchor:
                sizes[event.anchor] = 1
        if total > MOST_NODES:
            raise DataError(f"{place}: more than {MOST_NODES} values (aliases written out); expected a table")
        if len(open_nodes) > _DEEPEST:
            raise DataError(f"{place}:{event.start_mark.line + 1}: nested more than {_DEEPEST} deep")

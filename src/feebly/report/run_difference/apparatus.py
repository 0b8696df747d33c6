"""Numbers of an experiment and of an analysis that differ, by their names in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from feebly.core.tables import digest
from feebly.report.run_difference.difference import Difference, difference, short_digest

SHOWN = 4
"""Names that are told one by one."""

_WORDS = ("name", "title", "origin", "origins", "source", "shape_origin", "experiment")
_NOT_GEOMETRY = (
    "pot", "pot_relative_error", "response_sets", "default_response", "default_channels", "default_preset",
    "projection_of", "control_region", "validation_regions", "background", "observed", "events", "meaning",
)  # fmt: skip
"""Of an analysis: told elsewhere, or of no weight in a limit."""


def object_differences(name: str, one: Any, other: Any, moves: tuple[str, ...]) -> Iterator[Difference]:
    """One difference per number; many at once, as of another experiment, are one."""
    sides = dict(_leaves(one)), dict(_leaves(other))
    changed = [
        key
        for key in {**sides[0], **sides[1]}
        if sides[0].get(key) != sides[1].get(key) and not any(_is_unknown_to(side, key) for side in sides)
    ]
    if len(changed) > SHOWN:
        shown = f"{', '.join(changed[:SHOWN])} and {len(changed) - SHOWN} more"
        before, after = (str(side.get("name", short_digest(digest(side)))) for side in (one, other))
        yield Difference(f"{name} ({shown})", (before, after), moves)
        return
    for key in changed:
        yield difference(f"{name}: {key}", sides[0].get(key), sides[1].get(key), moves)


def _is_unknown_to(leaves: Mapping[str, Any], key: str) -> bool:
    """Whether an object of this run lacks the key itself: it was written by another feebly.

    A member of a list that only one run has, such as a plane, is a difference.
    """
    if key in leaves:
        return False
    for end in re.finditer(r"(?=[.\[])|$", key):
        part = key[: end.start()]
        if part and not any(re.match(rf"{re.escape(part)}([.\[]|$)", leaf) for leaf in leaves):
            return not part.endswith("]")
        if part in leaves:  # nothing in this run, an object in the other
            return False
    return False


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted name and value of all that is no word about it; planes and regions go by their names."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key not in (*_WORDS, *_NOT_GEOMETRY):
                yield from _leaves(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        for i, item in enumerate(value):
            named = item.get("name", i) if isinstance(item, Mapping) else i
            yield from _leaves(item, f"{path}[{named}]")
    else:
        yield path, value

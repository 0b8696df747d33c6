"""One difference between two runs, what it can move, and how its values are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from feebly.report.run_difference.kept import KeptRun


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs.

    name: as a user calls it. change: in A and in B. moves: facets that it can move, as patterns; those with
    ``!`` are excepted. at_most: largest size that it can move them by. is_software: a version.
    """

    name: str
    change: tuple[str, str]
    moves: tuple[str, ...]
    at_most: float = np.inf
    is_software: bool = False

    def can_move(self, facet: str, size: float) -> bool:
        """Whether it can move this facet by so much."""
        if size > self.at_most:
            return False
        excepted = any(fnmatchcase(facet, pattern[1:]) for pattern in self.moves if pattern[0] == "!")
        return not excepted and any(fnmatchcase(facet, pattern) for pattern in self.moves)

    @property
    def text(self) -> str:
        """``pot: 1.4e+17 -> 1e+18``."""
        return f"{self.name}: {self.change[0]} -> {self.change[1]}"


def option(a: KeptRun, b: KeptRun, key: str, moves: tuple[str, ...]) -> Iterator[Difference]:
    if is_changed(a, b, key):
        yield difference(key.replace("_", " "), a.setting.get(key), b.setting.get(key), moves)


def is_changed(a: KeptRun, b: KeptRun, key: str) -> bool:
    """Whether a setting differs; one that only one run knows is of another feebly, not of the user."""
    return key in a.setting and key in b.setting and a.setting[key] != b.setting[key]


def is_argument_changed(a: KeptRun, b: KeptRun, name: str) -> bool:
    one, other = (run.content.get("repeat", {}).get("arguments", {}).get(name) for run in (a, b))
    return bool(one != other)


def shared(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name in one if name in other)


def difference(name: str, before: Any, after: Any, moves: tuple[str, ...]) -> Difference:
    return Difference(name, (text_of(before), text_of(after)), moves)


def text_of(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:.6g}".replace("e+", "e")
    if isinstance(value, Mapping):
        return " ".join(f"{key} {text_of(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(text_of, value))
    return str(value)


def range_text(value: Any) -> str:
    return ":".join(text_of(item) for item in value) if value else "none"


def short_digest(sha256: str) -> str:
    return f"SHA-256 {sha256[:12]}"

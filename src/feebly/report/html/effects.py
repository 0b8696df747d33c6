"""What each choice of physics does to the contour, where ``feebly presets compare`` was asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feebly.core.errors import DataError

FOLDER = "comparison"


@dataclass(frozen=True)
class EffectTable:
    """A comparison as rows of a table.

    file: its place in the run folder; content: all of it. masses: positions of the base edges. rows: for each
    changed option the positions of its effects, one for each mass. same: whether it is of this run's model,
    analysis and preset.
    """

    file: str
    content: Mapping[str, Any]
    masses: tuple[int, ...]
    rows: tuple[tuple[int, ...], ...]
    same: bool


def read_effects(folder: str | Path, result: Mapping[str, Any]) -> EffectTable | None:
    """The comparison in ``comparison/`` of a run folder; None where there is none, DataError if damaged."""
    path = Path(folder) / FOLDER / "comparison.json"
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        rows: dict[tuple[str, str], list[int]] = {}
        for position, effect in enumerate(content["effects"]):
            rows.setdefault((effect["option"], effect["value"]), []).append(position)
        masses = tuple(range(len(content["base"])))
        of = (content["model"], content["analysis"], content["preset"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: not what feebly presets compare writes; make it again") from error
    same = of == (result["model"], result["setting"]["analysis"], result["preset"]["name"])
    return EffectTable(f"{FOLDER}/comparison.json", content, masses, tuple(map(tuple, rows.values())), same)

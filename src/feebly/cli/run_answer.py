"""What the commands that write a run folder say: its default name, the notes, the answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from feebly.cli.exits import NOT_CONVERGED
from feebly.cli.output import answer, answer_json, note

if TYPE_CHECKING:
    from feebly.workflow.result import RunResult


_IN_NAME = {
    "channels": "{}",
    "production": "{}",
    "response": "{}",
    "pot": "{}pot",
    "background": "b-{}",
    "mass": "mass{}",
    "coupling": "coupling{}",
    "coupling_convention": "{}",
    "cl": "cl{}",
    "convention": "{}",
    "ordering": "{}",
    "signal_error": "error{}",
    "bands": "{}-bands",
    "thrown_error": "thrown{}",
}
"""Options that are part of the folder's name when they are given."""


def named_choices(context: typer.Context) -> list[str]:
    """The options that were given as parts of a name: no run takes the place of a different one."""
    asked = {name: str(context.params[name]).replace(",", "-") for name in _IN_NAME if _given(context, name)}
    return [_IN_NAME[name].format(text) for name, text in asked.items()]


def _given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def tell_run(result: RunResult, folder: Path, as_json: bool) -> None:
    """Notes, then the answer; exit code 5 where cells near the limit missed the precision."""
    for text in result.all_notes:
        note(text)
    plot = folder / "plot.png"
    if as_json:
        written = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        answer_json(written | {"folder": str(folder), "plot": str(plot)})
    else:
        answer(f"{result.summary()}\nplot: {plot}")
    if missed := _unconverged_cells(result):
        mend = "a larger --precision may be reached"
        if getattr(result, "recast_from", ""):
            mend = "the knots of the tables are too far apart for it"
        note(
            f"{missed} cells within a factor 3 of the limit missed the precision {result.precision:g}: "
            f"see {folder / 'result.json'}; {mend}"
        )
        raise typer.Exit(NOT_CONVERGED)


def _unconverged_cells(result: RunResult) -> int:
    cells = result.scan.grid.unconverged
    return 0 if cells is None else int(cells.sum())

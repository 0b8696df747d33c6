"""``feebly run``: from the proton on target to the exclusion contour."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from feebly.cli import options
from feebly.cli.exits import NOT_CONVERGED
from feebly.cli.folders import RUNS, default_folder, require_writable
from feebly.cli.output import answer, answer_json, note
from feebly.cli.progress import progress

if TYPE_CHECKING:
    from feebly.workflow.result import RunResult


def run(
    context: typer.Context,
    model: options.Model,
    experiment: options.Experiment = "na62-dump-2021",
    analysis: options.Analysis = None,
    channels: options.Channels = None,
    production: options.Production = None,
    preset: options.Preset = None,
    spectrum: options.Spectrum = None,
    response: options.Response = None,
    pot: options.Pot = None,
    background: options.Background = None,
    mass: options.Mass = None,
    coupling: options.Coupling = None,
    cl: options.Cl = "0.90",
    convention: options.Convention = "cls-counting",
    ordering: options.Ordering = "total-count",
    signal_error: options.SignalError = "0",
    force_signal_error: options.ForceSignalError = False,
    bands: options.Bands = "none",
    thrown_error: options.ThrownError = None,
    precision: options.Precision = "0.01",
    seed: options.Seed = "1",
    jobs: options.Jobs = None,
    out: options.RunFolder = None,
    as_json: options.Json = False,
) -> None:
    """From the proton on target to the contour.

    Writes a run folder with contours, grid and figures. Tables of yields are kept in a cache: a run
    with another coupling, POT or efficiency takes seconds, and an interrupted one goes on where it was.
    MIN:MAX:N are logarithmic steps; N is 100 when left out.

    \b
    Examples:
        feebly run dark-photon
        feebly run dark-photon --channels mumu --preset na62-conservative --mass 0.22:0.7:80
        feebly run BC1 --pot 1e18 --background suppress:10 --out projection
        feebly run dark-photon --bands full
    """
    from feebly.report.run_folder import write_run
    from feebly.workflow.run import run as run_model

    require_writable(Path(out) if out else RUNS)
    with progress(f"{model}: yield tables") as update:
        result = run_model(model, **options.library_arguments(context), progress=update, report=note)
    folder = Path(out) if out else _default_folder(result, context)
    write_run(result, folder, command=["feebly", *context.obj])
    _tell(result, folder, as_json)


def _default_folder(result: RunResult, context: typer.Context) -> Path:
    """A folder for each set of choices that moves the contour: no run takes the place of a different one."""
    asked = {name: str(context.params[name]).replace(",", "-") for name in _IN_NAME if _given(context, name)}
    choices = (_IN_NAME[name].format(text) for name, text in asked.items())
    return default_folder(result.model, result.analysis.name, result.preset.name, *choices)


_IN_NAME = {
    "channels": "{}",
    "production": "{}",
    "response": "{}",
    "pot": "{}pot",
    "background": "b-{}",
    "mass": "mass{}",
    "coupling": "coupling{}",
    "cl": "cl{}",
    "convention": "{}",
    "ordering": "{}",
    "signal_error": "error{}",
    "bands": "{}-bands",
    "thrown_error": "thrown{}",
}
"""Options that are part of the folder's name when they are given."""


def _given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _tell(result: RunResult, folder: Path, as_json: bool) -> None:
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
        note(
            f"{missed} cells within a factor 3 of the limit missed the precision {result.precision:g}: "
            f"see {folder / 'result.json'}; a larger --precision may be reached"
        )
        raise typer.Exit(NOT_CONVERGED)


def _unconverged_cells(result: RunResult) -> int:
    cells = result.scan.grid.unconverged
    return 0 if cells is None else int(cells.sum())

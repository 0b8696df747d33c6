"""``feebly run``: from the proton on target to the exclusion contour."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from feebly.cli import options, values
from feebly.cli.exits import NOT_CONVERGED
from feebly.cli.folders import RUNS, default_folder, require_writable
from feebly.cli.output import answer, answer_json, note
from feebly.cli.progress import progress
from feebly.cli.values import given

if TYPE_CHECKING:
    from feebly.workflow.result import RunResult


def run(
    context: typer.Context,
    model: Annotated[str, typer.Argument(metavar="MODEL", help="dark-photon (BC1)", show_default=False)],
    experiment: options.Experiment = "na62-dump-2021",
    analysis: options.Analysis = None,
    channels: options.Channels = None,
    production: Annotated[
        str | None,
        typer.Option("--production", metavar="A,B", help="Production modes; default: all of the preset."),
    ] = None,
    preset: options.Preset = None,
    response: options.Response = None,
    pot: options.Pot = None,
    mass: Annotated[
        str | None, typer.Option("--mass", metavar="MIN:MAX:N", help="Masses [GeV]; default: the model's.")
    ] = None,
    coupling: Annotated[
        str | None,
        typer.Option(
            "--coupling",
            metavar="MIN:MAX:N",
            help="Couplings (epsilon, not its square); default: the model's.",
        ),
    ] = None,
    cl: options.Cl = "0.90",
    convention: options.Convention = "cls-counting",
    signal_error: Annotated[
        str,
        typer.Option(
            "--signal-error",
            metavar="X",
            help="Relative error of the signal (log-normal), e.g. 0.2; refused where the efficiency was "
            "calibrated on the published limit.",
        ),
    ] = "0",
    force_signal_error: Annotated[
        bool, typer.Option("--force-signal-error", help="Allow it nevertheless.")
    ] = False,
    precision: options.Precision = "0.01",
    seed: options.Seed = "1",
    jobs: options.Jobs = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out", metavar="DIR", help="Run folder; default: feebly-runs/MODEL-ANALYSIS-PRESET-..."
        ),
    ] = None,
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
        feebly run BC1 --pot 1e18 --out projection
    """
    from feebly.report.run_folder import write_run
    from feebly.workflow.run import run as run_model

    require_writable(Path(out) if out else RUNS)
    with progress(f"{model}: yield tables") as update:
        result = run_model(
            model,
            experiment=experiment,
            analysis=analysis,
            channels=given(values.names, channels, "--channels"),
            production=given(values.names, production, "--production"),
            preset=preset,
            response=given(values.response_sets, response, "--response"),
            pot=given(values.number, pot, "--pot"),
            mass=given(values.value_range, mass, "--mass"),
            coupling=given(values.value_range, coupling, "--coupling"),
            cl=values.number(cl, "--cl"),
            convention=convention,
            signal_error=values.number(signal_error, "--signal-error"),
            force_signal_error=force_signal_error,
            precision=values.number(precision, "--precision"),
            seed=values.whole_number(seed, "--seed"),
            jobs=given(values.positive, jobs, "--jobs"),
            progress=update,
            report=note,
        )
    folder = Path(out) if out else _default_folder(result, context)
    write_run(result, folder, command=["feebly", *context.obj])
    for text in result.all_notes:
        note(text)
    _tell(result, folder, as_json)
    if missed := _unconverged_cells(result):
        note(
            f"{missed} cells within a factor 3 of the limit missed the precision {result.precision:g}: "
            f"see {folder / 'result.json'}; a larger --precision may be reached"
        )
        raise typer.Exit(NOT_CONVERGED)


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
    "mass": "mass{}",
    "coupling": "coupling{}",
    "cl": "cl{}",
    "convention": "{}",
    "signal_error": "error{}",
}
"""Options that are part of the folder's name when they are given."""


def _given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _tell(result: RunResult, folder: Path, as_json: bool) -> None:
    plot = folder / "plot.png"
    if as_json:
        written = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        answer_json(written | {"folder": str(folder), "plot": str(plot)})
    else:
        answer(f"{result.summary()}\nplot: {plot}")


def _unconverged_cells(result: RunResult) -> int:
    """Cells near the limit that missed the asked precision: the result is there, the exit code is 5."""
    cells = result.scan.grid.unconverged
    return 0 if cells is None else int(cells.sum())

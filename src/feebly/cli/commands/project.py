"""``feebly project``: an earlier run at another number of protons on target."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from feebly.cli import options
from feebly.cli.folders import RUNS, default_folder, require_writable
from feebly.cli.output import note
from feebly.cli.progress import progress
from feebly.cli.run_answer import named_choices, tell_run

Cl = Annotated[str | None, typer.Option("--cl", metavar="X", help="Confidence level.")]
Convention = Annotated[
    str | None, typer.Option("--convention", metavar="NAME", help="Of the limit, as in 'feebly run'.")
]
Ordering = Annotated[
    str | None, typer.Option("--ordering", metavar="NAME", help="total-count or likelihood-ratio.")
]
SignalError = Annotated[
    str | None,
    typer.Option("--signal-error", metavar="X|NAME=X,..", help="Relative error of the signal."),
]
Bands = Annotated[str | None, typer.Option("--bands", metavar="NAME", help="none, counting or full.")]


def project(
    context: typer.Context,
    folder: Annotated[str, typer.Argument(metavar="RUN", help="Folder that 'feebly run' has written.")],
    pot: options.Pot = None,
    background: options.Background = None,
    coupling: options.Coupling = None,
    cl: Cl = None,
    convention: Convention = None,
    ordering: Ordering = None,
    signal_error: SignalError = None,
    force_signal_error: options.ForceSignalError = False,
    bands: Bands = None,
    thrown_error: options.ThrownError = None,
    jobs: options.Jobs = None,
    out: options.RunFolder = None,
    as_json: options.Json = False,
) -> None:
    """An earlier run at another number of protons.

    Same model, experiment, analysis, physics and grid; options that are not given stay those of the run.
    Writes a run folder: the expected limit, the signals that are discovered at 3 and 5 sigma, and what was
    assumed about the background, which scales with the POT unless told otherwise. The yield tables of the
    run are used again: nothing is sampled while they are in the cache. Refused where an input of the run is
    gone or has changed.

    \b
    Examples:
        feebly project feebly-runs/dark-photon-na62-dump-2021-na62-ff-mixing --pot 1e18
        feebly project my-run --pot 1e18 --background suppress:10 --bands counting --out cleaner
    """
    from feebly.report.run_folder import write_run
    from feebly.report.saved_run import read_run
    from feebly.workflow.projection import project as project_run

    require_writable(Path(out) if out else RUNS)
    with progress(f"{folder}: yield tables") as update:
        arguments = options.library_arguments(context)
        result = project_run(read_run(folder), **arguments, progress=update, report=note)
    target = Path(out) if out else default_folder(Path(folder).resolve().name, *named_choices(context))
    write_run(result, target, command=["feebly", *context.obj])
    tell_run(result, target, as_json)

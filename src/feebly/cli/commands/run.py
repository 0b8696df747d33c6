"""``feebly run``: from the proton on target to the exclusion contour."""

from __future__ import annotations

from pathlib import Path

import typer

from feebly.cli import options
from feebly.cli.folders import RUNS, default_folder, require_writable
from feebly.cli.output import note
from feebly.cli.progress import progress
from feebly.cli.run_answer import named_choices, tell_run


def run(
    context: typer.Context,
    model: options.Model,
    experiment: options.Experiment = "na62-dump-2021",
    analysis: options.Analysis = None,
    channels: options.Channels = None,
    production: options.Production = None,
    preset: options.Preset = None,
    spectrum: options.Spectrum = None,
    coupling_convention: options.CouplingConvention = None,
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
    cut_flow: options.CutFlow = False,
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
        feebly run dark-photon --channels mumu --cut-flow
    """
    from feebly.report.run_folder import write_run
    from feebly.workflow.run import run as run_model

    require_writable(Path(out) if out else RUNS)
    with progress(f"{model}: yield tables") as update:
        result = run_model(model, **options.library_arguments(context), progress=update, report=note)
    names = (result.model, result.analysis.name, result.preset.name, *named_choices(context))
    folder = Path(out) if out else default_folder(*names)
    write_run(result, folder, command=["feebly", *context.obj])
    tell_run(result, folder, as_json)

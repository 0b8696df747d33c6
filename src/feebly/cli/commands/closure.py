"""``feebly closure``: experiments thrown at known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from feebly.cli import options, values
from feebly.cli.exits import FAILED_CHECK, one_line_errors
from feebly.cli.folders import default_folder, require_writable
from feebly.cli.output import answer, answer_json, note
from feebly.cli.progress import progress
from feebly.core.errors import ConfigError

Model = Annotated[
    str | None,
    typer.Argument(
        metavar="[MODEL]",
        help="Model of 'feebly run'; without one only the statistics of counts are closed.",
        show_default=False,
    ),
]
Points = Annotated[str, typer.Option("--points", metavar="N", help="Points of mass and coupling of a MODEL.")]
At = Annotated[
    str | None,
    typer.Option(
        "--at", metavar="M:C,..", help="These masses [GeV] and couplings instead, 0.3:1e-6,0.5:3e-7."
    ),
]
Experiments = Annotated[
    str,
    typer.Option("--experiments", "--repetitions", metavar="N", help="Experiments thrown at each point."),
]
Events = Annotated[
    str,
    typer.Option(
        "--events", metavar="N", help="Simulated events of each point and final state of a MODEL; 0: none."
    ),
]
SignalScale = Annotated[
    str,
    typer.Option(
        "--signal-scale",
        metavar="X",
        help="Factor of the thrown signal that the analysis does not know: closure must fail.",
    ),
]
Out = Annotated[
    str | None, typer.Option("--out", metavar="DIR", help="Folder; default: feebly-runs/closure[-MODEL].")
]


def closure(
    context: typer.Context,
    model: Model = None,
    points: Points = "20",
    at: At = None,
    experiments: Experiments = "1000",
    events: Events = "1000",
    signal_scale: SignalScale = "1",
    experiment: options.Experiment = "na62-dump-2021",
    analysis: options.Analysis = None,
    channels: options.Channels = None,
    production: options.Production = None,
    preset: options.Preset = None,
    spectrum: options.Spectrum = None,
    response: options.Response = None,
    pot: options.Pot = None,
    background: options.Background = None,
    cl: options.Cl = "0.90",
    convention: options.Convention = "cls-counting",
    signal_error: options.SignalError = "0",
    force_signal_error: options.ForceSignalError = False,
    precision: options.Precision = "0.01",
    seed: options.Seed = "1",
    jobs: options.Jobs = None,
    out: Out = None,
    as_json: options.Json = False,
) -> None:
    """Experiments thrown at known truth.

    Without MODEL: at 20 points, with every shape of background, the counts of thrown experiments are turned
    into numbers that must be uniform (Kolmogorov, p > 0.001 at each point and for all together), and where 40
    events or more are expected the pulls of the fitted signal must have mean 0 +- 0.1 and width 0.9-1.1.

    With MODEL: the same through the whole chain. At points of mass and coupling the yield tables give the
    signal; counts are thrown and analysed. At most 1 - CL of the experiments may exclude the true point,
    signal and coupling are fitted (the coupling on the true side of the peak of N(coupling)), and simulated
    events must give the yields of the tables.

    A right program fails for about 3 seeds in 100, with MODEL for about 1 in 10. Writes closure.csv,
    closure.json and closure.png. Exit code 1 when a criterion fails.

    \b
    Examples:
        feebly closure
        feebly closure dark-photon
        feebly closure dark-photon --at 0.3:1e-6 --experiments 10000
    """
    folder = Path(out) if out else default_folder("closure", *([model] if model else []))
    if model is None:
        _refuse_options_of_a_model(context)
        found, passed = _close_counts(context, folder)
    else:
        with one_line_errors(is_resumable=lambda: True):  # that of counts keeps nothing
            found, passed = _close_model(context, model, folder)
    if as_json:
        answer_json(found["dict"] | {"folder": str(folder)})
    else:
        answer(f"{found['text']}\nplot: {folder / 'closure.png'}")
    if not passed:
        raise typer.Exit(FAILED_CHECK)


_OF_COUNTS = ("model", "experiments", "seed", "out", "as_json")


def _refuse_options_of_a_model(context: typer.Context) -> None:
    for option in context.command.params:
        name = option.name or ""
        source = context.get_parameter_source(name)
        if name not in _OF_COUNTS and source is not None and source.name == "COMMANDLINE":
            raise ConfigError(
                f"{option.opts[0]}: is of the closure of a MODEL; try 'feebly closure dark-photon'"
            )


def _close_counts(context: typer.Context, folder: Path) -> tuple[dict[str, Any], bool]:
    from feebly.report.closure_report import closure_dict, closure_text, write_closure
    from feebly.statistics.proofs.closure import closure_test

    number = values.whole_number(context.params["seed"], "--seed")
    experiments = values.positive(context.params["experiments"], "--experiments")
    require_writable(folder)
    with progress("closure") as update:
        found = closure_test(experiments, number, progress=update)
    write_closure(found, number, folder, command=["feebly", *context.obj])
    return {"dict": closure_dict(found, number), "text": closure_text(found)}, found.passed


def _close_model(context: typer.Context, model: str, folder: Path) -> tuple[dict[str, Any], bool]:
    from feebly.report import model_closure_report as report
    from feebly.workflow.closure import model_closure

    asked = options.library_arguments(context)
    at = asked.pop("at")
    asked |= {
        "points": _points(at) if at else values.positive(asked["points"], "--points"),
        "experiments": values.positive(asked["experiments"], "--experiments"),
        "events": values.whole_number(asked["events"], "--events"),
        "signal_scale": values.number(asked["signal_scale"], "--signal-scale"),
    }
    require_writable(folder)
    with progress(f"closure of {model}: yield tables") as update:
        found = model_closure(model, **asked, progress=update, report=note)
    report.write_model_closure(found, folder, command=["feebly", *context.obj])
    return {"dict": report.model_closure_dict(found), "text": report.model_closure_text(found)}, found.passed


def _points(text: str) -> list[tuple[float, float]]:
    """``M:C,M:C`` as pairs of mass and coupling."""
    pairs = [entry.split(":") for entry in values.names(text, "--at")]
    if any(len(pair) != 2 for pair in pairs):
        raise ConfigError(f'--at "{text}": expected MASS:COUPLING,MASS:COUPLING such as 0.3:1e-6,0.5:3e-7')
    return [(values.number(mass, "--at"), values.number(coupling, "--at")) for mass, coupling in pairs]

"""``feebly lifetime``: limits against mass, lifetime and branching ratio, whatever the model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from feebly.cli import options, values
from feebly.cli.folders import default_folder, require_writable
from feebly.cli.output import answer, answer_json, note
from feebly.cli.progress import progress
from feebly.cli.values import given

if TYPE_CHECKING:
    from feebly.workflow.lifetime import LifetimeQuestion
    from feebly.workflow.sampling import Sampling

_TABLE, _PLOT = "limits.csv", "plot.png"


def lifetime(
    model: options.Model,
    production: Annotated[
        str, typer.Option("--production", metavar="A,B", help="Decays of one parent, e.g. b-k,b-kstar892.")
    ],
    channels: Annotated[str, typer.Option("--channels", metavar="A,B", help="Final states, e.g. mumu.")],
    br: Annotated[
        str | None,
        typer.Option("--br", metavar="X", help="Branching ratio of the parent, all modes together."),
    ] = None,
    ratios: Annotated[
        str | None,
        typer.Option("--ratios", metavar="A=X,B=Y", help="Branching ratios of the particle; one channel: 1."),
    ] = None,
    at_mass: Annotated[
        str | None,
        typer.Option("--at-mass", metavar="GEV", help="One mass: limits on the branching ratio."),
    ] = None,
    mass: options.Mass = None,
    ctau: Annotated[
        str | None,
        typer.Option("--ctau", metavar="MIN:MAX:N", help="Proper decay lengths [m]; default: 1e-4:1e6:100."),
    ] = None,
    experiment: options.Experiment = "na62-dump-2021",
    analysis: options.Analysis = None,
    preset: options.Preset = None,
    response: options.Response = None,
    pot: options.Pot = None,
    cl: options.Cl = "0.90",
    convention: options.Convention = "cls-counting",
    precision: options.Precision = "0.01",
    seed: options.Seed = "1",
    jobs: options.Jobs = None,
    out: options.RunFolder = None,
    as_json: options.Json = False,
) -> None:
    """Limits for any particle of one production and decay.

    With --br: the excluded masses and lifetimes at that branching ratio, as a run folder whose coupling is
    ctau in metres. With --at-mass: the limit on the branching ratio against the lifetime, as limits.csv and
    plot.png. MODEL gives the kinematics, and the ratio of several production modes.

    \b
    Examples:
        feebly lifetime dark-scalar --production b-k,b-kstar892 --channels mumu --br 1e-7
        feebly lifetime dark-scalar --production b-k,b-kstar892 --channels mumu --at-mass 0.3
    """
    from feebly.core.errors import ConfigError
    from feebly.workflow.lifetime import LifetimeQuestion

    if (br is None) == (at_mass is None):
        raise ConfigError(
            "expected one of --br X (excluded masses and lifetimes) and --at-mass GEV (limits on X)"
        )
    question = LifetimeQuestion(
        model,
        values.names(production, "--production"),
        values.names(channels, "--channels"),
        given(values.number, br, "--br") or 1.0,
        given(values.named_numbers, ratios, "--ratios"),
        experiment,
        analysis,
        preset,
        given(values.response_sets, response, "--response"),
        given(values.number, pot, "--pot"),
        values.number(cl, "--cl"),
        convention,
    )
    folder = (
        Path(out) if out else default_folder("lifetime", model, production, channels, br or f"{at_mass}GeV")
    )
    require_writable(folder)
    with progress(f"{production} -> {channels}") as update:
        sampling = options.sampling(precision, seed, jobs, update)
        lifetimes = given(values.value_range, ctau, "--ctau")
        if at_mass is None:
            _region(question, given(values.value_range, mass, "--mass"), lifetimes, sampling, folder, as_json)
        else:
            _limits(question, values.number(at_mass, "--at-mass"), lifetimes, sampling, folder, as_json)


def _region(
    question: LifetimeQuestion,
    mass: values.Range | None,
    ctau: values.Range | None,
    sampling: Sampling,
    folder: Path,
    as_json: bool,
) -> None:
    """The excluded masses and lifetimes, as a run folder."""
    from feebly.report.run_folder import write_run
    from feebly.workflow.lifetime import exclude_lifetime

    result = exclude_lifetime(question, mass, ctau, sampling)
    write_run(result, folder)
    for text in result.all_notes:
        note(text)
    if as_json:
        answer_json(json.loads((folder / "result.json").read_text("utf-8")) | {"folder": str(folder)})
    else:
        answer(f"{result.summary()}\nplot: {folder / _PLOT}")


def _limits(
    question: LifetimeQuestion,
    mass_gev: float,
    ctau: values.Range | None,
    sampling: Sampling,
    folder: Path,
    as_json: bool,
) -> None:
    """The limits on the branching ratio at one mass, as a table and a figure."""
    from feebly.core.tables import write_atomically
    from feebly.report.branching_report import branching_csv, branching_png, facts
    from feebly.workflow.lifetime import branching_limits

    found = branching_limits(question, mass_gev, ctau, sampling)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / _TABLE, branching_csv(found))
    write_atomically(folder / _PLOT, branching_png(found))
    shown = found.expected if found.observed is None else found.observed
    best = int(shown.argmin())
    if as_json:
        columns = {name: [float(x) for x in column] for name, column in found.columns.items()}
        answer_json(facts(found) | {"columns": columns, "folder": str(folder)})
    else:
        answer(
            f"lowest limit: {shown[best]:.3g} at ctau = {found.ctau_m[best]:.3g} m\n"
            f"table: {folder / _TABLE}\nplot: {folder / _PLOT}"
        )

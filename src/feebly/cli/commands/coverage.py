"""``feebly coverage``: how often limits contain the truth, by enumeration and by toys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from feebly.cli import options, values
from feebly.cli.exits import FAILED_CHECK
from feebly.cli.folders import default_folder, require_writable
from feebly.cli.output import answer, answer_json
from feebly.cli.progress import progress


def coverage(
    context: typer.Context,
    convention: Annotated[
        str, typer.Option("--convention", metavar="NAME", help="Convention, see 'feebly limit --help'.")
    ] = "cls-counting",
    cl: options.Cl = "0.90",
    s: Annotated[
        str, typer.Option("--s", metavar="MIN:MAX:N", help="True signals [events]; also a comma list.")
    ] = "0.05:30:40",
    b: Annotated[
        str, typer.Option("--b", metavar="MIN:MAX:N", help="True backgrounds [events]; also a comma list.")
    ] = "0.001:30:12",
    b_error: Annotated[
        str,
        typer.Option(
            "--b-error", metavar="X,Y", help="Relative errors of the background, e.g. 0,0.1,1; a scan each."
        ),
    ] = "0",
    signal_error: Annotated[
        str, typer.Option("--signal-error", metavar="X", help="Relative error of the signal, e.g. 0.2.")
    ] = "0",
    toys: Annotated[
        str, typer.Option("--toys", metavar="N", help="Experiments thrown at each point as a check.")
    ] = "0",
    seed: options.Seed = "1",
    out: Annotated[
        str | None,
        typer.Option("--out", metavar="DIR", help="Folder; default: feebly-runs/coverage-CONVENTION."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """How often a limit contains the true signal.

    Exact, by enumeration of the counts, on a grid of true signals and backgrounds; with --b-error the
    measured background varies as well, with --signal-error the signal. Coverage must not be below CL, where
    something is uncertain not below CL - 0.01. --toys throws experiments that must agree (p > 1e-4). Writes
    coverage.csv, coverage.json and coverage.png. Exit code 1 when a point is too low or toys disagree.

    \b
    Examples:
        feebly coverage
        feebly coverage --s 0.5:12:8 --b 0.01:10:5 --toys 100000
        feebly coverage --b-error 0.1,0.3,1 --signal-error 0.2 --s 0.5:10:5 --b 0.01,0.1,0.5,1.5
    """
    from feebly.report import coverage_report as report
    from feebly.statistics.proofs.coverage import CoverageSetting, scan_coverage

    folder = Path(out) if out else default_folder("coverage", convention)
    settings = [
        CoverageSetting(
            convention,
            values.number(cl, "--cl"),
            values.number(error, "--b-error"),
            values.number(signal_error, "--signal-error"),
        )
        for error in values.names(b_error, "--b-error")
    ]
    signals, backgrounds = values.points(s, "--s"), values.points(b, "--b")
    n_toys, number = values.whole_number(toys, "--toys"), values.whole_number(seed, "--seed")
    require_writable(folder)
    tables = []
    with progress("coverage") as update:
        for i, setting in enumerate(settings):

            def told(done: int, total: int, text: str, i: int = i) -> None:
                update(i * total + done, len(settings) * total, text)

            tables.append(scan_coverage(signals, backgrounds, setting, n_toys, number, told))
    report.write_coverage(tables, number, folder, command=["feebly", *context.obj])
    if as_json:
        answer_json(report.coverage_dict(tables, number) | {"folder": str(folder)})
    else:
        answer(f"{report.coverage_text(tables)}\nplot: {folder / 'coverage.png'}")
    if not report.passed(tables):
        raise typer.Exit(FAILED_CHECK)

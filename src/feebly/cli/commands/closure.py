"""``feebly closure``: experiments thrown at known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from feebly.cli import options, values
from feebly.cli.exits import FAILED_CHECK
from feebly.cli.folders import default_folder, require_writable
from feebly.cli.output import answer, answer_json
from feebly.cli.progress import progress


def closure(
    context: typer.Context,
    repetitions: Annotated[
        str, typer.Option("--repetitions", metavar="N", help="Experiments at each of the 20 points.")
    ] = "1000",
    seed: options.Seed = "1",
    out: Annotated[
        str | None, typer.Option("--out", metavar="DIR", help="Folder; default: feebly-runs/closure.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Experiments thrown at known truth.

    At 20 points, with every shape of background, the counts of thrown experiments are turned into numbers
    that must be uniform (Kolmogorov, p > 0.001 at each point and for all together), and where 40 events or
    more are expected the pulls of the fitted signal must have mean 0 +- 0.1 and width 0.9-1.1. A right
    program fails for about 3 seeds in 100. Writes closure.csv, closure.json and closure.png. Exit code 1 when
    a criterion fails.

    \b
    Example:
        feebly closure
    """
    from feebly.report.closure_report import closure_dict, closure_text, write_closure
    from feebly.statistics.proofs.closure import closure_test

    folder = Path(out) if out else default_folder("closure")
    number = values.whole_number(seed, "--seed")
    require_writable(folder)
    with progress("closure") as update:
        found = closure_test(values.positive(repetitions, "--repetitions"), number, progress=update)
    write_closure(found, number, folder, command=["feebly", *context.obj])
    if as_json:
        answer_json(closure_dict(found, number) | {"folder": str(folder)})
    else:
        answer(f"{closure_text(found)}\nplot: {folder / 'closure.png'}")
    if not found.passed:
        raise typer.Exit(FAILED_CHECK)

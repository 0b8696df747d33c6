"""``feebly validate``: own results beside published and pilot references."""

from __future__ import annotations

from typing import Annotated

import typer

from feebly.cli import options, values
from feebly.cli.exits import FAILED_CHECK
from feebly.cli.output import answer, answer_json
from feebly.cli.progress import progress
from feebly.cli.values import given


def validate(
    references: Annotated[
        str | None,
        typer.Option(
            "--references",
            metavar="DIR",
            help="Folder of references; default: $FEEBLY_REFERENCE, else that of a source checkout.",
        ),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="One line for each point of a contour.")] = False,
    only: Annotated[
        str | None,
        typer.Option(
            "--only",
            metavar="A,B",
            help="Some parts: dark-photon, yields, acceptance, reconstruction, dark-scalar, alp-photon, "
            "alp-fermion, alp-gluon, statistics.",
        ),
    ] = None,
    jobs: options.Jobs = None,
    as_json: options.Json = False,
) -> None:
    """Own results beside published ones.

    A table of distances to the references. A row that was tuned on its own reference says "calibrated": it
    is no test. A reference that is not there is a skipped row. Exit code 1 when a row is outside its
    tolerance. All parts take minutes the first time; their yield tables are kept.

    \b
    Examples:
        feebly validate
        feebly validate --only dark-scalar,statistics
    """
    from feebly.report.validation import validate as compare

    with progress("validation") as update:
        report = compare(
            progress=update,
            jobs=given(values.positive, jobs, "--jobs"),
            reference_dir=references,
            only=given(values.names, only, "--only"),
        )
    if as_json:
        answer_json(report.as_dict())
    else:
        answer(report.text(full))
    if not report.passed:
        raise typer.Exit(FAILED_CHECK)

"""``feebly validate``: own results beside published and pilot references."""

from __future__ import annotations

import typer

from feebly.cli import options, values
from feebly.cli.exits import FAILED_CHECK
from feebly.cli.output import answer, answer_json
from feebly.cli.progress import progress
from feebly.cli.values import given


def validate(jobs: options.Jobs = None, as_json: options.Json = False) -> None:
    """Own results beside published ones.

    A table of distances to the references that come with the package. A row that was tuned on its own
    reference says "calibrated": it is no test. Exit code 1 when a row is outside its tolerance.

    \b
    Example:
        feebly validate
    """
    from feebly.report.validation import validate as compare

    with progress("validation") as update:
        report = compare(progress=update, jobs=given(values.positive, jobs, "--jobs"))
    if as_json:
        answer_json(report.as_dict())
    else:
        answer(report.text())
    if not report.passed:
        raise typer.Exit(FAILED_CHECK)

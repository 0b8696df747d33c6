"""``feebly diff``: what moved between two runs, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from feebly.cli import options
from feebly.cli.output import answer, answer_json

_RUN = "A run folder, its result.json, or an archive of 'feebly pack'."


def diff(
    a: Annotated[str, typer.Argument(metavar="A", help=_RUN)],
    b: Annotated[str, typer.Argument(metavar="B", help=_RUN)],
    as_json: options.Json = False,
) -> None:
    """What moved between two runs, and why.

    Prints how far contour edges, yields and limits moved, as factors B / A, and what moved them: a
    difference of inputs, options or versions is a cause where no other one can have moved so much, else a
    candidate. Nothing is computed again. The exit code is 0 whether or not something moved.

    \b
    Examples:
        feebly diff my-run other-run
        feebly diff published.zip my-run --json
    """
    from feebly.report.run_difference import compare_runs, read_kept
    from feebly.report.run_difference.text import difference_dict, difference_text
    from feebly.report.saved_run import folder_of_run

    with folder_of_run(a) as one, folder_of_run(b) as other:
        found = compare_runs(read_kept(one, a), read_kept(other, b))
    if as_json:
        answer_json(difference_dict(found))
    else:
        answer(difference_text(found))

"""``feebly diff``: what moved between two runs, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from feebly.cli import options
from feebly.cli.output import answer, answer_json

_RUN = "Folder of a run or of 'feebly kaon', its result.json, or an archive of 'feebly pack'."


def diff(
    a: Annotated[str, typer.Argument(metavar="A", help=_RUN)],
    b: Annotated[str, typer.Argument(metavar="B", help=_RUN)],
    as_json: options.Json = False,
) -> None:
    """What moved between two runs, and why.

    Prints how far contour edges, yields and limits moved, as factors B / A, and what moved them: a
    difference of inputs, options or versions is a cause where no other one can have moved so much, else a
    candidate. Of results of 'feebly kaon' the rows of limits.csv are compared. Nothing is computed again. The
    exit code is 0 whether or not something moved.

    \b
    Examples:
        feebly diff my-run other-run
        feebly diff published.zip my-run --json
    """
    from feebly.report.kaon_saved import is_kaon_result
    from feebly.report.run_difference import compare_runs, read_kept
    from feebly.report.run_difference.text import difference_dict, difference_text
    from feebly.report.saved_run import folder_of_run

    with folder_of_run(a) as one, folder_of_run(b) as other:
        if is_kaon_result(one):
            _kaon(one, other, (a, b), as_json)
            return
        found = compare_runs(read_kept(one, a), read_kept(other, b))
    if as_json:
        answer_json(difference_dict(found))
    else:
        answer(difference_text(found))


def _kaon(one: Path, other: Path, names: tuple[str, str], as_json: bool) -> None:
    from feebly.report.kaon_difference import compare_kaon, difference_dict
    from feebly.report.kaon_saved import read_kaon_result

    found = compare_kaon(read_kaon_result(one, names[0]), read_kaon_result(other, names[1]))
    if as_json:
        answer_json(difference_dict(found))
    else:
        answer("\n".join(found.lines))

"""``feebly replay``: a run made again from what it keeps, and compared with what it was."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from feebly.cli import options, values
from feebly.cli.exits import FAILED_CHECK
from feebly.cli.folders import require_writable
from feebly.cli.output import answer, answer_json, note
from feebly.cli.progress import progress
from feebly.core.errors import ConfigError

if TYPE_CHECKING:
    from feebly.report.run_difference import RunDifference

Out = Annotated[
    str | None,
    typer.Option("--out", metavar="DIR", help="Keep the run that was made again."),
]
Fresh = Annotated[
    bool, typer.Option("--fresh", help="Sample all yield tables again; default: take those of the cache.")
]


def replay(
    context: typer.Context,
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="Run folder, its result.json, or archive of 'feebly pack'.")
    ],
    fresh: Fresh = False,
    jobs: options.Jobs = None,
    out: Out = None,
    as_json: options.Json = False,
) -> None:
    """Make a run again and compare, bit by bit.

    The arguments, and the files of yours that the run used, are those that it keeps. Equal means the same
    contours, yields, limits and texts; dates and timings do not count. If they are not equal: what moved by
    how much, and which input, option or version differs. A result of 'feebly kaon' is made again and
    compared in the same way. Exit code 0: equal, 1: not, 3: no run, or a file of it is gone or has changed.

    \b
    Examples:
        feebly replay my-run
        feebly replay my-run/result.json --fresh
        feebly replay published.zip --out again
    """
    from feebly.report.kaon_saved import is_kaon_result
    from feebly.report.run_difference import compare_runs, read_kept
    from feebly.report.run_folder import write_run
    from feebly.report.saved_run import folder_of_run, read_run
    from feebly.workflow.replay import replay as replay_run

    threads = values.given(values.positive, jobs, "--jobs")
    with folder_of_run(run) as folder, _target(out, folder) as target:
        if is_kaon_result(folder):
            _kaon(folder, target, run, context, as_json)
            return
        saved, kept = read_run(folder), read_kept(folder, run)
        with progress(f"{run}: yield tables") as update:
            again = replay_run(saved, fresh=fresh, jobs=threads, progress=update, report=note)
        write_run(again.result, target, command=["feebly", *context.obj])
        found = compare_runs(kept, read_kept(target, out or "the run made again"))
    _tell(found, again.sampled_blocks, as_json)
    if not found.is_equal:
        raise typer.Exit(FAILED_CHECK)


def _kaon(folder: Path, target: Path, name: str, context: typer.Context, as_json: bool) -> None:
    from feebly.cli.kaon_kinds import made_again
    from feebly.report.kaon_difference import compare_kaon, difference_dict
    from feebly.report.kaon_folder import write_kaon_result
    from feebly.report.kaon_saved import read_kaon_result

    kept = read_kaon_result(folder, name)
    write_kaon_result(made_again(kept), target, command=["feebly", *context.obj])
    found = compare_kaon(kept, read_kaon_result(target, "the result made again"))
    if as_json:
        answer_json(difference_dict(found))
    elif found.is_equal:
        answer("equal bit by bit: limits and texts")
    else:
        answer("\n".join(["not equal", *found.lines]))
    if not found.is_equal:
        raise typer.Exit(FAILED_CHECK)


@contextlib.contextmanager
def _target(out: str | None, folder: Path) -> Iterator[Path]:
    """Where the run that is made again goes: the asked folder, or one that is gone at the end."""
    if out is None:
        with tempfile.TemporaryDirectory(prefix="feebly-replay-") as scratch:
            yield Path(scratch)
        return
    if Path(out).resolve() == folder.resolve():
        raise ConfigError(f'--out "{out}": is the run itself; choose another folder')
    require_writable(Path(out))
    yield Path(out)


def _tell(found: RunDifference, sampled_blocks: int, as_json: bool) -> None:
    from feebly.report.run_difference.text import difference_dict, difference_text

    if as_json:
        content: dict[str, Any] = {"equal": found.is_equal, "sampled_blocks": sampled_blocks}
        answer_json(content | difference_dict(found))
        return
    tables = (
        f"{sampled_blocks} blocks of its yield tables sampled again"
        if sampled_blocks
        else "yield tables from the cache: --fresh samples them again"
    )
    if found.is_equal:
        answer(f"equal bit by bit: contours, yields, limits and texts ({tables})")
    else:
        answer(f"not equal ({tables})\n{difference_text(found)}")

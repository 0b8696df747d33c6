"""A run made again from what it keeps, with today's feebly: its result is compared in ``report``."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from inspect import signature
from pathlib import Path

from feebly.core.errors import DataError
from feebly.workflow.cut_flow import with_cut_flow
from feebly.workflow.repeat import SavedRun
from feebly.workflow.result import RunResult
from feebly.workflow.run import run
from feebly.workflow.store import Report
from feebly.workflow.tables import Progress


@dataclass(frozen=True, eq=False)
class Replay:
    """The result made again, and how many blocks of its yield tables were sampled for it (0: all read)."""

    result: RunResult
    sampled_blocks: int


def replay(
    saved: SavedRun,
    *,
    fresh: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
    report: Report = lambda line: None,
    cache_dir: str | Path | None = None,
) -> Replay:
    """What `feebly.run` gives today with the arguments of an earlier run.

    saved: from `feebly.read_run`. Yield tables are taken from the cache where they are there; with ``fresh``
    all are sampled again and none is kept. Inputs of feebly itself may have changed since: that is for a
    comparison to find. Cut-flows are made again where the run has them. DataError where a file of the user is
    gone or has changed, and for arguments that this feebly does not know.
    """
    given = saved.own_arguments()
    if unknown := sorted(set(given) - set(signature(run).parameters)):
        raise DataError(
            f"{saved.name}: arguments {', '.join(unknown)} are not known to this feebly; take the one that "
            "wrote it, or a newer one"
        )
    sampled: list[int] = []

    def counted(done: int, total: int, text: str) -> None:
        if not sampled:
            sampled.append(total)
        if progress is not None:
            progress(done, total, text)

    with _cache(fresh, cache_dir) as cache:
        result = run(**given, jobs=jobs, progress=counted, report=report, cache_dir=cache)
    if saved.has_cut_flow:  # not by run: its progress counts blocks of the tables
        result = with_cut_flow(result, saved.choices_today(), jobs, progress)
    return Replay(result, sum(sampled))


@contextlib.contextmanager
def _cache(fresh: bool, cache_dir: str | Path | None) -> Iterator[str | Path | None]:
    if not fresh:
        yield cache_dir
        return
    with tempfile.TemporaryDirectory(prefix="feebly-tables-") as empty:
        yield empty

"""A run projected to another number of protons: the same choices and yield tables, other assumptions."""

from __future__ import annotations

from pathlib import Path

from feebly.core.errors import ConfigError
from feebly.statistics.projection import SCALE
from feebly.statistics.signal_errors import SignalError
from feebly.workflow.choices import GridRange
from feebly.workflow.repeat import SavedRun
from feebly.workflow.result import RunResult
from feebly.workflow.run import run
from feebly.workflow.store import Report
from feebly.workflow.tables import Progress


def project(
    saved: SavedRun,
    *,
    pot: float | None = None,
    background: str | None = None,
    coupling: GridRange | None = None,
    cl: float | None = None,
    convention: str | None = None,
    signal_error: SignalError | None = None,
    force_signal_error: bool | None = None,
    ordering: str | None = None,
    bands: str | None = None,
    thrown_error: SignalError | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
    report: Report = lambda line: None,
    cache_dir: str | Path | None = None,
) -> RunResult:
    """What `feebly.run` gives with the arguments of an earlier run but those that are given here.

    saved: from `feebly.read_run`. pot, background: as in `feebly.run`, one of them at least; the background
    scales where neither this call nor the run says otherwise. The signal is proportional to the POT: the
    yield tables of the run are taken from the cache, and sampled again with the same numbers where they are
    not there (``report`` receives a line). Raises DataError where an input of the run is gone or has changed,
    ConfigError or DomainError for wrong values.
    """
    if pot is None and background is None:
        raise ConfigError(
            f"{saved.name}: nothing to project; expected another POT (--pot 1e18), an assumption about the "
            "background (--background none), or both"
        )
    saved.require_unchanged()
    given = saved.own_arguments()
    asked = {
        "pot": pot,
        "background": background or given["background"] or SCALE,
        "coupling": coupling,
        "cl": cl,
        "convention": convention,
        "signal_error": signal_error,
        "force_signal_error": force_signal_error or None,
        "ordering": ordering,
        "bands": bands,
    }
    changes = {name: value for name, value in asked.items() if value is not None}
    if bands is not None or thrown_error is not None:
        changes["thrown_error"] = thrown_error
    given |= changes
    return run(**given, jobs=jobs, progress=_announced(progress, report), report=report, cache_dir=cache_dir)


def _announced(progress: Progress | None, report: Report) -> Progress:
    """Progress that says first how much of the run has to be sampled again."""
    told: list[int] = []

    def update(done: int, total: int, text: str) -> None:
        if not told:
            told.append(total)
            report(f"{total} blocks of its yield tables are not in the cache; the same are sampled again")
        if progress is not None:
            progress(done, total, text)

    return update

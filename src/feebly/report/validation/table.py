"""The whole table: which comparison comes when."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from feebly.analysis.analysis import load_analysis
from feebly.apparatus.experiment import load_experiment
from feebly.report.validation.acceptance import acceptance_rows, polarisation_rows
from feebly.report.validation.contours import contour_rows
from feebly.report.validation.curves import Pieces
from feebly.report.validation.plan import ReferenceRun, validation_plan
from feebly.report.validation.references import reference_folder
from feebly.report.validation.resolution import resolution_rows
from feebly.report.validation.rows import Row
from feebly.report.validation.sampling import Sampling
from feebly.report.validation.scalar import scalar_plan, scalar_rows
from feebly.report.validation.statistics import statistics_plan, statistics_rows
from feebly.report.validation.yields import yield_rows

if TYPE_CHECKING:
    from feebly.report.validation import Progress

_EXPERIMENT = "na62-dump-2021"


def all_rows(
    progress: Progress | None = None, jobs: int | None = None, reference_dir: str | Path | None = None
) -> Iterator[Row]:
    """Rows of all comparisons, in the order of the table."""
    plan = validation_plan()
    folder = reference_folder(reference_dir)
    sampling = Sampling(load_experiment(_EXPERIMENT), load_analysis(_EXPERIMENT))
    report = progress or (lambda done, total, text: None)
    contours = {}
    for name, settings in plan.runs.items():
        report(0, 1, f"contour {name}")
        contours[name] = observed_contour(settings, progress, jobs)
    yield from contour_rows(contours, plan, sampling.analysis, folder)
    report(0, 1, "yields")
    yield from yield_rows(plan.yields, sampling, folder)
    report(0, 1, "acceptance")
    yield from acceptance_rows(plan.acceptance, sampling)
    yield from polarisation_rows(plan.polarisation, sampling)
    report(0, 1, "reconstruction")
    yield from resolution_rows(plan.resolution, sampling)
    report(0, 1, "dark scalar")
    yield from scalar_rows(scalar_plan(), folder)
    report(0, 1, "statistics")
    yield from statistics_rows(statistics_plan())
    for later in plan.later:
        yield Row("not compared yet", later.name, skipped=later.reason)


def observed_contour(
    settings: ReferenceRun, progress: Progress | None = None, jobs: int | None = None
) -> Pieces:
    """Pieces of the observed exclusion of one run."""
    from feebly.workflow.run import run

    result = run(
        "dark-photon",
        experiment=_EXPERIMENT,
        preset=settings.preset,
        channels=settings.channels,
        response=settings.response,
        mass=settings.mass_gev,
        precision=settings.precision,
        jobs=jobs,
        progress=progress,
    )
    return result.scan.contour("observed")

"""The whole table: which comparison comes when."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from feebly.analysis.analysis import load_analysis
from feebly.apparatus.experiment import load_experiment
from feebly.core.errors import unknown
from feebly.report.validation import PARTS
from feebly.report.validation.acceptance import acceptance_rows, polarisation_rows
from feebly.report.validation.alp_yields import alp_plan, alp_yield_rows
from feebly.report.validation.contours import contour_rows, projection_rows
from feebly.report.validation.curves import Pieces
from feebly.report.validation.plan import ReferenceRun, projection_plan, validation_plan
from feebly.report.validation.projection import projected_contour
from feebly.report.validation.references import reference_folder
from feebly.report.validation.resolution import resolution_rows
from feebly.report.validation.rows import Row
from feebly.report.validation.sampling import Sampling
from feebly.report.validation.scalar import OpenYields, pilot_rows, scalar_plan
from feebly.report.validation.statistics import statistics_plan, statistics_rows
from feebly.report.validation.yields import yield_rows

if TYPE_CHECKING:
    from feebly.report.validation import Progress

_EXPERIMENT = "na62-dump-2021"
_STEPS = 1000  # of the progress of one part


@dataclass(frozen=True)
class PartProgress:
    """Progress of one part among all: each has the share of its usual seconds."""

    name: str
    begun_s: float
    own_s: float
    total_s: float
    report: Progress

    def update(self, done: int, total: int, text: str) -> None:
        """So much of this part is done."""
        seconds = self.begun_s + self.own_s * done / max(total, 1)
        self.report(int(_STEPS * seconds / self.total_s), _STEPS, f"{self.name}: {text}")

    def piece(self, k: int, number: int, name: str) -> Progress:
        """Progress of piece k of so many equal pieces of this part."""

        def update(done: int, total: int, text: str) -> None:
            self.update(k * _STEPS + done * _STEPS // max(total, 1), number * _STEPS, f"{name} {text}")

        update(0, 1, "")
        return update


@dataclass(frozen=True)
class Setting:
    """Where references lie, how many threads work, and what is told along the way."""

    folder: Path | None
    jobs: int | None
    progress: PartProgress

    @cached_property
    def sampling(self) -> Sampling:
        return Sampling(load_experiment(_EXPERIMENT), load_analysis(_EXPERIMENT))


def all_rows(
    progress: Progress | None = None,
    jobs: int | None = None,
    reference_dir: str | Path | None = None,
    only: Sequence[str] | None = None,
) -> Iterator[Row]:
    """Rows of all comparisons or of some parts, in the order of the table."""
    for name in only or ():
        if name not in PARTS:
            raise unknown("part of the validation", name, PARTS)
    wanted = [name for name in PARTS if only is None or name in only]
    report, folder = progress or (lambda done, total, text: None), reference_folder(reference_dir)
    begun, total = 0.0, sum(_ROWS[name].seconds for name in wanted)
    for name in wanted:
        part = _ROWS[name]
        told = PartProgress(name, begun, part.seconds, total, report)
        told.update(0, 1, "")
        yield from part.rows(Setting(folder, jobs, told))
        begun += part.seconds
    if only is None:
        for later in validation_plan().later:
            yield Row("not compared yet", later.name, skipped=later.reason)


def _dark_photon(setting: Setting) -> Iterator[Row]:
    plan, contours = validation_plan(), {}
    for k, (name, settings) in enumerate(plan.runs.items()):
        progress = setting.progress.piece(k, len(plan.runs) + 1, name)
        contours[name] = observed_contour(settings, progress, setting.jobs)
    yield from contour_rows(contours, plan, setting.sampling.analysis, setting.folder)
    yield from _projections("dark-photon", setting, len(plan.runs), len(plan.runs) + 1)


def _projections(name: str, setting: Setting, k: int = 0, number: int = 1) -> Iterator[Row]:
    """All references of one projection, whose contour is made once, and only if one of them is there."""
    plan = projection_plan()

    @cache
    def contour() -> Pieces:
        progress = setting.progress.piece(k, number, "projection")
        return projected_contour(plan.runs[name], progress, setting.jobs)

    for reference in plan.contours:
        if reference.run == name:
            yield from projection_rows(plan.runs[name], reference, setting.folder, contour)


def _yields(setting: Setting) -> Iterator[Row]:
    yield from yield_rows(validation_plan().yields, setting.sampling, setting.folder)


def _acceptance(setting: Setting) -> Iterator[Row]:
    plan = validation_plan()
    yield from acceptance_rows(plan.acceptance, setting.sampling)
    yield from polarisation_rows(plan.polarisation, setting.sampling)


def _reconstruction(setting: Setting) -> Iterator[Row]:
    yield from resolution_rows(validation_plan().resolution, setting.sampling)


def _dark_scalar(setting: Setting) -> Iterator[Row]:
    yield from pilot_rows(OpenYields(scalar_plan()))
    yield from _projections("dark-scalar", setting)


def _alp(tag: str) -> Callable[[Setting], Iterator[Row]]:
    def rows(setting: Setting) -> Iterator[Row]:
        yield from alp_yield_rows(tag, alp_plan(), setting.folder)
        yield from _projections(tag, setting)

    return rows


def _statistics(setting: Setting) -> Iterator[Row]:
    yield from statistics_rows(statistics_plan())


class _Part(NamedTuple):
    """A part and the CPU seconds that it takes with nothing cached, for the progress."""

    seconds: float
    rows: Callable[[Setting], Iterator[Row]]


_ROWS: Mapping[str, _Part] = MappingProxyType(
    {
        "dark-photon": _Part(195.0, _dark_photon),
        "yields": _Part(6.0, _yields),
        "acceptance": _Part(4.0, _acceptance),
        "reconstruction": _Part(3.0, _reconstruction),
        "dark-scalar": _Part(77.0, _dark_scalar),
        "alp-photon": _Part(23.0, _alp("alp-photon")),
        "alp-fermion": _Part(5.0, _alp("alp-fermion")),
        "alp-gluon": _Part(37.0, _alp("alp-gluon")),
        "statistics": _Part(2.0, _statistics),
    }
)


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

"""Validation (``feebly validate``): own results beside every reference that applies, as a table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from feebly.report.validation.rows import Row, ValidationReport

__all__ = ["Row", "ValidationReport", "validate"]

Progress = Callable[[int, int, str], None]


def validate(
    progress: Progress | None = None, jobs: int | None = None, reference_dir: str | Path | None = None
) -> ValidationReport:
    """Compare contours, yields, acceptances and resolutions of the dark photon with their references.

    reference_dir: folder with ``contours/`` and ``pilot_yields.json`` (default: $FEEBLY_REFERENCE, else
    tests/reference of a source checkout); what it lacks becomes a skipped row. jobs: threads for the yield
    tables, which are kept as those of `run`. progress(done, total, text) is called along the way.
    """
    from feebly.report.validation.table import all_rows

    return ValidationReport(tuple(all_rows(progress, jobs, reference_dir)))

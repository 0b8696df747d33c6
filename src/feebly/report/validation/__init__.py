"""Validation (``feebly validate``): own results beside every reference that applies, as a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from feebly.report.validation.rows import Row, ValidationReport

__all__ = ["PARTS", "Row", "ValidationReport", "validate"]

Progress = Callable[[int, int, str], None]

PARTS = (
    "dark-photon", "yields", "acceptance", "reconstruction", "dark-scalar",
    "alp-photon", "alp-fermion", "alp-gluon", "statistics",
)  # fmt: skip
"""Parts of the table, in its order: contours and yields of the dark photon first, then other particles."""


def validate(
    progress: Progress | None = None,
    jobs: int | None = None,
    reference_dir: str | Path | None = None,
    only: Sequence[str] | None = None,
) -> ValidationReport:
    """Compare contours, yields, acceptances, resolutions and counting with their references.

    reference_dir: folder with ``contours/`` and the files of the pilots (default: $FEEBLY_REFERENCE, else
    tests/reference of a source checkout); what it lacks becomes a skipped row. jobs: threads for the yield
    tables, which are kept as those of `run`. only: some of `PARTS`. progress(done, total, text) is called
    along the way. ConfigError for an unknown part.
    """
    from feebly.report.validation.table import all_rows

    return ValidationReport(tuple(all_rows(progress, jobs, reference_dir, only)))

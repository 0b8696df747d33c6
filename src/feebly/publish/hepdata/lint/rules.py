"""All rules by name, and what they find in a record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from feebly.publish.hepdata.lint import of_columns, of_curves, of_grids, of_physics, of_records
from feebly.publish.hepdata.lint.findings import Finding, RecordRule, TableRule, TableView
from feebly.publish.hepdata.tables import Submission

RECORD_RULES: tuple[RecordRule, ...] = (
    of_records.missing_description,
    of_records.missing_keywords,
    of_records.long_name,
    of_records.repeated_name,
    of_records.unknown_file,
    of_records.missing_file,
    of_records.missing_thumbnail,
    of_records.bad_picture,
    of_records.too_large,
    of_records.unlike_masses,
)

TABLE_RULES: tuple[TableRule, ...] = (
    of_columns.not_a_number,
    of_columns.number_as_text,
    of_columns.text_among_numbers,
    of_columns.unequal_lengths,
    of_columns.missing_units,
    of_columns.unknown_units,
    of_columns.missing_cl,
    of_columns.unlikely_cl,
    of_columns.unnamed_coupling,
    of_columns.negative_coupling,
    of_columns.negative_mass,
    of_columns.log10_as_linear,
    of_columns.linear_as_log10,
    of_columns.coupling_range,
    of_columns.probability_range,
    of_columns.negative_events,
    of_columns.negative_error,
    of_columns.error_of_missing,
    of_grids.duplicated_rows,
    of_grids.incomplete_grid,
    of_grids.disordered_grid,
    of_grids.too_many_rows,
    of_curves.open_contour,
    of_curves.self_intersecting,
    of_curves.islands_joined,
    of_curves.mixed_pieces,
    of_curves.edges_exchanged,
    of_curves.bands_out_of_order,
    of_curves.expected_outside_bands,
    of_physics.gev_labelled_mev,
    of_physics.mev_labelled_gev,
    of_physics.square_as_coupling,
    of_physics.coupling_as_square,
    of_physics.swapped_columns,
    of_physics.impossible_exclusion,
    of_physics.cm_energy,
)


def _name(rule: Callable[..., object]) -> str:
    return str(getattr(rule, "__name__", "")).replace("_", "-")


_ALL: tuple[Callable[..., object], ...] = (*RECORD_RULES, *TABLE_RULES)

RULES: Mapping[str, str] = MappingProxyType(
    {_name(rule): " ".join((rule.__doc__ or "").split()) for rule in _ALL}
)
"""What each rule looks for, by name."""


def lint(record: Submission) -> tuple[Finding, ...]:
    """Everything that the rules find in a record, record first, then table by table."""
    return (*_of_record(record), *_of_tables(record))


def _of_record(record: Submission) -> Iterable[Finding]:
    for rule in RECORD_RULES:
        for place, message in rule(record):
            yield Finding(_name(rule), place, message)


def _of_tables(record: Submission) -> Iterator[Finding]:
    for table in record.tables:
        view = TableView(table, record)
        for rule in TABLE_RULES:
            for place, message in rule(view):
                yield Finding(_name(rule), place, message)

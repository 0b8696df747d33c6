"""What a check says: the rule, the place, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from feebly.publish.hepdata.column_meaning import Meaning, Role, meanings
from feebly.publish.hepdata.tables import Column, Submission, Table


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: the name of the rule, the place (table, column, row), what is there and the mend."""

    rule: str
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message} [{self.rule}]"


Fault = tuple[str, str]
"""Place and message; the rule adds its name."""


@dataclass(frozen=True, eq=False)
class TableView:
    """A table with the meaning of its columns, in its record; rules read from here."""

    table: Table
    record: Submission

    @cached_property
    def meanings(self) -> tuple[Meaning, ...]:
        return meanings(self.table)

    def of_role(self, *roles: Role) -> tuple[Meaning, ...]:
        """The columns that mean this."""
        return tuple(each for each in self.meanings if each.role in roles)

    def place(self, column: Column | None = None, row: int | None = None) -> str:
        """``source: 'table', 'column', row 3``; rows count from one."""
        parts = [repr(self.table.name or self.table.data_file)]
        if column is not None:
            parts.append(repr(column.name))
        if row is not None:
            parts.append(f"row {row + 1}")
        return ", ".join(parts)

    @cached_property
    def has_equal_lengths(self) -> bool:
        """Whether every column has the same number of rows."""
        return len({len(column.values) for column in self.table.columns}) == 1

    @cached_property
    def is_grid(self) -> bool:
        """Whether two or more axes of numbers span the table, as for a heat map."""
        axes = [each for each in self.meanings if each.independent]
        spanning = [each for each in axes if each.role not in ("piece", "index", "curve")]
        return len(spanning) == len(axes) >= 2 and all(each.column.is_numeric for each in axes)


TableRule = Callable[[TableView], Iterator[Fault]]
RecordRule = Callable[[Submission], Iterator[Fault]]

"""Tables of text for the terminal."""

from __future__ import annotations

from feebly.report.text_table import aligned


def test_columns_are_as_wide_as_their_widest_cell():
    rows = [("name", "n", "b"), ("a", "10", "0.5"), ("longer", "1", "")]
    assert aligned(rows) == ["name     n    b", "a       10  0.5", "longer   1"]
    assert aligned(rows, left=3)[1] == "a       10  0.5"
    assert aligned(rows, left=2)[2] == "longer  1"

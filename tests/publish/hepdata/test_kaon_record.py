"""Records of results of ``feebly kaon``: what is in them is what the result has; lint finds nothing."""

import pytest
from tests.report.kaon_results import small_result

from feebly.core.errors import DataError
from feebly.publish.hepdata.kaon_record import COUNTS, LIMITS, export_kaon
from feebly.publish.hepdata.lint import lint
from feebly.publish.hepdata.record_reader import read_record
from feebly.publish.hepdata.tables import MISSING
from feebly.report.kaon_folder import write_kaon_result


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    top = tmp_path_factory.mktemp("kaon")
    write_kaon_result(small_result(), top / "here")
    made = export_kaon(top / "here")
    return made, read_record(made.write(top / "record.zip"))


def test_nothing_is_found_wrong(record):
    assert lint(record[1]) == ()


def test_limits_are_those_of_the_result(record):
    table = next(table for table in record[1].tables if table.name == LIMITS)
    observed, expected = table.dependent
    assert observed.name == "upper limit on branching ratio, observed"
    assert observed.values == (2e-9, 3e-9, MISSING)
    assert expected.values == (1.8e-9, 2.6e-9, 2.7e-9)
    assert table.independent[0].values == (0.21, 0.22, 0.23)
    assert {each.name: each.value for each in observed.qualifiers}["CL"] == 0.9
    assert table.keywords["reactions"] == ("K+ --> PI+ A",)


def test_counts_have_the_error_of_the_background(record):
    table = next(table for table in record[1].tables if table.name == COUNTS)
    n, b = table.dependent
    assert n.values == (2, 5, 0)
    assert [bars[0].plus if bars else None for bars in b.errors] == [0.2, 0.3, None]


def test_what_is_not_there_is_said(record):
    made, read = record
    assert "K2 limits on the coupling: kaon peaks has no such numbers" in made.left_out
    assert all(reason in read.comment for reason in made.left_out)


def test_a_blinded_result_says_so(tmp_path):
    setting = small_result().setting | {"blinded": True}
    rows = {
        name: column
        for name, column in small_result().rows.items()
        if name in ("mass_gev", "expected_branching_ratio_limit")
    }
    write_kaon_result(small_result(setting=setting, rows=rows), tmp_path / "here")
    made = export_kaon(tmp_path / "here")
    assert [table.name for table in made.tables] == [LIMITS]
    assert b"The data are blinded" in made.files["submission.yaml"]


def test_a_changed_table_is_refused(tmp_path):
    write_kaon_result(small_result(), tmp_path)
    (tmp_path / "limits.csv").write_text("mass_gev\n0.21\n")
    with pytest.raises(DataError, match="not what feebly wrote"):
        export_kaon(tmp_path)

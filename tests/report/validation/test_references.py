"""The folder of references and its files."""

import pytest
from numpy.testing import assert_array_equal

from feebly.core.errors import ConfigError, DataError
from feebly.report.validation.references import (
    find_reference,
    read_columns,
    read_curves,
    reference_folder,
    why_missing,
)


def test_argument_wins_over_variable(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    monkeypatch.setenv("FEEBLY_REFERENCE", str(tmp_path / "a"))
    assert reference_folder() == tmp_path / "a"
    assert reference_folder(tmp_path / "b") == tmp_path / "b"


def test_a_named_folder_must_be_there(tmp_path, monkeypatch):
    monkeypatch.setenv("FEEBLY_REFERENCE", str(tmp_path / "none"))
    with pytest.raises(ConfigError, match=r"none.*FEEBLY_REFERENCE"):
        reference_folder()


def test_source_checkout_has_its_own(monkeypatch):
    monkeypatch.delenv("FEEBLY_REFERENCE", raising=False)
    folder = reference_folder()
    assert folder is None or folder.parts[-2:] == ("tests", "reference")


def test_missing_files_have_a_plain_reason(tmp_path):
    (tmp_path / "x.csv").write_text("1,2\n")
    assert find_reference(tmp_path, "x.csv") == tmp_path / "x.csv"
    assert find_reference(tmp_path, "contours", "y.csv") is None
    assert find_reference(None, "x.csv") is None
    assert why_missing(tmp_path, "y.csv").startswith("y.csv is not in the folder")
    assert why_missing(None, "y.csv").startswith("no folder of references (y.csv)")


@pytest.mark.parametrize("text", ["# m,eps\n0.1,1e-7\n0.2,2e-7\n", "x,y\n0.1 1e-7\n\n0.2 2e-7 # two\n"])
def test_columns(tmp_path, text):
    path = tmp_path / "c.txt"
    path.write_text(text)
    assert_array_equal(read_columns(path, 2), [[0.1, 1e-7], [0.2, 2e-7]])


def test_blank_lines_part_curves(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("# m,c\nx,y\n0.1,1e-7\n# no end\n0.2,2e-7\n\n\n0.3,3e-7\n\n")
    first, second = read_curves(path)
    assert_array_equal(first, [[0.1, 1e-7], [0.2, 2e-7]])
    assert_array_equal(second, [[0.3, 3e-7]])
    path.write_text("\n\n")
    with pytest.raises(DataError, match="no numbers"):
        read_curves(path)


@pytest.mark.parametrize("second_line", ["0.2", "0.2,much", "0.2,nan", "0.2,1,1"])
def test_damaged_files_are_refused(tmp_path, second_line):
    path = tmp_path / "c.csv"
    path.write_text(f"0.1,1e-7\n{second_line}\n")
    with pytest.raises(DataError, match=r"c\.csv:2 .* expected 2 numbers"):
        read_columns(path, 2)


def test_file_without_numbers_is_refused(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("m,eps\n")
    with pytest.raises(DataError, match="no numbers"):
        read_columns(path, 2)

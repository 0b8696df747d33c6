"""Folders of ``feebly kaon``: what is written is what is read, and nothing else is accepted."""

import json
import math
from html.parser import HTMLParser

import pytest
from tests.report.kaon_results import small_result

from feebly.core.errors import DataError
from feebly.report.html.numbers import resolve
from feebly.report.kaon_folder import rows_csv, some_rows, write_kaon_result
from feebly.report.kaon_saved import is_kaon_result, read_kaon_result
from feebly.report.saved_run import read_result


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("kaon") / "here"
    write_kaon_result(small_result(), path, ["feebly", "kaon", "peaks", "made-up"])
    return path


class Places(HTMLParser):
    """What the page shows, with its places."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if "data-path" in given:
            self.found.append((given["data-path"], given.get("data-value")))


def test_every_number_of_the_page_is_in_the_result(folder):
    content = json.loads((folder / "result.json").read_text())
    places = Places()
    places.feed((folder / "report.html").read_text())
    assert len(places.found) > 60
    for path, value in places.found:
        there = resolve(content, path)
        assert value is None or json.loads(value) == there
    shown = {path for path, _ in places.found}
    assert "/limits/some/1/branching_ratio_limit" in shown
    assert "/inputs/0/origin/source" in shown


def test_rows_are_read_as_written(folder):
    saved = read_kaon_result(folder)
    for name, column in small_result().rows.items():
        expected = [None if math.isnan(value) else value for value in column]
        assert [None if v is None or math.isnan(v) else v for v in saved.rows[name]] == expected
    assert saved.content["limits"]["some"][2]["b"] is None
    assert saved.damaged == ()
    assert is_kaon_result(folder)


def test_the_same_result_gives_the_same_bytes(folder, tmp_path):
    write_kaon_result(small_result(), tmp_path)
    for name in ("limits.csv", "plot.png", "plot.pdf", "refs.bib"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_citations(folder):
    text = (folder / "refs.bib").read_text()
    assert "2311.01837" in text
    assert "Read:2002" in text


def test_a_changed_table_is_refused(tmp_path):
    write_kaon_result(small_result(), tmp_path)
    table = tmp_path / "limits.csv"
    table.write_text(table.read_text().replace("2e-09", "1e-09"))
    saved = read_kaon_result(tmp_path)
    assert saved.damaged == ("limits.csv",)
    with pytest.raises(DataError, match="not what feebly wrote"):
        _ = saved.rows


def test_changed_arguments_are_refused(tmp_path):
    write_kaon_result(small_result(), tmp_path)
    path = tmp_path / "result.json"
    path.write_text(path.read_text().replace('"made-up"', '"other"'))
    with pytest.raises(DataError, match="changed by hand"):
        read_kaon_result(tmp_path).repeat()


def test_a_kaon_result_is_no_run(folder):
    with pytest.raises(DataError, match="a result of feebly kaon peaks; expected one of feebly run"):
        read_result(folder)


@pytest.mark.parametrize("number", [1, 2, 19, 20, 21, 39, 287, 1000])
def test_a_long_table_is_shown_by_some_rows(number):
    """At most twenty, the first and the last among them, in order."""
    rows = some_rows({"mass_gev": [float(k) for k in range(number)]})
    at = [row["mass_gev"] for row in rows]
    assert at[0] == 0
    assert at[-1] == number - 1
    assert at == sorted(set(at))
    assert len(at) == number if number <= 20 else 10 <= len(at) <= 20


def test_numbers_of_the_table_are_those_of_its_text():
    rows = {"name": ["a", "b"], "b": [0.1, None], "n": [3, None]}
    assert rows_csv(rows) == "name,b,n\na,0.1,3\nb,,\n"

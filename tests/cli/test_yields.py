"""``feebly yields``: a table with a header that says what its numbers mean."""

import csv
import inspect
import json

import pytest

ASKED = ("yields", "dark-photon", "--production", "brems", "--channel", "mumu")
GRID = ("--mass", "0.3", "--ctau", "1:10:2")
CSV = """\
# reference coupling: epsilon = 1
# BR: 1
# POT: 1.4e+17
# response set: 2303
mass_gev,ctau_m,region,yield,mc_error
0.3,1.0,SR,0.0015,1e-05
0.3,10.0,SR,2.5,0.01
"""


def test_table_on_stdout(feebly, fake_yields):
    done = feebly(*ASKED, *GRID, "--out", "-")
    assert (done.code, done.out, done.err) == (0, CSV, "")


def test_table_in_a_folder(feebly, fake_yields, tmp_path):
    done = feebly(*ASKED, *GRID)
    path = "feebly-runs/yields-dark-photon-brems-mumu/table.csv"
    assert done.out == f"table: {path}\n"
    lines = (tmp_path / path).read_text().splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert [float(row["yield"]) for row in rows] == [1.5e-3, 2.5]


def test_unwritable_folder_is_told_before_the_work(feebly, fake_yields, tmp_path):
    (tmp_path / "taken").write_text("")
    assert feebly(*ASKED, *GRID, "--out", "taken").code == 3
    assert fake_yields.options is None


def test_json(feebly, fake_yields):
    found = json.loads(feebly(*ASKED, *GRID, "--out", "-", "--json").out)
    assert found["columns"]["yield"] == [1.5e-3, 2.5]
    assert found["header"]["POT"] == 1.4e17
    assert json.loads(feebly(*ASKED, *GRID, "--out", "t", "--json").out)["table"] == "t/table.csv"


def test_options_become_arguments(feebly, fake_yields):
    feebly(
        *ASKED,
        *GRID,
        "--response",
        "2303",
        "--pot",
        "1e18",
        "--precision",
        "0.02",
        "--seed",
        "3",
        "--spectrum",
        "mine.csv",
        "--preset",
        "current",
    )
    assert fake_yields.arguments == ("dark-photon", "brems", "mumu")
    given = {k: v for k, v in fake_yields.options.items() if k not in ("progress", "report")}
    assert given == {
        "masses": (0.3,),
        "ctau": (1.0, 10.0, 2),
        "experiment": "na62-dump-2021",
        "analysis": None,
        "preset": "current",
        "spectrum": "mine.csv",
        "coupling_convention": None,
        "pot": 1e18,
        "response": "2303",
        "precision": 0.02,
        "seed": 3,
        "jobs": None,
    }


@pytest.mark.parametrize("missing", ["--production", "--channel", "--mass", "--ctau"])
def test_what_is_tabulated_must_be_said(feebly, fake_yields, missing):
    arguments = [*ASKED, *GRID]
    at = arguments.index(missing)
    done = feebly(*arguments[:at], *arguments[at + 2 :])
    assert done.code == 2
    assert missing in done.err


def test_wrong_values(feebly, fake_yields):
    done = feebly(*ASKED, "--mass", "300MeV", "--ctau", "1:10:2")
    assert (done.code, done.error) == (3, 'error: --mass "300MeV": expected a number; did you mean 300?')
    done = feebly(*ASKED, "--mass", "0.3", "--ctau", "1")
    assert (done.code, done.error) == (3, 'error: --ctau "1": expected MIN:MAX:N such as 0.05:0.7:60')


def test_library_takes_these_arguments(feebly, fake_yields, monkeypatch):
    feebly(*ASKED, *GRID)
    monkeypatch.undo()
    from feebly.workflow.yields import yields

    inspect.signature(yields).bind(*fake_yields.arguments, **fake_yields.options)

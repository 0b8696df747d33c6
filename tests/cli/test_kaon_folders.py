"""Folders of ``feebly kaon``, and what is seen of blinded data: nothing."""

from __future__ import annotations

import json
import math
from inspect import signature
from pathlib import Path
from types import SimpleNamespace

import pytest
from numpy.testing import assert_allclose
from tests.report.kaon_results import small_result
from typer.main import get_command

from feebly.cli.app import app
from feebly.cli.kaon_kinds import MAKERS, made_again
from feebly.core.errors import BlindedError
from feebly.statistics.intervals.limits import upper_limit

FOLDER = {"limits.csv", "plot.png", "plot.pdf", "result.json", "report.html", "refs.bib"}

SEARCH = """
title = "a search of mine"
decay = "K+ -> pi- e+ mu+"
data = "2030"
parent = "K+"
violates = "lepton number"
blinded = true
ses = { value = 1e-11, origin = { kind = "assumed", source = "a projection" } }

[background]
mean = 0.5
sigma = 0.2
origin = { kind = "assumed", source = "a projection" }
"""

COUNT = 'decay = "K+ -> pi- e+ mu+"\nn = {}\norigin = {{ kind = "assumed", source = "counted" }}\n'


@pytest.fixture
def plain_figures(monkeypatch):
    """Where figures are not looked at: one picture for all."""
    picture = small_result().figures["plot.png"]
    for module, name in (
        ("kaon_limit_report", "limit_figure_bytes"),
        ("kaon_peak_report", "peak_figure_bytes"),
        ("kaon_invisible_report", "figure_bytes"),
    ):
        monkeypatch.setattr(f"feebly.report.{module}.{name}", lambda *given: picture)


@pytest.fixture
def few_events(monkeypatch):
    """Simulations that are good enough for what is read and written."""
    monkeypatch.setattr("feebly.kaon.peaks._POINTS", 4)
    monkeypatch.setattr("feebly.kaon.peaks._NORMALISATION_EVENTS", 20_000)
    monkeypatch.setattr("feebly.kaon.invisible._EVENTS", 10_000)


def contents(folder):
    """All files but the time at which they were made."""
    text = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
    date = json.loads(text["result.json"])["provenance"]["date_utc"].encode()
    return {name: content.replace(date, b"") for name, content in text.items()}


def test_limit_with_a_folder(feebly):
    found = feebly("kaon", "limit", "pi-mumu", "pi-ee", "--out", "here", "--json")
    written = json.loads(Path("here/result.json").read_text())
    assert {path.name for path in Path("here").iterdir()} == FOLDER
    assert json.loads(found.out) == written["found"] | {"folder": "here"}
    names = {row["name"] for row in written["inputs"]}
    assert {"pi-mumu: n", "pi-ee: normalisation candidates", "pi-ee: background"} & names >= {
        "pi-mumu: n",
        "pi-ee: background",
    }
    assert "1905.07770" in Path("here/refs.bib").read_text()


def test_observed_events_from_a_file(feebly):
    Path("mine.toml").write_text(SEARCH.replace("blinded = true\n", ""))
    Path("count.toml").write_text(COUNT.format(3))
    assert "expected (n = 0)" in feebly("kaon", "limit", "mine.toml").out
    found = feebly("kaon", "limit", "mine.toml", "--data", "count.toml", "--json")
    (row,) = json.loads(found.out)["searches"]
    assert (row["n"], row["is_observed"]) == (3, True)


def test_blinded_counts_leave_no_trace(feebly, plain_figures):
    Path("mine.toml").write_text(SEARCH)
    seen = []
    for n in (0, 9):
        Path("count.toml").write_text(COUNT.format(n))
        found = feebly("kaon", "limit", "mine.toml", "--data", "count.toml", "--out", "here")
        assert found.err == "note: the data are blinded and were not read: --unblind reads them\n"
        assert "expected (n = 0)" in found.out
        seen.append((found.out, contents("here")))
    assert seen[0] == seen[1]
    opened = feebly("kaon", "limit", "mine.toml", "--data", "count.toml", "--unblind", "--json")
    assert json.loads(opened.out)["searches"][0]["n"] == 9


def test_data_belong_to_one_search(feebly):
    Path("count.toml").write_text(COUNT.format(0))
    found = feebly("kaon", "limit", "pi-ee", "pi-mumu", "--data", "count.toml")
    assert found.code == 3
    assert "expected one search beside it" in found.error
    assert "expected that of the search" in feebly("kaon", "limit", "pi-ee", "--data", "count.toml").error


EVEN = "".join(f"{230 + 0.1 * k:.1f}\n" for k in range(500))
BLIND_PEAKS = """
extends = "{}"
blinded = true
[scan_mev]
first = 250.0
last = 262.0
step = 1.0
"""


def test_blinded_masses_leave_no_trace(feebly, few_events):
    Path("mine.toml").write_text(BLIND_PEAKS.format("pi-a-gamma-gamma"))
    seen = []
    for mass in ("250.0\n" * 40, EVEN):
        Path("masses.csv").write_text(f"missing_mass_mev\n{mass}")
        found = feebly("kaon", "peaks", "mine.toml", "--data", "masses.csv", "--out", "here")
        assert "expected at 90% CL" in found.out
        seen.append((found.out, contents("here")))
    assert seen[0] == seen[1]
    written = json.loads(Path("here/result.json").read_text())
    assert written["setting"]["blinded"]
    assert {"n", "local_z", "branching_ratio_limit"}.isdisjoint(written["limits"]["columns"])
    for row in written["limits"]["some"]:
        below, above = (upper_limit(int(row["b"]) + k, row["b"]).s_up for k in (0, 1))
        events = below + row["b"] % 1 * (above - below)
        in_window = math.erf(1.5 / math.sqrt(2))
        limit = events / in_window * row["single_event_sensitivity"]
        assert_allclose(row["expected_branching_ratio_limit"], limit, rtol=1e-6)
    opened = feebly(
        "kaon", "peaks", "mine.toml", "--data", "masses.csv", "--out", "open", "--unblind", "--json"
    )
    assert json.loads(opened.out)["events"] == 500

    Path("masses.csv").write_text("missing_mass_mev\n251.0\n")
    found = feebly("kaon", "peaks", "mine.toml", "--data", "masses.csv", "--unblind")
    assert found.code == 3
    assert "masses.csv: no mass has a limit" in found.error


def test_blinded_masses_without_an_expectation(feebly):
    Path("mine.toml").write_text(BLIND_PEAKS.format("mu-n"))
    found = feebly("kaon", "peaks", "mine.toml", "--data", "masses.csv")
    assert found.code == BlindedError.exit_code == 4
    assert "its data are blinded" in found.error


def test_replay_and_diff(feebly, plain_figures):
    Path("mine.toml").write_text(SEARCH.replace("blinded = true\n", ""))
    Path("count.toml").write_text(COUNT.format(3))
    feebly("kaon", "limit", "mine.toml", "--data", "count.toml", "--out", "here")
    assert feebly("replay", "here").out == "equal bit by bit: limits and texts\n"
    feebly("kaon", "limit", "mine.toml", "--data", "count.toml", "--cl", "0.95", "--out", "other")
    moved = feebly("diff", "here", "other").out.splitlines()
    assert "given otherwise: cl: 0.9 -> 0.95" in moved
    one, other = (json.loads(Path(name, "result.json").read_text())["found"] for name in ("here", "other"))
    factor = other["searches"][0]["branching_ratio"] / one["searches"][0]["branching_ratio"]
    row = next(line for line in moved if line.startswith("branching_ratio_limit"))
    assert f"B / A = {factor:.4g} to {factor:.4g}, most at name mine.toml" in row
    assert not json.loads(feebly("diff", "here", "other", "--json").out)["equal"]
    assert feebly("diff", "here", "here").out == "nothing moved\n"

    Path("count.toml").write_text(COUNT.format(4))
    assert "count.toml, has changed" in feebly("replay", "here").error
    table = Path("here/limits.csv")
    table.write_text(table.read_text().replace("mine.toml", "yours.toml"))
    assert "damaged: limits.csv of here" in feebly("diff", "here", "other").out


def test_a_blinded_result_is_made_again_without_its_data(feebly, plain_figures):
    Path("mine.toml").write_text(SEARCH)
    Path("count.toml").write_text(COUNT.format(3))
    feebly("kaon", "limit", "mine.toml", "--data", "count.toml", "--out", "here")
    Path("count.toml").write_text(COUNT.format(5))
    assert feebly("replay", "here").out == "equal bit by bit: limits and texts\n"


def test_each_command_can_be_made_again_from_what_it_keeps():
    """Its arguments are those of the function that gives its result, but for where and how it tells it."""
    commands = get_command(app).commands["kaon"].commands
    for kind, (make, _) in MAKERS.items():
        names = {parameter.name for parameter in commands[kind.removeprefix("kaon ")].params}
        assert set(signature(make).parameters) == names - {"out", "as_json", "over"}


@pytest.mark.parametrize("kind", MAKERS)
def test_options_that_a_result_does_not_keep_have_their_defaults(kind, monkeypatch):
    """Those that move nothing, such as --jobs, and those that came later."""
    make, command = MAKERS[kind]
    calls = []

    def recorded(**given):
        calls.append(given)

    recorded.__signature__ = signature(make)
    monkeypatch.setitem(MAKERS, kind, (recorded, command))
    monkeypatch.setattr("feebly.report.kaon_saved.given_arguments", lambda saved: {"cl": "0.95"})
    made_again(SimpleNamespace(kind=kind, name="here"))
    assert calls[0]["cl"] == "0.95"
    assert set(calls[0]) <= set(signature(make).parameters)
    assert calls[0].get("jobs") is None


def test_page_and_references_again(feebly, plain_figures):
    feebly("kaon", "limit", "pi-mumu", "--out", "here")
    page = Path("here/report.html").read_bytes()
    Path("here/report.html").unlink()
    feebly("report", "here")
    assert Path("here/report.html").read_bytes() == page
    assert feebly("cite", "here").out.strip() == Path("here/refs.bib").read_text().strip()


@pytest.mark.parametrize("command", [("plot",), ("project",), ("export", "--to", "alpinist")])
def test_commands_of_runs_refuse(feebly, plain_figures, command):
    feebly("kaon", "limit", "pi-mumu", "--out", "here")
    found = feebly(command[0], "here", *command[1:], *(("--pot", "1e18") if command[0] == "project" else ()))
    assert found.code == 3
    assert "a result of feebly kaon limit; expected one of feebly run" in found.error


def test_invisible_search_with_a_folder(feebly, few_events):
    given = ("--mass", "0.13:0.22:2", "--lifetimes", "1", "--model", "dark-scalar")
    found = feebly("kaon", "invisible", *given, "--out", "here")
    written = json.loads(Path("here/result.json").read_text())
    assert {"couplings.png", "limit.csv"} | FOLDER == {path.name for path in Path("here").iterdir()}
    assert written["summary"].split("; ")[0] == found.out.splitlines()[2]
    assert {"pi-x-2016-22: regions gev2", "pi0-invisible: regions gev2"} <= {
        row["name"] for row in written["inputs"]
    }
    assert written["limits"]["columns"]["expected_branching_ratio_limit_1_ns"]["meaning"].endswith(", 1 ns")


def test_blinded_counts_of_an_invisible_search_leave_no_trace(feebly, few_events, plain_figures):
    Path("mine.toml").write_text('extends = "pi-x-2016-22"\nblinded = true\n')
    seen = []
    for n in (0, 9):
        Path("counts.csv").write_text(f"mass_mev,n,b\n220,{n},1.5\n")
        given = ("kaon", "invisible", "mine.toml", "--data", "counts.csv", "--mass", "0.22:0.23:2")
        found = feebly(*given, "--out", "here")
        assert "the data are blinded" in found.err
        seen.append((found.out, contents("here")))
    assert seen[0] == seen[1]
    opened = feebly(*given[:-2], "--out", "open", "--unblind", "--json")
    assert json.loads(opened.out)["kind"] == "observed"


def test_thrown_counts_are_read_back(feebly):
    found = feebly("kaon", "simulate", "pi-mumu", "--inject", "1e-10", "--seed", "3")
    n = int(found.out.split()[0])
    assert found.out == f"{n} events: count.toml\n"
    again = json.loads(feebly("kaon", "limit", "pi-mumu", "--data", "count.toml", "--json").out)
    assert again["searches"][0]["n"] == n
    assert "seed 3, signal 1e-10; no measurement" in Path("count.toml").read_text()


def test_thrown_mass_squares_are_read_back(feebly, few_events, plain_figures):
    found = feebly("kaon", "simulate", "pi-x-2016-22", "--inject", "220=1e-10", "--out", "m.csv")
    n = int(found.out.split()[0])
    assert len(Path("m.csv").read_text().splitlines()) == n + 3
    given = ("kaon", "invisible", "pi-x-2016-22", "--mass", "0.22:0.23:2", "--data", "m.csv")
    assert "observed at 90% CL" in feebly(*given).out


def test_a_search_that_reads_no_data_has_no_pseudo_data(feebly, monkeypatch):
    monkeypatch.setattr("feebly.cli.commands.kaon_simulate.THROWERS", {})
    assert "feebly kaon limit reads no data of their own file" in feebly("kaon", "simulate", "pi-ee").error


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("pi0-invisible",), "no --kind: expected --kind limit or invisible"),
        (("pi0-invisible", "--kind", "peaks"), "--kind peaks: expected --kind limit or invisible"),
        (("mu-nu-x", "--background", "3"), "belongs to searches for peaks alone"),
        (("pi-mumu", "--background", "3"), "belongs to searches for peaks alone"),
        (("pi-mumu", "--inject", "250=1e-9"), "--inject"),
        (("pi-mumu", "--inject", "-1e-9"), "zero or a positive number"),
        (("pi-x-2016-22", "--inject", "120=1e-9"), "not searched for by"),
        (("nothing",), "unknown kaon search 'nothing'"),
    ],
)
def test_wrong_pseudo_data(feebly, arguments, line):
    found = feebly("kaon", "simulate", *arguments)
    assert found.code == 3
    assert line in found.error


def test_record_of_limits(feebly, plain_figures):
    feebly("kaon", "limit", "pi-mumu", "pi-ee", "--out", "here")
    found = feebly("hepdata", "export", "here", "--out", "record", "--check")
    assert found.out.splitlines()[0].startswith("3 tables: K1 limits on the branching ratio, K3 counts")
    assert "valid: schema and" in found.out


def test_a_packed_result_is_made_again_elsewhere(feebly, plain_figures):
    Path("mine.toml").write_text(SEARCH.replace("blinded = true\n", ""))
    Path("count.toml").write_text(COUNT.format(3))
    feebly("kaon", "limit", "mine.toml", "pi-ee", "--out", "two")
    feebly("kaon", "limit", "mine.toml", "--data", "count.toml", "--out", "here")
    packed = feebly("pack", "here", "--author", "Ada Lovelace", "--json")
    assert {"inputs/searches/mine.toml", "inputs/data/count.toml", "limits.csv", "report.html"} <= set(
        json.loads(packed.out)["files"]
    )
    feebly("pack", "two")
    for name in ("mine.toml", "count.toml"):
        Path(name).unlink()
    assert feebly("replay", "here.zip").out == "equal bit by bit: limits and texts\n"
    assert feebly("replay", "two.zip").out == "equal bit by bit: limits and texts\n"
    assert "is gone; put it back" in feebly("replay", "here").error


def test_blinded_data_are_not_packed(feebly, plain_figures):
    Path("mine.toml").write_text(SEARCH)
    Path("count.toml").write_text(COUNT.format(3))
    feebly("kaon", "limit", "mine.toml", "--data", "count.toml", "--out", "here")
    files = json.loads(feebly("pack", "here", "--json").out)["files"]
    assert not [name for name in files if "count" in name]


def test_export(feebly, plain_figures):
    feebly("kaon", "limit", "pi-mumu", "pi-mue", "--background-error", "--ses-error", "--out", "here")
    assert feebly("export", "here", "--to", "csv", "--out", "table").out == "table:\ntable/limits.csv\n"
    lines = Path("table/limits.csv").read_text().splitlines()
    assert "# column b: expected background events" in lines
    assert [line for line in lines if line[0] != "#"] == Path("here/limits.csv").read_text().splitlines()
    found = feebly("export", "here", "--to", "pyhf", "--out", "workspaces")
    assert "asymptotic CLs with 0.91 expected background and n = 1" in found.err
    assert {path.name for path in Path("workspaces").iterdir()} == {"pi-mumu.json", "pi-mue.json"}

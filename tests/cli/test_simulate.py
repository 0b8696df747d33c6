"""``feebly simulate``: an event file, a summary, and one line for every mistake."""

import inspect
import json

import pytest

from feebly.core.errors import DomainError

POINT = ("simulate", "dark-photon", "--mass", "0.3", "--coupling", "1e-6", "--channel", "mumu", "-n", "3")


def test_summary_and_file(feebly, fake_simulate):
    done = feebly(*POINT, "--out", "new/e.root")
    assert (done.code, done.err) == (0, "")
    assert fake_simulate.written == [(fake_simulate.result, "new/e.root")]
    assert done.out.splitlines() == [
        "3 unweighted events in SR for 2.5 +- 0.01 expected at 1.4e+17 POT "
        "(epsilon = 1e-06, m = 0.3 GeV, ctau = 0.142 m)",
        "cut                      simulated    expected",
        "generated                    1,000            ",
        "SR                             400         2.5",
        "production                  events    expected    kept",
        "brems                            3         2.5   13.0%",
        "file: new/e.root",
    ]


def test_json_and_plots(feebly, fake_simulate):
    done = feebly(*POINT, "--out", "e.h5", "--plots", "figures", "--json")
    assert json.loads(done.out) == {
        "expected": 2.5, "events": 3, "file": "e.h5", "plots": ["figures/z-tax.png", "figures/mass.png"],
    }  # fmt: skip


def test_options_become_arguments(feebly, fake_simulate, monkeypatch):
    options = "--production brems,eta --weighted --region all --pot 1e18 --preset current"
    more = "--spectrum bmpt --response mumu=2303 --seed 7 --jobs 2 --analysis a.toml --out e.h5"
    feebly(*POINT, *options.split(), *more.split())
    assert fake_simulate.arguments == ("dark-photon", "mumu")
    given = {k: v for k, v in fake_simulate.options.items() if k not in ("progress", "report")}
    assert given == {
        "mass_gev": 0.3, "coupling": 1e-6, "n": 3, "production": ("brems", "eta"), "region": "all",
        "weighted": True, "experiment": "na62-dump-2021", "analysis": "a.toml", "preset": "current",
        "spectrum": "bmpt",
        "response": {"mumu": "2303"}, "pot": 1e18, "seed": 7, "jobs": 2,
    }  # fmt: skip
    feebly(*POINT, "--out", "e.h5")
    assert fake_simulate.options["production"] is None
    assert not fake_simulate.options["weighted"]
    monkeypatch.undo()
    from feebly.workflow.simulate import simulate

    inspect.signature(simulate).bind(*fake_simulate.arguments, **fake_simulate.options)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("-n", "0"), 'error: -n "0": expected a whole number, 1 or more'),
        (("-n", "1e3"), 'error: -n "1e3": expected a whole number, 1 or more'),
        (("--mass", "300MeV"), 'error: --mass "300MeV": expected a number; did you mean 300?'),
        (("--out", "e.txt"), "error: event file \"e.txt\": unknown suffix '.txt'; known: .h5, "),
        (("--out", "taken/e.h5"), "is a file; expected a folder"),
        (("--plots", "taken"), 'error: --plots "taken": '),
        (("--production", "brems,"), 'error: --production "brems,": expected names separated by commas'),
    ],
)
def test_bad_values_are_one_line_before_the_work(feebly, fake_simulate, tmp_path, change, message):
    (tmp_path / "taken").write_text("")
    done = feebly(*POINT, "--out", "e.h5", *change)
    assert done.code == 3
    assert message in done.error
    assert fake_simulate.options is None


def test_errors_of_the_library_are_one_line(feebly, fake_simulate):
    fake_simulate.raises = DomainError("mumu is closed")
    done = feebly(*POINT, "--out", "e.h5")
    assert (done.code, done.error) == (3, "error: mumu is closed")
    assert fake_simulate.written == []


@pytest.mark.parametrize("missing", ["--mass", "--coupling", "--channel", "-n", "--out"])
def test_missing_options_are_2(feebly, missing):
    arguments = [*POINT, "--out", "e.h5"]
    position = arguments.index(missing)
    del arguments[position : position + 2]
    assert feebly(*arguments).code == 2

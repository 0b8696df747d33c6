"""``feebly run``: options become arguments of the library call; the answer is a sentence or one object."""

import inspect
import json
from types import SimpleNamespace

import numpy as np
import pytest

from feebly.core.errors import ConfigError, NotConvergedError

FOLDER = "feebly-runs/dark-photon-na62-dump-2021-na62-ff-mixing"


def test_answer_is_a_sentence_and_the_plot(feebly, fake_run):
    done = feebly("run", "dark-photon")
    assert done.code == 0
    assert done.out == f"dark-photon is excluded for 0.2-0.5 GeV\nplot: {FOLDER}/plot.png\n"
    assert done.err == "note: 14 of 60 masses skipped\n"


def test_json_is_result_json_with_its_folder_and_nothing_else(feebly, fake_run):
    done = feebly("run", "dark-photon", "--json")
    assert fake_run.command == ["feebly", "run", "dark-photon", "--json"]
    expected = {"schema": 1, "pot": 1e18, "folder": FOLDER, "plot": f"{FOLDER}/plot.png"}
    assert json.loads(done.out) == expected


def test_defaults_are_left_to_the_library(feebly, fake_run):
    feebly("run", "BC1")
    assert fake_run.arguments == ("BC1",)
    unset = ("analysis", "channels", "production", "preset", "response", "pot", "mass", "coupling", "jobs")
    assert [fake_run.options[name] for name in unset] == [None] * len(unset)


def test_options_become_arguments(feebly, fake_run):
    feebly(
        *("run", "dark-photon", "--experiment", "mine.toml", "--analysis", "cuts.toml"),
        *("--channels", "ee,mumu", "--production", "brems,eta", "--preset", "current"),
        *("--spectrum", "bmpt"),
        *("--response", "mumu=2303,ee=2312", "--pot", "1e18", "--mass", "0.22:0.7:80"),
        *("--coupling", "1e-7:1e-4", "--cl", "0.95", "--convention", "cls-profile"),
        *("--signal-error", "0.2", "--force-signal-error", "--precision", "0.02"),
        *(
            "--background",
            "suppress:10",
            "--seed",
            "7",
            "--jobs",
            "2",
            "--bands",
            "full",
            "--thrown-error",
            "pot=0.2,efficiency=0.05",
        ),
    )
    given = {k: v for k, v in fake_run.options.items() if k not in ("progress", "report")}
    assert given == {
        "experiment": "mine.toml",
        "analysis": "cuts.toml",
        "channels": ("ee", "mumu"),
        "production": ("brems", "eta"),
        "preset": "current",
        "spectrum": "bmpt",
        "coupling_convention": None,
        "response": {"mumu": "2303", "ee": "2312"},
        "pot": 1e18,
        "background": "suppress:10",
        "mass": (0.22, 0.7, 80),
        "coupling": (1e-7, 1e-4, 100),
        "cl": 0.95,
        "convention": "cls-profile",
        "signal_error": 0.2,
        "force_signal_error": True,
        "precision": 0.02,
        "seed": 7,
        "jobs": 2,
        "ordering": "total-count",
        "bands": "full",
        "thrown_error": {"pot": 0.2, "efficiency": 0.05},
        "cut_flow": False,
    }


def test_a_cut_flow_is_asked_for_and_no_other_run(feebly, fake_run):
    assert "--cut-flow" in feebly("run", "--help").out
    done = feebly("run", "dark-photon", "--cut-flow")
    assert fake_run.options["cut_flow"] is True
    assert done.out.endswith(f"plot: {FOLDER}/plot.png\n")


@pytest.mark.parametrize(
    ("options", "folder"),
    [
        (("--out", "here/there"), "here/there"),
        (("--pot", "1e18"), f"{FOLDER}-1e18pot"),
        (("--pot", "1e18", "--background", "suppress:10"), f"{FOLDER}-1e18pot-b-suppress_10"),
        (("--channels", "mumu"), f"{FOLDER}-mumu"),
        (("--bands", "full"), f"{FOLDER}-full-bands"),
        (("--production", "brems,eta", "--cl", "0.95"), f"{FOLDER}-brems-eta-cl0.95"),
        (("--response", "mumu=2303", "--mass", "0.2:0.7:9"), f"{FOLDER}-mumu_2303-mass0.2_0.7_9"),
        (("--seed", "7", "--jobs", "2"), FOLDER),
    ],
)
def test_folder(feebly, fake_run, tmp_path, options, folder):
    done = feebly("run", "dark-photon", *options)
    assert done.out.endswith(f"plot: {folder}/plot.png\n")
    assert (tmp_path / folder / "result.json").exists()


def test_names_from_a_file_stay_inside_the_folder(feebly, fake_run):
    fake_run.result.analysis = SimpleNamespace(name="../my cuts/1")
    done = feebly("run", "dark-photon")
    assert "feebly-runs/dark-photon-.._my_cuts_1-na62-ff-mixing/plot.png" in done.out


def test_unconverged_cells_end_with_5_after_writing(feebly, fake_run, tmp_path):
    fake_run.result.scan.grid.unconverged = np.array([[False, True]])
    done = feebly("run", "dark-photon", "--out", "x")
    assert done.code == 5
    assert done.err.splitlines()[-1] == (
        "note: 1 cells within a factor 3 of the limit missed the precision 0.01: see x/result.json; "
        "a larger --precision may be reached"
    )
    assert (tmp_path / "x/result.json").exists()
    assert "plot: x/plot.png" in done.out
    fake_run.result.scan.grid.unconverged = np.array([[False, False]])
    assert feebly("run", "dark-photon").code == 0


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (ConfigError("unknown model 'x'"), 3, "error: unknown model 'x'"),
        (ConfigError("two\nlines"), 3, "error: two lines"),
        (NotConvergedError("m = 0.3 GeV"), 5, "error: m = 0.3 GeV"),
        (OSError(28, "No space left on device"), 3, "error: standard output: No space left on device"),
        (PermissionError(13, "Permission denied", "/a/b"), 3, "error: /a/b: Permission denied"),
        (KeyboardInterrupt(), 6, "interrupted: finished tables are kept, the same command resumes"),
    ],
)
def test_errors_are_one_line_and_a_code(feebly, fake_run, error, code, line):
    fake_run.raises = error
    done = feebly("run", "dark-photon", "--json")
    assert (done.code, done.error) == (code, line)


def test_a_bug_keeps_its_traceback(fake_run, tmp_path, monkeypatch):
    from feebly.cli import main

    monkeypatch.chdir(tmp_path)
    fake_run.raises = ZeroDivisionError("division by zero")
    with pytest.raises(ZeroDivisionError):
        main(["run", "dark-photon"])


def test_unwritable_folder_is_told_before_the_work(feebly, fake_run, tmp_path):
    (tmp_path / "taken").write_text("")
    done = feebly("run", "dark-photon", "--out", "taken/x")
    assert done.code == 3
    assert done.error == f'error: --out "taken/x": {tmp_path}/taken is a file; expected a folder'
    assert fake_run.options is None


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--pot", "1.4e17 POT"), 'error: --pot "1.4e17 POT": expected a number; did you mean 1.4e17?'),
        (("--mass", "0.2"), 'error: --mass "0.2": expected MIN:MAX:N such as 0.05:0.7:60'),
        (("--coupling", "1:2:x"), 'error: --coupling N "x": expected a whole number, 2 or more'),
        (("--cl", "high"), 'error: --cl "high": expected a number'),
        (("--jobs", "0"), 'error: --jobs "0": expected a whole number, 1 or more'),
        (("--seed", "-1"), 'error: --seed "-1": expected a whole number, 0 or more'),
        (("--precision", "1%"), 'error: --precision "1%": expected a number; did you mean 1?'),
        (("--channels", "ee,"), 'error: --channels "ee,": expected names separated by commas'),
    ],
)
def test_wrong_values_are_one_line_and_3(feebly, fake_run, options, line):
    done = feebly("run", "dark-photon", *options)
    assert (done.code, done.error) == (3, line)
    assert fake_run.options is None


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("dark-foton",), "unknown model 'dark-foton'; known: dark-photon, BC1, dark-scalar, BC4, "),
        (("dark-photon", "--channels", "mumuu"), "unknown channel 'mumuu'; known: "),
        (("dark-photon", "--preset", "curent"), "unknown preset 'curent'; known: "),
        (("dark-photon", "--spectrum", "bmtp"), 'spectrum = "bmtp": expected one of pythia, bmpt, or a '),
        (("dark-photon", "--production", "bremss"), "unknown production of preset na62-ff-mixing 'bremss'"),
        (("dark-photon", "--response", "2304"), "unknown response set of na62-dump-2021 '2304'; known: "),
        (("dark-photon", "--experiment", "na62"), "unknown experiment 'na62'; known: "),
        (("dark-photon", "--experiment", "x.toml"), "experiment x.toml: a file needs --analysis"),
        (("dark-photon", "--analysis", "na62"), "unknown analysis 'na62'; known: "),
        (
            ("dark-photon", "--mass", "215:700:9"),
            "mass 215 GeV is outside 0.0011-2 GeV for dark-photon; did you mean 0.215 (215 MeV)?",
        ),
        (("dark-photon", "--pot", "-1"), "pot = -1: expected a positive number"),
        (("dark-photon", "--background", "half"), "background 'half': expected scale, none, or suppress:"),
        (("dark-photon", "--cl", "90"), "cl = 90.0: expected a fraction between 0 and 1, such as 0.90"),
        (("dark-photon", "--precision", "2"), "precision = 2: expected a relative error"),
        (
            ("dark-photon", "--convention", "cls"),
            "unknown convention 'cls'; known: cls-counting, cls-profile",
        ),
        (("dark-photon", "--signal-error", "0.2"), "signal error 0.2 with response set '2502'"),
    ],
)
def test_library_refuses_before_sampling(feebly, monkeypatch, options, line):
    def sample(*_):
        raise AssertionError("tables were sampled for a command that cannot succeed")

    monkeypatch.setattr("feebly.workflow.sampling.obtain_tables", sample)
    done = feebly("run", *options)
    assert done.code == 3
    assert done.error.startswith(f"error: {line}")


def test_library_takes_these_arguments(feebly, fake_run, monkeypatch):
    feebly("run", "dark-photon")
    monkeypatch.undo()
    from feebly.workflow.run import run

    inspect.signature(run).bind(*fake_run.arguments, **fake_run.options)


@pytest.mark.slow
def test_a_real_run_and_its_second_answer_from_the_cache(feebly, tmp_path):
    small = ("--channels", "mumu", "--production", "brems", "--mass", "0.25:0.4:5", "--precision", "0.2")
    options = ("run", "dark-photon", *small, "--coupling", "1e-7:1e-4:30", "--jobs", "1", "--json")
    first, second = (json.loads(feebly(*options).out) for _ in range(2))
    assert first["summary"].startswith("dark-photon is excluded for 0.25-0.4 GeV")
    assert first["summary"] == second["summary"]
    assert (tmp_path / first["plot"]).stat().st_size > 10_000

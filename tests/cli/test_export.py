"""``feebly export`` and ``feebly recast``: what is written, what is told, what is refused."""

import csv
import json

import numpy as np
import pytest

from feebly.limits.width_table import TableReference, WidthTable
from feebly.publish.width_files.alpinist import write_alpinist
from publish.bare_runs import bare_run
from report.synthetic import synthetic_result


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run folder without figures."""
    return bare_run(synthetic_result(), tmp_path_factory.mktemp("run") / "my-run")


def test_csv(feebly, run, tmp_path):
    done = feebly("export", run, "--to", "csv")
    folder = "feebly-runs/my-run-csv"
    names = ("cells.csv", "yields.csv", "masses.csv")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == ["tables:", *(f"{folder}/{name}" for name in names)]
    lines = (tmp_path / folder / "masses.csv").read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert float(rows[0]["mass_gev"]) == 0.01


def test_pyhf(feebly, run, tmp_path):
    done = feebly("export", run, "--to", "pyhf", "--points", "5", "--out", "new/pyhf")
    assert done.code == 0
    assert "would give 1.40 events instead of 2.30 (coverage 76% at 90% CL)" in done.err
    assert "background_ee: not exact" in done.err
    assert done.out.startswith("workspace and 5 points:\nnew/pyhf/workspace.json")
    patches = json.loads((tmp_path / "new/pyhf/patchset.json").read_text(encoding="utf-8"))
    assert len(patches["patches"]) == 5
    every = feebly("export", run, "--to", "pyhf", "--points", "all", "--inspire", "ins2650208", "--json")
    told = json.loads(every.out)
    assert told["format"] == "pyhf"
    patches = json.loads((tmp_path / told["files"][1]).read_text(encoding="utf-8"))
    assert patches["metadata"]["references"] == {"hepdata": "ins2650208"}
    assert len(patches["patches"]) > 500


def test_alpinist_needs_a_run_that_can_be_made_again(feebly, run):
    done = feebly("export", run, "--to", "alpinist")
    assert done.code == 3
    assert done.error.endswith("this result was not made by feebly run; make a run of it")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--to", "hepmc3"),
            "error: --to hepmc3: events are written by 'feebly simulate --out events.hepmc3'",
        ),
        (("--to", "pyfh"), "error: unknown format 'pyfh'; known: pyhf, csv, alpinist; did you mean 'pyhf'?"),
        (("--to", "csv", "--points", "3"), "error: --points belongs to --to pyhf, not to --to csv"),
        (("--to", "pyhf", "--masses", "3"), "error: --masses belongs to --to alpinist, not to --to pyhf"),
        (("--to", "pyhf", "--points", "0"), 'error: --points "0": expected a whole number, 1 or more'),
        (("--to", "pyhf", "--inspire", "1"), "error: reference '1': expected ins and seven digits"),
    ],
)
def test_refused_exports(feebly, run, options, message):
    done = feebly("export", run, *options)
    assert done.code == 3
    assert done.error.startswith(message)


# --- recast -------------------------------------------------------------------------------------------


@pytest.fixture
def tables(tmp_path):
    """One table of bremsstrahlung to mu mu: a power of the width, cut off exponentially."""
    mass, width = np.linspace(0.25, 0.5, 9), np.geomspace(1e-24, 1e-10, 85)
    values = 3e31 * (1 - mass[:, None]) * width * np.exp(-width / 1e-16)
    about = TableReference("dark-photon", "brems", "mumu", 1.0, 1.4e17, "current", "epsilon", "eta 1", "here")
    write_alpinist([WidthTable(about, mass, width, values)], tmp_path / "tables", "NA62")
    return tmp_path / "tables"


ASKED = ("--model", "dark-photon", "--mass", "0.25:0.5:5", "--coupling", "1e-8:1e-5:12")


def test_recast_writes_a_run_folder(feebly, tables, tmp_path):
    done = feebly("recast", tables, *ASKED, "--out", "recast")
    assert done.code == 0
    assert done.out.startswith("dark-photon is excluded for ")
    assert "yields from tables: here" in done.out
    assert "note: interpolation: without every other knot N changes by up to" in done.err
    assert "note: in the numbers of the tables: eta 1" in done.err
    written = json.loads((tmp_path / "recast" / "result.json").read_text(encoding="utf-8"))
    assert written["provenance"]["command"][:2] == ["feebly", "recast"]
    assert (tmp_path / "recast" / "contours.csv").read_text().startswith("# feebly contours of dark-photon")
    assert (tmp_path / "recast" / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_coarse_tables_are_told_and_end_with_5(feebly, tables):
    path = next(tables.iterdir())
    lines = path.read_text().splitlines(keepends=True)
    head, rows = [x for x in lines if x.startswith("#")], [x for x in lines if not x.startswith("#")]
    path.write_text("".join(head + [row for k, row in enumerate(rows) if k % 85 % 6 == 0]))
    done = feebly("recast", tables, *ASKED, "--out", "coarse")
    assert done.code == 5
    assert "the knots of the tables are too far apart for it" in done.err


def test_recast_of_one_point(feebly, tables):
    done = feebly("recast", tables, *ASKED, "--point", "0.3,3e-7")
    assert (done.code, done.out.partition(":")[0]) == (0, "excluded")
    told = json.loads(feebly("recast", tables, *ASKED, "--point", "0.3,3e-7", "--json").out)
    assert told["verdict"] + "\n" == done.out
    assert told["cls"] == pytest.approx(np.exp(-told["events"]), rel=1e-9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--point", "0.3"), 'error: --point "0.3": expected a mass in GeV and a coupling'),
        (("--point", "0.3,-1"), 'error: --point "0.3,-1": expected a positive mass and coupling'),
        (("--point", "0.6,1e-6"), "error: mass 0.6 GeV: brems -> mumu is closed there"),
        (
            ("--point", "0.3,1"),
            "error: width 0.00139 GeV at m = 0.3 GeV and epsilon = 1 is outside the tables",
        ),
        (("--channels", "ee"), "error: no table of ee; the tables have mumu"),
        (("--preset", "fr24"), "error: production 'brems' has other kinematics than that of the table"),
    ],
)
def test_refused_recasts(feebly, tables, options, message):
    done = feebly("recast", tables, *ASKED, *options)
    assert done.code == 3
    assert done.error.startswith(message)


def test_a_table_that_cannot_be_read(feebly, tables, tmp_path):
    path = next(tables.iterdir())
    path.write_text(path.read_text().replace("0.25 1e-24", "0.25 -1e-24", 1))
    done = feebly("recast", tables, *ASKED)
    assert (done.code, done.error.split(": ")[2]) == (3, "width_gev = -1e-24")

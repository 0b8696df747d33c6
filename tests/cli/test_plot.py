"""``feebly plot``: files, answers and refusals; the parts of a real run against runs of these parts."""

import json
import re

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.limits.contour import edges_at
from feebly.report.overlay_plot_by import overlay_by_part
from report.small_runs import edited, small_run, write
from report.synthetic import synthetic_result

LIMIT = """# feebly_limit = 1
# label = "theirs"
# coupling = "epsilon^2"
# mass_unit = "MeV"
# cl = 0.9
# origin = { kind = "assumed", source = "a test" }
piece,mass,coupling
0,300,1e-14
0,400,1e-14
0,400,1e-12
0,300,1e-14
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Folders of results with the names one, future and limit.csv."""
    top = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        write(synthetic_result(), top / "one", patch)
        write(synthetic_result(projection=True), top / "future", patch)
    (top / "limit.csv").write_text(LIMIT, encoding="utf-8")
    return top


def test_figure_table_and_page(feebly, folders, tmp_path):
    done = feebly(
        *("plot", folders / "one", "--projection", folders / "future", "--limits", folders / "limit.csv"),
        *(
            "--mev",
            "--out",
            "a.svg",
            "--interactive",
            "a.html",
            "--json",
        ),
    )
    assert (done.code, done.err) == (0, "")
    told = json.loads(done.out)
    assert told["files"] == ["a.svg", "a.csv", "a.html"]
    assert [curve["kind"] for curve in told["curves"]] == ["observed", "expected", "observed"]
    assert told["coupling"] == "epsilon"
    assert (tmp_path / "a.svg").read_text(encoding="utf-8").startswith("<?xml")
    assert "theirs" in (tmp_path / "a.html").read_text(encoding="utf-8")
    rows = (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()
    assert '"theirs",observed,0,0.3,1e-07' in rows


HEPDATA = """independent_variables:
- header: {name: "$m_{A'}$", units: MeV}
  values: [{value: 300}, {value: 400}, {value: 400}, {value: 300}]
dependent_variables:
- header: {name: epsilon}
  qualifiers: [{name: CL, value: "90", units: "%"}]
  values: [{value: 1.0e-7}, {value: 2.0e-7}, {value: 1.0e-6}, {value: 1.0e-7}]
"""


def test_a_table_of_hepdata_is_a_limit(feebly, folders, tmp_path):
    (tmp_path / "table.yaml").write_text(HEPDATA, encoding="utf-8")
    done = feebly("plot", folders / "one", "--limits", "table.yaml", "--out", "a.svg", "--json")
    assert done.code == 0
    assert json.loads(done.out)["curves"][-1]["pieces"] == 1
    assert ",observed,0,0.3,1e-07" in (tmp_path / "a.csv").read_text(encoding="utf-8")
    assert "no table 'T9'" in feebly("plot", folders / "one", "--limits", "table.yaml::T9").error


@pytest.mark.parametrize("name", ["x.png", "x.pdf"])
def test_same_command_same_bytes(feebly, folders, tmp_path, name):
    for _ in range(2):
        done = feebly("plot", folders / "one", "--out", name, "--x", "0.2:0.6", "--y", "1e-7:1e-5")
        assert done.out == f"{name[-3:]}: {name}\ncsv: x.csv\n"
        (tmp_path / name).rename(tmp_path / f"{len(list(tmp_path.iterdir()))}.bytes")
    one, two = (path.read_bytes() for path in sorted(tmp_path.glob("*.bytes")))
    assert one == two


def test_default_name_is_that_of_the_runs(feebly, folders, tmp_path):
    assert feebly("plot", folders / "one").code == 0
    assert {path.name for path in (tmp_path / "feebly-runs").iterdir()} == {"plot-one.png", "plot-one.csv"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "nothing to plot"),
        (("nowhere",), "nowhere: not a run folder"),
        (("one", "--projection", "one"), "no projection, it has the observed counts"),
        (("one", "--limits", "nothing"), "unknown limit 'nothing'; known: na62-"),
        (("one", "--limits", "nothing.csv"), "cannot read nothing.csv"),
        (("one", "--coupling", "U2"), "one: epsilon cannot be turned into U2"),
        (("one", "--out", "a.gif"), "expected a name that ends in .png, .pdf, .svg"),
        (("one", "--interactive", "a.txt"), "expected a name that ends in .html"),
        (
            ("one", "--by", "chanel"),
            "unknown --by 'chanel'; known: channel, production; did you mean 'channel'?",
        ),
        (("one", "future", "--by", "channel"), "expected one run alone"),
        (("one", "--by", "channel"), "was not made by feebly run"),
        (("one", "--label", "a", "--label", "b"), "2 labels for 1 runs"),
        (("one", "--x", "0.1"), '--x "0.1"'),
    ],
)
def test_refusals_are_one_line(feebly, folders, monkeypatch, arguments, words):
    monkeypatch.chdir(folders)
    done = feebly("plot", *arguments)
    assert done.code == 3
    assert words in done.error


def test_damaged_folders_are_one_line(feebly, folders, tmp_path, monkeypatch):
    write(synthetic_result(), tmp_path / "bad", monkeypatch)
    (tmp_path / "bad" / "contours.csv").write_text("kind,piece,mass_gev,coupling\nobserved,0,nan,1\n")
    assert "contours.csv:2: expected a positive mass" in feebly("plot", "bad").error
    (tmp_path / "bad" / "result.json").write_text('{"schema_version": 2}')
    assert "error: bad" in feebly("plot", "bad").error


# --- the parts of a run -------------------------------------------------------------------------------

ASKED = {
    "channels": ["mumu", "ee"],
    "production": ["brems"],
    "mass": (0.3, 0.5, 8),
    "coupling": (1e-8, 1e-4, 50),
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def both(cache, tmp_path_factory):
    """A folder of a run of two final states."""
    with pytest.MonkeyPatch.context() as patch:
        return write(small_run(cache, **ASKED), tmp_path_factory.mktemp("run") / "both", patch)


def edges(layer, mass):
    return np.array(edges_at(layer.curves, mass))


@pytest.mark.parametrize("state", ["mumu", "ee"])
def test_a_final_state_alone_is_what_a_run_of_it_excludes(cache, both, state):
    overlay = overlay_by_part(both, "channel")
    assert overlay.layers[0].label == "all"
    layer = overlay.layers[1 + ASKED["channels"].index(state)]
    alone = small_run(cache, **(ASKED | {"channels": [state]}))
    for mass in (0.33, 0.411, 0.47):  # at 0.411 GeV an event in mumu
        assert_allclose(edges(layer, mass), alone.excluded_couplings(mass), rtol=2e-3)


def test_the_only_production_mode_is_what_the_run_excludes(both):
    whole, alone = overlay_by_part(both, "production").layers
    assert (whole.label, alone.label) == ("all", "brems")
    assert_allclose(edges(alone, 0.411), edges(whole, 0.411), rtol=2e-3)


def test_by_channel_on_the_command_line(feebly, both, tmp_path):
    assert feebly("plot", both, "--by", "channel", "--out", "by.png", "--coupling", "epsilon^2").code == 0
    table = (tmp_path / "by.csv").read_text(encoding="utf-8")
    names = dict.fromkeys(re.findall(r'^"([^"]*)",observed', table, re.MULTILINE))
    assert list(names) == ["all together", "μ⁺μ⁻ alone", "e⁺e⁻ alone"]
    assert "each final state with the counts of its own region alone" in table


def test_changed_counts_are_refused(feebly, cache, tmp_path, monkeypatch):
    folder = write(small_run(cache, **ASKED), tmp_path / "old", monkeypatch)
    edited(folder, lambda content: content["counting"]["mumu"].update(observed=3))
    assert "counts of mumu have changed since the run" in feebly("plot", folder, "--by", "channel").error

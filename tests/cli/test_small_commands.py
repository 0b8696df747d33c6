"""Lists, presets, experiments, spectra and validation."""

import inspect
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from feebly.analysis.analysis import load_analysis
from feebly.apparatus.experiment import experiment_names, load_experiment
from feebly.core.errors import ConfigError
from feebly.physics.production.families import every_preset
from feebly.physics.spectra.species import SPECIES
from feebly.report.experiment_text import describe
from feebly.workflow.executors import available_cores


def test_experiment_list(feebly):
    lines = feebly("experiment", "list").out.splitlines()
    assert [line.split()[0] for line in lines] == list(experiment_names())
    assert tuple(json.loads(feebly("experiment", "list", "--json").out)["experiments"]) == experiment_names()


@pytest.mark.parametrize("name", experiment_names())
def test_experiment_show(feebly, name):
    assert feebly("experiment", "show", name).out == describe(load_experiment(name), load_analysis(name))
    assert json.loads(feebly("experiment", "show", name, "--json").out)["experiment"]["name"] == name


def test_experiment_show_of_a_file(feebly, tmp_path):
    (tmp_path / "mine.toml").write_text('extends = "na62-dump-2021"\nname = "mine"\n')
    done = feebly("experiment", "show", "mine.toml", "--analysis", "na62-dump-2021")
    assert done.out.startswith("Experiment mine\n")
    done = feebly("experiment", "show", "mine.toml")
    assert done.code == 3
    assert done.error == "error: experiment mine.toml: a file needs --analysis NAME or FILE beside it"


def test_experiment_show_unknown(feebly):
    done = feebly("experiment", "show", "na62-dmp-run2")
    assert done.code == 3
    assert done.error.startswith("error: unknown experiment 'na62-dmp-run2'; known: na62-dump-2021, ")
    assert "did you mean 'na62-dump-run2'?" in done.error


def test_presets_show(feebly):
    text = feebly("presets", "show").out
    names = [preset.name for preset in every_preset()]
    assert [line.split(":")[0] for line in text.splitlines() if line[:1].strip()] == names
    assert max(map(len, text.splitlines())) <= 100
    shown = json.loads(feebly("presets", "show", "--json").out)["presets"]
    assert [preset["name"] for preset in shown] == names


def test_presets_show_of_the_dark_scalar(feebly):
    text = " ".join(feebly("presets", "show", "b-exclusive").out.split())
    assert "production b-k, b-kstar892, " in text
    assert "widths dispersive [digitised: dispersive form factors, figure of 1809.01876" in text
    assert "splitting" not in text


def test_preset_tells_the_origin_of_what_was_tuned(feebly):
    text = " ".join(feebly("presets", "show", "na62-ff-mixing").out.split())
    assert "meson weight 0.5 [calibrated: fit of the shape" in text
    assert "mixing epsilon^2 R_V x 1; A' takes the lab-momentum of the meson [calibrated: " in text
    assert "mixing none" in " ".join(feebly("presets", "show", "current").out.split())


def test_presets_show_unknown(feebly):
    done = feebly("presets", "show", "curent")
    assert done.code == 3
    assert done.error.endswith("did you mean 'current'?")


@pytest.fixture
def fake_pythia(monkeypatch):
    """Records the request; writes a table that is the shipped one, or one of another digest."""
    seen = SimpleNamespace(same=True)

    def build(directory, kind, **options):
        seen.directory, seen.kind, seen.options = directory, kind, options
        options["progress"](1, 2)
        return directory / "t.npz", directory / "t.json"

    monkeypatch.setattr("feebly.physics.spectra.pythia.build_table", build)
    monkeypatch.setattr("feebly.physics.spectra.library.same_as_shipped", lambda kind, folder: seen.same)
    return seen


def test_spectra_build(feebly, fake_pythia):
    done = feebly("spectra", "build", "--out", "s", "--events", "2000", "--seed", "5", "--jobs", "1")
    assert done.out == "wrote s/t.npz\nwrote s/t.json\nthe same counts as in the shipped table\n"
    assert fake_pythia.directory == Path("s")
    assert {k: fake_pythia.options[k] for k in ("events", "seed", "jobs")} == {
        "events": 2000,
        "seed": 5,
        "jobs": 1,
    }


def test_spectra_build_defaults_are_the_shipped_table(feebly, fake_pythia):
    fake_pythia.same = False
    found = json.loads(feebly("spectra", "build", "--out", "s", "--json").out)
    assert found == {"files": ["s/t.npz", "s/t.json"], "same_as_shipped": False}
    options = {k: fake_pythia.options[k] for k in ("events", "seed", "jobs")}
    assert options == {"events": None, "seed": None, "jobs": available_cores()}
    assert fake_pythia.kind == "light"


def test_spectra_build_of_charm(feebly, fake_pythia):
    feebly("spectra", "build", "--kind", "charm", "--out", "s")
    assert fake_pythia.kind == "charm"


def test_spectra_build_of_an_unknown_kind(feebly):
    done = feebly("spectra", "build", "--kind", "charmed", "--out", "s")
    assert done.code == 3
    assert done.error.endswith(
        "unknown kind of spectrum 'charmed'; known: light, charm, beauty; did you mean 'charm'?"
    )


def test_spectra_build_without_the_generator(feebly, monkeypatch):
    def missing():
        raise ConfigError("building spectra needs pythia8mc, not installed: pip install 'feebly[generators]'")

    monkeypatch.setattr("feebly.physics.spectra.pythia.require_pythia", missing)
    done = feebly("spectra", "build", "--out", "s")
    assert (done.code, done.error[:35]) == (3, "error: building spectra needs pythi")


def test_spectra_build_is_not_resumable(feebly, monkeypatch):
    def interrupt():
        raise KeyboardInterrupt

    monkeypatch.setattr("feebly.physics.spectra.pythia.require_pythia", interrupt)
    done = feebly("spectra", "build", "--out", "s")
    assert (done.code, done.error) == (6, "interrupted")


def test_validate(feebly, fake_validate):
    assert feebly("validate", "--jobs", "2", "--references", "mine").out == "row 1\n"
    assert (fake_validate.options["jobs"], fake_validate.options["reference_dir"]) == (2, "mine")
    assert feebly("validate", "--full").out == "row 1\nrow 2\n"
    assert json.loads(feebly("validate", "--json").out) == {"rows": [1.0]}


def test_validate_outside_tolerance_is_1(feebly, fake_validate):
    fake_validate.result.passed = False
    done = feebly("validate")
    assert (done.code, done.out) == (1, "row 1\n")


def test_validate_takes_these_arguments(feebly, fake_validate, monkeypatch):
    feebly("validate")
    monkeypatch.undo()
    from feebly.report.validation import validate

    inspect.signature(validate).bind(**fake_validate.options)


def test_spectra_show(feebly):
    lines = feebly("spectra", "show").out.splitlines()
    assert {line.split()[0] for line in lines[1:-2] if line} == set(SPECIES)
    found = json.loads(feebly("spectra", "show", "bmpt", "pythia", "--parent", "eta", "--json").out)[
        "spectra"
    ]
    assert [each["source"] for each in found] == ["bmpt", "pythia"]
    assert found[0]["entries"] is None  # a formula


def test_spectra_show_of_heavy_mesons(feebly):
    command = ("spectra", "show", "pythia", "--parent", "D0", "--json")
    default, ship = (
        json.loads(feebly(*command, *more).out)["spectra"][0]["per_pot"]
        for more in ((), ("--heavy", "ship", "--target-a", "95.95"))
    )
    assert default == pytest.approx(2.00277e-3 * (0.482 + 0.571), rel=1e-5)
    assert ship == pytest.approx(3.888064e-3 * 2 * 0.632, rel=1e-5)  # SensCalc: molybdenum


def test_spectra_show_of_a_list_with_a_figure(feebly):
    Path("mine.csv").write_text(
        "# pot = 100\n# beam_momentum_gev = 400\npid,px,py,pz,weight\n221,0.1,0,30,1\n221,0.2,0,30,3\n"
    )
    done = feebly("spectra", "show", "mine.csv", "bmpt", "--parent", "eta", "--plot", "a.png")
    assert done.out.splitlines()[1].split()[:3] == ["eta", "mine.csv", "0.04"]
    assert done.out.endswith("plot: a.png\n")
    assert Path("a.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("bmp",), "error: unknown source of spectra 'bmp'"),
        (("none.csv",), "error: cannot read event list none.csv: No such file"),
        (("bmpt", "--parent", "D0"), "error: none of bmpt has D0"),
        (("--heavy", "shp"), "error: unknown heavy-flavour normalisation 'shp'"),
        (("--target-a", "0.1"), "error: target mass number = 0.1"),
        (("--plot", "a.gif", "--parent", "eta"), "error: figure a.gif"),
        (("--plot", "a.png"), "error: 14 parents in one figure"),
    ],
)
def test_spectra_show_refusals(feebly, options, message):
    done = feebly("spectra", "show", *options)
    assert done.code == 3
    assert done.error.startswith(message)

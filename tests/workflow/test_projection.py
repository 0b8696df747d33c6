"""A run from its folder at another POT: the same bytes as that run, and what is refused."""

import shutil
from dataclasses import replace
from importlib.resources import files

import pytest

import feebly
from feebly.core.errors import ConfigError, DataError
from feebly.report.contour_table import contours_csv
from feebly.report.run_folder import write_run
from feebly.report.saved_run import read_run
from feebly.workflow.repeat import recorded_arguments

SMALL = {
    "channels": ["mumu"],
    "production": ["brems"],
    "mass": (0.3, 0.6, 5),
    "coupling": (1e-8, 1e-5, 8),
    "precision": 0.3,
    "jobs": 1,
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def folder(cache, tmp_path_factory):
    return saved(cache, tmp_path_factory.mktemp("run"))


def saved(cache, folder, **changed):
    return write_run(feebly.run("dark-photon", cache_dir=cache, **(SMALL | changed)), folder)


def projected(folder, cache, steps=None, **asked):
    progress = None if steps is None else lambda *step: steps.append(step)
    return feebly.project(read_run(folder), cache_dir=cache, jobs=1, progress=progress, **asked)


def refusal(folder, cache, kind, **asked):
    with pytest.raises(kind) as error:
        projected(folder, cache, **asked)
    assert "\n" not in str(error.value)
    return str(error.value)


def mine(name, source, folder):
    """A copy of a shipped file, to be changed."""
    text = files("feebly").joinpath(f"data/{source}").read_text(encoding="utf-8")
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "asked",
    [
        {"pot": 1e18},
        {"pot": 1e19, "background": "suppress:10", "bands": "counting", "ordering": "likelihood-ratio"},
        {"background": "none", "cl": 0.95, "coupling": (1e-7, 1e-5, 6)},
    ],
    ids=["pot", "all", "own pot"],
)
def test_the_projection_is_the_run_with_these_arguments(folder, cache, tmp_path, asked):
    steps = []
    result = projected(folder, cache, steps, **asked)
    assert steps == []  # nothing is sampled
    assert result.projection
    again = feebly.run("dark-photon", cache_dir=cache, **(SMALL | asked))
    one, other = write_run(result, tmp_path / "one"), write_run(again, tmp_path / "other")
    for name in ("contours.csv", "grid.h5", "plot.png"):
        assert (one / name).read_bytes() == (other / name).read_bytes()
    assert str(result.assumption) == asked.get("background", "scale")


def test_a_projection_is_projected_from_the_original(folder, cache, tmp_path):
    first = projected(folder, cache, pot=1e18, background="suppress:10", bands="full", thrown_error=0.3)
    at_once = projected(folder, cache, pot=1e19, background="suppress:10", bands="full", thrown_error=0.3)
    again = projected(write_run(first, tmp_path), cache, pot=1e19)
    assert contours_csv(again) == contours_csv(at_once)  # with the assumption and the bands of the first
    assert (again.pot, again.bands.thrown_error) == (1e19, pytest.approx(0.3, rel=1e-12))
    scaled = projected(tmp_path, cache, pot=1e19, background="scale", bands="none")
    assert str(scaled.assumption) == "scale"
    assert not scaled.bands.kinds


def test_without_the_cache_the_same_is_sampled_again(folder, cache, tmp_path):
    lines = []
    result = projected(folder, tmp_path, pot=1e18, report=lines.append)
    (line,) = lines
    assert "not in the cache" in line
    assert contours_csv(result) == contours_csv(projected(folder, cache, pot=1e18))


def test_wrong_values_are_refused(folder, cache):
    assert "nothing to project" in refusal(folder, cache, ConfigError)
    for pot in (0.0, -1e18, float("nan")):
        assert "expected a positive number of protons" in refusal(folder, cache, ConfigError, pot=pot)
    assert "suppress:FACTOR" in refusal(folder, cache, ConfigError, pot=1e18, background="less")
    assert "unknown bands" in refusal(folder, cache, ConfigError, pot=1e18, bands="some")


def test_files_are_found_from_elsewhere_and_must_be_what_they_were(cache, tmp_path, monkeypatch):
    path = mine("mine.toml", "analyses/na62-dump-2021.toml", tmp_path)
    monkeypatch.chdir(tmp_path)
    folder = saved(cache, tmp_path / "run", analysis="mine.toml")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert projected(folder, cache, pot=1e18).pot == 1e18
    path.write_text(path.read_text() + "\n# a remark\n")
    assert f"the analysis of this run, {path}, has changed" in refusal(folder, cache, DataError, pot=1e18)
    path.unlink()
    assert f"the analysis of this run, {path}, is gone" in refusal(folder, cache, DataError, pot=1e18)


def test_a_file_behind_a_file_must_be_what_it_was(cache, tmp_path):
    base = mine("base.toml", "analyses/na62-dump-2021.toml", tmp_path)
    path = tmp_path / "mine.toml"
    path.write_text('extends = "base.toml"\n')
    folder = saved(cache, tmp_path / "run", analysis=path, experiment="na62-dump-2021")
    text = base.read_text()
    assert "efficiency = 0." in text
    base.write_text(text.replace("efficiency = 0.", "efficiency = 0.0", 1))
    assert "the input 'analysis " in refusal(folder, cache, DataError, pot=1e18)


def test_other_inputs_and_tables_are_named(folder, cache):
    run = read_run(folder)
    record = next(record for record in run.inputs if record.name.startswith("production brems"))
    changed = [replace(record, value="1") if each is record else each for each in run.inputs]
    cases = {
        "the input 'production brems' has changed": replace(run, inputs=tuple(changed)),
        "yield tables of brems/mumu are not made any more": replace(run, tables={"brems/mumu": "0" * 64}),
        "yield tables of pi0/mumu": replace(run, tables=run.tables | {"pi0/mumu": "0" * 64}),
        "its model was made in Python": replace(run, arguments=run.arguments | {"model": None}),
    }
    for words, altered in cases.items():
        with pytest.raises(DataError) as error:
            feebly.project(altered, pot=1e18, cache_dir=cache)
        assert words in str(error.value)


OWN_MODEL = """
name = "mine"
title = "a test"
mass_gev = [0.25, 0.7]

[coupling]
name = "g"
minimum = 1e-8
maximum = 1e-4

[decays]
table = "widths.csv"
origin = { kind = "assumed", source = "a test" }

[[production]]
like = "dark-photon/brems"
factor = 2.0
origin = { kind = "assumed", source = "a test" }
"""


def test_a_model_in_a_file_is_projected_and_must_be_what_it_was(cache, tmp_path, monkeypatch):
    (tmp_path / "mine.toml").write_text(OWN_MODEL)
    rows = "mass_gev,width_mumu_gev\n0.25,{0}\n0.7,2e-3\n"
    (tmp_path / "widths.csv").write_text(rows.format("1e-3"))
    monkeypatch.chdir(tmp_path)
    settings = SMALL | {"response": "none", "cache_dir": cache}
    folder = write_run(feebly.run("mine.toml", **settings), tmp_path / "run")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    found = projected(folder, cache, pot=1e18)
    assert contours_csv(found) == contours_csv(feebly.run("../mine.toml", pot=1e18, **settings))
    (tmp_path / "widths.csv").write_text(rows.format("1.1e-3"))
    assert "the input 'widths' has changed" in refusal(folder, cache, DataError, pot=1e18)


def test_an_event_list_is_compared_by_its_content(cache, tmp_path, monkeypatch):
    source = tmp_path / "here" / "list.csv"
    source.parent.mkdir()
    lines = ["# beam_momentum_gev = 400", "# pot = 10", "pdg,px_gev,py_gev,pz_gev"]
    assert recorded_arguments({"spectrum": source})["spectrum"] == {"file": str(source), "sha256": None}
    source.write_text("\n".join(lines))
    monkeypatch.chdir(source.parent)
    kept = recorded_arguments({"spectrum": "list.csv", "jobs": 3, "preset": "current", "mass": (1.0, 2.0, 3)})
    assert kept["spectrum"]["file"] == str(source)
    assert len(kept["spectrum"]["sha256"]) == 64
    assert {name: kept[name] for name in kept if name != "spectrum"} == {
        "preset": "current",
        "mass": [1.0, 2.0, 3],
    }


def test_the_folder_may_move(folder, cache, tmp_path):
    moved = shutil.copytree(folder, tmp_path / "moved")
    assert contours_csv(projected(moved, cache, pot=1e18)) == contours_csv(projected(folder, cache, pot=1e18))

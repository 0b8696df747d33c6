"""What moved between two runs, and why: the cause is named, and nothing else is."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.limits.results import ContourPiece
from feebly.report.run_difference import KeptRun, compare_runs, read_kept
from feebly.report.run_difference.apparatus import object_differences
from feebly.report.run_difference.given import differences
from feebly.report.run_difference.moves import find_moves
from feebly.report.run_difference.text import difference_dict, difference_text
from feebly.workflow.named_files import without_folders
from report.small_runs import edited, moved, own_file, small_run, write

PRESET = 'extends = "na62-ff-mixing"\nname = "mine"\n'


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def base(cache):
    return small_run(cache)


@pytest.fixture
def pair(base, cache, tmp_path, monkeypatch):
    """Two folders: of the base run, and of the one that a function makes; or both by functions."""

    def make(second, first=None):
        sides = []
        for name, how in (("a", first), ("b", second)):
            result = base if how is None else how(base, cache, tmp_path / name)
            result, software = result if isinstance(result, tuple) else (result, None)
            sides.append(write(result, tmp_path / name / "run", monkeypatch, software))
        return sides

    return make


def asked(**changed):
    return lambda base, cache, folder: small_run(cache, **changed)


def preset_with(line):
    def make(base, cache, folder):
        folder.mkdir()
        path = folder / "mine.toml"
        path.write_text(PRESET + line + "\n")
        return small_run(cache, preset=str(path))

    return make


def analysis_with(text):
    def make(base, cache, folder):
        folder.mkdir()
        path = folder / "mine.toml"
        path.write_text('extends = "na62-dump-2021"\n' + text)
        return small_run(cache, analysis=path)

    return make


def experiment_with(*changes):
    def make(base, cache, folder):
        path = own_file("experiments", folder, *changes)
        return small_run(cache, experiment=path, analysis="na62-dump-2021")

    return make


def found_with(factor=1 + 1e-13, tables=None, software=None, **changes):
    """The base run as another program, table or sample would have found it."""

    def make(base, cache, folder):
        return moved(base, factor, tables=base.tables | (tables or {}), **changes), software

    return make


def spectrum_of_eta(sha256, source="pythia", brems=1.0):
    """A run of eta mesons whose spectrum has this digest."""

    def make(base, cache, folder):
        result = small_run(cache, production=["brems", "eta"])
        inputs = [
            replace(record, digest=sha256) if record.name == "spectrum of eta" else record
            for record in result.inputs
        ]
        factors = {"brems/mumu": brems, "eta/mumu": int(sha256[:1], 16)}
        grid = result.scan.grid
        by_channel = {name: factors[name] * events for name, events in grid.by_channel.items()}
        grid = replace(grid, by_channel=by_channel, yields={"mumu": sum(by_channel.values())})
        return replace(
            result,
            inputs=tuple(inputs),
            tables=result.tables | {"eta/mumu": sha256},
            scan=replace(result.scan, grid=grid),
            preset=replace(result.preset, spectrum=source),
        )

    return make


REGION = "[final_states.mumu.signal_region]\n"
BACKGROUND = "[final_states.mumu.signal_region.background]\n"
OTHER_DIGEST = "2" * 64

CAUSES = {
    "POT": (asked(pot=1e18), None, "pot: 1.4e17 -> 1e18"),
    "preset": (asked(preset="na62-ff-mixing-alt"), None, "na62-ff-mixing -> na62-ff-mixing-alt"),
    "preset option": (
        preset_with('form_factor = "none"'),
        preset_with('form_factor = "dipole"'),
        "option form_factor of preset mine: dipole -> none",
    ),
    "seed": (asked(seed=2), None, "seed: 1 -> 2"),
    "precision": (found_with(1.02, precision=0.1), None, "precision: 0.5 -> 0.1"),
    "observed count": (
        analysis_with(REGION + "observed = 0\nevents = []\n"),
        None,
        "observed count of mumu SR: 1 -> 0",
    ),
    "mass of the event": (
        analysis_with(
            REGION + "events = [{ mass_gev = 0.5, mass_window_gev = 0.004, "
            'origin = { kind = "assumed", source = "test" } }]\n'
        ),
        None,
        "observed events of mumu SR: 0.411 GeV ± 0.004 GeV -> 0.5 GeV ± 0.004 GeV",
    ),
    "background": (
        analysis_with(BACKGROUND + "mean = 0.9\n"),
        None,
        "background of mumu SR: 0.016, mean 0.016 sigma 0.002 -> 0.9, mean 0.9 sigma 0.002",
    ),
    "geometry": (
        experiment_with(("r_min_m = 0.06", "r_min_m = 0.25")),
        None,
        "experiment: planes[STRAW1].shape.r_min_m: 0.06 -> 0.25",
    ),
    "spectrum": (
        spectrum_of_eta(OTHER_DIGEST),
        spectrum_of_eta("1" * 64),
        "spectrum of eta: SHA-256 111111111111 -> SHA-256 222222222222",
    ),
    "source of the spectrum": (
        spectrum_of_eta(OTHER_DIGEST, "bmpt"),
        spectrum_of_eta("1" * 64),
        "source of the spectra: pythia -> bmpt",
    ),
    "table": (
        found_with(1.2, tables={"brems/mumu": OTHER_DIGEST}),
        None,
        "yield table of brems/mumu: SHA-256",
    ),
    "version of feebly": (
        found_with(1.2, tables={"brems/mumu": OTHER_DIGEST}, software={"feebly": "0.9.9"}),
        None,
        "version of feebly: ",
    ),
    "version of numpy": (found_with(software={"numpy": "9.9"}), None, "version of numpy: "),
    "processor": (found_with(software={"cpu": "Zuse Z4"}), None, "cpu: "),
    "mass range": (asked(mass=(0.3, 0.5, 5)), None, "mass range: 0.3:0.6:5 -> 0.3:0.5:5"),
    "points of the grid": (asked(coupling=(1e-8, 1e-4, 12)), None, "coupling range: 1e-08:0.0001:8 -> 1e-08"),
    "coupling range": (
        asked(coupling=(1e-8, 2e-6, 8)),
        None,
        "1e-08:0.0001:8 -> 1e-08:2e-06:8",
    ),
    "CL": (asked(cl=0.95), None, "cl: 0.9 -> 0.95"),
    "convention": (asked(convention="classical"), None, "convention: cls-counting -> classical"),
    "signal error": (asked(signal_error=0.2, force_signal_error=True), None, "signal error: 0 -> 0.2"),
    "bands": (asked(bands="full"), None, "bands: none -> full"),
    "channels": (asked(channels=["mumu", "ee"]), None, "final states: mumu -> mumu, ee"),
    "production": (asked(production=["brems", "eta"]), None, "production: brems -> brems, eta"),
    "response": (
        asked(response="2502-alt"),
        None,
        "response set of mumu: 2502 (efficiency 0.65) -> 2502-alt (efficiency 0.76)",
    ),
    "background of a projection": (
        asked(pot=1e18, background="none"),
        asked(pot=1e18, background="scale"),
        "background assumption: scale -> none",
    ),
    "model": (found_with(3.0, model="dark-scalar"), None, "model: dark-photon -> dark-scalar"),
}


@pytest.mark.parametrize("case", CAUSES)
def test_the_cause_is_named(pair, case):
    second, first, words = CAUSES[case]
    a, b = pair(second, first)
    found = compare_runs(read_kept(a), read_kept(b))
    named = [each.text for each in (*found.causes, *found.candidates)]
    assert any(words in text for text in named)
    assert not found.is_equal
    assert not found.unexplained
    assert len(found.causes) == 1
    assert not found.candidates
    assert words in difference_text(found)


def test_equal_runs(pair, cache):
    a, b = pair(asked())
    edited(b, lambda c: c["provenance"].update(command=["feebly"], date_utc="2030-01-01", timings_s={}))
    found = compare_runs(read_kept(a), read_kept(b))
    assert found.is_equal
    assert difference_text(found) == (
        "nothing moved: contours, yields, limits and summary are the same bits\n"
    )
    content = difference_dict(found)
    assert content["equal"]
    assert content["causes"] == content["candidates"] == content["unexplained"] == []


def changed_digit(folder):
    """One coupling of contours.csv 7% up, at both ends of its closed curve where it is the first."""
    path = folder / "contours.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("observed,")) + 3
    *start, coupling = lines[at].split(",")
    lines[at] = ",".join([*start, repr(1.07 * float(coupling))])
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def cut_off(folder):
    path = folder / "contours.csv"
    path.write_bytes(path.read_bytes()[:-20])


def flip(folder):
    path = folder / "grid.h5"
    content = bytearray(path.read_bytes())
    content[3000] ^= 1
    path.write_bytes(content)


DAMAGE = {
    "a digit of contours.csv": (changed_digit, "contours.csv of"),
    "contours.csv cut off": (cut_off, "contours.csv of"),
    "a bit of grid.h5": (flip, "grid.h5 of"),
    "a changed result.json": (
        lambda folder: edited(folder, lambda c: c["inputs"][0].update(value="1"), sign=False),
        "result.json of",
    ),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_a_file_that_is_not_what_feebly_wrote_is_the_cause(pair, case):
    damage, words = DAMAGE[case]
    a, b = pair(asked())
    damage(b)
    found = compare_runs(read_kept(a, "A"), read_kept(b, "B"))
    assert not found.is_equal
    assert [each.text for each in found.causes] == [
        f"{words} B: as feebly wrote it -> changed since (SHA-256)"
    ]
    assert not found.candidates
    assert f"{words} B is not the file that feebly wrote" in difference_text(found)


def test_a_missing_file_is_compared_by_its_digest(pair):
    a, b = pair(asked())
    (b / "grid.h5").unlink()
    found = compare_runs(read_kept(a), read_kept(b, "B"))
    assert found.is_equal
    assert "grid.h5 of B is not there: compared by its SHA-256 only" in difference_text(found)
    edited(b, lambda c: c["files"].update({"grid.h5": "0" * 64}))
    assert compare_runs(read_kept(a), read_kept(b)).unequal == ("grid.h5 (by its SHA-256)",)


def test_two_causes_of_different_things(pair):
    # the POT moves yields, the count the observed limit: each is the only one that can
    a, b = pair(analysis_with("pot = 2.8e17\n" + REGION + "observed = 0\nevents = []\n"))
    found = compare_runs(read_kept(a), read_kept(b))
    assert [each.text for each in found.causes] == [
        "pot: 1.4e17 -> 2.8e17",
        "observed count of mumu SR: 1 -> 0",
    ]
    assert not found.candidates
    shifts = {shift.what: shift for shift in found.moves.shifts}
    assert_allclose(shifts["yield brems/mumu"].median, np.log(2), rtol=1e-12)
    assert_allclose(shifts["limit observed"].largest, np.log(2.302585093 / 3.873883301), rtol=1e-6)
    assert shifts["limit observed"].mass_gev == pytest.approx(0.411, abs=0.004)
    assert "limit expected" not in shifts


def test_what_can_both_have_moved_it_are_candidates(pair):
    a, b = pair(asked(seed=2, preset="na62-ff-mixing-alt"))
    found = compare_runs(read_kept(a), read_kept(b))
    assert not found.causes
    assert [each.name.partition(" ")[0] for each in found.candidates] == ["preset", "seed"]
    assert "candidates, one or several of them:\n  preset (" in difference_text(found)


def test_another_seed_is_no_cause_of_what_is_larger_than_its_error(pair):
    a, b = pair(found_with(300.0, seed=2, software={"feebly": "0.9.9"}))
    found = compare_runs(read_kept(a), read_kept(b))
    assert [each.name for each in found.causes] == ["version of feebly"]
    assert [each.name for each in found.others] == ["seed"]


def test_a_library_is_no_cause_of_what_is_larger_than_rounding(pair):
    a, b = pair(found_with(1.01, software={"numpy": "9.9"}))
    found = compare_runs(read_kept(a), read_kept(b))
    assert found.unexplained == ("yield:brems/mumu",)
    text = difference_text(found)
    assert "no recorded difference can have moved so much: yield brems/mumu" in text
    assert "different without effect: version of numpy" in text


def test_factors_of_the_edges_are_those_of_the_curves(base, cache, pair):
    more = asked(pot=1.4e18)
    a, b = pair(more)
    shifts = {each.what: each for each in compare_runs(read_kept(a), read_kept(b)).moves.shifts}
    for side, at in (("lower", (0, 0)), ("upper", (-1, 1))):
        shift = shifts[f"expected, {side} edge"]
        edges = [
            result.excluded_couplings(shift.mass_gev, "expected")[at[0]][at[1]]
            for result in (base, more(base, cache, None))
        ]
        assert_allclose(shift.largest, np.log(edges[1] / edges[0]), rtol=1e-9)
    assert shifts["expected, lower edge"].median < -np.log(10) / 4 < 0 < shifts["expected, upper edge"].median
    assert_allclose(shifts["yield brems/mumu"].median, np.log(10), rtol=1e-12)


def test_a_spectrum_of_hadrons_is_no_cause_of_other_bremsstrahlung(pair):
    a, b = pair(spectrum_of_eta(OTHER_DIGEST, brems=1.5), spectrum_of_eta("1" * 64))
    found = compare_runs(read_kept(a), read_kept(b))
    assert [each.name for each in found.causes] == ["spectrum of eta"]
    assert found.unexplained == ("yield:brems/mumu",)


def ten_times(spread):
    """Ten times the POT, seen by another feebly: at one point of the grid by so much more."""

    def make(base, cache, folder):
        more = moved(asked(pot=1.4e18)(base, cache, folder), 1.0)
        grid = more.scan.grid
        events = grid.by_channel["brems/mumu"].copy()
        events[2, 4] *= 1 + spread
        grid = replace(grid, by_channel={"brems/mumu": events}, yields={"mumu": events})
        return replace(more, scan=replace(more.scan, grid=grid)), {"feebly": "0.9.9"}

    return make


@pytest.mark.parametrize(("spread", "causes"), [(0.0, ["pot"]), (0.05, [])])
def test_a_factor_that_explains_every_point_needs_no_other_cause(pair, spread, causes):
    a, b = pair(ten_times(spread))
    found = compare_runs(read_kept(a), read_kept(b))
    yields = next(shift for shift in found.moves.shifts if shift.what == "yield brems/mumu")
    assert_allclose(yields.median, np.log(10), rtol=1e-12)
    named = {each.name for each in (*found.causes, *found.candidates)}
    assert named == ({"pot"} if causes else {"pot", "version of feebly"})
    if causes:
        assert [each.name for each in found.causes] == causes


def test_other_points_of_the_grid_are_no_cause_of_another_curve(pair):
    def make(base, cache, folder):
        result = asked(coupling=(1e-8, 1e-4, 9))(base, cache, folder)
        pieces = tuple(replace(piece, coupling=1.1 * piece.coupling) for piece in result.scan.pieces)
        return replace(result, scan=replace(result.scan, pieces=pieces))

    a, b = pair(make)
    found = compare_runs(read_kept(a), read_kept(b))
    assert [each.name for each in found.causes] == ["coupling range"]  # of the grid, not of the curves
    assert set(found.unexplained) == {"contour:observed", "contour:expected"}


def test_where_a_curve_is_closed_along_the_grid_it_has_no_edge():
    settings = [{"mass_range_gev": [0.1, 2.0, 10], "coupling_range": [low, 1e-3, 10]} for low in (1e-8, 1e-9)]
    a = KeptRun("A", {"setting": settings[0]}, (square("observed", 0, 0.2, 0.8, 1e-8, 1e-5),), None)
    b = KeptRun("B", {"setting": settings[1]}, (square("observed", 0, 0.2, 0.8, 1e-9, 2e-5),), None)
    assert [shift.what for shift in find_moves(a, b).shifts] == ["observed, upper edge"]


def square(kind, number, low, high, floor, ceiling):
    """A rectangle in mass and coupling as a closed piece."""
    mass, coupling = [low, high, high, low, low], [floor, floor, ceiling, ceiling, floor]
    return ContourPiece(kind, number, np.array(mass), np.array(coupling))


def test_islands_and_masses_gained_and_lost():
    setting = {"setting": {"mass_range_gev": [0.1, 2.0, 10], "coupling_range": [1e-8, 1e-3, 10]}}
    main = square("observed", 0, 0.2, 0.8, 1e-7, 1e-5)
    wider = square("observed", 0, 0.2, 0.9, 1e-7, 2e-5)
    island = square("observed", 1, 1.0, 1.2, 3e-7, 4e-7)
    low = square("observed", 1, 0.3, 0.5, 1e-8 * 1.5, 3e-8)
    a = KeptRun("A", setting, (main, island), None)
    b = KeptRun("B", setting, (wider, low), None)
    moves = find_moves(a, b)
    assert set(moves.notes) == {
        "observed: masses gained, 0.8-0.9 GeV",
        "observed: masses lost, 1-1.2 GeV",
        "observed: island gained, 0.3-0.5 GeV down to 1.5e-08",
        "observed: island lost, 1-1.2 GeV down to 3e-07",
    }
    upper = next(each for each in moves.shifts if each.what == "observed, upper edge")
    assert_allclose([upper.median, upper.largest], np.log(2), rtol=1e-12)
    lower = next(each for each in moves.shifts if each.what == "observed, lower edge")
    assert_allclose(lower.largest, np.log(1.5e-8 / 1e-7), rtol=1e-12)
    assert 0.3 <= lower.mass_gev <= 0.5


OBJECTS = {
    "a number": ({"z": 1.0}, {"z": 2.0}, ["it: z: 1 -> 2"]),
    "a key of a newer feebly": ({"z": 1.0}, {"z": 1.0, "new": 2.0}, []),
    "an object of a newer feebly": ({"z": 1.0}, {"z": 1.0, "new": {"x": 2.0}}, []),
    "a key of a newer feebly in a plane": (
        {"planes": [{"name": "A", "z": 1.0}]},
        {"planes": [{"name": "A", "z": 1.0, "new": 3.0}]},
        [],
    ),
    "another plane": (
        {"planes": [{"name": "A", "z": 1.0}]},
        {"planes": [{"name": "A", "z": 1.0}, {"name": "B", "z": 3.0}]},
        ["it: planes[B].z: none -> 3"],
    ),
    "planes where there were none": (
        {"planes": []},
        {"planes": [{"name": "B", "z": 3.0}]},
        ["it: planes:  -> none", "it: planes[B].z: none -> 3"],
    ),
    "a calorimeter where there was none": (
        {"calorimeter": None},
        {"calorimeter": {"r_m": 1.0}},
        ["it: calorimeter.r_m: none -> 1"],
    ),
    "words": ({"title": "a", "origins": {"z": "b"}}, {"title": "c", "origins": {"z": "d"}}, []),
}


@pytest.mark.parametrize("case", OBJECTS)
def test_numbers_of_an_apparatus(case):
    one, other, texts = OBJECTS[case]
    assert [each.text for each in object_differences("it", one, other, ("yield:*",))] == texts
    assert len(list(object_differences("it", other, one, ("yield:*",)))) == len(texts)


def test_a_setting_that_only_a_newer_feebly_knows_is_no_difference():
    a = KeptRun("A", {"setting": {"seed": 1}, "preset": {"name": "p", "theta": 1}}, None, None)
    b = KeptRun(
        "B",
        {"setting": {"seed": 1, "ordering": "total-count"}, "preset": {"name": "p", "theta": 1, "new": ""}},
        None,
        None,
    )
    assert differences(a, b) == differences(b, a) == ()


def test_folders_of_files_do_not_count():
    content = {
        "spectrum": "../my lab/eta.csv",
        "inputs": ["event list ../my lab/eta.csv (SHA-256 12), 20 eta", "B/KS pi/2, 2303.08666"],
        "repeat": {"file": "/home/me/mine.toml", "sha256": "12"},
    }
    assert without_folders(content) == {
        "spectrum": "eta.csv",
        "inputs": ["event list eta.csv (SHA-256 12), 20 eta", "B/KS pi/2, 2303.08666"],
        "repeat": {"file": "mine.toml", "sha256": "12"},
    }

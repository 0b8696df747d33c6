"""A whole run with small tables: what is refused before any sampling, and what two runs share."""

from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import feebly
from feebly.core.errors import ConfigError, DomainError
from feebly.engine.yield_tables import YieldTables
from feebly.physics.production.presets import PRODUCTION_TAGS
from feebly.report.contour_table import contours_csv
from feebly.report.exclusion_plot import caption_text
from feebly.workflow.choices import choose
from feebly.workflow.inputs import input_records
from feebly.workflow.run import signal_yields
from feebly.workflow.tables import ObtainedTables
from workflow.small_tables import cached_bytes

SMALL = {
    "channels": ["mumu"],
    "production": ["brems"],
    "mass": (0.3, 0.6, 7),
    "coupling": (1e-8, 1e-5, 12),
    "precision": 0.05,
    "jobs": 1,
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def small_run(cache, steps=None, **changed):
    progress = None if steps is None else lambda *step: steps.append(step)
    return feebly.run("dark-photon", cache_dir=cache, progress=progress, **(SMALL | changed))


def test_masks_of_the_analysis_reach_the_yields():
    choices = choose("dark-photon", channels=["pipi", "kk"])
    signal = signal_yields(choices, ObtainedTables(YieldTables({}), {}, 0))
    assert signal.masks == {"pipi": choices.analysis.final_state("pipi").masks, "kk": ()}
    assert signal.masked_at("pipi", [0.45, 0.4976]).tolist() == [False, True]


REFUSALS = {
    "profile of two regions": ({"channels": ["ee", "mumu"], "convention": "cls-profile"}, "mumu alone, or"),
    "profile of ee": ({"channels": ["ee"], "convention": "cls-profile"}, "a background b +- sigma"),
    "profile of the default channels": ({"channels": None, "convention": "cls-profile"}, "'cls-counting'"),
    "profile with a signal error": (
        {"convention": "cls-profile", "signal_error": 0.2, "response": "none"},
        "signal_error = 0.2 with convention 'cls-profile'",
    ),
    "unknown convention": ({"convention": "cls-counted"}, "did you mean 'cls-counting'?"),
    "unknown ordering": ({"ordering": "total"}, "did you mean 'total-count'?"),
    "ordering of the profile": (
        {"convention": "cls-profile", "ordering": "likelihood-ratio"},
        "convention 'cls-profile' with ordering 'likelihood-ratio'",
    ),
    "confidence level": ({"cl": 90}, "cl = 90"),
    "precision": ({"precision": 0.0}, "precision = 0"),
    "POT counted twice": ({"signal_error": 0.2, "preset": "na62-conservative"}, "is calibrated and contains"),
    "channel": ({"channels": ["mumuu"]}, "did you mean 'mumu'?"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_refused_before_any_sampling(case, tmp_path):
    changed, words = REFUSALS[case]
    steps = []
    with pytest.raises(ConfigError) as refusal:
        small_run(tmp_path, steps, **changed)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert steps == []
    assert cached_bytes(tmp_path) == {}


def test_the_profile_convention_of_mumu_alone(cache):
    # 3.28 instead of 3.87 at the event of 2303.08666, ln 10 elsewhere
    result = small_run(cache, convention="cls-profile", mass=(0.405, 0.417, 7))
    s_up = result.scan.grid.s_up_observed
    at_event = np.abs(result.scan.grid.mass_gev - 0.411) < 0.004
    assert_allclose(s_up[at_event], 3.28, rtol=0.01)
    assert_allclose(s_up[~at_event], np.log(10), rtol=1e-7)
    assert at_event.any()
    assert result.convention == "cls-profile"
    assert "cls-profile" in result.summary()


def test_a_second_run_samples_nothing_and_gives_the_same(cache):
    first, steps = small_run(cache), []
    second = small_run(cache, steps)
    assert steps == []
    assert_array_equal(first.scan.grid.total, second.scan.grid.total)
    for one, other in zip(first.contour(), second.contour(), strict=True):
        assert_array_equal(one.coupling, other.coupling)
    assert first.tables == second.tables


def test_presets_and_pot_share_tables(cache):
    base, steps = small_run(cache), []
    more = small_run(cache, steps, pot=10 * base.pot)
    assert_allclose(more.scan.grid.total, 10 * base.scan.grid.total, rtol=1e-12)
    assert more.projection
    assert {piece.kind for piece in more.scan.pieces} == {"expected", "discovery-3s", "discovery-5s"}
    assert (base.assumption, str(more.assumption)) == (None, "scale")
    clean = small_run(cache, steps, pot=10 * base.pot, background="none")
    assert_allclose(clean.scan.grid.s_discovery["discovery-5s"], np.log(2), rtol=1e-9)
    other = small_run(cache, steps, preset="na62-ff-mixing-alt")
    # efficiency 0.76 for 0.65, the same pair separation and form factor
    assert_allclose(other.scan.grid.total, 0.76 / 0.65 * base.scan.grid.total, rtol=1e-12)
    assert steps == []
    small_run(cache, steps, response="none")
    assert steps[0][2] == "sampling yields"


def test_a_point_is_excluded_by_its_own_yield_and_counts(cache):
    result = small_run(cache)
    mass, coupling = result.scan.grid.mass_gev[3], result.scan.grid.coupling[8]
    at_cell = result.exclude(mass_gev=mass, coupling=coupling)
    assert_allclose(at_cell.events, result.scan.grid.total[3, 8], rtol=1e-12)
    assert_allclose(at_cell.cls, result.scan.grid.cls[3, 8], rtol=1e-9)
    ((low, high),) = result.excluded_couplings(0.4)
    # between the cells of the grid: the contour is good to 1e-3 in the coupling
    inside = [result.exclude(0.4, low * x).excluded for x in (0.995, 1.005)]
    inside += [result.exclude(0.4, high * x).excluded for x in (0.995, 1.005)]
    assert inside == [False, True, True, False]
    assert str(result.exclude(0.4, low * 1.005)).startswith("excluded: CLs = 0.096, N = 2.3")
    with pytest.raises(DomainError, match=r"mass 0.7 GeV is outside 0.3-0.6 GeV of this run"):
        result.exclude(0.7, 1e-6)
    with pytest.raises(ConfigError, match="has no yield tables"):
        replace(result, signal=None).exclude(0.4, 1e-6)


def test_the_run_says_what_it_was_made_of(cache):
    result = small_run(cache, seed=1)
    assert (result.channels, result.production, result.seed) == (("mumu",), ("brems",), 1)
    assert (result.mass_range_gev, result.coupling_range) == (SMALL["mass"], SMALL["coupling"])
    assert set(result.tables) == {"brems/mumu"}
    assert {"tables", "limits"} == set(result.timings)
    assert all(record.origin.source for record in result.inputs)
    names = [record.name for record in result.inputs]
    assert any("background of mumu" in name for name in names)
    (brems,) = (record for record in result.inputs if record.name == "production brems")
    assert "0.1 < z < 0.9, pT < 1 GeV" in brems.value


def test_every_production_mode_tells_its_numbers():
    records = {record.name: record for record in input_records(choose("dark-photon"))}
    assert "BR(eta -> gamma gamma) = 0.3936" in records["production eta"].value
    assert "R(kk + k0k0)" in records["production mixing-phi"].value
    assert {f"production {tag}" for tag in PRODUCTION_TAGS} <= set(records)


def shipped(folder):
    return (files("feebly") / "data" / folder / "na62-dump-2021.toml").read_text(encoding="utf-8")


def test_an_analysis_that_has_observed_nothing_gives_its_expected_limit(cache, tmp_path):
    # regions without counts, no other analysis behind it: once reported as "no exclusion"
    path = tmp_path / "planned.toml"
    lines = shipped("analyses").splitlines()
    start = lines.index("[[final_states.mumu.signal_region.events]]")
    lines[start : start + 4] = []
    lines.remove("observed = 1")
    path.write_text("\n".join(lines), encoding="utf-8")
    planned, seen = small_run(cache, analysis=path), small_run(cache)
    assert planned.projection
    assert planned.main_kind == "expected"
    assert planned.contour("observed") == ()
    for mass in (0.35, 0.411, 0.5):
        edges = planned.excluded_couplings(mass), seen.excluded_couplings(mass, "expected")
        assert len(edges[0]) == 1
        assert_allclose(*edges, rtol=5e-3)
    assert "would be excluded" in planned.summary()
    assert "None" not in caption_text(planned) + contours_csv(planned)


def test_without_any_signal_the_sentence_says_so(cache):
    result = small_run(cache, coupling=(1e-2, 1e-1, 4))
    assert "no exclusion (no signal is expected at any mass" in result.summary()


def test_needed_events_are_those_of_an_open_mass(cache):
    # the largest yield lies nearest to a mass of the grid at which mu mu is closed
    words = small_run(cache, mass=(0.2, 0.9, 2), coupling=(1e-9, 1.1e-9, 2)).summary()
    assert "2.30 are needed" in words


def test_notes_say_where_analysis_and_experiment_do_not_fit(cache, tmp_path):
    path = tmp_path / "mine.toml"
    text = shipped("experiments").replace('name = "na62-dump-2021"', 'name = "mine"')
    path.write_text(text.replace("[96.96, 183.0]", "[110.0, 183.0]"), encoding="utf-8")
    notes = small_run(cache, experiment=path, analysis="na62-dump-2021", precision=0.3).all_notes
    assert any("is of experiment na62-dump-2021, not of mine" in note for note in notes)
    assert any("volume of mumu, 105-180 m" in note and "110-183 m" in note for note in notes)
    assert not any("experiment" in note or "volume" in note for note in small_run(cache).all_notes)


def test_channels_without_an_accepted_event_are_named(cache, tmp_path):
    path = tmp_path / "elsewhere.toml"
    region = "z_min_m = 6.0, z_max_m = 40.0, cda_max_m = 0.020"
    assert region in shipped("analyses")
    path.write_text(shipped("analyses").replace(region, "z_min_m = 1e6, z_max_m = 1.1e6, cda_max_m = 0.020"))
    (note,) = (note for note in small_run(cache, analysis=path).all_notes if "simulated event" in note)
    assert "of brems -> mumu reaches" in note
    assert not any("simulated event" in note for note in small_run(cache).all_notes)


@pytest.mark.parametrize(("ends", "seen"), [((0.21132, 0.2115), False), ((1.99985, 2.0), True)])
def test_slivers_between_the_last_knots_and_the_ends_of_a_channel(cache, ends, seen):
    result = small_run(cache, mass=(*ends, 2), precision=0.3)
    assert np.any(result.scan.grid.total > 0) == seen

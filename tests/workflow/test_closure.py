"""Closure of the whole chain: a right analysis passes, each wrong one is noticed."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from feebly.core.errors import ConfigError, DomainError
from feebly.limits.branches import YieldCurve
from feebly.statistics.proofs.closure import uniformity
from feebly.workflow.closure import close_points, model_closure
from feebly.workflow.closure_events import EventYield, event_yields
from feebly.workflow.closure_points import draw_points
from feebly.workflow.closure_result import FitSummary, ModelClosure, pull_ranges
from limits.toy_search import POT, ToySource, toy_edges, toy_events, toy_maximum, toy_observation, toy_signal

MASS, COUPLING = (0.01, 1.0, 100), (1e-9, 1e-3, 100)


def drawn(signal, number=20, seed=1):
    return draw_points(signal, MASS, COUPLING, number, np.random.default_rng(seed))


def closed(thrown=None, signal=None, observation=None, events=lambda mass, coupling: (), **numbers):
    signal = signal or toy_signal()
    points = numbers.pop("points", None) or drawn(signal)
    observation = observation or toy_observation(signal)
    results = close_points(signal, thrown or signal, observation, points, 1000, 1, events, **numbers)
    p_value = uniformity(np.concatenate([result.transforms for result in results]))
    return ModelClosure(
        "toy",
        "epsilon",
        "toy",
        "none",
        POT,
        ("ee", "mumu"),
        0.9,
        "cls-counting",
        0.0,
        1.0,
        1,
        results,
        p_value,
    )


@pytest.fixture(scope="module")
def good():
    return closed()


def test_a_right_analysis_passes(good):
    assert good.passed, [(p.failures(0.9), p) for p in good.results if p.failures(0.9)]
    assert len(good.results) == 20
    assert good.experiments == 1000
    assert {point.branch for point in good.results} == {"long-lived", "short-lived"}


def test_pulls_are_tested_where_there_are_events(good):
    bright = [point for point in good.results if point.signal + point.background >= 40]
    assert len(bright) >= 8
    assert all((point.fit.pull is not None) == (point in bright) for point in good.results)
    tested = [point for point in bright if point.fit.coupling_pull is not None]
    assert len(tested) >= 2
    assert all(point.fit.at_edge == 0 for point in tested)


def test_the_point_knows_its_yields_and_both_couplings(good):
    for point in good.results:
        ratio = 0.5 if point.mass_gev > 0.2113 else 1.0
        unit = toy_events(point.mass_gev, point.coupling)
        assert_allclose(point.signal, unit, rtol=1e-9)
        assert_allclose(point.by_final_state["ee"], ratio * unit, rtol=1e-9)
        assert_allclose(point.solutions, toy_edges(point.mass_gev, unit), rtol=1e-6)
        assert point.peak == pytest.approx(toy_maximum(point.mass_gev)[1], rel=2e-3)


def test_the_error_of_the_coupling_is_that_of_the_count_over_the_slope():
    (point,) = closed(points=[(0.1, 1e-9 * 3e2)], signal=toy_signal(pot=POT)).results
    signal, b = point.signal, point.background
    assert point.branch == "long-lived"
    step = np.log(toy_events(0.1, point.coupling * 1.01) / toy_events(0.1, point.coupling)) / np.log(1.01)
    assert point.fit.coupling_error == pytest.approx(np.sqrt(signal + b) / signal / step, rel=0.02)


def test_exclusions_are_those_of_the_enumeration(good):
    for point in good.results:
        spread = np.sqrt(point.exclusion * (1 - point.exclusion) / 1000)
        assert abs(point.excluded / 1000 - point.exclusion) <= 4.5 * spread + 1e-9
        assert point.exclusion <= 0.1


@pytest.mark.parametrize("scale", [0.5, 0.9, 1.1, 2.0])
def test_a_wrong_scale_is_noticed(scale):
    signal = toy_signal()
    found = closed(replace(signal, pot=scale * signal.pot))
    assert not found.passed
    assert "counts of all points" in found.failures
    failed = [point for point in found.results if point.failures(0.9)]
    assert len(failed) >= 8
    if scale < 1:  # fewer events than believed: the truth is excluded too often
        assert any("coverage" in point.failures(0.9) for point in failed)
    assert any("pull" in point.failures(0.9) for point in failed)


def test_a_wrong_lifetime_is_noticed():
    @dataclass
    class Longer(ToySource):
        def expected_events(self, production, final_state, mass_gev, ctau_m):
            return super().expected_events(production, final_state, mass_gev, 1.2 * ctau_m)

    assert not closed(replace(toy_signal(), source=Longer())).passed


def test_a_forgotten_background_is_noticed(monkeypatch):
    signal, point = toy_signal(pot=1e19), (0.15, 5e-8)
    seen = toy_observation(signal, pot=1e19)  # b grows with the POT
    assert closed(signal=signal, observation=seen, points=[point]).passed
    from feebly.workflow import closure as module

    true_counts = module.thrown_counts
    monkeypatch.setattr(
        module, "thrown_counts", lambda p, n, rng: true_counts(replace(p, background=Zero), n, rng)
    )
    from feebly.statistics import Fixed

    Zero = Fixed(0.0)
    assert not closed(signal=signal, observation=seen, points=[point]).passed


def test_a_coupling_of_the_wrong_branch_is_noticed(monkeypatch):
    monkeypatch.setattr(
        YieldCurve, "on_branch", lambda self, events: 1.02 * self.coupling * np.ones(len(events))
    )
    found = closed()
    assert any("coupling pull" in point.failures(0.9) for point in found.results)


def test_a_signal_error_is_thrown_and_known():
    signal, points = toy_signal(), drawn(toy_signal(), 4)
    seen = toy_observation(signal, signal_error=0.2)
    assert closed(observation=seen, points=points).passed
    # thrown but unknown to the analysis
    from feebly.workflow import closure as module

    with pytest.MonkeyPatch.context() as patch:
        true_counts = module.thrown_counts
        patch.setattr(
            module, "thrown_counts", lambda p, n, rng: true_counts(replace(p, signal_error=0.2), n, rng)
        )
        assert not closed(points=points).passed


def test_the_coupling_is_tested_where_its_branch_is_straight():
    """Second order of E[ln C] for a count of relative spread r: r/2 (1 + y'' / y'^2) standard deviations."""
    told = []
    for point in closed(signal=toy_signal(pot=30 * POT)).results:
        near = point.coupling * np.exp([-0.001, 0.0, 0.001])
        y = np.log(toy_events(point.mass_gev, near, pot=30 * POT))
        slope, bend = (y[2] - y[0]) / 0.002, (y[2] - 2 * y[1] + y[0]) / 1e-6
        bias = np.sqrt(point.signal + point.background) / point.signal / 2 * abs(1 + bend / slope**2)
        if point.fit.pull and point.fit.at_edge == 0 and not 0.027 < bias < 0.033:
            told.append(bool(bias < 0.03))
            assert (point.fit.coupling_pull is not None) == (bias < 0.03), point
    assert {True, False} == set(told)


def test_fits_beyond_the_peak_are_counted():
    coupling, largest = toy_maximum(0.1)
    (point,) = closed(points=[(0.1, 0.95 * coupling)]).results
    beyond = stats.poisson(point.signal + point.background).sf(np.floor(largest + point.background))
    assert 0.05 < beyond < 0.95
    assert point.fit.at_edge == pytest.approx(beyond, abs=0.05)
    assert point.fit.coupling_pull is None


def test_a_signal_that_is_lost_in_its_background_has_no_pull():
    signal = toy_signal(pot=5e20, final_states=("mumu",))
    seen = toy_observation(signal, pot=5e20)
    lower = toy_edges(0.3, 30.0, pot=5e20, branching_ratio=0.5)[0]
    (point,) = closed(signal=signal, observation=seen, points=[(0.3, lower)]).results
    assert point.signal == pytest.approx(30.0, rel=1e-6)
    assert point.background > 30  # N + b is above 40, N only four standard deviations
    assert point.fit.pull is None
    assert point.p_value > 1e-3


def test_same_seed_same_result(good):
    assert closed() == good


def test_a_pull_out_of_its_range_fails_the_point(good):
    point = next(p for p in good.results if p.fit.coupling_pull)
    for change in (
        {"pull": (0.11, 1.0)},
        {"pull": (0.0, 0.89)},
        {"coupling_pull": (-0.11, 1.0)},
        {"coupling_pull": (0.0, 1.11)},
    ):
        fit = replace(point.fit, **change)
        assert replace(point, fit=fit).failures(0.9) == (next(iter(change)).replace("_", " "),)


def test_few_experiments_allow_wider_pulls(good):
    assert pull_ranges(1000) == pull_ranges(100_000) == (0.1, (0.9, 1.1))
    mean, width = pull_ranges(250)
    assert_allclose((mean, *width), (0.2, 0.8, 1.2), rtol=1e-12)
    point = next(p for p in good.results if p.fit.coupling_pull)
    wide = replace(
        point, fit=replace(point.fit, pull=(0.19, 1.19)), transforms=point.transforms[:250], excluded=9
    )
    assert wide.failures(0.9) == ()
    assert replace(wide, fit=replace(point.fit, pull=(0.21, 1.0))).failures(0.9) == ("pull",)


def test_too_many_exclusions_fail_the_point(good):
    point = replace(good.results[0], fit=FitSummary(0.1, 0.0, None, None), p_value=0.5)
    # binomial of 1000 at 10%: 130 or more have a probability of 1.3e-3, 131 of 9.6e-4
    assert replace(point, excluded=130).failures(0.9) == ()
    assert replace(point, excluded=131).failures(0.9) == ("coverage",)


# --- points ---------------------------------------------------------------------------------------------


def test_points_are_half_bright_and_on_both_branches():
    points = drawn(toy_signal(), 40)
    events = np.array([toy_events(mass, coupling) for mass, coupling in points])
    assert list(points) == sorted(points, key=lambda point: point[0])
    assert np.count_nonzero(events > 48) == 20
    assert np.all((events > 0.25) & (events < 4000))
    rising = [coupling < toy_maximum(mass)[0] for mass, coupling in points]
    assert 8 <= sum(rising) <= 32


def test_without_bright_masses_all_points_are_dim():
    signal = toy_signal(pot=POT / 5)
    largest = max(toy_maximum(mass, pot=signal.pot)[1] for mass in np.geomspace(0.01, 1, 50))
    assert 3 < largest < 50
    events = [toy_events(mass, coupling, pot=signal.pot) for mass, coupling in drawn(signal)]
    assert len(events) == 20
    assert max(events) < 0.9 * largest


def test_no_point_without_events():
    with pytest.raises(
        DomainError, match=r"no point: at most .* events are expected at 0\.01-1 GeV, 3 are needed"
    ):
        drawn(toy_signal(pot=1.0))


def test_impossible_points_are_refused():
    for point, words in (
        ((0.1, -1e-6), "coupling -1e-06: expected a number above 0"),
        ((0.1, 1e-30), "events are expected; closure needs 0.001 to 10000"),
    ):
        with pytest.raises(DomainError, match=words):
            closed(points=[point])
    closed_signal = toy_signal(final_states=("mumu",))
    with pytest.raises(DomainError, match=r"m = 0\.1 GeV: no channel"):
        closed(signal=closed_signal, points=[(0.1, 1e-6)])


# --- simulated events -----------------------------------------------------------------------------------


RESPONSES = {"ee": "set of ee", "mumu": "set of mumu"}


@dataclass
class Sample:
    expected: float
    mc_error: float


def simulated(scale):
    """Events that give ``scale`` times the yield of the table, within 1%."""

    def events(channel, mass_gev, coupling, response):
        assert response == {channel: "set of " + channel}
        yields = toy_signal().at_points([mass_gev], [coupling]).by_final_state()
        return Sample(scale * float(yields[channel][0]), 0.01 * float(yields[channel][0]))

    return events


def test_simulated_events_are_compared_by_final_state():
    low, high = (event_yields(toy_signal(), (mass, 3e-7), simulated(1.0), RESPONSES) for mass in (0.1, 0.4))
    assert [each.final_state for each in low] == ["ee"]
    assert [each.final_state for each in high] == ["ee", "mumu"]
    for each in (*low, *high):
        assert each.ratio == pytest.approx(1.0)
        assert each.ratio_error == pytest.approx(np.hypot(0.01, 0.01))


@pytest.mark.parametrize(("scale", "passed"), [(1.0, True), (0.95, False), (2.0, False)])
def test_events_that_disagree_with_the_tables_are_noticed(scale, passed):
    signal, points = toy_signal(), drawn(toy_signal(), 5)
    found = closed(
        points=points,
        events=lambda mass, coupling: event_yields(signal, (mass, coupling), simulated(scale), RESPONSES),
    )
    assert found.passed == passed
    assert found.failures == (() if passed else ("simulated events",))


def test_the_chi_square_of_one_final_state():
    one = closed(points=[(0.1, 3e-7)])
    point = replace(one.results[0], events=(EventYield("ee", 100.0, 3.0, 110.0, 4.4),))
    # (0.1 / 0.05)^2 = 4 with one degree of freedom
    assert replace(one, results=(point,)).events_p_value == pytest.approx(0.0455, rel=1e-3)
    assert one.events_p_value is None


# --- real tables ----------------------------------------------------------------------------------------

SMALL = {"channels": ["mumu"], "production": ["brems"], "precision": 0.05, "jobs": 1}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def test_a_real_model_with_simulated_events(cache):
    steps = []
    found = model_closure(
        "dark-photon", points=4, experiments=300, events=200, cache_dir=cache,
        progress=lambda *step: steps.append(step), **SMALL,
    )  # fmt: skip
    assert found.passed, (found.failures, found.results)
    assert (found.model, found.coupling_name, found.channels) == ("dark-photon", "epsilon", ("mumu",))
    assert all(len(point.events) == 1 and point.events[0].ratio_error < 0.1 for point in found.results)
    assert [step[:2] for step in steps[-4:]] == [(k, 4) for k in range(4)]


def test_a_real_model_at_a_given_point_and_wrong_scale(cache):
    asked = {"points": [(0.3, 1e-6)], "events": 0, "cache_dir": cache} | SMALL
    good, bad = model_closure("dark-photon", **asked), model_closure("dark-photon", signal_scale=2.0, **asked)
    assert (good.results[0].mass_gev, good.results[0].coupling) == (0.3, 1e-6)
    assert good.passed
    assert not bad.passed
    assert bad.results[0].signal == good.results[0].signal


def test_simulated_events_are_no_part_of_the_tables(cache, monkeypatch):
    from feebly.workflow import closure as module

    calls = []

    def fake(*names, **asked):
        calls.append((names, asked))
        return Sample(1.0, 1.0)

    monkeypatch.setattr(module, "simulate", fake)
    model_closure("dark-photon", points=[(0.3, 1e-6)], events=70, seed=3, cache_dir=cache, **SMALL)
    ((names, asked),) = calls
    assert names == ("dark-photon",)
    assert (asked["channel"], asked["mass_gev"], asked["coupling"]) == ("mumu", 0.3, 1e-6)
    assert (asked["n"], asked["weighted"], asked["production"]) == (70, True, ["brems"])
    assert asked["seed"] == 1_000_003  # that of the tables is 1
    assert asked["response"] == {"mumu": "2502"}


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ({"points": 0}, "points = 0: expected at least one"),
        ({"points": []}, "points = 0: expected at least one"),
        ({"experiments": 5}, "experiments = 5: expected at least 10, such as 1000"),
        ({"events": -1}, "events = -1: expected 0"),
        ({"signal_scale": 0.0}, "signal scale = 0: expected a factor above 0"),
        ({"convention": "cls"}, "unknown convention 'cls'"),
        ({"points": [(30.0, 1e-6)]}, "mass 30 GeV"),
        ({"signal_error": 0.2}, "calibrated"),
    ],
)
def test_wrong_values_are_refused_before_any_sampling(asked, line, tmp_path):
    with pytest.raises((ConfigError, DomainError), match=line):
        model_closure("dark-photon", channels=["mumu"], cache_dir=tmp_path, **asked)
    assert not list(tmp_path.iterdir())

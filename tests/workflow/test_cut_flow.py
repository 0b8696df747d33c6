"""The cut-flow of a run: it ends with the yield of the tables, goes down, and moves nothing else."""

from dataclasses import replace
from itertools import pairwise
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import feebly
from feebly.core.errors import DomainError
from feebly.core.tables import plain
from feebly.report.run_difference import compare_runs, read_kept
from feebly.report.run_folder import result_dict
from feebly.report.saved_run import read_run
from feebly.workflow.choices import choose
from feebly.workflow.cut_flow import ASKED, LARGEST_YIELD, FlowPoint, cut_flow, cut_flows, passed
from feebly.workflow.event_sample import CutFlowStep
from feebly.workflow.replay import replay
from feebly.workflow.simulate import simulate
from report.small_runs import edited, write

ASKED_FOR = {
    "channels": ["mumu"],
    "production": ["brems"],
    "mass": (0.25, 0.5, 4),
    "coupling": (1e-7, 1e-5, 8),
}
PIPIETA = {"channels": ["pipieta"], "production": ["mixing-eta"], "analysis": "na62-dump-all"}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def result(cache):
    return feebly.run("dark-photon", precision=0.05, jobs=1, cache_dir=cache, cut_flow=True, **ASKED_FOR)


@pytest.fixture(scope="module")
def without(cache):
    return feebly.run("dark-photon", precision=0.05, jobs=1, cache_dir=cache, **ASKED_FOR)


def test_the_last_line_is_the_yield_of_the_tables(result):
    """Other events than those of the tables, at the point of the grid with most of them."""
    flow, grid = result.cut_flow.flows["mumu"], result.scan.grid
    row, column = np.unravel_index(np.argmax(grid.yields["mumu"]), grid.total.shape)
    assert flow.point == FlowPoint(
        float(grid.mass_gev[row]), float(grid.coupling[column]), LARGEST_YIELD, float(grid.total.max())
    )
    signal = flow.steps[-1]
    assert signal.name == result.final_states[0].signal_region.name
    error = np.hypot(signal.mc_error, grid.mc_error[row, column] * grid.total.max())
    assert error < 0.06 * signal.events
    assert abs(signal.events - grid.total.max()) < 4 * error


def test_another_coupling_convention(cache):
    """At one value of the coupling, rate and width are four times as large in 1/f as in C/Lambda."""
    found = feebly.run(
        "BC10", production=["b-k"], mass=(0.3, 0.5, 3), coupling=(1e-6, 1e-2, 6), response="none",
        channels=["mumu"], coupling_convention="1/f", precision=0.1, jobs=1, cache_dir=cache, cut_flow=True,
    )  # fmt: skip
    flow = found.cut_flow.flows["mumu"]
    assert abs(flow.steps[-1].events / flow.point.table_events - 1) < 0.3


def test_eta_and_pi0_that_decay_otherwise_are_not_in_it(cache):
    """pi+ pi- eta: the tables' yields hold BR(eta -> gamma gamma) = 39.36%; so does the cut-flow."""
    found = feebly.run(
        "alp-gluon", precision=0.1, jobs=1, cache_dir=cache, cut_flow=True, mass=(0.85, 0.95, 2),
        coupling=(1e-8, 1e-6, 6), **PIPIETA,
    )  # fmt: skip
    flow = found.cut_flow.flows["pipieta"]
    assert abs(flow.steps[-1].events / flow.point.table_events - 1) < 0.35


def test_each_cut_takes_away(result):
    flow = result.cut_flow.flows["mumu"]
    assert flow.steps[0].name == "generated"
    assert flow.steps[0].events is None
    for before, step in pairwise(flow.steps[1:]):
        assert 0 < step.events <= before.events
        assert 0 < step.simulated <= before.simulated
        assert step.efficiency == pytest.approx(step.events / before.events, rel=1e-12, abs=0)
        assert step.cumulated == pytest.approx(step.events / flow.steps[1].events, rel=1e-12, abs=0)
        assert step.cumulated <= 1
    for region in flow.beside:
        assert region.events + flow.steps[-1].events <= flow.steps[-2].events
        assert region.efficiency == pytest.approx(region.events / flow.steps[-2].events, rel=1e-12, abs=0)
    assert flow.steps[2].efficiency < 1
    assert flow.ctau_m == pytest.approx(
        float(result.particle.ctau_m(flow.point.mass_gev, flow.point.coupling)), rel=1e-12, abs=0
    )


def test_events_are_those_of_feebly_simulate(result):
    """The same choices and seed: the same simulated events, by another way to the choices."""
    flow = result.cut_flow.flows["mumu"]
    events = simulate(
        "dark-photon", "mumu", mass_gev=flow.point.mass_gev, coupling=flow.point.coupling, n=2000,
        weighted=True, production=["brems"], jobs=2,
    )  # fmt: skip
    found = [(step.name, step.simulated, step.events, step.mc_error) for step in (*flow.steps, *flow.beside)]
    assert found == [(s.name, s.simulated, s.expected, s.mc_error) for s in events.cut_flow]


weights = st.lists(st.floats(-3, 3).map(lambda u: 10.0**u), min_size=1, max_size=20)


@given(inside=weights, outside=weights)
@settings(max_examples=50)
def test_the_error_of_an_efficiency_is_that_of_its_weights(inside, outside):
    """By the derivative of sum_in w / sum w with respect to the number of times each event occurs."""
    a, b = np.array(inside), np.array(outside)
    e = a.sum() / (a.sum() + b.sum())
    variance = (np.sum((a * (1 - e)) ** 2) + np.sum((b * e) ** 2)) / (a.sum() + b.sum()) ** 2
    part = CutFlowStep("part", a.size, a.sum(), sqrt(np.sum(a**2)))
    both = np.concatenate([a, b])
    whole = CutFlowStep("whole", both.size, both.sum(), sqrt(np.sum(both**2)))
    assert_allclose(passed(part, whole), (e, sqrt(variance)), rtol=1e-4)


def test_the_error_of_equal_weights_is_binomial():
    """sqrt(e (1 - e) / n), closed form."""
    part, whole = CutFlowStep("part", 36, 36.0, 6.0), CutFlowStep("whole", 100, 100.0, 10.0)
    assert_allclose(passed(part, whole), (0.36, sqrt(0.36 * 0.64 / 100)), rtol=1e-12)
    assert_allclose(passed(whole, whole), (1.0, 0.0), rtol=1e-12)
    assert passed(part, CutFlowStep("none", 0, 0.0, 0.0)) == (None, None)


def test_a_named_point_and_one_without_events():
    choices = choose("dark-photon", channels=["mumu"], production=["brems"])
    point = FlowPoint(0.4, 5e-7)
    flow = cut_flow(choices, "mumu", point, seed=3, jobs=1)
    assert (flow.point.place, flow.point.table_events) == (ASKED, None)
    assert flow.steps[-1].simulated >= 2000
    assert flow.steps != cut_flow(choices, "mumu", point, seed=4, jobs=1).steps
    with pytest.raises(DomainError, match=r"closed at m = 0\.2 GeV"):
        cut_flow(choices, "mumu", FlowPoint(0.2, 5e-7), seed=3)


def test_a_final_state_without_signal_says_so(result):
    grid = replace(result.scan.grid, yields={"mumu": np.zeros_like(result.scan.grid.total)})
    found = cut_flows(choose("dark-photon"), grid, seed=1)
    assert found.flows == {}
    assert found.left_out == {"mumu": "no signal at any point of the grid"}


def test_nothing_else_moves(result, without):
    assert without.cut_flow is None
    assert "cut_flow" not in result_dict(without)
    found = result_dict(result)
    assert found.pop("cut_flow") == plain(result.cut_flow)
    assert plain(found) == plain(result_dict(without))  # the arguments, and their digest, too
    assert "cut_flow" not in result.arguments


def test_a_replay_makes_it_again(result, without, cache, tmp_path, monkeypatch):
    folder = write(result, tmp_path / "run", monkeypatch)
    again = replay(read_run(folder), cache_dir=cache, jobs=2)
    assert again.sampled_blocks == 0
    assert again.result.cut_flow == result.cut_flow
    other = write(again.result, tmp_path / "again", monkeypatch)
    assert compare_runs(read_kept(folder), read_kept(other)).is_equal
    plainly = write(without, tmp_path / "without", monkeypatch)
    assert replay(read_run(plainly), cache_dir=cache, jobs=1).result.cut_flow is None
    assert compare_runs(read_kept(folder), read_kept(plainly)).is_equal  # it is no part of what was found

    def other_events(content):
        content["cut_flow"]["flows"]["mumu"]["steps"][-1]["events"] *= 1.001

    edited(folder, other_events)
    assert compare_runs(read_kept(folder), read_kept(other)).unequal == ("cut_flow",)

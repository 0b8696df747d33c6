"""T5 and T6 of a real, small run: acceptance and cut-flow against the functions that make them alone."""

import json
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.publish.hepdata import factor_tables
from feebly.publish.hepdata.export import export_run, run_tables
from feebly.publish.hepdata.factor_tables import ACCEPTANCE, CUT_FLOW, NotPart, acceptance_grids
from feebly.publish.hepdata.grids import grid_of
from feebly.publish.hepdata.lint import lint
from feebly.publish.hepdata.record_reader import read_record
from feebly.publish.hepdata.saved_result import read_saved_result
from feebly.workflow.acceptance import acceptance
from feebly.workflow.run import run
from feebly.workflow.sampling import Sampling
from publish.hepdata.runs import bare_run


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def saved(cache, tmp_path_factory):
    """eta -> gamma A', A' -> mu mu at few masses, with a large error."""
    result = run(
        "dark-photon", channels=["mumu"], production=["eta"], mass=(0.25, 0.5, 8), coupling=(1e-7, 1e-5, 20),
        precision=0.1, jobs=1, cache_dir=cache, cut_flow=True,
    )  # fmt: skip
    return read_saved_result(bare_run(result, tmp_path_factory.mktemp("run") / "run"))


@pytest.fixture(scope="module")
def tables(saved, cache):
    found, left_out = run_tables(saved, cache_dir=cache)
    assert left_out == ()
    return {table.name: table for table in found}


def test_acceptance_is_that_of_its_own_command(tables, cache):
    """P_rd x A_acc x efficiency of `feebly acceptance`, sampled on its own at one mass."""
    grid = grid_of(tables[f"{ACCEPTANCE}, mumu"])
    mass, ctau = (axis.values for axis in grid.axes)
    row = 20
    alone = acceptance(
        "dark-photon", "eta", "mumu", masses=[mass[row]], ctau=(1e-3, 1e5, 49),
        sampling=Sampling(0.03, jobs=1, cache_dir=cache),
    )  # fmt: skip
    assert_allclose(ctau, alone.ctau_m, rtol=1e-12)
    efficiency = alone.choices.response("mumu").efficiency
    expected = (alone.reach_and_decay * alone.acceptance * efficiency)[0]
    found = grid.values["acceptance x efficiency, eta"][row]
    seen = expected > 1e-3 * expected.max()
    assert seen.sum() > 10
    assert_allclose(found[seen], expected[seen], rtol=0.3)  # three errors of the run
    assert abs(np.mean(found[seen] / expected[seen]) - 1) < 0.15


def test_acceptance_knows_no_model(tables):
    (column,) = tables[f"{ACCEPTANCE}, mumu"].dependent
    said = {each.name: each.value for each in column.qualifiers}
    assert not {"model", "POT", "CL", "coupling convention"} & set(said)
    assert (said["production"], said["final state"], said["beam energy"]) == ("eta", "mumu", 400.0)


def test_masses_begin_above_the_threshold(tables):
    mass = grid_of(tables[f"{ACCEPTANCE}, mumu"]).axes[0].values
    assert_allclose(mass[[0, -1]], [0.25, 0.5], rtol=1e-12)
    assert mass.size == factor_tables.MASSES


def test_the_cut_flow_ends_with_the_yield_of_the_grid(tables, saved):
    """Expected events in the signal region at the best point of the grid, of other events."""
    table = tables[f"{CUT_FLOW}, mumu"]
    steps = table.independent[0].values
    events, simulated = table.dependent
    assert steps[0] == "generated"
    assert events.values[0] == "-"
    at = steps.index("SR")
    (bar,) = events.errors[at]
    assert abs(events.values[at] - saved.grid.total.max()) < 4 * bar.plus + 0.3 * saved.grid.total.max()
    flow = events.values[1 : at + 1]
    assert all(before >= after for before, after in pairwise(flow))
    assert simulated.values[0] > simulated.values[at] > 1000


def test_the_cut_flow_is_that_of_the_run(tables, saved):
    events, simulated = tables[f"{CUT_FLOW}, mumu"].dependent
    flow = saved.content["cut_flow"]["flows"]["mumu"]
    steps = [*flow["steps"], *flow["beside"]]
    assert events.values == ("-", *(step["events"] for step in steps[1:]))
    assert simulated.values == tuple(step["simulated"] for step in steps)
    assert [bar.plus for bars in events.errors for bar in bars] == [step["mc_error"] for step in steps[1:]]


def test_a_whole_record_with_its_statistical_model(saved, cache, plain_pictures, tmp_path):
    made = export_run(saved.folder, cache_dir=cache)
    record = read_record(made.write(tmp_path / "record.zip"))
    assert lint(record) == ()
    assert [table.name[:2] for table in record.tables] == [f"T{k}" for k in range(1, 9)]
    names = {resource.location: resource.type for resource in record.resources}
    assert names == {"workspace.json": "HistFactory", "patchset.json": "HistFactory"}
    workspace = json.loads(made.files["workspace.json"])
    assert workspace["observations"][0]["data"] == [1.0]
    assert "asymptotic" in record.resources[0].description


def test_without_the_tables_of_the_run_there_is_no_acceptance(saved, tmp_path):
    with pytest.raises(NotPart, match=r"blocks of the yield tables of the run are not in the cache"):
        acceptance_grids(saved, tmp_path / "empty")
    assert not (tmp_path / "empty").exists()

"""The workload of all combinations, without sampling it."""

import numpy as np
import pytest
from benchmarks.combinations import _at_three_lifetimes, workload

from feebly.core.tables import digest


@pytest.fixture(scope="module")
def work():
    return workload()


def test_all_61_are_there(work) -> None:
    assert len(work.listed) + len(work.left_out) == 61
    assert work.left_out == []
    # each has a table of every mode that the default preset of the model has
    for each in work.listed:
        modes = {mode.tag for mode in work.choices[each.model].production} & set(each.production)
        found = {
            mode for model, mode, state in work.requests if (model, state) == (each.model, each.final_state)
        }
        assert modes <= found
        assert modes


def test_a_chain_for_each_kind_of_production_and_decay(work) -> None:
    kinds = [(type(setup.source(mass)).__name__, setup.decay_type.__name__) for setup, mass in work.chains()]
    assert len(set(kinds)) == len(kinds)
    assert {source for source, _ in kinds} == {"Process", "Conversion"}
    assert len(kinds) == 10


def test_what_models_share_is_sampled_once(work) -> None:
    keys = [digest(task.key()) for _, task in work.tasks]
    distinct = [digest(task.key()) for _, task in work.distinct]
    assert len(set(distinct)) == len(distinct)
    assert set(distinct) == set(keys)
    shared = {channel[2] for channel, _ in set(map(_named, work.tasks)) - set(map(_named, work.distinct))}
    assert shared == {"ee", "mumu", "2pi2pi0"}


def _named(item):
    channel, task = item
    return channel, float(task.masses_gev[0])


def test_errors_at_the_three_lifetimes() -> None:
    total = np.array([0.5, 1.0, 3.0, 100.0, 50.0])
    error = total * np.array([0.9, 0.3, 0.4, 0.1, 0.2])
    np.testing.assert_allclose(_at_three_lifetimes(total, error), (0.1, 0.2, 0.3), rtol=1e-12)

"""Tables: the same bytes for any number of jobs, nothing lost by an interrupt, nothing sampled twice."""

import errno
import os
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from feebly.analysis.analysis import PairSeparation
from feebly.core.errors import DataError
from feebly.core.tables import digest
from feebly.physics.models.registry import MODELS
from feebly.workflow import tables
from feebly.workflow.choices import choose
from feebly.workflow.sampling import last_mass_gev, table_requests
from feebly.workflow.store import TableStore
from feebly.workflow.tables import SamplingTask, TableRequest, obtain_tables
from workflow.small_tables import BLOCKS, cached_bytes, obtain, small_setup, small_tasks


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """Cache of the small tables, sampled one after the other."""
    folder = tmp_path_factory.mktemp("reference")
    samples, sampled = obtain(folder, small_tasks())
    assert sampled == list(range(len(BLOCKS)))
    return samples, cached_bytes(folder)


@pytest.fixture
def computed(monkeypatch):
    """Masses of the blocks that are sampled."""
    masses, compute = [], tables.compute

    def watched(task):
        masses.append(task.masses_gev.tolist())
        return compute(task)

    monkeypatch.setattr(tables, "compute", watched)
    return masses


@pytest.mark.parametrize("jobs", [1, 2, 4])
def test_same_seed_same_bytes_for_any_number_of_jobs(tmp_path, reference, jobs):
    samples, _ = obtain(tmp_path, small_tasks(), jobs)
    assert cached_bytes(tmp_path) == reference[1]
    for block, expected in zip(samples, reference[0], strict=True):
        for one, other in zip(block, expected, strict=True):
            assert_array_equal(one.histogram, other.histogram)


def test_the_order_of_the_tasks_does_not_matter(tmp_path, reference):
    obtain(tmp_path, small_tasks(BLOCKS[::-1]), 2)
    assert cached_bytes(tmp_path) == reference[1]


def test_another_seed_gives_other_numbers_that_agree(tmp_path, reference):
    tasks = small_tasks(seed=2)
    samples, sampled = obtain(tmp_path, tasks)
    assert sampled == list(range(len(BLOCKS)))
    for block, expected in zip(samples, reference[0], strict=True):
        for one, other in zip(block, expected, strict=True):
            a, b = (s.histogram[0].sum(axis=0) for s in (one, other))
            assert a[0] != b[0]
            assert abs(a[0] - b[0]) < 5 * np.sqrt(a[3] + b[3])  # moments: w, w tau, w tau^2, w^2


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_is_in_the_cache_is_not_sampled(tmp_path, computed, jobs):
    steps = []
    obtain(tmp_path, small_tasks(BLOCKS[:3]))
    computed.clear()
    _, sampled = obtain(tmp_path, small_tasks(), jobs, lambda *step: steps.append(step))
    assert sampled == [3, 4, 5]
    assert sorted(computed) == sorted(BLOCKS[3:])
    label = "brems -> mumu"
    assert steps == [(0, 3, "sampling yields"), (1, 3, label), (2, 3, label), (3, 3, label)]
    steps.clear()
    obtain(tmp_path, small_tasks(), jobs, lambda *step: steps.append(step))
    assert steps == []


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupt_keeps_what_is_finished(tmp_path, reference, computed, jobs):
    def interrupt(done, total, text):
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as held:  # the traceback is held: nothing may go on behind it
        obtain(tmp_path, small_tasks(), jobs, interrupt)
    assert held.value is not None
    kept = cached_bytes(tmp_path)
    assert len(kept) == 1
    assert kept.items() <= reference[1].items()
    started = len(computed)
    assert started <= 1 + 2 * jobs

    computed.clear()
    _, sampled = obtain(tmp_path, small_tasks(), jobs)
    assert len(sampled) == len(computed) == len(BLOCKS) - 1
    assert cached_bytes(tmp_path) == reference[1]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_full_disk_ends_the_sampling_with_one_line(tmp_path, monkeypatch, computed, jobs):
    def full(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(DataError) as refusal:
        obtain(tmp_path, small_tasks(), jobs)
    assert "\n" not in str(refusal.value)
    assert "No space left on device; no partial file was left" in str(refusal.value)
    assert cached_bytes(tmp_path) == {}
    assert len(computed) <= 1 + 2 * jobs


# --- what a table depends on ----------------------------------------------------------------------------


def test_physics_of_the_rate_pot_and_efficiency_share_tables(tmp_path, computed):
    shared = (
        {"preset_name": "na62-ff-mixing"},
        {"preset_name": "na62-ff-mixing-alt"},  # other efficiency, same separation
        {"pot": 1e18},
        {"preset_name": "current", "response": "2502"},
        {"preset_name": "na62-conservative", "response": "2502-alt"},
    )
    for asked in shared:
        obtain(tmp_path, small_tasks([[0.3]], **asked))
        assert computed == [[0.3]]
    for asked in ({"response": "2303"}, {"response": "none"}):  # other separation of the tracks
        computed.clear()
        obtain(tmp_path, small_tasks([[0.3]], **asked))
        assert computed == [[0.3]]


def test_everything_that_shapes_the_sample_makes_another_table():
    (task,) = small_tasks([[0.3]])
    others = [
        *small_tasks([[0.3]], seed=2),
        *small_tasks([[0.3]], state="ee"),
        *small_tasks([[0.3]], response="2303"),
        *small_tasks([[0.3]], response="none"),
        replace(task, precision=0.04),
        replace(task, masses_gev=np.array([0.3000001])),
        replace(task, setup=replace(task.setup, sampling=replace(task.setup.sampling, z_min=0.2))),
    ]
    assert len({digest(one.key()) for one in (task, *others)}) == 1 + len(others)
    assert digest(small_tasks([[0.3]])[0].key()) == digest(task.key())


# --- requests -------------------------------------------------------------------------------------------


def test_only_segments_that_meet_the_asked_masses_are_made():
    request = TableRequest(small_setup(state="ee"), (0.00103, 2.0), (0.05, 0.5), 0.05)
    (segment,) = request.segments()
    masses = np.concatenate(segment)
    assert masses[0] == pytest.approx(0.01, rel=1e-12, abs=0)
    assert masses[-1] == pytest.approx(2.0, rel=1e-3, abs=0)
    (upper,) = TableRequest(request.setup, request.open_gev, (0.01, 0.5), 0.05).segments()
    assert upper[0][0] == 0.01
    both = TableRequest(request.setup, request.open_gev, (0.005, 0.5), 0.05).segments()
    assert len(both) == 2
    assert_array_equal(np.concatenate(both[1]), masses)
    assert TableRequest(request.setup, request.open_gev, (3.0, 4.0), 0.05).segments() == []


def hard_request(d0_m, asked_gev):
    setup = replace(small_setup(state="ee"), separation=PairSeparation("hard", d0_m))
    return TableRequest(setup, (0.00103, 2.0), asked_gev, 0.1)


def test_masses_begin_where_a_pair_can_be_wide_enough(tmp_path):
    """Nothing is sampled below the opening; the table is zero there and rises from it without a step."""
    request = hard_request(0.025, (0.002, 0.009))
    masses = np.concatenate([block for segment in request.segments() for block in segment])
    opening = 0.025 / 86.5 * np.sqrt(10 * 30)  # separation over the way to STRAW1, 10 and 30 GeV
    assert opening < masses[0] < 1.05 * opening
    table = obtain_tables([request], TableStore(tmp_path)).tables.table("brems", "ee")
    mass = np.linspace(0.002, 0.009, 700)
    events = table.events(mass, 1e3 * mass)
    assert np.all(events[mass < opening] == 0)
    first = events[events > 0][0]
    assert first < 1e-4 * events[-1]
    assert np.all(np.diff(events) >= 0)
    assert table.last_seen_gev == (mass_of_first(table),)
    assert not table.silent


def mass_of_first(table):
    return float(table.segments[0].open.masses_gev[0])


def test_a_channel_that_never_opens_has_a_table_of_zeros(tmp_path):
    request = hard_request(20.0, (1.9, 2.0))
    assert request.opening_gev == request.threshold_gev
    table = obtain_tables([request], TableStore(tmp_path)).tables.table("brems", "ee")
    assert table.silent
    assert np.all(table.events([1.9, 1.99], 1.0) == 0)


def test_requests_are_one_per_production_and_final_state():
    choices = choose("dark-photon", channels=["mumu", "ee"], production=["brems", "eta"])
    requests = table_requests(choices, (0.1, 0.5), 0.05, 1)
    found = {(r.setup.production, r.setup.final_state.tag): r.open_gev for r in requests}
    assert set(found) == {("brems", "mumu"), ("brems", "ee"), ("eta", "mumu"), ("eta", "ee")}
    assert found["eta", "mumu"] == pytest.approx((2 * 0.10566, 0.54786), rel=1e-4)


def test_tables_are_the_samples_put_together(tmp_path):
    request = TableRequest(small_setup(), (0.3, 0.4), (0.3, 0.4), 0.05)
    obtained = obtain_tables([request], TableStore(tmp_path))
    masses = np.concatenate(request.segments()[0])
    assert obtained.sampled_blocks == len(request.segments()[0])
    assert set(obtained.digests) == {"brems/mumu"}
    again = obtain_tables([request], TableStore(tmp_path))
    assert again.sampled_blocks == 0
    assert again.digests == obtained.digests
    events = [t.tables.expected_events("brems", "mumu", masses, 1e4) for t in (obtained, again)]
    assert np.all(events[0] > 0)
    assert_array_equal(*events)


def test_knots_crowd_where_the_production_closes():
    """By kinematics, or softly; below 0.01 GeV and where the model ends they do not."""

    def last_step(model, tag, segment=-1):
        choices = choose(model, analysis="na62-dump-all", channels=["ee"], production=[tag])
        (request,) = table_requests(choices, (0.002, 0.5), 0.01, 1)
        masses = np.concatenate(request.segments()[segment])
        steps = np.diff(np.log(masses - 0.99 * request.opening_gev))
        return steps[-1] / steps[0]

    assert last_step("dark-photon", "eta") < 0.1
    assert last_step("alp-gluon", "primakoff") < 0.1
    for model, tag, segment in (
        ("dark-photon", "brems", -1),
        ("alp-gluon", "photon-pi0", -1),
        ("alp-gluon", "mixing-pi0", -1),
        ("alp-gluon", "primakoff", 0),
        ("dark-scalar", "b-k", 0),
    ):
        assert 0.3 < last_step(model, tag, segment) < 0.7


def test_knots_beyond_the_last_decay_are_left_out():
    whole = TableRequest(small_setup(state="ee"), (0.00103, 2.0), (0.05, 2.0), 0.05)
    (all_blocks,) = whole.segments()
    masses = np.concatenate(all_blocks)
    for last, kept in (
        (masses[7], 8),
        (masses[7] * 1.001, 9),
        (masses[10], 11),
        (masses[0], 4),
        (9.0, masses.size),
    ):
        (found,) = replace(whole, last_gev=float(last)).segments()
        assert_array_equal(np.concatenate(found), masses[:kept])
        for block, other in zip(found[:-1], all_blocks, strict=False):
            assert_array_equal(block, other)
    assert replace(whole, last_gev=1e-3).segments() == []


@pytest.mark.parametrize(
    ("model", "state", "last_gev"), [("dark-scalar", "kk", 1.99), ("alp-gluon", "3pi", 0.956)]
)
def test_mesons_end_where_quarks_or_the_table_take_over(model, state, last_gev):
    found = last_mass_gev(MODELS[model](), state)
    assert last_gev < found < 1.02 * last_gev
    assert MODELS[model]().branching_ratio(state, [found]) == 0.0


@pytest.mark.parametrize(
    ("model", "state"), [("dark-photon", "mumu"), ("dark-scalar", "ee"), ("alp-photon", "3pi")]
)
def test_a_decay_without_an_end_or_without_a_beginning_has_all_masses(model, state):
    assert last_mass_gev(MODELS[model](), state) == np.inf


@pytest.mark.parametrize("state", ["ee", "mumu", "2pi2pi0"])
def test_models_share_tables_up_to_their_ends(state):
    """The same B decays to the same particles: blocks are the same, but for the last one of each model."""

    def tasks(model):
        choices = choose(model, analysis="na62-dump-all", channels=[state], production=["b-k"])
        (request,) = table_requests(choices, choices.mass[:2], 0.01, 1)
        end = min(request.last_gev, choices.mass[1])
        masses = [block for segment in request.segments() for block in segment]
        assert masses[-1][-1] > end * (1 - 1e-3)
        return [digest(SamplingTask(request.setup, block, 0.01).key()) for block in masses]

    scalar, alp = tasks("dark-scalar"), tasks("alp-gluon")
    both = min(len(scalar), len(alp)) - 1
    assert both >= 2
    assert scalar[:both] == alp[:both]


def test_a_table_reaches_to_the_end_of_the_model(tmp_path):
    """2.8985 GeV of the widths of an axion-like particle lie between two knots, and above it is no block."""
    choices = choose("alp-gluon", analysis="na62-dump-all", channels=["mumu"], production=["b-k"])
    (request,) = table_requests(choices, (2.5, 2.8), 0.3, 1)
    last = choices.model.mass_range_gev[1]
    masses = np.concatenate(request.segments()[0])
    assert request.last_gev == last < masses[-1] < request.open_gev[1]
    table = obtain_tables([request], TableStore(tmp_path)).tables.table("b-k", "mumu")
    low, middle, high = table.events([0.9 * last, 0.95 * last, last], 1e6)
    assert low > middle > high > 0
    assert middle == pytest.approx(np.sqrt(low * high), rel=0.2, abs=0)

"""Accept-reject that is done again when the largest weight rises, against doing it once at the end."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from feebly.core.block import BLOCK
from feebly.engine.events import EventStream
from feebly.workflow.event_pool import ALL_REGIONS, CHUNK, Draw, EventPool, cut_names, draw_chunk, tally
from feebly.workflow.event_schema import chain_rows
from twins.channels import channel, final_state


def pool(weighted: bool = False, region: int = 1, factor: float = 1.0) -> EventPool:
    return EventPool(
        EventStream(channel("brems", "mumu"), 0.3, 0.5, chain_rows("mumu")), factor, region, weighted
    )


def as_drawn(weights: list[float], deviates: list[float], largest_before: float) -> Draw:
    """What a chunk hands over: thinned by the largest weight that it knew of."""
    w, u = np.array(weights), np.array(deviates)
    largest = max([largest_before, *weights])
    keep = u * largest < w
    counts = np.tile([w.size, w.sum(), np.sum(w**2)], (5, 1))
    return Draw(counts, largest, w[keep], u[keep], np.flatnonzero(keep)[:, None].astype(float))


chunks = st.lists(
    st.lists(st.tuples(st.floats(1e-12, 1e12), st.floats(0, 1, exclude_max=True)), min_size=1, max_size=8),
    min_size=1,
    max_size=6,
)


@given(chunks, st.integers(1, 3))
def test_thinning_in_steps_is_thinning_at_the_end(found, per_round):
    made = pool()
    for start in range(0, len(found), per_round):
        known = made.largest
        made.add(
            [as_drawn(*map(list, zip(*chunk, strict=True)), known) for chunk in found[start:][:per_round]]
        )
    w, u = np.array([pair for chunk in found for pair in chunk]).T
    keep = u * w.max() < w
    assert made.largest == w.max()
    assert made.available == keep.sum() >= (u[w == w.max()] < 1).any()
    assert_array_equal(np.concatenate([draw.weight for draw in made.draws]), w[keep])
    # the estimate is that of all events, not of those that were kept
    assert_allclose(made.expected, w.sum() / (len(found) * CHUNK * BLOCK), rtol=1e-12)
    assert_allclose(made.efficiency, w.mean() / w.max(), rtol=1e-12)


def test_accepted_events_are_a_fair_part_of_the_weighted_ones() -> None:
    """Weighted and thinned events of the same blocks: same number on average, same distribution."""
    thinned, weighted = pool(), pool(weighted=True)
    for one in (thinned, weighted):
        one.add([draw_chunk(task) for task in one.tasks(6)])
    ((w, table),) = [weighted.take(weighted.available, np.random.default_rng(1))]
    accepted = thinned.available
    expected = thinned.efficiency * w.size
    assert_allclose(w.mean(), 1.0, rtol=1e-12)
    assert abs(accepted - expected) < 4 * np.sqrt(expected)
    relative, kept = thinned.take(accepted, np.random.default_rng(1))
    assert np.all(relative == 1.0)
    z = chain_rows("mumu").index("ZV")
    edges = np.quantile(table[:, z], np.linspace(0, 1, 21))
    truth = np.histogram(table[:, z], edges, weights=w)[0] / w.sum() * accepted
    seen = np.histogram(kept[:, z], edges)[0]
    assert stats.chi2.sf(np.sum((seen - truth) ** 2 / truth), 19) > 1e-4
    # and it is no accident that they differ from the events without weights
    bare = np.histogram(table[:, z], edges)[0] / w.size * accepted
    assert stats.chi2.sf(np.sum((seen - bare) ** 2 / bare), 19) < 1e-6


def test_cut_flow_is_nested_and_scales_with_the_factor() -> None:
    one, double = pool(region=ALL_REGIONS), pool(region=ALL_REGIONS, factor=2.0)
    for made in (one, double):
        made.add([draw_chunk(task) for task in made.tasks(1)])
    flow = one.cut_flow()
    assert len(flow) == len(cut_names(final_state("mumu")))
    assert np.all(np.diff(flow[:3], axis=0) <= 0)
    assert np.all(flow[3:].sum(axis=0) < flow[2])
    assert_allclose(double.cut_flow(), flow * [1, 2, 4], rtol=1e-12)
    assert_allclose(one.expected, flow[0, 1], rtol=1e-12)
    assert_allclose(double.expected_error, 2 * np.sqrt(flow[0, 2]), rtol=1e-12)


def test_tally_counts_each_cut() -> None:
    rows = {
        "RXV": np.zeros(5), "RYV": np.zeros(5), "RZV": np.array([150.0, 150, 150, 150, 10]),
        "CDA": np.array([0.001, 0.001, 0.001, 1.0, 0.001]), "REGION": np.array([1.0, 2, 0, 0, 0]),
    }  # fmt: skip
    counted = tally(final_state("mumu"), np.array([1.0, 2, 4, 8, 16]), rows)
    assert_array_equal(counted[:, 0], [5, 4, 3, 1, 1])
    assert_array_equal(counted[:, 1], [31, 15, 7, 1, 2])
    assert_array_equal(counted[:, 2], [341, 85, 21, 1, 4])

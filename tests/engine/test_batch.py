"""Many channels at once: the numbers of the tables one by one, sums with weights, masses without a table."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from feebly.core.errors import DataError, DomainError
from feebly.core.interfaces import BatchYieldSource, ChannelBatch
from feebly.engine.histogram import BINS_PER_DECADE, MOMENTS, TAU_BINS, TAU_MIN
from feebly.engine.knots import knots
from feebly.engine.sampler import MassSample
from feebly.engine.yield_tables import YieldTables
from feebly.engine.yields import ChannelTable, assemble

HIGH = 2.0


def samples(masses, threshold, tau, first_seen):
    """Two decay lengths, tau and 3 tau, and a relative error that grows with the mass."""
    for mass in masses:
        histogram = np.zeros((2, TAU_BINS, MOMENTS))
        for t, share in ((tau, 1.0), (3 * tau, 0.5)):
            w = share * (mass - threshold) ** 2 if mass >= first_seen else 0.0
            cell = int(np.log10(t / TAU_MIN) * BINS_PER_DECADE)
            histogram[0, cell] = w, w * t, w * t**2, (0.01 * mass * w) ** 2
        yield MassSample(mass, histogram, 1000, np.full(4, 0.01), True, 1e4)


def table(production, final_state, threshold, tau, first_seen=0.0) -> ChannelTable:
    masses = knots(threshold * 1.002, HIGH * (1 - 1e-4), threshold)
    half = masses.size // 2
    blocks = [
        [list(samples(part, threshold, tau, first_seen))] for part in (masses[: half + 1], masses[half:])
    ]
    return assemble(production, final_state, threshold, blocks)


TABLES = YieldTables(
    {
        ("brems", "mumu"): table("brems", "mumu", 0.2113, 0.4),
        ("eta", "mumu"): table("eta", "mumu", 0.2113, 0.02, first_seen=0.5),
        ("brems", "kk"): table("brems", "kk", 0.99, 2.0),
        ("eta", "kk"): table("eta", "kk", 0.99, 1.0, first_seen=3.0),  # silent
    }
)


def batch(mass, ctau, seed=1) -> ChannelBatch:
    rng = np.random.default_rng(seed)
    thresholds = {"mumu": 0.2113, "kk": 0.99}
    channels = tuple(TABLES.tables)
    is_open = np.array([mass > thresholds[state] for _, state in channels])
    rates, decays = (np.exp(rng.normal(size=(2, *ctau.shape))) for _ in range(2))
    return ChannelBatch(
        channels, is_open, mass, ctau, rates, decays, np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
    )


def one_by_one(asked, quantity):
    result = np.zeros((len(asked.channels), *asked.ctau_m.shape))
    for k, channel in enumerate(asked.channels):
        rows = asked.is_open[k]
        if rows.any():
            result[k, rows] = quantity(*channel, asked.mass_gev[rows, None], asked.ctau_m[rows])
    return result


@given(
    st.lists(st.floats(np.log(0.05), np.log(HIGH)), min_size=1, max_size=6),
    st.lists(st.floats(np.log(1e-6), np.log(1e9)), min_size=1, max_size=9),
    st.integers(0, 99),
)
def test_the_numbers_of_the_tables_one_by_one(ln_mass, ln_ctau, seed):
    mass = np.exp(ln_mass)
    asked = batch(mass, mass[:, None] * np.exp(ln_ctau), seed)
    i, f = asked.factors.T
    expected = one_by_one(asked, TABLES.expected_events) * asked.rates[i] * asked.decays[f]
    assert_allclose(TABLES.events_by_channel(asked), expected, rtol=1e-11)
    assert_allclose(TABLES.total_events(asked), expected.sum(axis=0), rtol=1e-11)
    errors = np.where(expected > 0, one_by_one(asked, TABLES.relative_error), 0.0)
    assert_allclose(TABLES.relative_errors(asked), errors, rtol=1e-11)


def test_a_row_of_lifetimes_in_any_order_and_one_by_one():
    mass = np.full(7, 1.3)
    ctau = np.array([3.0, 1e-9, 1e7, 0.2, 50.0, 0.7, 1e3])
    together = TABLES.total_events(
        replace(batch(mass[:1], ctau[None]), rates=np.ones((2, 1, 7)), decays=np.ones((2, 1, 7)))
    )
    alone = TABLES.total_events(
        replace(batch(mass, ctau[:, None]), rates=np.ones((2, 7, 1)), decays=np.ones((2, 7, 1)))
    )
    assert_array_equal(together[0], alone[:, 0])
    assert together[0, 1] == 0.0 < together[0].min(initial=1.0, where=ctau > 1e-3)


def test_a_mass_without_a_table_is_named():
    mass = np.array([0.3, 2.5])
    with pytest.raises(DomainError, match=r"brems -> mumu: no table at m = 2.5 GeV; tabulated 0.21"):
        TABLES.total_events(batch(mass, mass[:, None]))
    with pytest.raises(DomainError, match=r"no table at m = 2.5 GeV"):
        TABLES.relative_errors(batch(mass, mass[:, None]))


def test_a_channel_without_a_table_is_named():
    mass = np.array([0.3])
    asked = replace(batch(mass, mass[:, None]), channels=(("pi0", "mumu"), *tuple(TABLES.tables)[1:]))
    with pytest.raises(DataError, match="no table of pi0 -> mumu"):
        TABLES.total_events(asked)


def test_nothing_is_open():
    mass = np.array([0.1, 0.2])
    assert_array_equal(TABLES.total_events(batch(mass, np.ones((2, 3)))), np.zeros((2, 3)))
    assert isinstance(TABLES, BatchYieldSource)

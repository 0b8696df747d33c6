"""Notes of a run about its samples: channels and masses at which zero only means that nothing was seen."""

import numpy as np

from feebly.engine.histogram import MOMENTS, TAU_BINS
from feebly.engine.sampler import MassSample
from feebly.engine.yield_tables import YieldTables
from feebly.engine.yields import assemble
from feebly.limits.results import ContourPiece
from feebly.workflow.notes import sample_notes

MASSES = (0.003, 0.004, 0.005, 0.006)


def table(*weights):
    samples = []
    for mass, weight in zip(MASSES, weights, strict=True):
        histogram = np.zeros((1, TAU_BINS, MOMENTS))
        histogram[0, 200] = weight * np.array([1.0, 0.04, 0.0016, 0.01])
        samples.append(MassSample(mass, histogram, 1000, np.full(4, 0.01), True, 1e3))
    return YieldTables({("pi0", "ee"): assemble("pi0", "ee", 0.001, [[samples]])})


def piece(*masses):
    coupling = np.linspace(1e-6, 1e-5, len(masses))
    return ContourPiece("observed", 0, np.array(masses), coupling)


def test_a_channel_without_events_is_named():
    for weights in ((0, 0, 0, 0), (0, 0, 0, 1)):
        (note,) = sample_notes(table(*weights), [])
        assert "not one simulated event of pi0 -> ee reaches" in note
    assert list(sample_notes(table(1, 1, 1, 1), [])) == []


def test_a_contour_that_breaks_off_with_the_samples_says_so():
    tables = table(0, 1, 1, 1)
    (note,) = sample_notes(tables, [piece(0.004, 0.0055, 0.004 * (1 + 1e-9), 0.004)])
    assert "breaks off at m = 0.004 GeV" in note
    assert list(sample_notes(tables, [piece(0.0045, 0.0055, 0.0047, 0.0045)])) == []
    # both sides of the mass where one channel of several begins: the curve goes on with a small step
    across = ContourPiece(
        "observed",
        0,
        0.004 * np.array([0.9, 1 - 1e-7, 1 + 1e-7, 1.1, 0.9]),
        np.array([2e-6, 1.02e-6, 1e-6, 0.9e-6, 2e-6]),
    )
    assert list(sample_notes(tables, [across])) == []
    assert list(sample_notes(table(1, 1, 1, 1), [piece(0.003, 0.0055, 0.003, 0.003)])) == []

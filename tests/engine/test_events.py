"""Streams of events at one lifetime: the same blocks always, weights that add up to the yield."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from feebly.analysis.analysis import PairSeparation
from feebly.core.block import BLOCK
from feebly.core.errors import ConfigError
from feebly.engine.events import EventStream
from feebly.engine.histogram import laplace
from feebly.engine.sampler import sample_masses
from twins.channels import channel, final_state, na62
from twins.spectrometer import accepted, position_at

ROWS = ("REGION", "XV", "YV", "ZV", "PX1", "PY1", "PZ1", "PX2", "PY2", "PZ2", "DX1", "DY1", "DX2", "DY2")
VOLUME = ("RXV", "RYV", "RZV", "CDA", "ZTAX", "CDATAX")


def stream(
    tag: str = "brems", decay: str = "mumu", mass: float = 0.3, lam: float = 0.5, **options: PairSeparation
) -> EventStream:
    return EventStream(channel(tag, decay, **options), mass, lam, (*ROWS, *VOLUME))


@pytest.mark.parametrize(
    ("tag", "decay", "mass", "lam"),
    [("brems", "mumu", 0.3, 0.5), ("brems", "mumu", 0.5, 0.015), ("pi0", "ee", 0.05, 20.0)],
)
def test_weights_add_up_to_the_yield(tag: str, decay: str, mass: float, lam: float) -> None:
    """Both regions, against the tables: another map, other numbers of events, other sums."""
    weight, rows = stream(tag, decay, mass, lam).blocks(0, 200)
    (sample,) = sample_masses(channel(tag, decay, seed=7), np.array([mass]), 0.01)
    for region in (0, 1):
        w = weight[rows["REGION"] == region + 1] / (200 * BLOCK)
        value, error = laplace(sample.histogram[region], np.array([lam]))
        assert abs(w.sum() - value[0]) < 4.5 * np.hypot(np.sqrt(np.sum(w**2)), error[0])
        assert np.sqrt(np.sum(w**2)) < (0.01, 0.25)[region] * w.sum()


def test_a_block_is_the_same_whoever_asks() -> None:
    whole, rows = stream().blocks(0, 6)
    parts = [stream().blocks(first, 2) for first in (4, 0, 2)]
    assert_array_equal(np.concatenate([parts[k][0] for k in (1, 2, 0)]), whole)
    for name, values in rows.items():
        assert_array_equal(np.concatenate([parts[k][1][name] for k in (1, 2, 0)]), values)


def test_events_outside_the_selection_are_there_and_pass_the_apertures() -> None:
    _, rows = stream().blocks(0, 64)
    state = final_state("mumu")
    inside = state.fiducial_volume.contains(rows["RXV"], rows["RYV"], rows["RZV"])
    selected = inside & (rows["CDA"] < state.track_cda_max_m)
    named = np.where(selected, state.region_names(rows["ZTAX"], rows["CDATAX"]), "")
    labels = np.array(["", *(region.name for region in state.regions)])
    assert_array_equal(labels[rows["REGION"].astype(int)], named)
    assert np.mean(rows["REGION"] == 0) > 0.05
    assert np.sum(~inside) > 100
    vertex, first, second = (
        np.column_stack([rows[name] for name in names.split()])
        for names in ("XV YV ZV", "PX1 PY1 PZ1", "PX2 PY2 PZ2")
    )
    assert np.all(accepted(na62(), state, vertex, first, second))


def test_slopes_behind_the_magnet() -> None:
    """A straight line with them from the middle of the magnet hits where the twin's track does."""
    _, rows = stream().blocks(0, 8)
    vertex = np.column_stack([rows["XV"], rows["YV"], rows["ZV"]])
    magnet = na62().magnet
    for k, charge in (("1", +1), ("2", -1)):
        momentum = np.column_stack([rows[f"P{axis}{k}"] for axis in "XYZ"])
        at_magnet = position_at(magnet.z_centre_m, vertex, momentum, charge, magnet)
        slope = np.column_stack([rows[f"DX{k}"], rows[f"DY{k}"]])
        hit = position_at(241.0, vertex, momentum, charge, magnet)
        assert_allclose(at_magnet + slope * (241.0 - magnet.z_centre_m), hit, rtol=1e-9, atol=1e-12)


def test_a_hard_separation_removes_events() -> None:
    hard = stream(decay="ee", mass=0.02, separation=PairSeparation("hard", 0.025))
    weight, rows = hard.blocks(0, 32)
    assert weight.size > 100
    assert np.all(weight > 0)
    vertex = np.column_stack([rows["XV"], rows["YV"], rows["ZV"]])
    z = na62().plane("STRAW1").z_m
    hits = [
        position_at(z, vertex, np.column_stack([rows[f"P{a}{k}"] for a in "XYZ"]), charge, na62().magnet)
        for k, charge in (("1", 1), ("2", -1))
    ]
    assert np.hypot(*(hits[0] - hits[1]).T).min() > 0.025


def test_the_map_is_trained_for_the_lifetime() -> None:
    """For a short lifetime the weights are more even than with the map of all lifetimes."""
    own, far = stream(mass=0.5, lam=0.015), stream(mass=0.5, lam=1e4)

    def evenness(source: EventStream, edges_of: EventStream) -> float:
        vars(source)["edges"] = edges_of.edges
        weight, rows = source.blocks(0, 100)
        w = weight[rows["REGION"] == 1]
        return float(w.sum() ** 2 / np.sum(w**2) / w.size)

    assert evenness(own, own) > 1.5 * evenness(replace(own), far)


def test_unknown_rows_are_refused() -> None:
    with pytest.raises(ConfigError, match="unknown row of events 'MX1'; known: WEIGHT, INDEX"):
        EventStream(channel("brems", "mumu"), 0.3, 0.5, ("MX1",)).blocks(0, 1)

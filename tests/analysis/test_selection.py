"""Compiled selection against the dataclasses' own ``contains``."""

import math
from dataclasses import replace

import numpy as np
import pytest

from feebly.analysis.analysis import FinalState
from feebly.analysis.fiducial import Cone, FiducialVolume
from feebly.analysis.regions import Box, Ellipse
from feebly.analysis.selection import BOX, ELLIPSE, assign_regions
from feebly.core.block import BLOCK
from twins.channels import final_state
from twins.scratch import row, scratch


def labels(state: FinalState, event: dict[str, np.ndarray]) -> np.ndarray:
    volume = state.fiducial_volume
    cones = [(c.z_tip_m, math.tan(c.half_angle_rad), c.z_end_m) for c in volume.cones]
    shapes = [region.shape for region in state.regions]
    regions = [
        (BOX, shape.z_min_m, shape.z_max_m, shape.cda_max_m)
        if isinstance(shape, Box)
        else (ELLIPSE, shape.z_centre_m, shape.z_half_axis_m, shape.cda_half_axis_m)
        for shape in shapes
    ]
    s = scratch(**event)
    cone_rows, region_rows = np.array(cones).reshape(-1, 3), np.array(regions, float)
    assign_regions(s, BLOCK, volume.z_min_m, volume.z_max_m, cone_rows, state.track_cda_max_m, region_rows)
    return row(s, "REGION")


def expected(state: FinalState, event: dict[str, np.ndarray]) -> np.ndarray:
    selected = state.fiducial_volume.contains(event["RXV"], event["RYV"], event["RZV"])
    selected &= event["CDA"] < state.track_cda_max_m
    names = state.region_names(event["ZTAX"], event["CDATAX"])
    number = {"": 0.0} | {region.name: float(k) for k, region in enumerate(state.regions, 1)}
    return np.where(selected, [number[name] for name in names], 0.0)


def random_events(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        "RXV": rng.normal(0, 0.4, BLOCK),
        "RYV": rng.normal(0, 0.4, BLOCK),
        "RZV": rng.uniform(95, 190, BLOCK),
        "CDA": rng.exponential(0.01, BLOCK),
        "ZTAX": rng.uniform(-15, 60, BLOCK),
        "CDATAX": rng.exponential(0.03, BLOCK),
    }


VOLUMES = [
    FiducialVolume(105.0, 180.0),
    FiducialVolume(105.0, 180.0, (Cone(23.07, 4.862e-3, 180.0),)),
    FiducialVolume(100.0, 185.0, (Cone(23.07, 3e-3, 130.0), Cone(50.0, 8e-3, 150.0), Cone(0.0, 2e-3, 190.0))),
]
SHAPES = [
    (Box(6.0, 40.0, 0.02), Box(-7.0, 53.0, 0.15)),
    (Ellipse(23.0, 23.0, 0.04), Box(-7.0, 53.0, 0.15)),
    (Box(0.0, 30.0, 0.05), Ellipse(30.0, 20.0, 0.1)),  # they overlap in part
]


@pytest.mark.parametrize("channel", ["ee", "mumu"])
@pytest.mark.parametrize("seed", range(5))
def test_selection_of_na62(channel: str, seed: int) -> None:
    state, event = final_state(channel), random_events(seed)
    assert np.array_equal(labels(state, event), expected(state, event))


@pytest.mark.parametrize("volume", VOLUMES)
@pytest.mark.parametrize("shapes", SHAPES)
def test_other_volumes_and_regions(
    volume: FiducialVolume, shapes: tuple[Box | Ellipse, Box | Ellipse]
) -> None:
    base = final_state("mumu")
    assert base.control_region is not None
    state = replace(
        base,
        fiducial_volume=volume,
        signal_region=replace(base.signal_region, shape=shapes[0]),
        control_region=replace(base.control_region, shape=shapes[1]),
    )
    for seed in range(10, 15):
        event = random_events(seed)
        got = labels(state, event)
        assert np.array_equal(got, expected(state, event))
        assert set(got) == {0.0, 1.0, 2.0}


def test_nothing_is_selected_outside_the_volume_wherever_it_points() -> None:
    event = random_events(1) | {"ZTAX": np.full(BLOCK, 20.0), "CDATAX": np.full(BLOCK, 0.001)}
    event |= {"RZV": np.full(BLOCK, 104.9), "CDA": np.zeros(BLOCK)}
    assert not labels(final_state("mumu"), event).any()
    assert (labels(final_state("mumu"), event | {"RZV": np.full(BLOCK, 105.1)}) == 1).all()
    assert not labels(
        final_state("mumu"), event | {"RZV": np.full(BLOCK, 105.1), "CDA": np.full(BLOCK, 0.0201)}
    ).any()

"""Fiducial volumes: the NA62 cones and their edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.analysis.analysis import load_analysis
from feebly.analysis.fiducial import Cone, FiducialVolume
from feebly.core.errors import ConfigError

STATES = load_analysis("na62-dump-2021").final_states
CONES = STATES["ee"].fiducial_volume
OPEN = STATES["mumu"].fiducial_volume


@pytest.mark.parametrize(
    ("cone", "r_base_m", "z_base_m"),
    [(CONES.cones[0], 0.5365, 152.393), (CONES.cones[1], 0.7675, 180.923)],  # inner radii of LAV5, LAV8
)
def test_half_angles_point_from_the_dump_to_the_veto_rings(cone, r_base_m, z_base_m):
    assert_allclose(cone.half_angle_rad, np.arctan(r_base_m / (z_base_m - 23.07)), rtol=2e-4)
    assert_allclose(cone.radius_m(z_base_m), r_base_m, rtol=2e-4)


@pytest.mark.parametrize(
    ("r_m", "z_m", "inside"),
    [
        (0.0, 105.0, False),
        (0.0, 105.001, True),
        (0.3398, 105.001, True),  # 81.93 m x 4.149 mrad = 0.3399 m
        (0.3401, 105.001, False),
        (0.536, 152.392, True),
        (0.537, 152.392, False),
        (0.537, 152.394, True),  # behind LAV5 the wider cone serves: 0.6287 m
        (0.6286, 152.394, True),
        (0.6289, 152.394, False),
        (0.7629, 179.999, True),  # 156.93 m x 4.862 mrad = 0.7630 m
        (0.7632, 179.999, False),
        (0.0, 180.0, False),
        (0.0, 181.0, False),
    ],
)
def test_membership_of_the_cones(r_m, z_m, inside):
    for angle in (0.0, 1.0, 2.5, 4.0):
        assert bool(CONES.contains(r_m * np.cos(angle), r_m * np.sin(angle), z_m)) is inside


@given(x=st.floats(-5, 5), y=st.floats(-5, 5), z=st.floats(90, 200))
def test_without_cones_only_z_matters(x, y, z):
    assert bool(OPEN.contains(x, y, z)) == (105 < z < 180)


@given(x=st.floats(-1, 1), y=st.floats(-1, 1), z=st.floats(90, 200))
def test_piecewise_cones_lie_inside_the_single_wide_cone(x, y, z):
    union = FiducialVolume(105.0, 180.0, (Cone(23.07, 4.862e-3, 180.0),))
    assert not CONES.contains(x, y, z) or union.contains(x, y, z)
    assert not union.contains(x, y, z) or z < 152.393 or CONES.contains(x, y, z)


def test_arrays_broadcast():
    z = np.linspace(100, 185, 7)
    for volume in (CONES, OPEN):
        assert volume.contains(0.0, 0.0, z).shape == (7,)
        assert volume.contains(np.zeros((2, 1)), 0.0, z).shape == (2, 7)
    assert_allclose(CONES.radius_m([160.0, 200.0]), [np.tan(4.862e-3) * (160 - 23.07), 0.0], rtol=1e-12)
    assert np.isinf(OPEN.radius_m(z)).all()


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: FiducialVolume(180.0, 105.0), "z_max_m"),
        (lambda: FiducialVolume(105.0, 180.0, (Cone(23.0, 4e-3, 179.0),)), "cones"),
        (lambda: FiducialVolume(105.0, 180.0, (Cone(23.0, 4e-3, 180.0), Cone(23.0, 5e-3, 150.0))), "cones"),
        (lambda: Cone(23.0, 4.149, 180.0), "half_angle_rad"),  # mrad taken for rad
        (lambda: Cone(23.0, 4e-3, 20.0), "z_end_m"),
    ],
)
def test_impossible_volumes_are_refused(make, field):
    with pytest.raises(ConfigError, match=f"^{field} = "):
        make()

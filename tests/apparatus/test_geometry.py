"""Packed numbers of the experiment, and the bound on directions of flight."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from feebly.apparatus.experiment import Plane
from feebly.apparatus.geometry import aim_disc, aim_disc_of, calorimeter_rows, pack_apparatus, pack_planes
from feebly.apparatus.shapes import Annulus, Rectangle
from feebly.apparatus.transport import ANNULUS, OCTAGON, PLANE_COLUMNS, RECTANGLE, SEPARATION
from feebly.core.errors import ConfigError
from twins.channels import final_state, na62
from twins.kinematics import isotropic_decay
from twins.spectrometer import accepted

ALL = ("electron", "muon", "hadron")


def test_packed_numbers_are_those_of_the_file() -> None:
    packed = pack_apparatus(na62())
    assert packed._asdict() == {
        "x_beam": 0.0, "y_beam": -0.022, "sigma_x": 0.006, "sigma_y": 0.006,
        "z_impact": 23.07, "interaction_length": 0.153,
        "z_aim": 194.066, "r_aim": 1.05,
        "z_decay_min": 96.96, "z_decay_max": 183.0,
        "z_magnet": 197.0, "kick": 0.270,
        "z_chamber1": 183.508, "z_chamber2": 194.066, "hit": 130e-6, "scattering": 0.6e-3,
        "p_constant": 0.003, "p_slope": 5e-5,
        "axis_x": 0.0, "axis_y": -0.022,
    }  # fmt: skip


def test_disc_is_the_smallest_around_an_aperture_before_the_magnet() -> None:
    planes = (
        Plane("WIDE SQUARE", 150.0, Rectangle(0.9, 0.9), ALL),
        Plane("MUONS", 160.0, Annulus(0.0, 0.2), ("muon",)),  # not for all
        Plane("WIDE", 170.0, Annulus(0.0, 1.05), ALL),
        Plane("NARROW", 180.0, Annulus(0.0, 0.80), ALL),
        Plane("FAR", 190.0, Annulus(0.0, 0.90), ALL),
        Plane("BEHIND", 210.0, Annulus(0.0, 0.30), ALL),  # after the magnet
    )
    assert aim_disc(replace(na62(), planes=planes)) == (180.0, 0.80)
    square = Plane("SQUARE", 150.0, Rectangle(0.3, 0.4), ALL)
    assert aim_disc(replace(na62(), planes=(square, *planes[1:]))) == (150.0, 0.5)


def test_no_disc_no_sampler() -> None:
    with pytest.raises(ConfigError, match="no plane before the magnet that electron, muon and hadron must"):
        aim_disc(replace(na62(), planes=(Plane("B", 210.0, Annulus(0.0, 0.30), ALL),)))


@pytest.mark.parametrize("channel", ["ee", "mumu"])
@pytest.mark.parametrize(("mass", "spread"), [(0.25, 0.02), (1.0, 0.03)])
def test_what_is_accepted_aimed_at_the_disc(channel: str, mass: float, spread: float) -> None:
    """FIPs in all directions: where both daughters pass, the parent's line crosses the disc."""
    rng = np.random.default_rng(5)
    n = 400_000
    origin = np.column_stack([rng.normal(0, 0.01, n), rng.normal(-0.022, 0.01, n), np.full(n, 23.2)])
    slope = rng.uniform(-spread, spread, (n, 2))
    momentum = np.column_stack([slope, np.ones(n)]) * rng.uniform(20, 200, n)[:, None]
    vertex = origin + np.column_stack([slope, np.ones(n)]) * rng.uniform(80, 160, n)[:, None]
    m = {"ee": 0.511e-3, "mumu": 0.10566}[channel]
    first, second = (p4[:, 1:] for p4 in isotropic_decay(rng, momentum, (mass, m, m)))
    seen = accepted(na62(), final_state(channel), vertex, first, second)
    z, radius = aim_disc(na62())
    at_disc = np.hypot(*(vertex[:, :2] + slope * (z - vertex[:, 2:])).T)
    assert seen.sum() > 300
    assert np.all(at_disc[seen] < radius)
    assert at_disc[seen].max() > 0.6 * radius  # and the disc is not much too large
    assert np.mean(at_disc > radius) > 0.5  # most directions were outside: the test can fail


def test_rows_of_planes() -> None:
    rows = pack_planes(na62().planes, ("electron", "muon"))
    assert rows.shape == (7, PLANE_COLUMNS)
    assert rows[:, 0].tolist() == [183.508, 194.066, 204.459, 218.885, 239.009, 241.093, 246.8]
    assert rows[:, 1].tolist() == [ANNULUS] * 5 + [OCTAGON, RECTANGLE]
    assert rows[-1, 2:4].tolist() == [0, 1]  # MUV3 is for the muon
    assert len(pack_planes(na62().planes, ("electron", "electron"))) == 6  # and drops out without one
    assert pack_planes((), ("muon", "muon")).shape == (0, PLANE_COLUMNS)


def test_rows_of_calorimeter_cuts() -> None:
    radius, apart = calorimeter_rows(241.0, 0.15, 0.10)
    assert (radius[0], radius[1], apart[1]) == (241.0, ANNULUS, SEPARATION)
    assert_allclose([radius[6], apart[4]], [0.15**2, 0.10**2], rtol=1e-15)
    assert np.isinf(radius[7])


@pytest.mark.parametrize("mass", [0.3, 1.0])
def test_tracks_and_photons_that_are_accepted_aim_at_the_disc(mass: float) -> None:
    """A decay to one track and one photon: where both pass, the parent's line crosses the disc."""
    rng, n, experiment = np.random.default_rng(6), 400_000, na62()
    origin = np.column_stack([rng.normal(0, 0.006, n), rng.normal(-0.022, 0.006, n), np.full(n, 23.2)])
    slope = rng.uniform(-0.02, 0.02, (n, 2))
    momentum = np.column_stack([slope, np.ones(n)]) * rng.uniform(20, 200, n)[:, None]
    vertex = origin + np.column_stack([slope, np.ones(n)]) * rng.uniform(80, 160, n)[:, None]
    track, photon = (p4[:, 1:] for p4 in isotropic_decay(rng, momentum, (mass, 0.1396, 0.0)))

    def at(p: np.ndarray, z: float) -> np.ndarray:
        return vertex[:, :2] + p[:, :2] / p[:, 2:] * (z - vertex[:, 2:])

    straw, lkr = experiment.plane("STRAW2"), experiment.plane("LKr")
    seen = straw.shape.contains(*at(track, straw.z_m).T) & lkr.shape.contains(*at(photon, lkr.z_m).T)
    seen &= (vertex[:, 2] < straw.z_m) & (track[:, 2] > 0) & (photon[:, 2] > 0)
    z, radius = aim_disc_of(experiment, True, True)
    at_disc = np.hypot(*at(momentum, z).T)
    assert seen.sum() > 1000
    assert np.all(at_disc[seen] < radius)
    assert at_disc[seen].max() > 0.9 * radius
    assert aim_disc_of(experiment, False, True) == (lkr.z_m, lkr.shape.enclosing_radius_m)
    assert aim_disc_of(experiment, True, False) == aim_disc(experiment)


def test_photons_need_a_calorimeter() -> None:
    origins = {name: origin for name, origin in na62().origins.items() if name != "calorimeter"}
    with pytest.raises(ConfigError, match=r"has no \[calorimeter\]"):
        aim_disc_of(replace(na62(), calorimeter=None, origins=origins), True, True)

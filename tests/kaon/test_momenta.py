"""Decays in flight: four-momenta before and after, directions, and tracks of both charges in the magnet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from feebly.core.errors import ConfigError
from feebly.kaon.beam_decays import KPLUS, BeamDecays, beam_decays, generator, measured_beam
from feebly.kaon.experiment_file import load_kaon_experiment
from feebly.kaon.momenta import Momenta, daughter_in_flight, from_slopes, isotropic
from feebly.kaon.photons import measured_photon, on_calorimeter, photon_pair
from feebly.kaon.spectrometer import measured_track, on_planes

NA62 = load_kaon_experiment("na62-kaon")


def _one(*xyz: float) -> Momenta:
    return Momenta(*(np.array([v]) for v in xyz))


@settings(max_examples=60, deadline=None)
@given(
    parent=st.tuples(*[st.floats(-80, 80)] * 3).filter(lambda p: np.hypot(p[0], p[2]) > 1e-3),
    log_mass=st.floats(-3, 0),
    share=st.floats(0.01, 0.99),
    u=st.tuples(st.floats(0.001, 0.999), st.floats(0, 1)),
)
def test_pairs_keep_the_four_momentum(parent, log_mass, share, u):
    """Two daughters of opposite momenta at rest: their sum is the parent, also for one that flies back."""
    mass = 10.0**log_mass
    daughter = np.array([share * mass / 2])
    momentum = np.sqrt((mass / 2) ** 2 - daughter**2)
    rest = isotropic(momentum, np.array([u[0]]), np.array([u[1]]))
    p = _one(*parent)
    half = np.array([mass / 2])
    one = daughter_in_flight(p, mass, half, rest)
    other = daughter_in_flight(p, mass, half, Momenta(-rest.x, -rest.y, -rest.z))
    scale = np.sqrt(p.squared[0]) + mass
    total = one + other
    for a, b in ((total.x, p.x), (total.y, p.y), (total.z, p.z)):
        assert_allclose(a, b, atol=1e-9 * scale / mass)
    energy = np.sqrt(one.squared + daughter**2) + np.sqrt(other.squared + daughter**2)
    assert_allclose(energy, np.sqrt(p.squared + mass**2), rtol=1e-9)


def test_a_daughter_at_rest_goes_on_as_its_parent():
    parent = _one(0.3, -0.2, 70.0)
    found = daughter_in_flight(parent, 0.5, np.array([0.2]), _one(0.0, 0.0, 0.0))
    assert_allclose([found.x, found.y, found.z], np.array([[0.3], [-0.2], [70.0]]) * 0.4, rtol=1e-12)


def test_axes_across_the_flight():
    """The first axis has no y; the second completes a right-handed system with the flight."""
    parent = _one(0.0, 0.0, 10.0)
    for rest in ((0.1, 0.0, 0.0), (0.0, 0.1, 0.0)):
        found = daughter_in_flight(parent, 1.0, np.array([0.5]), _one(*rest))
        assert_allclose([found.x[0], found.y[0]], rest[:2], atol=1e-15)


def test_isotropic_directions():
    """cos uniform, no preferred azimuth: means of x, z, x², z² within four standard errors."""
    random = np.random.default_rng(1)
    n = 40_000
    found = isotropic(np.ones(n), random.random(n), random.random(n))
    for axis in (found.x, found.y, found.z):
        assert abs(axis.mean()) < 4 * np.sqrt(1 / 3 / n)
        assert abs((axis**2).mean() - 1 / 3) < 4 * np.sqrt(4 / 45 / n)


def test_charges_bend_to_opposite_sides():
    """On a detector that is symmetric in x, a mirrored track of the other charge has the same fate."""
    planes = tuple(
        replace(plane, shape=replace(plane.shape, hole_centre_m=(0.0, 0.0)))
        if plane.name.startswith("STRAW")
        else plane
        for plane in NA62.detectors.planes
    )
    kaons = replace(NA62, name="symmetric")
    kaons.__dict__["detectors"] = replace(NA62.detectors, planes=planes)
    random = np.random.default_rng(3)
    tx, ty = random.normal(0, 8e-3, (2, 4000))
    p = random.uniform(5, 50, 4000)
    vertex = (random.normal(0, 0.02, 4000), np.zeros(4000), random.uniform(105, 165, 4000))
    plus = on_planes(kaons, "hadron", from_slopes(p, tx, ty), vertex)
    mirrored = (-vertex[0], vertex[1], vertex[2])
    minus = on_planes(kaons, "hadron", from_slopes(p, -tx, ty), mirrored, charge=-1)
    assert np.array_equal(plus, minus)
    assert 0.2 < plus.mean() < 0.95
    assert not np.array_equal(plus, on_planes(kaons, "hadron", from_slopes(p, tx, ty), vertex, charge=-1))


def test_measured_momenta_and_angles():
    """Spread of momentum and slope as the experiment states them, by hand."""
    n = 40_000
    track = from_slopes(np.full(n, 20.0), np.full(n, 2e-3), np.zeros(n))
    random = np.random.default_rng(5)
    p, measured = measured_track(NA62.detectors.tracking, track, random)
    assert_allclose(p.std() / 20, np.hypot(0.003, 5e-5 * 20), rtol=0.02)
    angle = np.sqrt(2 * (130e-6 / (194.066 - 183.508)) ** 2 + (0.6e-3 / 20) ** 2)
    assert_allclose((measured.x / measured.z).std(), angle, rtol=0.02)
    assert_allclose(np.sqrt(measured.squared), p, rtol=1e-12)
    beam = BeamDecays(np.full(n, 75.0), np.zeros(n), np.zeros(n), (np.zeros(n),) * 3)
    kaon = measured_beam(NA62, beam, random)
    assert_allclose(np.sqrt(kaon.squared).std() / 75, 0.002, rtol=0.02)
    assert_allclose((kaon.x / kaon.z).std(), 16e-6, rtol=0.02)


def test_photon_pairs():
    """Their mass is that of the pair; those that fly back, or are soft, are not seen."""
    random = generator(1, "photons", 0)
    beam = beam_decays(NA62, KPLUS, 2000, random)
    one, two = photon_pair(beam.momenta, np.full(2000, KPLUS.mass_gev**2), random)
    energy = np.sqrt(one.squared) + np.sqrt(two.squared)
    assert_allclose(energy**2 - (one + two).squared, KPLUS.mass_gev**2, rtol=1e-8)
    vertex = (np.array([0.2]), np.zeros(1), np.array([150.0]))
    assert on_calorimeter(NA62, _one(0.0, 0.0, 10.0), vertex, 2.0)[0]
    assert not on_calorimeter(NA62, _one(0.0, 0.0, -10.0), vertex, 2.0)[0]
    assert not on_calorimeter(NA62, _one(0.0, 0.0, 1.9), vertex, 2.0)[0]
    assert not on_calorimeter(NA62, _one(0.0, 0.0, 10.0), (np.array([0.14]), *vertex[1:]), 2.0)[0]  # hole
    blind = replace(NA62, name="blind")
    origins = {key: origin for key, origin in NA62.detectors.origins.items() if key != "calorimeter"}
    blind.__dict__["detectors"] = replace(NA62.detectors, calorimeter=None, origins=origins)
    with pytest.raises(ConfigError, match="has no calorimeter"):
        on_calorimeter(blind, _one(0.0, 0.0, 10.0), vertex, 2.0)


def test_measured_photons():
    """Spread of energy and impact of photons of 10 GeV as the experiment states them, by hand."""
    n = 40_000
    photon = from_slopes(np.full(n, 10.0), np.full(n, 2e-3), np.zeros(n))
    vertex = (np.zeros(n), np.zeros(n), np.full(n, 141.093))
    found = measured_photon(NA62, photon, vertex, np.random.default_rng(7))
    energy = np.sqrt(found.squared)
    assert_allclose(energy.std() / 10, np.sqrt(0.048**2 / 10 + (0.11 / 10) ** 2 + 0.009**2), rtol=0.02)
    impact = 100 * found.x / found.z
    assert_allclose(impact.mean(), 0.2, rtol=1e-3)
    assert_allclose(impact.std(), np.hypot(4.2e-3 / np.sqrt(10), 0.6e-3), rtol=0.02)

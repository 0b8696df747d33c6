"""Charged tracks in a kaon experiment: the planes they cross, and what the straw chambers measure."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from feebly.apparatus.experiment import ChargedParticle, Plane, Tracking
from feebly.apparatus.shapes import BoolArray
from feebly.core.interfaces import FloatArray
from feebly.kaon.beam_decays import Vertex
from feebly.kaon.experiment_file import KaonExperiment
from feebly.kaon.momenta import Momenta, from_slopes


def crossings(
    experiment: KaonExperiment, track: Momenta, vertex_m: Vertex, charge: int = 1
) -> Iterator[tuple[Plane, FloatArray, FloatArray]]:
    """Each plane, and the x, y [m] at which tracks cross it; positive ones bend to -x in the magnet."""
    magnet, (x, y, z) = experiment.detectors.magnet, vertex_m
    tx, ty = track.x / track.z, track.y / track.z
    px = track.x - charge * magnet.kick_gev
    pz = np.sqrt(np.maximum(track.squared - px**2 - track.y**2, 1e-12))
    x_magnet, y_magnet = x + tx * (magnet.z_centre_m - z), y + ty * (magnet.z_centre_m - z)
    for plane in experiment.detectors.planes:
        lever = plane.z_m - magnet.z_centre_m
        behind = lever > 0
        yield (
            plane,
            x_magnet + (px / pz if behind else tx) * lever,
            y_magnet + (track.y / pz if behind else ty) * lever,
        )


def on_planes(
    experiment: KaonExperiment,
    particle: ChargedParticle,
    track: Momenta,
    vertex_m: Vertex,
    charge: int = 1,
) -> BoolArray:
    """Whether tracks cross every plane that the particle needs, far enough from the axis."""
    inside = track.z > 0
    for plane, x, y in crossings(experiment, track, vertex_m, charge):
        if particle not in plane.particles:
            continue
        inside &= plane.shape.contains(x, y)
        if plane.name in experiment.least_radius_m:
            inside &= np.hypot(x, y) > experiment.least_radius_m[plane.name]
    return np.asarray(inside)


def measured_track(
    tracking: Tracking, track: Momenta, random: np.random.Generator
) -> tuple[FloatArray, Momenta]:
    """Size of the momentum [GeV], and the momenta, as measured.

    Two hits, multiple scattering once, as `apparatus.response` for pairs; relative momentum resolution.
    """
    p = np.sqrt(track.squared)
    span = tracking.chambers_z_m[1] - tracking.chambers_z_m[0]
    angle = np.sqrt(2 * (tracking.hit_sigma_m / span) ** 2 + (tracking.multiple_scattering_gev_rad / p) ** 2)
    relative = np.hypot(tracking.momentum_resolution.constant, tracking.momentum_resolution.slope_per_gev * p)
    g = random.standard_normal((3, p.size))
    momentum = p * (1 + relative * g[0])
    return momentum, from_slopes(momentum, track.x / track.z + angle * g[1], track.y / track.z + angle * g[2])

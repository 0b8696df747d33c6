"""Charged tracks in a kaon experiment: the planes they cross, and what the straw chambers measure."""

from __future__ import annotations

import numpy as np

from feebly.apparatus.experiment import ChargedParticle, Tracking
from feebly.apparatus.shapes import BoolArray
from feebly.core.interfaces import FloatArray
from feebly.kaon.beam_decays import Vertex
from feebly.kaon.experiment_file import KaonExperiment
from feebly.kaon.momenta import Momenta, from_slopes


def on_planes(
    experiment: KaonExperiment,
    particle: ChargedParticle,
    track: Momenta,
    vertex_m: Vertex,
    charge: int = 1,
) -> BoolArray:
    """Whether tracks cross every plane that the particle needs; positive ones bend to -x."""
    magnet, (x, y, z) = experiment.detectors.magnet, vertex_m
    tx, ty = track.x / track.z, track.y / track.z
    px = track.x - charge * magnet.kick_gev
    pz = np.sqrt(np.maximum(track.squared - px**2 - track.y**2, 1e-12))
    x_magnet, y_magnet = x + tx * (magnet.z_centre_m - z), y + ty * (magnet.z_centre_m - z)
    inside = track.z > 0
    for plane in experiment.detectors.planes:
        if particle not in plane.particles:
            continue
        lever = plane.z_m - magnet.z_centre_m
        behind = lever > 0
        at_x = x_magnet + (px / pz if behind else tx) * lever
        at_y = y_magnet + (track.y / pz if behind else ty) * lever
        inside &= plane.shape.contains(at_x, at_y)
        if plane.name in experiment.least_radius_m:
            inside &= np.hypot(at_x, at_y) > experiment.least_radius_m[plane.name]
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

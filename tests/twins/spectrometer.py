"""Tracks through an experiment, one vector at a time: planes, magnet, smearing, vertex, pointing."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feebly.analysis.analysis import FinalState
from feebly.apparatus.experiment import Experiment, Magnet, Tracking
from twins.kinematics import invariant_mass_gev

Array = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def position_at(z_m: float, vertex_m: Array, momentum_gev: Array, charge: int, magnet: Magnet) -> Array:
    """(x, y) [m] at z of tracks from their vertices; the magnet is a thin kick in x that keeps |p|."""
    x, p = vertex_m[:, :2], momentum_gev
    if z_m < magnet.z_centre_m:
        return x + p[:, :2] / p[:, 2:] * (z_m - vertex_m[:, 2:])
    in_magnet = x + p[:, :2] / p[:, 2:] * (magnet.z_centre_m - vertex_m[:, 2:])
    kicked = p + charge * np.array([magnet.kick_gev, 0.0, 0.0])
    with np.errstate(invalid="ignore"):  # a track that the magnet turns around is nowhere (NaN) behind it
        kicked[:, 2] = np.sqrt(np.sum(p**2, axis=1) - np.sum(kicked[:, :2] ** 2, axis=1))
    return in_magnet + kicked[:, :2] / kicked[:, 2:] * (z_m - magnet.z_centre_m)


def accepted(
    experiment: Experiment, state: FinalState, vertex_m: Array, positive_gev: Array, negative_gev: Array
) -> BoolArray:
    """Both tracks above the momentum cut, inside the planes they have to cross, and past calorimeter cuts."""
    tracks = ((positive_gev, +1), (negative_gev, -1))
    good = np.ones(len(vertex_m), bool)
    for p, _ in tracks:
        good &= (np.linalg.norm(p, axis=1) > state.momentum_min_gev) & (p[:, 2] > 0)
    for plane in experiment.planes:
        for (p, charge), particle in zip(tracks, state.daughters, strict=True):
            if particle in plane.particles:
                good &= vertex_m[:, 2] < plane.z_m
                good &= plane.shape.contains(
                    *position_at(plane.z_m, vertex_m, p, charge, experiment.magnet).T
                )
    cuts = state.calorimeter
    if cuts is not None:
        z = experiment.plane(cuts.plane).z_m
        hits = [position_at(z, vertex_m, p, charge, experiment.magnet) for p, charge in tracks]
        for hit in hits:
            good &= np.hypot(*hit.T) > cuts.r_min_m
        good &= np.hypot(*(hits[0] - hits[1]).T) > cuts.separation_min_m
    return good


def measure(
    rng: np.random.Generator, tracking: Tracking, vertex_m: Array, momentum_gev: Array
) -> tuple[Array, Array, Array]:
    """Measured position (x, y) at the first chamber, slopes and momentum of tracks.

    The picture behind the response: independent hits in two chambers give a line; scattering in the first
    chamber turns it by an independent angle per projection.
    """
    z1, z2 = tracking.chambers_z_m
    n, p = len(vertex_m), np.linalg.norm(momentum_gev, axis=1)
    slope = momentum_gev[:, :2] / momentum_gev[:, 2:]
    first, second = (
        vertex_m[:, :2] + slope * (z - vertex_m[:, 2:]) + tracking.hit_sigma_m * rng.normal(size=(n, 2))
        for z in (z1, z2)
    )
    angle = tracking.multiple_scattering_gev_rad / p[:, None] * rng.normal(size=(n, 2))
    constant, per_gev = tracking.momentum_resolution
    measured_p = p * (1 + constant * rng.normal(size=n) + per_gev * p * rng.normal(size=n))
    return first, (second - first) / (z2 - z1) + angle, measured_p


def closest_points(point1: Array, direction1: Array, point2: Array, direction2: Array) -> tuple[Array, Array]:
    """Points of closest approach of pairs of lines: least squares for the two path lengths."""
    matrix = np.stack([direction1, -direction2], axis=-1)
    lengths = np.einsum("...ij,...j->...i", np.linalg.pinv(matrix), point2 - point1)
    return point1 + lengths[..., :1] * direction1, point2 + lengths[..., 1:] * direction2


def reconstruct(
    z1_m: float,
    position: tuple[Array, Array],
    slope: tuple[Array, Array],
    momentum_gev: tuple[ArrayLike, ArrayLike],
    masses_gev: tuple[float, float],
    axis_m: tuple[float, float],
) -> dict[str, Array]:
    """Vertex, distance of the tracks, mass, closest approach of the total momentum to the axis."""
    n = len(position[0])
    points = [np.column_stack([xy, np.full(n, z1_m)]) for xy in position]
    directions = [np.column_stack([s, np.ones(n)]) for s in slope]
    units = [d / np.linalg.norm(d, axis=1, keepdims=True) for d in directions]
    on1, on2 = closest_points(points[0], units[0], points[1], units[1])
    vertex = (on1 + on2) / 2
    momenta = [u * np.asarray(p)[:, None] for u, p in zip(units, momentum_gev, strict=True)]
    # masses in extended precision from the unit vectors on
    total4 = sum(
        four_vector_extended(np.asarray(p), d, m)
        for p, d, m in zip(momentum_gev, directions, masses_gev, strict=True)
    )
    total = momenta[0] + momenta[1]
    axis_point = np.broadcast_to(np.array([*axis_m, 0.0]), vertex.shape)
    beam = np.broadcast_to(np.array([0.0, 0.0, 1.0]), vertex.shape)
    on_flight, on_axis = closest_points(
        vertex, total / np.linalg.norm(total, axis=1, keepdims=True), axis_point, beam
    )
    return {
        "RXV": vertex[:, 0],
        "RYV": vertex[:, 1],
        "RZV": vertex[:, 2],
        "CDA": np.linalg.norm(on1 - on2, axis=1),
        "MASS": invariant_mass_gev(total4),
        "ZTAX": on_axis[:, 2],
        "CDATAX": np.linalg.norm(on_flight - on_axis, axis=1),
    }


def four_vector_extended(p: Array, direction: Array, mass: float) -> NDArray[np.longdouble]:
    """Four-vector from |p| and a direction of any length, in extended precision."""
    d = direction.astype(np.longdouble)
    unit = d / np.sqrt(np.sum(d**2, axis=1, keepdims=True))
    p = p.astype(np.longdouble)
    return np.column_stack([np.sqrt(p**2 + np.longdouble(mass) ** 2), unit * p[:, None]])

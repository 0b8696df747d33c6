"""From the experiment's description to the flat arrays that the compiled stages read."""

from __future__ import annotations

import math
from typing import NamedTuple, get_args

import numpy as np

from feebly.apparatus.experiment import Calorimeter, ChargedParticle, Experiment, Plane
from feebly.apparatus.shapes import Annulus, Octagon, Rectangle
from feebly.apparatus.transport import ANNULUS, OCTAGON, PLANE_COLUMNS, RECTANGLE, SEPARATION
from feebly.core.errors import ConfigError
from feebly.core.interfaces import FloatArray


class Apparatus(NamedTuple):
    """Numbers of the beam line and spectrometer in the order that compiled code reads them (GeV, m)."""

    x_beam: float
    y_beam: float
    sigma_x: float
    sigma_y: float
    z_impact: float
    interaction_length: float
    z_aim: float
    r_aim: float
    z_decay_min: float
    z_decay_max: float
    z_magnet: float
    kick: float
    z_chamber1: float
    z_chamber2: float
    hit: float
    scattering: float
    p_constant: float
    p_slope: float
    axis_x: float
    axis_y: float


def aim_disc(experiment: Experiment) -> tuple[float, float]:
    """(z, radius) of the smallest disc around an aperture before the magnet for all charged particles.

    Before the magnet the line of the parent is the momentum-weighted mean of its daughters' lines, hence
    inside any convex aperture that holds them all: directions outside the disc can never be accepted.
    """
    seen = [
        (radius / (plane.z_m - experiment.dump.z_impact_m), plane.z_m, radius)
        for plane in experiment.planes
        for radius in (plane.shape.enclosing_radius_m,)
        if plane.z_m < experiment.magnet.z_centre_m and set(get_args(ChargedParticle)) <= set(plane.particles)
    ]
    if not seen:
        raise ConfigError(
            f"experiment {experiment.name}: no plane before the magnet that electron, muon and hadron must "
            "cross; the sampler needs one to bound the directions of flight"
        )
    _, z, radius = min(seen)
    return z, radius


# Box-Muller from 32-bit numbers: no deviate of the beam spot is larger, in units of sigma.
_FURTHEST_SIGMA = 6.77


def aim_disc_of(experiment: Experiment, tracks: bool, photons: bool) -> tuple[float, float]:
    """(z, radius) of a disc that the parent's line crosses where all its tracks and photons are accepted.

    Let tracks and photons from the vertex pass through the points T at z_t (before the magnet) and G at z_g,
    with shares of the total p_z that add up to one. The slope of the parent, their mean, is then a mean, with
    positive weights, of the slopes (T - x0)/(z_t - z0) and (G - x0)/(z_g - z0) from its origin (x0, z0) to
    these points: it points into the convex hull of both apertures as seen from its origin, wherever it
    decays. On the plane z_t the photons' aperture of radius R_g appears inside the radius
    k R_g + (1 - k) |x0|, k = (z_t - z0)/(z_g - z0), which is largest at the front face of the dump. The
    disc holds both; exact for every origin.
    """
    z, radius = aim_disc(experiment) if tracks else (0.0, 0.0)
    if not photons:
        return z, radius
    plane = experiment.plane(calorimeter_of(experiment).plane)
    if not tracks:
        return plane.z_m, plane.shape.enclosing_radius_m
    k = (z - experiment.dump.z_impact_m) / (plane.z_m - experiment.dump.z_impact_m)
    spot = _FURTHEST_SIGMA * max(experiment.beam.spot_sigma_m) + math.hypot(*experiment.beam.centre_m)
    return z, max(radius, k * max(plane.shape.enclosing_radius_m, spot) + (1 - k) * spot)


def calorimeter_of(experiment: Experiment) -> Calorimeter:
    """The calorimeter for photons; ConfigError for an experiment without one."""
    if experiment.calorimeter is None:
        raise ConfigError(
            f"experiment {experiment.name} has no [calorimeter] with resolutions of energy and position: "
            "final states with photons cannot be simulated there"
        )
    return experiment.calorimeter


class Clusters(NamedTuple):
    """Resolution of clusters in the order that compiled code reads it (GeV, m)."""

    e_stochastic: float
    e_noise: float
    e_constant: float
    xy_stochastic: float
    xy_constant: float


def pack_clusters(experiment: Experiment) -> Clusters:
    """Resolution of the calorimeter as plain numbers."""
    calorimeter = calorimeter_of(experiment)
    return Clusters(*calorimeter.energy_resolution, *calorimeter.position_resolution)


def pack_apparatus(experiment: Experiment, tracks: bool = True, photons: bool = False) -> Apparatus:
    """The experiment as plain numbers, aimed at for a decay with tracks, photons, or both."""
    e = experiment
    z_aim, r_aim = aim_disc_of(e, tracks, photons)
    return Apparatus(
        x_beam=e.beam.centre_m[0],
        y_beam=e.beam.centre_m[1],
        sigma_x=e.beam.spot_sigma_m[0],
        sigma_y=e.beam.spot_sigma_m[1],
        z_impact=e.dump.z_impact_m,
        interaction_length=e.dump.interaction_length_m,
        z_aim=z_aim,
        r_aim=r_aim,
        z_decay_min=e.decay_region_z_m[0],
        z_decay_max=e.decay_region_z_m[1],
        z_magnet=e.magnet.z_centre_m,
        kick=e.magnet.kick_gev,
        z_chamber1=e.tracking.chambers_z_m[0],
        z_chamber2=e.tracking.chambers_z_m[1],
        hit=e.tracking.hit_sigma_m,
        scattering=e.tracking.multiple_scattering_gev_rad,
        p_constant=e.tracking.momentum_resolution.constant,
        p_slope=e.tracking.momentum_resolution.slope_per_gev,
        axis_x=e.axis_m[0],
        axis_y=e.axis_m[1],
    )


_NO_CORNER_CUT = (np.inf, np.inf)


def _shape_numbers(shape: Annulus | Octagon | Rectangle) -> tuple[int, list[float]]:
    if isinstance(shape, Annulus):
        return ANNULUS, [*shape.hole_centre_m, shape.r_min_m**2, shape.r_max_m**2]
    if isinstance(shape, Octagon):
        cuts = [*shape.corner_cuts_m, _NO_CORNER_CUT, _NO_CORNER_CUT]
        if len(cuts) > 4:
            raise ConfigError(f"octagon: corner_cuts_m has {len(cuts) - 2} pairs; expected at most 2")
        return OCTAGON, [shape.half_width_m, shape.diagonal_m, *cuts[0], *cuts[1], shape.r_min_m**2]
    return RECTANGLE, [shape.half_width_m, shape.half_height_m, shape.hole_radius_m**2]


def _row(z: float, kind: int, needed: tuple[bool, bool], numbers: list[float]) -> FloatArray:
    row = np.zeros(PLANE_COLUMNS)
    row[:4] = z, kind, *needed
    row[4 : 4 + len(numbers)] = numbers
    return row


def pack_planes(planes: tuple[Plane, ...], daughters: tuple[str, str]) -> FloatArray:
    """One row per plane that at least one of the two daughters (kinds of particle) has to cross."""
    rows = []
    for plane in planes:
        needed = (daughters[0] in plane.particles, daughters[1] in plane.particles)
        kind, numbers = _shape_numbers(plane.shape)
        if any(needed):
            rows.append(_row(plane.z_m, kind, needed, numbers))
    return np.array(rows).reshape(-1, PLANE_COLUMNS)


def pack_shape(plane: Plane) -> FloatArray:
    """One row for the shape of a plane, whatever crosses it."""
    kind, numbers = _shape_numbers(plane.shape)
    return _row(plane.z_m, kind, (True, True), numbers)


def calorimeter_rows(z_m: float, r_min_m: float, separation_m: float) -> FloatArray:
    """Two rows: both daughters at least r_min from the axis and their impacts separation apart, at z."""
    return np.array(
        [
            _row(z_m, ANNULUS, (True, True), [0.0, 0.0, r_min_m**2, np.inf]),
            _row(z_m, SEPARATION, (True, True), [separation_m**2]),
        ]
    )

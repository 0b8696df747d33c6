"""Photons of kaon decays on the electromagnetic calorimeter."""

from __future__ import annotations

import numpy as np

from feebly.apparatus.experiment import Calorimeter, Plane
from feebly.apparatus.shapes import BoolArray
from feebly.core.errors import ConfigError
from feebly.core.interfaces import FloatArray
from feebly.kaon.beam_decays import Vertex
from feebly.kaon.experiment_file import KaonExperiment
from feebly.kaon.momenta import Momenta, from_slopes, two_body_in_flight


def calorimeter_of(experiment: KaonExperiment) -> tuple[Calorimeter, Plane]:
    """The calorimeter and its plane; ConfigError where there is none."""
    calorimeter = experiment.detectors.calorimeter
    if calorimeter is None:
        raise ConfigError(
            f"{experiment.apparatus} has no calorimeter; expected one where photons are asked for"
        )
    return calorimeter, experiment.detectors.plane(calorimeter.plane)


def photon_pair(
    pair: Momenta, mass2_gev2: FloatArray, random: np.random.Generator
) -> tuple[Momenta, Momenta]:
    """Two photons from an isotropic decay of ``pair``."""
    return two_body_in_flight(pair, np.sqrt(np.maximum(mass2_gev2, 1e-18)), (0.0, 0.0), random)


def on_calorimeter(
    experiment: KaonExperiment, photon: Momenta, vertex_m: Vertex, least_energy_gev: float
) -> BoolArray:
    """Whether photons hit the calorimeter, as far from the axis as a track must be, with enough energy."""
    _, plane = calorimeter_of(experiment)
    x, y = impact(photon, vertex_m, plane.z_m)
    seen = (photon.z > 0) & (np.sqrt(photon.squared) > least_energy_gev) & plane.shape.contains(x, y)
    return np.asarray(seen & (np.hypot(x, y) > experiment.least_radius_m.get(plane.name, 0.0)))


def impact(photon: Momenta, vertex_m: Vertex, z_m: float) -> tuple[FloatArray, FloatArray]:
    """Where photons cross the plane at z [m]; those that fly back stay where they are."""
    lever = (z_m - vertex_m[2]) / np.where(photon.z > 0, photon.z, np.inf)
    return vertex_m[0] + photon.x * lever, vertex_m[1] + photon.y * lever


def measured_photon(
    experiment: KaonExperiment, photon: Momenta, vertex_m: Vertex, random: np.random.Generator
) -> Momenta:
    """Energy and impact with the resolution of the calorimeter; the direction is from the true vertex."""
    calorimeter, plane = calorimeter_of(experiment)
    energy = np.sqrt(photon.squared)
    stochastic, noise, constant = calorimeter.energy_resolution
    relative = np.sqrt(stochastic**2 / energy + (noise / energy) ** 2 + constant**2)
    sigma = np.hypot(
        calorimeter.position_resolution.stochastic_m / np.sqrt(energy),
        calorimeter.position_resolution.constant_m,
    )
    g = random.standard_normal((3, energy.size))
    x, y = impact(photon, vertex_m, plane.z_m)
    lever = plane.z_m - vertex_m[2]
    return from_slopes(
        np.maximum(energy * (1 + relative * g[0]), 0.0),
        (x + sigma * g[1] - vertex_m[0]) / lever,
        (y + sigma * g[2] - vertex_m[1]) / lever,
    )

"""Photons of kaon decays on the electromagnetic calorimeter."""

from __future__ import annotations

import numpy as np

from feebly.apparatus.experiment import Calorimeter, Plane
from feebly.apparatus.shapes import BoolArray
from feebly.core.errors import ConfigError
from feebly.core.interfaces import FloatArray
from feebly.kaon.beam_decays import Vertex
from feebly.kaon.experiment_file import KaonExperiment
from feebly.kaon.momenta import Momenta, daughter_in_flight, isotropic


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
    mass = np.sqrt(np.maximum(mass2_gev2, 1e-18))
    first = isotropic(mass / 2, random.random(mass.size), random.random(mass.size))
    photon = daughter_in_flight(pair, mass, mass / 2, first)
    return photon, pair - photon


def on_calorimeter(
    experiment: KaonExperiment, photon: Momenta, vertex_m: Vertex, least_energy_gev: float
) -> BoolArray:
    """Whether photons hit the calorimeter, as far from the axis as a track must be, with enough energy."""
    _, plane = calorimeter_of(experiment)
    lever = plane.z_m - vertex_m[2]
    forward = np.where(photon.z > 0, photon.z, np.inf)
    x, y = vertex_m[0] + photon.x / forward * lever, vertex_m[1] + photon.y / forward * lever
    seen = (photon.z > 0) & (np.sqrt(photon.squared) > least_energy_gev) & plane.shape.contains(x, y)
    return np.asarray(seen & (np.hypot(x, y) > experiment.least_radius_m.get(plane.name, 0.0)))

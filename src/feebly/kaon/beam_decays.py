"""The beam of a kaon experiment: momenta, where it decays, and what the beam spectrometer measures."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from feebly.core.constants import (
    HBAR_GEV_S,
    HBARC_GEV_M,
    KAON_MASS_GEV,
    KPLUS_LIFETIME_S,
    PION_MASS_GEV,
    PIPLUS_LIFETIME_S,
)
from feebly.core.interfaces import FloatArray
from feebly.kaon.experiment_file import KaonExperiment
from feebly.kaon.momenta import Momenta, from_slopes

KAON_CTAU_M = HBARC_GEV_M / HBAR_GEV_S * KPLUS_LIFETIME_S

Vertex = tuple[FloatArray, FloatArray, FloatArray]
"""x, y, z [m]."""


class Parent(NamedTuple):
    """A hadron of the beam that decays: mass [GeV] and c τ [m]."""

    mass_gev: float
    ctau_m: float


KPLUS = Parent(KAON_MASS_GEV, KAON_CTAU_M)
PIPLUS = Parent(PION_MASS_GEV, HBARC_GEV_M / HBAR_GEV_S * PIPLUS_LIFETIME_S)


class BeamDecays(NamedTuple):
    """Hadrons that decay in the region: size of the momentum [GeV], slopes, place of the decay."""

    momentum_gev: FloatArray
    tx: FloatArray
    ty: FloatArray
    vertex_m: Vertex

    @property
    def momenta(self) -> Momenta:
        return from_slopes(self.momentum_gev, self.tx, self.ty)


def generator(seed: int, name: str, block: int) -> np.random.Generator:
    """Random numbers of one block of a decay."""
    from feebly.core.randomness import stream_key

    words = stream_key(seed, "kaon", name)
    key = int(words[0]) | int(words[1]) << 32
    return np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, block]))


def beam_decays(
    experiment: KaonExperiment, parent: Parent, n: int, random: np.random.Generator
) -> BeamDecays:
    """Gaussian momenta and slopes behind the bend; exponential with β γ c τ of each inside the region.

    The momentum is that of all hadrons of the beam: for kaons 1e-4 above that of those that decay.
    """
    beam = experiment.beam
    momentum = beam.momentum_gev * (1 + beam.momentum_spread * random.standard_normal(n))
    tx = beam.slope_x + beam.divergence_rad * random.standard_normal(n)
    ty = beam.divergence_rad * random.standard_normal(n)
    start, end = experiment.decay_region_z_m
    length = momentum / parent.mass_gev * parent.ctau_m
    share = -np.expm1(-(end - start) / length)
    z = start - length * np.log1p(-random.random(n) * share)
    lever = z - beam.bend_z_m
    return BeamDecays(momentum, tx, ty, (tx * lever, ty * lever, z))


def measured_beam(experiment: KaonExperiment, beam: BeamDecays, random: np.random.Generator) -> Momenta:
    """Momenta as the beam spectrometer measures them."""
    spectrometer, n = experiment.beam_spectrometer, beam.momentum_gev.size
    return from_slopes(
        beam.momentum_gev * (1 + spectrometer.momentum_resolution * random.standard_normal(n)),
        beam.tx + spectrometer.angle_resolution_rad * random.standard_normal(n),
        beam.ty + spectrometer.angle_resolution_rad * random.standard_normal(n),
    )

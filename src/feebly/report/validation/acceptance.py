"""Acceptance of bremsstrahlung: selected events over the decays of all A' in the decay volume.

The numerator is sampled by the engine, the denominator integrated here without random numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from feebly.apparatus.experiment import Experiment
from feebly.core.interfaces import BremsstrahlungSampling, FloatArray
from feebly.physics.models.dark_photon import DarkPhoton
from feebly.physics.production.bremsstrahlung import Bremsstrahlung, bremsstrahlung_nodes
from feebly.report.validation.plan import AcceptancePoint, AcceptanceReference, PolarisationReference
from feebly.report.validation.rows import Row
from feebly.report.validation.sampling import LONG, Sampling, one_mass, selected


def acceptance_rows(reference: AcceptanceReference, sampling: Sampling) -> Iterator[Row]:
    """Two rows per point: for a long lifetime and at its coupling."""
    for point in reference.points:
        lifetimes = ("long-lived", f"epsilon = {point.coupling:.4g}")
        pilot = (point.long_lived, point.at_coupling)
        own = own_acceptance(point, reference.z_m, sampling)
        for lifetime, ours, theirs, rounding in zip(lifetimes, own, pilot, reference.rounding, strict=True):
            name = f"{point.final_state} {point.mass_gev:g} GeV, {lifetime}"
            tolerance = reference.tolerance + rounding / theirs
            row = Row("acceptance of bremsstrahlung", name, ours, theirs, tolerance)
            yield replace(row, remark=reference.remark) if row.verdict == "outside" else row


def polarisation_rows(references: Sequence[PolarisationReference], sampling: Sampling) -> Iterator[Row]:
    """One row per reference: the ratio of two samples with the same random numbers."""
    channel = Bremsstrahlung(beam_momentum_gev=sampling.experiment.beam.momentum_gev)
    for ref in references:
        state = sampling.analysis.final_state(ref.final_state)
        polarised, isotropic = (
            selected(one_mass(sampling.setup(each, state), ref.mass_gev), np.array([LONG]))[0]
            for each in (replace(channel, polarisation=ref.polarisation), channel)
        )
        name = f"{ref.final_state} {ref.mass_gev:g} GeV, {ref.polarisation} / isotropic"
        own = float(polarised / isotropic)
        yield Row("acceptance of bremsstrahlung", name, own, ref.reference, ref.tolerance)


def own_acceptance(
    point: AcceptancePoint, z_m: tuple[float, float], sampling: Sampling
) -> tuple[float, float]:
    """Accepted fraction for a long lifetime and at the coupling of the point."""
    channel = Bremsstrahlung(beam_momentum_gev=sampling.experiment.beam.momentum_gev)
    mass = point.mass_gev
    lifetimes = np.array([LONG, float(DarkPhoton().ctau_m(mass, point.coupling)) / mass])
    setup = sampling.setup(channel, sampling.analysis.final_state(point.final_state))
    decays = decays_in_volume(mass, lifetimes, z_m, channel.sampling(), sampling.experiment)
    long_lived, at_coupling = selected(one_mass(setup, mass), lifetimes) / decays
    return float(long_lived), float(at_coupling)


def decays_in_volume(
    mass_gev: float,
    ctau_over_mass: FloatArray,
    z_m: tuple[float, float],
    sampling: BremsstrahlungSampling,
    experiment: Experiment,
) -> FloatArray:
    """A' of any direction that decay at z_m[0] < z < z_m[1], per proton at epsilon = 1, F = 1.

    ctau_over_mass: ctau/m [m/GeV], shape (n,). Integral over z = p/p_beam and ln H of the splitting function
    with the cuts and sigma(s')/sigma(s) of the sample (1311.3870), Gauss-Legendre.
    """
    z, pt2, weight = bremsstrahlung_nodes(mass_gev, sampling)
    pz = np.sqrt((z * sampling.beam_momentum_gev) ** 2 - pt2)
    length = pz[..., None] * ctau_over_mass
    probability = decay_probability(
        length, z_m, experiment.dump.z_impact_m, experiment.dump.interaction_length_m
    )
    return np.asarray(np.einsum("ij,ijk->k", weight, probability))


def decay_probability(
    length_m: FloatArray, z_m: tuple[float, float], impact_m: float, interaction_m: float
) -> FloatArray:
    """Chance to decay between z_m[0] and z_m[1] for a decay length, from an exponential depth in the dump.

    The mean of exp(depth/L) over depths up to z_m[0] is (1 - exp(-d (1/l - 1/L)))/(1 - l/L), l the
    interaction length and d the way to z_m[0].
    """
    way, span = z_m[0] - impact_m, z_m[1] - z_m[0]
    steepness = 1 - interaction_m / length_m
    depth = -np.expm1(-way / interaction_m * steepness) / steepness
    return np.asarray(-np.exp(-way / length_m) * np.expm1(-span / length_m) * depth)

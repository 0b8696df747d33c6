"""Lowest visible mass of a channel: a hard cut on the pair separation closes it above its threshold."""

from __future__ import annotations

import math

from feebly.apparatus.geometry import aim_disc
from feebly.core.interfaces import BremsstrahlungSampling
from feebly.engine.setup import ChannelSetup


def opening_mass_gev(setup: ChannelSetup) -> float:
    """Mass [GeV] up to which not one decay can pass the selection; the decay threshold without a hard cut.

    For momenta p1, p2 at an angle a: m^2 = m1^2 + m2^2 + 2 (E1 E2 - p1 p2 cos a), at least
    (m1 + m2)^2 + 4 p1 p2 sin^2(a/2). Two lines from one point a distance D before the plane that are d apart
    there have 2 sin(a/2) >= sin(a) >= (d/D) / (1 + s^2), s the largest slope inside the aperture. All three
    are taken at their extreme: the earliest decay, the smallest momenta. A bound: the yield vanishes like a
    power of m above it, and is exactly zero below.
    """
    threshold, separation = sum(setup.daughter_masses_gev), setup.separation
    if separation.kind != "hard":
        return threshold
    experiment, softest = setup.experiment, setup.final_state.momentum_min_gev
    way = experiment.plane(separation.plane).z_m - experiment.decay_region_z_m[0]
    steepest = 2 * aim_disc(experiment)[1] / way  # from one side of the aperture to the other
    angle = separation.d0_m / way / (1 + steepest**2)
    harder = max(softest, _least_momentum_gev(setup) - softest)
    return math.hypot(threshold, math.sqrt(softest * harder) * angle)


def _least_momentum_gev(setup: ChannelSetup) -> float:
    """Smallest momentum that the production makes, as far as it is bounded."""
    sampling = setup.sampling
    if isinstance(sampling, BremsstrahlungSampling):
        return sampling.z_min * sampling.beam_momentum_gev
    return 0.0

"""Forward simulation of a channel: no aiming, no importance map, plain draws from the physics.

Used as oracle for the yield of the compiled chain. Only the place of decay may carry a weight (see
``decay_in_flight``), where a plain exponential would leave nothing in the fiducial volume.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from feebly.analysis.analysis import FinalState, PairSeparation
from feebly.apparatus.experiment import Experiment
from feebly.core.constants import PROTON_MASS_GEV
from feebly.core.interfaces import (
    BremsstrahlungSampling,
    MesonDecaySampling,
    MixingSampling,
    PairDecaySampling,
    PhotonConversionSampling,
    PrimakoffSampling,
    Sampling,
)
from feebly.physics.formfactors.b_to_kaon import KAON_STATES
from feebly.physics.production.b_to_scalar_pair import pair_spectrum_gev_m1
from feebly.physics.production.bremsstrahlung import (
    EVERY_SPLITTING,
    off_shell_factor,
    sigma_nsd_mb,
    sigma_pp_mb,
    virtuality_h_gev2,
)
from feebly.physics.production.primakoff import (
    differential_cross_section,
    largest_transfer_gev2,
    proton_photon_density,
)
from feebly.physics.spectra.hadron_spectrum import HadronSpectrum
from twins.kinematics import boost, four_vector, isotropic, isotropic_decay
from twins.spectrometer import accepted, measure, position_at, reconstruct

Array = NDArray[np.float64]


def beam_interactions(rng: np.random.Generator, experiment: Experiment, n: int) -> Array:
    """Points of production (n, 3) [m]."""
    spot = rng.normal(experiment.beam.centre_m, experiment.beam.spot_sigma_m, (n, 2))
    depth = rng.exponential(experiment.dump.interaction_length_m, n)
    return np.column_stack([spot, experiment.dump.z_impact_m + depth])


def draw_mesons(rng: np.random.Generator, spectrum: HadronSpectrum, n: int) -> Array:
    """Momenta (n, 3) of mesons of the table: a cell by its content, then flat in ln p and pT^2 inside it."""
    share = spectrum.cell_fraction.ravel() / spectrum.fraction_in_table
    i, j = np.unravel_index(rng.choice(share.size, n, p=share), spectrum.density.shape)
    ln_p = rng.uniform(spectrum.ln_p_edges[i], spectrum.ln_p_edges[i + 1])
    pt = np.sqrt(rng.uniform(spectrum.pt_edges_gev[j] ** 2, spectrum.pt_edges_gev[j + 1] ** 2))
    phi, p = rng.uniform(0, 2 * np.pi, n), np.exp(ln_p)
    inside = p > pt  # a cell may reach beyond pT = p: nothing is produced there
    p, pt, phi = p[inside], pt[inside], phi[inside]
    return np.column_stack([pt * np.cos(phi), pt * np.sin(phi), np.sqrt(p**2 - pt**2)])


def bremsstrahlung_density(s: BremsstrahlungSampling, mass: float, z: Array, pt2: Array) -> Array:
    """d2N/(dz dpT^2) per proton at epsilon = 1, F = 1, with the cut on the virtuality."""
    shape = EVERY_SPLITTING[s.splitting](z, pt2, mass)
    energy = np.hypot(s.beam_momentum_gev, PROTON_MASS_GEV)
    full, left = (2 * PROTON_MASS_GEV * (e + PROTON_MASS_GEV) for e in (energy, energy * (1 - z)))
    allowed = virtuality_h_gev2(z, pt2, mass) / (4 * energy**2 * z * (1 - z) ** 2) <= s.validity_max
    after = {"total": sigma_pp_mb(left), "nsd": sigma_nsd_mb(left), "none": sigma_pp_mb(full)}
    weight = off_shell_factor(z, pt2, mass, s.lambda_p_gev) ** 2
    weight = weight * after[s.sigma_weight] / sigma_pp_mb(full)
    return np.where(allowed, shape * weight, 0.0)


def draw_bremsstrahlung(
    rng: np.random.Generator, s: BremsstrahlungSampling, mass: float, n: int
) -> tuple[Array, float]:
    """Unweighted momenta (about n) by accept-reject, and A' per proton.

    Trials are flat in ln z and ln(pT^2 + q^2) with q^2 the smallest virtuality; the largest ratio seen on a
    grid, plus a margin, is the envelope.
    """
    q2 = float(virtuality_h_gev2(s.z_min, 0.0, mass))
    span_z, span_h = np.log(s.z_max / s.z_min), np.log1p(s.pt_max_gev**2 / q2)

    def trial(u: Array, v: Array) -> tuple[Array, Array, Array]:
        z, h = s.z_min * np.exp(span_z * u), q2 * np.exp(span_h * v)
        return z, h - q2, bremsstrahlung_density(s, mass, z, h - q2) * z * h * span_z * span_h

    grid = (np.arange(400) + 0.5) / 400
    ceiling = 1.1 * trial(grid[:, None], grid[None, :])[2].max()
    z, pt2, height = trial(rng.uniform(size=3 * n), rng.uniform(size=3 * n))
    assert height.max() < ceiling
    kept = rng.uniform(size=3 * n) * ceiling < height
    z, pt, p = z[kept], np.sqrt(pt2[kept]), z[kept] * s.beam_momentum_gev
    phi = rng.uniform(0, 2 * np.pi, z.size)
    momenta = np.column_stack([pt * np.cos(phi), pt * np.sin(phi), np.sqrt(p**2 - pt**2)])
    return momenta, float(height.mean())


def replaced_mesons(s: MixingSampling, mass: float, mesons: Array, beam_gev: float) -> Array:
    """Momenta (n, 3) of FIPs that keep the meson's momentum or energy in the asked frame."""
    frame, _, kept = s.kinematics.partition("-")
    meson = four_vector(mesons, s.parent_mass_gev)
    # the centre of mass of beam and nucleon as a particle that is boosted away
    total = np.hypot(beam_gev, PROTON_MASS_GEV) + PROTON_MASS_GEV
    cm = np.array([0.0, 0.0, beam_gev]), float(np.sqrt(total**2 - beam_gev**2))
    if frame == "cm":
        meson = boost(meson, -cm[0], cm[1])
    p = np.linalg.norm(meson[:, 1:], axis=1)
    energy = meson[:, 0] if kept == "energy" else np.hypot(p, mass)
    possible = energy > mass
    new_p = np.sqrt(np.maximum(energy**2 - mass**2, 0.0))
    fip = four_vector(meson[:, 1:] * (new_p / p)[:, None], mass)[possible]
    return (boost(fip, *cm) if frame == "cm" else fip)[:, 1:]


def one_of_a_pair(rng: np.random.Generator, s: PairDecaySampling, mass: float, mesons: Array) -> Array:
    """Four-vectors of one X of parent -> recoil X X: q^2 by accept-reject, then two isotropic decays."""
    if s.recoil is None:
        return isotropic_decay(rng, mesons, (s.parent_mass_gev, mass, mass))[0]
    recoil = KAON_STATES[s.recoil].mass_gev
    n, low, high = len(mesons), (2 * mass) ** 2, (s.parent_mass_gev - recoil) ** 2
    ceiling = 1.02 * pair_spectrum_gev_m1(s.recoil, np.linspace(low, high, 4000), mass).max()
    q2 = np.zeros(0)
    while q2.size < n:
        trial = rng.uniform(low, high, n)
        q2 = np.append(q2, trial[rng.uniform(0, ceiling, n) < pair_spectrum_gev_m1(s.recoil, trial, mass)])
    q2 = q2[:n]
    energy = (s.parent_mass_gev**2 + q2 - recoil**2) / (2 * s.parent_mass_gev)
    pair = np.sqrt(energy**2 - q2)[:, None] * isotropic(rng, n)  # in the rest frame of the parent
    fip = four_vector(np.sqrt(q2 / 4 - mass**2)[:, None] * isotropic(rng, n), mass)
    return boost(boost(fip, pair, np.sqrt(q2)[:, None]), mesons, s.parent_mass_gev)


def proton_photons(rng: np.random.Generator, s: PrimakoffSampling, n: int) -> tuple[Array, Array]:
    """Momenta (n, 3) of equivalent photons above 2 GeV and their weights: photons per proton are the mean."""
    low, high = np.log(2.0 / s.beam_momentum_gev), np.log(0.99)
    x = np.exp(low + (high - low) * rng.uniform(size=n))
    least = (x * PROTON_MASS_GEV) ** 2  # q_T^2/(q_T^2 + x^2 m_p^2)^2 is the steepest part
    span = np.log1p(1.0 / least)
    qt2 = least * np.expm1(span * rng.uniform(size=n))
    weight = proton_photon_density(x, qt2, s.cut) * (high - low) * x * span * (qt2 + least)
    qt, phi, k = np.sqrt(qt2), rng.uniform(0, 2 * np.pi, n), x * s.beam_momentum_gev
    kz = np.sqrt(np.maximum(k**2 - qt2, 0))
    return np.column_stack([qt * np.cos(phi), qt * np.sin(phi), kz]), weight


def draw_conversions(
    rng: np.random.Generator,
    s: PhotonConversionSampling | PrimakoffSampling,
    spectrum: HadronSpectrum | None,
    mass: float,
    n: int,
) -> tuple[Array, float]:
    """Unweighted momenta of FIPs of more than 2 GeV, and sigma/g^2 times photons per parent, one of a decay.

    The nucleus turns the FIP from the photon by q_T/k; the largest weight that was drawn is the envelope.
    """
    if isinstance(s, PrimakoffSampling):
        photon, weight = proton_photons(rng, s, n)
    else:
        assert spectrum is not None
        mesons = draw_mesons(rng, spectrum, n)
        photon = isotropic_decay(rng, mesons, (s.parent_mass_gev, 0.0, 0.0))[0][:, 1:]
        weight = np.full(len(photon), spectrum.fraction_in_table * len(photon) / n)
    k = np.linalg.norm(photon, axis=1)
    least, most = (mass**2 / (2 * k)) ** 2, largest_transfer_gev2(s.mass_number)
    possible = (k > 2.0) & (least < most) & (k > mass)
    photon, weight, k, least = photon[possible], weight[possible], k[possible], least[possible]
    q2 = least * (most / least) ** rng.uniform(size=k.size)
    cross = differential_cross_section(q2 - least, mass, k, s.charge, s.mass_number)
    weight = weight * cross * q2 * np.log(most / least)
    total = weight.sum() / possible.size
    kept = rng.uniform(size=k.size) * weight.max() < weight
    photon, k, sine = photon[kept], k[kept], np.sqrt(q2 - least)[kept] / k[kept]
    side = np.cross(photon, isotropic(rng, k.size))
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    flight = photon / k[:, None] * np.sqrt(1 - sine**2)[:, None] + side * sine[:, None]
    return flight * np.sqrt(k**2 - mass**2)[:, None], float(total)


def draw_production(
    rng: np.random.Generator,
    sampling: Sampling,
    spectrum: HadronSpectrum | None,
    mass: float,
    n: int,
    beam_gev: float,
) -> tuple[Array, float, Array | None]:
    """Momenta (about n, 3) of the FIPs and the number of FIPs per unit rate that they stand for, together.

    Last: momenta of the mesons that they come from, for a decay.
    """
    if isinstance(sampling, BremsstrahlungSampling):
        return *draw_bremsstrahlung(rng, sampling, mass, n), None
    if isinstance(sampling, PhotonConversionSampling | PrimakoffSampling):
        return *draw_conversions(rng, sampling, spectrum, mass, n), None
    assert spectrum is not None
    mesons = draw_mesons(rng, spectrum, n)
    if isinstance(sampling, MesonDecaySampling):
        masses = sampling.parent_mass_gev, mass, sampling.recoil_mass_gev
        fip, _ = isotropic_decay(rng, mesons, masses)
        return fip[:, 1:], spectrum.fraction_in_table * len(mesons) / n, mesons
    if isinstance(sampling, PairDecaySampling):
        fip = one_of_a_pair(rng, sampling, mass, mesons)
        return fip[:, 1:], spectrum.fraction_in_table * len(mesons) / n, mesons
    fips = replaced_mesons(sampling, mass, mesons, beam_gev)
    return fips, spectrum.fraction_in_table * len(fips) / n, None


def angular_weight(
    s: Sampling, state: FinalState, mass: float, fip: Array, parent: Array | None, daughter: Array, m1: float
) -> Array:
    """|amplitude|^2 of the decay of a polarised vector over its mean, from the momenta of the event.

    Fermions: 1 + cos^2 + r sin^2 (T), sin^2 + r cos^2 (L), r = 4 m1^2/m^2; scalars: sin^2, cos^2.
    """
    if s.polarisation == "isotropic":
        return np.ones(len(fip))
    star = boost(four_vector(daughter, m1), -fip, mass)[:, 1:]
    axis = fip
    if s.polarisation == "by-production" and isinstance(s, MesonDecaySampling):
        assert parent is not None
        axis = boost(four_vector(parent, s.parent_mass_gev), -fip, mass)[:, 1:]
    cos = np.sum(star * axis, axis=1) / np.linalg.norm(star, axis=1) / np.linalg.norm(axis, axis=1)
    c2, r = cos**2, (2 * m1 / mass) ** 2
    if state.daughters[0] == "hadron":
        shape_t, shape_l = 1.5 * (1 - c2), 3 * c2
    else:
        shape_t = 3 * (1 + c2 + r * (1 - c2)) / (4 + 2 * r)
        shape_l = 3 * (1 - c2 + r * c2) / (2 + r)
    return {"transverse": shape_t, "longitudinal": shape_l}.get(
        s.polarisation, shape_t + longitudinal_share(s, mass, fip) * (shape_l - shape_t)
    )


def longitudinal_share(s: Sampling, mass: float, fip: Array) -> Array:
    """Of X from a proton: 2 (1-z)^2 m^2/z over the bracket of the F1 term of 2409.09123, times H."""
    if not isinstance(s, BremsstrahlungSampling):
        return np.full(len(fip), 0.0 if isinstance(s, MesonDecaySampling) else 1 / 3)
    z, pt2 = np.linalg.norm(fip, axis=1) / s.beam_momentum_gev, fip[:, 0] ** 2 + fip[:, 1] ** 2
    h, mp2 = virtuality_h_gev2(z, pt2, mass), PROTON_MASS_GEV**2
    both = (1 + (1 - z) ** 2) / z * h - z * (1 - z) * (2 * mp2 + mass**2)
    return 2 * (1 - z) ** 2 * mass**2 / z / both


def decay_in_flight(
    rng: np.random.Generator,
    origin: Array,
    momentum: Array,
    mass: float,
    ctau_m: float,
    window_z_m: tuple[float, float],
    forced: bool,
) -> tuple[Array, Array]:
    """Decay vertices (n, 3) and weights.

    Plain: an exponential decay length, weight one. Forced: z by the exponential law cut to the window,
    weight the chance to decay there.
    """
    length = np.linalg.norm(momentum, axis=1) / mass * ctau_m
    flight = momentum / np.linalg.norm(momentum, axis=1, keepdims=True)
    if not forced:
        return origin + flight * rng.exponential(length)[:, None], np.ones(len(momentum))
    forward = flight[:, 2] > 1e-3
    enter, leave = (np.where(forward, (z - origin[:, 2]) / np.abs(flight[:, 2]), 0.0) for z in window_z_m)
    survives, chance = np.exp(-enter / length), -np.expm1(-(leave - enter) / length)
    chance = np.where(forward, chance, 0.0)
    path = np.where(forward, enter, 0.0) - length * np.log1p(-rng.uniform(size=len(momentum)) * chance)
    return origin + flight * path[:, None], survives * chance


class ForwardEvents(NamedTuple):
    """Accepted events: weight [events per POT of unit rate and BR = 1], region ("": none), reconstruction.

    generated: number of production trials behind them.
    """

    weight: Array
    region: NDArray[np.str_]
    event: dict[str, Array]
    generated: int


def forward_events(
    rng: np.random.Generator,
    sampling: Sampling,
    spectrum: HadronSpectrum | None,
    experiment: Experiment,
    state: FinalState,
    separation: PairSeparation,
    masses_gev: tuple[float, float, float],
    ctau_m: float,
    n: int,
    forced: bool = False,
) -> ForwardEvents:
    """Events that pass all apertures. masses_gev: FIP, positive, negative daughter. n: production trials."""
    mass, m1, m2 = masses_gev
    beam = experiment.beam.momentum_gev
    momentum, made, parent = draw_production(rng, sampling, spectrum, mass, n, beam)
    vertex, weight = decay_in_flight(
        rng, beam_interactions(rng, experiment, len(momentum)), momentum, mass, ctau_m,
        experiment.decay_region_z_m, forced,
    )  # fmt: skip
    low, high = experiment.decay_region_z_m
    inside = (vertex[:, 2] > low) & (vertex[:, 2] < high) & (weight > 0)
    per_event, generated = made / len(momentum), len(momentum)
    momentum, vertex, weight = momentum[inside], vertex[inside], weight[inside]
    first, second = (p[:, 1:] for p in isotropic_decay(rng, momentum, masses_gev))
    mother = None if parent is None else parent[inside]
    weight = weight * angular_weight(sampling, state, mass, momentum, mother, first, m1)
    seen = accepted(experiment, state, vertex, first, second)
    vertex, weight, tracks = vertex[seen], weight[seen], (first[seen], second[seen])

    if separation.kind != "none":
        z = experiment.plane(separation.plane).z_m
        hits = [position_at(z, vertex, p, q, experiment.magnet) for p, q in zip(tracks, (1, -1), strict=True)]
        weight = weight * separation.efficiency(np.hypot(*(hits[0] - hits[1]).T))

    position, slope, p = zip(*(measure(rng, experiment.tracking, vertex, t) for t in tracks), strict=True)
    z1 = experiment.tracking.chambers_z_m[0]
    event = reconstruct(z1, position, slope, p, (m1, m2), experiment.axis_m)
    volume = state.fiducial_volume.contains(event["RXV"], event["RYV"], event["RZV"])
    selected = volume & (event["CDA"] < state.track_cda_max_m)
    label = np.where(selected, state.region_names(event["ZTAX"], event["CDATAX"]), "")
    return ForwardEvents(weight * per_event, label, event, generated)


def forward_yield(*arguments: Any, **options: Any) -> tuple[Array, Array]:
    """Expected events per POT of unit rate and BR = 1 in each region, and their standard deviation.

    Arguments of ``forward_events``.
    """
    events, state = forward_events(*arguments, **options), arguments[4]
    weights = [events.weight[events.region == region.name] for region in state.regions]
    value = np.array([w.sum() for w in weights])
    # standard deviation of a sum over ``generated`` trials of which most give nothing
    return value, np.sqrt([(w**2).sum() - w.sum() ** 2 / events.generated for w in weights])
